/*---
id = "google.content_searched"
version = 1
title = "Mail of others searched by an administrator"
why = "Logs of mail and the investigation tool show who writes to whom, and with some editions what; an intruder uses them to choose."
category = "content_search"
attack = ["T1114.002", "T1087.003", "T1213"]
severity = "low"
confidence = "low"
needs = ["gws.admin", "gws.other"]
group_by = ["actor"]
window = "1d"
primary = "is_content"
verdict = "possible access"
verdict_reason = "searches show senders, recipients and subjects, and some of them content"
explanation = "{actor} searched at {first_time} from {client_ip}: {what*}.[ Recipients: {recipient*}.][ Senders: {sender*}.][ Query: {query*}.] {records}, with {operation*}."
shows = ["operation", "actor", "what", "recipient", "sender", "query", "client_ip"]
looked_for = ["searches in the log of mail, queries and exports of the investigation tool, searches in Vault", "content of messages that was shown"]
cannot_exclude = ["what was found and looked at"]
false_positives = ["ordinary work of mail and security administrators"]
references = ["https://developers.google.com/workspace/admin/reports/v1/appendix/activity/admin-email-settings", "https://support.google.com/a/answer/7575955"]
---*/
SELECT
    id, time, tenant, operation, coalesce(actor, 'somebody') AS actor, client_ip, session_id,
    nullif(property(properties, 'EMAIL_LOG_SEARCH_RECIPIENT'), '') AS recipient, nullif(property(properties, 'EMAIL_LOG_SEARCH_SENDER'), '') AS sender,
    coalesce(property(properties, 'INVESTIGATION_QUERY'), property(properties, 'query')) AS query,
    coalesce(regexp_like(operation, 'CONTENT_ACCESS', 'i'), false) AS is_content,
    CASE
        WHEN operation = 'EMAIL_LOG_SEARCH' THEN 'the log of mail'
        WHEN workload = 'vault' THEN 'Vault'
        WHEN regexp_like(operation, 'CONTENT_ACCESS', 'i') THEN 'the content of a message, which was shown'
        ELSE 'the investigation tool'
    END AS what,
    CASE WHEN regexp_like(operation, 'CONTENT_ACCESS', 'i') THEN 'medium' ELSE 'low' END AS severity
FROM events
WHERE (log_class = 'gws.admin' AND (operation = 'EMAIL_LOG_SEARCH' OR operation LIKE 'SECURITY_INVESTIGATION_%')
       OR log_class = 'gws.other' AND workload = 'vault' AND regexp_like(operation, 'search|view_(matter|investigation|query)|saved_query', 'i'))
  AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')

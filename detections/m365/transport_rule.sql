/*---
id = "m365.transport_rule"
version = 3
title = "Mail flow or journal rule that copies, redirects or drops mail"
why = "One rule in the mail flow copies the mail of the whole organisation to an address of the intruder's, and no mailbox shows a trace of it."
category = "transport_rule"
attack = ["T1114.003", "T1564.008"]
severity = "medium"
confidence = "medium"
needs = ["ual.exchange_admin"]
group_by = ["actor", "rule_name"]
window = "1h"
primary = "severity IN ('critical', 'high')"
verdict = "possible access"
verdict_reason = "mail of the organisation is copied or redirected"
explanation = "{actor} used {operation} at {first_time} for the rule \"{rule_name}\": it {effect}.[ Sent to: {sent_to*}.][ Words looked for: {words}.] {place}. {records}."
shows = ["operation", "actor", "rule_name", "sent_to", "effect", "words", "place", "client_ip", "session_id"]
looked_for = ["recipients of a domain that is not the organisation's own", "a rule that asks not to be audited", "a name without letters or digits", "mail sent through another connector", "a rule from a network where the account had not signed in before, or with a program that it had never used"]
cannot_exclude = ["rules made before the first record of the log", "an intruder who works from the network of the account's owner"]
false_positives = ["compliance journaling and archiving services", "disclaimers and data-loss rules that copy mail to a reviewer", "signature services, to which rules send mail through a connector"]
references = ["https://attack.mitre.org/techniques/T1114/003/", "https://learn.microsoft.com/en-us/powershell/module/exchange/new-transportrule"]
---*/
WITH rules AS (
    SELECT
        id, time, tenant, operation, actor, client_ip, session_id, app_id, mailbox,
        coalesce(property(properties, 'Name'), property(properties, 'Identity'), target, '') AS rule_name,
        lower(operation) IN ('new-transportrule', 'new-journalrule') OR property(properties, 'Name') IS NOT NULL AS names_itself,
        concat_ws('; ', property(properties, 'BlindCopyTo'), property(properties, 'CopyTo'), property(properties, 'RedirectMessageTo'),
            property(properties, 'AddToRecipients'), property(properties, 'JournalEmailAddress')) AS sent_to,
        concat_ws('; ', property(properties, 'BlindCopyTo'), property(properties, 'RedirectMessageTo'),
            property(properties, 'JournalEmailAddress')) AS sent_unseen,
        property(properties, 'JournalEmailAddress') IS NOT NULL AS is_journal,
        nullif(property(properties, 'RouteMessageOutboundConnector'), '') AS connector,
        coalesce(lower(property(properties, 'DeleteMessage')) = 'true', false) AS drops,
        coalesce(lower(property(properties, 'SetAuditSeverity')) = 'donotaudit', false) AS unaudited,
        concat_ws('; ', property(properties, 'SubjectOrBodyContainsWords'), property(properties, 'SubjectContainsWords'),
            property(properties, 'SubjectOrBodyMatchesPatterns'), property(properties, 'SubjectMatchesPatterns'),
            property(properties, 'AttachmentContainsWords')) AS words
    FROM events
    WHERE log_class = 'ual.exchange_admin'
      AND lower(operation) IN ('new-transportrule', 'set-transportrule', 'new-journalrule', 'set-journalrule')
      AND coalesce(result, 'success') <> 'failure'
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
),
marked AS (
    SELECT
        rules.*,
        array_length(domains_in(sent_to)) > 0 AND NOT coalesce(array_has_all(own.domains, domains_in(sent_to)), false) AS leaves,
        array_length(domains_in(sent_to)) > 0 AND coalesce(array_has_all(own.domains, domains_in(sent_to)), false) AS stays,
        coalesce(places.seat, 0) AS seat,
        names_itself AND NOT regexp_like(trim(rule_name), '[\p{L}\p{N}].*[\p{L}\p{N}]') AS nameless
    FROM rules
    LEFT JOIN own_domains AS own ON rules.tenant = own.tenant
    LEFT JOIN places ON places.tenant = rules.tenant AND places.id = rules.id
)
SELECT
    id, time, tenant, operation, actor, mailbox, rule_name, sent_to, words, client_ip, session_id, app_id,
    concat_ws(' and ',
        CASE WHEN leaves THEN 'sends mail to a domain that is not the organisation''s own' WHEN sent_to <> '' THEN 'sends mail to further recipients' END,
        CASE WHEN sent_unseen <> '' THEN 'does so unseen by sender and recipient' END,
        CASE WHEN drops THEN 'drops mail' END,
        CASE WHEN connector IS NOT NULL THEN concat('sends mail through the connector ', connector) END,
        CASE WHEN unaudited THEN 'asks not to be audited' END,
        CASE WHEN nameless THEN 'has no readable name' END) AS effect,
    CASE seat
        WHEN 3 THEN 'The account had signed in there that day with a program that it had never used before'
        WHEN 2 THEN 'The account acted from a network where it had not signed in before'
        WHEN 1 THEN 'The account acted from a network where it, or several others of the organisation, had signed in before, or on its own device'
        ELSE 'The records do not tell whether the account acted from its usual network'
    END AS place,
    CASE
        -- Archiving services are fed by journal rules, which have a name and are no secret.
        WHEN leaves AND is_journal AND NOT nameless THEN 'high'
        WHEN leaves AND sent_unseen <> '' THEN 'critical'
        WHEN leaves THEN 'high'
        WHEN nameless THEN 'high'
        WHEN seat >= 2 AND sent_unseen <> '' THEN 'high'
        -- An archive or a reviewer in the organisation, or a service that adds signatures, set up in the usual place.
        WHEN stays AND is_journal AND seat < 2 OR seat = 1 AND (stays OR connector IS NOT NULL) AND NOT drops THEN 'low'
        WHEN sent_unseen <> '' OR drops AND words <> '' OR connector IS NOT NULL THEN 'medium'
        ELSE 'low'
    END AS severity
FROM marked
-- The admin centre writes DoNotAudit whenever nobody chose a severity: on its own it means nothing.
WHERE sent_to <> '' OR drops OR connector IS NOT NULL

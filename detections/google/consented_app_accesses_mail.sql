/*---
id = "google.consented_app_accesses_mail"
version = 1
title = "Newly consented application accesses Gmail"
why = "The consent is the way in; what the application then opens with tokens of its own is what the intruder came for."
category = "consent_then_read"
attack = ["T1114.002", "T1550.001", "T1528"]
severity = "low"
confidence = "medium"
needs = ["gws.token", "gws.gmail"]
group_by = ["app_id"]
window = "3d"
primary = "is_access"
verdict = "recorded access"
verdict_reason = ""
explanation = "The application {app_name} ({app_id}) was let in by {consented_by*} and accessed these mailboxes within three days: {mailbox*}. First record {first_time}, last {last_time}; {records}. {amount}"
shows = ["operation", "app_id", "app_name", "mailbox", "consented_by", "client", "client_ip"]
looked_for = ["Gmail records of an application within three days of a consent to it, in mailboxes of those who consented", "a hundred messages or more"]
cannot_exclude = ["access before the consent was recorded"]
false_positives = ["a new mail program or a product that is being introduced"]
references = ["https://developers.google.com/workspace/admin/reports/v1/appendix/activity/gmail", "https://developers.google.com/workspace/admin/reports/v1/appendix/activity/token"]
---*/
WITH consents AS (
    SELECT id, time, tenant, operation, actor, client_ip, coalesce(app_id, target) AS app_id, client_info AS app_name
    FROM events
    WHERE log_class = 'gws.token' AND operation = 'authorize' AND time IS NOT NULL AND actor IS NOT NULL
      AND regexp_like(coalesce(property(properties, 'scope'), property(properties, 'scope_data.scope_name')), 'mail\.google\.com|auth/gmail\.(readonly|modify|compose|insert|metadata)', 'i')
),
consented AS (
    SELECT tenant, app_id, actor, min(time) AS first_consent FROM consents GROUP BY tenant, app_id, actor
),
accesses AS (
    SELECT events.id, events.time, events.tenant, events.operation, events.mailbox, events.actor, events.client_ip, events.client_protocol AS client, events.app_id, events.client_info AS app_name
    FROM consented -- on the left, where the engine keeps a side in memory
    JOIN events ON events.tenant = consented.tenant AND events.app_id = consented.app_id AND events.mailbox = consented.actor
    WHERE events.log_class = 'gws.gmail' AND events.access_kind = 'bind' AND events.time >= consented.first_consent AND events.time <= consented.first_consent + INTERVAL '3 days'
),
together AS (
    SELECT id, time, tenant, operation, app_id, app_name, mailbox, actor, client, client_ip, NULL AS consented_by, true AS is_access FROM accesses
    UNION ALL
    SELECT id, time, tenant, operation, app_id, app_name, NULL, actor, NULL, client_ip, actor AS consented_by, false AS is_access FROM consents
),
counted AS (
    SELECT together.*,
        sum(CASE WHEN is_access THEN 1 ELSE 0 END) OVER (PARTITION BY tenant, app_id, actor) AS messages,
        min(actor) OVER (PARTITION BY tenant, app_id) AS one_account, max(actor) OVER (PARTITION BY tenant, app_id) AS other_account
    FROM together
)
SELECT id, time, tenant, operation, app_id, app_name, mailbox, actor, client, client_ip, consented_by, is_access,
    CASE WHEN one_account = other_account THEN concat('Nobody else of the organisation let it in; it opened ', CAST(messages AS VARCHAR), ' messages.') ELSE concat('Others let it in, too; of this mailbox it opened ', CAST(messages AS VARCHAR), ' messages.') END AS amount,
    CASE WHEN messages >= 100 AND one_account = other_account THEN 'medium' ELSE 'low' END AS severity
FROM counted
WHERE messages > 0

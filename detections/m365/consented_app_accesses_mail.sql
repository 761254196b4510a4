/*---
id = "m365.consented_app_accesses_mail"
version = 1
title = "Newly consented application accesses mail"
why = "The consent is the way in; what the application then opens with tokens of its own is what the intruder came for."
category = "consent_then_read"
attack = ["T1114.002", "T1550.001", "T1528"]
severity = "medium"
confidence = "medium"
needs = ["ual.mia.bind", "ual.mia.sync", "ual.item"]
group_by = ["app_id"]
window = "3d"
primary = "is_access"
verdict = "recorded access"
verdict_reason = ""
explanation = "Application {app_id} was given consent by {consented_by*} and acted on these mailboxes within three days: {mailbox*}, with {operation*}. First record {first_time}, last {last_time}; {records}."
shows = ["operation", "app_id", "mailbox", "consented_by", "client_info", "client_ip", "item_count"]
looked_for = ["mailbox records of an application within three days of a consent to it"]
cannot_exclude = ["access before the consent was recorded", "access by the application to mailboxes whose access is not audited"]
false_positives = ["a new mail client or a product that is being introduced"]
references = ["https://attack.mitre.org/techniques/T1114/002/", "https://learn.microsoft.com/en-us/purview/audit-log-investigate-accounts"]
---*/
WITH consents AS (
    SELECT
        id, time, tenant, operation, actor,
        lower(array_element(regexp_match(
            concat_ws(' ', property(properties, 'TargetId.ServicePrincipalNames'), property(properties, 'ServicePrincipal.AppId'), property(properties, 'AppId'), target),
            '([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})'), 1)) AS app_id
    FROM events
    WHERE log_class IN ('ual.directory', 'audit.directory')
      AND regexp_like(operation, '^consent to application', 'i')
      AND coalesce(result, 'success') <> 'failure'
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
      AND time IS NOT NULL
),
consented AS (
    SELECT tenant, app_id, min(time) AS first_consent, max(time) AS last_consent
    FROM consents
    WHERE app_id IS NOT NULL
    GROUP BY tenant, app_id
),
mail AS (
    -- The application is the original caller where the record tells it apart from the interface it came through.
    SELECT
        id, time, tenant, operation, mailbox, client_info, client_ip, item_count, session_id, actor,
        lower(coalesce(ctx_client_app_id, nullif(client_app_id, ''), app_id)) AS app_id
    FROM events
    WHERE log_class IN ('ual.mia.bind', 'ual.mia.sync', 'ual.item')
),
accesses AS (
    SELECT mail.*
    FROM consented -- on the left, where the engine keeps a side in memory
    JOIN mail ON mail.tenant = consented.tenant AND mail.app_id = consented.app_id
    WHERE mail.time >= consented.first_consent AND mail.time <= consented.last_consent + INTERVAL '3 days'
)
SELECT id, time, tenant, operation, app_id, mailbox, actor, client_info, client_ip, item_count, session_id, NULL AS consented_by, true AS is_access
FROM accesses
UNION ALL
SELECT id, time, tenant, operation, app_id, NULL, actor, NULL, NULL, NULL, NULL, actor AS consented_by, false AS is_access
FROM consents
WHERE EXISTS (SELECT 1 FROM accesses WHERE accesses.tenant = consents.tenant AND accesses.app_id = consents.app_id)

/*---
id = "m365.consented_app_accesses_mail"
version = 2
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
explanation = "Application {app_id} was given consent by {consented_by*} and acted on these mailboxes within three days: {mailbox*}, with {mail_operation*}. The first access came {minutes} minutes after the consent. {how}[ {beyond}] First record {first_time}, last {last_time}; {records}."
shows = ["operation", "app_id", "mailbox", "consented_by", "how", "beyond", "client_info", "client_ip", "item_count"]
looked_for = ["mailbox records of an application within three days of a consent to it", "mailboxes of people who did not consent, where nobody consented for all", "a consent for everybody from a network where the account had not signed in before, or with a program that it had never used"]
cannot_exclude = ["access before the consent was recorded", "access by the application to mailboxes whose access is not audited"]
false_positives = ["a new mail client or a product that is being introduced"]
references = ["https://attack.mitre.org/techniques/T1114/002/", "https://learn.microsoft.com/en-us/purview/audit-log-investigate-accounts"]
---*/
WITH consents AS (
    SELECT
        id, time, tenant, operation, lower(actor) AS actor, client_ip,
        regexp_like(operation, '^consent to', 'i') AS is_consent,
        regexp_like(operation, '^add app role', 'i')
            OR coalesce(regexp_like(property(properties, 'ConsentContext.OnBehalfOfAll'), 'true', 'i'), false)
            OR coalesce(regexp_like(property(properties, 'DelegatedPermissionGrant.ConsentType'), 'allprincipals', 'i'), false)
            OR coalesce(regexp_like(property(properties, 'ConsentAction.Permissions'), 'ConsentType: AllPrincipals', 'i'), false) AS for_all,
        -- A grant names the resource as its target, and the application by its properties only.
        lower(array_element(regexp_match(
            CASE WHEN regexp_like(operation, '^consent to', 'i') THEN concat_ws(' ', property(properties, 'TargetId.ServicePrincipalNames'), property(properties, 'ServicePrincipal.AppId'), property(properties, 'AppId'), target)
                 ELSE property(properties, 'ServicePrincipal.AppId') END,
            '([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})'), 1)) AS app_id
    FROM events
    WHERE log_class IN ('ual.directory', 'audit.directory')
      AND regexp_like(operation, '^(consent to application|add delegated permission grant|add app role assignment to service principal)', 'i')
      AND coalesce(result, 'success') <> 'failure'
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
      AND time IS NOT NULL
),
seated AS (
    SELECT
        consents.*,
        CASE WHEN consents.for_all THEN coalesce(places.seat, 0) ELSE 0 END AS seat
    FROM consents
    LEFT JOIN places ON places.tenant = consents.tenant AND places.id = consents.id
    WHERE consents.app_id IS NOT NULL
),
consented AS (
    SELECT
        tenant, app_id, min(time) AS first_consent, max(time) AS last_consent, max(seat) AS seat,
        bool_or(for_all) AS for_all,
        concat(' ', string_agg(DISTINCT actor, ' ' ORDER BY actor), ' ') AS people
    FROM seated
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
    SELECT
        mail.*, consented.first_consent, consented.seat, consented.for_all,
        NOT consented.for_all AND mail.mailbox IS NOT NULL AND strpos(consented.people, concat(' ', mail.mailbox, ' ')) = 0 AS is_beyond
    FROM consented -- on the left, where the engine keeps a side in memory
    JOIN mail ON mail.tenant = consented.tenant AND mail.app_id = consented.app_id
    WHERE mail.time >= consented.first_consent AND mail.time <= consented.last_consent + INTERVAL '3 days'
)
SELECT
    id, time, tenant, operation, app_id, mailbox, actor, client_info, client_ip, item_count, session_id, NULL AS consented_by, true AS is_access, operation AS mail_operation,
    CAST(CAST(date_part('epoch', time) - date_part('epoch', first_consent) AS BIGINT) / 60 AS VARCHAR) AS minutes,
    CASE
        WHEN NOT for_all THEN 'People consented for themselves.'
        WHEN seat >= 2 THEN 'The consent was for everybody, from a network where the account that gave it had not signed in before, or with a program that it had never used.'
        WHEN seat = 1 THEN 'The consent was for everybody, from a network where the account that gave it, or several others of the organisation, had signed in before.'
        ELSE 'The consent was for everybody; the records do not tell whether the account that gave it was in its usual network.'
    END AS how,
    CASE WHEN is_beyond THEN concat('Nobody consented for ', mailbox, '.') END AS beyond,
    CASE
        WHEN is_beyond OR seat >= 2 THEN 'high'
        -- The grant itself is a finding of its own, and louder where no user needs to be signed in.
        WHEN for_all AND seat = 1 THEN 'low'
        ELSE 'medium'
    END AS severity
FROM accesses
UNION ALL
SELECT id, time, tenant, operation, app_id, NULL, actor, NULL, NULL, NULL, NULL, actor AS consented_by, false AS is_access, NULL, NULL, NULL, NULL, 'low'
FROM consents
WHERE is_consent AND EXISTS (SELECT 1 FROM accesses WHERE accesses.tenant = consents.tenant AND accesses.app_id = consents.app_id)

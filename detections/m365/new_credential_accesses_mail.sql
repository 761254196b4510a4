/*---
id = "m365.new_credential_accesses_mail"
version = 1
title = "Mail accessed by an application after it was given a new credential"
why = "A credential of the intruder's on an application that may reach mail opens every mailbox that the application opens, without a user; the application's own work hides it."
category = "credential_then_read"
attack = ["T1098.001", "T1114.002", "T1550.001"]
severity = "high"
confidence = "medium"
needs = ["ual.directory", "audit.directory"]
group_by = ["app_id", "change_id"]
window = "7d"
primary = "is_access"
verdict = "recorded access"
verdict_reason = ""
explanation = "{changed_by*} added a credential to application {app_id} at {changed_at}. {use} Then the application accessed these mailboxes: {mailbox*}. {why_odd} First record {first_time}, last {last_time}; {records}."
shows = ["operation", "app_id", "changed_by", "mailbox", "key", "client_ip", "use", "why_odd", "item_count"]
looked_for = ["a sign-in of the application with the id of the added credential within a week", "networks from which the application had signed in before", "sign-ins and access to mail by the application in the two weeks before"]
cannot_exclude = ["a credential that was added before the first record of the log", "access with the new credential from a network that the application uses anyway"]
false_positives = ["an application that was out of use and is taken up again", "a move of the application to another host, for which it gets a new credential"]
references = ["https://attack.mitre.org/techniques/T1098/001/", "https://learn.microsoft.com/en-us/entra/identity/monitoring-health/concept-service-principal-sign-ins"]
---*/
WITH changes AS (
    SELECT
        id, time, tenant, operation, coalesce(actor, 'unknown') AS changed_by, lower(coalesce(target_id, target, 'unknown')) AS object,
        lower(array_element(regexp_match(concat_ws(' ', property(properties, 'AppId'), property(properties, 'TargetId.ServicePrincipalNames'), target),
            '([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})'), 1)) AS named_app,
        lower(coalesce(property(properties, 'KeyDescription'), '')) AS keys,
        lower(coalesce(property_old(properties, 'KeyDescription'), '')) AS keys_before
    FROM events
    WHERE log_class IN ('ual.directory', 'audit.directory')
      AND regexp_like(operation, '^(update application|update service principal|add service principal credentials)', 'i')
      AND coalesce(result, 'success') <> 'failure' AND time IS NOT NULL
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
),
-- Two logs hold one change, and only one of them may name the application: one row for both.
added AS (
    SELECT
        tenant, object, date_trunc('minute', time) AS minute, min(time) AS changed_at, min(id) AS change_id, array_agg(id ORDER BY id) AS change_ids, min(operation) AS change_operation, min(changed_by) AS changed_by,
        max(named_app) AS named_app, max(keys) AS keys, max(keys_before) AS keys_before
    FROM changes
    WHERE keys LIKE '%keyidentifier%' AND keys <> keys_before AND regexp_count(keys, 'keyidentifier') >= regexp_count(keys_before, 'keyidentifier')
    GROUP BY tenant, object, date_trunc('minute', time)
),
-- Where and with which credential each application signs in.
uses AS (
    SELECT
        tenant, app_id, lower(property(properties, 'servicePrincipalCredentialKeyId')) AS key,
        coalesce(CAST(asn AS VARCHAR), neighbourhood(client_ip)) AS network, min(client_ip) AS client_ip, min(time) AS first_time,
        first_value(id ORDER BY time, id) AS first_id
    FROM events
    WHERE log_class = 'signin.service_principal' AND result = 'success' AND time IS NOT NULL AND app_id IS NOT NULL
    GROUP BY tenant, app_id, lower(property(properties, 'servicePrincipalCredentialKeyId')), coalesce(CAST(asn AS VARCHAR), neighbourhood(client_ip))
),
-- The id of the credential joins the change to its use.
with_key AS (
    SELECT added.*, uses.app_id, uses.key, uses.network, uses.client_ip, uses.first_time AS first_use, uses.first_id AS sign_in_id
    FROM added
    JOIN uses ON uses.tenant = added.tenant
    WHERE uses.key IS NOT NULL AND length(uses.key) > 8 AND strpos(added.keys, uses.key) > 0 AND strpos(added.keys_before, uses.key) = 0
      AND uses.first_time BETWEEN added.changed_at - INTERVAL '10 minutes' AND added.changed_at + INTERVAL '7 days'
),
-- Without sign-ins of applications only the name is left.
without_key AS (
    SELECT added.*, added.named_app AS app_id, CAST(NULL AS VARCHAR) AS key, CAST(NULL AS VARCHAR) AS network, CAST(NULL AS VARCHAR) AS client_ip, added.changed_at AS first_use, CAST(NULL AS VARCHAR) AS sign_in_id
    FROM added
    WHERE added.named_app IS NOT NULL AND NOT EXISTS (SELECT 1 FROM uses WHERE uses.tenant = added.tenant)
),
candidates AS (
    SELECT * FROM with_key UNION ALL SELECT * FROM without_key
),
logged AS (
    SELECT tenant, min(time) AS since FROM events WHERE log_class IN ('ual.mia.bind', 'ual.mia.sync') GROUP BY tenant
),
-- Of the networks that the new credential was used from, the strangest counts.
before AS (
    SELECT
        candidates.*,
        max(CASE WHEN uses.network = candidates.network AND uses.first_time < candidates.changed_at - INTERVAL '10 minutes' THEN 1 ELSE 0 END)
            OVER (PARTITION BY candidates.tenant, candidates.change_id, candidates.app_id, candidates.key, candidates.network) AS from_network,
        max(CASE WHEN uses.first_time < candidates.changed_at - INTERVAL '10 minutes' THEN 1 ELSE 0 END)
            OVER (PARTITION BY candidates.tenant, candidates.change_id, candidates.app_id, candidates.key) AS from_anywhere,
        row_number() OVER (PARTITION BY candidates.tenant, candidates.change_id, candidates.app_id, candidates.key, candidates.network ORDER BY uses.first_time) AS nth_earlier
    FROM candidates
    LEFT JOIN uses ON uses.tenant = candidates.tenant AND uses.app_id = candidates.app_id
),
strangest AS (
    SELECT before.*, min(from_network) OVER (PARTITION BY tenant, change_id, app_id, key) AS from_there FROM before
),
judged AS (
    SELECT
        strangest.*,
        from_anywhere = 1 AND from_there = 0 AS is_elsewhere,
        from_anywhere = 0 AND keys_before LIKE '%keyidentifier%' AND logged.since <= changed_at - INTERVAL '14 days' AS maybe_asleep,
        from_anywhere = 0 AND keys_before NOT LIKE '%keyidentifier%' AND key IS NOT NULL AS is_first,
        row_number() OVER (PARTITION BY change_id, strangest.app_id ORDER BY first_use, key, network) AS nth_use
    FROM strangest
    JOIN logged ON logged.tenant = strangest.tenant
    WHERE nth_earlier = 1
),
-- A key that is replaced before it runs out is used where the old one was: that is no finding here.
odd AS (
    SELECT
        judged.*,
        CASE
            WHEN key IS NULL THEN 'The logs hold no sign-ins of applications that would show its use.'
            ELSE concat('It was used for the first time at ', CAST(first_use AS VARCHAR), ' from ', coalesce(client_ip, 'an unknown address'), ', as the id of the credential in the sign-in shows.')
        END AS use
    FROM judged
    WHERE nth_use = 1 AND (is_elsewhere OR maybe_asleep OR is_first)
),
mail AS (
    SELECT
        odd.tenant, odd.app_id, odd.change_id, odd.change_ids, odd.changed_at, odd.changed_by, odd.change_operation, odd.key, odd.use, odd.first_use, odd.sign_in_id, odd.is_elsewhere, odd.maybe_asleep, odd.client_ip AS used_from,
        events.id AS mail_id, events.time AS mail_time, events.operation AS mail_operation, events.mailbox, events.client_ip, events.session_id, events.item_count,
        events.time >= odd.first_use - INTERVAL '1 minute' AS is_after,
        max(CASE WHEN events.time < odd.changed_at THEN 1 ELSE 0 END) OVER (PARTITION BY odd.change_id, odd.app_id) AS was_reading,
        row_number() OVER (PARTITION BY odd.change_id, odd.app_id, events.time >= odd.first_use - INTERVAL '1 minute' ORDER BY events.time, events.id) AS nth
    FROM odd
    JOIN events ON events.tenant = odd.tenant AND lower(coalesce(events.ctx_client_app_id, nullif(events.client_app_id, ''), events.app_id)) = odd.app_id
    WHERE events.log_class IN ('ual.mia.bind', 'ual.mia.sync')
      AND events.time >= odd.changed_at - INTERVAL '14 days' AND events.time <= odd.first_use + INTERVAL '7 days'
),
-- The change and the first sign-in come with the first access.
rows AS (
    SELECT mail.*, unnest(CASE WHEN nth = 1 THEN array_append(array_append(change_ids, sign_in_id), mail_id) ELSE make_array(mail_id) END) AS id
    FROM mail
    WHERE is_after AND nth <= 500
)
SELECT
    id, CASE WHEN id = mail_id THEN mail_time WHEN id = sign_in_id THEN first_use ELSE changed_at END AS time, tenant,
    CASE WHEN id = mail_id THEN mail_operation WHEN id = sign_in_id THEN 'Sign-in activity' ELSE change_operation END AS operation,
    app_id, change_id, changed_at, changed_by, key, use,
    CASE
        WHEN is_elsewhere THEN 'The application had signed in before, but never from that network.'
        WHEN maybe_asleep AND was_reading = 0 THEN 'In the two weeks before no record shows the application signing in or accessing mail, although it had a credential.'
        ELSE 'It is the first credential of the application on record.'
    END AS why_odd,
    CASE WHEN id = mail_id THEN mailbox END AS mailbox,
    CASE WHEN id = mail_id THEN client_ip WHEN id = sign_in_id THEN used_from END AS client_ip,
    CASE WHEN id = mail_id THEN session_id END AS session_id, CASE WHEN id = mail_id THEN item_count END AS item_count,
    id = mail_id AS is_access,
    CASE WHEN is_elsewhere OR maybe_asleep AND was_reading = 0 AND key IS NOT NULL THEN 'high' WHEN maybe_asleep AND was_reading = 0 THEN 'medium' ELSE 'low' END AS severity
FROM rows
WHERE id IS NOT NULL AND NOT (maybe_asleep AND was_reading = 1 AND NOT is_elsewhere)

/*---
id = "entra.app_credential_added"
version = 4
title = "Credential added to an application"
why = "A secret or certificate of the intruder's on an application opens everything the application may reach, from anywhere, without a user and without a second factor."
category = "oauth_secret_added"
attack = ["T1098.001"]
severity = "medium"
confidence = "medium"
needs = ["ual.directory", "audit.directory"]
group_by = ["actor", "app_key"]
window = "30m"
primary = "adds_key"
verdict = "possible access"
verdict_reason = "the application may be used with the new credential"
explanation = "{actor} added a credential to {app} at {first_time}, with {operation}: {keys}. {how}. {place}.[ {use}.] {records}."
shows = ["operation", "actor", "app", "keys", "how", "place", "use", "client_ip"]
looked_for = ["secrets and certificates added", "credentials of a service principal, which the application's page does not show", "federated credentials", "a change from a network where the account had not signed in before, or with a program that it had never used", "an application that had not signed in for two weeks"]
cannot_exclude = ["credentials added before the first record of the log", "use of a credential that is not logged", "an intruder who works from the network of the account's owner"]
false_positives = ["rotation of secrets before they expire", "a new certificate for signing people in to an application (SAML)", "developers at work"]
references = ["https://attack.mitre.org/techniques/T1098/001/", "https://learn.microsoft.com/en-us/entra/identity/monitoring-health/reference-audit-activities"]
---*/
WITH changes AS (
    SELECT
        id, time, tenant, operation, coalesce(actor, 'unknown') AS actor, actor_kind, client_ip,
        coalesce(plain(property(properties, 'DisplayName')), target, target_id, 'unknown') AS app,
        -- Two logs of one change name the application differently; its id is the same.
        lower(coalesce(target_id, target, 'unknown')) AS app_key,
        lower(array_element(regexp_match(concat_ws(' ', property(properties, 'AppId'), property(properties, 'TargetId.ServicePrincipalNames'), target),
            '([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})'), 1)) AS app_id,
        regexp_like(operation, 'certificates and secrets management|add service principal credentials', 'i') AS by_name,
        regexp_like(operation, 'service principal', 'i') AS on_service_principal,
        property(properties, 'KeyDescription') AS keys,
        coalesce(property_old(properties, 'KeyDescription'), '') AS keys_before,
        property(properties, 'FederatedIdentityCredentials') AS federated,
        coalesce(property_old(properties, 'FederatedIdentityCredentials'), '') AS federated_before
    FROM events
    WHERE log_class IN ('ual.directory', 'audit.directory')
      AND regexp_like(operation, '^(update application|update service principal|add service principal credentials)', 'i')
      AND coalesce(result, 'success') <> 'failure'
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
),
marked AS (
    SELECT
        changes.*,
        regexp_count(coalesce(keys, ''), 'KeyIdentifier') > regexp_count(keys_before, 'KeyIdentifier') AND keys_before LIKE '%KeyIdentifier%' AS one_more,
        coalesce(length(federated) > length(federated_before), false) AS is_federated,
        -- A certificate with which the directory signs what it tells an application of people comes with the key to check it and the
        -- password to it. Nobody acts with it as the application.
        regexp_count(coalesce(keys, ''), 'KeyUsage=Sign') > regexp_count(keys_before, 'KeyUsage=Sign')
            AND regexp_count(coalesce(keys, ''), 'KeyIdentifier') - regexp_count(keys_before, 'KeyIdentifier')
                <= 3 * (regexp_count(coalesce(keys, ''), 'KeyUsage=Sign') - regexp_count(keys_before, 'KeyUsage=Sign')) AS signs_people_in,
        -- A record whose keys became fewer is somebody tidying up; one that was cut says nothing of keys, only that they changed.
        CASE
            WHEN federated IS NOT NULL AND length(federated) > length(federated_before) THEN true
            WHEN keys IS NOT NULL THEN keys <> keys_before AND keys LIKE '%KeyIdentifier%'
                AND regexp_count(keys, 'KeyIdentifier') >= regexp_count(keys_before, 'KeyIdentifier')
            ELSE by_name AND NOT regexp_like(operation, 'remove', 'i')
        END AS adds_key
    FROM changes
),
added AS (
    SELECT * FROM marked WHERE adds_key
),
-- When the application signed in last before the change; the client of a service principal's sign-in is the application.
uses AS (
    SELECT added.id, min(events.time) AS first_use, max(CASE WHEN events.time < added.time THEN events.time END) AS last_use
    FROM added
    JOIN events ON events.tenant = added.tenant AND events.app_id = added.app_id
    WHERE events.log_class = 'signin.service_principal' AND events.result = 'success'
    GROUP BY added.id
),
logged AS (
    SELECT tenant, min(time) AS since FROM events WHERE log_class = 'signin.service_principal' GROUP BY tenant
),
judged AS (
    SELECT
        added.*, uses.last_use, logged.since,
        coalesce(places.seat, 0) AS seat,
        -- Only where the sign-ins of applications go back two weeks does their silence mean anything.
        added.app_id IS NOT NULL AND logged.since <= added.time - INTERVAL '14 days'
            AND coalesce(uses.last_use, logged.since) < added.time - INTERVAL '14 days' AS is_asleep,
        uses.last_use > added.time - INTERVAL '14 days' AS is_awake
    FROM added
    LEFT JOIN places ON places.tenant = added.tenant AND places.id = added.id
    LEFT JOIN uses ON uses.id = added.id
    LEFT JOIN logged ON logged.tenant = added.tenant
),
-- One change stands in two logs, of which one may not name the address or the application's id: what one tells holds for both.
paired AS (
    SELECT
        judged.*,
        max(seat) OVER twin AS twin_seat,
        max(CASE WHEN is_asleep THEN 1 ELSE 0 END) OVER twin AS asleep,
        max(CASE WHEN is_awake THEN 1 ELSE 0 END) OVER twin AS awake
    FROM judged
    WINDOW twin AS (PARTITION BY tenant, actor, app_key ORDER BY time RANGE BETWEEN INTERVAL '2 minutes' PRECEDING AND INTERVAL '2 minutes' FOLLOWING)
)
SELECT
    id, time, tenant, operation, actor, app, app_key, coalesce(plain(keys), federated, 'the record does not show the key') AS keys, client_ip, adds_key,
    CASE
        WHEN signs_people_in THEN 'It is a certificate for signing people in to the application'
        WHEN is_federated THEN 'A foreign issuer may now vouch for the application'
        WHEN one_more THEN 'It is one more than before, the earlier ones stay'
        WHEN keys_before LIKE '%KeyIdentifier%' THEN 'It takes the place of an earlier one'
        ELSE 'No earlier one is recorded'
    END AS how,
    CASE twin_seat
        WHEN 3 THEN 'The account had signed in there that day with a program that it had never used before'
        WHEN 2 THEN 'The account acted from a network where it had not signed in before'
        WHEN 1 THEN 'The account acted from a network where it, or several others of the organisation, had signed in before, or on its own device'
        ELSE 'The records do not tell whether the account acted from its usual network'
    END AS place,
    CASE
        WHEN asleep = 1 THEN 'The application had not signed in for two weeks or more'
        WHEN awake = 1 THEN 'The application signs in regularly'
    END AS use,
    CASE
        WHEN actor_kind = 'application' AND twin_seat < 2 THEN 'low'
        WHEN signs_people_in AND twin_seat < 2 THEN CASE WHEN twin_seat = 1 THEN 'low' ELSE 'medium' END
        WHEN twin_seat >= 2 OR asleep = 1 AND NOT coalesce(twin_seat = 1 AND NOT one_more, false) THEN CASE WHEN on_service_principal OR twin_seat >= 2 AND asleep = 1 THEN 'high' ELSE 'medium' END
        -- Who replaces or adds a key of an application in use, from the usual place, does what the calendar asks for.
        WHEN twin_seat = 1 AND NOT is_federated AND (awake = 1 OR NOT on_service_principal) THEN 'low'
        -- An intruder adds a key; to take one away would break the application and be noticed.
        WHEN NOT one_more AND keys_before LIKE '%KeyIdentifier%' AND NOT on_service_principal AND NOT is_federated THEN 'low'
        WHEN on_service_principal THEN CASE WHEN twin_seat = 1 THEN 'medium' ELSE 'high' END
        ELSE 'medium'
    END AS severity
FROM paired

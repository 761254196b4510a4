/*---
id = "entra.app_credential_added"
version = 1
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
explanation = "{actor} added a credential to {app} at {first_time}, with {operation}: {keys}. {records}."
shows = ["operation", "actor", "app", "keys", "client_ip"]
looked_for = ["secrets and certificates added", "credentials of a service principal, which the application's page does not show", "federated credentials"]
cannot_exclude = ["credentials added before the first record of the log", "use of a credential that is not logged"]
false_positives = ["rotation of secrets before they expire", "developers at work"]
references = ["https://attack.mitre.org/techniques/T1098/001/", "https://learn.microsoft.com/en-us/entra/identity/monitoring-health/reference-audit-activities"]
---*/
WITH changes AS (
    SELECT
        id, time, tenant, operation, coalesce(actor, 'unknown') AS actor, actor_kind, client_ip,
        coalesce(plain(property(properties, 'DisplayName')), target, target_id, 'unknown') AS app,
        -- Two logs of one change name the application differently; its id is the same.
        lower(coalesce(target_id, target, 'unknown')) AS app_key,
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
        -- A record whose keys became fewer is somebody tidying up; one that was cut says nothing of keys, only that they changed.
        CASE
            WHEN federated IS NOT NULL AND length(federated) > length(federated_before) THEN true
            WHEN keys IS NOT NULL THEN keys <> keys_before AND keys LIKE '%KeyIdentifier%'
                AND regexp_count(keys, 'KeyIdentifier') >= regexp_count(keys_before, 'KeyIdentifier')
            ELSE by_name AND NOT regexp_like(operation, 'remove', 'i')
        END AS adds_key
    FROM changes
)
SELECT
    id, time, tenant, operation, actor, app, app_key, coalesce(plain(keys), federated, 'the record does not show the key') AS keys, client_ip, adds_key,
    CASE
        WHEN actor_kind = 'application' THEN 'low'
        WHEN on_service_principal THEN 'high'
        ELSE 'medium'
    END AS severity
FROM marked
WHERE adds_key

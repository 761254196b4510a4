/*---
id = "entra.application_owner_added"
version = 1
title = "Owner added to an application"
why = "Who owns an application adds secrets to it without any role in the directory, and then acts with all that the application may do; nobody looks at the list of owners."
category = "oauth_secret_added"
attack = ["T1098.001", "T1098"]
severity = "low"
confidence = "medium"
needs = ["ual.directory", "audit.directory"]
group_by = ["actor", "app_key"]
window = "1h"
primary = "true"
verdict = "possible access"
verdict_reason = "the owner may add a credential to the application"
explanation = "{actor} made {owner*} an owner of {app} at {first_time}, with {operation*}. {place}.[ {rights}.][ {afterwards}.] {records}."
shows = ["operation", "actor", "owner", "app", "place", "rights", "afterwards", "client_ip"]
looked_for = ["owners of applications and of their accounts in the organisation", "an application that may reach mail, or was recorded reaching it", "a credential added within a week by the new owner or by the one who made the owner", "a change from a network where the account had not signed in before, or with a program that it had never used"]
cannot_exclude = ["owners made before the first record of the log", "rights given to the application before the first record of the log", "an intruder who works from the network of the account's owner"]
false_positives = ["developers who share an application with colleagues", "an application handed to a successor"]
references = ["https://learn.microsoft.com/en-us/entra/architecture/security-operations-applications", "https://learn.microsoft.com/en-us/entra/identity/monitoring-health/reference-audit-activities", "https://attack.mitre.org/techniques/T1098/001/"]
---*/
WITH owners AS (
    SELECT
        id, time, tenant, operation, coalesce(actor, 'unknown') AS actor, client_ip,
        -- The record is about the owner; the application stands in its properties.
        lower(coalesce(target, target_id, 'unknown')) AS owner,
        coalesce(plain(property(properties, 'Application.DisplayName')), plain(property(properties, 'ServicePrincipal.DisplayName')), 'an application that the record does not name') AS app,
        lower(coalesce(plain(property(properties, 'Application.AppId')), plain(property(properties, 'ServicePrincipal.AppId')))) AS app_id,
        lower(coalesce(plain(property(properties, 'Application.ObjectID')), plain(property(properties, 'ServicePrincipal.ObjectID')))) AS object_id
    FROM events
    WHERE log_class IN ('ual.directory', 'audit.directory')
      AND regexp_like(operation, '^add owner to (application|service principal)', 'i')
      AND coalesce(result, 'success') <> 'failure' AND time IS NOT NULL
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
),
acts AS (
    SELECT
        tenant, time, lower(actor) AS actor,
        CASE
            WHEN regexp_like(operation, '^add (application|service principal)\.?$', 'i') THEN 'made'
            WHEN regexp_like(operation, 'certificates and secrets management|^add service principal credentials', 'i') THEN 'key'
            ELSE 'right'
        END AS kind,
        lower(array_element(regexp_match(
            CASE WHEN regexp_like(operation, '^add (app role|delegated|oauth2)', 'i') THEN property(properties, 'ServicePrincipal.AppId')
                 ELSE concat_ws(' ', property(properties, 'TargetId.ServicePrincipalNames'), property(properties, 'AppId'), target) END,
            '([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})'), 1)) AS app_id,
        lower(CASE WHEN regexp_like(operation, '^add (app role|delegated|oauth2)', 'i') THEN plain(property(properties, 'ServicePrincipal.ObjectID')) ELSE target_id END) AS object_id,
        lower(CASE WHEN regexp_like(operation, '^add (app role|delegated|oauth2)', 'i') THEN plain(property(properties, 'ServicePrincipal.DisplayName'))
              ELSE coalesce(plain(property(properties, 'DisplayName')), target) END) AS name
    FROM events
    WHERE log_class IN ('ual.directory', 'audit.directory') AND time IS NOT NULL AND coalesce(result, 'success') <> 'failure'
      AND (regexp_like(operation, '^add (application|service principal)\.?$|certificates and secrets management|^add service principal credentials', 'i')
           OR regexp_like(operation, '^(consent to application|add delegated permission grant|add oauth2permissiongrant|add app role assignment to service principal)', 'i')
           AND regexp_like(concat_ws(' ', property(properties, 'ConsentAction.Permissions'), property(properties, 'DelegatedPermissionGrant.Scope'),
               property(properties, 'OAuth2PermissionGrant.Scope'), property(properties, 'AppRole.Value'), property(properties, 'AppRole.Id')),
               '\b(mail\.|mailboxsettings\.|full_access_as_|ews\.accessasuser|imap\.accessas|pop\.accessas|exchange\.manage|dc890d15-9560-4a4c-9b7f-a736ec74ec40|810c84a8-4a9e-49e6-bf7d-12d183f40d01|e2a3a72e-5f79-4c64-b1b1-878b674786c9|b633e1c5-b582-4048-a93e-9f11b44c7e96)', 'i'))
),
-- Records name an application by its own id, by that of its registration or of its account in the organisation, and by its name; a
-- new credential of the registration and an owner of the account share nothing but the name.
keyed AS (
    SELECT tenant, time, actor, kind, app_id AS key FROM acts WHERE app_id IS NOT NULL
    UNION ALL
    SELECT tenant, time, actor, kind, object_id AS key FROM acts WHERE object_id IS NOT NULL AND object_id <> coalesce(app_id, '')
    UNION ALL
    SELECT tenant, time, actor, kind, concat('name ', name) AS key FROM acts WHERE name IS NOT NULL
),
owned AS (
    SELECT id, time, tenant, lower(actor) AS actor, owner, app_id AS key FROM owners WHERE app_id IS NOT NULL
    UNION ALL
    SELECT id, time, tenant, lower(actor) AS actor, owner, object_id AS key FROM owners WHERE object_id IS NOT NULL
    UNION ALL
    SELECT id, time, tenant, lower(actor) AS actor, owner, concat('name ', lower(app)) AS key FROM owners WHERE app <> 'an application that the record does not name'
),
story AS (
    SELECT
        owned.tenant, owned.id,
        max(CASE WHEN kind = 'made' AND keyed.time BETWEEN owned.time - INTERVAL '10 minutes' AND owned.time + INTERVAL '10 minutes' AND keyed.actor = owned.actor AND owned.owner = owned.actor THEN 1 ELSE 0 END) AS by_making,
        max(CASE WHEN kind = 'made' AND keyed.time BETWEEN owned.time - INTERVAL '7 days' AND owned.time + INTERVAL '10 minutes' THEN 1 ELSE 0 END) AS is_new,
        max(CASE WHEN kind = 'right' THEN 1 ELSE 0 END) AS on_mail,
        min(CASE WHEN kind = 'key' AND keyed.time BETWEEN owned.time AND owned.time + INTERVAL '7 days' AND keyed.actor IN (owned.actor, owned.owner) THEN keyed.time END) AS key_added
    FROM owned
    JOIN keyed ON keyed.tenant = owned.tenant AND keyed.key = owned.key
    GROUP BY owned.tenant, owned.id
),
reached AS (
    SELECT named.tenant, named.app_id
    FROM (SELECT DISTINCT tenant, app_id FROM owners WHERE app_id IS NOT NULL) AS named -- on the left, where the engine keeps a side in memory
    JOIN events ON events.tenant = named.tenant AND lower(coalesce(events.ctx_client_app_id, nullif(events.client_app_id, ''), events.app_id)) = named.app_id
    WHERE events.log_class IN ('ual.mia.bind', 'ual.mia.sync')
    GROUP BY named.tenant, named.app_id
),
judged AS (
    SELECT
        owners.*, coalesce(places.seat, 0) AS seat, coalesce(story.by_making, 0) AS by_making, coalesce(story.is_new, 0) AS is_new, story.key_added,
        coalesce(story.on_mail, 0) AS may_mail, reached.app_id IS NOT NULL AS has_mail
    FROM owners
    LEFT JOIN places ON places.tenant = owners.tenant AND places.id = owners.id
    LEFT JOIN story ON story.tenant = owners.tenant AND story.id = owners.id
    LEFT JOIN reached ON reached.tenant = owners.tenant AND reached.app_id = owners.app_id
),
-- One change stands in two logs, of which one may not name the address: what one tells holds for both.
paired AS (
    SELECT judged.*, max(seat) OVER twin AS twin_seat, max(by_making) OVER twin AS made_it
    FROM judged
    WINDOW twin AS (PARTITION BY tenant, lower(actor), coalesce(app_id, object_id) ORDER BY time RANGE BETWEEN INTERVAL '2 minutes' PRECEDING AND INTERVAL '2 minutes' FOLLOWING)
)
SELECT
    id, time, tenant, operation, actor, owner, app, app_id, coalesce(app_id, object_id, app) AS app_key, client_ip,
    CASE WHEN owner LIKE '%_@_%' THEN owner END AS account,
    CASE twin_seat
        WHEN 3 THEN 'The account had signed in there that day with a program that it had never used before'
        WHEN 2 THEN 'The account acted from a network where it had not signed in before'
        WHEN 1 THEN 'The account acted from a network where it, or several others of the organisation, had signed in before, or on its own device'
        ELSE 'The records do not tell whether the account acted from its usual network'
    END AS place,
    CASE
        WHEN has_mail THEN 'The application is recorded reaching mail'
        WHEN may_mail = 1 THEN 'The application was given permissions on mail'
    END AS rights,
    CASE WHEN key_added IS NOT NULL THEN 'A credential was added to it within a week, by the new owner or by the one who made the owner' END AS afterwards,
    CASE
        WHEN twin_seat >= 2 AND (has_mail OR may_mail = 1 OR key_added IS NOT NULL) THEN 'high'
        WHEN twin_seat >= 2 THEN 'medium'
        WHEN (has_mail OR may_mail = 1) AND key_added IS NOT NULL AND is_new = 0 THEN CASE WHEN twin_seat = 1 THEN 'medium' ELSE 'high' END
        WHEN twin_seat = 1 OR is_new = 1 THEN 'low'
        WHEN has_mail OR may_mail = 1 OR key_added IS NOT NULL THEN 'medium'
        ELSE 'low'
    END AS severity
FROM paired
-- Who registers an application becomes its owner.
WHERE made_it = 0

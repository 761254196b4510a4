/*---
id = "google.app_controls_loosened"
version = 1
title = "Applications allowed more in Google Workspace"
why = "An application that an administrator trusts or installs for all needs nobody's consent any more."
category = "app_permission"
attack = ["T1098.003", "T1528", "T1562.001"]
severity = "low"
confidence = "low"
needs = ["gws.admin"]
group_by = ["actor"]
window = "1h"
primary = "true"
verdict = "possible access"
verdict_reason = "applications may reach what they did not before"
explanation = "{actor} changed what applications may do, at {first_time} from {client_ip}: {effect*}.[ Applications: {app*}.] {records}, with {operation*}."
shows = ["operation", "actor", "app", "effect", "client_ip"]
looked_for = ["applications trusted, allowed or installed for everybody", "access of applications opened for whole services", "keys of applications made anew"]
cannot_exclude = ["rights that an application had before"]
false_positives = ["a product that is being introduced"]
references = ["https://developers.google.com/workspace/admin/reports/v1/appendix/activity/admin-security-settings", "https://support.google.com/a/answer/7281227"]
---*/
WITH changes AS (
    SELECT
        id, time, tenant, operation, coalesce(actor, 'somebody') AS actor, client_ip, session_id,
        coalesce(property(properties, 'OAUTH2_APP_NAME'), property(properties, 'APPLICATION_NAME'), property(properties, 'OAUTH2_SERVICE_NAME'), CASE WHEN target_kind = 'application' THEN target END) AS app,
        coalesce(property(properties, 'OAUTH2_APP_ID'), property(properties, 'APP_ID')) AS app_id,
        lower(coalesce(property(properties, 'NEW_VALUE'), '')) AS new_value, coalesce(property(properties, 'SETTING_NAME'), '') AS setting
    FROM events
    WHERE log_class = 'gws.admin'
      AND operation IN ('ADD_TO_TRUSTED_OAUTH2_APPS', 'TRUST_DOMAIN_OWNED_OAUTH2_APPS', 'ALLOW_SERVICE_FOR_OAUTH2_ACCESS', 'TOGGLE_OAUTH_ACCESS_TO_ALL_APIS', 'ADD_APPLICATION', 'ADD_APPLICATION_TO_WHITELIST',
          'ENABLE_API_ACCESS', 'REGENERATE_OAUTH_CONSUMER_SECRET', 'UPLOAD_OAUTH_CERTIFICATE', 'TOGGLE_ENABLE_OAUTH_CONSUMER_KEY', 'CHANGE_EMAIL_SETTING')
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
)
SELECT id, time, tenant, operation, actor, client_ip, session_id, app, app_id,
    CASE
        WHEN operation IN ('ADD_TO_TRUSTED_OAUTH2_APPS', 'TRUST_DOMAIN_OWNED_OAUTH2_APPS', 'ADD_APPLICATION_TO_WHITELIST') THEN 'trusted'
        WHEN operation = 'ADD_APPLICATION' THEN 'installed for everybody'
        WHEN operation IN ('REGENERATE_OAUTH_CONSUMER_SECRET', 'UPLOAD_OAUTH_CERTIFICATE') THEN 'keys made anew'
        WHEN operation = 'CHANGE_EMAIL_SETTING' THEN 'which applications people may install'
        ELSE 'services opened to applications'
    END AS effect,
    'low' AS severity
FROM changes
WHERE new_value NOT IN ('false', 'off', 'disabled') AND (operation <> 'CHANGE_EMAIL_SETTING' OR regexp_like(setting, 'marketplace', 'i'))

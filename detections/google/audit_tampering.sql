/*---
id = "google.audit_tampering"
version = 1
title = "Alerts, rules or protection of Google Workspace weakened"
why = "Gmail's log cannot be switched off by its administrators, but who is told of what happens can be changed."
category = "audit_tampering"
attack = ["T1562.008", "T1562.001"]
severity = "low"
confidence = "medium"
needs = ["gws.admin"]
group_by = ["actor"]
window = "1h"
primary = "true"
verdict = "not assessable"
verdict_reason = "it hides access and is none"
explanation = "{actor} changed {target*} at {first_time} from {client_ip}: {effect*}. {records}, with {operation*}."
shows = ["operation", "actor", "target", "effect", "client_ip"]
looked_for = ["alerts and rules deleted, switched off or changed, and who is told of them", "exports of logs to other services switched off", "retention rules removed"]
cannot_exclude = ["settings of collectors outside the organisation"]
false_positives = ["tidying up of alerts that nobody reads"]
references = ["https://developers.google.com/workspace/admin/reports/v1/appendix/activity/admin-domain-settings", "https://attack.mitre.org/techniques/T1562/008/"]
---*/
WITH changes AS (
    SELECT
        id, time, tenant, operation, coalesce(actor, 'somebody') AS actor, client_ip, session_id,
        coalesce(property(properties, 'ALERT_NAME'), property(properties, 'RULE_NAME'), property(properties, 'SETTING_NAME'), target, 'what is not named') AS target,
        lower(coalesce(property(properties, 'NEW_VALUE'), property(properties, 'RULE_STATUS'), property(properties, 'ALERT_STATUS'), '')) AS new_value,
        lower(concat_ws(' ', property(properties, 'SETTING_NAME'), property(properties, 'APPLICATION_NAME'))) AS setting
    FROM events
    WHERE (log_class = 'gws.admin'
             AND operation IN ('DELETE_ALERT', 'ALERT_STATUS_CHANGED', 'CHANGE_ALERT_CRITERIA', 'ALERT_RECEIVERS_CHANGED', 'DELETE_RULE', 'RULE_STATUS_CHANGED', 'RULE_ACTIONS_CHANGED', 'CHANGE_RULE_CRITERIA', 'UPDATE_RULE',
                 'SYSTEM_DEFINED_RULE_UPDATED', 'CREATE_APPLICATION_SETTING', 'CHANGE_APPLICATION_SETTING', 'DELETE_APPLICATION_SETTING', 'TOGGLE_SERVICE_ENABLED')
           OR log_class = 'gws.other' AND workload = 'vault' AND regexp_like(operation, '(delete|remove|update).*(retention|hold)|(retention|hold).*(delete|remove)', 'i'))
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
),
marked AS (
    SELECT changes.*,
        CASE
            WHEN operation IN ('DELETE_ALERT', 'DELETE_RULE') THEN 'an alert or rule was deleted'
            WHEN operation IN ('ALERT_STATUS_CHANGED', 'RULE_STATUS_CHANGED') AND regexp_like(new_value, 'off|false|disab|inactive|paus') THEN 'an alert or rule was switched off'
            WHEN operation IN ('CHANGE_ALERT_CRITERIA', 'ALERT_RECEIVERS_CHANGED', 'RULE_ACTIONS_CHANGED', 'CHANGE_RULE_CRITERIA', 'UPDATE_RULE', 'SYSTEM_DEFINED_RULE_UPDATED', 'ALERT_STATUS_CHANGED', 'RULE_STATUS_CHANGED') THEN 'an alert or rule was changed'
            WHEN operation LIKE '%APPLICATION_SETTING' AND regexp_like(setting, 'audit|data sharing|bigquery|log export|access transparency') THEN 'what is logged, or who gets the logs, was changed'
            WHEN operation = 'TOGGLE_SERVICE_ENABLED' AND regexp_like(setting, 'vault') THEN 'the service that keeps mail was switched'
            WHEN operation NOT LIKE '%APPLICATION_SETTING' AND operation <> 'TOGGLE_SERVICE_ENABLED' THEN 'what is kept for how long was changed'
        END AS effect
    FROM changes
)
SELECT id, time, tenant, operation, actor, client_ip, session_id, target, effect,
    CASE
        WHEN effect IN ('an alert or rule was deleted', 'an alert or rule was switched off', 'what is logged, or who gets the logs, was changed', 'what is kept for how long was changed') THEN 'medium'
        ELSE 'low'
    END AS severity
FROM marked
WHERE effect IS NOT NULL

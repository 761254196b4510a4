/*---
id = "google.sign_in_data_changed"
version = 1
title = "Password or recovery data of a Google account changed"
why = "With a recovery address of his own an intruder comes back after every reset, and with a password set by an administrator he needs no other."
category = "auth_method_changed"
attack = ["T1098", "T1556", "T1531"]
severity = "low"
confidence = "low"
needs = ["gws.admin", "gws.login", "gws.other"]
group_by = ["actor"]
window = "1h"
primary = "true"
verdict = "possible access"
verdict_reason = "the account can be entered by other means than before"
explanation = "{actor} changed {effect*} of {target*} at {first_time}[, from {client_ip}]. {records}, with {operation*}."
shows = ["operation", "actor", "target", "effect", "client_ip"]
looked_for = ["recovery addresses and telephones, passwords set by administrators or shown to them", "five or more accounts within an hour"]
cannot_exclude = ["that the owner did it"]
false_positives = ["ordinary help for people who forgot a password"]
references = ["https://developers.google.com/workspace/admin/reports/v1/appendix/activity/user-accounts", "https://developers.google.com/workspace/admin/reports/v1/appendix/activity/admin-user-settings"]
---*/
WITH changes AS (
    SELECT
        id, time, tenant, operation, coalesce(actor, 'somebody') AS actor, client_ip, session_id, coalesce(target, actor, 'an account that is not named') AS target,
        CASE
            WHEN operation IN ('CHANGE_PASSWORD', 'VIEW_TEMP_PASSWORD') THEN 'the password'
            ELSE 'recovery data'
        END AS effect
    FROM events
    WHERE log_class IN ('gws.admin', 'gws.login', 'gws.other')
      -- A password that its owner changes is nothing.
      AND operation IN ('CHANGE_PASSWORD', 'VIEW_TEMP_PASSWORD', 'CHANGE_RECOVERY_EMAIL', 'CHANGE_RECOVERY_PHONE', 'ADD_RECOVERY_EMAIL', 'ADD_RECOVERY_PHONE', 'recovery_email_edit', 'recovery_phone_edit', 'recovery_secret_qa_edit')
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
),
counted AS (
    SELECT changes.*, count(DISTINCT target) OVER (PARTITION BY tenant, actor ORDER BY time RANGE BETWEEN INTERVAL '1 hour' PRECEDING AND CURRENT ROW) AS accounts
    FROM changes
)
SELECT id, time, tenant, operation, actor, client_ip, session_id, target, target AS target_account, effect,
    CASE WHEN accounts >= 5 THEN 'medium' ELSE 'low' END AS severity
FROM counted

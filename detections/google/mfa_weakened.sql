/*---
id = "google.mfa_weakened"
version = 1
title = "Second factor of Google accounts switched off or loosened"
why = "Without a second factor a stolen password is enough, today and next month."
category = "mfa_disabled"
attack = ["T1556.006", "T1098.005", "T1562.001"]
severity = "medium"
confidence = "medium"
needs = ["gws.admin", "gws.login", "gws.other"]
group_by = ["actor"]
window = "1h"
primary = "true"
verdict = "possible access"
verdict_reason = "accounts can be entered with less than before"
explanation = "{actor} acted on {target*} at {first_time} from {client_ip}: {effect*}. {records}, with {operation*}."
shows = ["operation", "actor", "target", "effect", "client_ip"]
looked_for = ["two-step verification switched off by its owner or by an administrator, for one account or for all", "enforcement, allowed methods and grace periods changed", "backup codes and weak programs' passwords"]
cannot_exclude = ["second factors that the intruder added while others stayed"]
false_positives = ["help for somebody who lost a phone", "a new phone"]
references = ["https://developers.google.com/workspace/admin/reports/v1/appendix/activity/admin-security-settings", "https://attack.mitre.org/techniques/T1556/006/"]
---*/
WITH changes AS (
    SELECT
        id, time, tenant, operation, actor, client_ip, session_id,
        coalesce(target, CASE WHEN log_class <> 'gws.admin' THEN actor END, property(properties, 'ORG_UNIT_NAME'), property(properties, 'DOMAIN_NAME'), 'the organisation') AS target,
        lower(property(properties, 'NEW_VALUE')) AS new_value,
        lower(concat_ws(' ', property(properties, 'SETTING_NAME'), property(properties, 'APPLICATION_NAME'))) AS setting
    FROM events
    WHERE log_class IN ('gws.admin', 'gws.login', 'gws.other')
      AND operation IN ('2sv_disable', 'titanium_unenroll', 'TURN_OFF_2_STEP_VERIFICATION', 'UNENROLL_USER_FROM_STRONG_AUTH', 'UNENROLL_USER_FROM_TITANIUM', 'ALLOW_STRONG_AUTHENTICATION',
          'ENFORCE_STRONG_AUTHENTICATION', 'CHANGE_ALLOWED_TWO_STEP_VERIFICATION_METHODS', 'CHANGE_TWO_STEP_VERIFICATION_ENROLLMENT_PERIOD_DURATION', 'CHANGE_TWO_STEP_VERIFICATION_GRACE_PERIOD_DURATION',
          'CHANGE_TWO_STEP_VERIFICATION_FREQUENCY', 'CHANGE_TWO_STEP_VERIFICATION_START_DATE', 'WEAK_PROGRAMMATIC_LOGIN_SETTINGS_CHANGED', 'GENERATE_2SV_SCRATCH_CODES', 'REVOKE_SECURITY_KEY',
          'CREATE_APPLICATION_SETTING', 'CHANGE_APPLICATION_SETTING', 'DELETE_APPLICATION_SETTING')
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
),
marked AS (
    SELECT
        changes.*,
        CASE
            WHEN operation IN ('2sv_disable', 'titanium_unenroll') THEN 'two-step verification or advanced protection ended by the account itself'
            WHEN operation IN ('TURN_OFF_2_STEP_VERIFICATION', 'UNENROLL_USER_FROM_STRONG_AUTH', 'UNENROLL_USER_FROM_TITANIUM', 'REVOKE_SECURITY_KEY') THEN 'a second factor taken from an account by an administrator'
            WHEN operation = 'GENERATE_2SV_SCRATCH_CODES' THEN 'backup codes made for an account, each of which stands in for its second factor'
            -- A value that switches on is no weakening.
            WHEN operation IN ('ALLOW_STRONG_AUTHENTICATION', 'ENFORCE_STRONG_AUTHENTICATION') AND new_value IN ('false', 'off', 'no', '0', 'disabled', 'optional', 'inherit_from_parent') THEN 'two-step verification no longer allowed or enforced'
            WHEN operation = 'WEAK_PROGRAMMATIC_LOGIN_SETTINGS_CHANGED' AND coalesce(new_value, '') NOT IN ('false', 'off', 'denied', 'disabled') THEN 'programs that know a password only may sign in'
            WHEN operation LIKE 'CHANGE_ALLOWED_TWO_STEP%' OR operation LIKE 'CHANGE_TWO_STEP%' THEN 'methods or times of two-step verification changed'
            WHEN operation LIKE '%APPLICATION_SETTING' AND regexp_like(setting, 'advanced protection') THEN 'the advanced protection programme changed'
        END AS effect
    FROM changes
),
counted AS (
    SELECT marked.*,
        count(*) OVER (PARTITION BY tenant, actor, effect ORDER BY time RANGE BETWEEN INTERVAL '1 hour' PRECEDING AND INTERVAL '1 hour' FOLLOWING) AS alike
    FROM marked
    WHERE effect IS NOT NULL
)
SELECT id, time, tenant, operation, coalesce(actor, 'somebody') AS actor, client_ip, session_id, target, effect,
    CASE
        WHEN effect LIKE 'two-step verification no longer%' OR effect LIKE 'programs that%' THEN 'high'
        WHEN effect LIKE 'two-step verification or%' THEN 'medium'
        WHEN effect LIKE 'a second factor taken%' AND alike >= 3 THEN 'high'
        WHEN effect LIKE 'a second factor taken%' THEN 'medium'
        ELSE 'low'
    END AS severity
FROM counted

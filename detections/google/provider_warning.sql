/*---
id = "google.provider_warning"
version = 1
title = "Google warned of an account"
why = "The provider sees what no log shows: passwords in leaks, cookies in two places, machines of known groups."
category = "takeover_signin"
attack = ["T1078.004", "T1586.002", "T1539"]
severity = "medium"
confidence = "medium"
needs = ["gws.login", "gws.other"]
group_by = ["account"]
window = "1d"
primary = "true"
verdict = "possible access"
verdict_reason = "the provider suspects that somebody else has the account"
explanation = "The provider reported of {account*}: {meaning*}. First at {first_time}[, from {client_ip}]. {records}, with {operation*}."
shows = ["operation", "account", "meaning", "client_ip"]
looked_for = ["suspicious sign-ins, also of programs, warnings of attacks by governments, accounts disabled as hijacked, for a leaked password or for spam, sessions ended for a stolen cookie"]
cannot_exclude = ["takeovers that the provider did not notice"]
false_positives = ["journeys", "leaks of passwords that were changed since"]
references = ["https://developers.google.com/workspace/admin/reports/v1/appendix/activity/login", "https://support.google.com/a/answer/7102416"]
---*/
WITH warned AS (
    SELECT
        id, time, tenant, operation, coalesce(target, actor, 'an account that is not named') AS account, client_ip, session_id,
        CASE
            WHEN operation = 'gov_attack_warning' THEN 'an attack that may be backed by a government'
            WHEN operation = 'account_disabled_hijacked' THEN 'disabled because it seems to be hijacked'
            WHEN operation = 'account_disabled_password_leak' THEN 'disabled because its password is in a leak'
            WHEN operation LIKE 'account_disabled_spamming%' THEN 'disabled because it sent spam'
            WHEN operation = 'account_disabled_generic' THEN 'disabled'
            WHEN operation = 'user_signed_out_due_to_suspicious_session_cookie' THEN 'signed out because its cookie seems to be stolen'
            WHEN operation LIKE 'risky_sensitive_action%' THEN 'a risky action on it'
            WHEN operation LIKE 'suspicious%program%' OR operation LIKE 'suspicious%less_secure%' THEN 'a suspicious sign-in of a program'
            ELSE 'a suspicious sign-in'
        END AS meaning
    FROM events
    WHERE log_class IN ('gws.login', 'gws.other')
      AND (operation IN ('suspicious_login', 'suspicious_login_less_secure_app', 'suspicious_programmatic_login', 'gov_attack_warning', 'account_disabled_hijacked', 'account_disabled_password_leak',
               'account_disabled_spamming', 'account_disabled_spamming_through_relay', 'account_disabled_generic', 'user_signed_out_due_to_suspicious_session_cookie', 'risky_sensitive_action_allowed', 'risky_sensitive_action_blocked')
           OR operation = 'login_success' AND property(properties, 'is_suspicious') = 'true')
)
SELECT id, time, tenant, operation, account, client_ip, session_id, meaning,
    CASE
        WHEN operation IN ('gov_attack_warning', 'account_disabled_hijacked', 'user_signed_out_due_to_suspicious_session_cookie') THEN 'high'
        WHEN operation IN ('account_disabled_generic', 'risky_sensitive_action_blocked') THEN 'low'
        ELSE 'medium'
    END AS severity
FROM warned

/*---
id = "google.brute_force"
version = 1
title = "Many wrong passwords for one Google account"
why = "Who knows a name and tries long enough gets in where passwords are weak."
category = "brute_force"
attack = ["T1110.001", "T1078.004"]
severity = "medium"
confidence = "medium"
needs = ["gws.login"]
group_by = ["account"]
window = "1h"
primary = "is_success"
verdict = "not assessable"
verdict_reason = "sign-ins show who got in, not what was touched"
explanation = "For {account} at least ten passwords were refused within half an hour, between {first_time} and {last_time}, from {client_ip*}. {records}. {outcome}."
shows = ["account", "operation", "client_ip", "error_code", "outcome"]
looked_for = ["ten or more refused passwords of an account within 30 minutes, from any address", "a sign-in from one of these addresses within an hour after"]
cannot_exclude = ["a success from another address"]
false_positives = ["a program with an old password"]
references = ["https://attack.mitre.org/techniques/T1110/001/", "https://developers.google.com/workspace/admin/reports/v1/appendix/activity/login"]
---*/
WITH tries AS (
    SELECT
        id, time, tenant, operation, coalesce(target, actor) AS account, client_ip, error_code,
        CASE WHEN operation = 'login_failure' THEN 1 ELSE 0 END AS refused
    FROM events
    WHERE log_class IN ('gws.login', 'gws.other') AND operation IN ('login_failure', 'login_success') AND time IS NOT NULL AND coalesce(target, actor) IS NOT NULL
),
counted AS (
    SELECT tries.*,
        sum(refused) OVER (PARTITION BY tenant, account ORDER BY time RANGE BETWEEN INTERVAL '30 minutes' PRECEDING AND CURRENT ROW) AS refused_until
    FROM tries
),
marked AS (
    SELECT counted.*,
        max(refused_until) OVER (PARTITION BY tenant, account ORDER BY time RANGE BETWEEN CURRENT ROW AND INTERVAL '30 minutes' FOLLOWING) AS most_after,
        max(refused_until) OVER (PARTITION BY tenant, account ORDER BY time RANGE BETWEEN INTERVAL '1 hour' PRECEDING AND CURRENT ROW) AS most_before,
        max(CASE WHEN refused = 1 THEN 1 ELSE 0 END) OVER (PARTITION BY tenant, account, client_ip ORDER BY time RANGE BETWEEN INTERVAL '1 hour' PRECEDING AND CURRENT ROW) AS tried_from_here
    FROM counted
)
SELECT
    id, time, tenant, operation, account, client_ip, error_code, refused = 0 AS is_success,
    CASE WHEN refused = 0 THEN concat('A password was accepted at ', CAST(time AS VARCHAR), ' from an address that had tried') ELSE 'No sign-in from an address that had tried was recorded within an hour' END AS outcome,
    CASE WHEN refused = 0 THEN 'high' ELSE 'medium' END AS severity
FROM marked
WHERE refused = 1 AND most_after >= 10 OR refused = 0 AND most_before >= 10 AND tried_from_here = 1

/*---
id = "google.password_spray"
version = 1
title = "Passwords tried on many Google accounts"
why = "A few common passwords tried on many accounts stay below every lock-out, and one hit is enough."
category = "password_spray"
attack = ["T1110.003", "T1078.004"]
severity = "medium"
confidence = "medium"
needs = ["gws.login"]
group_by = ["source"]
window = "1h"
primary = "accepted"
verdict = "not assessable"
verdict_reason = "sign-ins show who got in, not what was touched"
explanation = "From {source} passwords were tried on these accounts between {first_time} and {last_time}: {account*}. {records}. {outcome}."
shows = ["account", "source", "operation", "client_ip", "error_code", "outcome"]
looked_for = ["three or more accounts within an hour with few tries each, from one address", "a password accepted from the same address within the hour"]
cannot_exclude = ["a success from another address", "tries spread over many addresses: these logs name no program to join them by"]
false_positives = ["an office address behind which several people mistype"]
references = ["https://attack.mitre.org/techniques/T1110/003/", "https://developers.google.com/workspace/admin/reports/v1/appendix/activity/login"]
---*/
WITH logins AS (
    SELECT id, time, tenant, operation, coalesce(target, actor) AS account, client_ip, error_code, operation = 'login_success' AS accepted
    FROM events
    WHERE log_class IN ('gws.login', 'gws.other') AND operation IN ('login_failure', 'login_success')
      AND time IS NOT NULL AND coalesce(target, actor) IS NOT NULL AND client_ip IS NOT NULL
),
-- Nearly all sign-ins come from where nobody sprays: leave them out before anything is sorted.
sources AS (
    SELECT tenant, client_ip FROM logins WHERE NOT accepted GROUP BY tenant, client_ip HAVING count(DISTINCT account) >= 3
),
likely AS (
    SELECT logins.* FROM sources JOIN logins ON logins.tenant = sources.tenant AND logins.client_ip = sources.client_ip
),
tries AS (
    SELECT
        likely.*,
        sum(CASE WHEN accepted THEN 0 ELSE 1 END) OVER (PARTITION BY tenant, client_ip, account, date_bin(INTERVAL '10 minutes', time)) AS tries_here,
        -- Whoever mistypes gets in soon after, from the same place. Of those who are sprayed hardly anybody does.
        max(CASE WHEN accepted THEN 1 ELSE 0 END) OVER (PARTITION BY tenant, client_ip, account ORDER BY time RANGE BETWEEN CURRENT ROW AND INTERVAL '1 hour' FOLLOWING) AS gets_in
    FROM likely
),
watched AS (
    SELECT
        tries.*,
        count(DISTINCT CASE WHEN NOT accepted AND tries_here <= 6 AND gets_in = 0 THEN account END) OVER last_hour AS refused_accounts,
        count(DISTINCT CASE WHEN accepted THEN account END) OVER last_hour AS accepted_accounts
    FROM tries
    WINDOW last_hour AS (PARTITION BY tenant, client_ip ORDER BY time RANGE BETWEEN INTERVAL '1 hour' PRECEDING AND CURRENT ROW)
),
judged AS (
    SELECT
        watched.*,
        max(refused_accounts) OVER next_hour AS most_refused,
        max(accepted_accounts) OVER next_hour AS most_accepted,
        max(CASE WHEN NOT accepted THEN 1 ELSE 0 END) OVER (PARTITION BY tenant, client_ip, account ORDER BY time RANGE BETWEEN INTERVAL '1 hour' PRECEDING AND CURRENT ROW) AS account_tried
    FROM watched
    WINDOW next_hour AS (PARTITION BY tenant, client_ip ORDER BY time RANGE BETWEEN CURRENT ROW AND INTERVAL '1 hour' FOLLOWING)
)
SELECT
    id, time, tenant, operation, account, client_ip AS source, client_ip, error_code, accepted,
    CASE WHEN accepted THEN concat('The password of ', account, ' was accepted at ', CAST(time AS VARCHAR)) ELSE 'No password was seen to be accepted' END AS outcome,
    CASE
        -- More people get in from there than fail: an office, and perhaps nothing more.
        WHEN most_accepted > most_refused THEN 'low'
        WHEN accepted THEN 'high'
        ELSE 'medium'
    END AS severity
FROM judged
WHERE NOT accepted AND most_refused >= 3 AND tries_here <= 6
   OR accepted AND refused_accounts >= 3 AND account_tried = 1

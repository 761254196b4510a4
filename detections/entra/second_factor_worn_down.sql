/*---
id = "entra.second_factor_worn_down"
version = 1
title = "Second factor refused again and again"
why = "Whoever has the password and lacks the second factor asks for it until the owner gives in."
category = "brute_force"
attack = ["T1621", "T1078.004"]
severity = "medium"
confidence = "medium"
needs = ["ual.sts", "signin.interactive"]
group_by = ["account"]
window = "1h"
primary = "accepted"
verdict = "not assessable"
verdict_reason = "sign-ins show who got in, not what was touched"
explanation = "For {account} the second factor was refused or not given {most} times or more within an hour, from {client_ip*}, between {first_time} and {last_time}: the password is known there. {outcome*}. {records}."
shows = ["account", "client_ip", "error_code", "most", "outcome"]
looked_for = ["five or more refused second factors of an account within an hour", "a sign-in from the same address within the hour after"]
cannot_exclude = ["a success from another address"]
false_positives = ["a telephone without reception, or a new one"]
references = ["https://attack.mitre.org/techniques/T1621/", "https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes"]
---*/
WITH refused AS (
    SELECT tenant, actor AS account
    FROM events
    WHERE log_class IN ('ual.sts', 'signin.interactive') AND error_code = '500121' AND time IS NOT NULL AND actor IS NOT NULL AND client_ip IS NOT NULL
    GROUP BY tenant, actor
    -- One try in two logs falls into the same second.
    HAVING count(DISTINCT date_trunc('second', time)) >= 5
),
asked AS (
    SELECT events.id, events.time, events.tenant, events.actor AS account, events.client_ip, events.error_code,
        CASE WHEN events.error_code = '500121' THEN date_trunc('second', events.time) END AS refusal, events.result = 'success' AS accepted
    FROM refused
    JOIN events ON events.tenant = refused.tenant AND events.actor = refused.account
    WHERE events.log_class IN ('ual.sts', 'signin.interactive') AND events.time IS NOT NULL AND events.client_ip IS NOT NULL
      AND (events.error_code = '500121' OR events.result = 'success')
),
counted AS (
    SELECT
        asked.*,
        count(DISTINCT refusal) OVER last_hour AS until_now,
        max(refusal) OVER here AS refused_here,
        min(CASE WHEN accepted THEN time END) OVER (PARTITION BY tenant, account, client_ip) AS here_since
    FROM asked
    WINDOW last_hour AS (PARTITION BY tenant, account ORDER BY time RANGE BETWEEN INTERVAL '1 hour' PRECEDING AND CURRENT ROW),
           here AS (PARTITION BY tenant, account, client_ip ORDER BY time RANGE BETWEEN INTERVAL '1 hour' PRECEDING AND CURRENT ROW)
),
marked AS (
    SELECT
        counted.*,
        -- A refusal belongs to the hour with most of them.
        max(until_now) OVER (PARTITION BY tenant, account ORDER BY time RANGE BETWEEN CURRENT ROW AND INTERVAL '1 hour' FOLLOWING) AS most
    FROM counted
)
SELECT
    id, time, tenant, account, client_ip, error_code, accepted, CAST(most AS VARCHAR) AS most,
    CASE
        WHEN NOT accepted THEN 'The second factor was refused'
        WHEN here_since >= time - INTERVAL '1 day' THEN concat('The account got in from there at ', CAST(time AS VARCHAR), ', where it had not signed in before that day')
        ELSE concat('The account got in from there at ', CAST(time AS VARCHAR), ', where it signs in anyway')
    END AS outcome,
    CASE
        WHEN here_since < time - INTERVAL '1 day' THEN 'low'
        WHEN accepted THEN 'high'
        ELSE 'medium'
    END AS severity
FROM marked
WHERE refusal IS NOT NULL AND most >= 5
   OR accepted AND until_now >= 5 AND refused_here IS NOT NULL

/*---
id = "public.impossible_travel"
version = 1
title = "Sign-ins from two countries within two hours"
why = "Family: travel faster than anybody can. Two countries in two hours are two people, or a tunnel."
category = "takeover_signin"
attack = ["T1078.004"]
severity = "medium"
confidence = "low"
needs = ["ual.sts", "signin.interactive", "signin.noninteractive"]
group_by = ["account"]
window = "1d"
primary = "true"
verdict = "not assessable"
verdict_reason = "sign-ins show who got in, not what was touched"
explanation = "{account} signed in from {country} at {first_time}, less than two hours after {country_before}; no sign-in of the account came from there in the 14 days before."
shows = ["account", "client_ip", "country", "country_before"]
looked_for = ["two countries in successive successful sign-ins, at most two hours apart", "earlier sign-ins of the account from the second country"]
cannot_exclude = ["an intruder in the account's own country", "access without a sign-in in the logs"]
false_positives = ["tunnels and mobile networks that end abroad, people at a border"]
---*/
WITH sign_ins AS (
    SELECT
        id, time, tenant, actor AS account, client_ip, country,
        lag(country) OVER one AS country_before, lag(time) OVER one AS time_before,
        min(time) OVER (PARTITION BY tenant, actor) AS account_first,
        -- Products learn where an account usually is, tunnels included.
        lag(time) OVER (PARTITION BY tenant, actor, country ORDER BY time, id) AS here_before
    FROM events
    WHERE log_class IN ('ual.sts', 'signin.interactive', 'signin.noninteractive') AND time IS NOT NULL AND actor IS NOT NULL
      AND result = 'success' AND country IS NOT NULL AND coalesce(ip_class, 'public') = 'public'
    WINDOW one AS (PARTITION BY tenant, actor ORDER BY time, id)
)
SELECT
    id, time, tenant, account, client_ip, country, country_before,
    CASE WHEN time < account_first + INTERVAL '14 days' THEN 'low' ELSE 'medium' END AS severity
FROM sign_ins
WHERE country <> country_before AND time <= time_before + INTERVAL '2 hours'
  AND (here_before IS NULL OR here_before < time - INTERVAL '14 days') AND time >= account_first + INTERVAL '3 days'

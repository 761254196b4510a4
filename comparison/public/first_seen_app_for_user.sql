/*---
id = "public.first_seen_app_for_user"
version = 1
title = "Application that an account's mail did not know for two weeks"
why = "Family: first-seen values by account. Everybody has a few applications; one more is worth a look. The nearest public relative of the rule that found the intruder of 2023."
category = "new_client_context"
attack = ["T1114.002"]
severity = "medium"
confidence = "medium"
needs = ["ual.mia.bind", "ual.mia.sync"]
group_by = ["account", "app_id"]
window = "1d"
primary = "true"
verdict = "recorded access"
verdict_reason = ""
explanation = "{account} accessed mail with the application {app_id} at {first_time}; no record of the account shows it in the 14 days before."
shows = ["account", "app_id", "mailbox", "client_ip"]
looked_for = ["earlier records of access to mail by the account with the application"]
cannot_exclude = ["an intruder with an application that the account uses", "access that names no application"]
false_positives = ["a new phone or program, software of the organisation that reaches one account after the other"]
---*/
WITH mail AS (
    SELECT
        id, time, tenant, mailbox, actor AS account, client_ip, app_id,
        min(time) OVER (PARTITION BY tenant, actor) AS account_first,
        lag(time) OVER (PARTITION BY tenant, actor, app_id ORDER BY time, id) AS time_before
    FROM (
        -- The original caller where the record tells it, else the application that Exchange saw.
        SELECT id, time, tenant, mailbox, actor, client_ip, coalesce(nullif(client_app_id, ''), nullif(app_id, '')) AS app_id
        FROM events
        WHERE log_class IN ('ual.mia.bind', 'ual.mia.sync') AND time IS NOT NULL AND actor IS NOT NULL
    ) AS access
    WHERE app_id IS NOT NULL
)
SELECT
    id, time, tenant, mailbox, account, client_ip, app_id,
    CASE WHEN time < account_first + INTERVAL '14 days' THEN 'low' ELSE 'medium' END AS severity
FROM mail
WHERE (time_before IS NULL OR time_before < time - INTERVAL '14 days') AND time >= account_first + INTERVAL '3 days'

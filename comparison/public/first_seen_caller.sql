/*---
id = "public.first_seen_caller"
version = 1
title = "Caller that the tenant's mail did not know for two weeks"
why = "Family: first-seen values. A field is watched for values that nobody in the tenant had for a fortnight; the provider's own applications are left out to keep it quiet."
category = "new_client_context"
attack = ["T1114.002"]
severity = "medium"
confidence = "medium"
needs = ["ual.mia.bind"]
group_by = ["app_id"]
window = "1d"
primary = "true"
verdict = "recorded access"
verdict_reason = ""
explanation = "The application {app_id} accessed mail of {mailbox*} at {first_time}; the tenant had no record of it in the 14 days before."
shows = ["app_id", "mailbox", "actor", "client_ip"]
looked_for = ["earlier records of the caller in any mailbox of the tenant"]
cannot_exclude = ["access that names no caller, as that of Outlook on the web", "callers of the provider's own", "synchronised folders"]
false_positives = ["any new software", "software that is used less often than every two weeks"]
---*/
WITH binds AS (
    SELECT
        id, time, tenant, mailbox, actor, client_ip, nullif(client_app_id, '') AS app_id,
        -- A list of the provider's applications, and its own background reads, whose ids are made up in a world.
        client_app_id IN ('00000002-0000-0ff1-ce00-000000000000', '00000003-0000-0ff1-ce00-000000000000', '00000003-0000-0000-c000-000000000000', '9199bf20-a13f-4107-85dc-02114787ef48', '27922004-5251-4030-b22d-91ecd9a37ea4', 'd3590ed6-52b3-4102-aeff-aad2292ab01c', '29d9ed98-a469-4536-ade2-f981bc1d605e', '1fec8e78-bce4-4aaf-ab1b-5451cc387264', '04b07795-8ddb-461a-bbee-02f9e1bf7b46', '1950a258-227b-4e31-a9cf-717495945fc2', 'aebc6443-996d-45c2-90f0-388ff96faa56')
            OR coalesce(client_info, '') LIKE '%RESTSystem%' AS is_providers,
        min(time) OVER (PARTITION BY tenant) AS tenant_first
    FROM events
    WHERE log_class = 'ual.mia.bind' AND time IS NOT NULL
),
callers AS (
    SELECT binds.*, lag(time) OVER (PARTITION BY tenant, app_id ORDER BY time, id) AS time_before
    FROM binds
    WHERE app_id IS NOT NULL AND NOT is_providers
)
SELECT
    id, time, tenant, mailbox, actor, client_ip, app_id,
    -- Such a rule has its two weeks of history before it starts; here the first ones teach it, at the price Waxseal's own take.
    CASE WHEN time < tenant_first + INTERVAL '14 days' THEN 'low' ELSE 'medium' END AS severity
FROM callers
WHERE (time_before IS NULL OR time_before < time - INTERVAL '14 days') AND time >= tenant_first + INTERVAL '3 days'

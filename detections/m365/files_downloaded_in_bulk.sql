/*---
id = "m365.files_downloaded_in_bulk"
version = 1
title = "Many files downloaded from a new place"
why = "Who has somebody's sign-in has the files as well, and takes what lies there in one go: contracts and lists that later mail refers to."
category = "file_share"
attack = ["T1530", "T1213.002"]
severity = "low"
confidence = "low"
needs = ["ual.sharepoint"]
group_by = ["actor", "network"]
window = "6h"
primary = "true"
verdict = "not assessable"
verdict_reason = "the records are about files, not about mail"
explanation = "{actor} downloaded {files} files within two hours, from {first_time} on, with {operation*}, from {client_ip*}[ with {user_agent}]. {place}. {records}."
shows = ["operation", "actor", "files", "user_agent", "client_ip", "place", "session_id"]
looked_for = ["fifty or more files downloaded or synchronised within two hours from a network where the account had not signed in two days before or earlier"]
cannot_exclude = ["files downloaded from a usual network, or a few at a time", "files that were opened in the browser and never downloaded", "the same in logs with less than a week of sign-ins"]
false_positives = ["a new computer that synchronises on a journey or in a new home"]
references = ["https://attack.mitre.org/techniques/T1530/", "https://learn.microsoft.com/en-us/purview/audit-log-activities"]
---*/
WITH taken AS (
    SELECT
        id, time, tenant, lower(actor) AS actor, operation, user_agent, client_ip, session_id, app_id,
        coalesce(CAST(asn AS VARCHAR), neighbourhood(client_ip)) AS network
    FROM events
    WHERE log_class = 'ual.sharepoint' AND operation IN ('FileDownloaded', 'FileSyncDownloadedFull') AND time IS NOT NULL
      AND client_ip IS NOT NULL AND coalesce(ip_class, 'public') NOT IN ('provider', 'private') AND coalesce(actor_kind, 'user') NOT IN ('system', 'service', 'application')
      -- Office in the browser fetches what somebody opens there.
      AND coalesce(user_agent, '') <> 'MSWAC'
),
-- Few hours hold so many, and only of these the place is asked for.
hours AS (
    SELECT tenant, actor, network, min(time) AS since
    FROM taken
    GROUP BY tenant, actor, network, date_trunc('hour', time)
    HAVING count(*) >= 20
),
known AS (
    SELECT tenant, actor, min(first_time) AS since FROM seats GROUP BY tenant, actor
),
here AS (
    SELECT tenant, actor, network, min(first_time) AS since FROM seats GROUP BY tenant, actor, network
),
strange AS (
    SELECT hours.tenant, hours.actor, hours.network
    FROM hours
    JOIN known ON known.tenant = hours.tenant AND known.actor = hours.actor
    LEFT JOIN here ON here.tenant = hours.tenant AND here.actor = hours.actor AND here.network = hours.network
    LEFT JOIN offices ON offices.tenant = hours.tenant AND offices.network = hours.network
    WHERE known.since <= hours.since - INTERVAL '7 days' AND offices.network IS NULL
      AND (here.since IS NULL OR here.since > hours.since - INTERVAL '2 days')
    GROUP BY hours.tenant, hours.actor, hours.network
),
counted AS (
    SELECT taken.*, count(*) OVER near AS close_by
    FROM strange
    JOIN taken ON taken.tenant = strange.tenant AND taken.actor = strange.actor AND taken.network = strange.network
    WINDOW near AS (PARTITION BY taken.tenant, taken.actor, taken.network ORDER BY time RANGE BETWEEN INTERVAL '1 hour' PRECEDING AND INTERVAL '1 hour' FOLLOWING)
)
SELECT
    id, time, tenant, actor, operation, user_agent, client_ip, session_id, app_id, network, CAST(close_by AS VARCHAR) AS files,
    'The account had not signed in from that network two days before or earlier' AS place,
    -- Nothing stays in place that could be taken back.
    'access' AS step,
    'low' AS severity
FROM counted
WHERE close_by >= 50

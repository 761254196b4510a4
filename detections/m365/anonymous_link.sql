/*---
id = "m365.anonymous_link"
version = 1
title = "File opened to anybody or to strangers"
why = "A link that needs no sign-in, or a guest of the intruder's own, carries files out and keeps the door open after the password has changed."
category = "file_share"
attack = ["T1567", "T1213.002"]
severity = "low"
confidence = "low"
needs = ["ual.sharepoint"]
group_by = ["actor"]
window = "1h"
primary = "rank = 1"
verdict = "not assessable"
verdict_reason = "the records are about files, not about mail"
explanation = "{actor} opened {file*} at {first_time}: {effect*}, with {operation*}. {habit}.[ {network_note}.] {records}; files opened that way by the account within the hour: {files_nearby}."
shows = ["operation", "actor", "file", "effect", "habit", "network_note", "files_nearby", "client_ip", "user_agent"]
looked_for = ["links that let anybody change the file", "five or more files within an hour", "a network where the account has no other record on any earlier day", "links by the same account before"]
cannot_exclude = ["what was done with the link outside the records", "links made before the first record of the log"]
false_positives = ["people who send a file to a customer"]
references = ["https://attack.mitre.org/techniques/T1567/", "https://learn.microsoft.com/en-us/purview/audit-log-sharing"]
---*/
WITH shares AS (
    SELECT
        id, time, tenant, operation, lower(operation) AS op, coalesce(actor, 'unknown') AS actor, client_ip, user_agent,
        CASE WHEN coalesce(ip_class, 'public') NOT IN ('provider', 'private') THEN coalesce(CAST(asn AS VARCHAR), neighbourhood(client_ip)) END AS network,
        regexp_replace(coalesce(target, target_id, 'unknown'), '^.*/', '') AS file,
        coalesce(property(properties, 'EventData'), '') AS data,
        coalesce(property(properties, 'TargetUserOrGroupName'), '') AS guest
    FROM events
    WHERE log_class = 'ual.sharepoint'
      AND lower(operation) IN ('anonymouslinkcreated', 'anonymouslinkupdated', 'sharingset', 'sharinginvitationcreated', 'securelinkcreated', 'addedtosecurelink')
      AND (lower(operation) LIKE 'anonymous%' OR lower(property(properties, 'TargetUserOrGroupType')) = 'guest')
      AND coalesce(result, 'success') <> 'failure' AND time IS NOT NULL
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
),
actors AS (
    SELECT tenant, actor FROM shares GROUP BY tenant, actor
),
-- Where those who share work with files: sign-ins are not needed for that.
seats AS (
    SELECT events.tenant, events.actor, coalesce(CAST(events.asn AS VARCHAR), neighbourhood(events.client_ip)) AS network, min(events.time) AS first_time
    FROM actors
    JOIN events ON events.tenant = actors.tenant AND events.actor = actors.actor
    WHERE events.log_class IN ('ual.sharepoint', 'ual.sts') AND events.client_ip IS NOT NULL AND coalesce(events.ip_class, 'public') NOT IN ('provider', 'private')
    GROUP BY events.tenant, events.actor, coalesce(CAST(events.asn AS VARCHAR), neighbourhood(events.client_ip))
),
placed AS (
    SELECT
        shares.id, min(seats.first_time) AS known_since, min(CASE WHEN seats.network = shares.network THEN seats.first_time END) AS here_since
    FROM shares
    LEFT JOIN seats ON seats.tenant = shares.tenant AND seats.actor = shares.actor
    GROUP BY shares.id
),
counted AS (
    SELECT
        shares.*, placed.known_since, placed.here_since,
        op LIKE 'anonymous%' AND regexp_like(data, 'edit', 'i') AS anybody_edits,
        count(DISTINCT file) OVER (PARTITION BY shares.tenant, shares.actor ORDER BY time RANGE BETWEEN INTERVAL '1 hour' PRECEDING AND INTERVAL '1 hour' FOLLOWING) AS files_nearby,
        min(time) OVER (PARTITION BY shares.tenant, shares.actor) < time - INTERVAL '1 day' AS did_before
    FROM shares
    JOIN placed ON placed.id = shares.id
)
SELECT
    id, time, tenant, operation, actor, file, client_ip, user_agent, CAST(files_nearby AS VARCHAR) AS files_nearby,
    CASE WHEN anybody_edits THEN 1 ELSE 2 END AS rank,
    CASE
        WHEN anybody_edits THEN 'anybody with the link may change it'
        WHEN op LIKE 'anonymous%' THEN 'anybody with the link may see it'
        ELSE concat('a guest was let in', CASE WHEN guest <> '' THEN concat(' (', guest, ')') ELSE '' END)
    END AS effect,
    CASE WHEN did_before THEN 'The account had shared files that way before' ELSE 'No earlier share of that kind by the account is recorded' END AS habit,
    CASE WHEN known_since <= time - INTERVAL '7 days' AND coalesce(here_since, time) > time - INTERVAL '1 day' AND network IS NOT NULL
         THEN 'The account had not worked from that network before' END AS network_note,
    CASE
        WHEN known_since <= time - INTERVAL '7 days' AND coalesce(here_since, time) > time - INTERVAL '1 day' AND network IS NOT NULL AND NOT did_before THEN 'medium'
        WHEN op LIKE 'anonymous%' AND files_nearby >= 20 AND NOT did_before THEN 'medium'
        ELSE 'low'
    END AS severity
FROM counted

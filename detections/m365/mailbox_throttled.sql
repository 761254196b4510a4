/*---
id = "m365.mailbox_throttled"
version = 1
title = "Mailbox accessed so much that its log falls silent"
why = "After some thousand access records in a day the provider stops recording access to a mailbox for 24 hours: noise is a way to read unseen."
category = "throttled"
attack = ["T1114.002", "T1562.008"]
severity = "medium"
confidence = "medium"
needs = ["ual.mia.bind"]
group_by = ["mailbox_id"]
window = "2d"
primary = "is_flagged OR is_last"
verdict = "possible access"
verdict_reason = "access is not recorded while the log is silent"
explanation = "Access to mailbox {mailbox} was recorded until {time}, then {what}. For 24 hours after that no access to single messages is recorded, by anybody: all mail of the mailbox counts as possibly accessed. The last records before are by {actor} from {client_ip} with {client}[ ({user_agent})]."
shows = ["mailbox", "actor", "client", "client_ip", "user_agent", "throttled", "records_in_day", "silent_hours"]
looked_for = ["records that say they are throttled", "a thousand records of access to single messages within 24 hours, and none for the 20 hours after them although the mailbox is accessed on other days"]
cannot_exclude = ["any access to the mailbox in the 24 hours of silence", "throttling where the record does not say so and the mailbox is seldom accessed"]
false_positives = ["a migration, an archiving product or an add-in that goes through a whole mailbox"]
references = ["https://learn.microsoft.com/en-us/purview/audit-log-investigate-accounts"]
---*/
WITH binds AS (
    SELECT id, time, tenant, mailbox, coalesce(mailbox_id, mailbox) AS mailbox_id, actor, client_protocol AS client, client_ip, user_agent, session_id,
        coalesce(ctx_client_app_id, client_app_id, app_id) AS app_id, throttled
    FROM events
    WHERE log_class = 'ual.mia.bind' AND time IS NOT NULL
),
busy_days AS (
    SELECT tenant, mailbox_id, records, max(newest_here) OVER (PARTITION BY tenant) AS newest
    FROM (
        SELECT tenant, mailbox_id, count(*) AS records, max(time) AS newest_here
        FROM binds
        GROUP BY tenant, mailbox_id, date_trunc('day', time)
    ) AS mailbox_days
),
-- A thousand records within 24 hours have half of them on one day: only such mailboxes are looked at hour by hour.
busy AS (
    SELECT tenant, mailbox_id, max(newest) AS newest FROM busy_days WHERE records >= 500 GROUP BY tenant, mailbox_id
),
hours AS (
    SELECT binds.tenant, binds.mailbox_id, date_trunc('hour', binds.time) AS hour, count(*) AS records, max(busy.newest) AS newest
    FROM busy
    JOIN binds ON binds.tenant = busy.tenant AND binds.mailbox_id = busy.mailbox_id
    GROUP BY binds.tenant, binds.mailbox_id, date_trunc('hour', binds.time)
),
counted AS (
    SELECT
        tenant, mailbox_id, hour,
        sum(records) OVER (PARTITION BY tenant, mailbox_id ORDER BY hour RANGE BETWEEN INTERVAL '23 hours' PRECEDING AND CURRENT ROW) AS records_in_day,
        coalesce(lead(hour) OVER (PARTITION BY tenant, mailbox_id ORDER BY hour), newest) AS next_hour
    FROM hours
),
silenced AS (
    SELECT tenant, mailbox_id, hour, records_in_day,
        CAST(date_part('epoch', next_hour) - date_part('epoch', hour) AS BIGINT) / 3600 AS silent_hours
    FROM counted
    WHERE records_in_day >= 1000 AND next_hour >= hour + INTERVAL '20 hours'
),
last_records AS (
    SELECT binds.*, silenced.records_in_day, silenced.silent_hours,
        row_number() OVER (PARTITION BY binds.tenant, binds.mailbox_id, silenced.hour ORDER BY binds.time DESC, binds.id DESC) AS from_last
    FROM silenced
    JOIN binds ON binds.tenant = silenced.tenant AND binds.mailbox_id = silenced.mailbox_id AND date_trunc('hour', binds.time) = silenced.hour
)
SELECT id, time, tenant, mailbox, mailbox_id, actor, client, client_ip, user_agent, session_id, app_id, throttled, NULL AS records_in_day, NULL AS silent_hours,
    true AS is_flagged, false AS is_last, 'the provider says that it stopped recording' AS what, 'medium' AS severity, 'high' AS confidence
FROM binds
WHERE throttled
UNION ALL
SELECT id, time, tenant, mailbox, mailbox_id, actor, client, client_ip, user_agent, session_id, app_id, throttled, records_in_day, silent_hours,
    false AS is_flagged, from_last = 1 AS is_last,
    concat('after ', CAST(records_in_day AS VARCHAR), ' records in a day, nothing for ', CAST(silent_hours AS VARCHAR), ' hours') AS what, 'medium' AS severity, 'medium' AS confidence
FROM last_records
WHERE from_last <= 20

/*---
id = "google.many_mailboxes"
version = 1
title = "Several Gmail mailboxes opened from one place where nobody works"
why = "An intruder with several passwords opens several mailboxes from one machine; their owners hardly ever meet there."
category = "many_mailboxes"
attack = ["T1114.002", "T1078.004"]
severity = "low"
confidence = "low"
needs = ["gws.gmail"]
group_by = ["client_ip"]
window = "7d"
primary = "true"
verdict = "recorded access"
verdict_reason = ""
explanation = "From {client_ip}[ ({country})] mail of these mailboxes was accessed within a week, in none of them from there before: {mailbox*}. First at {first_time}, last at {last_time}; {records}, with clients of type {client*}. {reach}[ {learning}]"
shows = ["mailbox", "actor", "client", "client_ip", "country", "reach"]
looked_for = ["three or more mailboxes opened from an address that is new for each of them, where nobody of the organisation is for more than five days"]
cannot_exclude = ["an intruder who uses an address for each mailbox"]
false_positives = ["colleagues on a journey together", "a new office or VPN in its first days"]
references = ["https://support.google.com/a/answer/12384955", "https://attack.mitre.org/techniques/T1114/002/"]
---*/
WITH used AS (
    SELECT tenant, mailbox, client_ip, min(country) AS country, min(time) AS first_time, max(time) AS last_time, count(*) AS messages
    FROM events
    WHERE log_class = 'gws.gmail' AND access_kind = 'bind' AND time IS NOT NULL AND mailbox IS NOT NULL AND client_ip IS NOT NULL
      AND coalesce(ip_class, 'public') NOT IN ('provider', 'private') AND app_id IS NULL AND coalesce(client_protocol, '') <> 'api' AND coalesce(logon_type, '') <> 'delegated'
    GROUP BY tenant, mailbox, client_ip
),
dated AS (
    SELECT
        used.*,
        min(first_time) OVER (PARTITION BY tenant) AS tenant_first,
        min(first_time) OVER (PARTITION BY tenant, mailbox) AS mailbox_first,
        count(DISTINCT mailbox) OVER (PARTITION BY tenant) AS all_mailboxes,
        min(first_time) OVER (PARTITION BY tenant, client_ip) AS place_first,
        max(last_time) OVER (PARTITION BY tenant, client_ip) AS place_last,
        max(messages) OVER (PARTITION BY tenant, client_ip) AS most,
        count(*) OVER (PARTITION BY tenant, client_ip) AS mailboxes
    FROM used
),
shown AS (
    SELECT * FROM dated
    WHERE mailboxes >= 3 AND place_first >= tenant_first + INTERVAL '3 days' AND first_time > mailbox_first + INTERVAL '3 days' AND place_last <= place_first + INTERVAL '5 days'
)
SELECT
    events.id, events.time, events.tenant, events.mailbox, events.actor, events.client_protocol AS client, events.client_ip, shown.country, events.session_id,
    concat('These are ', CAST(shown.mailboxes AS VARCHAR), ' of ', CAST(shown.all_mailboxes AS VARCHAR), ' mailboxes, at most ', CAST(shown.most AS VARCHAR), ' records of one.') AS reach,
    CASE WHEN shown.place_first < shown.tenant_first + INTERVAL '14 days' THEN 'The records before that span less than two weeks: what is usual is still being learned.' END AS learning,
    CASE
        WHEN shown.place_first < shown.tenant_first + INTERVAL '14 days' OR shown.mailboxes * 5 >= shown.all_mailboxes THEN 'low'
        WHEN shown.mailboxes >= 5 OR shown.most >= 100 THEN 'medium'
        ELSE 'low'
    END AS severity
FROM shown
JOIN events ON events.tenant = shown.tenant AND events.mailbox = shown.mailbox AND events.client_ip = shown.client_ip
WHERE events.log_class = 'gws.gmail' AND events.access_kind = 'bind' AND events.app_id IS NULL AND coalesce(events.logon_type, '') <> 'delegated'

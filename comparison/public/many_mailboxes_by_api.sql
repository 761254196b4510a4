/*---
id = "public.many_mailboxes_by_api"
version = 1
title = "One application in more than five mailboxes within ten minutes"
why = "Family: counts of mailboxes by application. An application with rights on everything, in the wrong hands, goes through mailbox after mailbox over Graph or EWS."
category = "many_mailboxes"
attack = ["T1114.002"]
severity = "medium"
confidence = "medium"
needs = ["ual.mia.bind"]
group_by = ["app_id"]
window = "1d"
primary = "true"
verdict = "recorded access"
verdict_reason = ""
explanation = "The application {app_id} accessed {mailboxes} mailboxes within ten minutes over {client}; {records} in all."
shows = ["app_id", "client", "mailbox", "mailboxes", "client_ip"]
looked_for = ["more than five mailboxes in ten minutes by one caller over Graph or EWS"]
cannot_exclude = ["other protocols", "access that names no caller", "an intruder who takes his time"]
false_positives = ["backup, migration and archiving products, every day"]
---*/
WITH calls AS (
    SELECT id, time, tenant, mailbox, coalesce(mailbox_id, mailbox) AS mailbox_id, client_ip, client_protocol AS client, client_app_id AS app_id, date_bin(INTERVAL '10 minutes', time) AS slot
    FROM events
    WHERE log_class = 'ual.mia.bind' AND time IS NOT NULL AND nullif(client_app_id, '') IS NOT NULL AND app_id IS NOT NULL
      AND (client_protocol = 'ews' OR app_id = '00000003-0000-0000-c000-000000000000')
),
busy AS (
    SELECT tenant, app_id, slot, count(DISTINCT mailbox_id) AS mailboxes
    FROM calls
    GROUP BY tenant, app_id, slot
    HAVING count(DISTINCT mailbox_id) > 5
)
SELECT calls.id, calls.time, calls.tenant, calls.mailbox, calls.client_ip, calls.client, calls.app_id, busy.mailboxes
FROM busy
JOIN calls ON calls.tenant = busy.tenant AND calls.app_id = busy.app_id AND calls.slot = busy.slot

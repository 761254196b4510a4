/*---
id = "public.volume_in_one_record"
version = 1
title = "Many messages in one record, or a throttled mailbox"
why = "Family: volume thresholds. Whoever copies a mailbox opens much at once, so a record with a hundred messages, or the mark that the log was throttled, calls for a look."
category = "throttled"
attack = ["T1114.002"]
severity = "medium"
confidence = "medium"
needs = ["ual.mia.bind"]
group_by = ["mailbox_name"]
window = "1d"
primary = "true"
verdict = "recorded access"
verdict_reason = ""
explanation = "{records} of access to {mailbox_name} hold 100 messages or more, or say that the mailbox's log was throttled."
shows = ["mailbox_name", "actor", "client_ip", "item_count", "throttled"]
looked_for = ["100 messages or more in one record", "the mark of throttling"]
cannot_exclude = ["access in small steps: a record covers two minutes of one folder", "synchronised folders"]
false_positives = ["an application that reads in batches"]
---*/
SELECT id, time, tenant, mailbox, coalesce(mailbox, mailbox_id) AS mailbox_name, actor, client_ip, session_id, item_count, throttled
FROM events
WHERE log_class = 'ual.mia.bind' AND time IS NOT NULL AND (item_count >= 100 OR throttled)

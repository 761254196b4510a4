/*---
id = "public.rest_caller_not_listed"
version = 1
title = "Mail opened by REST by a caller that is not on a short list"
why = "Family: allow lists. Whatever reads mail by REST and is none of a few well-known clients may be an intruder's program."
category = "app_mail_access"
attack = ["T1114.002"]
severity = "medium"
confidence = "low"
needs = ["ual.mia.bind"]
group_by = ["mailbox_name", "caller"]
window = "7d"
primary = "true"
verdict = "recorded access"
verdict_reason = ""
explanation = "{caller} accessed {mailbox_name} by REST and is none of the three clients on the list: {records}."
shows = ["mailbox_name", "caller", "actor", "client_ip"]
looked_for = ["callers other than Outlook for phones, Office and Teams"]
cannot_exclude = ["other protocols"]
false_positives = ["every other product, and the provider's own background reads"]
---*/
SELECT id, time, tenant, mailbox, coalesce(mailbox, mailbox_id) AS mailbox_name, actor, client_ip, client_app_id AS app_id, coalesce(nullif(client_app_id, ''), 'an unnamed caller') AS caller
FROM events
WHERE log_class = 'ual.mia.bind' AND time IS NOT NULL AND client_protocol = 'rest'
  AND coalesce(client_app_id, '') NOT IN ('27922004-5251-4030-b22d-91ecd9a37ea4', 'd3590ed6-52b3-4102-aeff-aad2292ab01c', '1fec8e78-bce4-4aaf-ab1b-5451cc387264')

/*---
id = "public.sync_from_new_address"
version = 1
title = "Mailbox copied to a new address that somebody signed in from"
why = "Family: inner joins of synchronisation with sign-ins. A folder that is copied to an address the mailbox never synchronised with may go to an intruder's desktop."
category = "mailbox_sync"
attack = ["T1114.002"]
severity = "medium"
confidence = "medium"
needs = ["ual.mia.sync"]
group_by = ["mailbox_name", "client_ip"]
window = "1d"
primary = "true"
verdict = "recorded access"
verdict_reason = ""
explanation = "Folders of {mailbox_name} were synchronised from {client_ip}, which the mailbox had not synchronised with for 14 days, and {account} signed in from there within a day: {records}."
shows = ["mailbox_name", "account", "client_ip", "operation"]
looked_for = ["earlier synchronisation of the mailbox from the address", "a sign-in of the account from the address within a day"]
cannot_exclude = ["an intruder without a sign-in in the logs", "clients that do not synchronise"]
false_positives = ["a laptop on a journey or at home"]
---*/
WITH syncs AS (
    SELECT
        id, time, tenant, mailbox, coalesce(mailbox, mailbox_id) AS mailbox_name, actor AS account, operation, client_ip,
        min(time) OVER (PARTITION BY tenant) AS tenant_first,
        lag(time) OVER (PARTITION BY tenant, coalesce(mailbox, mailbox_id), client_ip ORDER BY time, id) AS time_before
    FROM events
    WHERE log_class = 'ual.mia.sync' AND time IS NOT NULL AND client_ip IS NOT NULL AND coalesce(throttled, false) = false
),
new_addresses AS (
    SELECT *
    FROM syncs
    WHERE (time_before IS NULL OR time_before < time - INTERVAL '14 days') AND time >= tenant_first + INTERVAL '3 days'
),
signed_in AS (
    SELECT DISTINCT new_addresses.tenant, new_addresses.id
    FROM new_addresses
    JOIN events ON events.tenant = new_addresses.tenant AND events.actor = new_addresses.account AND events.client_ip = new_addresses.client_ip
    WHERE events.log_class IN ('signin.interactive', 'signin.noninteractive', 'ual.sts') AND events.result = 'success'
      AND events.time >= new_addresses.time - INTERVAL '1 day' AND events.time <= new_addresses.time + INTERVAL '1 day'
)
SELECT
    new_addresses.id, new_addresses.time, new_addresses.tenant, mailbox, mailbox_name, account, operation, client_ip,
    CASE WHEN new_addresses.time < tenant_first + INTERVAL '14 days' THEN 'low' ELSE 'medium' END AS severity
FROM signed_in
JOIN new_addresses ON new_addresses.tenant = signed_in.tenant AND new_addresses.id = signed_in.id

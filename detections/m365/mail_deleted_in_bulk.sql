/*---
id = "m365.mail_deleted_in_bulk"
version = 1
title = "Many messages deleted from a new place"
why = "Who leaves a mailbox, or uses it for fraud, deletes the warnings, the answers and the own messages, so that the owner does not see them."
category = "cover_up"
attack = ["T1070.008"]
severity = "low"
confidence = "low"
needs = ["ual.item"]
group_by = ["actor", "mailbox", "network"]
window = "6h"
primary = "true"
verdict = "possible access"
verdict_reason = "messages were deleted in the mailbox"
explanation = "{actor} deleted {messages} messages of {mailbox} within two hours, from {first_time} on, with {operation*}, from {client_ip*}[ with {client*}]. {place}. {records}."
shows = ["operation", "actor", "mailbox", "messages", "client", "client_ip", "place", "session_id"]
looked_for = ["twenty or more messages deleted within two hours from a network where the account had not signed in two days before or earlier", "messages deleted beyond what the owner can bring back"]
cannot_exclude = ["messages deleted from a usual network", "deletions that are not recorded, where the mailbox's audit leaves them out", "the same in logs with less than a week of sign-ins"]
false_positives = ["an owner who tidies up on a journey"]
references = ["https://attack.mitre.org/techniques/T1070/008/", "https://learn.microsoft.com/en-us/purview/audit-mailboxes"]
---*/
WITH deleted AS (
    SELECT
        id, time, tenant, mailbox, lower(actor) AS actor, operation, coalesce(item_count, 1) AS messages, client_protocol AS client, client_ip, session_id, app_id,
        coalesce(CAST(asn AS VARCHAR), neighbourhood(client_ip)) AS network
    FROM events
    WHERE log_class = 'ual.item' AND operation IN ('HardDelete', 'SoftDelete', 'MoveToDeletedItems') AND time IS NOT NULL
      AND client_ip IS NOT NULL AND coalesce(ip_class, 'public') NOT IN ('provider', 'private') AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
      AND coalesce(result, 'success') <> 'failure'
),
-- Few hours hold so many, and only of these the place is asked for.
hours AS (
    SELECT tenant, actor, mailbox, network, min(time) AS since
    FROM deleted
    GROUP BY tenant, actor, mailbox, network, date_trunc('hour', time)
    HAVING sum(messages) >= 10
),
known AS (
    SELECT tenant, actor, min(first_time) AS since FROM seats GROUP BY tenant, actor
),
here AS (
    SELECT tenant, actor, network, min(first_time) AS since FROM seats GROUP BY tenant, actor, network
),
strange AS (
    SELECT hours.tenant, hours.actor, hours.mailbox, hours.network
    FROM hours
    JOIN known ON known.tenant = hours.tenant AND known.actor = hours.actor
    LEFT JOIN here ON here.tenant = hours.tenant AND here.actor = hours.actor AND here.network = hours.network
    LEFT JOIN offices ON offices.tenant = hours.tenant AND offices.network = hours.network
    WHERE known.since <= hours.since - INTERVAL '7 days' AND offices.network IS NULL
      AND (here.since IS NULL OR here.since > hours.since - INTERVAL '2 days')
    GROUP BY hours.tenant, hours.actor, hours.mailbox, hours.network
),
counted AS (
    SELECT
        deleted.*,
        sum(messages) OVER near AS close_by,
        sum(CASE WHEN operation = 'HardDelete' THEN messages ELSE 0 END) OVER near AS for_good
    FROM strange
    JOIN deleted ON deleted.tenant = strange.tenant AND deleted.actor = strange.actor AND deleted.mailbox = strange.mailbox AND deleted.network = strange.network
    WINDOW near AS (PARTITION BY deleted.tenant, deleted.actor, deleted.mailbox, deleted.network ORDER BY time RANGE BETWEEN INTERVAL '1 hour' PRECEDING AND INTERVAL '1 hour' FOLLOWING)
)
SELECT
    id, time, tenant, mailbox, actor, operation, client, client_ip, session_id, app_id, network, CAST(close_by AS VARCHAR) AS messages,
    'The account had not signed in from that network two days before or earlier' AS place,
    CASE WHEN for_good >= 20 THEN 'medium' ELSE 'low' END AS severity
FROM counted
WHERE close_by >= 20

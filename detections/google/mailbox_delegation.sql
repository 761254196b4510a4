/*---
id = "google.mailbox_delegation"
version = 1
title = "Gmail opened by a delegate who was not seen there before"
why = "A delegate reads and sends another's mail with his own account. Gmail records no granting of it: the first access is the first trace."
category = "mailbox_delegation"
attack = ["T1098.002", "T1114.002"]
severity = "low"
confidence = "low"
needs = ["gws.gmail"]
group_by = ["actor"]
window = "7d"
primary = "true"
verdict = "recorded access"
verdict_reason = ""
explanation = "{actor} accessed mail of {mailbox*} as a delegate for the first time at {time}, from {client_ip}. {reach}[ {learning}]"
shows = ["actor", "mailbox", "client", "client_ip", "reach"]
looked_for = ["delegates who are new for a mailbox", "one delegate who is new in several mailboxes within a week", "delegates from outside the organisation"]
cannot_exclude = ["who gave the delegation, and when"]
false_positives = ["a new assistant, a team with a shared mailbox"]
references = ["https://support.google.com/a/answer/12384955"]
---*/
WITH seen AS (
    SELECT tenant, mailbox, actor, min(time) AS first_time
    FROM events
    WHERE log_class = 'gws.gmail' AND access_kind = 'bind' AND time IS NOT NULL AND mailbox IS NOT NULL
      AND (logon_type = 'delegated' OR actor = mailbox)
    GROUP BY tenant, mailbox, actor
),
dated AS (
    SELECT
        seen.*,
        min(first_time) OVER (PARTITION BY tenant) AS tenant_first,
        min(first_time) OVER (PARTITION BY tenant, mailbox) AS mailbox_first,
        count(DISTINCT mailbox) OVER (PARTITION BY tenant) AS all_mailboxes
    FROM seen
),
strangers AS (
    SELECT
        dated.*,
        NOT coalesce(array_has(own.domains, domain_of(dated.actor)), true) AS is_foreign,
        count(*) OVER (PARTITION BY dated.tenant, actor ORDER BY first_time RANGE BETWEEN INTERVAL '7 days' PRECEDING AND INTERVAL '7 days' FOLLOWING) AS mailboxes,
        first_time < tenant_first + INTERVAL '14 days' AS is_learning
    FROM dated
    LEFT JOIN own_domains AS own ON own.tenant = dated.tenant
    WHERE actor <> mailbox AND first_time >= tenant_first + INTERVAL '3 days'
)
SELECT
    events.id, events.time, events.tenant, events.mailbox, events.actor, events.client_protocol AS client, events.client_ip, events.session_id,
    concat(CASE WHEN strangers.is_foreign THEN 'The delegate''s domain is none of the organisation''s. ' ELSE '' END,
        CASE WHEN strangers.mailboxes > 1 THEN concat('Within a week it is new in ', CAST(strangers.mailboxes AS VARCHAR), ' mailboxes.') ELSE 'No other mailbox has it as a new delegate.' END) AS reach,
    CASE
        WHEN strangers.is_learning THEN 'low'
        WHEN strangers.is_foreign THEN 'medium'
        WHEN strangers.mailboxes >= 3 AND strangers.mailboxes * 5 < strangers.all_mailboxes THEN 'medium'
        ELSE 'low'
    END AS severity,
    CASE WHEN strangers.is_learning THEN 'The records before that span less than two weeks: what is usual is still being learned.' END AS learning
FROM strangers
JOIN events ON events.tenant = strangers.tenant AND events.mailbox = strangers.mailbox AND events.actor = strangers.actor
WHERE events.log_class = 'gws.gmail' AND events.access_kind = 'bind' AND events.logon_type = 'delegated' AND events.time < strangers.first_time + INTERVAL '7 days'

/*---
id = "m365.many_mailboxes"
version = 3
title = "One account or application in many mailboxes"
why = "A stolen application secret, a delegated right or an administrator's account opens mailbox after mailbox."
category = "many_mailboxes"
attack = ["T1114.002", "T1078.004"]
severity = "medium"
confidence = "medium"
needs = ["ual.mia.bind", "ual.mia.sync"]
baseline = true
group_by = ["principal"]
window = "3d"
primary = "true"
verdict = "recorded access"
verdict_reason = ""
explanation = "{principal} accessed {mailboxes} mailboxes on {day}: {mailbox*}. Before that it was {baseline}. First record {first_time} from {client_ip} with {client}[ ({user_agent})].[ {learning}]"
shows = ["principal", "mailbox", "mailboxes", "most_before", "client", "client_ip", "user_agent", "operation"]
looked_for = ["an account or application that comes up after a day or more without it, in logs however short", "five or more mailboxes on a day by one account that owns none of them, or by one application on its own account", "three times as many as on any earlier day of the same account or application"]
cannot_exclude = ["an intruder who stays within what is usual for the account or application", "an intruder who was there on the first day of the records", "mailboxes whose access is not recorded"]
false_positives = ["a backup, migration or archiving product on its first days", "a search for the compliance department", "an assistant who takes over several mailboxes"]
references = ["https://attack.mitre.org/techniques/T1114/002/"]
---*/
WITH mail AS (
    SELECT
        tenant, time, date_trunc('day', time) AS day, coalesce(mailbox_id, mailbox) AS mailbox_id,
        CASE
            WHEN user_type IN (5, 6) OR actor_kind IN ('application', 'service') THEN concat('Application ', coalesce(ctx_client_app_id, nullif(client_app_id, ''), app_id, actor))
            ELSE concat('Account ', actor)
        END AS principal
    FROM events
    WHERE log_class IN ('ual.mia.bind', 'ual.mia.sync') AND time IS NOT NULL
      AND (user_type IN (5, 6) OR actor_kind IN ('application', 'service')
           OR actor <> coalesce(mailbox, actor) AND coalesce(logon_type, '') <> 'owner')
),
daily AS (
    SELECT tenant, principal, day, count(DISTINCT mailbox_id) AS mailboxes, min(time) AS first_time
    FROM mail
    GROUP BY tenant, principal, day
),
compared AS (
    SELECT
        daily.*,
        max(mailboxes) OVER before AS most_before,
        count(*) OVER before AS days_before
    FROM daily
    WINDOW before AS (PARTITION BY tenant, principal ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
history AS (
    SELECT tenant, min(time) AS since, date_trunc('day', min(time)) AS first_day, count(DISTINCT coalesce(mailbox_id, mailbox)) AS all_mailboxes
    FROM events
    WHERE log_class IN ('ual.mia.bind', 'ual.mia.sync') AND time IS NOT NULL
    GROUP BY tenant
),
sudden AS (
    SELECT compared.*, history.all_mailboxes,
        -- Without two weeks of records nobody knows what is usual.
        compared.day < history.first_day + INTERVAL '14 days' AS is_learning
    FROM history
    JOIN compared ON compared.tenant = history.tenant
    WHERE compared.mailboxes >= 5 AND compared.mailboxes >= 3 * coalesce(compared.most_before, 0)
      -- What is there from the first days on is what is usual; what has its day after a whole one without any is not, nor in a short log.
      AND (compared.day >= history.first_day + INTERVAL '3 days'
           OR coalesce(compared.days_before, 0) = 0 AND compared.first_time >= history.since + INTERVAL '1 day')
),
-- One record of each mailbox is enough.
records AS (
    SELECT
        events.id, events.time, events.tenant, events.mailbox, events.actor, events.operation, events.client_protocol AS client, events.client_ip, events.user_agent, events.session_id,
        coalesce(events.ctx_client_app_id, nullif(events.client_app_id, ''), events.app_id) AS app_id,
        sudden.principal, sudden.mailboxes, sudden.most_before, sudden.days_before, sudden.is_learning, sudden.all_mailboxes, sudden.day,
        row_number() OVER (PARTITION BY events.tenant, sudden.principal, sudden.day, coalesce(events.mailbox_id, events.mailbox) ORDER BY events.time, events.id) AS nth
    FROM sudden
    JOIN events ON events.tenant = sudden.tenant AND date_trunc('day', events.time) = sudden.day
        AND sudden.principal = CASE
            WHEN events.user_type IN (5, 6) OR events.actor_kind IN ('application', 'service') THEN concat('Application ', coalesce(events.ctx_client_app_id, nullif(events.client_app_id, ''), events.app_id, events.actor))
            ELSE concat('Account ', events.actor)
        END
    WHERE events.log_class IN ('ual.mia.bind', 'ual.mia.sync')
      AND (events.user_type IN (5, 6) OR events.actor_kind IN ('application', 'service')
           OR events.actor <> coalesce(events.mailbox, events.actor) AND coalesce(events.logon_type, '') <> 'owner')
)
SELECT
    id, time, tenant, mailbox, actor, operation, client, client_ip, user_agent, session_id, app_id, principal, mailboxes, most_before,
    date_format(day, '%Y-%m-%d') AS day,
    CASE WHEN coalesce(days_before, 0) = 0 THEN 'in none' ELSE concat('in at most ', CAST(most_before AS VARCHAR), ' a day, on ', CAST(days_before AS VARCHAR), ' days') END AS baseline,
    CASE WHEN is_learning THEN 'The records before that day span less than two weeks: what is usual is still being learned.' END AS learning,
    CASE
        WHEN is_learning THEN 'low'
        -- A product that is new to the organisation begins with many of its mailboxes.
        WHEN principal LIKE 'Application %' AND mailboxes * 5 >= all_mailboxes AND coalesce(days_before, 0) = 0 THEN 'low'
        -- One that is there already grows with those who take it up.
        WHEN principal LIKE 'Application %' AND mailboxes < 10 AND days_before > 0 THEN 'low'
        ELSE 'medium'
    END AS severity,
    CASE WHEN is_learning THEN 'low' ELSE 'medium' END AS confidence
FROM records
WHERE nth <= 3

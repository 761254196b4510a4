/*---
id = "google.app_access_without_consent"
version = 1
title = "Application accesses Gmail without a recorded consent"
why = "A token that nobody was asked for was stolen, made with rights over all accounts, or granted where no log looked."
category = "gmail_access"
attack = ["T1550.001", "T1528", "T1114.002"]
severity = "medium"
confidence = "medium"
needs = ["gws.gmail"]
complete = ["gws.token", "gws.admin"]
group_by = ["app_id"]
window = "7d"
primary = "true"
verdict = "recorded access"
verdict_reason = ""
explanation = "The application {app_name} ({app_id}) accessed mail of {mailbox*} for the first time at {time}, from {client_ip}. The organisation has records of Gmail since {tenant_first} and none of this application before; no consent of these accounts and no rights over all accounts for it are recorded. {records}.[ {learning}]"
shows = ["mailbox", "app_id", "app_name", "client", "client_ip"]
looked_for = ["consents of the account to the application in the token log, at any time before", "rights over all accounts for the application in the administration log"]
cannot_exclude = ["consents before the first record of the token log", "products of the provider itself, which need no consent"]
false_positives = ["an application that was let in long ago and not used since"]
references = ["https://developers.google.com/workspace/admin/reports/v1/appendix/activity/gmail", "https://developers.google.com/workspace/admin/reports/v1/appendix/activity/token"]
---*/
WITH reached AS (
    SELECT tenant, mailbox, app_id, min(time) AS first_time
    FROM events
    WHERE log_class = 'gws.gmail' AND access_kind = 'bind' AND time IS NOT NULL AND mailbox IS NOT NULL
    GROUP BY tenant, mailbox, app_id
),
dated AS (
    SELECT reached.*,
        min(first_time) OVER (PARTITION BY tenant) AS tenant_first,
        min(first_time) OVER (PARTITION BY tenant, app_id) AS app_first,
        count(*) OVER (PARTITION BY tenant, app_id) AS app_mailboxes,
        count(DISTINCT mailbox) OVER (PARTITION BY tenant) AS all_mailboxes
    FROM reached
),
strangers AS (
    SELECT dated.*, app_first < tenant_first + INTERVAL '14 days' AS is_learning
    FROM dated
    WHERE app_id IS NOT NULL AND app_first >= tenant_first + INTERVAL '3 days'
),
consents AS (
    SELECT DISTINCT tenant, coalesce(app_id, target) AS app_id, CASE WHEN log_class = 'gws.token' THEN actor END AS account
    FROM events
    WHERE log_class = 'gws.token' AND operation = 'authorize' OR log_class = 'gws.admin' AND operation IN ('AUTHORIZE_API_CLIENT_ACCESS', 'ADD_APPLICATION')
),
unasked AS (
    SELECT strangers.*
    FROM strangers
    WHERE NOT EXISTS (SELECT 1 FROM consents WHERE consents.tenant = strangers.tenant AND consents.app_id = strangers.app_id AND (consents.account IS NULL OR consents.account = strangers.mailbox))
),
cited AS (
    SELECT
        events.id, events.time, events.tenant, events.mailbox, events.actor, events.app_id, events.client_info, events.client_protocol, events.client_ip, events.session_id,
        unasked.tenant_first, unasked.first_time, unasked.is_learning, unasked.app_mailboxes, unasked.all_mailboxes,
        count(*) OVER (PARTITION BY events.tenant, events.app_id) AS messages
    FROM unasked
    JOIN events ON events.tenant = unasked.tenant AND events.mailbox = unasked.mailbox AND events.app_id = unasked.app_id
    WHERE events.log_class = 'gws.gmail' AND events.access_kind = 'bind' AND events.time < unasked.first_time + INTERVAL '7 days'
)
SELECT
    id, time, tenant, mailbox, actor, app_id, coalesce(client_info, 'without a name') AS app_name, client_protocol AS client, client_ip, session_id, tenant_first, first_time AS judged_at,
    CASE
        -- A few messages are what an old consent looks like that is used again, or one whose record was lost.
        WHEN is_learning OR messages < 20 OR app_mailboxes >= 3 AND app_mailboxes * 5 >= all_mailboxes THEN 'low'
        ELSE 'medium'
    END AS severity,
    CASE WHEN is_learning THEN 'The records before that span less than two weeks: the application may have been known for long.' END AS learning
FROM cited

/*---
id = "m365.device_code_accesses_mail"
version = 1
title = "Mailbox accessed in a session that a device code opened"
why = "Who talks somebody into entering a code gets tokens for his own machine. The sign-in shows the place and the browser of the deceived, so that nothing about it looks odd; the program that then opens the mailbox does."
category = "takeover_mail_access"
attack = ["T1528", "T1566", "T1550.001", "T1114.002"]
severity = "low"
confidence = "low"
needs = ["ual.mia.bind", "ual.mia.sync"]
baseline = true
group_by = ["account", "session"]
window = "7d"
primary = "true"
verdict = "recorded access"
verdict_reason = ""
explanation = "{account} confirmed the sign-in of another device at {code_at}. {minutes} minutes later mailbox {mailbox*} was accessed in that session with {client} by application {app_id}, of which no earlier record of access for the account is there (for others of the tenant: {users}). First record {first_time}, last {last_time}; {records}.[ {learning}]"
shows = ["operation", "account", "mailbox", "session", "app_id", "client", "user_agent", "uti"]
looked_for = ["sign-ins by device code, and in the unified audit log confirmations of the sign-in of another device or program", "access to mail in the same session that begins within a day", "the application among those that accessed mail for the account before, and for others of the tenant"]
cannot_exclude = ["access by an application that the account uses, too", "access in sessions whose records carry no id", "confirmations whose records are missing"]
false_positives = ["a tool of an administrator that signs in by device code", "a new mail program on a phone that hands over to the browser to sign in"]
references = ["https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-device-code", "https://attack.mitre.org/techniques/T1528/"]
---*/
WITH codes AS (
    SELECT tenant, account, session, min(time) AS code_at
    FROM (
        SELECT tenant, actor AS account, coalesce(aad_session_id, session_id) AS session, time
        FROM events
        WHERE log_class IN ('signin.interactive', 'signin.noninteractive') AND result = 'success' AND lower(auth_protocol) LIKE '%devicecode%'
        UNION ALL
        -- The page on which one confirms that another device or program is to be signed in.
        SELECT tenant, actor, aad_session_id, time
        FROM events
        WHERE log_class = 'ual.sts' AND operation = 'UserLoggedIn' AND result = 'success' AND property(properties, 'RequestType') = 'Cmsi:Cmsi'
    ) AS confirmed
    WHERE account IS NOT NULL AND session IS NOT NULL AND time IS NOT NULL
    GROUP BY tenant, account, session
),
used AS (
    -- One row for each account and application: far fewer than records.
    SELECT tenant, actor AS account, coalesce(ctx_client_app_id, nullif(client_app_id, ''), app_id) AS app_id, min(time) AS first_use
    FROM events
    WHERE log_class IN ('ual.mia.bind', 'ual.mia.sync') AND time IS NOT NULL AND actor IS NOT NULL
    GROUP BY tenant, actor, coalesce(ctx_client_app_id, nullif(client_app_id, ''), app_id)
),
dated AS (
    SELECT used.*, min(first_use) OVER (PARTITION BY tenant, account) AS known_since FROM used
),
novel AS (
    -- The applications that are new for the account since the code, and how many others used them before.
    SELECT codes.tenant, codes.account, codes.session, codes.code_at, mine.app_id, min(mine.known_since) AS known_since, count(others.account) AS users
    FROM codes
    JOIN dated AS mine ON mine.tenant = codes.tenant AND mine.account = codes.account
    LEFT JOIN used AS others ON others.tenant = mine.tenant AND others.app_id = mine.app_id AND others.first_use < codes.code_at - INTERVAL '1 day'
    WHERE mine.app_id IS NOT NULL AND mine.first_use >= codes.code_at AND mine.first_use <= codes.code_at + INTERVAL '1 day'
    GROUP BY codes.tenant, codes.account, codes.session, codes.code_at, mine.app_id
),
rows AS (
    SELECT
        events.id, events.time, events.tenant, events.operation, events.mailbox, events.user_agent, events.uti, events.client_protocol AS client,
        novel.account, novel.session, novel.code_at, novel.app_id, novel.users, novel.known_since
    FROM novel
    JOIN events ON events.tenant = novel.tenant AND events.actor = novel.account AND coalesce(events.aad_session_id, events.session_id) = novel.session
    WHERE events.log_class IN ('ual.mia.bind', 'ual.mia.sync')
      AND events.time >= novel.code_at
      AND coalesce(events.ctx_client_app_id, nullif(events.client_app_id, ''), events.app_id) = novel.app_id
)
SELECT
    -- Neither the sign-in nor the addresses: that of the sign-in is the owner's, and those of access by this way are mostly the provider's.
    id, time, tenant, operation, mailbox, user_agent, uti, client, account, session, session AS session_id, code_at, app_id,
    CAST(users AS VARCHAR) AS users,
    CAST(CAST(date_part('epoch', min(time) OVER (PARTITION BY tenant, account, session, app_id)) - date_part('epoch', code_at) AS BIGINT) / 60 AS VARCHAR) AS minutes,
    CASE WHEN known_since > code_at - INTERVAL '14 days' THEN 'low' WHEN users < 3 THEN 'medium' ELSE 'low' END AS severity,
    CASE WHEN known_since > code_at - INTERVAL '14 days' THEN 'low' WHEN users < 3 THEN 'medium' ELSE 'low' END AS confidence,
    CASE WHEN known_since > code_at - INTERVAL '14 days' THEN 'The account''s records of access before that span less than two weeks: what is usual is still being learned.' END AS learning
FROM rows

/*---
id = "m365.guessed_account_accesses_mail"
version = 2
title = "Mailbox accessed after its password was guessed"
why = "A spray or a guess is over when a password fits; what is opened from the same place afterwards is what it was for."
category = "takeover_mail_access"
attack = ["T1110.003", "T1110.001", "T1078.004", "T1114.002"]
severity = "high"
confidence = "medium"
needs = ["ual.mia.bind", "ual.mia.sync", "ual.item"]
group_by = ["account", "guessed_at"]
window = "7d"
primary = "is_access"
verdict = "recorded access"
verdict_reason = ""
explanation = "A password of {account} was accepted at {guessed_at} from {source}, where within the hour before {refusals}. From that address or its neighbours the account accessed {mailbox*} {minutes} minutes later, with {mail_operation*}. First record {first_time}, last {last_time}; {records}."
shows = ["operation", "account", "mailbox", "source", "refusals", "client_ip", "session_id", "item_count"]
looked_for = ["wrong passwords on three or more accounts, or ten or more on this one, from the same address or from one network with one program", "a password accepted there within the hour by an account that had not signed in from there before", "access to mail from the same address or its neighbours within a week"]
cannot_exclude = ["access with tokens that were handed on to another network", "access over interfaces whose records name the provider's address only"]
false_positives = ["an office address behind which several people mistype, and somebody new there"]
references = ["https://attack.mitre.org/techniques/T1110/003/", "https://learn.microsoft.com/en-us/purview/audit-log-investigate-accounts"]
---*/
WITH accepted AS (
    SELECT tenant, actor AS account, client_ip, asn, user_agent, time
    FROM events
    WHERE log_class IN ('ual.sts', 'signin.interactive', 'signin.noninteractive') AND result = 'success'
      AND time IS NOT NULL AND actor IS NOT NULL AND client_ip IS NOT NULL
),
-- Places where guessing goes on: one address with three accounts or ten tries on one, or one network with one program and five accounts.
narrow AS (
    SELECT tenant, client_ip, date_bin(INTERVAL '1 hour', time) AS hour,
        count(DISTINCT account) AS accounts, count(DISTINCT date_trunc('second', time)) AS tries, min(time) AS first_try, max(time) AS last_try
    FROM refusals
    GROUP BY tenant, client_ip, date_bin(INTERVAL '1 hour', time)
    HAVING count(DISTINCT account) >= 3 OR count(DISTINCT date_trunc('second', time)) >= 10
),
wide AS (
    SELECT tenant, asn, user_agent, date_bin(INTERVAL '1 hour', time) AS hour,
        count(DISTINCT account) AS accounts, count(DISTINCT date_trunc('second', time)) AS tries, min(time) AS first_try, max(time) AS last_try
    FROM refusals
    WHERE asn IS NOT NULL AND user_agent IS NOT NULL
    GROUP BY tenant, asn, user_agent, date_bin(INTERVAL '1 hour', time)
    HAVING count(DISTINCT account) >= 5 AND count(DISTINCT client_ip) >= 2
),
-- Who got in there, by address or by network and program. The short list of places is the left side.
hits AS (
    SELECT accepted.*, narrow.accounts, narrow.tries, count(DISTINCT accepted.account) OVER (PARTITION BY narrow.tenant, narrow.client_ip, narrow.hour) AS got_in
    FROM narrow
    JOIN accepted ON accepted.tenant = narrow.tenant AND accepted.client_ip = narrow.client_ip
    WHERE accepted.time BETWEEN narrow.first_try AND narrow.last_try + INTERVAL '1 hour'
    UNION ALL
    SELECT accepted.*, wide.accounts, wide.tries, count(DISTINCT accepted.account) OVER (PARTITION BY wide.tenant, wide.asn, wide.user_agent, wide.hour)
    FROM wide
    JOIN accepted ON accepted.tenant = wide.tenant AND accepted.asn = wide.asn AND accepted.user_agent = wide.user_agent
    WHERE accepted.time BETWEEN wide.first_try AND wide.last_try + INTERVAL '1 hour'
),
-- Since when each account signs in from each network.
known AS (
    SELECT tenant, actor AS account, network, min(first_time) AS first_time, min(min(first_time)) OVER (PARTITION BY tenant, actor) AS known_since
    FROM seats
    GROUP BY tenant, actor, network
),
guessed AS (
    SELECT
        hits.tenant, hits.account, neighbourhood(hits.client_ip) AS near, min(hits.time) AS guessed_at, min(hits.client_ip) AS source,
        max(hits.accounts) AS accounts, max(hits.tries) AS tries, min(known.known_since) AS known_since
    FROM hits
    JOIN known ON known.tenant = hits.tenant AND known.account = hits.account AND known.network = coalesce(CAST(hits.asn AS VARCHAR), neighbourhood(hits.client_ip))
    -- Whoever was there the day before mistyped. Where many get in and few fail it is an office.
    WHERE known.first_time > hits.time - INTERVAL '1 day' AND (hits.accounts < 3 OR hits.got_in * 2 <= hits.accounts)
    GROUP BY hits.tenant, hits.account, neighbourhood(hits.client_ip)
),
-- The sign-ins of the first hour and the access to mail, in one look.
rows AS (
    SELECT
        events.id, events.time, events.tenant, events.operation, guessed.account, guessed.guessed_at, guessed.source, guessed.accounts, guessed.tries, guessed.known_since,
        events.mailbox, events.client_ip, events.session_id, events.item_count, events.log_class IN ('ual.mia.bind', 'ual.mia.sync', 'ual.item') AS is_access
    FROM guessed
    JOIN events ON events.tenant = guessed.tenant AND events.actor = guessed.account
    WHERE events.log_class IN ('ual.mia.bind', 'ual.mia.sync', 'ual.item', 'ual.sts', 'signin.interactive', 'signin.noninteractive')
      AND events.time >= guessed.guessed_at AND events.time <= guessed.guessed_at + INTERVAL '7 days'
      AND (events.log_class IN ('ual.mia.bind', 'ual.mia.sync', 'ual.item') OR events.result = 'success' AND events.time <= guessed.guessed_at + INTERVAL '1 hour')
      -- Other things of the account may run in the same network: the neighbourhood of the address tells them apart.
      AND neighbourhood(events.client_ip) = guessed.near
),
counted AS (
    SELECT
        rows.*, min(CASE WHEN is_access THEN time END) OVER (PARTITION BY tenant, account, guessed_at) AS first_access,
        row_number() OVER (PARTITION BY tenant, account, guessed_at, is_access ORDER BY time, id) AS nth
    FROM rows
)
SELECT
    id, time, tenant, operation, account, guessed_at, source, mailbox, client_ip, session_id, item_count, is_access,
    -- The sign-ins are rows as well, but no access.
    CASE WHEN is_access THEN operation END AS mail_operation,
    CASE WHEN accounts >= 3 THEN concat('wrong passwords were tried on ', CAST(accounts AS VARCHAR), ' accounts') ELSE concat(CAST(tries AS VARCHAR), ' wrong passwords were tried') END AS refusals,
    CAST(CAST(date_part('epoch', first_access) - date_part('epoch', guessed_at) AS BIGINT) / 60 AS VARCHAR) AS minutes,
    -- An account without a week of earlier sign-ins may be new everywhere.
    CASE WHEN known_since <= guessed_at - INTERVAL '7 days' THEN 'high' ELSE 'medium' END AS severity
FROM counted
WHERE first_access IS NOT NULL AND nth <= 500

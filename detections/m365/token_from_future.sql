/*---
id = "m365.token_from_future"
version = 1
title = "Mail accessed with a token from the future, or one that had run out"
why = "Who makes tokens writes the time of issue into them, too; a service that does not check it lets them in."
category = "token_inconsistent"
attack = ["T1606", "T1550.001", "T1114.002"]
severity = "high"
confidence = "medium"
needs = ["ual.mia.bind", "ual.mia.sync"]
group_by = ["when_issued", "context"]
window = "7d"
primary = "true"
verdict = "recorded access"
verdict_reason = ""
explanation = "{records} of access to {mailbox*} carry tokens that say they were issued {when_issued}. The first was used at {time} and says it was issued at {token_issued_at}. It was used by {actor} from {client_ip} with {client}[ ({user_agent})]; its id is {uti}. Access tokens live for an hour to 28 hours, and none is used before it exists."
shows = ["mailbox", "actor", "uti", "token_issued_at", "client_ip", "user_agent", "client", "session_id"]
looked_for = ["tokens issued more than five minutes after their use", "tokens used more than 28 hours after their issue", "whether the same happens to a fifth of the tenant's tokens that day, as clocks and changed formats would make it"]
cannot_exclude = ["forged tokens with a likely time of issue", "access in records that do not say when the token was issued"]
false_positives = ["an export that shifts times by the difference of time zones", "a service whose clock is wrong"]
references = ["https://learn.microsoft.com/en-us/entra/identity/conditional-access/concept-continuous-access-evaluation", "https://attack.mitre.org/techniques/T1606/"]
---*/
WITH odd AS (
    SELECT
        id, time, tenant, mailbox, actor, uti, token_issued_at, client_ip, user_agent, session_id, client_protocol AS client,
        coalesce(ctx_client_app_id, client_app_id, app_id) AS app_id,
        date_trunc('day', time) AS day,
        token_issued_at > time AS future
    FROM events
    WHERE log_class IN ('ual.mia.bind', 'ual.mia.sync')
      -- Half an hour beyond the longest life known, since the clocks of two services differ.
      AND (token_issued_at > time + INTERVAL '5 minutes' OR token_issued_at < time - INTERVAL '28 hours 30 minutes')
),
usual AS (
    SELECT tenant, date_trunc('day', time) AS day, count(*) AS records, count(DISTINCT mailbox_id) AS mailboxes
    FROM events
    WHERE log_class IN ('ual.mia.bind', 'ual.mia.sync') AND token_issued_at IS NOT NULL
    GROUP BY tenant, date_trunc('day', time)
),
counted AS (
    SELECT odd.*, usual.records AS records_that_day, count(*) OVER (PARTITION BY odd.tenant, odd.day) AS odd_that_day
    FROM usual
    RIGHT JOIN odd ON odd.tenant = usual.tenant AND odd.day = usual.day
)
SELECT
    id, time, tenant, mailbox, actor, uti, token_issued_at, client_ip, user_agent, session_id, client, app_id,
    concat(coalesce(user_agent, client), ' ', coalesce(client_ip, '')) AS context,
    CASE WHEN future THEN 'after they were used' ELSE 'more than 28 hours before they were used' END AS when_issued,
    CASE
        -- What happens to a large share of a tenant's records is the clock or the export, not an intruder.
        WHEN odd_that_day >= 20 AND odd_that_day * 5 > records_that_day THEN 'low'
        WHEN future THEN 'high'
        ELSE 'medium'
    END AS severity,
    CASE WHEN odd_that_day >= 20 AND odd_that_day * 5 > records_that_day THEN 'low' WHEN future THEN 'high' ELSE 'medium' END AS confidence
FROM counted

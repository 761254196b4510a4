/*---
id = "m365.access_without_sign_in"
version = 1
title = "Mail accessed long after the account's last sign-in"
why = "Tokens run out and have to be renewed, and each renewal is a sign-in. Who makes tokens himself renews nothing."
category = "access_without_signin"
attack = ["T1606", "T1550.001", "T1114.002"]
severity = "medium"
confidence = "medium"
needs = ["signin.noninteractive"]
complete = ["signin.interactive", "signin.noninteractive"]
group_by = ["account"]
window = "3d"
primary = "true"
verdict = "recorded access"
verdict_reason = ""
explanation = "Mail of {mailbox} was accessed by its owner's account {account} at {time} from {client_ip} with {client}[ ({user_agent})], {silence}. {records} of such access between {first_time} and {last_time}. {judged_by}"
shows = ["mailbox", "account", "client", "client_ip", "user_agent", "last_sign_in", "hours_since", "uti"]
looked_for = ["three or more accesses over an hour or more, by Outlook on the web or an application that acts for the account", "a successful sign-in of the account, at a prompt or by a client, in the 28 hours before each", "sign-ins of other accounts in the tenant on the same days"]
cannot_exclude = ["forgery or log suppression: cannot be told apart", "forged tokens used while the account's owner works and renews tokens", "sign-ins that were exported later than these logs"]
false_positives = ["sign-ins exported without those of clients, or in the portal's aggregated view", "an account whose sign-ins are recorded under another name"]
references = ["https://learn.microsoft.com/en-us/entra/identity/conditional-access/concept-continuous-access-evaluation", "https://www.cisa.gov/resources-tools/resources/cyber-safety-review-board-releases-report-microsoft-online-exchange-incident-summer-2023"]
---*/
WITH signin_days AS (
    SELECT
        tenant, date_trunc('day', time) AS day,
        sum(CASE WHEN log_class = 'signin.interactive' THEN 1 ELSE 0 END) AS interactive,
        sum(CASE WHEN log_class = 'signin.noninteractive' THEN 1 ELSE 0 END) AS noninteractive,
        sum(CASE WHEN log_class = 'ual.mia.bind' THEN 1 ELSE 0 END) AS linked,
        min(CASE WHEN log_class <> 'ual.mia.bind' THEN time END) AS first_time
    FROM events
    WHERE time IS NOT NULL AND (log_class IN ('signin.interactive', 'signin.noninteractive') OR log_class = 'ual.mia.bind' AND uti IS NOT NULL)
    GROUP BY tenant, date_trunc('day', time)
),
weighed_days AS (
    -- A day with far fewer sign-ins for its access to mail than usual has lost most of them, even if some were delivered again.
    SELECT
        signin_days.*,
        noninteractive > 0 AND noninteractive * greatest(sum(linked) OVER whole, 1) >= 0.3 * linked * sum(noninteractive) OVER whole AS is_whole
    FROM signin_days
    WINDOW whole AS (PARTITION BY tenant)
),
days AS (
    SELECT
        tenant, day,
        min(first_time) OVER (PARTITION BY tenant) AS retained_from,
        -- A day counts only if it and the day before hold the sign-ins of clients, and the tenant those at a prompt.
        is_whole AND sum(interactive) OVER (PARTITION BY tenant) > 0
            AND coalesce(lag(is_whole) OVER by_day, false) AND lag(day) OVER by_day = day - INTERVAL '1 day' AS is_covered
    FROM weighed_days
    WINDOW by_day AS (PARTITION BY tenant ORDER BY day)
),
-- Both kinds of record by account and half-day: from here on the rows are few.
hourly AS (
    SELECT
        tenant, actor AS account, date_bin(INTERVAL '12 hours', time) AS half_day,
        max(CASE WHEN log_class IN ('signin.interactive', 'signin.noninteractive') THEN time END) AS last_sign_in,
        min(CASE WHEN log_class IN ('signin.interactive', 'signin.noninteractive') THEN time END) AS first_sign_in,
        sum(CASE WHEN log_class = 'ual.mia.bind' THEN 1 ELSE 0 END) AS accesses,
        min(CASE WHEN log_class = 'ual.mia.bind' THEN time END) AS first_access,
        max(CASE WHEN log_class = 'ual.mia.bind' THEN time END) AS last_access
    FROM events
    WHERE time IS NOT NULL AND actor IS NOT NULL
      AND (log_class IN ('signin.interactive', 'signin.noninteractive') AND result = 'success'
           OR log_class = 'ual.mia.bind' AND actor_kind IN ('user', 'admin') AND coalesce(user_type, 0) IN (0, 2) AND coalesce(logon_type, 'owner') = 'owner'
              -- Access with a program of the person's: background work of the service names neither program nor token.
              AND (client_protocol = 'owa' AND user_agent IS NOT NULL OR client_protocol = 'rest' AND uti IS NOT NULL))
    GROUP BY tenant, actor, date_bin(INTERVAL '12 hours', time)
),
after AS (
    SELECT
        hourly.*,
        max(last_sign_in) OVER (PARTITION BY tenant, account ORDER BY half_day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS sign_in_before,
        max(last_sign_in) OVER (PARTITION BY tenant, account) AS sign_in_ever
    FROM hourly
),
silent AS (
    SELECT after.*, days.retained_from, coalesce(sign_in_before, days.retained_from) AS since
    FROM days
    JOIN after ON after.tenant = days.tenant AND date_trunc('day', after.half_day) = days.day
    WHERE after.accesses > 0 AND days.is_covered
      AND after.sign_in_ever IS NOT NULL
      AND first_sign_in IS NULL
      AND after.last_access > coalesce(sign_in_before, days.retained_from) + INTERVAL '28 hours'
),
stretches AS (
    SELECT tenant, account, since, min(half_day) AS first_half_day, max(half_day) AS last_half_day, min(retained_from) AS retained_from, max(sign_in_before) AS sign_in_before
    FROM silent
    GROUP BY tenant, account, since
    HAVING sum(accesses) >= 3 AND max(last_access) >= min(greatest(first_access, since + INTERVAL '28 hours')) + INTERVAL '1 hour'
)
SELECT
    events.id, events.time, events.tenant, events.mailbox, events.actor AS account, events.client_protocol AS client, events.client_ip, events.user_agent, events.session_id,
    events.uti, coalesce(events.ctx_client_app_id, events.client_app_id, events.app_id) AS app_id,
    stretches.sign_in_before AS last_sign_in,
    CAST((date_part('epoch', events.time) - date_part('epoch', stretches.since)) / 3600 AS BIGINT) AS hours_since,
    CASE
        WHEN stretches.sign_in_before IS NULL THEN concat('without any sign-in of the account since the sign-in log begins at ', CAST(stretches.retained_from AS VARCHAR))
        ELSE concat(CAST(CAST((date_part('epoch', events.time) - date_part('epoch', stretches.since)) / 3600 AS BIGINT) AS VARCHAR), ' hours after the last successful sign-in of any kind, at ', CAST(stretches.sign_in_before AS VARCHAR))
    END AS silence,
    'Access tokens live for 28 hours at most, and on these days the sign-in logs hold other accounts'' sign-ins.' AS judged_by,
    'medium' AS severity
FROM stretches
JOIN events ON events.tenant = stretches.tenant AND events.actor = stretches.account
WHERE events.log_class = 'ual.mia.bind' AND events.time >= stretches.first_half_day AND events.time < stretches.last_half_day + INTERVAL '12 hours'
  AND events.time > stretches.since + INTERVAL '28 hours'
  AND coalesce(events.logon_type, 'owner') = 'owner'
  AND (events.client_protocol = 'owa' AND events.user_agent IS NOT NULL OR events.client_protocol = 'rest' AND events.uti IS NOT NULL)

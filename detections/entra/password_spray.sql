/*---
id = "entra.password_spray"
version = 5
title = "Passwords tried on many accounts"
why = "A few common passwords tried on many accounts stay below every lock-out, and one hit is enough."
category = "password_spray"
attack = ["T1110.003", "T1078.004"]
severity = "medium"
confidence = "medium"
needs = ["ual.sts", "signin.interactive", "signin.noninteractive", "signin.adfs"]
group_by = ["source"]
window = "1h"
primary = "accepted"
verdict = "not assessable"
verdict_reason = "sign-ins show who got in, not what was touched"
explanation = "From {source} passwords were tried on these accounts between {first_time} and {last_time}: {account*}. {records}. {outcome}.[ User agents: {user_agent*}.]"
shows = ["account", "source", "client_ip", "user_agent", "app_id", "error_code", "outcome"]
looked_for = ["three or more accounts within an hour with few tries each", "a password accepted from the same source, program and application within the hour"]
cannot_exclude = ["a success from another address", "tries against accounts whose sign-ins are not in the logs"]
false_positives = ["an office address behind which several people mistype", "a device with old passwords of a team"]
references = ["https://attack.mitre.org/techniques/T1110/003/", "https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes"]
---*/
-- Every hour lies whole in a span of two hours that begins at an even hour, or in one that begins at an odd hour.
WITH spans AS (
    SELECT refused.*, unnest(make_array(date_bin(INTERVAL '2 hours', time), date_bin(INTERVAL '2 hours', time, TIMESTAMP '1970-01-01T01:00:00Z'))) AS span
    FROM stuck_refusals AS refused
),
-- Where and when somebody may be spraying: one address, or one network with one program and application.
narrow AS (
    SELECT tenant, client_ip, span
    FROM spans
    GROUP BY tenant, client_ip, span
    HAVING count(DISTINCT account) >= 3
),
wide AS (
    SELECT tenant, asn, user_agent, app_id, span
    FROM spans
    WHERE asn IS NOT NULL AND user_agent IS NOT NULL
    GROUP BY tenant, asn, user_agent, app_id, span
    HAVING count(DISTINCT account) >= 5
),
-- The hours around: two before a span of two hours, and two after it.
narrow_hours AS (
    SELECT DISTINCT tenant, client_ip, unnest(make_array(span - INTERVAL '2 hours', span - INTERVAL '1 hour', span, span + INTERVAL '1 hour', span + INTERVAL '2 hours', span + INTERVAL '3 hours')) AS hour FROM narrow
),
wide_hours AS (
    SELECT DISTINCT tenant, asn, user_agent, app_id, unnest(make_array(span - INTERVAL '2 hours', span - INTERVAL '1 hour', span, span + INTERVAL '1 hour', span + INTERVAL '2 hours', span + INTERVAL '3 hours')) AS hour FROM wide
),
hours AS (
    SELECT tenant, hour FROM narrow_hours UNION SELECT tenant, hour FROM wide_hours
),
answered AS (
    SELECT
        id, time, tenant, actor AS account, client_ip, asn, user_agent, app_id, error_code,
        date_trunc('second', time) AS second, date_trunc('hour', time) AS hour,
        CASE
            -- The password was wrong, expired or locked, or the account does not exist.
            WHEN error_code IN ('50126', '50053', '50055', '50056', '50034', '50057') THEN 'refused'
            WHEN log_class <> 'ual.sts' AND result = 'success' THEN 'accepted'
            WHEN regexp_like(coalesce(property(properties, 'LogonError'), error_code, ''),
                             '^(InvalidUserNameOrPassword|IdsLocked|InvalidPassword|UserAccountNotFound|UserDisabled)')
                THEN 'refused'
            WHEN result = 'success' THEN 'accepted'
            -- The password was right and something else was asked for: a second factor, its registration, a policy.
            WHEN error_code IN ('50074', '50076', '50079', '50072', '50158', '53003', '53000', '53001', '50005', '53004') THEN 'accepted'
        END AS answer
    FROM events
    WHERE log_class IN ('ual.sts', 'signin.interactive', 'signin.noninteractive', 'signin.adfs')
      AND time IS NOT NULL AND actor IS NOT NULL AND client_ip IS NOT NULL
      AND operation IN ('UserLoggedIn', 'UserLoginFailed', 'Sign-in activity')
),
-- The engine keeps the left side of a join in memory: that is the short list of places, not the sign-ins.
around AS (
    SELECT answered.*
    FROM hours
    RIGHT SEMI JOIN answered ON answered.tenant = hours.tenant AND answered.hour = hours.hour
    WHERE answered.answer IS NOT NULL
),
likely AS (
    SELECT beside.*
    FROM wide_hours
    RIGHT JOIN (
        SELECT around.*, narrow_hours.hour IS NOT NULL AS is_narrow
        FROM narrow_hours
        RIGHT JOIN around ON around.tenant = narrow_hours.tenant AND around.client_ip = narrow_hours.client_ip AND around.hour = narrow_hours.hour
    ) AS beside ON beside.tenant = wide_hours.tenant AND beside.asn = wide_hours.asn AND beside.user_agent = wide_hours.user_agent
        AND coalesce(beside.app_id, '') = wide_hours.app_id AND beside.hour = wide_hours.hour
    WHERE beside.is_narrow OR wide_hours.hour IS NOT NULL
),
tries AS (
    -- Two logs of one try fall into the same second and count once. Many tries on one account are guessing, not spraying.
    SELECT
        likely.*,
        count(DISTINCT CASE WHEN answer = 'refused' THEN second END) OVER (
            PARTITION BY tenant, client_ip, account, date_bin(INTERVAL '10 minutes', time)) AS tries_here,
        -- Of those who are sprayed hardly anybody gets in soon after.
        max(CASE WHEN answer = 'accepted' THEN 1 ELSE 0 END) OVER (
            PARTITION BY tenant, client_ip, account ORDER BY time RANGE BETWEEN CURRENT ROW AND INTERVAL '60 minutes' FOLLOWING) AS gets_in
    FROM likely
),
watched AS (
    SELECT
        tries.*,
        answer = 'refused' AND tries_here <= 6 AS sprayed,
        count(DISTINCT CASE WHEN answer = 'refused' AND tries_here <= 6 AND gets_in = 0 THEN account END) OVER last_hour AS accounts_refused,
        count(DISTINCT CASE WHEN answer = 'accepted' THEN account END) OVER last_hour AS accounts_accepted,
        count(DISTINCT CASE WHEN answer = 'refused' AND tries_here <= 6 AND gets_in = 0 THEN account END) OVER same_program AS program_refused
    FROM tries
    WINDOW last_hour AS (PARTITION BY tenant, client_ip ORDER BY time RANGE BETWEEN INTERVAL '60 minutes' PRECEDING AND CURRENT ROW),
           same_program AS (
               PARTITION BY tenant, client_ip, user_agent, app_id ORDER BY time RANGE BETWEEN INTERVAL '60 minutes' PRECEDING AND CURRENT ROW)
),
addressed AS (
    -- A try belongs to a spray when some hour that holds it has three accounts in it.
    SELECT
        watched.*,
        max(accounts_refused) OVER next_hour AS most_refused,
        max(accounts_accepted) OVER next_hour AS most_accepted,
        max(program_refused) OVER (
            PARTITION BY tenant, client_ip, user_agent, app_id ORDER BY time RANGE BETWEEN CURRENT ROW AND INTERVAL '60 minutes' FOLLOWING) AS program_most,
        max(program_refused) OVER (
            PARTITION BY tenant, client_ip ORDER BY time RANGE BETWEEN INTERVAL '60 minutes' PRECEDING AND INTERVAL '60 minutes' FOLLOWING) AS best_program
    FROM watched
    WINDOW next_hour AS (PARTITION BY tenant, client_ip ORDER BY time RANGE BETWEEN CURRENT ROW AND INTERVAL '60 minutes' FOLLOWING)
),
judged AS (
    -- Where one program does the spraying, somebody who mistypes in another program behind the same address is not part of it.
    SELECT
        addressed.*,
        sprayed AND most_refused >= 3 AND (best_program < 3 OR program_most >= 2) AS is_hit
    FROM addressed
),
followed AS (
    SELECT
        judged.*,
        max(CASE WHEN is_hit THEN 1 ELSE 0 END) OVER same_program AS after_hit
    FROM judged
    WINDOW same_program AS (
        PARTITION BY tenant, client_ip, user_agent, app_id ORDER BY time RANGE BETWEEN INTERVAL '60 minutes' PRECEDING AND CURRENT ROW)
),
-- The same over many addresses of one network, with one program and one application.
spread AS (
    SELECT
        followed.*,
        asn IS NOT NULL AND user_agent IS NOT NULL AS is_placed,
        count(DISTINCT CASE WHEN sprayed AND gets_in = 0 THEN account END) OVER last_hour AS wide_accounts,
        count(DISTINCT CASE WHEN sprayed THEN client_ip END) OVER last_hour AS wide_addresses,
        count(DISTINCT CASE WHEN answer = 'accepted' THEN account END) OVER last_hour AS wide_accepted
    FROM followed
    WINDOW last_hour AS (
        PARTITION BY tenant, asn, user_agent, app_id ORDER BY time RANGE BETWEEN INTERVAL '60 minutes' PRECEDING AND CURRENT ROW)
),
spread_marked AS (
    SELECT
        spread.*,
        max(CASE WHEN wide_accounts >= 5 AND wide_addresses >= 3 AND wide_accepted * 4 <= wide_accounts THEN 1 ELSE 0 END) OVER (
            PARTITION BY tenant, asn, user_agent, app_id ORDER BY time RANGE BETWEEN CURRENT ROW AND INTERVAL '60 minutes' FOLLOWING) AS is_wide,
        max(CASE WHEN sprayed THEN 1 ELSE 0 END) OVER (
            PARTITION BY tenant, asn, user_agent, app_id, account ORDER BY time RANGE BETWEEN INTERVAL '60 minutes' PRECEDING AND CURRENT ROW) AS account_tried
    FROM spread
),
found AS (
    SELECT spread_marked.*, is_hit OR answer = 'accepted' AND after_hit = 1 AS from_address
    FROM spread_marked
    WHERE is_hit OR answer = 'accepted' AND after_hit = 1
       OR is_placed AND is_wide = 1 AND (sprayed OR answer = 'accepted' AND account_tried = 1)
),
-- Whose password was first accepted at an address after tries, and how many such there are, made no home of it.
guessed AS (
    SELECT
        found.*,
        min(CASE WHEN answer = 'accepted' THEN time END) OVER (PARTITION BY tenant, client_ip, account) AS guessed_since,
        count(DISTINCT CASE WHEN answer = 'accepted' THEN account END) OVER (PARTITION BY tenant, client_ip) AS guessed_here
    FROM found
),
-- Since when each account has signed in from each address, and how many had before it or with it.
homes AS (
    SELECT tenant, client_ip, actor, min(first_time) AS here_since, row_number() OVER (PARTITION BY tenant, client_ip ORDER BY min(first_time), actor) AS nth
    FROM seats
    GROUP BY tenant, client_ip, actor
),
-- Whoever had signed in from there before may have mistyped at his own desk, and an address from which three people have signed in
-- for days is an office. What came with the spray, or after it, makes neither.
placed AS (
    SELECT
        guessed.*,
        coalesce(own.here_since <= guessed.time - INTERVAL '1 day' AND own.here_since < guessed_since - INTERVAL '1 second', FALSE) AS at_home,
        coalesce(third.here_since <= guessed.time - INTERVAL '5 days', FALSE) AS in_office,
        -- More people get in from there than fail.
        from_address AND most_accepted > most_refused AS mostly_accepted
    FROM guessed
    LEFT JOIN homes AS own ON own.tenant = guessed.tenant AND own.client_ip = guessed.client_ip AND own.actor = guessed.account
    LEFT JOIN homes AS third ON third.tenant = guessed.tenant AND third.client_ip = guessed.client_ip AND third.nth = 3 + guessed_here
)
SELECT
    id, time, tenant, account, client_ip, user_agent, app_id, error_code,
    CASE WHEN from_address THEN client_ip ELSE concat('AS', CAST(asn AS VARCHAR), ' with one program') END AS source,
    answer = 'accepted' AS accepted,
    CASE
        WHEN answer = 'accepted' AND at_home THEN concat('The password of ', account, ', who had signed in from there before, was accepted at ', CAST(time AS VARCHAR))
        WHEN answer = 'accepted' THEN concat('The password of ', account, ' was accepted at ', CAST(time AS VARCHAR))
        ELSE 'No password was seen to be accepted'
    END AS outcome,
    CASE
        WHEN in_office AND (mostly_accepted OR most_refused < 10) THEN 'low'
        WHEN answer = 'accepted' AND NOT at_home THEN 'high'
        WHEN mostly_accepted THEN 'low'
        ELSE 'medium'
    END AS severity
FROM placed

/*---
id = "entra.brute_force"
version = 2
title = "Many passwords tried on one account"
why = "Somebody who wants one mailbox tries passwords until one fits, or keeps its owner locked out."
category = "brute_force"
attack = ["T1110.001", "T1078.004"]
severity = "low"
confidence = "medium"
needs = ["ual.sts", "signin.interactive", "signin.noninteractive", "signin.adfs"]
group_by = ["account"]
window = "1h"
primary = "accepted"
verdict = "not assessable"
verdict_reason = "sign-ins show who got in, not what was touched"
explanation = "On {account} {most_tries} wrong passwords were tried within half an hour, from {client_ip*}, between {first_time} and {last_time}. {outcome*}.[ {lockout}.] {sources}.[ User agents: {user_agent*}.] {records}."
shows = ["account", "client_ip", "user_agent", "app_id", "error_code", "most_tries", "outcome", "lockout", "sources"]
looked_for = ["ten or more wrong passwords on one account within half an hour, from anywhere", "a password accepted within the hour from a place that tried wrong ones and where the account had not signed in before", "the account locked by the tries"]
cannot_exclude = ["a success from an address that had tried no wrong password", "tries slower than ten in half an hour"]
false_positives = ["a device or a service with an old password, which tries on and on", "an owner who forgot the password"]
references = ["https://attack.mitre.org/techniques/T1110/001/", "https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes"]
---*/
WITH signins AS (
    SELECT
        id, time, tenant, actor AS account, client_ip, asn, user_agent, app_id, error_code,
        date_trunc('second', time) AS second,
        coalesce(CAST(asn AS VARCHAR), client_ip) AS network,
        CASE
            -- The password was wrong, expired or locked; an account that does not exist is nobody's.
            WHEN error_code IN ('50126', '50053', '50055', '50056')
              OR regexp_like(coalesce(property(properties, 'LogonError'), error_code, ''), '^(InvalidUserNameOrPassword|IdsLocked|InvalidPassword)')
                THEN 'refused'
            WHEN coalesce(result, '') = 'success' THEN 'accepted'
            -- The password was right and something else was asked for.
            WHEN error_code IN ('50074', '50076', '50079', '50072', '50158', '53003', '53000', '53001', '50005', '53004') THEN 'accepted'
        END AS answer,
        coalesce(error_code, '') = '50053' OR coalesce(property(properties, 'LogonError'), '') = 'IdsLocked' AS locked
    FROM events
    WHERE log_class IN ('ual.sts', 'signin.interactive', 'signin.noninteractive', 'signin.adfs')
      AND time IS NOT NULL AND actor IS NOT NULL AND client_ip IS NOT NULL
      AND operation IN ('UserLoggedIn', 'UserLoginFailed', 'Sign-in activity')
),
spans AS (
    SELECT
        tenant, account, date_trunc('second', time) AS second,
        -- Half an hour lies whole in an hour that begins at the full hour, or in one that begins at half past.
        unnest(make_array(date_bin(INTERVAL '1 hour', time), date_bin(INTERVAL '1 hour', time, TIMESTAMP '1970-01-01T00:30:00Z'))) AS span
    FROM refusals
    WHERE NOT of_nobody
),
-- Few accounts ever see ten wrong passwords in half an hour: leave the others out before anything is sorted. The left side is the short one.
tried AS (
    SELECT DISTINCT tenant, account
    FROM (SELECT tenant, account, span FROM spans GROUP BY tenant, account, span HAVING count(DISTINCT second) >= 10) AS hours
),
theirs AS (
    SELECT signins.*
    FROM tried
    JOIN signins ON signins.tenant = tried.tenant AND signins.account = tried.account
    WHERE signins.answer IS NOT NULL
),
-- Two logs of one try fall into the same second and count once.
counted AS (
    SELECT
        theirs.*,
        count(DISTINCT CASE WHEN answer = 'refused' THEN second END) OVER (PARTITION BY tenant, account ORDER BY time RANGE BETWEEN INTERVAL '30 minutes' PRECEDING AND CURRENT ROW) AS tries,
        min(CASE WHEN answer = 'accepted' THEN time END) OVER (PARTITION BY tenant, account, network) AS here_since,
        max(CASE WHEN answer = 'refused' THEN 1 ELSE 0 END) OVER (
            PARTITION BY tenant, account, network ORDER BY time RANGE BETWEEN INTERVAL '60 minutes' PRECEDING AND CURRENT ROW) AS tried_here,
        -- A password of its own that a machine keeps trying fails for days.
        count(DISTINCT CASE WHEN answer = 'refused' THEN date_trunc('hour', time) END) OVER (PARTITION BY tenant, account, client_ip, user_agent) AS hours_of_tries
    FROM theirs
),
marked AS (
    SELECT
        counted.*,
        max(tries) OVER (PARTITION BY tenant, account ORDER BY time RANGE BETWEEN CURRENT ROW AND INTERVAL '30 minutes' FOLLOWING) AS most_tries,
        max(tries) OVER (PARTITION BY tenant, account ORDER BY time RANGE BETWEEN INTERVAL '60 minutes' PRECEDING AND CURRENT ROW) AS tries_before
    FROM counted
),
kept AS (
    SELECT
        marked.*,
        -- From where its owner signs in anyway a success says that the owner remembered.
        answer = 'accepted' AND here_since >= time - INTERVAL '1 day' AS is_new_here
    FROM marked
    WHERE answer = 'refused' AND most_tries >= 10
       OR answer = 'accepted' AND tries_before >= 10 AND tried_here = 1
)
SELECT
    id, time, tenant, account, client_ip, user_agent, app_id, error_code,
    CAST(greatest(most_tries, tries_before) AS VARCHAR) AS most_tries,
    answer = 'accepted' AS accepted,
    CASE
        WHEN answer = 'refused' THEN 'Wrong passwords were refused'
        WHEN is_new_here THEN concat('A password was accepted at ', CAST(time AS VARCHAR), ' from a network where the account had not signed in before that day')
        ELSE concat('A password was accepted at ', CAST(time AS VARCHAR), ' from a network where the account signs in anyway')
    END AS outcome,
    CASE WHEN max(CASE WHEN locked THEN 1 ELSE 0 END) OVER (PARTITION BY tenant, account) = 1 THEN 'The account was locked by the tries' END AS lockout,
    CASE WHEN hours_of_tries >= 24 THEN 'The same program at the same address failed in 24 hours or more, as a machine with an old password does' ELSE 'The tries came in a burst' END AS sources,
    CASE
        WHEN answer = 'accepted' AND is_new_here THEN 'high'
        WHEN answer = 'refused' AND hours_of_tries < 24 AND here_since IS NULL AND most_tries >= 20 THEN 'medium'
        ELSE 'low'
    END AS severity
FROM kept

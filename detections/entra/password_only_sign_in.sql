/*---
id = "entra.password_only_sign_in"
version = 1
title = "Signed in with a password alone, by way of a program"
why = "Programs that hand over a password themselves, and old mail protocols, ask for no second factor: a stolen password is enough, and it is the first thing that is tried with one."
category = "legacy_protocol"
attack = ["T1078.004", "T1114.002"]
severity = "info"
confidence = "low"
needs = ["signin.interactive", "signin.noninteractive", "ual.sts"]
group_by = ["account", "way"]
window = "7d"
primary = "rank = 1"
verdict = "possible access"
verdict_reason = "a password alone was enough"
explanation = "{account} signed in with a password alone, by {way}, first at {first_time} from {client_ip*}[, with {user_agent*}]. {novelty*}. {followed*}. {records}.[ {learning}]"
shows = ["account", "way", "client_ip", "user_agent", "app_id", "novelty", "followed", "operation", "session_id"]
looked_for = ["passwords handed over by a program (ROPC), also where only the user agent tells", "sign-ins over old mail protocols with a single factor, where the account had never done so", "networks that are new for the account", "access to mail from the same address or its neighbours within a day"]
cannot_exclude = ["sign-ins whose records name neither protocol nor program", "access with the token from another network"]
false_positives = ["scanners, scripts and old mail programs that an administrator knows of", "tests of developers"]
references = ["https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth-ropc", "https://learn.microsoft.com/en-us/entra/identity/conditional-access/policy-block-legacy-authentication", "https://attack.mitre.org/techniques/T1078/004/"]
---*/
WITH signins AS (
    SELECT
        id, time, tenant, operation, actor AS account, client_ip, user_agent, app_id, session_id,
        coalesce(CAST(asn AS VARCHAR), neighbourhood(client_ip)) AS network,
        coalesce(ip_class, 'public') NOT IN ('provider', 'private') AS is_place,
        CASE
            WHEN lower(coalesce(auth_protocol, '')) = 'ropc' OR regexp_like(coalesce(user_agent, ''), '^BAV2ROPC', 'i') THEN 'a program that handed the password over (ROPC)'
            -- Mail programs with tokens name the same protocols, and say so.
            WHEN auth_protocol IS NULL AND coalesce(property(properties, 'authenticationRequirement'), '') = 'singleFactorAuthentication'
                THEN concat('an old protocol (', client_protocol, ')')
        END AS way
    FROM events
    WHERE log_class IN ('signin.interactive', 'signin.noninteractive', 'ual.sts')
      AND operation IN ('UserLoggedIn', 'Sign-in activity') AND time IS NOT NULL AND actor IS NOT NULL
      AND (lower(coalesce(auth_protocol, '')) = 'ropc' OR regexp_like(coalesce(user_agent, ''), '^BAV2ROPC', 'i')
           OR client_protocol IN ('imap4', 'imap', 'pop3', 'pop', 'authenticated smtp', 'smtp', 'exchange web services', 'other clients', 'other clients; imap', 'other clients; pop'))
      AND coalesce(result, 'success') = 'success' AND coalesce(error_code, '0') = '0'
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service', 'application')
),
-- Two logs of one sign-in tell of the same way; an account that does so every day is one row here.
dated AS (
    SELECT signins.*, min(time) OVER (PARTITION BY tenant, account, way) AS way_since
    FROM signins
    WHERE way IS NOT NULL
),
accounts AS (
    SELECT tenant, account, network FROM dated WHERE network IS NOT NULL GROUP BY tenant, account, network
),
known AS (
    SELECT accounts.tenant, accounts.account, accounts.network, min(seats.first_time) AS known_since,
        min(CASE WHEN seats.network = accounts.network THEN seats.first_time END) AS here_since
    FROM accounts
    JOIN seats ON seats.tenant = accounts.tenant AND seats.actor = accounts.account
    GROUP BY accounts.tenant, accounts.account, accounts.network
),
placed AS (
    SELECT
        dated.*, known.known_since,
        dated.way_since > dated.time - INTERVAL '1 day' AND known.known_since <= dated.way_since - INTERVAL '8 days' AS is_new_way,
        coalesce(dated.is_place AND known.known_since <= dated.time - INTERVAL '8 days' AND known.here_since > dated.time - INTERVAL '1 day', false) AS is_new_place
    FROM dated
    LEFT JOIN known ON known.tenant = dated.tenant AND known.account = dated.account AND known.network = dated.network
),
kept AS (
    SELECT * FROM placed WHERE way LIKE 'a program%' OR is_new_way
),
-- The first of a new way are few; only they are looked up in the records of mail.
news AS (
    SELECT id, tenant, account, time, neighbourhood(client_ip) AS near FROM kept WHERE is_new_way AND client_ip IS NOT NULL
),
mail AS (
    SELECT news.id, min(events.time) AS mail_at
    FROM news
    JOIN events ON events.tenant = news.tenant AND events.actor = news.account AND neighbourhood(events.client_ip) = news.near
    WHERE events.log_class IN ('ual.mia.bind', 'ual.mia.sync') AND events.time BETWEEN news.time AND news.time + INTERVAL '1 day'
    GROUP BY news.id
)
SELECT
    kept.id, kept.time, kept.tenant, kept.operation, kept.account, kept.way, kept.client_ip, kept.user_agent, kept.app_id, kept.session_id,
    CASE WHEN mail.mail_at IS NOT NULL AND is_new_place THEN 1 WHEN is_new_way THEN 2 ELSE 3 END AS rank,
    CASE
        WHEN is_new_way AND is_new_place THEN 'The account had never signed in that way nor from that network'
        WHEN is_new_way THEN 'The account had never signed in that way'
        WHEN is_new_place THEN 'The account had not signed in from that network before'
        ELSE 'Whether that is new for the account the records do not show, or it is not'
    END AS novelty,
    CASE WHEN mail.mail_at IS NOT NULL THEN 'From there mail was accessed within the day' ELSE 'Mail accessed from there after a first sign-in of that kind is not among the records' END AS followed,
    CASE WHEN kept.known_since > kept.time - INTERVAL '14 days' OR kept.known_since IS NULL THEN 'The account''s sign-ins before that span less than two weeks: what is usual is still being learned.' END AS learning,
    CASE
        WHEN is_new_way AND is_new_place AND mail.mail_at IS NOT NULL AND kept.known_since <= kept.time - INTERVAL '14 days' THEN 'medium'
        WHEN is_new_way OR is_new_place THEN 'low'
        ELSE 'info'
    END AS severity,
    CASE WHEN is_new_way AND is_new_place THEN 'medium' ELSE 'low' END AS confidence
FROM kept
LEFT JOIN mail ON mail.id = kept.id

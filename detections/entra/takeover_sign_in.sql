/*---
id = "entra.takeover_sign_in"
version = 2
title = "First sign-in from an unknown network with an unknown program"
why = "Whoever has somebody's password or session signs in from his own machine: network and program are both new for the account, and what follows in the session is what he came for."
category = "takeover_signin"
attack = ["T1078.004", "T1539", "T1557"]
severity = "low"
confidence = "low"
needs = ["signin.interactive", "signin.noninteractive", "ual.sts"]
baseline = true
group_by = ["account", "network"]
window = "1d"
primary = "is_sign_in"
verdict = "possible access"
verdict_reason = "the sign-in opens the mailbox; what was accessed is in other findings"
explanation = "{account} signed in at {time} from {client_ip} in {network}[ ({country})] with {user_agent}: network and program are both new for the account, whose sign-ins go back to {known_since}. {followed}[ {source}][ {learning}]"
shows = ["account", "client_ip", "network", "country", "user_agent", "app_id", "auth_protocol", "session_id", "operation", "followed"]
looked_for = ["successful sign-ins from a network and with a program that are both new for the account", "rules, consents, changes of sign-in methods and mail access in the same session, and device codes", "others of the tenant in the same network"]
cannot_exclude = ["an intruder who works through a network and a program that the account uses", "actions of the session in records that name no session", "sign-ins of clients that the unified audit log leaves out, where it is all there is"]
false_positives = ["a new device that is first used on a journey", "a new employee's second device"]
references = ["https://attack.mitre.org/techniques/T1078/004/", "https://learn.microsoft.com/en-us/entra/identity/authentication/how-to-authentication-track-linkable-identifiers"]
---*/
WITH contexts AS (
    -- One row for each network, program and application of an account.
    SELECT
        tenant, actor AS account, asn, CASE WHEN asn IS NULL THEN client_ip END AS lone_ip, country, user_agent, app_id, min(time) AS first_time, max(time) AS last_time,
        max(CASE WHEN lower(coalesce(auth_protocol, '')) LIKE '%devicecode%' THEN 1 ELSE 0 END) AS device_code
    FROM events
    -- Many hand in the unified audit log alone. Where both logs have a sign-in they have it in one network and with one program: its
    -- records stand in one finding.
    WHERE log_class IN ('signin.interactive', 'signin.noninteractive', 'ual.sts')
      -- With 50140 all was given that was asked for, and somebody is asked whether to stay signed in.
      AND (result = 'success' OR log_class = 'ual.sts' AND error_code = '50140') AND (log_class <> 'ual.sts' OR operation = 'UserLoggedIn')
      AND time IS NOT NULL AND actor IS NOT NULL AND actor NOT LIKE '%#ext#%' AND client_ip IS NOT NULL AND coalesce(ip_class, 'public') NOT IN ('provider', 'private') AND user_agent IS NOT NULL
      AND coalesce(actor_kind, 'user') NOT IN ('guest', 'partner')
    GROUP BY tenant, actor, asn, CASE WHEN asn IS NULL THEN client_ip END, country, user_agent, app_id
),
named AS (
    -- Where nobody knows the number of a network, its neighbourhood of addresses stands for it.
    SELECT contexts.*,
        CASE WHEN asn IS NOT NULL THEN concat('AS', CAST(asn AS VARCHAR)) ELSE neighbourhood(lone_ip) END AS network,
        program(user_agent) AS family
    FROM contexts
),
dated AS (
    SELECT
        named.*,
        min(first_time) OVER (PARTITION BY tenant, account) AS known_since,
        -- Products sign in for their users from networks of their own: where people are, their browsers tell.
        min(CASE WHEN user_agent LIKE 'Mozilla/%' THEN first_time END) OVER (PARTITION BY tenant, account, network) AS browsed_first,
        min(first_time) OVER (PARTITION BY tenant, account, network) AS network_first,
        min(first_time) OVER (PARTITION BY tenant, account, family) AS family_first,
        min(first_time) OVER (PARTITION BY tenant, account, country) AS country_first,
        max(last_time) OVER (PARTITION BY tenant, account, network) AS network_last,
        min(first_time) OVER (PARTITION BY tenant, app_id) AS app_first,
        min(account) OVER (PARTITION BY tenant, app_id, network) AS one_of_app,
        max(account) OVER (PARTITION BY tenant, app_id, network) AS other_of_app
    FROM named
),
shared AS (
    -- A network in which several people of the tenant work for days is an office, a VPN or a carrier.
    SELECT dated.*, sum(CASE WHEN network_last > browsed_first + INTERVAL '5 days' AND first_time = browsed_first THEN 1 ELSE 0 END) OVER (PARTITION BY tenant, network) AS residents
    FROM dated
),
strangers AS (
    SELECT
        tenant, account, network, asn, lone_ip, family, min(first_time) AS first_time, min(known_since) AS known_since, max(CASE WHEN country_first >= first_time THEN 1 ELSE 0 END) AS new_country
    FROM shared
    WHERE first_time >= known_since + INTERVAL '8 days'
      AND (network_first >= first_time OR user_agent LIKE 'Mozilla/%' AND browsed_first >= first_time)
      -- An intruder may try his program in a network that the account uses first.
      AND family_first > first_time - INTERVAL '1 day'
      AND residents < 3
      -- A product that was just introduced signs in for its users from its own network, with a program of its own.
      AND NOT (device_code = 0 AND app_first > first_time - INTERVAL '14 days' AND one_of_app <> other_of_app)
    GROUP BY tenant, account, network, asn, lone_ip, family
),
-- The sign-ins, and what else was done from that network by the account on the day: by session where the records name one, else
-- by network. Both come out of one look at the records.
together_all AS (
    SELECT *
    FROM (
        SELECT
            events.id, events.time, events.tenant, events.actor AS account, events.client_ip, strangers.network, events.country, events.user_agent,
            CASE WHEN events.log_class LIKE 'signin.%' OR events.log_class = 'ual.sts' THEN events.app_id ELSE coalesce(events.ctx_client_app_id, events.client_app_id, events.app_id) END AS app_id,
            events.auth_protocol, events.operation, coalesce(events.aad_session_id, events.session_id) AS session_id,
            strangers.known_since, strangers.first_time, strangers.new_country, strangers.family, events.log_class = 'ual.sts' AS of_audit,
            events.log_class LIKE 'signin.%' OR events.log_class = 'ual.sts' AS is_sign_in,
            CASE
                -- The page on which one confirms that another device is to be signed in.
                WHEN events.log_class = 'ual.sts' THEN CASE WHEN property(events.properties, 'RequestType') = 'Cmsi:Cmsi' THEN 'a device code' END
                WHEN events.log_class LIKE 'signin.%' THEN
                    CASE WHEN lower(coalesce(events.auth_protocol, '')) LIKE '%devicecode%' OR coalesce(property(events.properties, 'originalTransferMethod'), 'none') IN ('deviceCodeFlow') THEN 'a device code' END
                WHEN events.log_class IN ('ual.mia.bind', 'ual.mia.sync') THEN 'mail access'
                WHEN regexp_like(events.operation, 'inbox ?rule', 'i') THEN 'an inbox rule'
                WHEN regexp_like(events.operation, '^consent to application|delegated permission grant', 'i') THEN 'a consent'
                WHEN regexp_like(events.operation, 'security info|strong authentication|authentication method', 'i') THEN 'a changed sign-in method'
            END AS deed
        FROM strangers
        JOIN events ON events.tenant = strangers.tenant AND events.actor = strangers.account AND coalesce(events.asn, 0) = coalesce(strangers.asn, 0)
            AND (strangers.lone_ip IS NULL OR events.client_ip = strangers.lone_ip)
        WHERE events.log_class IN ('signin.interactive', 'signin.noninteractive', 'ual.sts', 'ual.mia.bind', 'ual.mia.sync', 'ual.item', 'ual.exchange_admin', 'ual.directory', 'audit.directory')
          AND events.time < strangers.first_time + INTERVAL '1 day'
          AND (events.log_class IN ('signin.interactive', 'signin.noninteractive', 'ual.sts')
                   AND (events.result = 'success' OR events.log_class = 'ual.sts' AND events.error_code = '50140')
                   AND (events.log_class <> 'ual.sts' OR events.operation = 'UserLoggedIn') AND events.time >= strangers.first_time AND program(events.user_agent) = strangers.family
               OR events.log_class NOT IN ('signin.interactive', 'signin.noninteractive', 'ual.sts') AND coalesce(events.client_protocol, '') NOT IN ('rest', 'outlookservice')
                   AND events.time >= strangers.first_time - INTERVAL '10 minutes')
    ) AS acts
    WHERE is_sign_in OR deed IS NOT NULL
),
together AS (
    -- Access to mail counts only in a session that was signed in to there; where no sign-in names its session, with its program.
    SELECT
        together_all.*,
        max(CASE WHEN is_sign_in THEN 1 ELSE 0 END) OVER (PARTITION BY tenant, account, network, session_id) AS session_signed_in,
        max(CASE WHEN is_sign_in THEN session_id END) OVER (PARTITION BY tenant, account, network) IS NULL AND program(user_agent) = family AS by_program
    FROM together_all
),
judged AS (
    SELECT
        together.*,
        count(DISTINCT deed) OVER (PARTITION BY tenant, account, network) AS deeds,
        max(CASE WHEN deed IS NOT NULL AND deed <> 'mail access' THEN deed END) OVER (PARTITION BY tenant, account, network) AS worst,
        max(CASE WHEN deed = 'mail access' THEN 1 ELSE 0 END) OVER (PARTITION BY tenant, account, network) AS mail_seen,
        min(CASE WHEN is_sign_in THEN of_audit END) OVER (PARTITION BY tenant, account, network) AS audit_only
    FROM together
    WHERE is_sign_in OR deed <> 'mail access' OR session_signed_in = 1 OR by_program
)
SELECT
    id, time, tenant, account, client_ip, network, country, user_agent, app_id, auth_protocol, operation, session_id, known_since, is_sign_in,
    CASE
        WHEN worst IS NOT NULL AND mail_seen = 1 THEN concat('On the same day and from the same network followed ', worst, ' and access to mail.')
        WHEN worst IS NOT NULL THEN concat('On the same day and from the same network there was ', worst, '.')
        WHEN mail_seen = 1 THEN concat('On the same day mail was accessed from there', CASE WHEN new_country = 1 THEN '; the country is new for the account, too.' ELSE '.' END)
        ELSE 'No rule, consent, changed sign-in method, device code or access to mail was recorded from there on the day.'
    END AS followed,
    CASE WHEN audit_only THEN 'Of these sign-ins only the records of the unified audit log are there, which lacks many of those that clients make on their own.' END AS source,
    CASE WHEN first_time < known_since + INTERVAL '14 days' THEN 'The account''s sign-ins before that span less than two weeks: what is usual is still being learned.' END AS learning,
    CASE WHEN first_time < known_since + INTERVAL '14 days' THEN 'low' WHEN worst IS NOT NULL THEN 'medium' WHEN mail_seen = 1 AND new_country = 1 THEN 'medium' ELSE 'low' END AS severity,
    CASE WHEN first_time < known_since + INTERVAL '14 days' THEN 'low' WHEN worst IS NOT NULL AND mail_seen = 1 THEN 'high' WHEN worst IS NOT NULL THEN 'medium' ELSE 'low' END AS confidence
FROM judged

/*---
id = "m365.session_two_networks"
version = 2
title = "One mail session used from two places"
why = "Who steals a session cookie or a token goes on with the session of its owner, from another machine, mostly in another network."
category = "session_split"
attack = ["T1539", "T1550.004", "T1114.002"]
severity = "low"
confidence = "medium"
needs = ["ual.mia.bind", "ual.mia.sync"]
baseline = true
group_by = ["session"]
window = "3d"
primary = "is_second"
verdict = "recorded access"
verdict_reason = ""
explanation = "Session {session} of {account} began in network {first_network} and was used for mail of {mailbox*} at {time} from {client_ip} in network {network}[ ({country})] with {client}[ ({user_agent})]. {novelty}[ {learning}]"
shows = ["account", "mailbox", "session", "client_ip", "network", "country", "user_agent", "client", "first_network"]
looked_for = ["two networks in one session, by protocols whose records show the client's own address", "the second network among all earlier sign-ins and accesses of the account", "the program of the second network among those of the account", "one session in browsers on two operating systems", "a sign-in of the session at a prompt in the second network", "use of the session in two countries within two hours"]
cannot_exclude = ["a stolen session used from a network and on an operating system that the account uses, too", "use through interfaces whose records show the service's address only"]
false_positives = ["somebody on a journey, or a phone that changes networks", "the first use of a VPN exit", "a browser that is told to name another operating system"]
references = ["https://attack.mitre.org/techniques/T1539/", "https://learn.microsoft.com/en-us/entra/identity/authentication/how-to-authentication-track-linkable-identifiers"]
---*/
WITH used AS (
    -- One row for each session, network and program: far fewer than records.
    SELECT
        tenant, actor AS account, coalesce(aad_session_id, session_id) AS session, asn, CASE WHEN asn IS NULL THEN client_ip END AS lone_ip, country, user_agent,
        log_class LIKE 'signin.%' AS is_sign_in,
        max(CASE WHEN log_class = 'signin.interactive' THEN 1 ELSE 0 END) AS at_prompt,
        min(time) AS first_time, max(time) AS last_time
    FROM events
    WHERE time IS NOT NULL AND actor IS NOT NULL AND client_ip IS NOT NULL AND coalesce(ip_class, 'public') NOT IN ('provider', 'private')
      -- Browsers only: products sign in for their users from networks of their own.
      AND (log_class IN ('signin.interactive', 'signin.noninteractive') AND result = 'success' AND user_agent LIKE 'Mozilla/%'
           -- Elsewhere the address is the service's, which fetches the mail for the client.
           OR log_class IN ('ual.mia.bind', 'ual.mia.sync') AND client_protocol IN ('owa', 'mapi', 'ews', 'activesync', 'imap', 'pop3') AND coalesce(user_type, 0) IN (0, 2))
    GROUP BY tenant, actor, coalesce(aad_session_id, session_id), asn, CASE WHEN asn IS NULL THEN client_ip END, country, user_agent, log_class LIKE 'signin.%'
    UNION ALL
    -- Many hand in the unified audit log alone. Where there are sign-in logs, they hold the same sign-ins and more.
    SELECT
        tenant, actor, aad_session_id, asn, CASE WHEN asn IS NULL THEN client_ip END, country, user_agent, true,
        -- Where a password, a second factor or a confirmation was asked for, rather than a cookie shown.
        max(CASE WHEN regexp_like(property(properties, 'RequestType'), '^(login|sas|cmsi|kmsi):', 'i') THEN 1 ELSE 0 END),
        min(time), max(time)
    FROM (SELECT DISTINCT tenant AS has_logs FROM activity WHERE log_class IN ('signin.interactive', 'signin.noninteractive')) AS logged
    RIGHT ANTI JOIN events ON logged.has_logs = events.tenant
    WHERE log_class = 'ual.sts' AND operation = 'UserLoggedIn' AND result = 'success' AND user_agent LIKE 'Mozilla/%'
      AND time IS NOT NULL AND actor IS NOT NULL AND client_ip IS NOT NULL AND coalesce(ip_class, 'public') NOT IN ('provider', 'private')
    GROUP BY tenant, actor, aad_session_id, asn, CASE WHEN asn IS NULL THEN client_ip END, country, user_agent
),
named AS (
    -- Where nobody knows the number of a network, its neighbourhood of addresses stands for it.
    SELECT used.*,
        CASE WHEN asn IS NOT NULL THEN concat('AS', CAST(asn AS VARCHAR)) ELSE neighbourhood(lone_ip) END AS network,
        program(user_agent) AS family,
        -- A tablet or a phone that asks for the pages of a computer names the kindred system of one.
        CASE WHEN user_agent NOT LIKE 'Mozilla/%' THEN NULL WHEN user_agent LIKE '%Windows%' THEN 'Windows' WHEN regexp_like(user_agent, 'Macintosh|iPhone|iPad') THEN 'Apple'
            WHEN regexp_like(user_agent, 'Linux|X11|Android') THEN 'Linux' END AS system
    FROM used
),
dated AS (
    SELECT
        named.*,
        min(first_time) OVER (PARTITION BY tenant, account) AS account_first,
        min(first_time) OVER (PARTITION BY tenant, account, network) AS network_first,
        max(last_time) OVER (PARTITION BY tenant, account, network) AS network_last,
        min(first_time) OVER (PARTITION BY tenant, account, country) AS country_first,
        min(first_time) OVER (PARTITION BY tenant, account, family) AS family_first,
        CASE WHEN system IS NOT NULL THEN min(first_time) OVER (PARTITION BY tenant, account, system) END AS system_first,
        min(first_time) OVER (PARTITION BY tenant, account, session) AS session_first,
        min(first_time) OVER (PARTITION BY tenant, account, session, network) AS here_first,
        max(last_time) OVER (PARTITION BY tenant, account, session, network) AS here_last,
        max(at_prompt) OVER (PARTITION BY tenant, account, session, network) AS prompted_here,
        first_value(network) OVER (PARTITION BY tenant, account, session ORDER BY first_time, network) AS first_network,
        first_value(family) OVER (PARTITION BY tenant, account, session ORDER BY CASE WHEN family IS NULL THEN 1 ELSE 0 END, first_time) AS first_family,
        min(system) OVER (PARTITION BY tenant, account, session) AS one_system,
        max(system) OVER (PARTITION BY tenant, account, session) AS other_system
    FROM named
),
shared AS (
    -- A network in which several people of the tenant work for days is an office, a VPN or a carrier.
    SELECT dated.*, sum(CASE WHEN network_last > network_first + INTERVAL '5 days' AND first_time = network_first THEN 1 ELSE 0 END) OVER (PARTITION BY tenant, network) AS residents
    FROM dated
),
weighed AS (
    SELECT
        shared.*,
        -- New for the account, and nobody gave a password or second factor there.
        network <> first_network AND network_first >= here_first AND prompted_here = 0 AND residents < 3 AS by_network,
        -- A cookie does not go from one machine to another by itself. Of two systems the one that the account came to later is the stranger.
        one_system <> other_system AND session NOT LIKE '00000000-%' AND system_first = max(system_first) OVER (PARTITION BY tenant, account, session) AS by_system
    FROM shared
    WHERE session IS NOT NULL
),
split AS (
    SELECT
        tenant, account, session, network, first_network, asn, lone_ip, CASE WHEN NOT by_network THEN system END AS system, array_agg(DISTINCT user_agent) AS agents,
        min(here_first) AS here_first, max(here_last) AS here_last,
        bool_or(family IS NOT NULL AND family_first >= here_first AND family <> coalesce(first_family, family)) AS new_program,
        bool_or(country_first >= here_first) AS new_country,
        min(account_first) + INTERVAL '14 days' > min(here_first) AS is_learning,
        bool_or(by_system) AS two_systems, bool_or(by_system AND system_first > session_first - INTERVAL '1 day') AS new_system,
        bool_or(NOT is_sign_in) AS mail_seen
    FROM weighed
    WHERE by_network OR by_system
    GROUP BY tenant, account, session, network, first_network, asn, lone_ip, CASE WHEN NOT by_network THEN system END
),
around AS (
    SELECT
        events.id, events.time, events.tenant, events.mailbox, events.actor AS account, events.client_ip, events.user_agent, events.country, events.log_class,
        coalesce(events.client_protocol, 'sign-in') AS client, split.session, events.uti, coalesce(events.ctx_client_app_id, events.client_app_id, events.app_id) AS app_id,
        split.network, split.first_network, split.system, split.new_program, split.new_country, split.two_systems, split.new_system, split.is_learning,
        coalesce(events.asn, 0) = coalesce(split.asn, 0) AND (split.lone_ip IS NULL OR events.client_ip = split.lone_ip)
            AND (split.system IS NULL OR coalesce(array_has(split.agents, events.user_agent), false)) AS is_second
    FROM split
    JOIN events ON events.tenant = split.tenant AND events.actor = split.account AND coalesce(events.aad_session_id, events.session_id) = split.session
    WHERE split.mail_seen AND (split.two_systems OR split.new_program OR split.new_country AND NOT split.is_learning)
      AND events.time >= split.here_first - INTERVAL '2 hours' AND events.time <= split.here_last + INTERVAL '2 hours'
      AND (events.log_class IN ('signin.interactive', 'signin.noninteractive')
           OR events.log_class IN ('ual.mia.bind', 'ual.mia.sync') AND events.client_protocol IN ('owa', 'mapi', 'ews', 'activesync', 'imap', 'pop3'))
),
timed AS (
    -- Nobody is in two countries within two hours.
    SELECT
        around.*,
        min(CASE WHEN NOT is_second THEN country END) OVER beside AS one_beside, max(CASE WHEN NOT is_second THEN country END) OVER beside AS other_beside
    FROM around
    WINDOW beside AS (PARTITION BY tenant, session, network, system ORDER BY time RANGE BETWEEN INTERVAL '2 hours' PRECEDING AND INTERVAL '2 hours' FOLLOWING)
),
judged AS (
    SELECT timed.*, system IS NULL AS moved, max(CASE WHEN is_second AND (one_beside <> country OR other_beside <> country) THEN 1 ELSE 0 END) OVER (PARTITION BY tenant, session, network, system) AS at_once
    FROM timed
)
SELECT
    id, time, tenant, mailbox, account, client_ip, user_agent, country, client, session, session AS session_id, uti, app_id, network, first_network,
    log_class NOT LIKE 'signin.%' AS is_second,
    CASE WHEN is_learning THEN 'low' WHEN moved AND new_program OR new_system OR at_once = 1 AND (two_systems OR new_country) THEN 'medium' ELSE 'low' END AS severity,
    CASE
        WHEN is_learning THEN 'low'
        WHEN (moved AND new_program OR new_system) AND (moved AND new_country OR at_once = 1) THEN 'high'
        WHEN moved AND new_program OR new_system OR at_once = 1 THEN 'medium'
        ELSE 'low'
    END AS confidence,
    concat_ws(' ',
        CASE WHEN moved THEN 'Neither a sign-in nor any other access of the account came from there before, and no password or second factor was given there.' END,
        CASE
            WHEN two_systems THEN concat('The session was used on two operating systems, as when its cookie was taken to another machine; this one is ', CASE WHEN new_system THEN 'new for the account.' ELSE 'known for the account.' END)
            WHEN new_program THEN 'The program is another one than the session began with, and new for the account.'
            WHEN moved THEN 'The program is known for the account.'
        END,
        CASE WHEN moved AND new_country THEN 'The country is new for the account, too.' END,
        CASE WHEN at_once = 1 THEN 'Within two hours the session was used in another country.' END) AS novelty,
    CASE WHEN is_learning THEN 'The account''s records before that span less than two weeks: what is usual is still being learned.' END AS learning
FROM judged
WHERE is_second

/*---
id = "google.takeover_sign_in"
version = 1
title = "Google account used from a place that it never used"
why = "Whoever has somebody's password or session comes from a place of his own, and what the account does there in the first hours is what he came for."
category = "takeover_signin"
attack = ["T1078.004", "T1539", "T1557"]
severity = "low"
confidence = "low"
needs = ["gws.login", "gws.token", "gws.admin"]
group_by = ["account", "place"]
window = "1d"
primary = "is_sign_in"
verdict = "possible access"
verdict_reason = "the sign-in opens the mailbox; what was accessed is in other findings"
explanation = "{account} acted from {client_ip} ({network}[, {country}]) for the first time at {first_time}: {novelty}. Its records go back to {known_since}. {followed}[ {learning}]"
shows = ["account", "operation", "client_ip", "network", "country", "deed", "followed"]
looked_for = ["sign-ins from addresses and networks that the account did not use before and where nobody of the organisation works", "consents to applications that reach mail, forwarding, rights over all accounts, changed second factors and recovery data, the highest role, exports and new mail programs from the same place within a day"]
cannot_exclude = ["an intruder who works from an address that the account uses", "what was done from other addresses"]
false_positives = ["a journey, a new line at home", "a new program that is set up on a journey"]
references = ["https://attack.mitre.org/techniques/T1078/004/", "https://developers.google.com/workspace/admin/reports/v1/appendix/activity/login"]
---*/
WITH used AS (
    -- Where accounts are used by people: what applications do for them comes from the applications' machines.
    SELECT
        tenant, actor AS account, client_ip, asn, country, date_trunc('day', time) AS day, min(time) AS first_time, max(time) AS last_time,
        sum(CASE WHEN client_protocol IN ('imap', 'pop3') THEN 1 ELSE 0 END) AS fetched
    FROM events
    WHERE log_class IN ('gws.login', 'gws.token', 'gws.admin', 'gws.gmail', 'gws.drive')
      AND time IS NOT NULL AND actor IS NOT NULL AND actor_kind = 'user' AND client_ip IS NOT NULL AND coalesce(ip_class, 'public') NOT IN ('provider', 'private')
      AND NOT (log_class = 'gws.gmail' AND coalesce(client_protocol, CASE WHEN app_id IS NOT NULL THEN 'api' ELSE 'web' END) NOT IN ('web', 'ios', 'android', 'imap', 'pop3'))
      AND NOT (log_class = 'gws.token' AND operation NOT IN ('authorize', 'revoke'))
      AND NOT (log_class = 'gws.login' AND operation NOT IN ('login_success', 'logout', 'email_forwarding_out_of_domain'))
    GROUP BY tenant, actor, client_ip, asn, country, date_trunc('day', time)
),
placed AS (
    -- Where nobody knows the number of a network, its neighbourhood of addresses stands for it.
    SELECT used.*,
        neighbourhood(client_ip) AS place,
        CASE WHEN asn IS NOT NULL THEN concat('AS', CAST(asn AS VARCHAR)) ELSE neighbourhood(client_ip) END AS network,
        dense_rank() OVER (PARTITION BY tenant ORDER BY day) AS active_day
    FROM used
),
addresses AS (
    SELECT tenant, account, client_ip, place, network, min(country) AS country, min(first_time) AS first_time, max(last_time) AS last_time, sum(fetched) AS fetched, min(active_day) AS active_day
    FROM placed
    GROUP BY tenant, account, client_ip, place, network
),
housed AS (
    -- Others who are at the address for days: an office, a VPN, a shared flat.
    SELECT addresses.*,
        sum(CASE WHEN last_time > first_time + INTERVAL '5 days' THEN 1 ELSE 0 END) OVER (PARTITION BY tenant, client_ip)
            - CASE WHEN last_time > first_time + INTERVAL '5 days' THEN 1 ELSE 0 END AS housemates
    FROM addresses
),
places AS (
    SELECT tenant, account, place, network, min(country) AS country, min(first_time) AS first_time, max(last_time) AS last_time, sum(fetched) AS fetched, min(active_day) AS active_day, max(housemates) AS housemates
    FROM housed
    GROUP BY tenant, account, place, network
),
dated AS (
    SELECT
        places.*,
        min(first_time) OVER (PARTITION BY tenant) AS tenant_first,
        min(first_time) OVER (PARTITION BY tenant, account) AS known_since,
        min(first_time) OVER (PARTITION BY tenant, account, network) AS network_first,
        max(last_time) OVER (PARTITION BY tenant, account, network) AS network_last,
        min(first_time) OVER (PARTITION BY tenant, account, country) AS country_first,
        min(CASE WHEN fetched > 0 THEN first_time END) OVER (PARTITION BY tenant, account) AS program_first,
        -- One other in the neighbourhood is a neighbour; several are an organisation behind several addresses.
        sum(CASE WHEN last_time > first_time + INTERVAL '5 days' THEN 1 ELSE 0 END) OVER (PARTITION BY tenant, place)
            - CASE WHEN last_time > first_time + INTERVAL '5 days' THEN 1 ELSE 0 END AS neighbours
    FROM places
),
shared AS (
    SELECT dated.*,
        sum(CASE WHEN first_time = network_first AND network_last > first_time + INTERVAL '5 days' THEN 1 ELSE 0 END) OVER (PARTITION BY tenant, network) AS residents
    FROM dated
),
strangers AS (
    SELECT
        tenant, account, place, network, country, first_time, known_since,
        -- Whoever has a mail program for long takes it along on journeys.
        CASE WHEN program_first >= first_time THEN fetched ELSE 0 END AS fetched,
        network_first >= first_time AND residents < 3 AS new_network,
        country IS NOT NULL AND country_first >= first_time AS new_country,
        first_time < tenant_first + INTERVAL '14 days' OR first_time < known_since + INTERVAL '14 days' OR active_day <= 8 AS is_learning
    FROM shared
    WHERE first_time >= known_since + INTERVAL '3 days' AND housemates = 0 AND neighbours < 3
),
acts AS (
    SELECT
        events.id, events.time, events.tenant, events.actor, events.operation, events.client_ip, events.app_id, events.session_id,
        strangers.account, strangers.place, strangers.network, strangers.country, strangers.first_time, strangers.known_since, strangers.fetched, strangers.new_network, strangers.new_country, strangers.is_learning,
        CASE
            WHEN events.operation = 'authorize' AND regexp_like(property(events.properties, 'scope'), 'mail\.google\.com|auth/gmail\.(readonly|modify|compose|insert|metadata|settings)', 'i') THEN 'a consent to an application that reaches mail'
            WHEN events.operation = 'email_forwarding_out_of_domain' THEN 'forwarding of mail out of the organisation'
            WHEN events.operation = 'AUTHORIZE_API_CLIENT_ACCESS' THEN 'rights over all accounts for an application'
            WHEN events.operation IN ('2sv_disable', 'TURN_OFF_2_STEP_VERIFICATION', 'UNENROLL_USER_FROM_STRONG_AUTH', 'titanium_unenroll', 'GENERATE_2SV_SCRATCH_CODES') THEN 'a second factor taken away'
            WHEN events.operation IN ('2sv_enroll', 'recovery_email_edit', 'recovery_phone_edit', 'recovery_secret_qa_edit') THEN 'changed sign-in or recovery data'
            WHEN events.operation = 'GRANT_ADMIN_PRIVILEGE' OR events.operation = 'ASSIGN_ROLE' AND regexp_like(property(events.properties, 'ROLE_NAME'), 'seed_admin|super.?admin', 'i') THEN 'the highest role given to an account'
            WHEN events.operation IN ('CREATE_EMAIL_MONITOR', 'REQUEST_MAILBOX_DUMP', 'CREATE_DATA_TRANSFER_REQUEST', 'CUSTOMER_TAKEOUT_CREATED') OR events.workload = 'takeout' THEN 'a copy of mail or of all data'
        END AS deed
    FROM strangers
    JOIN events ON events.tenant = strangers.tenant AND events.actor = strangers.account AND neighbourhood(events.client_ip) = strangers.place
    WHERE events.log_class IN ('gws.login', 'gws.token', 'gws.admin', 'gws.other') AND events.operation NOT IN ('activity', 'login_verification', 'login_challenge', 'login_failure', 'logout')
      AND events.time >= strangers.first_time - INTERVAL '10 minutes' AND events.time < strangers.first_time + INTERVAL '1 day'
),
judged AS (
    SELECT
        acts.*,
        operation = 'login_success' AS is_sign_in,
        max(CASE WHEN operation = 'login_success' THEN 1 ELSE 0 END) OVER (PARTITION BY tenant, account, place) AS signed_in,
        count(DISTINCT deed) OVER (PARTITION BY tenant, account, place) AS deeds,
        min(deed) OVER (PARTITION BY tenant, account, place) AS one_deed,
        max(deed) OVER (PARTITION BY tenant, account, place) AS other_deed,
        -- An intruder consents at once; on a journey people do so in the course of the day.
        max(CASE WHEN deed NOT LIKE 'a consent%' OR time <= first_time + INTERVAL '30 minutes' AND deed IS NOT NULL THEN 1 ELSE 0 END) OVER (PARTITION BY tenant, account, place) AS is_grave
    FROM acts
    WHERE operation = 'login_success' OR deed IS NOT NULL
),
levelled AS (
    SELECT judged.*,
        CASE
            WHEN deeds >= 1 OR fetched >= 100 THEN concat('From there followed within a day: ', concat_ws('; ', one_deed, CASE WHEN other_deed <> one_deed THEN other_deed END, CASE WHEN fetched >= 100 THEN concat(CAST(fetched AS VARCHAR), ' messages fetched by a mail program that the account did not have before') END), '.')
            ELSE 'No consent, forwarding, changed second factor, highest role, export or bulk access by a new mail program was recorded from there within the day.'
        END AS followed,
        CASE
            WHEN is_learning THEN 'low'
            WHEN deeds >= 2 OR deeds >= 1 AND fetched >= 100 THEN 'high'
            WHEN (is_grave = 1 OR fetched >= 100) AND (new_network OR signed_in = 1) THEN 'medium'
            ELSE 'low'
        END AS severity
    FROM judged
    -- An address that is new in a network where the account is at home says nothing by itself.
    WHERE new_network AND signed_in = 1 OR deeds >= 1 OR fetched >= 100
)
SELECT
    id, time, tenant, account, actor, place, network, country, client_ip, app_id, session_id, operation, deed, known_since, is_sign_in, followed, severity,
    CASE severity WHEN 'high' THEN 'high' WHEN 'medium' THEN 'medium' ELSE 'low' END AS confidence,
    CASE
        WHEN new_network AND new_country THEN 'network and country are new for the account, and nobody of the organisation works there'
        WHEN new_network THEN 'the network is new for the account'
        ELSE 'the network is known, but neither the account nor anybody else of the organisation is usually in this part of it'
    END AS novelty,
    CASE WHEN is_learning THEN 'The records before that span less than two weeks or eight active days: what is usual is still being learned.' END AS learning
FROM levelled

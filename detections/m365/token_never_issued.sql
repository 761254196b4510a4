/*---
id = "m365.token_never_issued"
version = 2
title = "Mail accessed with a token that no sign-in issued"
why = "Who holds a signing key makes tokens without signing in: what a forged token cannot bring along is the sign-in that issued it."
category = "token_never_issued"
attack = ["T1606", "T1550.001", "T1114.002"]
severity = "high"
confidence = "medium"
needs = ["signin.noninteractive", "signin.interactive"]
complete = ["signin.interactive", "signin.noninteractive"]
group_by = ["grade", "context"]
window = "7d"
primary = "severity <> 'low'"
verdict = "recorded access"
verdict_reason = ""
explanation = "{records} of access to mail carry token ids that no sign-in has, neither as its own id nor as that of its token: {token*}. Mailboxes: {mailbox*}. The first token says it was issued at {token_issued_at} and was used by {actor} from {client_ip} with {client}[ ({user_agent})]. {baseline} {judgement}"
shows = ["mailbox", "actor", "token", "token_issued_at", "client_ip", "user_agent", "client", "session_id", "grade"]
looked_for = ["the token's id among the request ids and the token ids of all sign-ins, of people, clients and applications", "the token's id among the tokens that Outlook on the web issued", "the session, network and program of the access among the account's sign-ins", "sign-ins of other accounts in the five minutes in which the token says it was issued"]
cannot_exclude = ["forgery or log suppression: cannot be told apart", "a sign-in that the provider lost, or that was exported later than these logs", "access with the same token in records that carry no token id"]
false_positives = ["an export that lacks sign-ins: a category, some hours, or what arrived late", "sign-ins exported in the portal's aggregated view instead of one by one", "a token of a middle tier that acts for the account"]
references = ["https://learn.microsoft.com/en-us/entra/identity/authentication/how-to-authentication-track-linkable-identifiers", "https://attack.mitre.org/techniques/T1606/"]
---*/
WITH issued_ids AS (
    -- A sign-in's own id is the id of the token it gave out; exports without the token id are of use all the same.
    SELECT unnest(CASE WHEN uti IS NULL OR uti = id THEN make_array(id) ELSE make_array(id, uti) END) AS uti
    FROM events
    WHERE log_class IN ('signin.interactive', 'signin.noninteractive', 'signin.service_principal', 'signin.managed_identity',
                        'signin.ms_service_principal', 'signin.adfs', 'ual.owaauth')
),
used AS (
    SELECT
        tenant, uti, min(coalesce(token_issued_at, time)) AS issued,
        max(CASE WHEN user_type IN (5, 6) OR actor_kind IN ('application', 'service') THEN 1 ELSE 0 END) AS app_only
    FROM events
    WHERE log_class IN ('ual.mia.bind', 'ual.mia.sync') AND uti IS NOT NULL AND time IS NOT NULL
      -- Tokens of another tenant and tokens from the future have detections of their own, which need no sign-ins.
      AND coalesce(token_tenant_id, tenant) = tenant
      AND coalesce(token_issued_at, time) <= time + INTERVAL '5 minutes'
    GROUP BY tenant, uti
),
orphans AS (
    SELECT used.* FROM used LEFT ANTI JOIN issued_ids ON used.uti = issued_ids.uti
),
signin_days AS (
    SELECT
        tenant, date_trunc('day', time) AS day, min(time) AS first_time, max(time) AS last_time,
        sum(CASE WHEN log_class = 'signin.interactive' THEN 1 ELSE 0 END) AS interactive,
        sum(CASE WHEN log_class = 'signin.noninteractive' THEN 1 ELSE 0 END) AS noninteractive,
        sum(CASE WHEN log_class = 'signin.service_principal' THEN 1 ELSE 0 END) AS by_app,
        array_agg(DISTINCT date_bin(INTERVAL '5 minutes', time)) AS busy
    FROM events
    WHERE log_class IN ('signin.interactive', 'signin.noninteractive', 'signin.service_principal') AND time IS NOT NULL
    GROUP BY tenant, date_trunc('day', time)
),
days AS (
    SELECT
        signin_days.*,
        min(first_time) OVER whole AS retained_from,
        max(last_time) OVER whole AS newest,
        -- How many sign-ins at a prompt a day with so many others would have.
        CAST(sum(interactive) OVER whole AS DOUBLE) * noninteractive / greatest(sum(noninteractive) OVER whole, 1) AS interactive_expected,
        sum(interactive) OVER whole = 0 AS never_interactive
    FROM signin_days
    WINDOW whole AS (PARTITION BY tenant)
),
covered AS (
    SELECT
        orphans.*,
        days.interactive, days.noninteractive, days.by_app, days.retained_from, days.newest,
        coalesce(array_has(days.busy, date_bin(INTERVAL '5 minutes', orphans.issued)), false) AS neighbours,
        count(*) OVER this_day AS orphans_that_day,
        row_number() OVER (PARTITION BY orphans.tenant, date_trunc('day', orphans.issued), app_only ORDER BY orphans.issued, orphans.uti) AS nth,
        CASE
            WHEN app_only = 1 THEN CASE WHEN coalesce(days.by_app, 0) = 0 THEN 'missing' ELSE 'there' END
            WHEN coalesce(days.noninteractive, 0) = 0 THEN 'missing'
            WHEN days.never_interactive OR days.interactive = 0 AND days.interactive_expected >= 1.5 THEN 'part'
            ELSE 'there'
        END AS logs
    FROM days
    RIGHT JOIN orphans ON orphans.tenant = days.tenant AND date_trunc('day', orphans.issued) = days.day
    WINDOW this_day AS (PARTITION BY orphans.tenant, date_trunc('day', orphans.issued), app_only)
),
graded AS (
    -- Many tokens of one day without a sign-in mean that the log lacks sign-ins, and nothing about any of them.
    SELECT
        covered.*,
        logs = 'missing' OR orphans_that_day >= 15 AND orphans_that_day * 9 > CASE WHEN app_only = 1 THEN by_app ELSE interactive + noninteractive END AS is_gap
    FROM covered
),
-- Of a day whose log is incomplete one token is shown.
kept AS (
    SELECT * FROM graded WHERE NOT is_gap OR nth = 1
),
records AS (
    SELECT
        events.id, events.time, events.tenant, events.log_class, events.operation, events.mailbox, events.mailbox_id, events.actor, events.user_type, events.actor_kind,
        events.client_ip, events.client_protocol, events.user_agent, events.session_id, events.aad_session_id, events.uti, events.token_issued_at,
        coalesce(events.ctx_client_app_id, events.client_app_id, events.app_id) AS app_id,
        kept.issued, kept.app_only, kept.logs, kept.is_gap, kept.neighbours, kept.retained_from, kept.newest, kept.interactive, kept.noninteractive, kept.by_app, kept.orphans_that_day,
        CASE WHEN kept.app_only = 1 THEN coalesce(events.ctx_client_app_id, events.client_app_id, events.app_id) ELSE events.actor END AS principal,
        -- Exchange writes a service's address where a service fetched the mail for the client.
        -- Where nobody knows the number of a network, its neighbourhood of addresses stands for it.
        CASE WHEN events.client_protocol NOT IN ('rest', 'outlookservice') AND coalesce(events.ip_class, 'public') NOT IN ('provider', 'private') THEN
            CASE WHEN events.asn IS NOT NULL THEN concat('AS', CAST(events.asn AS VARCHAR)) ELSE neighbourhood(events.client_ip) END
        END AS client_network,
        CASE WHEN events.client_protocol = 'owa' THEN program(events.user_agent) END AS client_family
    FROM kept
    JOIN events ON events.tenant = kept.tenant AND events.uti = kept.uti
    WHERE events.log_class IN ('ual.mia.bind', 'ual.mia.sync')
),
-- What the sign-ins know of each account: networks, programs and sessions. One row each, far fewer than sign-ins.
known AS (
    SELECT tenant, principal, CASE WHEN asn IS NOT NULL THEN concat('AS', CAST(asn AS VARCHAR)) ELSE neighbourhood(lone_ip) END AS network, program(user_agent) AS family, session
    FROM (
        SELECT DISTINCT
            tenant, CASE WHEN log_class = 'signin.service_principal' THEN app_id ELSE actor END AS principal,
            asn, CASE WHEN asn IS NULL THEN client_ip END AS lone_ip, user_agent, coalesce(aad_session_id, session_id) AS session
        FROM events
        WHERE log_class IN ('signin.interactive', 'signin.noninteractive', 'signin.service_principal', 'signin.adfs')
    ) AS seen
),
accounts AS (
    SELECT tenant, principal, array_agg(DISTINCT network) AS networks, array_agg(DISTINCT family) AS families, array_agg(DISTINCT session) AS sessions
    FROM known
    GROUP BY tenant, principal
),
compared AS (
    SELECT
        records.id, records.time, records.tenant, records.mailbox, records.mailbox_id, records.actor, records.user_type, records.actor_kind,
        records.client_ip, records.client_network, records.client_protocol AS client, records.user_agent, records.client_family,
        coalesce(records.aad_session_id, records.session_id) AS session_id, records.uti AS token, records.issued, records.token_issued_at, records.app_id,
        records.app_only, records.logs, records.is_gap, records.neighbours, records.retained_from, records.newest, records.interactive,
        records.noninteractive, records.by_app, records.orphans_that_day,
        coalesce(array_has(accounts.networks, records.client_network), false) AS network_known,
        coalesce(array_has(accounts.families, records.client_family), false) AS program_known,
        coalesce(array_has(accounts.sessions, coalesce(records.aad_session_id, records.session_id)), false) AS session_known
    FROM accounts
    RIGHT JOIN records ON accounts.tenant = records.tenant AND accounts.principal = records.principal
),
scored AS (
    SELECT
        compared.*,
        client_network IS NOT NULL AND NOT network_known AS new_network,
        client_family IS NOT NULL AND NOT program_known AS new_program,
        session_id IS NOT NULL AND NOT session_known AND app_only = 0 AS new_session,
        NOT regexp_like(token, '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$', 'i') AS odd_id
    FROM compared
),
judged AS (
    SELECT
        scored.*,
        CAST(new_network AS INT) + CAST(new_program AS INT) + CAST(new_session AS INT) + CAST(odd_id AS INT) AS strangeness,
        CASE
            WHEN is_gap THEN 'log incomplete'
            WHEN user_type IN (9, 10) OR actor_kind IN ('guest', 'partner') OR actor LIKE '%#ext#%' THEN 'signed in elsewhere'
            WHEN issued < retained_from + INTERVAL '1 hour' THEN 'before the log'
            WHEN issued > newest - INTERVAL '3 hours' THEN 'end of the log'
            WHEN logs = 'part' THEN 'log incomplete'
            WHEN issued > newest - INTERVAL '5 days' THEN 'late records'
            ELSE 'covered'
        END AS standing
    FROM scored
),
concluded AS (
    SELECT
        judged.*,
        CASE
            WHEN standing = 'covered' AND strangeness >= 1 THEN 'orphan'
            -- Up to some days late a sign-in may still be missing; then all of it must be strange to the account.
            WHEN standing = 'late records' AND strangeness >= 2 THEN 'orphan'
            ELSE 'orphan_unproven'
        END AS grade
    FROM judged
)
SELECT
    id, time, tenant, mailbox, actor, client_ip, user_agent, client, session_id, token, token_issued_at, issued AS judged_at, app_id, grade,
    -- One intruder is one finding, however many tokens and mailboxes; what is not strange in itself is one finding for the tenant.
    CASE
        WHEN is_gap OR grade = 'orphan_unproven' AND strangeness < 2 THEN 'tenant'
        WHEN client_network IS NOT NULL AND user_agent IS NOT NULL THEN concat(user_agent, ' from ',
            -- A neighbourhood of addresses, since an intruder's next address is often near the last.
            neighbourhood(client_ip))
        ELSE concat('mailbox ', coalesce(mailbox_id, mailbox, actor))
    END AS context,
    CASE WHEN grade = 'orphan' THEN 'high' ELSE 'low' END AS severity,
    CASE WHEN grade = 'orphan' AND strangeness >= 2 AND neighbours AND standing = 'covered' THEN 'high' WHEN grade = 'orphan' THEN 'medium' ELSE 'low' END AS confidence,
    concat(
        'On the day of issue the logs hold ', CAST(coalesce(interactive, 0) AS VARCHAR), ' sign-ins at a prompt, ', CAST(coalesce(noninteractive, 0) AS VARCHAR),
        ' of clients and ', CAST(coalesce(by_app, 0) AS VARCHAR), ' of applications in this tenant',
        CASE WHEN neighbours THEN ', some of them in the same five minutes.' ELSE ', none of them in the same five minutes.' END) AS baseline,
    concat(
        CASE
            WHEN grade = 'orphan' THEN 'So the sign-in should be there, and is not.'
            WHEN is_gap THEN concat('Not assessable: ', CAST(orphans_that_day AS VARCHAR), ' tokens of that day lack their sign-in, so the sign-in log is incomplete there.')
            WHEN standing = 'signed in elsewhere' THEN 'Unproven: guests and partners sign in to a tenant of their own.'
            WHEN standing = 'before the log' THEN 'Unproven: the token is older than the sign-ins at hand.'
            WHEN standing = 'end of the log' THEN 'Unproven: sign-ins of the last hours are usually not exported yet.'
            WHEN standing = 'log incomplete' THEN 'Unproven: sign-ins at a prompt are missing for that day.'
            WHEN standing = 'late records' THEN 'Unproven: some sign-ins of the last days arrive late.'
            ELSE 'Unproven: network, program and session are known for the account, so a lost sign-in is likelier.'
        END,
        CASE WHEN new_network THEN ' The account never signed in from this network.' ELSE '' END,
        CASE WHEN new_program THEN ' The account never signed in with this program.' ELSE '' END,
        CASE WHEN new_session THEN ' The session is in no sign-in of the account.' ELSE '' END,
        CASE WHEN odd_id THEN ' The id does not even have the form of Entra''s ids.' ELSE '' END,
        CASE WHEN issued < time - INTERVAL '28 hours' THEN ' The token was older than tokens get.' ELSE '' END) AS judgement
FROM concluded

/*---
id = "m365.new_client_context"
version = 1
title = "Mail accessed by a client that was not seen there before"
why = "In 2023 the first sign of an intruder was an application that had not been seen in those mailboxes before: everybody has habits, and an intruder does not know them."
category = "new_client_context"
attack = ["T1114.002", "T1550.001"]
severity = "low"
confidence = "low"
needs = ["ual.mia.bind", "ual.mia.sync"]
baseline = true
group_by = ["context"]
window = "7d"
primary = "true"
verdict = "recorded access"
verdict_reason = ""
explanation = "{what} accessed mail of {mailbox*} for the first time at {time}, from {client_ip} as {actor}[ with {user_agent}]. {baseline} {reach}[ {learning}]"
shows = ["mailbox", "actor", "client", "client_ip", "user_agent", "app_id", "what", "reach"]
looked_for = ["applications, original callers and protocols that accessed mail in the tenant for the first time, those of the provider included", "programs and networks that are both new for a mailbox", "the same new client in several mailboxes within a week", "sign-ins with the application"]
cannot_exclude = ["an intruder with the client and network of the mailbox's owner", "clients whose access is not recorded"]
false_positives = ["new software of the organisation, or a new service of the provider", "a new device on a journey"]
references = ["https://www.cisa.gov/news-events/cybersecurity-advisories/aa23-193a", "https://learn.microsoft.com/en-us/purview/audit-log-investigate-accounts"]
---*/
WITH seen AS (
    -- One row for each mailbox and client. That a caller is not named is a value like others.
    SELECT
        tenant, coalesce(mailbox_id, mailbox) AS mailbox_id, client_protocol AS client, coalesce(app_id, '∅') AS app,
        coalesce(ctx_client_app_id, nullif(client_app_id, ''), '∅') AS caller, coalesce(user_agent, '') AS user_agent,
        CASE WHEN client_protocol IN ('owa', 'mapi', 'ews', 'activesync', 'imap', 'pop3') AND coalesce(ip_class, 'public') NOT IN ('provider', 'private') THEN asn END AS asn,
        CASE WHEN client_protocol IN ('owa', 'mapi', 'ews', 'activesync', 'imap', 'pop3') AND coalesce(ip_class, 'public') NOT IN ('provider', 'private') AND asn IS NULL THEN client_ip END AS lone_ip,
        max(CASE WHEN user_type IN (5, 6) OR actor_kind IN ('application', 'service') THEN 1 ELSE 0 END) AS app_only,
        min(time) AS first_time, min(id) AS any_id
    FROM events
    WHERE log_class IN ('ual.mia.bind', 'ual.mia.sync') AND time IS NOT NULL
    GROUP BY tenant, coalesce(mailbox_id, mailbox), client_protocol, coalesce(app_id, '∅'), coalesce(ctx_client_app_id, nullif(client_app_id, ''), '∅'), coalesce(user_agent, ''),
        CASE WHEN client_protocol IN ('owa', 'mapi', 'ews', 'activesync', 'imap', 'pop3') AND coalesce(ip_class, 'public') NOT IN ('provider', 'private') THEN asn END,
        CASE WHEN client_protocol IN ('owa', 'mapi', 'ews', 'activesync', 'imap', 'pop3') AND coalesce(ip_class, 'public') NOT IN ('provider', 'private') AND asn IS NULL THEN client_ip END
),
named AS (
    -- Where nobody knows the number of a network, its neighbourhood of addresses stands for it.
    SELECT seen.*,
        CASE WHEN asn IS NOT NULL THEN concat('AS', CAST(asn AS VARCHAR)) ELSE neighbourhood(lone_ip) END AS network,
        program(user_agent) AS family
    FROM seen
),
dated AS (
    SELECT
        named.*,
        min(first_time) OVER (PARTITION BY tenant) AS tenant_first,
        min(first_time) OVER (PARTITION BY tenant, mailbox_id) AS mailbox_first,
        min(first_time) OVER (PARTITION BY tenant, client, app, caller) AS kind_first,
        min(first_time) OVER (PARTITION BY tenant, mailbox_id, client, app, caller) AS kind_here,
        min(first_time) OVER (PARTITION BY tenant, mailbox_id, family) AS family_here,
        min(first_time) OVER (PARTITION BY tenant, mailbox_id, network) AS network_here,
        row_number() OVER (PARTITION BY tenant, mailbox_id, client, app, caller ORDER BY first_time, any_id) AS nth_of_kind,
        row_number() OVER (PARTITION BY tenant, mailbox_id ORDER BY first_time, any_id) AS nth_of_mailbox
    FROM named
),
marked AS (
    SELECT
        dated.*,
        -- Two facts at once: a program and a network that the mailbox never saw, while it had records before.
        client <> 'mapi' AND user_agent <> '' AND network IS NOT NULL AND family_here >= first_time AND network_here >= first_time AND mailbox_first < first_time - INTERVAL '3 days' AND app_only = 0 AS is_stranger,
        nth_of_kind = 1 AND kind_here <= kind_first + INTERVAL '7 days' AS is_early
    FROM dated
),
reached AS (
    SELECT
        marked.*,
        sum(CASE WHEN is_early THEN 1 ELSE 0 END) OVER (PARTITION BY tenant, client, app, caller) AS kind_reach,
        sum(CASE WHEN nth_of_mailbox = 1 THEN 1 ELSE 0 END) OVER (PARTITION BY tenant) AS all_mailboxes,
        -- The same program in the same network, new in several mailboxes within a week.
        count(*) OVER (PARTITION BY tenant, is_stranger, family, network ORDER BY first_time RANGE BETWEEN INTERVAL '7 days' PRECEDING AND INTERVAL '7 days' FOLLOWING) AS stranger_rows,
        min(mailbox_id) OVER (PARTITION BY tenant, is_stranger, family, network ORDER BY first_time RANGE BETWEEN INTERVAL '7 days' PRECEDING AND INTERVAL '7 days' FOLLOWING) AS one_mailbox,
        max(mailbox_id) OVER (PARTITION BY tenant, is_stranger, family, network ORDER BY first_time RANGE BETWEEN INTERVAL '7 days' PRECEDING AND INTERVAL '7 days' FOLLOWING) AS other_mailbox,
        -- A row is of a program and network in a mailbox; who uses the program and network in ordinary work has rows without novelty.
        sum(CASE WHEN NOT is_stranger AND nth_of_mailbox >= 1 THEN 1 ELSE 0 END) OVER (PARTITION BY tenant, family, network) AS usual_rows
    FROM marked
),
candidates AS (
    SELECT
        reached.*,
        first_time < tenant_first + INTERVAL '14 days' AS is_learning,
        is_early AND kind_first >= tenant_first + INTERVAL '3 days' AND kind_first = kind_here AS is_new_kind
    FROM reached
    WHERE is_stranger AND first_time >= tenant_first + INTERVAL '3 days'
       OR is_early AND kind_first >= tenant_first + INTERVAL '3 days'
),
-- The applications that people or services of the tenant sign in with.
known_apps AS (
    SELECT DISTINCT tenant, app_id
    FROM events
    WHERE log_class IN ('signin.interactive', 'signin.noninteractive', 'signin.service_principal') AND app_id IS NOT NULL
),
apps AS (
    SELECT candidates.*,
        known_apps.app_id IS NOT NULL AS app_signs_in
    FROM candidates
    LEFT JOIN known_apps ON known_apps.tenant = candidates.tenant AND known_apps.app_id = CASE WHEN candidates.caller <> '∅' THEN candidates.caller ELSE candidates.app END
),
judged AS (
    SELECT
        apps.*,
        CASE WHEN is_stranger THEN concat('Program ', user_agent, ' in ', network) ELSE concat('Application ', app, ' called by ', caller, ' over ', coalesce(client, '∅')) END AS what,
        CASE WHEN is_stranger THEN concat(family, ' ', network) ELSE concat(app, ' ', caller, ' ', coalesce(client, '∅')) END AS context,
        is_stranger AND one_mailbox <> other_mailbox AS in_several,
        CASE
            WHEN is_learning THEN 'low'
            WHEN is_stranger AND one_mailbox <> other_mailbox AND stranger_rows * 5 < all_mailboxes AND usual_rows = 0 THEN 'medium'
            ELSE 'low'
        END AS severity
    FROM apps
    -- Alone in one mailbox a stranger is told only where the network is nobody's in the tenant.
    WHERE (is_stranger AND (one_mailbox <> other_mailbox OR usual_rows = 0))
       OR (NOT is_stranger AND is_early)
),
shown AS (
    SELECT judged.*, row_number() OVER (PARTITION BY tenant, context ORDER BY first_time, any_id) AS nth
    FROM judged
)
SELECT
    events.id, events.time, events.tenant, events.mailbox, events.actor, events.client_protocol AS client, events.client_ip, events.user_agent, events.session_id, events.uti,
    coalesce(events.ctx_client_app_id, nullif(events.client_app_id, ''), events.app_id) AS app_id,
    shown.what,
    -- A neighbourhood of addresses keeps two intruders apart who rent from one provider.
    CASE WHEN shown.is_stranger THEN concat(shown.context, ' ', neighbourhood(events.client_ip)) ELSE shown.context END AS context,
    shown.severity,
    CASE WHEN shown.severity = 'medium' THEN 'medium' ELSE 'low' END AS confidence,
    CASE
        WHEN shown.is_stranger THEN concat('The mailbox has records since ', CAST(shown.mailbox_first AS VARCHAR), ', none of them with this program and none from this network.')
        ELSE concat('The tenant has records of access to mail since ', CAST(shown.tenant_first AS VARCHAR), ', none of them of this kind.')
    END AS baseline,
    CASE
        WHEN shown.is_stranger AND shown.in_several THEN 'Within a week it was new in several mailboxes.'
        WHEN shown.is_stranger THEN 'It is new in this mailbox only.'
        WHEN shown.kind_reach >= 3 AND shown.kind_reach * 5 >= shown.all_mailboxes THEN concat('Within a week it reached ', CAST(shown.kind_reach AS VARCHAR), ' of ', CAST(shown.all_mailboxes AS VARCHAR), ' mailboxes, as software does that is rolled out.')
        WHEN shown.app_signs_in THEN concat('Within a week it was seen in ', CAST(shown.kind_reach AS VARCHAR), ' of ', CAST(shown.all_mailboxes AS VARCHAR), ' mailboxes; the sign-in logs know the application.')
        ELSE concat('Within a week it was seen in ', CAST(shown.kind_reach AS VARCHAR), ' of ', CAST(shown.all_mailboxes AS VARCHAR), ' mailboxes; no sign-in log knows the application.')
    END AS reach,
    CASE WHEN shown.is_learning THEN 'The records before that span less than two weeks: what is usual is still being learned.' END AS learning
FROM shown
JOIN events ON events.tenant = shown.tenant AND coalesce(events.mailbox_id, events.mailbox) = shown.mailbox_id AND coalesce(events.user_agent, '') = shown.user_agent
    AND events.client_protocol = shown.client
WHERE events.log_class IN ('ual.mia.bind', 'ual.mia.sync')
  AND coalesce(events.app_id, '∅') = shown.app AND coalesce(events.ctx_client_app_id, nullif(events.client_app_id, ''), '∅') = shown.caller
  AND (shown.is_stranger AND coalesce(events.asn, 0) = coalesce(shown.asn, 0) AND (shown.lone_ip IS NULL OR events.client_ip = shown.lone_ip) AND events.time <= shown.first_time + INTERVAL '7 days'
       OR NOT shown.is_stranger AND shown.nth <= 20 AND events.time <= shown.first_time + INTERVAL '1 hour')

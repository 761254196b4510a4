/*---
id = "google.gmail_new_client"
version = 1
title = "Gmail accessed by a client that was not seen there before"
why = "An intruder brings his own mail program, application or machine. What is new for a mailbox, and takes much at once, is where to look first."
category = "gmail_access"
attack = ["T1114.002", "T1550.001"]
severity = "low"
confidence = "low"
needs = ["gws.gmail"]
group_by = ["context"]
window = "7d"
primary = "true"
verdict = "recorded access"
verdict_reason = ""
explanation = "{what} accessed mail of {mailbox*} for the first time at {time}, from {client_ip} ({network}). {baseline} {reach}[ {learning}]"
shows = ["mailbox", "actor", "client", "app_id", "app_name", "client_ip", "network", "what", "reach"]
looked_for = ["messages viewed, fetched by POP3 or handed to an application, and attachments previewed or downloaded", "applications that are new in the organisation, and known ones that come from a new network", "IMAP and POP3 in mailboxes that did not use them", "hundreds of messages a day from a place that is new for the mailbox"]
cannot_exclude = ["an intruder with the client and from the address of the mailbox's owner", "messages of a folder copied by IMAP that Gmail records no access of"]
false_positives = ["a new product or mail program", "a product that moves to other machines", "a journey"]
references = ["https://developers.google.com/workspace/admin/reports/v1/appendix/activity/gmail", "https://support.google.com/a/answer/12384955"]
---*/
WITH used AS (
    -- That an application is not named is a value like others.
    SELECT
        tenant, mailbox, coalesce(client_protocol, '∅') AS client, coalesce(app_id, '∅') AS app, client_ip, asn, date_trunc('day', time) AS day,
        min(time) AS first_time, max(time) AS last_time, count(*) AS messages
    FROM events
    WHERE log_class = 'gws.gmail' AND access_kind = 'bind' AND time IS NOT NULL AND mailbox IS NOT NULL AND coalesce(logon_type, '') <> 'delegated'
    GROUP BY tenant, mailbox, coalesce(client_protocol, '∅'), coalesce(app_id, '∅'), client_ip, asn, date_trunc('day', time)
),
placed AS (
    SELECT used.*,
        -- A mail program that is let in by a token is on somebody's machine still.
        CASE WHEN client IN ('web', 'ios', 'android', 'imap', 'pop3') OR app = '∅' AND client <> 'api' THEN 'person' ELSE 'application' END AS kind,
        coalesce(neighbourhood(client_ip), '∅') AS place,
        CASE WHEN asn IS NOT NULL THEN concat('AS', CAST(asn AS VARCHAR)) ELSE coalesce(neighbourhood(client_ip), '∅') END AS network,
        dense_rank() OVER (PARTITION BY tenant ORDER BY day) AS active_day
    FROM used
),
addresses AS (
    SELECT tenant, mailbox, client, app, kind, client_ip, place, network, min(first_time) AS first_time, max(last_time) AS last_time, max(messages) AS most_a_day, min(active_day) AS active_day
    FROM placed
    GROUP BY tenant, mailbox, client, app, kind, client_ip, place, network
),
housed AS (
    -- Mail of others is opened for days from that address: an office, a VPN.
    SELECT addresses.*,
        sum(CASE WHEN kind = 'person' AND last_time > first_time + INTERVAL '5 days' THEN 1 ELSE 0 END) OVER (PARTITION BY tenant, client_ip)
            - sum(CASE WHEN kind = 'person' AND last_time > first_time + INTERVAL '5 days' THEN 1 ELSE 0 END) OVER (PARTITION BY tenant, client_ip, mailbox) AS housemates
    FROM addresses
),
-- One row for each mailbox, client and place.
rows_of AS (
    SELECT tenant, mailbox, client, app, kind, place, network, min(first_time) AS first_time, max(last_time) AS last_time, max(most_a_day) AS most_a_day, min(active_day) AS active_day, max(housemates) AS housemates
    FROM housed
    GROUP BY tenant, mailbox, client, app, kind, place, network
),
dated AS (
    SELECT
        rows_of.*,
        min(first_time) OVER (PARTITION BY tenant) AS tenant_first,
        min(first_time) OVER (PARTITION BY tenant, mailbox) AS mailbox_first,
        min(first_time) OVER (PARTITION BY tenant, kind, app) AS app_first,
        min(first_time) OVER (PARTITION BY tenant, kind, app, network) AS app_network_first,
        min(first_time) OVER (PARTITION BY tenant, mailbox, kind, client) AS client_here,
        min(CASE WHEN kind = 'person' THEN first_time END) OVER (PARTITION BY tenant, mailbox, place) AS place_here,
        min(CASE WHEN kind = 'person' THEN first_time END) OVER (PARTITION BY tenant, mailbox, network) AS network_here,
        -- One other in the neighbourhood is a neighbour; several are an organisation behind several addresses.
        sum(CASE WHEN kind = 'person' AND last_time > first_time + INTERVAL '5 days' THEN 1 ELSE 0 END) OVER (PARTITION BY tenant, place)
            - sum(CASE WHEN kind = 'person' AND last_time > first_time + INTERVAL '5 days' THEN 1 ELSE 0 END) OVER (PARTITION BY tenant, place, mailbox) AS neighbours,
        count(DISTINCT mailbox) OVER (PARTITION BY tenant) AS all_mailboxes
    FROM rows_of
),
reached AS (
    SELECT
        dated.*,
        count(DISTINCT CASE WHEN first_time < app_first + INTERVAL '7 days' THEN mailbox END) OVER (PARTITION BY tenant, kind, app) AS app_reach,
        count(DISTINCT CASE WHEN first_time < app_network_first + INTERVAL '7 days' THEN mailbox END) OVER (PARTITION BY tenant, kind, app, network) AS network_reach,
        -- In how many networks an application was seen before this one: who comes from everywhere is new nowhere.
        count(DISTINCT CASE WHEN first_time = app_network_first THEN network END) OVER (PARTITION BY tenant, kind, app ORDER BY first_time RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS networks_until,
        max(most_a_day) OVER (PARTITION BY tenant, kind, app, network) AS most_there,
        coalesce(max(CASE WHEN app_network_first = app_first THEN most_a_day END) OVER (PARTITION BY tenant, kind, app), 0) AS most_before
    FROM dated
),
judged AS (
    SELECT
        reached.*,
        CASE
            WHEN kind = 'application' AND app_first >= tenant_first + INTERVAL '3 days' AND first_time < app_first + INTERVAL '7 days' THEN 'new application'
            WHEN kind = 'application' AND app <> '∅' AND app_network_first >= app_first + INTERVAL '14 days' AND first_time < app_network_first + INTERVAL '7 days'
                 AND networks_until <= 3 AND (network_reach >= 3 OR most_there >= 50) THEN 'new network of an application'
            WHEN client IN ('imap', 'pop3') AND client_here >= mailbox_first + INTERVAL '3 days' AND first_time < client_here + INTERVAL '1 day' THEN 'new mail program'
            WHEN kind = 'person' AND most_a_day >= 100 AND network_here >= first_time - INTERVAL '1 day' AND first_time >= mailbox_first + INTERVAL '3 days' AND housemates = 0 AND neighbours < 3 THEN 'much from a new network'
        END AS finding,
        place_here >= first_time - INTERVAL '1 day' AND housemates = 0 AND neighbours < 3 AS is_new_place,
        -- The id of a service account that acts for accounts is a number; that of an application that asks them has a name.
        regexp_like(app, '^[0-9]+$') AS is_service,
        first_time < tenant_first + INTERVAL '14 days' OR first_time < mailbox_first + INTERVAL '14 days' AND kind = 'person' OR active_day <= 8 AS is_learning
    FROM reached
),
shown AS (
    SELECT
        tenant, mailbox, client, app, place, network, finding, is_new_place, is_service, is_learning, first_time, most_a_day, most_there, most_before, app_reach, network_reach, all_mailboxes, tenant_first, mailbox_first,
        CASE
            WHEN finding = 'new application' THEN app
            WHEN finding = 'new network of an application' THEN concat(app, ' ', network)
            ELSE concat(mailbox, ' ', client, ' ', network)
        END AS context,
        CASE
            WHEN is_learning THEN 'low'
            WHEN finding = 'new application' AND is_service AND app_reach * 5 < all_mailboxes THEN 'medium'
            -- A product that moves to other machines reads on as before; whoever holds stolen tokens takes all he can.
            WHEN finding = 'new network of an application' AND most_there >= 50 AND most_there >= 3 * most_before THEN 'medium'
            WHEN finding = 'new mail program' AND is_new_place AND most_a_day >= 100 THEN 'medium'
            ELSE 'low'
        END AS severity
    FROM judged
    WHERE finding IS NOT NULL
)
SELECT
    events.id, events.time, events.tenant, events.mailbox, events.actor, events.client_protocol AS client, events.client_ip, events.session_id, events.app_id, events.client_info AS app_name,
    shown.network, shown.context, shown.severity, shown.severity AS confidence,
    CASE shown.finding
        WHEN 'new application' THEN concat(CASE WHEN shown.is_service THEN 'The service account ' ELSE 'The application ' END, CASE WHEN shown.app = '∅' THEN 'that the records do not name' ELSE concat_ws(' ', events.client_info, concat('(', shown.app, ')')) END)
        WHEN 'new network of an application' THEN concat('From a network of which it never came before the application ', concat_ws(' ', events.client_info, concat('(', shown.app, ')')))
        WHEN 'new mail program' THEN concat('A mail program by ', upper(shown.client))
        ELSE concat('A client of type ', shown.client)
    END AS what,
    CASE
        WHEN shown.finding IN ('new application', 'new network of an application') THEN concat('Access to mail is recorded since ', CAST(shown.tenant_first AS VARCHAR), ', none of it ', CASE WHEN shown.finding = 'new application' THEN 'by this application.' ELSE 'by this application from there.' END)
        WHEN shown.is_new_place THEN concat('The mailbox has records since ', CAST(shown.mailbox_first AS VARCHAR), ', none of them from there, and nobody else of the organisation is usually there.')
        ELSE concat('The mailbox has records since ', CAST(shown.mailbox_first AS VARCHAR), ', none of them by this client.')
    END AS baseline,
    CASE
        WHEN shown.finding = 'new application' AND shown.app_reach >= 3 AND shown.app_reach * 5 >= shown.all_mailboxes THEN concat('Within a week it reached ', CAST(shown.app_reach AS VARCHAR), ' of ', CAST(shown.all_mailboxes AS VARCHAR), ' mailboxes, as a product does that is introduced.')
        WHEN shown.finding = 'new application' THEN concat('Within a week it reached ', CAST(shown.app_reach AS VARCHAR), ' of ', CAST(shown.all_mailboxes AS VARCHAR), ' mailboxes, at most ', CAST(shown.most_a_day AS VARCHAR), ' messages a day in one.')
        WHEN shown.finding = 'new network of an application' THEN concat('Within a week it reached ', CAST(shown.network_reach AS VARCHAR), ' of ', CAST(shown.all_mailboxes AS VARCHAR), ' mailboxes from there.')
        ELSE concat('At most ', CAST(shown.most_a_day AS VARCHAR), ' messages a day.')
    END AS reach,
    CASE WHEN shown.is_learning THEN 'The records before that span less than two weeks or eight active days: what is usual is still being learned.' END AS learning
FROM shown
JOIN events ON events.tenant = shown.tenant AND events.mailbox = shown.mailbox AND coalesce(events.client_protocol, '∅') = shown.client AND coalesce(events.app_id, '∅') = shown.app
    AND coalesce(neighbourhood(events.client_ip), '∅') = shown.place
WHERE events.log_class = 'gws.gmail' AND events.access_kind = 'bind' AND coalesce(events.logon_type, '') <> 'delegated'
  AND events.time >= shown.first_time AND events.time < shown.first_time + INTERVAL '7 days'

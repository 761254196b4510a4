/*---
id = "m365.full_sync_new_client"
version = 1
title = "Whole mailbox copied to a new client"
why = "A mail program that is set up with somebody's account copies every folder; after that everything is on the intruder's machine, and reading it leaves no record."
category = "mailbox_sync"
attack = ["T1114.002"]
severity = "low"
confidence = "low"
needs = ["ual.mia.sync"]
baseline = true
group_by = ["mailbox_id", "program"]
window = "1h"
primary = "true"
verdict = "recorded access"
verdict_reason = ""
explanation = "{folders} of the {all_folders} folders of {mailbox} that were ever copied were copied to {program} at {client_ip} within half an hour from {first_time}, by {actor}. The mailbox had no access by this version from this network before. {network}[ {learning}]"
shows = ["mailbox", "actor", "program", "client_ip", "folders", "all_folders", "network", "session_id"]
looked_for = ["more than half of a mailbox's folders copied within half an hour of the first record of a client", "the network of the client among the account's earlier sign-ins and accesses"]
cannot_exclude = ["reading of the copy afterwards, which leaves no record", "folders that were copied over more than half an hour"]
false_positives = ["a new computer, or a mail profile that is built anew"]
references = ["https://learn.microsoft.com/en-us/purview/audit-log-investigate-accounts"]
---*/
WITH syncs AS (
    SELECT
        id, time, tenant, coalesce(mailbox_id, mailbox) AS mailbox_id, mailbox, actor, client_ip, asn, session_id, folder_id,
        coalesce(ctx_client_app_id, client_app_id, app_id) AS app_id,
        concat_ws(' ', coalesce(property(properties, 'ClientProcessName'), client_protocol), property(properties, 'ClientVersion')) AS program,
        CASE WHEN asn IS NOT NULL THEN concat('AS', CAST(asn AS VARCHAR)) ELSE neighbourhood(client_ip) END AS network_of
    FROM events
    WHERE log_class = 'ual.mia.sync' AND time IS NOT NULL AND folder_id IS NOT NULL
),
dated AS (
    SELECT
        syncs.*,
        min(time) OVER (PARTITION BY tenant) AS tenant_first,
        min(time) OVER (PARTITION BY tenant, mailbox_id) AS mailbox_first,
        min(time) OVER (PARTITION BY tenant, mailbox_id, program, network_of) AS client_first,
        min(time) OVER (PARTITION BY tenant, mailbox_id, program) AS program_first
    FROM syncs
),
folders_of AS (
    SELECT tenant, coalesce(mailbox_id, mailbox) AS mailbox_id, count(DISTINCT folder_id) AS all_folders
    FROM events
    WHERE log_class = 'ual.mia.sync' AND folder_id IS NOT NULL
    GROUP BY tenant, coalesce(mailbox_id, mailbox)
),
fresh AS (
    -- The first half-hour of a client whose version the mailbox has not had from that network, nor from any other.
    SELECT dated.*
    FROM dated
    WHERE time < client_first + INTERVAL '30 minutes' AND program_first = client_first
      AND client_first > tenant_first + INTERVAL '2 days'
),
counted AS (
    SELECT tenant, mailbox_id, program, network_of, client_first, min(mailbox_first) AS mailbox_first, min(tenant_first) AS tenant_first, min(actor) AS actor, count(DISTINCT folder_id) AS folders
    FROM fresh
    GROUP BY tenant, mailbox_id, program, network_of, client_first
    HAVING count(DISTINCT folder_id) >= 4
),
full_ones AS (
    SELECT counted.*, folders_of.all_folders
    FROM counted
    JOIN folders_of ON folders_of.tenant = counted.tenant AND folders_of.mailbox_id = counted.mailbox_id
    WHERE counted.folders * 2 > folders_of.all_folders
),
-- Where the account signed in or accessed mail before; one row a network.
used_networks AS (
    SELECT tenant, actor, asn, CASE WHEN asn IS NULL THEN client_ip END AS lone_ip, min(time) AS first_time
    FROM events
    WHERE log_class IN ('signin.interactive', 'signin.noninteractive', 'ual.mia.bind', 'ual.sts') AND client_ip IS NOT NULL AND time IS NOT NULL
      AND coalesce(client_protocol, '') NOT IN ('rest', 'outlookservice')
    GROUP BY tenant, actor, asn, CASE WHEN asn IS NULL THEN client_ip END
),
networks AS (
    -- A network of five accounts or more is an office, a VPN or a carrier.
    SELECT named.*, count(*) OVER (PARTITION BY tenant, network) AS accounts
    FROM (
        SELECT tenant, actor, CASE WHEN asn IS NOT NULL THEN concat('AS', CAST(asn AS VARCHAR)) ELSE neighbourhood(lone_ip) END AS network, min(first_time) AS first_time
        FROM used_networks
        GROUP BY tenant, actor, CASE WHEN asn IS NOT NULL THEN concat('AS', CAST(asn AS VARCHAR)) ELSE neighbourhood(lone_ip) END
    ) AS named
),
placed AS (
    SELECT full_ones.tenant, full_ones.mailbox_id, full_ones.program, full_ones.network_of, full_ones.client_first, full_ones.folders, full_ones.all_folders, full_ones.tenant_first, full_ones.mailbox_first,
        max(CASE WHEN networks.network = full_ones.network_of AND (networks.first_time < full_ones.client_first - INTERVAL '1 day' OR networks.accounts >= 5) THEN 1 ELSE 0 END) AS network_known,
        count(networks.network) AS networks_known
    FROM full_ones
    LEFT JOIN networks ON networks.tenant = full_ones.tenant AND networks.actor = full_ones.actor
    GROUP BY full_ones.tenant, full_ones.mailbox_id, full_ones.program, full_ones.network_of, full_ones.client_first, full_ones.folders, full_ones.all_folders, full_ones.tenant_first, full_ones.mailbox_first
)
SELECT
    syncs.id, syncs.time, syncs.tenant, syncs.mailbox_id, syncs.mailbox, syncs.actor, syncs.client_ip, syncs.session_id, syncs.app_id, syncs.program,
    placed.folders, placed.all_folders,
    CASE WHEN placed.network_known = 1 THEN 'The account, or several of the tenant, used the network before.' ELSE 'The account never signed in or accessed mail from that network before the day.' END AS network,
    CASE WHEN placed.client_first < placed.tenant_first + INTERVAL '14 days' THEN 'The records before that span less than two weeks: what is usual is still being learned.' END AS learning,
    CASE WHEN placed.network_known = 0 AND placed.networks_known > 0 AND placed.client_first >= placed.tenant_first + INTERVAL '14 days' THEN 'medium' ELSE 'low' END AS severity,
    CASE WHEN placed.network_known = 0 AND placed.client_first >= placed.tenant_first + INTERVAL '14 days' THEN 'medium' ELSE 'low' END AS confidence
FROM placed
JOIN syncs ON syncs.tenant = placed.tenant AND syncs.mailbox_id = placed.mailbox_id AND syncs.program = placed.program AND syncs.network_of = placed.network_of
WHERE syncs.time < placed.client_first + INTERVAL '30 minutes'

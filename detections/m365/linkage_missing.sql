/*---
id = "m365.linkage_missing"
version = 1
title = "Mail accessed without the token id that such access always carries"
why = "A forged token needs no id. Where nearly every record of a client carries one, a client without is not like the others."
category = "token_never_issued"
attack = ["T1606", "T1550.001", "T1114.002"]
severity = "medium"
confidence = "medium"
needs = ["ual.mia.bind", "ual.mia.sync"]
baseline = true
group_by = ["context"]
window = "7d"
primary = "true"
verdict = "recorded access"
verdict_reason = ""
explanation = "{records} of access to {mailbox*} by {actor} from {client_ip} with {client}[ ({user_agent})] carry no token id, although {share} % of {usual} records of this application and protocol in the tenant do. {novelty}"
shows = ["mailbox", "actor", "client", "client_ip", "user_agent", "app_id", "token_issued_at", "share", "novelty"]
looked_for = ["clients of which no record carries a token id, where at least 95 % of 200 records of the same application and protocol do", "a change for the whole tenant on the same day, which would be the provider's", "the network and the program of the client among the account's other accesses"]
cannot_exclude = ["forged tokens that carry an id", "forgery or log suppression: cannot be told apart"]
false_positives = ["the provider rolling out or taking back a change of its records", "a client that the provider serves in the background"]
references = ["https://learn.microsoft.com/en-us/entra/identity/authentication/how-to-authentication-track-linkable-identifiers"]
---*/
WITH clients AS (
    -- A client is a program and a network in one mailbox. One row each.
    SELECT
        tenant, client_protocol AS client, coalesce(app_id, '') AS app, coalesce(client_app_id, '') AS caller, coalesce(mailbox_id, mailbox) AS mailbox_id,
        coalesce(user_agent, '') AS user_agent,
        CASE WHEN client_protocol IN ('rest', 'outlookservice') OR ip_class = 'provider' THEN '' ELSE coalesce(CAST(asn AS VARCHAR), client_ip, '') END AS network,
        count(*) AS records, count(uti) AS linked,
        sum(CASE WHEN uti IS NULL AND token_issued_at IS NOT NULL THEN 1 ELSE 0 END) AS halves
    FROM events
    WHERE log_class IN ('ual.mia.bind', 'ual.mia.sync') AND client_protocol IS NOT NULL AND time IS NOT NULL
      AND coalesce(user_type, 0) NOT IN (4, 9, 10)
    GROUP BY tenant, client_protocol, coalesce(app_id, ''), coalesce(client_app_id, ''), coalesce(mailbox_id, mailbox), coalesce(user_agent, ''),
        CASE WHEN client_protocol IN ('rest', 'outlookservice') OR ip_class = 'provider' THEN '' ELSE coalesce(CAST(asn AS VARCHAR), client_ip, '') END
),
kinds AS (
    SELECT
        clients.*,
        sum(linked) OVER kind AS kind_linked,
        sum(records) OVER kind AS kind_records,
        -- What is usual is counted with the clients in question left out: otherwise their own records would hide them.
        sum(CASE WHEN linked = 0 THEN records ELSE 0 END) OVER kind AS kind_never_linked,
        sum(linked) OVER (PARTITION BY tenant, mailbox_id, user_agent) AS program_linked,
        sum(linked) OVER (PARTITION BY tenant, mailbox_id, network) AS network_linked
    FROM clients
    WINDOW kind AS (PARTITION BY tenant, client, app, caller, user_agent = '')
),
suspects AS (
    SELECT
        kinds.*,
        CAST(100 * kind_linked / (kind_records - kind_never_linked) AS BIGINT) AS share,
        user_agent <> '' AND program_linked = 0 AS new_program,
        network <> '' AND network_linked = 0 AS new_network
    FROM kinds
    WHERE linked = 0 AND records >= 3
      AND kind_records - kind_never_linked >= 200 AND kind_linked >= 0.95 * (kind_records - kind_never_linked)
      -- Where many clients never carry an id, that is how this kind of access is.
      AND kind_never_linked * 2 < kind_records
),
judged AS (
    SELECT
        suspects.*,
        CASE
            WHEN new_program AND new_network THEN CASE WHEN halves > 0 THEN 'high' ELSE 'medium' END
            WHEN halves > 0 AND (new_program OR new_network) THEN 'medium'
            ELSE 'low'
        END AS severity
    FROM suspects
),
-- A day on which most of the tenant's mailboxes change is the provider's doing.
changed_days AS (
    SELECT tenant, client, app, caller, day
    FROM (
        SELECT tenant, client_protocol AS client, coalesce(app_id, '') AS app, coalesce(client_app_id, '') AS caller, date_trunc('day', time) AS day,
            coalesce(mailbox_id, mailbox) AS mailbox_id, max(CASE WHEN uti IS NULL THEN 1 ELSE 0 END) AS without_id
        FROM events
        WHERE log_class IN ('ual.mia.bind', 'ual.mia.sync') AND client_protocol IS NOT NULL AND time IS NOT NULL AND user_agent IS NOT NULL
        GROUP BY tenant, client_protocol, coalesce(app_id, ''), coalesce(client_app_id, ''), date_trunc('day', time), coalesce(mailbox_id, mailbox)
    ) AS mailbox_days
    WHERE mailbox_id IS NOT NULL
    GROUP BY tenant, client, app, caller, day
    HAVING sum(without_id) >= 8 AND sum(without_id) * 2 > count(*)
),
records AS (
    SELECT
        events.id, events.time, events.tenant, events.mailbox, events.actor, events.client_protocol AS client, events.client_ip, events.user_agent, events.session_id,
        coalesce(events.ctx_client_app_id, events.client_app_id, events.app_id) AS app_id, events.token_issued_at,
        judged.app, judged.caller, judged.share, judged.kind_records, judged.severity, judged.network, judged.mailbox_id, judged.new_network, judged.new_program, judged.halves
    FROM judged
    JOIN events ON events.tenant = judged.tenant AND coalesce(events.mailbox_id, events.mailbox) = judged.mailbox_id AND events.client_protocol = judged.client
        AND coalesce(events.user_agent, '') = judged.user_agent
        AND coalesce(events.app_id, '') = judged.app AND coalesce(events.client_app_id, '') = judged.caller
    WHERE events.log_class IN ('ual.mia.bind', 'ual.mia.sync') AND events.uti IS NULL AND events.time IS NOT NULL
      AND judged.network = CASE WHEN events.client_protocol IN ('rest', 'outlookservice') OR events.ip_class = 'provider' THEN '' ELSE coalesce(CAST(events.asn AS VARCHAR), events.client_ip, '') END
)
SELECT
    records.id, records.time, records.tenant, records.mailbox, records.actor, records.client, records.client_ip, records.user_agent, records.session_id, records.app_id, records.token_issued_at,
    records.share, records.kind_records AS usual,
    CASE WHEN changed_days.day IS NOT NULL THEN 'low' ELSE records.severity END AS severity,
    CASE WHEN changed_days.day IS NOT NULL THEN 'low' WHEN records.severity IN ('high', 'medium') THEN records.severity ELSE 'low' END AS confidence,
    concat(records.client, ' ', coalesce(records.user_agent, records.mailbox_id, ''), ' ', CASE WHEN records.network = '' THEN coalesce(records.mailbox_id, '') ELSE coalesce(records.client_ip, '') END) AS context,
    concat(
        CASE WHEN new_network THEN 'No access with a token id came to the mailbox from this network. ' ELSE '' END,
        CASE WHEN new_program THEN 'None used this program. ' ELSE '' END,
        CASE WHEN NOT new_network AND NOT new_program THEN 'Network and program are known there, so chance or a change of the records is likelier. ' ELSE '' END,
        CASE WHEN halves > 0 THEN 'The records do say when the token was issued, and leave out only its id. ' ELSE '' END,
        CASE WHEN changed_days.day IS NOT NULL THEN 'On that day most mailboxes had such records.' ELSE '' END) AS novelty
FROM changed_days
RIGHT JOIN records ON records.tenant = changed_days.tenant AND records.client = changed_days.client AND records.app = changed_days.app AND records.caller = changed_days.caller
    AND date_trunc('day', records.time) = changed_days.day

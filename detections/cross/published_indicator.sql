/*---
id = "cross.published_indicator"
version = 1
title = "Published indicator seen"
why = "Whoever was attacked before publishes what the intruder used: addresses, applications, names. The same infrastructure in one's own records, in the same weeks, is often the first sign that one was a target too."
category = "indicator"
attack = ["T1078.004", "T1114.002", "T1583"]
severity = "low"
confidence = "medium"
needs = ["ual.mia.bind", "ual.mia.sync", "ual.item", "ual.exchange_admin", "ual.directory", "ual.sts", "ual.owaauth", "ual.sharepoint", "ual.teams", "ual.compliance", "ual.other", "signin.interactive", "signin.noninteractive", "signin.service_principal", "signin.managed_identity", "signin.ms_service_principal", "signin.adfs", "audit.directory", "graph.calls", "gws.login", "gws.token", "gws.admin", "gws.gmail", "gws.drive", "gws.other"]
needs_table = "indicators"
group_by = ["kind", "indicator", "list"]
window = "30d"
primary = "is_mail"
verdict = "possible access"
verdict_reason = "a published indicator; which records of mail access match is in the explanation"
explanation = "The {kind_name} {indicator} stands in the list {list} ({place}[; {source}][; {name}]), {span}. Found in {records} of that time, in {matched_on*}: {operation*}, between {first_time} and {last_time}. First cited: {operation}[ by {actor}][ in the mailbox {mailbox}][ from {client_ip}][, {country}][ with {agent}] at {time}. {weight}[ {with_agent}][ The list says: {note}.]"
shows = ["operation", "actor", "mailbox", "target", "client_ip", "country", "agent", "app_id", "session_id", "result", "matched_on"]
looked_for = ["addresses, ranges, application ids, user agents, domains, e-mail addresses, message ids, session and token ids of the lists given, in all records within each indicator's window", "access to mail among the matching records", "an indicated user agent in the records that match by something else"]
cannot_exclude = ["the same intruder with infrastructure that nobody has published", "use of an indicator outside the window its list gives", "records whose client is the provider's own address"]
false_positives = ["an address that has changed hands, or that many share (VPN, hosting, mobile network)", "an application that is published because it was abused and is in honest use too", "a list that names the address of a researcher or of a victim"]
references = ["https://docs.oasis-open.org/cti/stix/v2.1/stix-v2.1.html", "https://github.com/MISP/misp-rfc"]
---*/
-- Every look at the events stands to the right of a join with the indicators of one kind: where a list has none of a kind, the
-- engine does not look. Where it has some, it reads the rest of a record only if the one column matches.
WITH exact AS (
    SELECT kind, value AS sought, value AS indicator, 'the client''s address' AS matched_on, context_only, valid_from, valid_to, list, place, source, name, note
    FROM indicators
    WHERE kind = 'address'
),
client_addresses AS (
    -- IPv6 with its left-out groups written: eight groups.
    SELECT client_ip, replace(client_ip, '::', concat(':', repeat('0:', 8 - length(client_ip) + length(replace(client_ip, ':', ''))))) AS groups
    FROM (SELECT client_ip FROM events WHERE client_ip IS NOT NULL GROUP BY client_ip) AS addresses
),
keyed AS (
    SELECT
        client_ip,
        CASE
            WHEN strpos(client_ip, ':') = 0 THEN concat(split_part(client_ip, '.', 1), '.', split_part(client_ip, '.', 2))
            ELSE concat(coalesce(nullif(split_part(groups, ':', 1), ''), '0'), ':', coalesce(nullif(split_part(groups, ':', 2), ''), '0'))
        END AS bucket,
        CASE
            WHEN strpos(client_ip, ':') = 0
                THEN concat(lpad(split_part(client_ip, '.', 1), 3, '0'), lpad(split_part(client_ip, '.', 2), 3, '0'),
                            lpad(split_part(client_ip, '.', 3), 3, '0'), lpad(split_part(client_ip, '.', 4), 3, '0'))
            ELSE concat(lpad(split_part(groups, ':', 1), 4, '0'), lpad(split_part(groups, ':', 2), 4, '0'), lpad(split_part(groups, ':', 3), 4, '0'),
                        lpad(split_part(groups, ':', 4), 4, '0'), lpad(split_part(groups, ':', 5), 4, '0'), lpad(split_part(groups, ':', 6), 4, '0'),
                        lpad(split_part(groups, ':', 7), 4, '0'), lpad(split_part(groups, ':', 8), 4, '0'))
        END AS sort_key
    FROM client_addresses
),
in_range AS (
    SELECT i.kind, keyed.client_ip AS sought, i.value AS indicator, 'the client''s address' AS matched_on, i.context_only, i.valid_from, i.valid_to, i.list, i.place, i.source, i.name, i.note
    FROM indicators AS i
    JOIN keyed ON keyed.bucket = i.bucket AND keyed.sort_key >= i.low AND keyed.sort_key <= i.high
    WHERE i.kind = 'range'
),
people AS (
    -- A guest's name holds his address at home: mallory_evil.example#ext#@contoso.example.
    SELECT actor, regexp_replace(actor, '^(.*)_([^_]+)#ext#@.*$', '\1@\2') AS address
    FROM (SELECT actor FROM events WHERE actor LIKE '%@%' GROUP BY actor) AS actors
),
person AS (
    SELECT i.kind, people.actor AS sought, i.value AS indicator, 'the account that acted' AS matched_on, i.context_only, i.valid_from, i.valid_to, i.list, i.place, i.source, i.name, i.note
    FROM indicators AS i
    JOIN people ON people.address = i.value
    WHERE i.kind = 'email'
    UNION ALL
    SELECT i.kind, people.actor AS sought, i.value AS indicator, 'the account that acted' AS matched_on, i.context_only, i.valid_from, i.valid_to, i.list, i.place, i.source, i.name, i.note
    FROM indicators AS i
    JOIN people ON domain_of(people.address) = i.value
    WHERE i.kind = 'domain'
),
-- What is compared with a whole column.
sought_addresses AS (
    SELECT * FROM exact
    UNION ALL
    SELECT * FROM in_range
),
from_address AS (
    SELECT s.kind, s.indicator, s.matched_on, s.context_only, s.valid_from, s.valid_to, s.list, s.place, s.source, s.name, s.note, e.id, e.time, e.tenant, e.log_class IN ('ual.mia.bind', 'ual.mia.sync', 'ual.item') OR (e.log_class = 'gws.gmail' AND e.access_kind IS NOT NULL) AS is_mail, e.log_class, e.operation, e.result, e.actor, e.mailbox, e.target, e.client_ip, e.ip_class, e.country, coalesce(e.user_agent, e.client_info) AS agent, coalesce(e.ctx_client_app_id, e.client_app_id, e.app_id) AS app_id, coalesce(e.session_id, e.aad_session_id) AS session_id
    FROM sought_addresses AS s
    JOIN events AS e ON e.client_ip = s.sought
    WHERE (s.valid_from IS NULL OR e.time >= s.valid_from) AND (s.valid_to IS NULL OR e.time < s.valid_to)
),
by_person AS (
    SELECT s.kind, s.indicator, s.matched_on, s.context_only, s.valid_from, s.valid_to, s.list, s.place, s.source, s.name, s.note, e.id, e.time, e.tenant, e.log_class IN ('ual.mia.bind', 'ual.mia.sync', 'ual.item') OR (e.log_class = 'gws.gmail' AND e.access_kind IS NOT NULL) AS is_mail, e.log_class, e.operation, e.result, e.actor, e.mailbox, e.target, e.client_ip, e.ip_class, e.country, coalesce(e.user_agent, e.client_info) AS agent, coalesce(e.ctx_client_app_id, e.client_app_id, e.app_id) AS app_id, coalesce(e.session_id, e.aad_session_id) AS session_id
    FROM person AS s
    JOIN events AS e ON e.actor = s.sought
    WHERE (s.valid_from IS NULL OR e.time >= s.valid_from) AND (s.valid_to IS NULL OR e.time < s.valid_to)
),
with_app AS (
    SELECT i.kind, i.value AS indicator, 'the application' AS matched_on, i.context_only, i.valid_from, i.valid_to, i.list, i.place, i.source, i.name, i.note, e.id, e.time, e.tenant, e.log_class IN ('ual.mia.bind', 'ual.mia.sync', 'ual.item') OR (e.log_class = 'gws.gmail' AND e.access_kind IS NOT NULL) AS is_mail, e.log_class, e.operation, e.result, e.actor, e.mailbox, e.target, e.client_ip, e.ip_class, e.country, coalesce(e.user_agent, e.client_info) AS agent, coalesce(e.ctx_client_app_id, e.client_app_id, e.app_id) AS app_id, coalesce(e.session_id, e.aad_session_id) AS session_id
    FROM indicators AS i
    JOIN events AS e ON e.app_id = i.value
    WHERE i.kind = 'application' AND (i.valid_from IS NULL OR e.time >= i.valid_from) AND (i.valid_to IS NULL OR e.time < i.valid_to)
),
with_client_app AS (
    SELECT i.kind, i.value AS indicator, 'the application' AS matched_on, i.context_only, i.valid_from, i.valid_to, i.list, i.place, i.source, i.name, i.note, e.id, e.time, e.tenant, e.log_class IN ('ual.mia.bind', 'ual.mia.sync', 'ual.item') OR (e.log_class = 'gws.gmail' AND e.access_kind IS NOT NULL) AS is_mail, e.log_class, e.operation, e.result, e.actor, e.mailbox, e.target, e.client_ip, e.ip_class, e.country, coalesce(e.user_agent, e.client_info) AS agent, coalesce(e.ctx_client_app_id, e.client_app_id, e.app_id) AS app_id, coalesce(e.session_id, e.aad_session_id) AS session_id
    FROM indicators AS i
    JOIN events AS e ON e.client_app_id = i.value
    WHERE i.kind = 'application' AND (i.valid_from IS NULL OR e.time >= i.valid_from) AND (i.valid_to IS NULL OR e.time < i.valid_to)
),
with_token_app AS (
    SELECT i.kind, i.value AS indicator, 'the token''s application' AS matched_on, i.context_only, i.valid_from, i.valid_to, i.list, i.place, i.source, i.name, i.note, e.id, e.time, e.tenant, e.log_class IN ('ual.mia.bind', 'ual.mia.sync', 'ual.item') OR (e.log_class = 'gws.gmail' AND e.access_kind IS NOT NULL) AS is_mail, e.log_class, e.operation, e.result, e.actor, e.mailbox, e.target, e.client_ip, e.ip_class, e.country, coalesce(e.user_agent, e.client_info) AS agent, coalesce(e.ctx_client_app_id, e.client_app_id, e.app_id) AS app_id, coalesce(e.session_id, e.aad_session_id) AS session_id
    FROM indicators AS i
    JOIN events AS e ON e.ctx_client_app_id = i.value
    WHERE i.kind = 'application' AND (i.valid_from IS NULL OR e.time >= i.valid_from) AND (i.valid_to IS NULL OR e.time < i.valid_to)
),
in_session AS (
    SELECT i.kind, i.value AS indicator, 'the session' AS matched_on, i.context_only, i.valid_from, i.valid_to, i.list, i.place, i.source, i.name, i.note, e.id, e.time, e.tenant, e.log_class IN ('ual.mia.bind', 'ual.mia.sync', 'ual.item') OR (e.log_class = 'gws.gmail' AND e.access_kind IS NOT NULL) AS is_mail, e.log_class, e.operation, e.result, e.actor, e.mailbox, e.target, e.client_ip, e.ip_class, e.country, coalesce(e.user_agent, e.client_info) AS agent, coalesce(e.ctx_client_app_id, e.client_app_id, e.app_id) AS app_id, coalesce(e.session_id, e.aad_session_id) AS session_id
    FROM indicators AS i
    JOIN events AS e ON e.session_id = i.value
    WHERE i.kind = 'session' AND (i.valid_from IS NULL OR e.time >= i.valid_from) AND (i.valid_to IS NULL OR e.time < i.valid_to)
),
in_entra_session AS (
    SELECT i.kind, i.value AS indicator, 'the Entra session' AS matched_on, i.context_only, i.valid_from, i.valid_to, i.list, i.place, i.source, i.name, i.note, e.id, e.time, e.tenant, e.log_class IN ('ual.mia.bind', 'ual.mia.sync', 'ual.item') OR (e.log_class = 'gws.gmail' AND e.access_kind IS NOT NULL) AS is_mail, e.log_class, e.operation, e.result, e.actor, e.mailbox, e.target, e.client_ip, e.ip_class, e.country, coalesce(e.user_agent, e.client_info) AS agent, coalesce(e.ctx_client_app_id, e.client_app_id, e.app_id) AS app_id, coalesce(e.session_id, e.aad_session_id) AS session_id
    FROM indicators AS i
    JOIN events AS e ON e.aad_session_id = i.value
    WHERE i.kind = 'session' AND (i.valid_from IS NULL OR e.time >= i.valid_from) AND (i.valid_to IS NULL OR e.time < i.valid_to)
),
with_token AS (
    SELECT i.kind, i.value AS indicator, 'the token' AS matched_on, i.context_only, i.valid_from, i.valid_to, i.list, i.place, i.source, i.name, i.note, e.id, e.time, e.tenant, e.log_class IN ('ual.mia.bind', 'ual.mia.sync', 'ual.item') OR (e.log_class = 'gws.gmail' AND e.access_kind IS NOT NULL) AS is_mail, e.log_class, e.operation, e.result, e.actor, e.mailbox, e.target, e.client_ip, e.ip_class, e.country, coalesce(e.user_agent, e.client_info) AS agent, coalesce(e.ctx_client_app_id, e.client_app_id, e.app_id) AS app_id, coalesce(e.session_id, e.aad_session_id) AS session_id
    FROM indicators AS i
    JOIN events AS e ON e.uti = i.value
    WHERE i.kind = 'token' AND (i.valid_from IS NULL OR e.time >= i.valid_from) AND (i.valid_to IS NULL OR e.time < i.valid_to)
),
-- Half a tenant may have a user agent: the first record stands for all.
by_agent AS (
    SELECT i.kind, i.value, i.context_only, i.valid_from, i.valid_to, i.list, i.place, i.source, i.name, i.note, e.tenant, count(*) AS records, min(e.time) AS time, first_value(e.id ORDER BY e.time, e.id) AS id, first_value(e.log_class ORDER BY e.time, e.id) AS log_class, first_value(e.operation ORDER BY e.time, e.id) AS operation, first_value(e.actor ORDER BY e.time, e.id) AS actor, first_value(e.mailbox ORDER BY e.time, e.id) AS mailbox, first_value(e.client_ip ORDER BY e.time, e.id) AS client_ip
    FROM indicators AS i
    JOIN events AS e ON e.user_agent = i.value
    WHERE i.kind = 'user_agent' AND e.time IS NOT NULL AND (i.valid_from IS NULL OR e.time >= i.valid_from) AND (i.valid_to IS NULL OR e.time < i.valid_to)
    GROUP BY i.kind, i.value, i.context_only, i.valid_from, i.valid_to, i.list, i.place, i.source, i.name, i.note, e.tenant
),
by_client_info AS (
    SELECT i.kind, i.value, i.context_only, i.valid_from, i.valid_to, i.list, i.place, i.source, i.name, i.note, e.tenant, count(*) AS records, min(e.time) AS time, first_value(e.id ORDER BY e.time, e.id) AS id, first_value(e.log_class ORDER BY e.time, e.id) AS log_class, first_value(e.operation ORDER BY e.time, e.id) AS operation, first_value(e.actor ORDER BY e.time, e.id) AS actor, first_value(e.mailbox ORDER BY e.time, e.id) AS mailbox, first_value(e.client_ip ORDER BY e.time, e.id) AS client_ip
    FROM indicators AS i
    JOIN events AS e ON e.client_info = i.value
    WHERE i.kind = 'user_agent' AND e.time IS NOT NULL AND (i.valid_from IS NULL OR e.time >= i.valid_from) AND (i.valid_to IS NULL OR e.time < i.valid_to)
    GROUP BY i.kind, i.value, i.context_only, i.valid_from, i.valid_to, i.list, i.place, i.source, i.name, i.note, e.tenant
),
settings AS (
    -- Names and numbers in what was set or changed, and in what it was done to. The provider's own upkeep is left out.
    SELECT e.id, e.time, e.tenant, e.log_class IN ('ual.mia.bind', 'ual.mia.sync', 'ual.item') OR (e.log_class = 'gws.gmail' AND e.access_kind IS NOT NULL) AS is_mail, e.log_class, e.operation, e.result, e.actor, e.mailbox, e.target, e.client_ip, e.ip_class, e.country, coalesce(e.user_agent, e.client_info) AS agent, coalesce(e.ctx_client_app_id, e.client_app_id, e.app_id) AS app_id, coalesce(e.session_id, e.aad_session_id) AS session_id, concat_ws(' ', e.target, CASE WHEN strpos(e.target_id, '-') > 0 THEN e.target_id END) AS named, e.properties
    FROM events AS e
    WHERE e.log_class IN ('ual.exchange_admin', 'ual.directory', 'audit.directory', 'gws.admin', 'gws.token') AND coalesce(e.actor_kind, 'user') <> 'system'
),
setting AS (
    SELECT settings.*, unnest(properties) AS setting
    FROM settings
),
setting_words AS (
    SELECT setting.*, regexp_replace(lower(concat_ws(' ', named, setting['new'], setting['old'])), '[^a-z0-9.@_+-]+|[.]+([^a-z0-9]|$)', ' ', 'g') AS words
    FROM setting
),
setting_word AS (
    SELECT setting_words.*, unnest(array_concat(string_to_array(words, ' '), string_to_array(replace(words, '@', ' '), ' '))) AS word
    FROM setting_words
),
in_settings AS (
    SELECT i.kind, i.value AS indicator, 'a setting or its target' AS matched_on, i.context_only, i.valid_from, i.valid_to, i.list, i.place, i.source, i.name, i.note, e.id, e.time, e.tenant, e.is_mail, e.log_class, e.operation, e.result, e.actor, e.mailbox, e.target, e.client_ip, e.ip_class, e.country, e.agent, e.app_id, e.session_id
    FROM indicators AS i
    JOIN setting_word AS e ON e.word = i.value
    WHERE i.kind IN ('domain', 'email', 'application', 'address')
      AND (i.valid_from IS NULL OR e.time >= i.valid_from) AND (i.valid_to IS NULL OR e.time < i.valid_to)
),
message AS (
    SELECT e.id, e.time, e.tenant, e.log_class IN ('ual.mia.bind', 'ual.mia.sync', 'ual.item') OR (e.log_class = 'gws.gmail' AND e.access_kind IS NOT NULL) AS is_mail, e.log_class, e.operation, e.result, e.actor, e.mailbox, e.target, e.client_ip, e.ip_class, e.country, coalesce(e.user_agent, e.client_info) AS agent, coalesce(e.ctx_client_app_id, e.client_app_id, e.app_id) AS app_id, coalesce(e.session_id, e.aad_session_id) AS session_id, e.items
    FROM events AS e
    WHERE e.log_class IN ('ual.mia.bind', 'ual.item', 'gws.gmail')
),
message_item AS (
    SELECT message.*, unnest(items) AS item
    FROM message
),
of_message AS (
    SELECT i.kind, i.value AS indicator, 'a message' AS matched_on, i.context_only, i.valid_from, i.valid_to, i.list, i.place, i.source, i.name, i.note, e.id, e.time, e.tenant, e.is_mail, e.log_class, e.operation, e.result, e.actor, e.mailbox, e.target, e.client_ip, e.ip_class, e.country, e.agent, e.app_id, e.session_id
    FROM indicators AS i
    JOIN message_item AS e ON e.item['message_id'] = i.value
    WHERE i.kind = 'message_id'
      AND (i.valid_from IS NULL OR e.time >= i.valid_from) AND (i.valid_to IS NULL OR e.time < i.valid_to)
),
seen AS (
    SELECT from_address.*, CAST(NULL AS BIGINT) AS records FROM from_address
    UNION ALL
    SELECT by_person.*, CAST(NULL AS BIGINT) AS records FROM by_person
    UNION ALL
    SELECT with_app.*, CAST(NULL AS BIGINT) AS records FROM with_app
    UNION ALL
    SELECT with_client_app.*, CAST(NULL AS BIGINT) AS records FROM with_client_app
    UNION ALL
    SELECT with_token_app.*, CAST(NULL AS BIGINT) AS records FROM with_token_app
    UNION ALL
    SELECT in_session.*, CAST(NULL AS BIGINT) AS records FROM in_session
    UNION ALL
    SELECT in_entra_session.*, CAST(NULL AS BIGINT) AS records FROM in_entra_session
    UNION ALL
    SELECT with_token.*, CAST(NULL AS BIGINT) AS records FROM with_token
    UNION ALL
    SELECT in_settings.*, CAST(NULL AS BIGINT) AS records FROM in_settings
    UNION ALL
    SELECT of_message.*, CAST(NULL AS BIGINT) AS records FROM of_message
    UNION ALL
    SELECT kind, value AS indicator, 'the user agent', context_only, valid_from, valid_to, list, place, source, name, note,
        id, time, tenant, false, log_class, operation, NULL, actor, mailbox, NULL, client_ip, NULL, NULL, value AS agent, NULL, NULL, records
    FROM by_agent
    UNION ALL
    SELECT kind, value AS indicator, 'the client info', context_only, valid_from, valid_to, list, place, source, name, note,
        id, time, tenant, false, log_class, operation, NULL, actor, mailbox, NULL, client_ip, NULL, NULL, value AS agent, NULL, NULL, records
    FROM by_client_info
),
weighed AS (
    SELECT
        seen.*,
        kind IN ('address', 'range') AND coalesce(ip_class, 'public') IN ('provider', 'private') AS is_nobody,
        agents.value IS NOT NULL AND kind <> 'user_agent' AS agent_too
    FROM (SELECT value, list, min(valid_from) AS since, max(valid_to) AS until FROM indicators WHERE kind = 'user_agent' GROUP BY value, list) AS agents
    RIGHT JOIN seen ON agents.value = seen.agent AND agents.list = seen.list AND (agents.since IS NULL OR seen.time >= agents.since) AND (agents.until IS NULL OR seen.time < agents.until)
)
SELECT
    id, time, tenant, kind, indicator, list, place, source, name, note, matched_on, operation, result, actor, mailbox, target, client_ip, country, agent, app_id, session_id, is_mail,
    CASE kind
        WHEN 'range' THEN 'range of addresses'
        WHEN 'application' THEN 'application id'
        WHEN 'user_agent' THEN 'user agent'
        WHEN 'email' THEN 'e-mail address'
        WHEN 'message_id' THEN 'message id'
        WHEN 'session' THEN 'session id'
        WHEN 'token' THEN 'token id'
        ELSE kind
    END AS kind_name,
    CASE
        WHEN valid_from IS NULL AND valid_to IS NULL THEN 'which gives no dates for it'
        WHEN valid_to IS NULL THEN concat('which gives it from ', CAST(valid_from AS VARCHAR), ' on')
        WHEN valid_from IS NULL THEN concat('which gives it until ', CAST(valid_to AS VARCHAR))
        ELSE concat('which gives it from ', CAST(valid_from AS VARCHAR), ' until ', CAST(valid_to AS VARCHAR))
    END AS span,
    CASE
        WHEN kind = 'user_agent' THEN concat('A user agent is shared by many and points at nobody by itself; ', CAST(records AS VARCHAR), CASE WHEN records = 1 THEN ' record of the tenant has it in that time.' ELSE ' records of the tenant have it in that time, of which the first is cited.' END)
        WHEN is_nobody THEN 'The address is the provider''s own or of a private network: it points at nobody.'
        WHEN context_only THEN 'The list gives it as context: it raises no alarm by itself.'
        WHEN kind = 'message_id' THEN 'It shows who had to do with the message.'
        WHEN is_mail THEN 'Access to mail is recorded among these.'
        WHEN kind IN ('address', 'range') AND result = 'failure' THEN 'What is cited failed.'
        ELSE 'No access to mail is recorded among these.'
    END AS weight,
    CASE WHEN agent_too THEN 'The list names the user agent, too.' END AS with_agent,
    CASE
        WHEN kind = 'user_agent' OR is_nobody OR context_only THEN 'info'
        WHEN kind IN ('session', 'token') THEN CASE WHEN is_mail THEN 'high' ELSE 'medium' END
        -- The list's dates and ours agree.
        WHEN kind = 'address' AND is_mail AND valid_from IS NOT NULL AND valid_to IS NOT NULL THEN 'high'
        WHEN kind IN ('address', 'range') THEN CASE WHEN is_mail OR (coalesce(result, 'success') = 'success' AND log_class <> 'gws.gmail') THEN 'medium' ELSE 'low' END
        WHEN kind = 'application' THEN CASE WHEN is_mail THEN 'medium' ELSE 'low' END
        WHEN kind IN ('email', 'domain') AND log_class IN ('ual.exchange_admin', 'gws.admin') THEN 'medium'
        WHEN kind = 'email' AND matched_on = 'the account that acted' THEN 'medium'
        ELSE 'low'
    END AS severity,
    CASE
        WHEN kind = 'user_agent' OR is_nobody OR context_only THEN 'low'
        WHEN kind IN ('session', 'token') OR agent_too THEN 'high'
        WHEN kind IN ('address', 'email', 'message_id') THEN 'medium'
        ELSE 'low'
    END AS confidence
FROM weighed

/*---
id = "m365.mail_flow_changed"
version = 1
title = "Connector or rule that sends mail another way or lets it in unexamined"
why = "A connector carries the mail of the whole organisation through a host of the intruder's, or lets mail of the intruder's in as the organisation's own; a rule takes away the headers that would tell, or sends a lure past the filters."
category = "transport_rule"
attack = ["T1114.003", "T1562.001", "T1564.008"]
severity = "low"
confidence = "low"
needs = ["ual.exchange_admin"]
group_by = ["actor"]
window = "1h"
primary = "severity IN ('high', 'medium')"
verdict = "possible access"
verdict_reason = "mail may go another way, or come in unexamined"
explanation = "{actor} used {operation*} on {object*} from {first_time} to {last_time}: {effect*}. {place}. {records}."
shows = ["operation", "actor", "object", "effect", "hosts", "domains", "place", "client_ip", "session_id"]
looked_for = ["connectors that send mail through a host of another name than the organisation's", "connectors by which mail is let in as the organisation's own", "rules that remove the headers which show where mail came from", "rules that let mail past the filters", "a change from a network where the account had not signed in before, or with a program that it had never used"]
cannot_exclude = ["connectors and rules made before the first record of the log", "an intruder who works from the network of the account's owner"]
false_positives = ["a mail gateway, a signature service or a device that sends mail, set up by an administrator", "exercises against phishing, which have to pass the filters"]
references = ["https://learn.microsoft.com/en-us/defender-office-365/connectors-detect-respond-to-compromise", "https://learn.microsoft.com/en-us/powershell/module/exchange/new-inboundconnector", "https://learn.microsoft.com/en-us/powershell/module/exchange/new-outboundconnector", "https://attack.mitre.org/techniques/T1114/003/"]
---*/
WITH changes AS (
    SELECT
        id, time, tenant, operation, coalesce(actor, 'unknown') AS actor, coalesce(actor_kind, 'user') AS actor_kind, client_ip, session_id, app_id,
        CASE WHEN operation ILIKE '%-outboundconnector' THEN 'outbound' WHEN operation ILIKE '%-inboundconnector' THEN 'inbound' ELSE 'rule' END AS side,
        operation ILIKE 'new-%' AS is_new,
        regexp_replace(coalesce(nullif(property(properties, 'Name'), ''), property(properties, 'Identity'), target, 'unknown'), '^.*[/\\]', '') AS object,
        coalesce(lower(property(properties, 'Enabled')), '') AS enabled,
        nullif(property(properties, 'SmartHosts'), '') AS smart_hosts,
        nullif(property(properties, 'RecipientDomains'), '') AS recipient_domains,
        coalesce(lower(property(properties, 'RouteAllMessagesViaOnPremises')) = 'true', false) AS all_by_host,
        coalesce(lower(property(properties, 'IsTransportRuleScoped')) = 'true', false) AS by_rules,
        nullif(concat_ws('; ', nullif(property(properties, 'SenderIPAddresses'), ''), nullif(property(properties, 'TlsSenderCertificateName'), '')), '') AS senders,
        -- What stands under a domain, written as an address there: `mail.contoso.example` is `x@contoso.example`.
        regexp_replace(coalesce(nullif(property(properties, 'SmartHosts'), ''), property(properties, 'TlsSenderCertificateName'), ''), '(^|[;, ]+)[^.;, ]+\.', '\1x@', 'g') AS parents,
        coalesce(lower(property(properties, 'ConnectorType')) = 'onpremises', false)
            OR coalesce(lower(property(properties, 'TreatMessagesAsInternal')) = 'true', false)
            OR coalesce(lower(property(properties, 'CloudServicesMailEnabled')) = 'true', false) AS as_own,
        nullif(property(properties, 'RemoveHeader'), '') AS removed,
        coalesce(property(properties, 'SetSCL'), '') = '-1' AS past_filter,
        coalesce(regexp_like(property(properties, 'SetHeaderName'), 'skipsafe(links|attachment)processing', 'i'), false) AS past_links,
        -- That mail comes from outside is no condition: it is what the filters are for.
        coalesce(property(properties, 'From'), property(properties, 'FromMemberOf'), property(properties, 'FromAddressContainsWords'),
            property(properties, 'FromAddressMatchesPatterns'), property(properties, 'SenderDomainIs'), property(properties, 'SenderIpRanges'),
            property(properties, 'HeaderContainsMessageHeader'), property(properties, 'HeaderMatchesMessageHeader'), property(properties, 'SentTo'),
            property(properties, 'SentToMemberOf'), property(properties, 'RecipientDomainIs'), property(properties, 'RecipientAddressContainsWords'),
            property(properties, 'RecipientAddressMatchesPatterns'), property(properties, 'AnyOfRecipientAddressContainsWords'),
            property(properties, 'SubjectContainsWords'), property(properties, 'SubjectMatchesPatterns'), property(properties, 'SubjectOrBodyContainsWords'),
            property(properties, 'SubjectOrBodyMatchesPatterns'), property(properties, 'AttachmentNameMatchesPatterns'), property(properties, 'MessageTypeMatches')) IS NULL AS without_condition
    FROM events
    WHERE log_class = 'ual.exchange_admin'
      AND lower(operation) IN ('new-inboundconnector', 'set-inboundconnector', 'new-outboundconnector', 'set-outboundconnector', 'new-transportrule', 'set-transportrule')
      AND coalesce(result, 'success') <> 'failure' AND time IS NOT NULL
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
      AND coalesce(actor, '') NOT LIKE 'nt authority%'
),
marked AS (
    SELECT
        changes.*,
        coalesce(places.seat, 0) AS seat,
        -- A recipient domain of every domain is written `*`, or `smtp:*;1`.
        side = 'outbound' AND NOT by_rules AND (all_by_host OR coalesce(regexp_like(recipient_domains, '(^|[:;, ])\*([;, ]|$)'), false)) AS of_all,
        -- All hosts, or the certificate, are in a domain of the organisation's own.
        coalesce(array_length(domains_in(parents)) > 0 AND array_has_all(own.domains, domains_in(parents)), false) AS at_home,
        CASE
            WHEN side = 'rule' THEN NULL
            WHEN enabled = 'false' THEN NULL
            WHEN side = 'outbound' AND (smart_hosts IS NOT NULL OR recipient_domains IS NOT NULL OR all_by_host) THEN 'outbound'
            WHEN side = 'inbound' AND (senders IS NOT NULL OR is_new OR as_own) THEN CASE WHEN as_own THEN 'inbound as own' ELSE 'inbound' END
            WHEN enabled = 'true' THEN concat(side, ' on')
        END AS connector,
        side = 'rule' AND coalesce(regexp_like(removed, '^(received|authentication-results|arc-|dkim-|x-ms-exchange-|x-forefront-|x-originating-ip|x-sender)', 'i'), false) AS strips,
        side = 'rule' AND (past_filter OR past_links) AS passes
    FROM changes
    LEFT JOIN own_domains AS own ON own.tenant = changes.tenant
    LEFT JOIN places ON places.tenant = changes.tenant AND places.id = changes.id
),
named AS (
    SELECT
        marked.*,
        coalesce(connector, CASE WHEN strips THEN 'header' WHEN passes THEN 'filter' END) AS kind
    FROM marked
    WHERE connector IS NOT NULL OR strips OR passes
),
counted AS (
    SELECT
        named.*,
        max(CASE WHEN kind LIKE 'inbound%' THEN 1 ELSE 0 END) OVER near AS lets_in,
        max(CASE WHEN strips THEN 1 ELSE 0 END) OVER near AS hides,
        count(DISTINCT CASE WHEN strips THEN lower(removed) END) OVER near AS headers_near
    FROM named
    WINDOW near AS (PARTITION BY tenant, actor ORDER BY time RANGE BETWEEN INTERVAL '1 hour' PRECEDING AND INTERVAL '1 hour' FOLLOWING)
)
SELECT
    id, time, tenant, operation, actor, object, smart_hosts AS hosts, coalesce(recipient_domains, senders) AS domains, client_ip, session_id, app_id,
    concat_ws(' and ',
        CASE
            WHEN kind = 'outbound' AND of_all THEN concat('mail to every domain leaves through ', coalesce(smart_hosts, 'hosts that the record does not name'))
            WHEN kind = 'outbound' AND by_rules THEN concat('rules can send mail through ', coalesce(smart_hosts, 'hosts that the record does not name'))
            WHEN kind = 'outbound' THEN concat('mail to ', coalesce(recipient_domains, 'domains that the record does not name'), ' leaves through ', coalesce(smart_hosts, 'hosts that it does not name'))
            WHEN kind = 'inbound as own' THEN concat('mail from ', coalesce(senders, 'senders that the record does not name'), ' is let in as the organisation''s own')
            WHEN kind = 'inbound' THEN concat('mail from ', coalesce(senders, 'senders that the record does not name'), ' is let in by a way of its own')
            WHEN kind LIKE '% on' THEN 'a connector was switched on'
        END,
        CASE WHEN strips THEN concat('the header ', removed, ' is removed') END,
        CASE WHEN past_filter THEN concat('mail passes the spam filter', CASE WHEN without_condition AND is_new THEN ', whatever it is' ELSE '' END) END,
        CASE WHEN past_links THEN 'links or attachments are not examined' END) AS effect,
    CASE seat
        WHEN 3 THEN 'The account had signed in there that day with a program that it had never used before'
        WHEN 2 THEN 'The account acted from a network where it had not signed in before'
        WHEN 1 THEN 'The account acted from a network where it, or several others of the organisation, had signed in before, or on its own device'
        ELSE 'The records do not tell whether the account acted from its usual network'
    END AS place,
    CASE WHEN kind LIKE 'outbound%' THEN 'exfiltration' ELSE 'persistence' END AS step,
    CASE
        -- Who lets mail in as the organisation's own and takes away what would tell sends for others in its name.
        WHEN lets_in = 1 AND hides = 1 THEN CASE WHEN seat = 1 THEN 'medium' ELSE 'high' END
        WHEN kind LIKE '%bound%' AND at_home AND seat < 2 THEN 'low'
        WHEN seat >= 2 AND (kind = 'outbound' AND (of_all OR by_rules) OR kind = 'inbound as own' OR past_filter AND without_condition AND is_new) THEN 'high'
        WHEN seat >= 2 THEN 'medium'
        -- Gateways, signature services and devices that send mail are set up in the usual place.
        WHEN seat = 1 THEN CASE WHEN headers_near >= 3 THEN 'medium' ELSE 'low' END
        WHEN headers_near >= 3 THEN 'medium'
        WHEN kind = 'outbound' AND of_all OR past_filter AND without_condition AND is_new THEN 'medium'
        WHEN kind LIKE '%bound%' AND actor_kind = 'application' THEN 'medium'
        ELSE 'low'
    END AS severity
FROM counted

-- Acts of firm findings, and others that are the intruder's by their session, token, address or application. What they say by which mail
-- can be had without a record of the message: whose mail, and where it goes. A rule of the organisation is called by a name that may look
-- like anything, so that only its conditions say whose mail.
SELECT DISTINCT
    CASE WHEN c.firm THEN c.incident ELSE a.incident END AS incident, c.category, e.tenant, e.id, CAST(e.time AS BIGINT) AS moment, e.operation,
    CASE c.category
        WHEN 'transport_rule' THEN concat_ws(';', property(e.properties, 'SentTo'), property(e.properties, 'Recipient'))
        WHEN 'content_search' THEN concat_ws(';', property(e.properties, 'ExchangeLocations'), property(e.properties, 'ExchangeLocation'),
            property(e.properties, 'SourceMailboxes'), property(e.properties, 'Mailbox'),
            CASE WHEN e.operation = 'search-mailbox' THEN property(e.properties, 'Identity') END)
        WHEN 'mailbox_forwarding' THEN CASE WHEN e.log_class LIKE 'gws.%' THEN e.actor ELSE coalesce(e.mailbox, property(e.properties, 'Identity'), e.target) END
        WHEN 'inbox_rule' THEN coalesce(e.mailbox, property(e.properties, 'Mailbox'),
            CASE WHEN strpos(coalesce(property(e.properties, 'Identity'), e.target), '\') > 0 THEN split_part(coalesce(property(e.properties, 'Identity'), e.target), '\', 1) END,
            e.actor)
        WHEN 'google_takeover' THEN CASE
            WHEN e.operation LIKE 'customer_takeout%' THEN ''
            WHEN e.log_class = 'gws.admin' OR e.workload = 'vault' THEN coalesce(property(e.properties, 'USER_EMAIL'), CASE WHEN e.target LIKE '%@%' THEN e.target END)
            ELSE e.actor END
    END AS whose,
    concat_ws(' ', property(e.properties, 'ForwardTo'), property(e.properties, 'RedirectTo'), property(e.properties, 'ForwardAsAttachmentTo'),
        property(e.properties, 'Actions'), property(e.properties, 'RuleActions'), property(e.properties, 'BlindCopyTo'), property(e.properties, 'CopyTo'),
        property(e.properties, 'RedirectMessageTo'), property(e.properties, 'AddToRecipients'), property(e.properties, 'JournalEmailAddress'),
        property(e.properties, 'RouteMessageOutboundConnector'),
        -- Of Google's settings, those by which mail is sent elsewhere.
        CASE WHEN e.log_class = 'gws.admin' THEN
            CASE WHEN e.operation IN ('mail_routing_destination_added', 'toggle_outbound_relay') THEN e.operation
                WHEN regexp_like(coalesce(property(e.properties, 'SETTING_NAME'), e.target), 'rout|gateway|address_?map|security_rule|relay|journal|forward|compliance|content', 'i')
                THEN coalesce(property(e.properties, 'SETTING_NAME'), e.target) END
        END) AS sent_to,
    CASE WHEN c.category = 'content_search' THEN
        lower(coalesce(property(e.properties, 'SearchName'), property(e.properties, 'Name'), property(e.properties, 'Identity'), e.target))
    END AS search
FROM cited AS c
JOIN (
    SELECT id, tenant, time, log_class, workload, target, lower(actor) AS actor, lower(mailbox) AS mailbox, lower(operation) AS operation, properties
    FROM events
    WHERE time <= :now AND log_class IN ('ual.exchange_admin', 'ual.item', 'ual.compliance', 'ual.other', 'gws.admin', 'gws.gmail', 'gws.other', 'gws.login')
) AS e ON e.tenant = c.tenant AND e.id = c.event
LEFT JOIN attributed AS a ON NOT c.firm AND a.tenant = c.tenant AND a.id = c.event
WHERE (c.firm OR a.id IS NOT NULL) AND c.category IN ('mailbox_forwarding', 'transport_rule', 'inbox_rule', 'content_search', 'google_takeover')

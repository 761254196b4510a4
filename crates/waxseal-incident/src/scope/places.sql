-- Acts of firm findings, and others that are the intruder's by their session, token, address or application. What they say by which mail
-- can be had without a record of the message: whose mail, and where it goes.
SELECT DISTINCT
    CASE WHEN c.firm THEN c.incident ELSE a.incident END AS incident, c.category, e.tenant, e.id, CAST(e.time AS BIGINT) AS moment, e.mailbox, e.operation,
    concat_ws(' ', property(e.properties, 'ExchangeLocations'), property(e.properties, 'ExchangeLocation'), property(e.properties, 'SourceMailboxes'),
        property(e.properties, 'Mailbox'), property(e.properties, 'SentTo'), property(e.properties, 'Recipient'), property(e.properties, 'Identity'),
        CASE WHEN e.log_class LIKE 'gws.%' THEN e.actor END) AS places,
    concat_ws(' ', property(e.properties, 'ForwardTo'), property(e.properties, 'RedirectTo'), property(e.properties, 'ForwardAsAttachmentTo'),
        property(e.properties, 'Actions')) AS sent_to
FROM cited AS c
JOIN (
    SELECT id, tenant, time, log_class, lower(actor) AS actor, lower(mailbox) AS mailbox, lower(operation) AS operation, properties
    FROM events
    WHERE time <= :now AND log_class IN ('ual.exchange_admin', 'ual.item', 'ual.compliance', 'ual.other', 'gws.admin', 'gws.gmail', 'gws.other', 'gws.login')
) AS e ON e.tenant = c.tenant AND e.id = c.event
LEFT JOIN attributed AS a ON NOT c.firm AND a.tenant = c.tenant AND a.id = c.event
WHERE (c.firm OR a.id IS NOT NULL) AND c.category IN ('mailbox_forwarding', 'transport_rule', 'inbox_rule', 'content_search')

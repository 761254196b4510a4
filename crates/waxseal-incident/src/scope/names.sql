SELECT tenant, lower(mailbox) AS mailbox, lower(mailbox_id) AS id, lower(target_id) AS directory_id, property(properties, 'PrimarySmtpAddress') AS address,
    property(properties, 'Alias') AS alias, property(properties, 'Name') AS name, target AS display_name
FROM events
WHERE log_class = 'inventory.mailbox' AND target_kind = 'mailbox'

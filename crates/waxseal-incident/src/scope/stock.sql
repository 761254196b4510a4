SELECT r.place, e.target_kind, e.folder_id, max(e.item_count) AS items
FROM reached AS r
JOIN events AS e ON e.tenant = r.tenant AND (lower(e.mailbox) = r.mailbox OR (r.mailbox_id IS NOT NULL AND e.mailbox_id = r.mailbox_id))
WHERE e.log_class = 'inventory.mailbox' AND e.item_count IS NOT NULL
GROUP BY r.place, e.target_kind, e.folder_id

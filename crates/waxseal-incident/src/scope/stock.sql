-- What the mailboxes hold by an exported inventory, as a whole and by folder. One that says that it is older than the logs lacks what came
-- since; of others nothing tells how old they are.
SELECT r.place, e.target_kind, e.folder_id, max(e.item_count) AS items,
    coalesce(bool_or(property(e.properties, 'FolderType') = 'Root' OR lower(e.target) = '/top of information store'), false) AS is_root
FROM reached AS r
JOIN events AS e ON e.tenant = r.tenant AND (lower(e.mailbox) = r.mailbox OR (r.mailbox_id IS NOT NULL AND lower(e.mailbox_id) = r.mailbox_id))
WHERE e.log_class = 'inventory.mailbox' AND e.item_count IS NOT NULL
  AND coalesce(try_cast(property(e.properties, 'Report Refresh Date') AS DATE) >= CAST(r.stock_since AS DATE), property(e.properties, 'Report Refresh Date') IS NULL)
GROUP BY r.place, e.target_kind, e.folder_id

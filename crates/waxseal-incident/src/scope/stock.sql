-- What the mailboxes hold by an exported inventory, as a whole and by folder. One that says that it is older than the logs lacks what came
-- since; of others nothing tells how old they are. A row that is found by address and by id counts once, because the most is taken.
WITH inventory AS (
    SELECT tenant, lower(mailbox) AS mailbox, lower(mailbox_id) AS mailbox_id, target_kind, folder_id, item_count, lower(target) AS target,
        property(properties, 'FolderType') AS folder_type, property(properties, 'Report Refresh Date') AS as_of
    FROM events
    WHERE log_class = 'inventory.mailbox' AND item_count IS NOT NULL
)
SELECT place, target_kind, folder_id, max(item_count) AS items, coalesce(bool_or(folder_type = 'Root' OR target = '/top of information store'), false) AS is_root
FROM (
    SELECT r.place, r.stock_since, e.target_kind, e.folder_id, e.item_count, e.target, e.folder_type, e.as_of
    FROM (SELECT DISTINCT place, tenant, mailbox, stock_since FROM reached) AS r
    JOIN inventory AS e ON e.tenant = r.tenant AND e.mailbox = r.mailbox
    UNION ALL
    SELECT r.place, r.stock_since, e.target_kind, e.folder_id, e.item_count, e.target, e.folder_type, e.as_of
    FROM (SELECT DISTINCT place, tenant, mailbox_id, stock_since FROM reached) AS r
    JOIN inventory AS e ON e.tenant = r.tenant AND e.mailbox_id = r.mailbox_id
) AS held
WHERE as_of IS NULL OR coalesce(try_cast(as_of AS DATE) >= CAST(stock_since AS DATE), false)
GROUP BY place, target_kind, folder_id

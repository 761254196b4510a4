-- How many messages were removed or moved at most: each record counts as many as it says, and one at least.
SELECT place, sum(greatest(coalesce(item_count, 0), coalesce(CAST(cardinality(items) AS BIGINT), 0), 1)) AS removed, bool_or(truncated) AS untold
FROM (
    SELECT r.place, e.items, e.item_count, e.truncated
    FROM (SELECT DISTINCT place, tenant, mailbox, removed_since FROM reached) AS r
    JOIN events AS e ON e.tenant = r.tenant AND lower(e.mailbox) = r.mailbox
    WHERE e.log_class = 'ual.item' AND lower(e.operation) IN ('harddelete', 'softdelete', 'movetodeleteditems', 'move')
      AND e.time >= r.removed_since AND e.time <= :now
    UNION ALL
    SELECT r.place, e.items, e.item_count, e.truncated
    FROM (SELECT DISTINCT place, tenant, mailbox, mailbox_id, removed_since FROM reached) AS r
    JOIN events AS e ON e.tenant = r.tenant AND lower(e.mailbox_id) = r.mailbox_id
    WHERE e.log_class = 'ual.item' AND lower(e.operation) IN ('harddelete', 'softdelete', 'movetodeleteditems', 'move')
      AND e.time >= r.removed_since AND e.time <= :now AND lower(e.mailbox) IS DISTINCT FROM r.mailbox
) AS removals
GROUP BY place

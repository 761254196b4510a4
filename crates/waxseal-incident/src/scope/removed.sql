SELECT place, count(DISTINCT coalesce(named['immutable_id'], named['message_id'], named['id'])) AS removed
FROM (
    SELECT r.place, unnest(e.items) AS named
    FROM reached AS r
    JOIN events AS e ON e.tenant = r.tenant AND lower(e.mailbox) = r.mailbox
    WHERE e.log_class = 'ual.item' AND lower(e.operation) IN ('harddelete', 'softdelete', 'movetodeleteditems') AND e.time >= r.removed_since AND e.time <= :now
) AS removals
GROUP BY place

-- How many messages records of access count without naming them, and the records that tell neither how many nor which. What is asked of a
-- record is asked behind the join: else it would be asked of all.
SELECT place, sum(unnamed) AS unnamed, count(*) FILTER (WHERE untold) AS untold, CAST(min(time) FILTER (WHERE untold) AS BIGINT) AS first,
    CAST(max(time) FILTER (WHERE untold) AS BIGINT) AS last, min(id) FILTER (WHERE untold) AS event
FROM (
    SELECT a.place, e.id, e.time, greatest(coalesce(e.item_count, 0) - coalesce(CAST(cardinality(e.items) AS BIGINT), 0), 0) AS unnamed,
        e.truncated OR (e.item_count IS NULL AND coalesce(CAST(cardinality(e.items) AS BIGINT), 0) = 0) AS untold
    FROM opened AS a
    JOIN events AS e ON a.tenant = e.tenant AND a.id = e.id
    WHERE e.log_class IN ('ual.mia.bind', 'ual.item', 'gws.gmail')
) AS counted
GROUP BY place
HAVING sum(unnamed) > 0 OR count(*) FILTER (WHERE untold) > 0

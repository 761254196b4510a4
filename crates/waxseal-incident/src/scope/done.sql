SELECT
    incident, tenant, log_class, operation, CASE WHEN log_class IN ('ual.mia.bind', 'ual.mia.sync', 'ual.item', 'gws.gmail') THEN mailbox END AS mailbox,
    CASE WHEN log_class IN ('ual.mia.bind', 'ual.mia.sync', 'ual.item', 'gws.gmail') THEN mailbox_id END AS mailbox_id,
    access_kind, sure, coalesce(failed, false) AS failed, count(*) AS records, CAST(min(time) AS BIGINT) AS first, CAST(max(time) AS BIGINT) AS last
FROM attributed
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9

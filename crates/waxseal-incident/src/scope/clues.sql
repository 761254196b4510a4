SELECT
    c.incident, c.category, e.tenant,
    e.log_class IN ('ual.mia.bind', 'ual.mia.sync', 'ual.item', 'gws.gmail', 'graph.calls') AS is_access, e.actor, e.address, e.session, e.aad_session, e.token, e.by_code,
    CAST(min(e.time) AS BIGINT) AS first, CAST(max(e.time) AS BIGINT) AS last
FROM cited AS c
JOIN near AS e ON e.tenant = c.tenant AND e.id = c.event
WHERE c.firm
GROUP BY c.incident, c.category, e.tenant, is_access, e.actor, e.address, e.session, e.aad_session, e.token, e.by_code

-- Only where something succeeded: who mistypes a password somewhere was not let in there.
SELECT tenant, kind, value, address, actor, by_code, CAST(min(time) AS BIGINT) AS first, CAST(max(time) AS BIGINT) AS last
FROM (
    SELECT c.tenant, c.kind, c.value, e.address, e.actor, e.by_code, e.time
    FROM candidates AS c JOIN near AS e ON c.tenant = e.tenant AND c.value = e.session
    WHERE c.kind = 'session' AND (e.result IS NULL OR e.result <> 'failure')
    UNION ALL
    SELECT c.tenant, c.kind, c.value, e.address, e.actor, e.by_code, e.time
    FROM candidates AS c JOIN near AS e ON c.tenant = e.tenant AND c.value = e.aad_session
    WHERE c.kind = 'session' AND (e.result IS NULL OR e.result <> 'failure')
    UNION ALL
    SELECT c.tenant, c.kind, c.value, e.address, e.actor, e.by_code, e.time
    FROM candidates AS c JOIN near AS e ON c.tenant = e.tenant AND c.value = e.token
    WHERE c.kind = 'token' AND (e.result IS NULL OR e.result <> 'failure')
    UNION ALL
    SELECT c.tenant, c.kind, c.value, e.address, e.actor, e.by_code, e.time
    FROM candidates AS c JOIN near AS e ON c.tenant = e.tenant AND c.value = e.address
    WHERE c.kind = 'address' AND (e.result IS NULL OR e.result <> 'failure')
    UNION ALL
    SELECT c.tenant, c.kind, c.value, e.address, e.actor, e.by_code, e.time
    FROM candidates AS c JOIN near AS e ON c.tenant = e.tenant AND c.value = e.app
    WHERE c.kind = 'app' AND (e.result IS NULL OR e.result <> 'failure') AND e.log_class NOT IN ('ual.directory', 'audit.directory', 'gws.admin')
) AS used
GROUP BY tenant, kind, value, address, actor, by_code

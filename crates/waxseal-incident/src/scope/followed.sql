SELECT DISTINCT incident, tenant, address, session, aad_session, token
FROM (
    SELECT c.incident, e.tenant, e.address, e.session, e.aad_session, e.token
    FROM contexts AS c JOIN near AS e ON c.tenant = e.tenant AND c.value = e.session
    WHERE c.kind = 'session' AND (e.result IS NULL OR e.result <> 'failure')
    UNION ALL
    SELECT c.incident, e.tenant, e.address, e.session, e.aad_session, e.token
    FROM contexts AS c JOIN near AS e ON c.tenant = e.tenant AND c.value = e.aad_session
    WHERE c.kind = 'session' AND (e.result IS NULL OR e.result <> 'failure')
    UNION ALL
    SELECT c.incident, e.tenant, e.address, e.session, e.aad_session, e.token
    FROM contexts AS c JOIN near AS e ON c.tenant = e.tenant AND c.value = e.token
    WHERE c.kind = 'token' AND (e.result IS NULL OR e.result <> 'failure')
    UNION ALL
    SELECT c.incident, e.tenant, e.address, e.session, e.aad_session, e.token
    FROM contexts AS c JOIN near AS e ON c.tenant = e.tenant AND c.value = e.address
    WHERE c.kind = 'address' AND (e.result IS NULL OR e.result <> 'failure') AND e.time >= c.from_time
    UNION ALL
    SELECT c.incident, e.tenant, e.address, e.session, e.aad_session, e.token
    FROM contexts AS c JOIN near AS e ON c.tenant = e.tenant AND c.value = e.app
    WHERE c.kind = 'app' AND (e.result IS NULL OR e.result <> 'failure') AND e.time >= c.from_time
) AS matched
-- One more than is followed, so that it shows where there are too many.
ORDER BY incident, tenant, address, session, aad_session, token
LIMIT 200001

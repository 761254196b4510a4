-- One row for each record of an incident, by however many of its contexts it was found; the surest tells. First the ids, because a record
-- may be found many times: `near` holds it once.
WITH matched AS (
    SELECT c.incident, c.sure, e.tenant, e.id
    FROM contexts AS c JOIN near AS e ON c.tenant = e.tenant AND c.value = e.session
    WHERE c.kind = 'session'
    UNION ALL
    SELECT c.incident, c.sure, e.tenant, e.id
    FROM contexts AS c JOIN near AS e ON c.tenant = e.tenant AND c.value = e.aad_session
    WHERE c.kind = 'session'
    UNION ALL
    SELECT c.incident, c.sure, e.tenant, e.id
    FROM contexts AS c JOIN near AS e ON c.tenant = e.tenant AND c.value = e.token
    WHERE c.kind = 'token'
    UNION ALL
    SELECT c.incident, c.sure, e.tenant, e.id
    FROM contexts AS c JOIN near AS e ON c.tenant = e.tenant AND c.value = e.address
    WHERE c.kind = 'address' AND e.time >= c.from_time
    UNION ALL
    SELECT c.incident, c.sure, e.tenant, e.id
    FROM contexts AS c JOIN near AS e ON c.tenant = e.tenant AND c.value = e.app
    WHERE c.kind = 'app' AND e.time >= c.from_time
    UNION ALL
    SELECT c.incident, true AS sure, c.tenant, c.event AS id
    FROM cited AS c
    WHERE c.counts
),
found AS (
    SELECT incident, tenant, id, bool_or(sure) AS sure FROM matched GROUP BY incident, tenant, id
)
SELECT
    f.incident, e.tenant, e.id, e.time, e.log_class, e.operation, e.actor, e.mailbox, e.mailbox_id, e.address, e.app, e.protocol,
    e.access_kind, e.folder_id, coalesce(e.token, e.session, e.aad_session) IS NOT NULL AS has_ids, f.sure, e.result = 'failure' AS failed
FROM found AS f JOIN near AS e ON f.tenant = e.tenant AND f.id = e.id

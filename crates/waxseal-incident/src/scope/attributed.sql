-- One row for each record of an incident, by however many of its contexts it was found; the surest tells.
SELECT
    incident, tenant, id, min(time) AS time, min(log_class) AS log_class, min(operation) AS operation, min(actor) AS actor,
    min(mailbox) AS mailbox, min(mailbox_id) AS mailbox_id, min(address) AS address, min(app) AS app, min(protocol) AS protocol,
    min(access_kind) AS access_kind, min(folder_id) AS folder_id, max(coalesce(token, session, aad_session)) IS NOT NULL AS has_ids,
    bool_or(sure) AS sure, min(result) = 'failure' AS failed
FROM (
    SELECT c.incident, c.sure, e.*
    FROM contexts AS c JOIN near AS e ON c.tenant = e.tenant AND c.value = e.session
    WHERE c.kind = 'session'
    UNION ALL
    SELECT c.incident, c.sure, e.*
    FROM contexts AS c JOIN near AS e ON c.tenant = e.tenant AND c.value = e.aad_session
    WHERE c.kind = 'session'
    UNION ALL
    SELECT c.incident, c.sure, e.*
    FROM contexts AS c JOIN near AS e ON c.tenant = e.tenant AND c.value = e.token
    WHERE c.kind = 'token'
    UNION ALL
    SELECT c.incident, c.sure, e.*
    FROM contexts AS c JOIN near AS e ON c.tenant = e.tenant AND c.value = e.address
    WHERE c.kind = 'address' AND e.time >= c.from_time
    UNION ALL
    SELECT c.incident, c.sure, e.*
    FROM contexts AS c JOIN near AS e ON c.tenant = e.tenant AND c.value = e.app
    WHERE c.kind = 'app' AND e.time >= c.from_time
    UNION ALL
    SELECT c.incident, true AS sure, e.*
    FROM cited AS c JOIN near AS e ON c.tenant = e.tenant AND c.event = e.id
    WHERE c.counts
) AS matched
GROUP BY incident, tenant, id

-- Records without any identifier, of a program and at a place where the intruder's records have some. Where every other record of
-- that program in that mailbox is the intruder's, so are these; else they may be anybody's.
WITH programs AS (
    SELECT a.incident, a.tenant, a.mailbox, a.app, a.protocol, a.address, min(a.time) AS first
    FROM attributed AS a
    LEFT JOIN contexts AS c ON c.kind = 'address' AND c.incident = a.incident AND c.tenant = a.tenant AND c.value = a.address
    WHERE a.access_kind = 'bind' AND a.has_ids AND a.app IS NOT NULL AND c.value IS NULL
    GROUP BY a.incident, a.tenant, a.mailbox, a.app, a.protocol, a.address
),
alike AS (
    SELECT p.incident, p.first, e.*, coalesce(e.token, e.session, e.aad_session) IS NOT NULL AS has_ids
    FROM programs AS p
    JOIN trail AS e ON p.tenant = e.tenant AND p.mailbox = e.mailbox AND p.app = e.app
    WHERE e.access_kind = 'bind' AND (p.protocol IS NOT DISTINCT FROM e.protocol) AND (p.address IS NOT DISTINCT FROM e.address)
),
judged AS (
    SELECT alike.*, a.id IS NULL AS is_new,
        max(CASE WHEN a.id IS NULL AND alike.has_ids THEN 1 ELSE 0 END) OVER (PARTITION BY alike.incident, alike.tenant, alike.mailbox, alike.app) AS others,
        min(alike.time) OVER (PARTITION BY alike.incident, alike.tenant, alike.mailbox, alike.app) AS earliest
    FROM alike
    LEFT JOIN attributed AS a ON a.incident = alike.incident AND a.tenant = alike.tenant AND a.id = alike.id
)
SELECT
    incident, tenant, id, time, log_class, operation, actor, mailbox, mailbox_id, address, app, protocol, access_kind, folder_id, has_ids,
    others = 0 AND earliest > first - INTERVAL '1 day' AS is_sure
FROM judged
WHERE is_new AND NOT has_ids AND time > first - INTERVAL '1 day'

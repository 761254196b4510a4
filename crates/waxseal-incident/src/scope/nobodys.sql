-- Records without any identifier, of a program that the intruder used in the mailbox over the same protocol, from where he used it or from
-- nowhere that is told: they may be anybody's. What names a mailbox by its id alone, or by its address alone, names the same one.
WITH programs AS (
    SELECT a.incident, a.tenant, a.mailbox, a.mailbox_id, a.app, a.protocol, a.address, min(a.time) AS first
    FROM attributed AS a
    WHERE a.access_kind = 'bind' AND a.has_ids AND a.app IS NOT NULL
    GROUP BY a.incident, a.tenant, a.mailbox, a.mailbox_id, a.app, a.protocol, a.address
),
alike AS (
    SELECT p.incident, e.*
    FROM programs AS p JOIN trail AS e ON p.tenant = e.tenant AND p.app = e.app AND p.mailbox_id = e.mailbox_id
    WHERE e.access_kind = 'bind' AND coalesce(e.token, e.session, e.aad_session) IS NULL AND e.time > p.first - INTERVAL '1 day'
      AND (p.protocol IS NOT DISTINCT FROM e.protocol) AND (e.address IS NULL OR p.address = e.address)
    UNION ALL
    SELECT p.incident, e.*
    FROM programs AS p JOIN trail AS e ON p.tenant = e.tenant AND p.app = e.app AND p.mailbox = e.mailbox
    WHERE e.access_kind = 'bind' AND coalesce(e.token, e.session, e.aad_session) IS NULL AND e.time > p.first - INTERVAL '1 day'
      AND (p.protocol IS NOT DISTINCT FROM e.protocol) AND (e.address IS NULL OR p.address = e.address)
)
SELECT DISTINCT
    alike.incident, alike.tenant, alike.id, alike.time, alike.log_class, alike.operation, alike.actor, alike.mailbox, alike.mailbox_id,
    alike.address, alike.app, alike.protocol, alike.access_kind, alike.folder_id
FROM alike
LEFT JOIN attributed AS a ON a.incident = alike.incident AND a.tenant = alike.tenant AND a.id = alike.id
WHERE a.id IS NULL AND (alike.result IS NULL OR alike.result <> 'failure')

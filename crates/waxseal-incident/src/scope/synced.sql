SELECT r.place, a.folder_id, CAST(min(a.time) AS BIGINT) AS first, CAST(max(a.time) AS BIGINT) AS last, count(*) AS records, min(a.id) AS event
FROM reached AS r
JOIN attributed AS a ON r.incident = a.incident AND r.tenant = a.tenant AND r.name = concat(coalesce(a.mailbox_id, ''), '|', coalesce(a.mailbox, ''))
WHERE a.access_kind = 'sync' AND a.failed IS NOT TRUE
GROUP BY r.place, a.folder_id

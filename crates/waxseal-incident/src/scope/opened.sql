-- The records that name messages, by place. Rank 0: they are the intruder's. 1: nobody can be given them. What failed showed nothing.
-- Each once, also where two logs give different records one id.
SELECT DISTINCT r.place, f.tenant, f.id, f.rank
FROM reached AS r
JOIN (
    SELECT incident, tenant, id, mailbox, mailbox_id, CASE WHEN sure THEN 0 ELSE 1 END AS rank FROM attributed
    WHERE (access_kind = 'bind' OR lower(operation) IN ('attachmentaccess', 'messagebind')) AND failed IS NOT TRUE
    UNION ALL
    SELECT incident, tenant, id, mailbox, mailbox_id, 1 AS rank FROM nobodys
) AS f ON r.incident = f.incident AND r.tenant = f.tenant AND r.name = concat(coalesce(f.mailbox_id, ''), '|', coalesce(f.mailbox, ''))

-- Gmail names every message that it sends on by itself.
SELECT f.incident, CAST(min(e.time) AS BIGINT) AS first, CAST(max(e.time) AS BIGINT) AS last
FROM forwards AS f
JOIN events AS e ON f.tenant = e.tenant AND f.mailbox = lower(e.mailbox)
WHERE e.log_class = 'gws.gmail' AND property(e.properties, 'event_info.mail_event_type') = '11' AND e.time >= f.from_time AND e.time <= :now
GROUP BY f.incident

-- The grounds of an act, but what was done on the account's own device is done in its usual place, wherever the device was taken
-- to. A device is its own where the directory knows it and the account has signed in on it for two days or more. It was taken
-- there where none of its sign-ins of the day came from elsewhere once it was there: a token that was stolen from it names it as
-- well, but then the device itself stays where it is.
SELECT grounds.tenant, grounds.id, CASE WHEN grounds.seat = 2 AND taken_along.id IS NOT NULL THEN 1 ELSE grounds.seat END AS seat
FROM grounds
LEFT JOIN (
    SELECT DISTINCT tenant, id
    FROM (
        SELECT moved.tenant, moved.id
        FROM (SELECT tenant, id, time, actor, network FROM grounds WHERE seat = 2 AND network IS NOT NULL) AS moved
        JOIN (
            SELECT tenant, actor, device_id, time, coalesce(CAST(asn AS VARCHAR), neighbourhood(client_ip)) AS network
            FROM events
            WHERE log_class IN ('ual.sts', 'signin.interactive', 'signin.noninteractive') AND result = 'success' AND time IS NOT NULL
              AND device_id IS NOT NULL AND client_ip IS NOT NULL AND coalesce(ip_class, 'public') NOT IN ('provider', 'private')
        ) AS signed ON signed.tenant = moved.tenant AND signed.actor = moved.actor
        WHERE signed.time <= moved.time
        GROUP BY moved.tenant, moved.id, moved.time, signed.device_id
        HAVING min(signed.time) <= moved.time - INTERVAL '2 days'
           AND max(CASE WHEN signed.network <> moved.network THEN signed.time END)
             < min(CASE WHEN signed.network = moved.network AND signed.time >= moved.time - INTERVAL '1 day' THEN signed.time END)
    ) AS known
) AS taken_along ON taken_along.tenant = grounds.tenant AND taken_along.id = grounds.id
ORDER BY grounds.tenant, grounds.id

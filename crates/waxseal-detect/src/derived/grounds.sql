-- How the place of an act of administration compares with where its account signs in. `seat` is 3 where the account had signed in
-- there that day with a browser that it had never used before, 2 where it had not signed in from the network two days before or
-- earlier, 1 where it had or several others of the organisation work there, and 0 where the records do not tell.
SELECT tenant, id, min(time) AS time, min(actor) AS actor, max(network) AS network, max(seat) AS seat
FROM (
    SELECT
        tenant, id, time, actor, network,
        CASE
            -- With less than a week of sign-ins nobody knows what is usual.
            WHEN coalesce(known_since, time) > time - INTERVAL '7 days' THEN in_office
            WHEN new_program = 1 THEN 3
            WHEN in_office = 1 OR here_since <= time - INTERVAL '2 days' THEN 1
            WHEN network IS NOT NULL THEN 2
            -- The act names no address, and the account was somewhere new that day. Exchange hardly ever names one.
            WHEN just_moved = 1 AND NOT of_exchange THEN 2
            ELSE 0
        END AS seat
    FROM (
        SELECT
            acts.tenant, acts.id, acts.time, acts.actor, acts.network, acts.of_exchange,
            max(CASE WHEN offices.network IS NOT NULL THEN 1 ELSE 0 END) AS in_office,
            min(seats.first_time) AS known_since,
            min(CASE WHEN seats.network = acts.network THEN seats.first_time END) AS here_since,
            max(CASE WHEN seats.first_time > acts.time - INTERVAL '1 day' AND seats.first_time <= acts.time THEN 1 ELSE 0 END) AS just_moved,
            max(CASE WHEN seats.program_first > acts.time - INTERVAL '1 day' AND seats.program_first <= acts.time AND seats.first_time <= acts.time
                          AND (acts.network IS NULL OR seats.client_ip = acts.client_ip) THEN 1 ELSE 0 END) AS new_program
        FROM (
            SELECT
                tenant, id, time, lower(actor) AS actor, client_ip, log_class IN ('ual.exchange_admin', 'ual.item') AS of_exchange,
                CASE WHEN coalesce(ip_class, 'public') NOT IN ('provider', 'private') THEN coalesce(CAST(asn AS VARCHAR), neighbourhood(client_ip)) END AS network
            FROM events
            WHERE log_class IN ('ual.exchange_admin', 'ual.item', 'ual.directory', 'audit.directory', 'ual.compliance')
              AND (log_class <> 'ual.item' OR operation LIKE '%FolderPermissions')
              AND time IS NOT NULL AND actor IS NOT NULL AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
        ) AS acts
        LEFT JOIN seats ON seats.tenant = acts.tenant AND seats.actor = acts.actor
        LEFT JOIN offices ON offices.tenant = acts.tenant AND offices.network = acts.network
        GROUP BY acts.tenant, acts.id, acts.time, acts.actor, acts.network, acts.of_exchange
    ) AS placed
) AS seated
GROUP BY tenant, id
ORDER BY tenant, id

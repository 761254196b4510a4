-- The networks and programs that each account signs in from and with, and since when. Where nobody knows the number of a
-- network, its neighbourhood of addresses stands for it.
SELECT
    tenant, actor, coalesce(CAST(asn AS VARCHAR), neighbourhood(client_ip)) AS network, client_ip, user_agent, first_time, last_time,
    -- Only browsers: products sign in for people with programs of their own.
    CASE WHEN user_agent LIKE 'Mozilla/%' THEN min(first_time) OVER (PARTITION BY tenant, actor, program(user_agent)) END AS program_first
FROM (
    SELECT tenant, actor, asn, client_ip, user_agent, min(time) AS first_time, max(time) AS last_time
    FROM events
    WHERE log_class IN ('ual.sts', 'signin.interactive', 'signin.noninteractive') AND result = 'success'
      AND client_ip IS NOT NULL AND coalesce(ip_class, 'public') NOT IN ('provider', 'private')
    GROUP BY tenant, actor, asn, client_ip, user_agent
) AS places
ORDER BY tenant, actor, client_ip, asn, user_agent, first_time

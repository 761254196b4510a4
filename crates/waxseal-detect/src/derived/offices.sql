-- A network in which three people of the organisation work for days is an office, a VPN or a carrier.
SELECT tenant, network
FROM (SELECT tenant, network, actor FROM seats GROUP BY tenant, network, actor HAVING max(last_time) > min(first_time) + INTERVAL '5 days') AS residents
GROUP BY tenant, network
HAVING count(*) >= 3
ORDER BY tenant, network

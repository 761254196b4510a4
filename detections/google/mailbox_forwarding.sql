/*---
id = "google.mailbox_forwarding"
version = 1
title = "Gmail forwarded out of the organisation"
why = "A forwarding address goes on delivering when the password is long changed."
category = "mailbox_forwarding"
attack = ["T1114.003", "T1098"]
severity = "low"
confidence = "medium"
needs = ["gws.login", "gws.other"]
group_by = ["account"]
window = "1d"
primary = "true"
verdict = "possible access"
verdict_reason = "new mail leaves the organisation"
explanation = "{account} had mail forwarded to {forwarded_to*} at {first_time}, from {client_ip}. {effect}"
shows = ["operation", "account", "forwarded_to", "effect", "client_ip"]
looked_for = ["forwarding to addresses outside the organisation", "destinations that several accounts share"]
cannot_exclude = ["filters that forward single messages, of which no record exists", "forwarding set up before the first record of the log"]
false_positives = ["people who send their mail to a private mailbox"]
references = ["https://developers.google.com/workspace/admin/reports/v1/appendix/activity/user-accounts", "https://attack.mitre.org/techniques/T1114/003/"]
---*/
WITH forwardings AS (
    SELECT
        id, time, tenant, operation, actor, actor AS account, client_ip, session_id,
        coalesce(property(properties, 'email_forwarding_destination_address'), 'an address that is not recorded') AS forwarded_to,
        lower(property(properties, 'email_forwarding_destination_address')) AS destination
    FROM events
    WHERE log_class IN ('gws.login', 'gws.other') AND operation = 'email_forwarding_out_of_domain'
),
shared AS (
    SELECT forwardings.*,
        CASE WHEN destination IS NULL THEN 1 ELSE count(DISTINCT account) OVER (PARTITION BY tenant, destination) END AS accounts
    FROM forwardings
)
SELECT id, time, tenant, operation, actor, account, account AS mailbox, client_ip, session_id, forwarded_to,
    CASE
        WHEN accounts > 1 THEN concat(CAST(accounts AS VARCHAR), ' accounts forward to this one address, which is nobody''s private mailbox then.')
        ELSE 'No other account forwards to this address. Whether the owner did it, the log does not say.'
    END AS effect,
    CASE WHEN accounts > 1 THEN 'high' ELSE 'low' END AS severity
FROM shared

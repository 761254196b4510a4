/*---
id = "public.password_spray"
version = 1
title = "Wrong passwords for many accounts from one address"
why = "Family: thresholds of failed sign-ins. A few passwords tried on many accounts are never many on one."
category = "password_spray"
attack = ["T1110.003"]
severity = "medium"
confidence = "medium"
needs = ["ual.sts", "signin.interactive", "signin.noninteractive"]
group_by = ["client_ip"]
window = "1h"
primary = "true"
verdict = "not assessable"
verdict_reason = "sign-ins show who got in, not what was touched"
explanation = "From {client_ip} passwords of {accounts} accounts were refused within half an hour; {records}."
shows = ["client_ip", "account", "accounts", "error_code"]
looked_for = ["five accounts or more in half an hour"]
cannot_exclude = ["a spray that is slow, or from many addresses"]
false_positives = ["an office behind one address after the passwords ran out"]
---*/
WITH refused AS (
    SELECT id, time, tenant, actor AS account, client_ip, error_code, date_bin(INTERVAL '30 minutes', time) AS slot
    FROM events
    WHERE log_class IN ('ual.sts', 'signin.interactive', 'signin.noninteractive') AND time IS NOT NULL AND client_ip IS NOT NULL
      AND error_code IN ('50126', '50053', '50055', '50056', '50034')
),
many AS (
    SELECT tenant, client_ip, slot, count(DISTINCT account) AS accounts
    FROM refused
    GROUP BY tenant, client_ip, slot
    HAVING count(DISTINCT account) >= 5
)
SELECT refused.id, refused.time, refused.tenant, refused.account, refused.client_ip, refused.error_code, many.accounts
FROM many
JOIN refused ON refused.tenant = many.tenant AND refused.client_ip = many.client_ip AND refused.slot = many.slot

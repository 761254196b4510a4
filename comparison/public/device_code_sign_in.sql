/*---
id = "public.device_code_sign_in"
version = 1
title = "Sign-in with a device code"
why = "Family: names of sign-in flows, one record at a time. Somebody who types in a code that an intruder sent signs the intruder in."
category = "device_code"
attack = ["T1528", "T1566.002"]
severity = "medium"
confidence = "medium"
needs = ["ual.sts", "signin.interactive", "signin.noninteractive"]
group_by = ["account"]
window = "1d"
primary = "true"
verdict = "not assessable"
verdict_reason = "sign-ins show who got in, not what was touched"
explanation = "{account} signed in with a device code at {first_time} from {client_ip}."
shows = ["account", "client_ip", "app_id"]
looked_for = ["the device code flow in successful sign-ins"]
cannot_exclude = ["sign-ins whose flow is not recorded"]
false_positives = ["command lines of administrators, meeting rooms"]
---*/
SELECT id, time, tenant, actor AS account, client_ip, app_id
FROM events
WHERE log_class IN ('ual.sts', 'signin.interactive', 'signin.noninteractive') AND time IS NOT NULL AND result = 'success'
  AND (auth_protocol = 'deviceCode' OR property(properties, 'RequestType') = 'Cmsi:Cmsi')

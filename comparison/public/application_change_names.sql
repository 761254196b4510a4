/*---
id = "public.application_change_names"
version = 1
title = "Consent, permission or credential given to an application"
why = "Family: names of operations, one record at a time. Consent and credentials are how an application of an intruder gets at mail."
category = "oauth_consent"
attack = ["T1528", "T1098.001", "T1098.003"]
severity = "medium"
confidence = "medium"
needs = ["ual.directory", "audit.directory"]
group_by = ["actor", "change"]
window = "1h"
primary = "true"
verdict = "not assessable"
verdict_reason = "the change shows what an application may do, not what it did"
explanation = "{actor} used \"{operation}\" on {target} at {first_time}."
shows = ["actor", "operation", "target", "client_ip"]
looked_for = ["consent to applications", "application roles assigned", "secrets and certificates added"]
cannot_exclude = ["applications that had their rights before the log begins"]
false_positives = ["people who try a product, administrators who set one up or renew a secret"]
---*/
SELECT
    id, time, tenant, actor, operation, target, client_ip,
    CASE WHEN lower(operation) LIKE '%secrets management%' OR lower(operation) LIKE '%credentials%' THEN 'credential' ELSE 'consent' END AS change
FROM events
WHERE log_class IN ('ual.directory', 'audit.directory') AND time IS NOT NULL AND coalesce(result, 'success') <> 'failure'
  AND rtrim(lower(operation), '. ') IN (
    'consent to application', 'add app role assignment to service principal',
    'update application – certificates and secrets management', 'add service principal credentials')

/*---
id = "public.google_names"
version = 1
title = "Google Workspace: forwarding, rights over the domain, or a new application"
why = "Family: names of operations in Google Workspace, and the first consent to an application. They are how an intruder keeps getting mail there."
category = "google_takeover"
attack = ["T1114.003", "T1098", "T1528"]
severity = "medium"
confidence = "medium"
needs = ["gws.login", "gws.admin", "gws.token"]
group_by = ["actor", "operation"]
window = "1h"
primary = "true"
verdict = "possible access"
verdict_reason = "the setting gives access to mail"
explanation = "{operation} at {first_time}[ by {actor}][ from {client_ip}][ for {app_id}]."
shows = ["actor", "operation", "target", "app_id", "client_ip"]
looked_for = ["forwarding out of the domain", "service accounts with rights over all accounts", "mail settings created for the domain", "the first consent to an application in 14 days"]
cannot_exclude = ["what was set before the log begins", "access with a password by IMAP"]
false_positives = ["administrators at work, people who try a product"]
---*/
WITH named AS (
    SELECT
        id, time, tenant, actor, operation, target, client_ip, app_id, log_class,
        min(time) OVER (PARTITION BY tenant) AS tenant_first,
        lag(time) OVER (PARTITION BY tenant, log_class, operation, app_id ORDER BY time, id) AS time_before
    FROM events
    WHERE time IS NOT NULL AND (
        log_class = 'gws.login' AND operation = 'email_forwarding_out_of_domain'
        OR log_class = 'gws.admin' AND operation IN ('AUTHORIZE_API_CLIENT_ACCESS', 'CREATE_GMAIL_SETTING', 'CREATE_EMAIL_MONITOR')
        OR log_class = 'gws.token' AND operation = 'authorize')
)
SELECT
    id, time, tenant, actor, operation, target, client_ip, app_id,
    CASE WHEN log_class = 'gws.token' AND time < tenant_first + INTERVAL '14 days' THEN 'low' ELSE 'medium' END AS severity
FROM named
WHERE log_class <> 'gws.token' OR time_before IS NULL OR time_before < time - INTERVAL '14 days'

/*---
id = "google.mail_consent_granted"
version = 2
title = "Application given access to Gmail, to all files or to the directory"
why = "An application that was let in accesses mail with tokens of its own: no password, no second factor, and no end when the password changes."
category = "oauth_consent"
attack = ["T1528", "T1550.001", "T1114.002"]
severity = "low"
confidence = "low"
needs = ["gws.token"]
group_by = ["app_id"]
window = "7d"
primary = "true"
verdict = "possible access"
verdict_reason = "an application may reach mail, files or the directory"
explanation = "{actor*} let the application {app_name} ({app_id}) in, first at {first_time} from {client_ip}, with these rights: {scopes}. {effect} {reach}[ {learning}]"
shows = ["actor", "app_id", "app_name", "scopes", "effect", "client_ip", "reach"]
looked_for = ["consents with rights to read, change or send mail, to change its settings, or to reach all files, searches or the directory, to an application that no record of the organisation's token log names before", "other accounts that let the same application in within a week"]
cannot_exclude = ["consents given before the first record of the log", "what the application does with mail that it has copied"]
false_positives = ["a new mail program or product", "a product that is being introduced"]
references = ["https://developers.google.com/workspace/gmail/api/auth/scopes", "https://developers.google.com/workspace/admin/reports/v1/appendix/activity/token"]
---*/
WITH named AS (
    SELECT
        id, time, tenant, operation, actor, client_ip, coalesce(app_id, client_info) AS app_id, client_info AS app_name,
        CASE WHEN operation = 'authorize' THEN coalesce(property(properties, 'scope'), property(properties, 'scope_data.scope_name')) END AS scopes
    FROM events
    WHERE log_class = 'gws.token' AND time IS NOT NULL AND coalesce(app_id, client_info) IS NOT NULL
),
dated AS (
    SELECT
        named.*,
        regexp_like(scopes, 'mail\.google\.com|auth/gmail\.(readonly|modify|compose|insert|send|metadata|settings)', 'i') AS on_mail,
        regexp_like(scopes, 'mail\.google\.com|auth/gmail\.(readonly|modify|settings\.sharing)', 'i') AS is_wide,
        regexp_like(scopes, 'auth/(admin\.directory|ediscovery|cloud-platform|cloud_search|drive($|[^._a-z]))', 'i') AS is_powerful,
        min(time) OVER (PARTITION BY tenant) AS tenant_first,
        min(time) OVER (PARTITION BY tenant, app_id) AS app_first,
        dense_rank() OVER (PARTITION BY tenant ORDER BY date_trunc('day', time)) AS active_day
    FROM named
),
reached AS (
    SELECT
        dated.*,
        count(DISTINCT CASE WHEN time <= app_first + INTERVAL '7 days' THEN actor END) OVER (PARTITION BY tenant, app_id) AS accounts
    FROM dated
    WHERE scopes IS NOT NULL AND (on_mail OR is_powerful)
)
SELECT
    id, time, tenant, operation, actor, client_ip, app_id, app_name, replace(trim(regexp_replace(scopes, '[\["\]]', '', 'g')), ',', ', ') AS scopes,
    CASE
        WHEN on_mail AND is_powerful THEN 'This reaches mail, and files, searches or the directory.'
        WHEN on_mail THEN 'This reaches mail.'
        ELSE 'This reaches files, searches or the directory, no mail.'
    END AS effect,
    CASE
        WHEN accounts = 1 THEN 'No other account let it in within a week.'
        ELSE concat('Within a week ', CAST(accounts AS VARCHAR), ' accounts let it in.')
    END AS reach,
    CASE WHEN is_wide THEN 'medium' ELSE 'low' END AS confidence,
    CASE WHEN app_first < tenant_first + INTERVAL '14 days' OR active_day <= 8 THEN 'The records before that span less than two weeks or eight active days: the application may have been known for long.' END AS learning
FROM reached
WHERE time <= app_first + INTERVAL '7 days'

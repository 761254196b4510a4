/*---
id = "google.mail_routing_changed"
version = 1
title = "Route, rule or protection for everybody's mail changed in Gmail"
why = "One route for the whole organisation sends a copy of all mail away, or lets mail pass that would have been held."
category = "transport_rule"
attack = ["T1114.003", "T1562.001"]
severity = "low"
confidence = "low"
needs = ["gws.admin"]
group_by = ["actor"]
window = "1h"
primary = "is_route"
verdict = "possible access"
verdict_reason = "mail of many may be sent elsewhere"
explanation = "{actor} changed {setting*} at {first_time} from {client_ip}: {effect*}. {records}, with {operation*}.[ Described as: {description*}.][ New value: {new_value*}.]"
shows = ["operation", "actor", "setting", "description", "new_value", "effect", "client_ip"]
looked_for = ["routes, gateways and hosts for mail", "content rules, which can add recipients", "forwarding and delegation allowed for accounts", "the examination of incoming mail, and mail let out of quarantine"]
cannot_exclude = ["what a rule does, where the record does not describe it"]
false_positives = ["ordinary work of mail administrators"]
references = ["https://developers.google.com/workspace/admin/reports/v1/appendix/activity/admin-email-settings", "https://attack.mitre.org/techniques/T1114/003/"]
---*/
WITH changes AS (
    SELECT
        id, time, tenant, operation, coalesce(actor, 'somebody') AS actor, client_ip, session_id,
        coalesce(property(properties, 'SETTING_NAME'), target, property(properties, 'EMAIL_ROUTE'), operation) AS setting,
        coalesce(property(properties, 'SETTING_DESCRIPTION'), property(properties, 'USER_DEFINED_SETTING_NAME')) AS description,
        property(properties, 'NEW_VALUE') AS new_value,
        operation LIKE '%APPLICATION_SETTING' AS of_application, coalesce(lower(property(properties, 'APPLICATION_NAME')) = 'gmail', false) AS of_gmail
    FROM events
    WHERE log_class = 'gws.admin'
      AND operation IN ('CREATE_GMAIL_SETTING', 'CHANGE_GMAIL_SETTING', 'DELETE_GMAIL_SETTING', 'CHANGE_EMAIL_SETTING', 'MAIL_ROUTING_DESTINATION_ADDED', 'TOGGLE_OUTBOUND_RELAY', 'RELEASE_FROM_QUARANTINE', 'CREATE_APPLICATION_SETTING', 'CHANGE_APPLICATION_SETTING')
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
),
marked AS (
    SELECT changes.*,
        CASE
            WHEN operation IN ('MAIL_ROUTING_DESTINATION_ADDED', 'TOGGLE_OUTBOUND_RELAY') THEN 'a route or a relay'
            WHEN operation = 'RELEASE_FROM_QUARANTINE' THEN 'mail let out of quarantine'
            WHEN regexp_like(setting, 'email_?route|routing|gateway|address_?map|message_security_rule|smtp_relay|journal', 'i') THEN 'a route'
            WHEN regexp_like(setting, 'forward', 'i') THEN 'forwarding'
            WHEN regexp_like(setting, 'delegat', 'i') AND regexp_like(setting, 'mail', 'i') THEN 'delegation of mailboxes'
            WHEN operation LIKE '%GMAIL_SETTING' AND regexp_like(setting, 'compliance|objectionable|attachment|content', 'i') THEN 'a content rule, which can add recipients or let mail pass'
            WHEN operation LIKE '%GMAIL_SETTING' AND regexp_like(setting, 'safety|spam|phish|spoof|whitelist|allow', 'i') THEN 'protection from unwanted mail'
            WHEN of_gmail AND regexp_like(setting, 'scanning|delayed_?delivery|phish|spam|spoof|malware|sandbox', 'i') THEN 'the examination of incoming mail'
        END AS effect
    FROM changes
    -- Settings of every product have these names; mail's are told by the product or by what they set.
    WHERE NOT of_application OR of_gmail OR regexp_like(setting, 'mail.*(forward|delegat|rout)|(forward|delegat|rout).*mail', 'i')
)
SELECT id, time, tenant, operation, actor, client_ip, session_id, setting, description, new_value, effect, effect IN ('a route', 'a route or a relay', 'forwarding') AS is_route,
    CASE WHEN effect IN ('a route', 'a route or a relay') AND operation <> 'DELETE_GMAIL_SETTING' THEN 'medium' WHEN effect = 'protection from unwanted mail' THEN 'info' ELSE 'low' END AS severity
FROM marked
WHERE effect IS NOT NULL AND NOT (effect IN ('forwarding', 'delegation of mailboxes') AND lower(coalesce(new_value, '')) IN ('false', 'off', 'disabled'))

/*---
id = "m365.legacy_protocol_opened"
version = 1
title = "Older mail protocol opened"
why = "POP, IMAP, Exchange Web Services and authenticated SMTP let a program fetch or send a whole mailbox, some of them with a password alone."
category = "legacy_protocol"
attack = ["T1114.002"]
severity = "low"
confidence = "low"
needs = ["ual.exchange_admin"]
group_by = ["actor"]
window = "1h"
verdict = "possible access"
verdict_reason = "a protocol was opened"
explanation = "{actor} opened {opened*} on {object*} with {operation*} from {first_time} to {last_time}. {records}."
shows = ["operation", "actor", "object", "opened", "client_ip", "session_id"]
looked_for = ["protocols opened for one mailbox", "sign-in with a password alone allowed by a policy"]
cannot_exclude = ["protocols that were open before the first record of the log"]
false_positives = ["scanners and old devices that an administrator sets up"]
references = ["https://attack.mitre.org/techniques/T1114/002/", "https://learn.microsoft.com/en-us/powershell/module/exchange/set-casmailbox"]
---*/
WITH changes AS (
    SELECT
        id, time, tenant, operation, actor, client_ip, session_id, app_id, mailbox,
        lower(regexp_replace(coalesce(property(properties, 'Identity'), target, 'the organisation'), '^.*/', '')) AS object,
        concat_ws(', ',
            CASE WHEN lower(property(properties, 'PopEnabled')) = 'true' THEN 'POP' END,
            CASE WHEN lower(property(properties, 'ImapEnabled')) = 'true' THEN 'IMAP' END,
            CASE WHEN lower(property(properties, 'EwsEnabled')) = 'true' THEN 'Exchange Web Services' END,
            CASE WHEN lower(property(properties, 'OWAEnabled')) = 'true' THEN 'Outlook on the web' END,
            CASE WHEN lower(property(properties, 'SmtpClientAuthenticationDisabled')) = 'false' THEN 'authenticated SMTP' END,
            CASE WHEN lower(property(properties, 'AllowBasicAuthPop')) = 'true' OR lower(property(properties, 'AllowBasicAuthImap')) = 'true'
                   OR lower(property(properties, 'AllowBasicAuthSmtp')) = 'true' OR lower(property(properties, 'AllowBasicAuthWebServices')) = 'true'
                   OR lower(property(properties, 'AllowBasicAuthPowershell')) = 'true' OR lower(property(properties, 'AllowBasicAuthActiveSync')) = 'true'
                 THEN 'sign-in with a password alone' END) AS opened
    FROM events
    WHERE log_class = 'ual.exchange_admin'
      AND lower(operation) IN ('set-casmailbox', 'set-casmailboxplan', 'set-transportconfig', 'new-authenticationpolicy', 'set-authenticationpolicy')
      AND coalesce(result, 'success') <> 'failure'
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
      AND coalesce(actor, '') NOT LIKE 'nt authority%'
)
SELECT id, time, tenant, operation, actor, mailbox, object, opened, client_ip, session_id, app_id
FROM changes
WHERE opened <> ''

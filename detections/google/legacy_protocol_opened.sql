/*---
id = "google.legacy_protocol_opened"
version = 1
title = "IMAP, POP or simple passwords allowed in Gmail"
why = "Over IMAP and POP a mailbox is copied as a whole, and programs that know a password only are asked for no second factor."
category = "legacy_protocol"
attack = ["T1114.002", "T1562.001"]
severity = "low"
confidence = "medium"
needs = ["gws.admin"]
group_by = ["actor"]
window = "1h"
primary = "true"
verdict = "possible access"
verdict_reason = "mailboxes can be copied by simpler programs"
explanation = "{actor} set {setting*} to {new_value*} at {first_time} from {client_ip}[, for {target*}]. {records}, with {operation*}."
shows = ["operation", "actor", "setting", "new_value", "target", "client_ip"]
looked_for = ["IMAP, POP and less secure programs allowed for the organisation or a part of it"]
cannot_exclude = ["protocols that were allowed before the first record of the log"]
false_positives = ["an old program or machine that needs it"]
references = ["https://developers.google.com/workspace/admin/reports/v1/appendix/activity/admin-email-settings"]
---*/
SELECT
    id, time, tenant, operation, coalesce(actor, 'somebody') AS actor, client_ip, session_id,
    coalesce(property(properties, 'SETTING_NAME'), 'sign-in of programs that know a password only') AS setting, coalesce(property(properties, 'NEW_VALUE'), 'a value that is not recorded') AS new_value,
    coalesce(property(properties, 'GROUP_EMAIL'), property(properties, 'ORG_UNIT_NAME'), property(properties, 'DOMAIN_NAME')) AS target,
    'low' AS severity
FROM events
WHERE log_class = 'gws.admin'
  AND (operation = 'WEAK_PROGRAMMATIC_LOGIN_SETTINGS_CHANGED'
       OR operation IN ('CHANGE_EMAIL_SETTING', 'CREATE_GMAIL_SETTING', 'CHANGE_GMAIL_SETTING', 'CREATE_APPLICATION_SETTING', 'CHANGE_APPLICATION_SETTING')
          AND regexp_like(property(properties, 'SETTING_NAME'), '(^|[^a-z])(imap|pop3?)([^a-z]|$)', 'i'))
  AND lower(coalesce(property(properties, 'NEW_VALUE'), '')) NOT IN ('false', 'off', 'disabled', 'denied')
  AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')

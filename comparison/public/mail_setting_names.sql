/*---
id = "public.mail_setting_names"
version = 1
title = "Rule or setting that hides, copies or forwards mail"
why = "Family: names of operations, one record at a time. An intruder's rule or forwarding stays when the password is changed."
category = "inbox_rule"
attack = ["T1564.008", "T1114.003"]
severity = "medium"
confidence = "medium"
needs = ["ual.exchange_admin", "ual.item"]
group_by = ["actor", "operation"]
window = "1h"
primary = "true"
verdict = "possible access"
verdict_reason = "the setting acts on incoming mail"
explanation = "{actor} used {operation} at {first_time} from {client_ip}."
shows = ["actor", "operation", "target", "client_ip"]
looked_for = ["inbox rules that forward, redirect or delete, or move mail about security away", "forwarding of a mailbox", "mail flow and journal rules"]
cannot_exclude = ["rules made before the log begins"]
false_positives = ["people who tidy up, and administrators at work"]
---*/
SELECT id, time, tenant, mailbox, actor, operation, target, client_ip, session_id
FROM events
WHERE log_class IN ('ual.exchange_admin', 'ual.item') AND time IS NOT NULL AND coalesce(result, 'success') <> 'failure' AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
  AND (
    lower(operation) IN ('new-transportrule', 'set-transportrule', 'new-journalrule')
    OR lower(operation) = 'set-mailbox' AND coalesce(nullif(property(properties, 'ForwardingSmtpAddress'), ''), nullif(property(properties, 'ForwardingAddress'), '')) IS NOT NULL
    OR lower(operation) IN ('new-inboxrule', 'set-inboxrule', 'enable-inboxrule') AND (
        coalesce(property(properties, 'ForwardTo'), property(properties, 'ForwardAsAttachmentTo'), property(properties, 'RedirectTo'), '') <> ''
        OR lower(property(properties, 'DeleteMessage')) = 'true'
        OR property(properties, 'MoveToFolder') IS NOT NULL AND regexp_like(
            concat_ws(' ', property(properties, 'SubjectContainsWords'), property(properties, 'BodyContainsWords'), property(properties, 'SubjectOrBodyContainsWords')),
            'alert|fraud|hack|helpdesk|malicious|password|phish|secur|spam|suspicious|virus', 'i'))
    OR lower(operation) = 'updateinboxrules' AND regexp_like(property(properties, 'RuleActions'), 'forward|redirect|delete', 'i')
  )

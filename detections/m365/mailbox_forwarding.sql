/*---
id = "m365.mailbox_forwarding"
version = 1
title = "Mailbox set to forward its mail"
why = "Forwarding on the mailbox itself sends every message on without a rule that its owner could see, and goes on after the password has changed."
category = "mailbox_forwarding"
attack = ["T1114.003"]
severity = "medium"
confidence = "medium"
needs = ["ual.exchange_admin"]
group_by = ["actor", "mailbox_name"]
window = "1h"
primary = "severity = 'high'"
verdict = "possible access"
verdict_reason = "mail is forwarded"
explanation = "{actor} used {operation} on {mailbox_name} at {first_time}: {effect}.[ Forwarded to: {forwarded_to*}.] {records}."
shows = ["operation", "actor", "mailbox_name", "forwarded_to", "effect", "client_ip", "session_id"]
looked_for = ["a domain that is not the organisation's own", "a copy left in the mailbox", "automatic forwarding opened for the whole organisation"]
cannot_exclude = ["forwarding set before the first record of the log", "forwarding by an inbox rule, which is a detection of its own"]
false_positives = ["mail of a leaver or of someone away sent on by an administrator", "shared mailboxes that feed a ticket system"]
references = ["https://attack.mitre.org/techniques/T1114/003/", "https://learn.microsoft.com/en-us/powershell/module/exchange/set-mailbox"]
---*/
WITH settings AS (
    SELECT
        id, time, tenant, operation, actor, client_ip, session_id, app_id, mailbox,
        lower(operation) = 'set-mailbox' AS of_one_mailbox,
        coalesce(mailbox, lower(regexp_replace(coalesce(property(properties, 'Identity'), target, 'unknown'), '^.*/', ''))) AS mailbox_name,
        -- An empty value takes forwarding away.
        nullif(trim(property(properties, 'ForwardingSmtpAddress')), '') AS smtp_address,
        nullif(trim(property(properties, 'ForwardingAddress')), '') AS recipient,
        coalesce(lower(property(properties, 'DeliverToMailboxAndForward')) = 'true', false) AS keeps_copy,
        coalesce(lower(property(properties, 'AutoForwardingMode')) = 'on', false)
            OR coalesce(lower(property(properties, 'AutoForwardEnabled')) = 'true', false) AS opens_all
    FROM events
    WHERE log_class = 'ual.exchange_admin'
      AND lower(operation) IN ('set-mailbox', 'set-remotedomain', 'new-hostedoutboundspamfilterpolicy', 'set-hostedoutboundspamfilterpolicy')
      AND coalesce(result, 'success') <> 'failure'
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
      AND coalesce(actor, '') NOT LIKE 'nt authority%'
),
marked AS (
    SELECT
        settings.*,
        concat_ws('; ', smtp_address, recipient) AS forwarded_to,
        array_length(domains_in(concat_ws('; ', smtp_address, recipient))) > 0
            AND NOT coalesce(array_has_all(own.domains, domains_in(concat_ws('; ', smtp_address, recipient))), false) AS leaves
    FROM settings
    LEFT JOIN own_domains AS own ON settings.tenant = own.tenant
)
SELECT
    id, time, tenant, operation, actor, mailbox, mailbox_name, forwarded_to, client_ip, session_id, app_id,
    CASE
        WHEN opens_all THEN 'automatic forwarding to other organisations was opened'
        WHEN leaves AND keeps_copy THEN 'mail goes to a domain that is not the organisation''s own, and a copy stays, so that the owner sees nothing missing'
        WHEN leaves THEN 'mail goes to a domain that is not the organisation''s own'
        WHEN forwarded_to = '' THEN 'a copy stays in the mailbox while mail is forwarded'
        ELSE 'mail goes to another recipient of the organisation or to one whose domain is not recorded'
    END AS effect,
    CASE
        WHEN leaves THEN 'high'
        WHEN opens_all THEN 'medium'
        WHEN recipient IS NOT NULL THEN 'medium'
        ELSE 'low'
    END AS severity
FROM marked
WHERE forwarded_to <> '' OR opens_all OR (of_one_mailbox AND keeps_copy)

/*---
id = "m365.inbox_rule_hides_or_forwards"
version = 3
title = "Inbox rule that hides or forwards mail"
why = "An intruder in a mailbox makes a rule so that the owner does not see warnings, replies and bounces, or so that a copy of the mail leaves the mailbox even after the password has changed."
category = "inbox_rule"
attack = ["T1564.008", "T1114.003"]
severity = "medium"
confidence = "medium"
needs = ["ual.exchange_admin", "ual.item"]
group_by = ["actor", "mailbox_name"]
window = "1h"
primary = "severity = 'high'"
verdict = "possible access"
verdict_reason = "a rule acts on incoming mail"
explanation = "{actor} set up the inbox rule \"{rule_name}\" on {mailbox_name} with {operation} at {first_time}: it {effect*}.[ Conditions: {conditions}.][ Sent on to: {forwarded_to}.][ Moved to: {moved_to}.] {records}."
shows = ["operation", "actor", "mailbox_name", "rule_name", "effect", "conditions", "forwarded_to", "moved_to", "client_ip", "session_id"]
looked_for = ["mail sent on to a domain that is not the organisation's own", "a name without letters or digits", "words about security, money or passwords in the conditions"]
cannot_exclude = ["rules made by a client that leaves no record", "rules made before the first record of the log"]
false_positives = ["people who delete or file newsletters and notifications by rule", "people who send mail on to a colleague while they are away"]
references = ["https://attack.mitre.org/techniques/T1564/008/", "https://attack.mitre.org/techniques/T1114/003/", "https://learn.microsoft.com/en-us/powershell/module/exchange/new-inboxrule"]
---*/
WITH rules AS (
    -- Two spellings of one thing: cmdlets of Outlook on the web and PowerShell name every action as a parameter; Outlook for
    -- Windows writes UpdateInboxRules with the actions as JSON.
    SELECT
        id, time, tenant, operation, actor, client_ip, session_id, app_id, mailbox,
        coalesce(mailbox, CASE WHEN strpos(target, '\') > 0 THEN lower(regexp_replace(split_part(target, '\', 1), '^.*/', '')) END, actor) AS mailbox_name,
        coalesce(property(properties, 'Name'), property(properties, 'RuleName'), property(properties, 'Identity')) AS rule_name,
        lower(operation) IN ('new-inboxrule', 'enable-inboxrule') OR property(properties, 'Name') IS NOT NULL
            OR property(properties, 'RuleName') IS NOT NULL AS names_itself,
        concat_ws('; ', property(properties, 'ForwardTo'), property(properties, 'ForwardAsAttachmentTo'), property(properties, 'RedirectTo'),
            CASE WHEN regexp_like(property(properties, 'RuleActions'), 'forward|redirect', 'i') THEN property(properties, 'RuleActions') END) AS forwarded_to,
        property(properties, 'MoveToFolder') AS moved_to,
        coalesce(lower(property(properties, 'DeleteMessage')) = 'true', false)
            OR coalesce(lower(property(properties, 'SoftDeleteMessage')) = 'true', false)
            OR coalesce(regexp_like(property(properties, 'RuleActions'), 'delete', 'i'), false) AS deletes,
        coalesce(regexp_like(property(properties, 'RuleActions'), 'movetofolder|"move"', 'i'), false) AS moves_somewhere,
        coalesce(lower(property(properties, 'MarkAsRead')) = 'true', false)
            OR coalesce(regexp_like(property(properties, 'RuleActions'), 'markasread', 'i'), false) AS marks_read,
        concat_ws('; ', property(properties, 'SubjectContainsWords'), property(properties, 'SubjectOrBodyContainsWords'),
            property(properties, 'BodyContainsWords'), property(properties, 'FromAddressContainsWords'),
            property(properties, 'HeaderContainsWords'), property(properties, 'From'), property(properties, 'RuleCondition'),
            property(properties, 'BlockedSendersAndDomains')) AS conditions,
        lower(operation) = 'set-mailboxjunkemailconfiguration' AS is_blocklist
    FROM events
    WHERE log_class IN ('ual.exchange_admin', 'ual.item')
      AND lower(operation) IN ('new-inboxrule', 'set-inboxrule', 'enable-inboxrule', 'updateinboxrules', 'set-mailboxjunkemailconfiguration')
      AND (lower(operation) <> 'set-mailboxjunkemailconfiguration' OR nullif(property(properties, 'BlockedSendersAndDomains'), '') IS NOT NULL)
      AND coalesce(result, 'success') <> 'failure'
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
      AND coalesce(lower(property(properties, 'RuleOperation')) NOT LIKE 'remove%', true)
      AND coalesce(lower(property(properties, 'RuleOperation')) NOT LIKE 'delete%', true)
),
marked AS (
    SELECT
        rules.*,
        forwarded_to <> '' AS forwards,
        array_length(domains_in(forwarded_to)) > 0 AND NOT coalesce(array_has_all(own.domains, domains_in(forwarded_to)), false) AS leaves,
        -- Folders that nobody opens; their names follow the language of the mailbox.
        coalesce(regexp_like(moved_to, '\brss|conversation h|verlauf|historique|historial|cronologia|sync issues|deleted|trash|gel(ö|oe)scht|papierkorb|supprim|corbeille|elimina[dt]|cestino|verwijder|borttag|slettet|slettede|usuni|exclu(í|i)d|lixeira|удал|корзин|削除|已删除|刪除|지운|(^|[\\/:])notes$', 'i'), false) AS buries,
        coalesce(regexp_like(moved_to, 'archi(v|e)f?|arkiv|arquivo|junk|spam|ind(é|e)sirable|indesiderat|no deseado|ongewenst|skr(ä|a)ppost|u(ø|o)nsket|wiadomości-śmieci|нежелат|迷惑|垃圾', 'i'), false) AS sets_aside,
        -- To block one's own organisation, or those who warn, is not what a list of unwanted senders is for.
        is_blocklist AND (coalesce(array_has_any(own.domains, string_to_array(regexp_replace(lower(conditions), '(?:^|[;, "\[\]]+)(?:[^;, "]*@)?', ';', 'g'), ';')), false)
            OR regexp_like(conditions, 'security|helpdesk|it-?support|soc@', 'i')) AS blocks_warnings,
        names_itself AND NOT is_blocklist AND NOT regexp_like(trim(coalesce(rule_name, '')), '[\p{L}\p{N}].*[\p{L}\p{N}]|[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]') AS nameless,
        regexp_like(conditions, 'phish|hack|spam|virus|malware|fraud|scam|suspicio|secur|password|passwor|passcode|credential|verif|compromis|mfa|2fa|one-time|helpdesk|help desk|invoice|payment|wire|remit|payroll|bank|iban|swift|transfer|purchase order|docusign|rechnung|überweisung|facture|virement', 'i') AS touchy
    FROM rules
    LEFT JOIN own_domains AS own ON rules.tenant = own.tenant
)
SELECT
    id, time, tenant, operation, actor, mailbox, mailbox_name, rule_name, conditions, forwarded_to, moved_to, client_ip, session_id, app_id,
    concat_ws(' and ',
        CASE WHEN leaves THEN 'sends mail to a domain that is not the organisation''s own' WHEN forwards THEN 'sends mail on' END,
        CASE WHEN blocks_warnings THEN 'sends mail of the organisation itself, or of those who warn, to junk' END,
        CASE WHEN deletes THEN 'deletes mail' END,
        CASE WHEN buries OR sets_aside OR moves_somewhere THEN 'moves mail away' END,
        CASE WHEN marks_read THEN 'marks it as read' END,
        CASE WHEN nameless THEN 'has no readable name' END,
        CASE WHEN touchy THEN 'looks for words about security, money or passwords' END) AS effect,
    CASE
        WHEN is_blocklist THEN 'medium'
        WHEN leaves THEN 'high'
        WHEN (deletes OR buries OR sets_aside OR moves_somewhere OR forwards) AND nameless OR (deletes OR buries OR forwards OR (sets_aside OR moves_somewhere) AND marks_read) AND touchy THEN 'high'
        WHEN sets_aside AND touchy THEN 'medium'
        WHEN deletes OR buries THEN 'medium'
        WHEN sets_aside AND marks_read THEN 'medium'
        WHEN nameless THEN 'medium'
        ELSE 'low'
    END AS severity,
    CASE WHEN leaves THEN 'exfiltration' WHEN forwards THEN 'persistence' ELSE 'cover_up' END AS step
FROM marked
WHERE blocks_warnings OR NOT is_blocklist AND (forwards OR deletes OR buries OR sets_aside OR (moves_somewhere AND (nameless OR touchy OR marks_read))
   OR (moved_to IS NOT NULL AND (nameless OR touchy)) OR (nameless AND lower(operation) = 'enable-inboxrule'))

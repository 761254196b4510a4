/*---
id = "public.admin_names"
version = 1
title = "Mailbox opened to others, searched out, or its log switched off"
why = "Family: names of operations, one record at a time. With an administrator's account an intruder needs no mailbox of his own."
category = "mailbox_delegation"
attack = ["T1098.002", "T1562.008", "T1114.002"]
severity = "medium"
confidence = "medium"
needs = ["ual.exchange_admin", "ual.compliance"]
group_by = ["actor", "kind"]
window = "1d"
primary = "true"
verdict = "possible access"
verdict_reason = "the operation gives access to mail or hides it"
explanation = "{actor} used {operation*} at {first_time} from {client_ip}."
shows = ["actor", "operation", "target", "client_ip"]
looked_for = ["full access to a mailbox given", "audit logging bypassed or switched off", "content searches made or exported"]
cannot_exclude = ["what was set before the log begins"]
false_positives = ["a deputy who gets access, the compliance department's searches"]
---*/
WITH named AS (
    SELECT
        id, time, tenant, mailbox, actor, operation, target, client_ip,
        CASE
            WHEN lower(operation) = 'add-mailboxpermission' AND lower(coalesce(property(properties, 'AccessRights'), 'fullaccess')) LIKE '%fullaccess%' THEN 'permission'
            WHEN lower(operation) = 'set-mailboxauditbypassassociation' AND lower(coalesce(property(properties, 'AuditBypassEnabled'), 'true')) = 'true' THEN 'audit'
            WHEN lower(operation) = 'set-mailbox' AND lower(property(properties, 'AuditEnabled')) = 'false' THEN 'audit'
            WHEN lower(operation) = 'set-adminauditlogconfig' AND lower(property(properties, 'UnifiedAuditLogIngestionEnabled')) = 'false' THEN 'audit'
            WHEN lower(operation) IN ('searchcreated', 'searchexported', 'new-compliancesearch', 'new-compliancesearchaction') THEN 'search'
        END AS kind
    FROM events
    WHERE log_class IN ('ual.exchange_admin', 'ual.compliance') AND time IS NOT NULL AND coalesce(result, 'success') <> 'failure' AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
)
SELECT * FROM named WHERE kind IS NOT NULL

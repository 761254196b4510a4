/*---
id = "m365.audit_tampering"
version = 2
title = "Audit logging switched off or thinned out"
why = "What is no longer logged can no longer be found: an intruder with rights over the logs takes the traces of the next steps away before making them."
category = "audit_tampering"
attack = ["T1562.008"]
severity = "medium"
confidence = "medium"
needs = ["ual.exchange_admin", "ual.compliance", "ual.directory", "audit.directory"]
group_by = ["actor"]
window = "1h"
primary = "severity = 'high'"
verdict = "not assessable"
verdict_reason = "from then on records may be missing"
explanation = "{actor} changed what is logged with {operation*} on {object*} at {first_time}: {effect*}. {records}."
shows = ["operation", "actor", "object", "effect", "client_ip", "session_id"]
looked_for = ["the unified audit log switched off", "an account taken out of mailbox auditing", "mailbox auditing switched off", "mail access taken out of what is audited", "retention of the log shortened or removed", "a licence change that takes the detailed log away from an account"]
cannot_exclude = ["changes made before the first record of the log", "licences without mail access records"]
false_positives = ["service accounts of backup products that are exempted on purpose", "set-up of a new tenant"]
references = ["https://attack.mitre.org/techniques/T1562/008/", "https://learn.microsoft.com/en-us/powershell/module/exchange/set-mailboxauditbypassassociation"]
---*/
WITH changes AS (
    SELECT
        id, time, tenant, operation, lower(operation) AS op, actor, client_ip, session_id, app_id, mailbox,
        lower(regexp_replace(coalesce(property(properties, 'Identity'), target, 'the organisation'), '^.*/', '')) AS object,
        lower(property(properties, 'UnifiedAuditLogIngestionEnabled')) AS unified_log,
        lower(property(properties, 'AdminAuditLogEnabled')) AS admin_log,
        lower(property(properties, 'AuditBypassEnabled')) AS bypass,
        lower(property(properties, 'AuditEnabled')) AS mailbox_log,
        lower(property(properties, 'AuditDisabled')) AS all_mailboxes_off,
        property(properties, 'AuditLogAgeLimit') AS age_limit,
        lower(concat_ws('; ', property(properties, 'AuditOwner'), property(properties, 'AuditDelegate'), property(properties, 'AuditAdmin'))) AS actions,
        lower(property(properties, 'DefaultAuditSet')) AS default_set,
        coalesce(property(properties, 'RetentionDuration'), '') AS retention,
        upper(coalesce(property(properties, 'AssignedLicense'), property(properties, 'AssignedPlan'), '')) AS licence,
        upper(coalesce(property_old(properties, 'AssignedLicense'), property_old(properties, 'AssignedPlan'), '')) AS licence_before,
        coalesce(record_type, 0) IN (296, 297) AS of_the_log
    FROM events
    WHERE (log_class IN ('ual.exchange_admin', 'ual.compliance', 'ual.other')
           OR log_class IN ('ual.directory', 'audit.directory') AND regexp_like(operation, '^change user license', 'i'))
      AND (coalesce(record_type, 0) IN (296, 297) OR regexp_like(operation, '^change user license', 'i') OR lower(operation) IN ('set-adminauditlogconfig', 'set-mailboxauditbypassassociation', 'set-mailbox', 'set-organizationconfig',
            'remove-unifiedauditlogretentionpolicy', 'set-unifiedauditlogretentionpolicy', 'new-unifiedauditlogretentionpolicy'))
      AND coalesce(result, 'success') <> 'failure'
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
      AND coalesce(actor, '') NOT LIKE 'nt authority%'
),
marked AS (
    SELECT
        changes.*,
        CASE
            WHEN op = 'set-adminauditlogconfig' AND unified_log = 'false' THEN 'the unified audit log was switched off'
            WHEN op = 'set-adminauditlogconfig' AND admin_log = 'false' THEN 'the log of administration was switched off'
            WHEN op = 'set-mailboxauditbypassassociation' AND bypass = 'true' THEN 'an account was taken out of mailbox auditing'
            WHEN op = 'set-organizationconfig' AND all_mailboxes_off = 'true' THEN 'mailbox auditing was switched off for all mailboxes'
            WHEN op = 'remove-unifiedauditlogretentionpolicy' THEN 'a retention policy of the audit log was removed'
            WHEN op = 'set-unifiedauditlogretentionpolicy' THEN 'a retention policy of the audit log was changed'
            WHEN op = 'new-unifiedauditlogretentionpolicy' AND regexp_like(retention, 'seven|days|onemonth', 'i') THEN 'a retention policy that keeps records for a short time was made'
            -- The plan is named among those that are switched off, or is not named any more.
            WHEN op LIKE 'change user license%' AND regexp_like(licence, 'DISABLEDPLANS[^\]]*M365_ADVANCED_AUDITING')
                AND NOT regexp_like(licence_before, 'DISABLEDPLANS[^\]]*M365_ADVANCED_AUDITING') THEN 'the detailed log was switched off in the licence of an account'
            WHEN of_the_log AND regexp_like(op, 'remov|delet|disabl|off') THEN 'retention or settings of the log were removed or switched off'
            WHEN of_the_log THEN 'retention or settings of the log were changed'
            WHEN op = 'set-mailbox' AND mailbox_log = 'false' THEN 'mailbox auditing was switched off for a mailbox'
            WHEN op = 'set-mailbox' AND regexp_like(actions, 'remove.*mailitemsaccessed|-mailitemsaccessed') THEN 'mail access was taken out of what is audited'
            WHEN op = 'set-mailbox' AND regexp_like(actions, 'remove|none') THEN 'actions were taken out of what is audited'
            WHEN op = 'set-mailbox' AND actions <> '' AND actions NOT LIKE '%mailitemsaccessed%' AND actions NOT LIKE '%add%'
                THEN 'what is audited was replaced by a list without mail access'
            WHEN op = 'set-mailbox' AND default_set = 'none' THEN 'the provider''s default set of audited actions was given up'
            WHEN op = 'set-mailbox' AND age_limit LIKE '0%' THEN 'the age limit of mailbox audit records was set to zero'
        END AS effect
    FROM changes
)
SELECT
    id, time, tenant, operation, actor, mailbox, object, client_ip, session_id, app_id, effect,
    CASE
        WHEN op = 'set-adminauditlogconfig' AND unified_log = 'false' OR bypass = 'true' OR all_mailboxes_off = 'true' THEN 'high'
        WHEN effect LIKE 'mail access was taken%' THEN 'high'
        WHEN op = 'set-unifiedauditlogretentionpolicy' OR effect = 'retention or settings of the log were changed' OR age_limit LIKE '0%' THEN 'low'
        ELSE 'medium'
    END AS severity
FROM marked
WHERE effect IS NOT NULL

/*---
id = "m365.protection_removed"
version = 1
title = "Protection against loss, retention or filtering taken away"
why = "What keeps mail from leaving, from being deleted or from arriving with a lure in it stands in an intruder's way; what is not retained cannot be looked at afterwards."
category = "account_impact"
attack = ["T1562.001", "T1485"]
severity = "low"
confidence = "low"
needs = ["ual.compliance", "ual.exchange_admin"]
group_by = ["actor"]
window = "1h"
primary = "severity = 'medium'"
verdict = "not assessable"
verdict_reason = "the records are about policies, not about mail"
explanation = "{actor} weakened what protects mail with {operation*} on {object*} from {first_time} to {last_time}: {effect*}. {records}; changes of that kind by the account within the hour: {nearby}."
shows = ["operation", "actor", "object", "effect", "nearby", "client_ip", "session_id"]
looked_for = ["policies and rules on loss of data, retention or threats removed or switched off", "a mailbox released from a hold", "three or more such changes within an hour"]
cannot_exclude = ["policies narrowed rather than removed", "changes made before the first record of the log"]
false_positives = ["an administrator who replaces policies", "the end of a legal hold"]
references = ["https://attack.mitre.org/techniques/T1562/001/", "https://learn.microsoft.com/en-us/purview/audit-log-activities"]
---*/
WITH changes AS (
    SELECT
        id, time, tenant, operation, lower(operation) AS op, coalesce(actor, 'unknown') AS actor, client_ip, session_id, app_id,
        lower(regexp_replace(coalesce(property(properties, 'Identity'), property(properties, 'Name'), target, 'unknown'), '^.*/', '')) AS object,
        lower(coalesce(property(properties, 'Enabled'), property(properties, 'State'), '')) AS enabled,
        lower(coalesce(property(properties, 'Mode'), '')) AS mode,
        lower(coalesce(property(properties, 'LitigationHoldEnabled'), '')) AS litigation,
        lower(coalesce(property(properties, 'SingleItemRecoveryEnabled'), '')) AS recovery,
        lower(coalesce(property(properties, 'RetentionHoldEnabled'), '')) AS retention_hold,
        coalesce(property(properties, 'RetainDeletedItemsFor'), '') AS keep_deleted,
        coalesce(property(properties, 'RemoveDelayHoldApplied'), property(properties, 'RemoveDelayReleaseHoldApplied'), '') AS delay_hold
    FROM events
    WHERE log_class IN ('ual.exchange_admin', 'ual.compliance', 'ual.other')
      AND (lower(operation) = 'set-mailbox'
           OR regexp_like(operation, '^(remove|disable|set)-(dlp|retention|hold|caseholdpolicy|caseholdrule|safelinks|safeattachment|antiphish|malwarefilter|hostedcontentfilter|protectionalert|activityalert|teamsretention|appretention)', 'i'))
      AND coalesce(result, 'success') <> 'failure' AND time IS NOT NULL
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
      AND coalesce(actor, '') NOT LIKE 'nt authority%'
),
marked AS (
    SELECT
        changes.*,
        CASE
            WHEN op = 'set-mailbox' AND (litigation = 'false' OR delay_hold <> '') THEN 'a mailbox was released from a hold'
            WHEN op = 'set-mailbox' AND (recovery = 'false' OR regexp_like(keep_deleted, '^0?0?[.:]?0+[.:]00')) THEN 'deleted messages are no longer kept'
            WHEN op = 'set-mailbox' THEN NULL
            WHEN regexp_like(op, '^(remove|disable)-dlp') THEN 'a policy or rule against loss of data was removed or switched off'
            WHEN regexp_like(op, '^(remove|disable)-(retention|hold|casehold|teamsretention|appretention)') THEN 'a policy or rule on retention was removed or switched off'
            WHEN regexp_like(op, '^(remove|disable)-(protectionalert|activityalert)') THEN 'an alert was removed or switched off'
            WHEN regexp_like(op, '^(remove|disable)-') THEN 'a policy or rule against threats was removed or switched off'
            WHEN enabled IN ('false', 'disabled') OR mode IN ('disable', 'disabled') THEN 'a policy or rule was switched off'
        END AS effect
    FROM changes
),
counted AS (
    SELECT
        marked.*,
        count(DISTINCT concat(op, ' ', object)) OVER (PARTITION BY tenant, actor ORDER BY time RANGE BETWEEN INTERVAL '1 hour' PRECEDING AND INTERVAL '1 hour' FOLLOWING) AS near
    FROM marked
    WHERE effect IS NOT NULL
)
SELECT
    id, time, tenant, operation, actor, object, effect, client_ip, session_id, app_id, CAST(near AS VARCHAR) AS nearby,
    CASE WHEN near >= 3 THEN 'medium' ELSE 'low' END AS severity
FROM counted

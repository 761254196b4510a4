/*---
id = "m365.protection_removed"
version = 2
title = "Protection against loss, retention or filtering taken away or let through"
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
explanation = "{actor} weakened what protects mail with {operation*} on {object*} from {first_time} to {last_time}: {effect*}. {place}. {records}; changes of that kind by the account within the hour: {nearby}."
shows = ["operation", "actor", "object", "effect", "place", "nearby", "client_ip", "session_id"]
looked_for = ["policies and rules on loss of data, retention or threats removed or switched off", "a mailbox released from a hold", "senders, domains or addresses that need not pass the filters", "rules of the mail flow removed or switched off", "three or more such changes within an hour", "a change from a network where the account had not signed in before, or with a program that it had never used"]
cannot_exclude = ["policies narrowed rather than removed", "an intruder who works from the network of the account's owner", "changes made before the first record of the log"]
false_positives = ["an administrator who replaces policies", "the end of a legal hold", "partners whose mail the filters held", "exercises against phishing"]
references = ["https://attack.mitre.org/techniques/T1562/001/", "https://learn.microsoft.com/en-us/defender-office-365/create-safe-sender-lists-in-office-365", "https://learn.microsoft.com/en-us/purview/audit-log-activities"]
---*/
WITH changes AS (
    SELECT
        id, time, tenant, operation, lower(operation) AS op, coalesce(actor, 'unknown') AS actor, client_ip, session_id, app_id,
        lower(regexp_replace(coalesce(property(properties, 'Identity'), property(properties, 'Name'), property(properties, 'Entries'), target, 'unknown'), '^.*/', '')) AS object,
        lower(coalesce(property(properties, 'Enabled'), property(properties, 'State'), '')) AS enabled,
        lower(coalesce(property(properties, 'Mode'), '')) AS mode,
        lower(coalesce(property(properties, 'LitigationHoldEnabled'), '')) AS litigation,
        lower(coalesce(property(properties, 'SingleItemRecoveryEnabled'), '')) AS recovery,
        lower(coalesce(property(properties, 'RetentionHoldEnabled'), '')) AS retention_hold,
        coalesce(property(properties, 'RetainDeletedItemsFor'), '') AS keep_deleted,
        coalesce(property(properties, 'RemoveDelayHoldApplied'), property(properties, 'RemoveDelayReleaseHoldApplied'), '') AS delay_hold,
        concat_ws('; ', nullif(property(properties, 'AllowedSenders'), ''), nullif(property(properties, 'AllowedSenderDomains'), ''),
            nullif(property(properties, 'IPAllowList'), '')) AS let_by,
        coalesce(lower(property(properties, 'EnableSafeList')) = 'true', false) AS lets_by_list,
        coalesce(lower(property(properties, 'Allow')) = 'true', false) AS allows,
        coalesce(regexp_like(concat_ws(' ', property(properties, 'ZapEnabled'), property(properties, 'SpamZapEnabled'), property(properties, 'PhishZapEnabled')), 'false', 'i'), false) AS never_taken_back,
        coalesce(regexp_like(concat_ws(' ', property(properties, 'SpamAction'), property(properties, 'HighConfidenceSpamAction'), property(properties, 'PhishSpamAction'),
            property(properties, 'HighConfidencePhishAction')), 'noaction|addxheader', 'i'), false) AS lets_pass
    FROM events
    WHERE log_class IN ('ual.exchange_admin', 'ual.compliance', 'ual.other')
      AND (lower(operation) = 'set-mailbox'
           OR regexp_like(operation, '^(remove|disable|set)-(dlp|retention|hold|caseholdpolicy|caseholdrule|safelinks|safeattachment|antiphish|malwarefilter|hostedcontentfilter|hostedconnectionfilter|protectionalert|activityalert|teamsretention|appretention)', 'i')
           OR regexp_like(operation, '^(new|set)-(tenantallowblocklistitems|(exo)?phishsimoverriderule|(exo)?secopsoverride(rule|policy))$', 'i')
           OR regexp_like(operation, '^(remove|disable)-(transport|journal)rule$', 'i'))
      AND coalesce(result, 'success') <> 'failure' AND time IS NOT NULL
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
      AND coalesce(actor, '') NOT LIKE 'nt authority%'
),
marked AS (
    SELECT
        changes.*,
        coalesce(places.seat, 0) AS seat,
        CASE
            WHEN op = 'set-mailbox' AND (litigation = 'false' OR delay_hold <> '') THEN 'a mailbox was released from a hold'
            WHEN op = 'set-mailbox' AND (recovery = 'false' OR regexp_like(keep_deleted, '^0?0?[.:]?0+[.:]00')) THEN 'deleted messages are no longer kept'
            WHEN op = 'set-mailbox' THEN NULL
            WHEN regexp_like(op, '^(remove|disable)-dlp') THEN 'a policy or rule against loss of data was removed or switched off'
            WHEN regexp_like(op, '^(remove|disable)-(retention|hold|casehold|teamsretention|appretention)') THEN 'a policy or rule on retention was removed or switched off'
            WHEN regexp_like(op, '^(remove|disable)-(protectionalert|activityalert)') THEN 'an alert was removed or switched off'
            WHEN regexp_like(op, '^(remove|disable)-(transport|journal)rule$') THEN 'a rule of the mail flow was removed or switched off'
            WHEN op LIKE '%tenantallowblocklistitems' THEN CASE WHEN allows THEN 'senders, files or addresses on the web are let through' END
            WHEN op LIKE '%override%' THEN 'mail is let past every filter, as for an exercise'
            WHEN regexp_like(op, '^(remove|disable)-') THEN 'a policy or rule against threats was removed or switched off'
            WHEN enabled IN ('false', 'disabled') OR mode IN ('disable', 'disabled') THEN 'a policy or rule was switched off'
            WHEN let_by <> '' THEN concat('the filters let through ', CASE WHEN length(let_by) > 100 THEN concat(substr(let_by, 1, 100), '…') ELSE let_by END)
            WHEN lets_by_list THEN 'the filters let through whom the provider''s list names'
            WHEN never_taken_back THEN 'mail that turns out to be harmful is no longer taken back'
            WHEN lets_pass THEN 'mail that is known to be unwanted reaches the mailbox'
        END AS effect
    FROM changes
    LEFT JOIN places ON places.tenant = changes.tenant AND places.id = changes.id
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
    CASE seat
        WHEN 3 THEN 'The account had signed in there that day with a program that it had never used before'
        WHEN 2 THEN 'The account acted from a network where it had not signed in before'
        WHEN 1 THEN 'The account acted from a network where it, or several others of the organisation, had signed in before, or on its own device'
        ELSE 'The records do not tell whether the account acted from its usual network'
    END AS place,
    CASE WHEN near >= 3 OR seat >= 2 THEN 'medium' ELSE 'low' END AS severity
FROM counted
-- Rules of the mail flow come and go, and whoever repairs what an intruder did removes them too.
WHERE NOT (effect LIKE 'a rule of the mail flow%' AND near < 3 AND seat < 2)

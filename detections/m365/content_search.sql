/*---
id = "m365.content_search"
version = 3
title = "Content of mailboxes searched out or exported"
why = "Whoever may search all mail can copy what matters out of every mailbox, and no mailbox shows a record of it."
category = "content_search"
attack = ["T1114.002", "T1213"]
severity = "medium"
confidence = "medium"
needs = ["ual.compliance", "ual.exchange_admin"]
group_by = ["actor"]
window = "1d"
primary = "is_taken"
verdict = "possible access"
verdict_reason = "messages that matched were searched out, shown or exported"
explanation = "{actor} searched the content of mailboxes from {first_time} to {last_time}: {effect*}.[ Search: {search*}.][ Places: {places*}.][ Query: {query*}.] {habit}. {place}. {records}."
shows = ["operation", "actor", "search", "places", "query", "effect", "habit", "place", "client_ip"]
looked_for = ["exports, previews and downloads of what was found", "messages purged by a search", "earlier searches by the same account", "a network where the account had not signed in before, or a program that it had never used"]
cannot_exclude = ["searches before the first record of the log", "which of the messages that matched were looked at"]
false_positives = ["requests of the legal department and of data protection", "an incident response that removes a phishing mail from mailboxes"]
references = ["https://attack.mitre.org/techniques/T1114/002/", "https://learn.microsoft.com/en-us/purview/ediscovery-search-for-activities-in-the-audit-log"]
---*/
WITH acts AS (
    SELECT
        id, time, tenant, operation, lower(operation) AS op, lower(actor) AS actor, client_ip,
        coalesce(property(properties, 'SearchName'), property(properties, 'Name'), property(properties, 'Identity'), property(properties, 'ObjectName'), target) AS search,
        coalesce(property(properties, 'ExchangeLocations'), property(properties, 'ExchangeLocation'), property(properties, 'SourceMailboxes'), property(properties, 'Mailbox'), property(properties, 'DataSources'), mailbox) AS places,
        coalesce(property(properties, 'Query'), property(properties, 'ContentMatchQuery'), property(properties, 'SearchQuery'), property(properties, 'QueryText')) AS query,
        coalesce(lower(property(properties, 'Purge')) = 'true', false) OR property(properties, 'PurgeType') IS NOT NULL
            OR coalesce(lower(property(properties, 'DeleteContent')) = 'true', false) OR lower(operation) IN ('searchpurged', 'searchresultspurged') AS purges,
        coalesce(lower(property(properties, 'Export')) = 'true', false) OR coalesce(lower(property(properties, 'Preview')) = 'true', false) AS acts_on_it
    FROM events
    WHERE log_class IN ('ual.compliance', 'ual.exchange_admin', 'ual.other', 'ual.item')
      AND lower(operation) IN ('purviewsearchadded', 'purviewsearchupdated', 'purviewsearchstatisticsjobsubmitted', 'purviewsearchsamplejobsubmitted', 'sampleresultsviewed',
        'purviewsearchexportjobsubmitted', 'reviewsetexportjobsubmitted', 'reviewsetdocumentviewed', 'purviewsearchaddtoreviewsetjobsubmitted',
        'previewitemlisted', 'searchcreated', 'searchstarted', 'searchupdated', 'searchexported', 'searchpreviewed', 'searchpurged', 'viewedsearchpreviewed', 'viewedsearchexported',
            'searchexportdownloaded', 'previewitemdownloaded', 'previewitemlistviewed', 'previewitemrendered', 'searchresultspurged',
            'new-compliancesearch', 'set-compliancesearch', 'start-compliancesearch', 'new-compliancesearchaction', 'new-mailboxsearch', 'set-mailboxsearch', 'start-mailboxsearch',
            'search-mailbox', 'new-mailboxexportrequest', 'adminmailaccess')
      AND coalesce(result, 'success') <> 'failure' AND time IS NOT NULL AND actor IS NOT NULL
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
      AND actor NOT LIKE 'nt authority%'
),
since AS (
    SELECT tenant, min(time) AS since FROM events WHERE log_class IN ('ual.compliance', 'ual.exchange_admin') GROUP BY tenant
),
judged AS (
    SELECT
        acts.*,
        coalesce(places.seat, 0) AS seat,
        purges OR acts_on_it OR op IN ('searchexported', 'searchpreviewed', 'searchpurged', 'viewedsearchpreviewed', 'viewedsearchexported', 'searchexportdownloaded', 'previewitemdownloaded',
            'sampleresultsviewed', 'purviewsearchexportjobsubmitted', 'reviewsetexportjobsubmitted', 'reviewsetdocumentviewed', 'previewitemlisted', 'previewitemlistviewed', 'previewitemrendered', 'searchresultspurged', 'search-mailbox', 'new-mailboxexportrequest', 'adminmailaccess') AS is_taken,
        min(acts.time) OVER (PARTITION BY acts.tenant, acts.actor) < acts.time - INTERVAL '2 days' AS did_before,
        since.since <= acts.time - INTERVAL '14 days' AS has_history
    FROM acts
    LEFT JOIN places ON places.tenant = acts.tenant AND places.id = acts.id
    LEFT JOIN since ON since.tenant = acts.tenant
)
SELECT
    id, time, tenant, operation, actor, search, places, query, client_ip, is_taken,
    CASE
        WHEN purges THEN 'messages were purged from the mailboxes'
        WHEN op = 'adminmailaccess' THEN 'the content of a message was opened by an administrator'
        WHEN is_taken AND (acts_on_it OR op NOT LIKE '%preview%') THEN 'what was found was exported'
        WHEN is_taken THEN 'what was found was shown'
        ELSE 'a search was set up or run'
    END AS effect,
    CASE
        WHEN did_before THEN 'The account had searched before'
        WHEN has_history THEN 'In the two weeks or more of records before, the account had never searched'
        ELSE 'The records do not go back far enough to tell whether the account searches usually'
    END AS habit,
    CASE seat
        WHEN 3 THEN 'It had signed in there that day with a program that it had never used before'
        WHEN 2 THEN 'It acted from a network where it had not signed in before'
        WHEN 1 THEN 'It acted from a network where it, or several others of the organisation, had signed in before, or on its own device'
        ELSE 'The records do not tell whether it acted from its usual network'
    END AS place,
    CASE
        WHEN is_taken AND seat >= 2 AND NOT did_before THEN 'high'
        WHEN is_taken AND (seat >= 2 OR NOT did_before) THEN 'medium'
        ELSE 'low'
    END AS severity
FROM judged

/*---
id = "google.domain_wide_delegation"
version = 1
title = "Application given rights over every account"
why = "A service account with domain-wide delegation acts as anybody, without asking and without a sign-in of theirs."
category = "google_takeover"
attack = ["T1098.001", "T1098.003", "T1550.001", "T1114.002"]
severity = "medium"
confidence = "medium"
needs = ["gws.admin"]
group_by = ["client"]
window = "1d"
primary = "true"
verdict = "possible access"
verdict_reason = "an application may act as any account"
explanation = "{actor} let the client {client} act for every account at {first_time} from {client_ip}, with these rights: {scopes}. {effect} {used}"
shows = ["operation", "actor", "client", "scopes", "effect", "used", "client_ip"]
looked_for = ["rights over all accounts, and whether they reach mail", "Gmail records of the client within a week, and how many mailboxes they are of"]
cannot_exclude = ["access to mailboxes whose Gmail log is not exported", "rights given before the first record of the log"]
false_positives = ["migrations, backups and other projects of administrators"]
references = ["https://support.google.com/a/answer/162106", "https://developers.google.com/workspace/admin/reports/v1/appendix/activity/admin-domain-settings"]
---*/
WITH grants AS (
    SELECT
        id, time, tenant, operation, actor, client_ip, coalesce(target, target_id, 'unknown') AS client,
        coalesce(property(properties, 'API_SCOPES'), 'not recorded') AS scopes
    FROM events
    WHERE log_class = 'gws.admin' AND operation = 'AUTHORIZE_API_CLIENT_ACCESS'
),
wanted AS (
    SELECT tenant, client, min(time) AS since FROM grants GROUP BY tenant, client
),
-- The mailboxes of the organisation, and those that the client reached in the week after.
mailboxes AS (
    SELECT events.tenant, events.mailbox, coalesce(wanted.client, '∅') AS client,
        max(CASE WHEN events.time >= wanted.since AND events.time < wanted.since + INTERVAL '7 days' THEN 1 ELSE 0 END) AS is_reached
    FROM wanted -- on the left, where the engine keeps a side in memory
    RIGHT JOIN events ON events.tenant = wanted.tenant AND events.app_id = wanted.client
    WHERE events.log_class = 'gws.gmail' AND events.mailbox IS NOT NULL
    GROUP BY events.tenant, events.mailbox, coalesce(wanted.client, '∅')
),
counted AS (
    SELECT DISTINCT tenant, client, sum(is_reached) OVER (PARTITION BY tenant, client) AS reached, count(DISTINCT mailbox) OVER (PARTITION BY tenant) AS all_mailboxes
    FROM mailboxes
),
judged AS (
    SELECT
        grants.id, grants.time, grants.tenant, grants.operation, grants.actor, grants.client_ip, grants.client, grants.scopes,
        max(CASE WHEN counted.client = grants.client THEN counted.reached ELSE 0 END) AS reached, max(coalesce(counted.all_mailboxes, 0)) AS all_mailboxes,
        regexp_like(scopes, 'mail\.google\.com|auth/gmail|admin\.directory|auth/drive|ediscovery|cloud-platform', 'i') AS is_grave,
        regexp_like(scopes, 'mail\.google\.com|auth/gmail', 'i') AS on_mail
    FROM grants
    LEFT JOIN counted ON counted.tenant = grants.tenant
    GROUP BY grants.id, grants.time, grants.tenant, grants.operation, grants.actor, grants.client_ip, grants.client, grants.scopes
)
SELECT
    id, time, tenant, operation, actor, client_ip, client, client AS app_id,
    replace(trim(regexp_replace(scopes, '[\["\]]', '', 'g')), ',', ', ') AS scopes,
    CASE WHEN on_mail THEN 'This reaches the mail of everybody.' WHEN is_grave THEN 'This reaches files, the directory or more of everybody.' ELSE 'No right to mail is among them.' END AS effect,
    CASE
        WHEN all_mailboxes = 0 THEN 'No Gmail log is there to tell whether it was used.'
        WHEN reached = 0 THEN 'No Gmail record of the client follows within a week.'
        WHEN reached >= 3 AND reached * 5 >= all_mailboxes THEN concat('Within a week it reached ', CAST(reached AS VARCHAR), ' of ', CAST(all_mailboxes AS VARCHAR), ' mailboxes, as a product does that is introduced for all.')
        ELSE concat('Within a week it reached ', CAST(reached AS VARCHAR), ' of ', CAST(all_mailboxes AS VARCHAR), ' mailboxes.')
    END AS used,
    CASE
        WHEN NOT is_grave THEN 'low'
        WHEN reached >= 3 AND reached * 5 >= all_mailboxes THEN 'low'
        WHEN on_mail AND reached > 0 THEN 'high'
        ELSE 'medium'
    END AS severity
FROM judged

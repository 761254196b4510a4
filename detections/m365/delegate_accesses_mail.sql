/*---
id = "m365.delegate_accesses_mail"
version = 1
title = "Mailbox accessed by somebody who was just let into it"
why = "A delegation is the way in; what the account that was let in opens afterwards is what the intruder came for."
category = "takeover_mail_access"
attack = ["T1098.002", "T1114.002"]
severity = "low"
confidence = "medium"
needs = ["ual.exchange_admin"]
group_by = ["grantee", "mailbox"]
window = "30d"
primary = "is_access"
verdict = "recorded access"
verdict_reason = ""
explanation = "{granted_by*} let {grantee} into {mailbox} at {granted_at}, and {minutes} minutes later {grantee} accessed it from {client_ip}[ with {client_info}]. {habit} {place} First record {first_time}, last {last_time}; {records}."
shows = ["operation", "grantee", "mailbox", "granted_by", "habit", "place", "client_ip", "session_id", "item_count"]
looked_for = ["access to the mailbox by the account that was let in, within thirty days", "access by the same account before it was let in", "networks where the account that was let in had accessed its own mailbox or signed in before", "a mailbox with an owner who signs in"]
cannot_exclude = ["access before the first record of the log", "delegations through groups", "an intruder who works from the networks of both accounts"]
false_positives = ["a deputy or an assistant who takes over a mailbox", "the mailbox of somebody who left"]
references = ["https://attack.mitre.org/techniques/T1098/002/", "https://learn.microsoft.com/en-us/purview/audit-log-investigate-accounts"]
---*/
WITH grants AS (
    SELECT
        id, time, tenant, operation, lower(actor) AS granted_by,
        coalesce(mailbox, lower(regexp_replace(coalesce(property(properties, 'Identity'), target, ''), '^.*/|:.*$', '', 'g'))) AS mailbox,
        lower(regexp_replace(coalesce(property(properties, 'User'), property(properties, 'Trustee'), property(properties, 'MemberUpn'), ''), '^.*/', '')) AS grantee
    FROM events
    WHERE log_class IN ('ual.exchange_admin', 'ual.item')
      AND lower(operation) IN ('add-mailboxpermission', 'add-mailboxfolderpermission', 'set-mailboxfolderpermission', 'addfolderpermissions', 'modifyfolderpermissions', 'add-recipientpermission')
      AND regexp_like(coalesce(property(properties, 'AccessRights'), property(properties, 'MemberRights'), ''), 'fullaccess|owner|editor|reviewer|readany|changepermission|sendas', 'i')
      AND coalesce(result, 'success') <> 'failure' AND time IS NOT NULL
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
      AND coalesce(actor, '') NOT LIKE 'nt authority%' AND coalesce(actor, '') NOT LIKE 's-1-5-%' AND coalesce(actor, '') NOT LIKE '%msexchangeadminapi%'
),
let_in AS (
    SELECT tenant, mailbox, grantee, min(time) AS granted_at, min(id) AS grant_id
    FROM grants
    WHERE mailbox LIKE '%@%' AND grantee NOT IN ('', 'default', 'anonymous', 'everyone')
    GROUP BY tenant, mailbox, grantee
),
-- Those who were let in are named by address or by the name before it.
touched AS (
    SELECT
        events.id, events.time, events.tenant, events.operation, let_in.grantee AS named, lower(events.actor) AS grantee, let_in.mailbox, let_in.granted_at, let_in.grant_id,
        events.client_ip, events.client_info, events.session_id, events.item_count,
        CASE WHEN coalesce(events.ip_class, 'public') NOT IN ('provider', 'private') AND coalesce(events.client_protocol, '') NOT IN ('rest', 'outlookservice')
             THEN coalesce(CAST(events.asn AS VARCHAR), neighbourhood(events.client_ip)) END AS network
    FROM let_in
    JOIN events ON events.tenant = let_in.tenant AND events.mailbox = let_in.mailbox
    WHERE events.log_class IN ('ual.mia.bind', 'ual.mia.sync', 'ual.item') AND events.time IS NOT NULL
      AND (lower(events.actor) = let_in.grantee OR split_part(lower(events.actor), '@', 1) = let_in.grantee)
      AND lower(events.actor) <> let_in.mailbox
),
reads AS (
    SELECT touched.*, min(time) OVER (PARTITION BY tenant, mailbox, grantee) AS ever_first
    FROM touched
),
first_reads AS (
    SELECT *
    FROM (
        SELECT reads.*, row_number() OVER (PARTITION BY tenant, mailbox, grantee ORDER BY time, id) AS nth
        FROM reads
        -- Who went in and out before is let in once more, which is housekeeping.
        WHERE ever_first >= granted_at - INTERVAL '1 minute' AND time <= granted_at + INTERVAL '30 days'
    ) AS numbered
    WHERE nth <= 500
),
-- Where the account that was let in was when it went in, compared with where it signs in.
placed AS (
    SELECT
        first_reads.tenant, first_reads.id, first_reads.grantee,
        max(CASE WHEN offices.network IS NOT NULL THEN 1 ELSE 0 END) AS in_office,
        min(seats.first_time) AS known_since,
        min(CASE WHEN seats.network = first_reads.network THEN seats.first_time END) AS here_since,
        max(CASE WHEN seats.program_first > first_reads.time - INTERVAL '1 day' AND seats.program_first <= first_reads.time AND seats.first_time <= first_reads.time
                      AND (first_reads.network IS NULL OR seats.client_ip = first_reads.client_ip) THEN 1 ELSE 0 END) AS new_program
    FROM first_reads
    LEFT JOIN seats ON seats.tenant = first_reads.tenant AND seats.actor = first_reads.grantee
    LEFT JOIN offices ON offices.tenant = first_reads.tenant AND offices.network = first_reads.network
    GROUP BY first_reads.tenant, first_reads.id, first_reads.grantee
),
seated AS (
    SELECT
        first_reads.id, first_reads.time, first_reads.tenant, first_reads.operation, first_reads.grantee, first_reads.mailbox, first_reads.granted_at, CAST(NULL AS VARCHAR) AS granted_by,
        first_reads.client_ip, first_reads.client_info, first_reads.session_id, first_reads.item_count, true AS is_access,
        CASE
            WHEN coalesce(placed.known_since, first_reads.time) > first_reads.time - INTERVAL '7 days' THEN placed.in_office
            WHEN placed.new_program = 1 THEN 3
            WHEN placed.in_office = 1 OR placed.here_since <= first_reads.time - INTERVAL '2 days' THEN 1
            WHEN first_reads.network IS NOT NULL THEN 2
            ELSE 0
        END AS seat
    FROM first_reads
    JOIN placed ON placed.tenant = first_reads.tenant AND placed.id = first_reads.id AND placed.grantee = first_reads.grantee
    UNION ALL
    SELECT
        grants.id, grants.time, grants.tenant, grants.operation, opened.grantee, opened.mailbox, opened.granted_at, grants.granted_by,
        NULL, NULL, NULL, NULL, false, coalesce(places.seat, 0)
    FROM (SELECT DISTINCT tenant, named, grantee, mailbox, granted_at FROM first_reads) AS opened
    JOIN grants ON grants.tenant = opened.tenant AND grants.mailbox = opened.mailbox AND grants.grantee = opened.named
    LEFT JOIN places ON places.tenant = grants.tenant AND places.id = grants.id
),
judged AS (
    SELECT
        seated.*,
        max(CASE WHEN is_access THEN seat END) OVER pair AS reader_seat,
        max(CASE WHEN NOT is_access THEN seat END) OVER pair AS giver_seat,
        min(CASE WHEN is_access THEN time END) OVER pair AS first_access
    FROM seated
    WINDOW pair AS (PARTITION BY tenant, mailbox, grantee)
)
SELECT
    judged.id, judged.time, judged.tenant, judged.operation, judged.grantee, judged.mailbox, judged.granted_at, judged.granted_by,
    judged.client_ip, judged.client_info, judged.session_id, judged.item_count, judged.is_access,
    CAST(CAST(date_part('epoch', first_access) - date_part('epoch', granted_at) AS BIGINT) / 60 AS VARCHAR) AS minutes,
    'No access by this account is recorded from before.' AS habit,
    concat_ws(' ',
        CASE giver_seat WHEN 3 THEN 'The account that gave the access had signed in there that day with a program that it had never used before.' WHEN 2 THEN 'The access was given from a network where the account that gave it had not signed in before.' END,
        CASE reader_seat
            WHEN 3 THEN 'The account that was let in had signed in there that day with a program that it had never used before.'
            WHEN 2 THEN 'The mailbox was accessed from a network where the account that was let in had not signed in before.'
            WHEN 1 THEN 'The mailbox was accessed from a network where the account that was let in, or several others of the organisation, had signed in before.'
            ELSE 'The records do not tell whether the account that was let in was in its usual network.'
        END) AS place,
    CASE
        WHEN reader_seat >= 2 AND giver_seat >= 2 THEN 'high'
        WHEN reader_seat >= 2 OR giver_seat >= 2 THEN CASE WHEN owners.account IS NOT NULL THEN 'high' ELSE 'medium' END
        ELSE 'low'
    END AS severity
FROM judged
LEFT JOIN (SELECT DISTINCT tenant, actor AS account FROM seats) AS owners ON owners.tenant = judged.tenant AND owners.account = judged.mailbox

/*---
id = "m365.mailbox_delegation"
version = 6
title = "Access to a mailbox given to someone else"
why = "With a delegation an intruder opens, and sends as, other mailboxes from the one account that is in hand, without another password."
category = "mailbox_delegation"
attack = ["T1098.002"]
severity = "medium"
confidence = "low"
needs = ["ual.exchange_admin", "ual.item"]
group_by = ["actor", "grantee"]
window = "1h"
primary = "severity = 'high'"
verdict = "possible access"
verdict_reason = "mailbox access was granted"
explanation = "{actor} gave {grantee} access at {first_time}: {effect*} on {mailbox_name*}, with {operation*}. {place}. {records}."
shows = ["operation", "actor", "grantee", "mailbox_name", "rights", "effect", "place", "client_ip", "session_id"]
looked_for = ["a grant to oneself", "a grant to an address of another organisation", "a folder opened to everybody", "a right to impersonate every mailbox", "a grant from a network where the account had not signed in before, or with a program that it had never used"]
cannot_exclude = ["grants made before the first record of the log", "grants made through groups"]
false_positives = ["shared mailboxes and assistants set up by an administrator", "calendars shared with colleagues"]
references = ["https://attack.mitre.org/techniques/T1098/002/", "https://learn.microsoft.com/en-us/powershell/module/exchange/add-mailboxpermission"]
---*/
WITH grants AS (
    SELECT
        id, time, tenant, operation, lower(operation) AS op, actor, client_ip,
        session_id, app_id, mailbox, regexp_like(coalesce(property(properties, 'Identity'), target, ''), '/') AS is_path,
        coalesce(mailbox, lower(regexp_replace(coalesce(property(properties, 'Identity'), target, 'unknown'), '^.*/', ''))) AS mailbox_name,
        -- The directory path before a name is the provider's data centre and says nothing.
        lower(regexp_replace(coalesce(property(properties, 'User'), property(properties, 'Trustee'), nullif(property(properties, 'GrantSendOnBehalfTo'), ''),
            property(properties, 'MemberUpn'), property(properties, 'SecurityGroup'), property(properties, 'App'), 'unknown'), '^.*/', '')) AS grantee,
        coalesce(property(properties, 'AccessRights'), property(properties, 'MemberRights'), property(properties, 'Role'),
            CASE WHEN nullif(property(properties, 'GrantSendOnBehalfTo'), '') IS NOT NULL THEN 'SendOnBehalf' END, '') AS rights,
        coalesce(property(properties, 'Path'), property(properties, 'Identity'), '') AS folder,
        coalesce(lower(property(properties, 'Deny')) = 'true', false) AS denies
    FROM events
    WHERE log_class IN ('ual.exchange_admin', 'ual.item')
      AND lower(operation) IN ('add-mailboxpermission', 'add-recipientpermission', 'set-mailbox', 'add-mailboxfolderpermission',
            'set-mailboxfolderpermission', 'addfolderpermissions', 'modifyfolderpermissions', 'updatefolderpermissions', 'new-managementroleassignment')
      AND coalesce(result, 'success') <> 'failure'
      -- What the service does to its own mailboxes is not somebody's doing.
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
      AND coalesce(actor, '') NOT LIKE 'nt authority%' AND coalesce(actor, '') NOT LIKE 's-1-5-%' AND coalesce(lower(actor), '') NOT LIKE '%msexchangeadminapi%'
),
-- Some records name a mailbox by its path in the directory, which ends in a name. Where one user has that name, it is his.
users AS (
    SELECT tenant, lower(split_part(target, '@', 1)) AS name, min(lower(target)) AS address
    FROM events
    WHERE log_class IN ('ual.directory', 'audit.directory') AND target_kind = 'user' AND target LIKE '%_@_%'
    GROUP BY tenant, lower(split_part(target, '@', 1))
    HAVING count(DISTINCT lower(target)) = 1
),
-- Who signs in. A mailbox that several share signs in never; others are let into it as a matter of course.
owners AS (
    SELECT DISTINCT tenant, lower(actor) AS account
    FROM seats
    WHERE actor LIKE '%@%'
),
-- Mailboxes made without an owner, by every name that a later record may call them.
shared AS (
    SELECT tenant, lower(actor) AS maker, lower(called) AS called, min(time) AS made
    FROM (
        SELECT tenant, actor, time, unnest(make_array(property(properties, 'PrimarySmtpAddress'), property(properties, 'Name'), property(properties, 'Alias'),
            property(properties, 'DisplayName'), regexp_replace(target, '^.*/', ''))) AS called
        FROM events
        WHERE log_class = 'ual.exchange_admin' AND lower(operation) = 'new-mailbox' AND coalesce(result, 'success') <> 'failure' AND time IS NOT NULL
          AND (lower(property(properties, 'Shared')) = 'true' OR lower(property(properties, 'Room')) = 'true' OR lower(property(properties, 'Equipment')) = 'true')
    ) AS named
    WHERE called <> ''
    GROUP BY tenant, lower(actor), lower(called)
),
logged AS (
    SELECT tenant, true AS has_sign_ins FROM owners GROUP BY tenant
),
marked AS (
    SELECT
        grants.*, users.address,
        CASE
            WHEN op = 'new-managementroleassignment' AND regexp_like(rights, 'impersonation|^application (mail|mailboxsettings|exchange full|ews)', 'i') THEN 'impersonation of every mailbox'
            WHEN op = 'add-mailboxpermission' AND NOT denies AND regexp_like(rights, 'fullaccess|changeowner|changepermission', 'i') THEN 'full access'
            WHEN op = 'add-recipientpermission' AND regexp_like(rights, 'sendas', 'i') THEN 'sending as the mailbox'
            WHEN op = 'set-mailbox' AND rights = 'SendOnBehalf' THEN 'sending on behalf of the mailbox'
            -- Everybody may see when others are busy; more than that on a mail folder is unusual.
            WHEN op LIKE '%folderpermission%' AND grantee IN ('default', 'anonymous', 'everyone')
                AND regexp_like(rights, 'owner|editor|author|reviewer|contributor|readitems|readany|editany', 'i') THEN 'a folder opened to everybody'
            WHEN op LIKE '%folderpermission%' AND grantee NOT IN ('default', 'anonymous', 'everyone')
                AND regexp_like(rights, 'owner|editor|author|reviewer|readany|editany', 'i') THEN 'a folder opened'
        END AS effect,
        regexp_like(folder, 'calend|kalend|kalent|naptár|takvim|календ|予定|日历|日曆|contact|kontakt|contatt|yhteys|agenda', 'i') AS no_mail,
        owners.account IS NOT NULL AS has_owner, coalesce(logged.has_sign_ins, false) AS has_sign_ins,
        coalesce(places.seat, 0) AS seat,
        coalesce(grants.time BETWEEN shared.made AND shared.made + INTERVAL '1 day', false) AS just_made,
        split_part(actor, '@', 1) IN (grantee, split_part(grantee, '@', 1)) AS to_oneself,
        array_length(domains_in(grantee)) > 0 AND NOT coalesce(array_has_all(own.domains, domains_in(grantee)), false) AS leaves
    FROM grants
    LEFT JOIN own_domains AS own ON grants.tenant = own.tenant
    LEFT JOIN places ON places.tenant = grants.tenant AND places.id = grants.id
    LEFT JOIN owners ON grants.tenant = owners.tenant AND grants.mailbox_name = owners.account
    LEFT JOIN logged ON grants.tenant = logged.tenant
    LEFT JOIN shared ON grants.tenant = shared.tenant AND lower(grants.actor) = shared.maker AND grants.mailbox_name = shared.called
    LEFT JOIN users ON grants.tenant = users.tenant AND grants.mailbox_name = users.name AND grants.is_path
    WHERE grantee NOT LIKE 'nt authority%' AND grantee NOT LIKE '%@local'
)
SELECT
    id, time, tenant, operation, actor, coalesce(mailbox, address) AS mailbox, mailbox_name, grantee, rights, client_ip, session_id, app_id,
    CASE WHEN grantee LIKE '%@%' THEN grantee END AS account,
    concat(effect, CASE WHEN to_oneself THEN ' (to the one who gave it)' WHEN leaves THEN ' (to another organisation)' ELSE '' END) AS effect,
    CASE seat
        WHEN 3 THEN 'The account had signed in there that day with a program that it had never used before'
        WHEN 2 THEN 'The account acted from a network where it had not signed in before'
        WHEN 1 THEN 'The account acted from a network where it, or several others of the organisation, had signed in before, or on its own device'
        ELSE 'The records do not tell whether the account acted from its usual network'
    END AS place,
    CASE
        WHEN effect = 'impersonation of every mailbox' THEN 'high'
        -- Who makes a mailbox for several lets them in.
        WHEN just_made AND seat = 1 AND NOT leaves THEN 'low'
        -- Administrators let themselves into mailboxes that nobody signs in to. Only where sign-ins are at hand does it mean anything that a mailbox has none.
        WHEN to_oneself AND effect = 'full access' AND seat = 1 AND has_sign_ins AND NOT has_owner AND mailbox_name LIKE '%@%' THEN 'low'
        WHEN to_oneself AND effect IN ('full access', 'sending as the mailbox') THEN 'high'
        WHEN leaves AND NOT no_mail THEN 'high'
        WHEN effect IN ('full access', 'sending as the mailbox') AND seat >= 2 THEN CASE WHEN has_owner OR NOT has_sign_ins THEN 'high' ELSE 'medium' END
        WHEN effect = 'full access' AND has_sign_ins AND NOT has_owner AND mailbox_name LIKE '%@%' THEN 'low'
        WHEN effect = 'full access' THEN 'medium'
        WHEN effect = 'a folder opened to everybody' AND NOT no_mail THEN 'medium'
        ELSE 'low'
    END AS severity
FROM marked
-- A calendar shared with a colleague is what calendars are for.
WHERE effect IS NOT NULL AND NOT (no_mail AND effect LIKE 'a folder opened%' AND NOT leaves)

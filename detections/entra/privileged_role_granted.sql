/*---
id = "entra.privileged_role_granted"
version = 5
title = "Privileged role granted"
why = "A role over the directory or over Exchange outlives a password reset and opens every mailbox; intruders give it to accounts in their hands, often several roles at once."
category = "privileged_role"
attack = ["T1098.003"]
severity = "medium"
confidence = "medium"
needs = ["ual.directory", "audit.directory", "ual.exchange_admin"]
group_by = ["actor", "target_account"]
window = "15m"
primary = "rank = 1"
verdict = "possible access"
verdict_reason = "the role lets its holder reach mailboxes"
explanation = "{actor} granted {role*} to {target_account} from {first_time} to {last_time}, with {operation}. {place}. {records}; {grants_nearby} different grants by the same actor within five minutes."
shows = ["operation", "actor", "target_account", "role", "place", "client_ip", "grants_nearby"]
looked_for = ["roles over the whole directory", "three or more grants within five minutes", "roles given to a group or an application", "a grant to oneself", "a grant from a network where the account had not signed in before, or with a program that it had never used"]
cannot_exclude = ["roles held since before the first record of the log", "roles that come with membership of a group", "an intruder who works from the network of the account's owner"]
false_positives = ["planned work of administrators", "the set-up of a new tenant"]
references = ["https://attack.mitre.org/techniques/T1098/003/", "https://learn.microsoft.com/en-us/entra/identity/role-based-access-control/permissions-reference"]
---*/
WITH grants AS (
    SELECT
        id, time, tenant, operation, coalesce(actor, 'unknown') AS actor, actor_kind, client_ip, app_id, target_kind, log_class,
        -- In privileged identity management the role is the target and the account stands beside it.
        coalesce(plain(property(properties, 'Role.DisplayName')), CASE WHEN target_kind = 'role' THEN target END,
            CASE WHEN log_class = 'ual.exchange_admin' THEN property(properties, 'Identity') END,
            CASE WHEN regexp_like(operation, 'elevated their access', 'i') THEN 'User Access Administrator' END, 'a role that the record does not name') AS role,
        lower(coalesce(plain(property(properties, 'Role.TemplateId')), property(properties, 'RoleDefinitionOriginId'),
            property(properties, 'TemplateId'), '')) AS template,
        coalesce(plain(property(properties, 'Role.WellKnownObjectName')), '') AS well_known,
        coalesce(
            -- The directory path before a name is the provider's data centre and says nothing. Who sets a whole list names all of them.
            CASE WHEN log_class = 'ual.exchange_admin' THEN lower(regexp_replace(coalesce(property(properties, 'Member'), property(properties, 'Members')), '[^;,"]*/', '', 'g')) END,
            CASE WHEN target_kind = 'role' THEN coalesce(plain(property(properties, 'User.UPN')), plain(property(properties, 'User')), 'unknown') END,
            lower(target), target_id, 'unknown') AS target_account
    FROM events
    WHERE (
            log_class IN ('ual.directory', 'audit.directory')
            AND regexp_like(operation, '^add (eligible |scoped |eligible scoped )?member to (directory )?role|elevated their access', 'i')
            -- Requests and approvals are not grants; switching on a role one is eligible for is daily work.
            AND NOT regexp_like(operation, 'activation|request|approv|denied|cancel|expire', 'i')
            OR log_class = 'ual.exchange_admin' AND lower(operation) IN ('add-rolegroupmember', 'update-rolegroupmember')
        )
      AND coalesce(result, 'success') <> 'failure'
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
      AND NOT regexp_like(coalesce(actor, ''), '^(ms-pim|nt authority|azure ad pim|microsoft azure ad internal)', 'i')
),
ranked AS (
    SELECT
        grants.*,
        CASE
            -- Who holds one of these can become anybody in the directory.
            WHEN template IN ('62e90394-69f5-4237-9190-012177145e10', 'e8611ab8-c189-46e8-94e1-60213ab1f814', '7be44c8a-adaf-4e2a-84d6-ab2649e08a13',
                              '9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3', 'c4e39bd9-1100-46d3-8c65-fb160da0071f', '158c047a-c907-4556-b7ef-446551a6b5f7')
              OR well_known = 'TenantAdmins'
              OR regexp_like(role, '^(global|company|privileged role|privileged authentication|(cloud )?application|authentication|hybrid identity|partner tier2)( support)? admin|^user access administrator$|^organization management$', 'i')
                THEN 1
            -- These reach mail, files, devices, passwords, or the logs of it all.
            WHEN template IN ('29232cdf-9323-42fd-ade2-1d097af3e4de', 'f28a1f50-f6e7-4571-818b-6a12f2af6b6c', 'fe930be7-5e62-47db-91af-98c3a49a38b1',
                              '729827e3-9c14-49f7-bb1b-9608f156bbb8', '194ae4cb-b126-40b2-bd5b-6091b380977d', 'b1be1c3e-b65d-4f19-8427-f6fa0d97feb9',
                              '966707d0-3269-4727-9be2-8c3a10f19b9d', '3a2c62db-5318-420d-8d74-23affee5d9d5', '17315797-102d-40b4-93e0-432062caca18',
                              '31392ffb-586c-42d1-9346-e59415a2cc4e', '8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2', '69091246-20e8-4a56-aa4d-066075b2a7a8',
                              '44367163-eba1-44c3-98af-f5787879f96a', '11648597-926c-4cf3-9c36-bcebb0ba8dcc', 'b0f54661-2d74-4c50-afa3-1ec803f12efe')
              OR regexp_like(role, '(exchange|exchange recipient|sharepoint|user|user account|helpdesk|helpdesk \(password\)|security|conditional access|password|intune|compliance|compliance data|teams|skype for business|lync service|dynamics 365|crm service|power platform|power bi service|billing|groups|directory synchronization|domain name|external identity provider|identity governance|cloud device|windows 365|knowledge|attack simulation|office apps|service support|customer lockbox access approver) (service )?admin|lockbox access|recipient management|ediscovery|view-only organization|hygiene management|discovery management|compliance management|records management', 'i')
                THEN 2
            -- Who reads every setting and log plans the rest; alone it is the least of roles.
            WHEN regexp_like(role, 'admin|^global reader$', 'i') OR template = 'f2ef992c-3afb-46b9-b7cf-a126ee74c451' THEN 3
        END AS rank,
        -- The same grant in two logs has two ids, perhaps two names of the role, and counts once.
        count(DISTINCT concat(coalesce(nullif(template, ''), role), '>', target_account)) OVER (
            PARTITION BY tenant, actor ORDER BY time RANGE BETWEEN INTERVAL '5 minutes' PRECEDING AND INTERVAL '5 minutes' FOLLOWING) AS grants_nearby
    FROM grants
),
judged AS (
    SELECT
        ranked.*,
        coalesce(places.seat, 0) AS seat
    FROM ranked
    LEFT JOIN places ON places.tenant = ranked.tenant AND places.id = ranked.id
    WHERE ranked.rank IS NOT NULL
),
-- One grant stands in two logs, of which one may not name the address: what one tells holds for both.
paired AS (
    SELECT
        judged.*,
        max(seat) OVER (PARTITION BY tenant, actor ORDER BY time RANGE BETWEEN INTERVAL '2 minutes' PRECEDING AND INTERVAL '2 minutes' FOLLOWING) AS twin_seat
    FROM judged
)
SELECT
    id, time, tenant, operation, actor, target_account, role, rank, client_ip, app_id, grants_nearby,
    CASE twin_seat
        WHEN 3 THEN 'The account had signed in there that day with a program that it had never used before'
        WHEN 2 THEN 'The account acted from a network where it had not signed in before'
        WHEN 1 THEN 'The account acted from a network where it, or several others of the organisation, had signed in before, or on its own device'
        ELSE 'The records do not tell whether the account acted from its usual network'
    END AS place,
    CASE
        WHEN rank = 1 AND grants_nearby >= 3 THEN 'critical'
        WHEN rank = 1 OR grants_nearby >= 3 AND rank = 2 THEN 'high'
        WHEN rank = 2 AND target_kind IN ('group', 'service_principal', 'application') THEN 'high'
        WHEN rank = 2 AND twin_seat >= 2 THEN 'high'
        -- Who may grant a role to himself holds more than it gives; only from an unknown place it is strange.
        WHEN rank = 2 AND target_account = actor AND twin_seat = 0 THEN 'high'
        -- One lesser role by an administrator in the usual place is what administrators do.
        WHEN rank = 2 AND twin_seat = 1 THEN 'low'
        WHEN rank = 2 THEN 'medium'
        WHEN twin_seat >= 2 THEN 'medium'
        ELSE 'low'
    END AS severity
FROM paired

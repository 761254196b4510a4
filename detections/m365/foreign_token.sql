/*---
id = "m365.foreign_token"
version = 1
title = "Mail accessed with a token of another tenant"
why = "In 2023 tokens signed with the key of private accounts opened the mail of organisations: the issuing tenant is what a forger may get wrong."
category = "foreign_token"
attack = ["T1606", "T1550.001", "T1199"]
severity = "high"
confidence = "medium"
needs = ["ual.mia.bind", "ual.mia.sync"]
group_by = ["token_tenant_id", "context"]
window = "7d"
primary = "true"
verdict = "recorded access"
verdict_reason = ""
explanation = "{records} of access to {mailbox*} name tenant {token_tenant_id} as the issuer of the token, not this tenant {tenant}. {meaning} First used by {actor} from {client_ip} with {client}[ ({user_agent})], token {uti}. Neither guests nor partners are meant: their records say so."
shows = ["mailbox", "actor", "token_tenant_id", "uti", "token_issued_at", "client_ip", "user_agent", "client"]
looked_for = ["access records whose token names another issuing tenant", "whether the account is a guest or a partner", "how many mailboxes of the tenant have such records within the finding's week"]
cannot_exclude = ["further access with tokens that name the right tenant", "access in records that do not name the token's tenant"]
false_positives = ["organisations that are being merged, or a tenant-to-tenant migration", "partners whose records do not mark them as such"]
references = ["https://learn.microsoft.com/en-us/office/office-365-management-api/office-365-management-activity-api-schema", "https://attack.mitre.org/techniques/T1606/"]
---*/
WITH mail AS (
    SELECT
        id, time, tenant, mailbox, mailbox_id, actor, actor_kind, user_type, token_tenant_id, uti, token_issued_at, client_ip, user_agent, session_id,
        client_protocol AS client, coalesce(ctx_client_app_id, client_app_id, app_id) AS app_id
    FROM events
    WHERE log_class IN ('ual.mia.bind', 'ual.mia.sync', 'ual.item')
      AND token_tenant_id IS NOT NULL AND lower(token_tenant_id) <> lower(tenant)
      -- An all-zero id is no tenant, and of a tenant that was guessed nothing follows.
      AND token_tenant_id NOT IN ('', '00000000-0000-0000-0000-000000000000') AND tenant NOT LIKE 'unknown-%'
      AND coalesce(user_type, 0) NOT IN (9, 10) AND coalesce(actor_kind, 'user') NOT IN ('guest', 'partner')
      AND coalesce(actor, '') NOT LIKE '%#ext#%'
),
spread AS (
    -- Nearly only such tokens of one tenant hold few mailboxes; a merger has them everywhere.
    SELECT tenant, token_tenant_id, count(DISTINCT coalesce(mailbox_id, mailbox)) AS mailboxes
    FROM mail
    GROUP BY tenant, token_tenant_id
),
tenant_size AS (
    SELECT tenant, count(DISTINCT mailbox_id) AS all_mailboxes
    FROM events
    WHERE log_class IN ('ual.mia.bind', 'ual.mia.sync')
    GROUP BY tenant
)
SELECT
    mail.id, mail.time, mail.tenant, mail.mailbox, mail.actor, mail.token_tenant_id, mail.uti, mail.token_issued_at, mail.client_ip, mail.user_agent,
    mail.session_id, mail.client, mail.app_id,
    concat(coalesce(mail.user_agent, mail.client), ' ', coalesce(mail.client_ip, '')) AS context,
    CASE
        WHEN mail.token_tenant_id = '9188040d-6c67-4c5b-b112-36a304b66dad' THEN 'high'
        WHEN spread.mailboxes >= 5 AND spread.mailboxes * 5 >= tenant_size.all_mailboxes THEN 'low'
        ELSE 'medium'
    END AS severity,
    CASE WHEN mail.token_tenant_id = '9188040d-6c67-4c5b-b112-36a304b66dad' THEN 'high' ELSE 'medium' END AS confidence,
    CASE
        WHEN mail.token_tenant_id = '9188040d-6c67-4c5b-b112-36a304b66dad'
            THEN 'That is the tenant of private Microsoft accounts, whose tokens must not open the mail of an organisation.'
        WHEN spread.mailboxes >= 5 AND spread.mailboxes * 5 >= tenant_size.all_mailboxes
            THEN 'A fifth of the mailboxes or more have such records, which speaks for a partner, a merger or a migration.'
        ELSE concat('Such records exist for ', CAST(spread.mailboxes AS VARCHAR), ' of ', CAST(tenant_size.all_mailboxes AS VARCHAR), ' mailboxes.')
    END AS meaning
FROM spread
JOIN tenant_size ON tenant_size.tenant = spread.tenant
JOIN mail ON mail.tenant = spread.tenant AND mail.token_tenant_id = spread.token_tenant_id

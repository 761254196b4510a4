/*---
id = "google.privileged_role_granted"
version = 1
title = "Administrator role given in Google Workspace"
why = "An administrator opens every mailbox by way of settings, new passwords or rights for an application."
category = "privileged_role"
attack = ["T1098.003", "T1078.004"]
severity = "low"
confidence = "medium"
needs = ["gws.admin"]
group_by = ["actor"]
window = "1h"
primary = "true"
verdict = "possible access"
verdict_reason = "administrators can open mailboxes"
explanation = "{actor} gave {role*} to {target*} at {first_time} from {client_ip}. {records}, with {operation*}. {effect*}"
shows = ["operation", "actor", "target", "role", "effect", "client_ip"]
looked_for = ["the role of a super administrator and other roles given to accounts", "roles and privileges changed", "several accounts within five minutes"]
cannot_exclude = ["roles given through groups"]
false_positives = ["new administrators and helpers"]
references = ["https://developers.google.com/workspace/admin/reports/v1/appendix/activity/admin-delegated-admin-settings", "https://attack.mitre.org/techniques/T1098/003/"]
---*/
WITH grants AS (
    SELECT
        id, time, tenant, operation, coalesce(actor, 'somebody') AS actor, client_ip, session_id,
        coalesce(property(properties, 'USER_EMAIL'), target, 'a role') AS target,
        coalesce(property(properties, 'ROLE_NAME'), CASE operation WHEN 'GRANT_ADMIN_PRIVILEGE' THEN 'all rights of an administrator' ELSE 'rights of an administrator' END) AS role,
        operation = 'GRANT_ADMIN_PRIVILEGE' OR coalesce(regexp_like(property(properties, 'ROLE_NAME'), 'seed_admin|super.?admin', 'i'), false) AS is_super
    FROM events
    WHERE log_class = 'gws.admin' AND operation IN ('ASSIGN_ROLE', 'GRANT_ADMIN_PRIVILEGE', 'GRANT_DELEGATED_ADMIN_PRIVILEGES', 'CREATE_ROLE', 'ADD_PRIVILEGE', 'UPDATE_ROLE')
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
),
counted AS (
    SELECT grants.*,
        count(DISTINCT CASE WHEN operation NOT IN ('CREATE_ROLE', 'ADD_PRIVILEGE', 'UPDATE_ROLE') THEN target END) OVER (PARTITION BY tenant, actor ORDER BY time RANGE BETWEEN INTERVAL '5 minutes' PRECEDING AND CURRENT ROW) AS accounts
    FROM grants
),
marked AS (
    SELECT counted.*, max(accounts) OVER (PARTITION BY tenant, actor ORDER BY time RANGE BETWEEN CURRENT ROW AND INTERVAL '5 minutes' FOLLOWING) AS most
    FROM counted
)
SELECT id, time, tenant, operation, actor, client_ip, session_id, target, role,
    CASE
        WHEN is_super THEN 'This is the highest role there is.'
        WHEN most >= 3 THEN 'Several accounts were given roles within minutes.'
        ELSE 'The role is limited; what it allows depends on its privileges.'
    END AS effect,
    CASE WHEN is_super THEN 'high' WHEN most >= 3 THEN 'medium' ELSE 'low' END AS severity
FROM marked

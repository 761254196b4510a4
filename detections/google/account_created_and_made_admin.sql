/*---
id = "google.account_created_and_made_admin"
version = 1
title = "New Google account made administrator"
why = "An account of the intruder's own survives every password that is changed."
category = "account_created"
attack = ["T1136.003", "T1098.003"]
severity = "medium"
confidence = "medium"
needs = ["gws.admin"]
group_by = ["target"]
window = "1d"
primary = "is_role"
verdict = "possible access"
verdict_reason = "administrators can open mailboxes"
explanation = "{target} was created and given {role*} within a day, by {actor*} from {client_ip*}, between {first_time} and {last_time}. {records}."
shows = ["operation", "actor", "target", "role", "client_ip"]
looked_for = ["an account created and given a role of an administrator within 24 hours"]
cannot_exclude = ["accounts that are given a role later"]
false_positives = ["a new administrator"]
references = ["https://attack.mitre.org/techniques/T1136/003/", "https://developers.google.com/workspace/admin/reports/v1/appendix/activity/admin-user-settings"]
---*/
WITH acts AS (
    SELECT
        id, time, tenant, operation, coalesce(actor, 'somebody') AS actor, client_ip, session_id, lower(coalesce(property(properties, 'USER_EMAIL'), target)) AS target,
        CASE WHEN operation NOT IN ('CREATE_USER', 'UNDELETE_USER') THEN coalesce(property(properties, 'ROLE_NAME'), 'rights of an administrator') END AS role
    FROM events
    WHERE log_class = 'gws.admin' AND operation IN ('CREATE_USER', 'UNDELETE_USER', 'ASSIGN_ROLE', 'GRANT_ADMIN_PRIVILEGE', 'GRANT_DELEGATED_ADMIN_PRIVILEGES') AND time IS NOT NULL
),
near AS (
    SELECT acts.*,
        max(CASE WHEN role IS NULL THEN 1 ELSE 0 END) OVER (PARTITION BY tenant, target ORDER BY time RANGE BETWEEN INTERVAL '1 day' PRECEDING AND CURRENT ROW) AS created_before,
        max(CASE WHEN role IS NOT NULL THEN 1 ELSE 0 END) OVER (PARTITION BY tenant, target ORDER BY time RANGE BETWEEN CURRENT ROW AND INTERVAL '1 day' FOLLOWING) AS role_after
    FROM acts
    WHERE target IS NOT NULL
)
SELECT id, time, tenant, operation, actor, client_ip, session_id, target, target AS target_account, role, role IS NOT NULL AS is_role,
    CASE WHEN operation = 'GRANT_ADMIN_PRIVILEGE' OR regexp_like(role, 'seed_admin|super.?admin', 'i') THEN 'high' ELSE 'medium' END AS severity
FROM near
WHERE created_before = 1 AND role_after = 1

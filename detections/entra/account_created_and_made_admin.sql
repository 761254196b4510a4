/*---
id = "entra.account_created_and_made_admin"
version = 1
title = "Account created and made administrator"
why = "An account of the intruder's own, with a role over the directory, is a way back in that nobody misses."
category = "account_created"
attack = ["T1136.003", "T1098.003", "T1036.005"]
severity = "high"
confidence = "medium"
needs = ["ual.directory", "audit.directory"]
group_by = ["target_account"]
window = "24h"
primary = "is_creation"
verdict = "possible access"
verdict_reason = "the new account holds a role over the directory"
explanation = "{actor} created {target_account}, which was given {role*} within a day (first record {first_time}, last {last_time}). {records}."
shows = ["operation", "actor", "target_account", "role", "client_ip"]
looked_for = ["a role granted within a day of the account's creation"]
cannot_exclude = ["accounts created before the first record of the log", "roles that come with membership of a group"]
false_positives = ["a new administrator, or a second account for one", "the set-up of a new tenant"]
references = ["https://attack.mitre.org/techniques/T1136/003/"]
---*/
WITH changes AS (
    SELECT
        id, time, tenant, operation, coalesce(actor, 'unknown') AS actor, client_ip, lower(target) AS target_account,
        regexp_like(operation, '^add user\.?$', 'i') AS is_creation,
        plain(property(properties, 'Role.DisplayName')) AS role
    FROM events
    WHERE log_class IN ('ual.directory', 'audit.directory')
      AND regexp_like(operation, '^add user\.?$|^add (eligible |scoped |eligible scoped )?member to (directory )?role', 'i')
      AND NOT regexp_like(operation, 'activation|request|approv|denied|cancel|expire', 'i')
      AND coalesce(result, 'success') <> 'failure'
      AND target IS NOT NULL AND time IS NOT NULL
),
created AS (
    SELECT
        changes.*,
        max(CASE WHEN is_creation THEN 1 ELSE 0 END) OVER (
            PARTITION BY tenant, target_account ORDER BY time RANGE BETWEEN INTERVAL '24 hours' PRECEDING AND CURRENT ROW) AS is_new,
        max(CASE WHEN NOT is_creation AND regexp_like(coalesce(role, 'admin'), 'admin', 'i') THEN 1 ELSE 0 END) OVER (
            PARTITION BY tenant, target_account ORDER BY time RANGE BETWEEN CURRENT ROW AND INTERVAL '24 hours' FOLLOWING) AS becomes_admin
    FROM changes
)
SELECT id, time, tenant, operation, actor, target_account, role, is_creation, client_ip
FROM created
WHERE is_new = 1 AND (NOT is_creation AND regexp_like(coalesce(role, 'admin'), 'admin', 'i') OR is_creation AND becomes_admin = 1)

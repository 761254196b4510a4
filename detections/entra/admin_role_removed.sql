/*---
id = "entra.admin_role_removed"
version = 2
title = "Administrators or accounts put out of action"
why = "Taking roles away, deleting, disabling or resetting accounts locks the defenders out while an intruder works or leaves."
category = "account_impact"
attack = ["T1531", "T1098"]
severity = "low"
confidence = "low"
needs = ["ual.directory", "audit.directory"]
group_by = ["actor", "effect"]
window = "1h"
primary = "rank = 1"
verdict = "not assessable"
verdict_reason = "the records are about accounts, not about mail"
explanation = "{actor} acted on {target_account*} from {first_time} to {last_time}: {effect} ({role*}), with {operation*}. {records}; accounts touched within ten minutes: {accounts_nearby}."
shows = ["operation", "actor", "target_account", "role", "effect", "accounts_nearby", "client_ip"]
looked_for = ["privileged roles removed", "three or more accounts deleted, disabled or reset within ten minutes"]
cannot_exclude = ["changes made before the first record of the log"]
false_positives = ["leavers and planned clean-up", "a help desk on a busy day"]
references = ["https://attack.mitre.org/techniques/T1531/"]
---*/
WITH changes AS (
    SELECT
        id, time, tenant, operation, coalesce(actor, 'unknown') AS actor, coalesce(actor_kind, 'user') AS actor_kind, client_ip, app_id,
        lower(coalesce(target, target_id, 'unknown')) AS target_account,
        coalesce(plain(property_old(properties, 'Role.DisplayName')), CASE WHEN target_kind = 'role' THEN target END) AS role,
        CASE
            WHEN regexp_like(operation, '^remove (eligible |permanent |scoped )*member from role', 'i') THEN 'role removed'
            WHEN regexp_like(operation, '^(hard )?delete user', 'i') THEN 'account deleted'
            WHEN regexp_like(operation, '^disable account', 'i') THEN 'account disabled'
            WHEN regexp_like(operation, '^reset (user )?password', 'i') THEN 'password reset by someone else'
        END AS effect
    FROM events
    WHERE log_class IN ('ual.directory', 'audit.directory')
      AND regexp_like(operation, '^(remove .*member from role|(hard )?delete user|disable account|reset (user )?password)', 'i')
      AND NOT regexp_like(operation, 'activation|expire|request|self-service', 'i')
      AND coalesce(result, 'success') <> 'failure'
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
      AND NOT regexp_like(coalesce(actor, ''), '^(ms-pim|nt authority|azure ad pim|microsoft azure ad internal)', 'i')
      AND coalesce(lower(target) <> actor, true)
),
counted AS (
    SELECT
        changes.*,
        CASE WHEN regexp_like(role, '^(global|company|privileged|exchange|security|user|organization)', 'i') THEN 1 ELSE 2 END AS rank,
        count(DISTINCT target_account) OVER (
            PARTITION BY tenant, actor, effect ORDER BY time RANGE BETWEEN INTERVAL '10 minutes' PRECEDING AND INTERVAL '10 minutes' FOLLOWING) AS accounts_nearby
    FROM changes
)
SELECT
    id, time, tenant, operation, actor, target_account, role, effect, rank, accounts_nearby, client_ip, app_id,
    -- Applications that follow a list of staff block and delete accounts by the dozen.
    CASE WHEN actor_kind = 'application' AND effect <> 'role removed' THEN 'low' WHEN accounts_nearby >= 3 AND (effect <> 'password reset by someone else' OR accounts_nearby >= 5) THEN 'medium' ELSE 'low' END AS severity
FROM counted
WHERE effect = 'role removed' AND regexp_like(coalesce(role, 'admin'), 'admin|organization management', 'i') OR accounts_nearby >= 3

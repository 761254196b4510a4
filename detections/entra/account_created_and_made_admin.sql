/*---
id = "entra.account_created_and_made_admin"
version = 2
title = "Account created and made administrator, or made to look like another"
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
explanation = "{actor} created {target_account}[, which was given {role*} within a day] (first record {first_time}, last {last_time}).[ Read in a hurry its name is that of {looks_like*}.] {records}."
shows = ["operation", "actor", "target_account", "role", "looks_like", "client_ip"]
looked_for = ["a role granted within a day of the account's creation", "a name that reads like that of another account, letter by letter or with letters that look alike"]
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
),
others AS (
    SELECT tenant, actor, skeleton(split_part(actor, '@', 1)) AS name
    FROM events
    WHERE log_class IN ('ual.sts', 'signin.interactive', 'signin.noninteractive') AND actor LIKE '%@%'
    GROUP BY tenant, actor
),
lookalikes AS (
    -- Letters that look alike made alike: two names that then agree are mistaken for each other.
    SELECT made.tenant, made.target_account, min(others.actor) AS looks_like
    FROM (SELECT DISTINCT tenant, target_account FROM created WHERE is_creation) AS made
    JOIN others ON others.tenant = made.tenant AND others.name = skeleton(split_part(made.target_account, '@', 1))
    WHERE split_part(others.actor, '@', 1) <> split_part(made.target_account, '@', 1)
    GROUP BY made.tenant, made.target_account
)
SELECT
    created.id, created.time, created.tenant, created.operation, created.actor, created.target_account, created.role, created.is_creation, created.client_ip, lookalikes.looks_like,
    CASE
        WHEN becomes_admin = 0 AND is_creation THEN 'medium'
        WHEN lookalikes.looks_like IS NOT NULL THEN 'critical'
        ELSE 'high'
    END AS severity
FROM created
LEFT JOIN lookalikes ON lookalikes.tenant = created.tenant AND lookalikes.target_account = created.target_account
WHERE is_creation AND lookalikes.looks_like IS NOT NULL OR is_new = 1 AND (NOT is_creation AND regexp_like(coalesce(role, 'admin'), 'admin', 'i') OR is_creation AND becomes_admin = 1)

/*---
id = "entra.mfa_weakened"
version = 4
title = "Second factor or sign-in policy weakened"
why = "Without the second factor a stolen password is enough; without the policy nobody asks for one."
category = "mfa_disabled"
attack = ["T1556.006", "T1556.009"]
severity = "medium"
confidence = "medium"
needs = ["ual.directory", "audit.directory"]
group_by = ["actor", "target_account"]
window = "15m"
primary = "rank = 1"
verdict = "possible access"
verdict_reason = "a sign-in may need a password only"
explanation = "{actor} weakened the sign-in of {target_account} at {first_time}, with {operation*}: {effect*}. {records}."
shows = ["operation", "actor", "target_account", "effect", "client_ip"]
looked_for = ["the requirement of a second factor taken away", "a method removed by somebody else", "a conditional access policy deleted, switched off or given more exceptions", "security defaults switched off", "a network declared trusted"]
cannot_exclude = ["factors that were never required", "exceptions made before the first record of the log"]
false_positives = ["a help desk that helps with a lost phone", "a move from per-user requirements to policies"]
references = ["https://attack.mitre.org/techniques/T1556/006/", "https://learn.microsoft.com/en-us/entra/identity/authentication/howto-mfa-userstates"]
---*/
WITH changes AS (
    SELECT
        id, time, tenant, operation, coalesce(actor, 'unknown') AS actor, coalesce(actor_kind, 'user') AS actor_kind, client_ip,
        lower(coalesce(target, target_id, 'unknown')) AS target_account,
        property(properties, 'StrongAuthenticationRequirement') AS requirement,
        coalesce(property(properties, 'isTrusted'), property(properties, 'NamedLocation'), property(properties, 'Location'), '') AS location,
        coalesce(property_old(properties, 'isTrusted'), property_old(properties, 'NamedLocation'), property_old(properties, 'Location'), '') AS location_before,
        concat_ws(' ', property(properties, 'IsEnabled'), property(properties, 'isEnabled'), property(properties, 'SecurityDefaultsPolicy')) AS defaults,
        property_old(properties, 'StrongAuthenticationRequirement') AS requirement_before,
        concat_ws(' ', property(properties, 'StrongAuthenticationMethod'), property(properties, 'StrongAuthenticationPhoneAppDetail'), property(properties, 'StrongAuthenticationUserDetails')) AS methods,
        concat_ws(' ', property_old(properties, 'StrongAuthenticationMethod'), property_old(properties, 'StrongAuthenticationPhoneAppDetail'), property_old(properties, 'StrongAuthenticationUserDetails')) AS methods_before,
        coalesce(property(properties, 'StrongAuthenticationPolicy'), '') AS mfa_policy, coalesce(property_old(properties, 'StrongAuthenticationPolicy'), '') AS mfa_policy_before,
        property(properties, 'ConditionalAccessPolicy') AS policy,
        property_old(properties, 'ConditionalAccessPolicy') AS policy_before
    FROM events
    WHERE log_class IN ('ual.directory', 'audit.directory')
      AND regexp_like(operation, '^(update user\.?$|set company information|admin registered security info|disable strong authentication|admin deleted security info|(update|delete) conditional access policy|delete policy\.?$|disable security defaults|update security defaults|(add|update) named location)', 'i')
      AND coalesce(result, 'success') <> 'failure'
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
),
marked AS (
    SELECT
        changes.*,
        CASE
            WHEN regexp_like(operation, '^disable strong authentication', 'i') THEN 'a second factor is no longer required'
            -- State 1 is enabled and 2 enforced; 0, or no entry, is neither.
            WHEN regexp_like(operation, '^update user', 'i') AND regexp_like(requirement_before, 'State\\?"?: ?[12]')
                AND NOT regexp_like(coalesce(requirement, ''), 'State\\?"?: ?[12]') THEN 'a second factor is no longer required'
            WHEN regexp_like(operation, '^delete conditional access', 'i') THEN 'a conditional access policy was deleted'
            WHEN regexp_like(operation, '^delete policy', 'i') THEN 'a policy was deleted'
            WHEN regexp_like(operation, '^update conditional access', 'i') AND regexp_like(policy_before, 'state\\?"?: ?\\?"enabled', 'i')
                AND regexp_like(policy, 'state\\?"?: ?\\?"(disabled|enabledForReporting)', 'i') THEN 'a conditional access policy was switched off'
            WHEN regexp_like(operation, '^disable security defaults', 'i') OR regexp_like(operation, '^update security defaults', 'i') AND regexp_like(defaults, 'false', 'i') THEN 'security defaults were switched off'
            WHEN regexp_like(operation, '^update conditional access', 'i')
                AND length(array_to_string(regexp_match(policy, 'exclude(?:Users|Groups|Locations)\\?"?: ?\[([^\]]*)\]', 'i'), '')) > length(array_to_string(regexp_match(policy_before, 'exclude(?:Users|Groups|Locations)\\?"?: ?\[([^\]]*)\]', 'i'), ''))
                THEN 'a conditional access policy was given more exceptions'
            WHEN regexp_like(operation, 'named location', 'i') AND regexp_like(location, 'isTrusted\\?"?: ?true|^\W*true', 'i') AND NOT regexp_like(location_before, 'isTrusted\\?"?: ?true|^\W*true', 'i')
                THEN 'a network was declared trusted'
            WHEN regexp_like(operation, '^set company', 'i') AND regexp_count(mfa_policy, '[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+/') > regexp_count(mfa_policy_before, '[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+/') THEN 'addresses were added from which no second factor is asked for'
            WHEN regexp_like(operation, '^update user', 'i') AND actor <> target_account AND actor NOT LIKE 'fim_password_service@%' AND length(methods) > 0 AND methods <> methods_before THEN 'a sign-in method was set by somebody else'
            WHEN regexp_like(operation, '^admin registered', 'i') AND actor <> target_account THEN 'a sign-in method was set by somebody else'
            WHEN regexp_like(operation, '^admin deleted security info', 'i') AND actor <> target_account THEN 'a sign-in method was removed by somebody else'
        END AS effect
    FROM changes
)
SELECT
    id, time, tenant, operation, actor, target_account, effect, client_ip,
    CASE WHEN regexp_like(operation, '^disable strong', 'i') THEN 1 ELSE 2 END AS rank,
    CASE WHEN effect LIKE 'a sign-in method%' OR effect IN ('a policy was deleted', 'a network was declared trusted', 'a conditional access policy was given more exceptions') THEN 'low' ELSE 'medium' END AS severity
FROM marked
-- The provider's own applications keep the methods of users; policies are nobody's but people's and of what an intruder runs.
WHERE effect IS NOT NULL AND NOT (actor_kind = 'application' AND effect LIKE 'a sign-in method%')

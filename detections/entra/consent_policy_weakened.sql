/*---
id = "entra.consent_policy_weakened"
version = 1
title = "People may consent to more applications than before"
why = "Where everybody may let any application in, one talked-out consent opens a mailbox; whoever prepares such a campaign opens this door first."
category = "account_impact"
attack = ["T1556", "T1528"]
severity = "medium"
confidence = "medium"
needs = ["ual.directory", "audit.directory"]
group_by = ["actor"]
window = "1h"
primary = "true"
verdict = "possible access"
verdict_reason = "people may let applications reach their mail"
explanation = "{actor} changed what people may consent to at {first_time}, with {operation*}: {effect*}. {records}."
shows = ["operation", "actor", "object", "effect", "client_ip"]
looked_for = ["consent by people to any application allowed", "consent to applications that the provider finds risky allowed"]
cannot_exclude = ["a policy that was open before the first record of the log"]
false_positives = ["an administrator who lets people connect a product on their own"]
references = ["https://learn.microsoft.com/en-us/entra/identity/enterprise-apps/configure-user-consent"]
---*/
WITH changes AS (
    SELECT
        id, time, tenant, operation, coalesce(actor, 'unknown') AS actor, client_ip, app_id, coalesce(target, target_id, 'the organisation') AS object,
        -- The directory names the policies that apply to people; "legacy" lets them consent to anything.
        lower(concat_ws(' ', property(properties, 'PermissionGrantPolicyIdsAssignedToDefaultUserRole'), property(properties, 'DefaultUserRolePermissions'),
            property(properties, 'DefaultUserRoleOverrides'), property(properties, 'AuthorizationPolicy'))) AS policies,
        lower(concat_ws(' ', property_old(properties, 'PermissionGrantPolicyIdsAssignedToDefaultUserRole'), property_old(properties, 'DefaultUserRolePermissions'),
            property_old(properties, 'DefaultUserRoleOverrides'), property_old(properties, 'AuthorizationPolicy'))) AS policies_before,
        lower(coalesce(property(properties, 'AllowUserConsentForRiskyApps'), '')) AS risky,
        lower(coalesce(property(properties, 'UsersPermissionToUserConsentToAppEnabled'), property(properties, 'UserConsentToAppEnabled'), '')) AS all_apps
    FROM events
    WHERE log_class IN ('ual.directory', 'audit.directory')
      AND regexp_like(operation, '^(update authorization policy|set company information|update company settings|update policy)', 'i')
      AND coalesce(result, 'success') <> 'failure'
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service', 'application')
),
marked AS (
    SELECT
        changes.*,
        concat_ws(', ',
            CASE WHEN regexp_like(policies, 'microsoft-user-default-legacy') AND NOT regexp_like(policies_before, 'microsoft-user-default-legacy') THEN 'people may consent to any application' END,
            CASE WHEN regexp_like(all_apps, 'true') THEN 'people may consent to any application' END,
            CASE WHEN regexp_like(risky, 'true') THEN 'people may consent to applications that the provider finds risky' END) AS effect
    FROM changes
)
SELECT id, time, tenant, operation, actor, object, effect, client_ip, app_id
FROM marked
WHERE effect <> ''

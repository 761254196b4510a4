/*---
id = "entra.mail_consent_granted"
version = 1
title = "Application given access to mail or to the directory"
why = "A consent lets an application read and send mail with tokens of its own: no password, no second factor, and no end when the password changes."
category = "oauth_consent"
attack = ["T1528", "T1098.003", "T1550.001"]
severity = "medium"
confidence = "medium"
needs = ["ual.directory", "audit.directory"]
group_by = ["actor"]
window = "10m"
primary = "is_consent AND on_mail"
verdict = "possible access"
verdict_reason = "an application may reach mail or the directory"
explanation = "{actor} gave {app*} these permissions at {first_time}: {permissions}. {effect*}. {records}, with {operation*}."
shows = ["operation", "actor", "app", "permissions", "effect", "client_ip"]
looked_for = ["permissions on mail, mailbox settings or all of Exchange", "permissions for the whole organisation", "permissions without a signed-in user", "permissions that let an application give itself more"]
cannot_exclude = ["consents given before the first record of the log", "access with permissions that are not on mail"]
false_positives = ["a new mail client or a product that is being introduced", "backup, ticket and customer systems connected by an administrator"]
references = ["https://attack.mitre.org/techniques/T1528/", "https://learn.microsoft.com/en-us/graph/permissions-reference", "https://learn.microsoft.com/en-us/defender-office-365/detect-and-remediate-illicit-consent-grants"]
---*/
WITH grants AS (
    SELECT
        id, time, tenant, operation, coalesce(actor, 'unknown') AS actor, actor_kind, client_ip,
        regexp_like(operation, '^consent to', 'i') AS is_consent,
        regexp_like(operation, '^add app role assignment to service', 'i') AS app_only,
        -- A consent names the application as its target; a grant names the resource, and the application only by its properties.
        CASE WHEN regexp_like(operation, '^consent to', 'i')
             THEN coalesce(target, target_id)
             ELSE coalesce(plain(property(properties, 'ServicePrincipal.DisplayName')), plain(property(properties, 'ServicePrincipal.AppId')),
                           plain(property(properties, 'ServicePrincipal.ObjectID')), target_id) END AS app,
        -- Permissions that were there before are not given now: "[before] => [after]".
        coalesce(
            nullif(split_part(property(properties, 'ConsentAction.Permissions'), '=>', 2), ''),
            property(properties, 'ConsentAction.Permissions'),
            plain(property(properties, 'DelegatedPermissionGrant.Scope')),
            plain(property(properties, 'AppRole.Value')),
            plain(property(properties, 'OAuth2PermissionGrant.Scope')),
            '') AS permissions,
        coalesce(property_old(properties, 'DelegatedPermissionGrant.Scope'), '') AS permissions_before,
        coalesce(regexp_like(property(properties, 'DelegatedPermissionGrant.ConsentType'), 'allprincipals', 'i'), false)
            OR coalesce(regexp_like(property(properties, 'ConsentContext.OnBehalfOfAll'), 'true', 'i'), false)
            OR coalesce(regexp_like(property(properties, 'ConsentAction.Permissions'), 'ConsentType: AllPrincipals', 'i'), false) AS for_all
    FROM events
    WHERE log_class IN ('ual.directory', 'audit.directory')
      AND regexp_like(operation, '^(consent to application|add delegated permission grant|add oauth2permissiongrant|add app role assignment to service principal)', 'i')
      AND coalesce(result, 'success') <> 'failure'
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
),
marked AS (
    SELECT
        grants.*,
        regexp_like(permissions, '\b(mail\.|mailboxsettings\.|mailboxfolder\.|mailboxitem\.|full_access_as_|ews\.accessasuser|imap\.accessas|pop\.accessas|smtp\.send|exchange\.manage)', 'i') AS on_mail,
        regexp_like(permissions, '\b(rolemanagement\.readwrite|approleassignment\.readwrite|application\.readwrite|directory\.readwrite|directory\.accessasuser|userauthenticationmethod\.readwrite|user\.readwrite\.all|group(member)?\.readwrite|policy\.readwrite|domain\.readwrite|serviceprincipalendpoint\.readwrite|privilegedaccess\.readwrite|files\.read(write)?\.all|sites\.(fullcontrol|manage|read(write)?)\.all|chat\.read|user_impersonation)', 'i')
            OR app_only AND regexp_like(permissions, '\.(readwrite(\.ownedby)?|fullcontrol|manage)\.all', 'i') AS powerful
    FROM grants
)
SELECT
    -- A consent wraps its permissions in a listing of grants: "[[Id: …, Scope: Mail.Read, …]]".
    id, time, tenant, operation, actor, app,
    trim(regexp_replace(permissions, '[\[ ]*Id: [^\]]*?Scope: *([^,\]]*)[^\]]*[\];, ]*', '\1 ', 'g')) AS permissions, client_ip, is_consent, on_mail,
    concat_ws(', ',
        CASE WHEN on_mail THEN 'This reaches mail' ELSE 'This reaches files or the directory' END,
        CASE WHEN app_only THEN 'without a signed-in user' END,
        CASE WHEN for_all THEN 'for everybody in the organisation' END,
        CASE WHEN permissions LIKE '%offline_access%' THEN 'and goes on when the user is gone' END) AS effect,
    CASE
        WHEN actor_kind = 'application' AND NOT on_mail THEN 'low'
        WHEN on_mail AND (app_only OR for_all) THEN 'high'
        WHEN app_only AND regexp_like(permissions, '(rolemanagement|approleassignment|directory|application)\.readwrite|credentials', 'i') THEN 'high'
        WHEN on_mail OR app_only THEN 'medium'
        WHEN for_all THEN 'medium'
        ELSE 'low'
    END AS severity
FROM marked
WHERE (on_mail OR powerful) AND permissions <> permissions_before

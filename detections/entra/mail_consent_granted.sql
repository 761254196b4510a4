/*---
id = "entra.mail_consent_granted"
version = 4
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
explanation = "{actor} gave {app*} these permissions at {first_time}: {permissions}. {effect*}. {place}. {known}.[ {campaign}.] {records}, with {operation*}."
shows = ["operation", "actor", "app", "permissions", "effect", "place", "known", "campaign", "client_ip"]
looked_for = ["permissions on mail, mailbox settings or all of Exchange", "permissions for the whole organisation", "permissions without a signed-in user", "permissions that let an application give itself more", "an application that the organisation knew before", "a consent from a network where the account had not signed in before, or with a program that it had never used", "the same application newly consented to by people of other organisations within two weeks"]
cannot_exclude = ["consents given before the first record of the log", "access with permissions that are not on mail", "an administrator whose own device or network is in an intruder's hands"]
false_positives = ["a new mail program or a product that is being introduced", "backup, ticket and customer systems connected by an administrator"]
references = ["https://attack.mitre.org/techniques/T1528/", "https://learn.microsoft.com/en-us/graph/permissions-reference", "https://learn.microsoft.com/en-us/defender-office-365/detect-and-remediate-illicit-consent-grants"]
---*/
WITH grants AS (
    SELECT
        id, time, tenant, operation, coalesce(actor, 'unknown') AS actor, actor_kind, client_ip,
        -- A grant names the resource as its target, and the application by its properties only.
        lower(array_element(regexp_match(
            CASE WHEN regexp_like(operation, '^consent to', 'i') THEN concat_ws(' ', property(properties, 'TargetId.ServicePrincipalNames'), property(properties, 'AppId'), target)
                 ELSE property(properties, 'ServicePrincipal.AppId') END,
            '([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})'), 1)) AS app_id,
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
            -- Where only the id of the right is recorded.
            CASE lower(plain(property(properties, 'AppRole.Id')))
                WHEN 'dc890d15-9560-4a4c-9b7f-a736ec74ec40' THEN 'full_access_as_app'
                WHEN '810c84a8-4a9e-49e6-bf7d-12d183f40d01' THEN 'Mail.Read'
                WHEN 'e2a3a72e-5f79-4c64-b1b1-878b674786c9' THEN 'Mail.ReadWrite'
                WHEN 'b633e1c5-b582-4048-a93e-9f11b44c7e96' THEN 'Mail.Send'
            END,
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
        regexp_like(permissions, '\b(mail\.|mailboxsettings\.|mailboxfolder\.|mailboxitem\.|full_access_as_|ews\.accessasuser|eas\.accessas|imap\.accessas|pop\.accessas|smtp\.send|exchange\.manage)', 'i') AS on_mail,
        regexp_like(permissions, '\b(rolemanagement\.readwrite|approleassignment\.readwrite|application\.readwrite|directory\.readwrite|directory\.accessasuser|userauthenticationmethod\.readwrite|user\.readwrite\.all|group(member)?\.readwrite|policy\.readwrite|domain\.readwrite|serviceprincipalendpoint\.readwrite|privilegedaccess\.readwrite|files\.read(write)?\.all|sites\.(fullcontrol|manage|read(write)?)\.all|chat\.read|user_impersonation)', 'i')
            OR app_only AND regexp_like(permissions, '\.(readwrite(\.ownedby)?|fullcontrol|manage)\.all', 'i') AS powerful
    FROM grants
),
given AS (
    SELECT
        marked.*,
        -- Apple Internet Accounts, Thunderbird, Samsung Email and Android's mail, by the ids that their makers gave them everywhere.
        coalesce(app_id IN ('f8d98a96-0999-43f5-8af3-69971c7bb423', '9e5f94bc-e8a4-4e73-b8be-63364c29d753',
                            '8acd33ea-7197-4a96-bc33-d7cc7101262f', '2cee05de-2b8f-45a2-8289-2a06ca32c4c8'), false) AS is_client
    FROM marked
    WHERE (on_mail OR powerful) AND permissions <> permissions_before
),
-- When somebody first consented to each application, and whether people did so for themselves.
consents AS (
    SELECT tenant, app_id, min(time) AS first_consent, max(CASE WHEN on_mail AND NOT for_all AND NOT app_only THEN 1 ELSE 0 END) AS by_people
    FROM marked
    WHERE app_id IS NOT NULL
    GROUP BY tenant, app_id
),
elsewhere AS (
    SELECT here.tenant, here.app_id, count(DISTINCT there.tenant) AS tenants
    FROM consents AS here
    JOIN consents AS there ON there.app_id = here.app_id AND there.tenant <> here.tenant
        AND there.first_consent BETWEEN here.first_consent - INTERVAL '14 days' AND here.first_consent + INTERVAL '14 days'
    WHERE here.by_people = 1 AND there.by_people = 1
    GROUP BY here.tenant, here.app_id
),
used AS (
    SELECT consents.tenant, consents.app_id, min(events.time) AS first_use
    FROM consents
    JOIN events ON events.tenant = consents.tenant AND events.app_id = consents.app_id
    WHERE events.log_class IN ('ual.sts', 'signin.interactive', 'signin.noninteractive', 'signin.service_principal') AND events.result = 'success'
    GROUP BY consents.tenant, consents.app_id
),
judged AS (
    SELECT
        given.*, elsewhere.tenants,
        coalesce(places.seat, 0) AS seat,
        coalesce(least(consents.first_consent, coalesce(used.first_use, consents.first_consent)) <= given.time - INTERVAL '14 days', false) AS is_known
    FROM given
    LEFT JOIN places ON places.tenant = given.tenant AND places.id = given.id
    LEFT JOIN consents ON consents.tenant = given.tenant AND consents.app_id = given.app_id
    LEFT JOIN used ON used.tenant = given.tenant AND used.app_id = given.app_id
    LEFT JOIN elsewhere ON elsewhere.tenant = given.tenant AND elsewhere.app_id = given.app_id
),
-- One consent stands in several records, of which some name neither address nor application: what one tells holds for all.
paired AS (
    SELECT
        judged.*,
        max(seat) OVER twin AS twin_seat,
        max(CASE WHEN is_known THEN 1 ELSE 0 END) OVER twin AS known_app,
        max(tenants) OVER twin AS other_tenants,
        NOT app_only AND CASE WHEN app_id IS NULL THEN max(CASE WHEN is_client THEN 1 ELSE 0 END) OVER twin = 1 ELSE is_client END AS of_client
    FROM judged
    WINDOW twin AS (PARTITION BY tenant, actor ORDER BY time RANGE BETWEEN INTERVAL '2 minutes' PRECEDING AND INTERVAL '2 minutes' FOLLOWING)
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
    CASE twin_seat
        WHEN 3 THEN 'The account had signed in there that day with a program that it had never used before'
        WHEN 2 THEN 'The account acted from a network where it had not signed in before'
        WHEN 1 THEN 'The account acted from a network where it, or several others of the organisation, had signed in before, or on its own device'
        ELSE 'The records do not tell whether the account acted from its usual network'
    END AS place,
    CASE
        WHEN of_client THEN 'The application is a mail program in wide use'
        WHEN known_app = 1 THEN 'The application was consented to or signed in to here two weeks before or earlier'
        ELSE 'No record shows the application here two weeks before or earlier'
    END AS known,
    CASE WHEN other_tenants > 0 AND NOT for_all AND NOT app_only AND NOT of_client
         THEN concat('Within two weeks people of ', CAST(other_tenants AS VARCHAR), ' other organisations in this case consented to it for the first time too') END AS campaign,
    CASE
        WHEN actor_kind = 'application' AND NOT on_mail THEN 'low'
        WHEN twin_seat >= 2 AND (on_mail AND (app_only OR for_all) OR app_only) THEN 'high'
        WHEN app_only AND regexp_like(permissions, '(rolemanagement|approleassignment|directory|application)\.readwrite|credentials', 'i') THEN 'high'
        WHEN on_mail AND app_only THEN CASE WHEN twin_seat = 1 THEN 'medium' ELSE 'high' END
        -- People set up their phones and mail programs where they usually are; whoever uses somebody else's session does not.
        WHEN of_client AND twin_seat < 2 THEN CASE WHEN for_all AND twin_seat = 0 THEN 'medium' ELSE 'low' END
        -- A product that an administrator introduces from the usual place, or one that has been here: told, but no alarm.
        WHEN for_all AND twin_seat = 1 THEN 'low'
        WHEN known_app = 1 AND twin_seat = 1 AND NOT app_only AND coalesce(other_tenants, 0) = 0 THEN 'low'
        WHEN on_mail AND for_all THEN 'high'
        WHEN on_mail OR app_only OR for_all THEN 'medium'
        ELSE 'low'
    END AS severity
FROM paired

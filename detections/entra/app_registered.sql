/*---
id = "entra.app_registered"
version = 3
title = "Application registered or re-pointed by a person"
why = "An application of the intruder's own, often named after a well-known product and answering on the intruder's machine, is the tool to collect consents and tokens with."
category = "oauth_app_registered"
attack = ["T1098.001", "T1036.005", "T1528"]
severity = "low"
confidence = "low"
needs = ["ual.directory", "audit.directory"]
group_by = ["actor"]
window = "30m"
primary = "severity = 'high'"
verdict = "not assessable"
verdict_reason = "the records are about applications, not about mail"
explanation = "{actor} registered or changed {app*} from {first_time} to {last_time}, with {operation*}: {effect}.[ Reply addresses: {reply_addresses*}.] {records}."
shows = ["operation", "actor", "app", "effect", "reply_addresses", "client_ip"]
looked_for = ["names that imitate a vendor", "reply addresses on the caller's own machine or on a bare address", "a request for rights on every mailbox"]
cannot_exclude = ["applications registered before the first record of the log", "applications registered in another tenant"]
false_positives = ["developers at work", "products that register themselves when an administrator sets them up"]
references = ["https://attack.mitre.org/techniques/T1036/005/", "https://learn.microsoft.com/en-us/entra/identity-platform/quickstart-register-app"]
---*/
WITH changes AS (
    SELECT
        id, time, tenant, operation, coalesce(actor, 'unknown') AS actor, client_ip,
        coalesce(plain(property(properties, 'DisplayName')), plain(property(properties, 'Application.DisplayName')), target, target_id, 'unknown') AS app,
        -- The id by which consents and access to mail name it. That of its account in the tenant is another, and would hide that names agree.
        coalesce(plain(property(properties, 'AppId')), CASE WHEN regexp_like(target, '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$', 'i') THEN target END) AS app_id,
        coalesce(property(properties, 'AppAddress'), property(properties, 'ReplyUrls'), property(properties, 'RedirectUris'), '') AS addresses,
        coalesce(property(properties, 'RequiredResourceAccess'), '') AS wanted,
        regexp_like(operation, '^add (application|service principal)\.?$', 'i') AS is_new
    FROM events
    WHERE log_class IN ('ual.directory', 'audit.directory')
      AND regexp_like(operation, '^(add|update) (application|service principal)\.?$|^add owner to application', 'i')
      AND coalesce(result, 'success') <> 'failure'
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service', 'application')
      AND NOT regexp_like(coalesce(actor, ''), '^(serviceprincipal_|certificate|nt authority|microsoft|windows azure)', 'i')
),
marked AS (
    SELECT
        changes.*,
        array_to_string(regexp_match(addresses, '(https?://[^"\\ ]+)'), ', ') AS reply_addresses,
        regexp_like(addresses, 'https?://(localhost|\[?::1|127\.)', 'i') AS answers_at_home,
        regexp_like(addresses, 'https?://(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|\[[0-9a-f:]+\])(?:[:/"]|$)', 'i') AND NOT regexp_like(addresses, 'https?://(127\.|\[::1)', 'i') AS answers_at_address,
        -- Rights on every mailbox, by the ids that the provider gave them: full_access_as_app, Mail.Read, Mail.ReadWrite, Mail.Send.
        regexp_like(wanted, 'dc890d15-9560-4a4c-9b7f-a736ec74ec40|810c84a8-4a9e-49e6-bf7d-12d183f40d01|e2a3a72e-5f79-4c64-b1b1-878b674786c9|b633e1c5-b582-4048-a93e-9f11b44c7e96', 'i') AS wants_mail,
        -- Read in a hurry it is a vendor's name; letter by letter it is not.
        regexp_like(skeleton(app), 'mlcrosoft|offlce365|outlook|sharepolnt|onedrlve|exchange|google|adobe|doculgn|docuslgn|dropbox|okta')
            AND NOT regexp_like(app, 'microsoft|office *365|outlook|sharepoint|onedrive|exchange|google|adobe|docusign|dropbox|okta', 'i') AS imitates
    FROM changes
)
SELECT
    id, time, tenant, operation, actor, app, app_id, reply_addresses, client_ip,
    concat_ws(' and ',
        CASE WHEN imitates THEN 'the name imitates a vendor' END,
        CASE WHEN answers_at_home THEN 'replies go to the caller''s own machine' END,
        CASE WHEN answers_at_address THEN 'replies go to a bare address' END,
        CASE WHEN wants_mail THEN 'it asks for the right to every mailbox' END,
        CASE WHEN NOT imitates AND NOT answers_at_home AND NOT answers_at_address AND NOT wants_mail THEN 'nothing unusual about it but that a person did it' END) AS effect,
    -- Developers let an application answer on their own machine every day.
    CASE WHEN imitates THEN 'high' WHEN answers_at_address THEN 'medium' ELSE 'low' END AS severity
FROM marked
WHERE is_new OR imitates OR answers_at_home OR answers_at_address OR wants_mail

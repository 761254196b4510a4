/*---
id = "google.federation_changed"
version = 1
title = "Single sign-on or domains of Google Workspace changed"
why = "Whoever names the machine that vouches for sign-ins signs in as anybody; whoever adds a domain adds accounts that nobody looks at."
category = "federation"
attack = ["T1484.002", "T1556.007"]
severity = "medium"
confidence = "medium"
needs = ["gws.admin"]
group_by = ["actor"]
window = "1h"
primary = "is_sso"
verdict = "possible access"
verdict_reason = "somebody else may vouch for sign-ins"
explanation = "{actor} changed {effect*} at {first_time} from {client_ip}.[ Domains: {domain*}.][ New value: {new_value*}.] {records}, with {operation*}."
shows = ["operation", "actor", "effect", "domain", "new_value", "client_ip"]
looked_for = ["single sign-on switched or its settings changed", "domains added or trusted"]
cannot_exclude = ["changes at the identity provider itself"]
false_positives = ["a new identity provider, a merger"]
references = ["https://developers.google.com/workspace/admin/reports/v1/appendix/activity/admin-security-settings", "https://attack.mitre.org/techniques/T1484/002/"]
---*/
SELECT
    id, time, tenant, operation, coalesce(actor, 'somebody') AS actor, client_ip, session_id,
    coalesce(property(properties, 'DOMAIN_NAME'), property(properties, 'SECONDARY_DOMAIN_NAME'), property(properties, 'DOMAIN_ALIAS')) AS domain, property(properties, 'NEW_VALUE') AS new_value,
    regexp_like(operation, 'SSO|SAML', 'i') AS is_sso,
    CASE
        WHEN regexp_like(operation, 'SSO|SAML', 'i') THEN 'who vouches for sign-ins'
        WHEN operation = 'ADD_TRUSTED_DOMAINS' THEN 'which other organisations are trusted'
        ELSE 'the domains of the organisation'
    END AS effect,
    CASE WHEN regexp_like(operation, 'SSO|SAML', 'i') THEN 'medium' ELSE 'low' END AS severity
FROM events
WHERE log_class = 'gws.admin'
  AND operation IN ('CHANGE_SSO_SETTINGS', 'TOGGLE_SSO_ENABLED', 'INBOUND_SSO_PROFILE_CREATED', 'INBOUND_SSO_PROFILE_UPDATED', 'INBOUND_SSO_ASSIGNMENT_CREATED', 'INBOUND_SSO_ASSIGNMENT_UPDATED',
      'CREATE_SAML2_SERVICE_PROVIDER_CONFIG', 'ADD_SECONDARY_DOMAIN', 'ADD_DOMAIN_ALIAS', 'ADD_TRUSTED_DOMAINS', 'CHANGE_PRIMARY_DOMAIN')
  AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')

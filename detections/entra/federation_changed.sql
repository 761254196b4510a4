/*---
id = "entra.federation_changed"
version = 1
title = "Who vouches for sign-ins, or a domain, was changed in Entra ID"
why = "Whoever names the machine that vouches for the sign-ins of a domain signs in as anybody of it, without password and without second factor."
category = "federation"
attack = ["T1484.002", "T1606.002", "T1556.007"]
severity = "high"
confidence = "medium"
needs = ["ual.directory", "audit.directory", "ual.exchange_admin"]
group_by = ["actor"]
window = "1h"
primary = "is_trust"
verdict = "possible access"
verdict_reason = "somebody else may vouch for sign-ins"
explanation = "{actor} changed {effect*} at {first_time}[, from {client_ip}].[ Domains: {domain*}.][ Issuer: {issuer*}.] {records}, with {operation*}."
shows = ["operation", "actor", "effect", "domain", "issuer", "client_ip"]
looked_for = ["a domain switched to federation, the settings of its federation changed", "domains added", "synchronisation and pass-through agents"]
cannot_exclude = ["federations that were there before the first record of the log", "changes at the identity provider itself"]
false_positives = ["a new identity provider, a merger"]
references = ["https://attack.mitre.org/techniques/T1484/002/", "https://learn.microsoft.com/en-us/entra/identity/monitoring-health/reference-audit-activities"]
---*/
WITH changes AS (
    SELECT
        id, time, tenant, operation, coalesce(actor, 'unknown') AS actor, client_ip,
        coalesce(plain(property(properties, 'DomainName')), target, target_id) AS domain,
        plain(property(properties, 'IssuerUri')) AS issuer,
        regexp_like(operation, '^set domain auth|^set federation settings|^add-federateddomain|^set-msoldomain|^set-federat|partner to company', 'i') AS is_trust,
        -- Back to passwords is what the defenders do.
        regexp_like(coalesce(property(properties, 'LiveType'), property(properties, 'Authentication'), ''), 'managed', 'i') AS to_managed
    FROM events
    WHERE log_class IN ('ual.directory', 'audit.directory', 'ual.exchange_admin')
      AND regexp_like(operation, '^(set domain authentication|set federation settings on domain|add (un)?verified domain|verify domain|add partner to company|(add|set|new)-(federateddomain|federatedorganizationidentifier|accepteddomain)|enable passthrough auth|register connector|set (company )?dirsync)', 'i')
      AND coalesce(result, 'success') <> 'failure'
)
SELECT
    id, time, tenant, operation, actor, client_ip, domain, issuer, is_trust,
    CASE
        WHEN is_trust THEN 'who vouches for sign-ins'
        WHEN regexp_like(operation, 'domain', 'i') THEN 'the domains of the organisation'
        ELSE 'how accounts are synchronised or checked'
    END AS effect,
    CASE WHEN is_trust AND NOT to_managed THEN 'high' ELSE 'low' END AS severity
FROM changes

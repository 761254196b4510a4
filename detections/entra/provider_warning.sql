/*---
id = "entra.provider_warning"
version = 1
title = "Microsoft warned of an account"
why = "The provider sees everybody's sign-ins and has lists that nobody else has: its warning is one more witness, and not the weakest."
category = "takeover_signin"
attack = ["T1078.004"]
severity = "low"
confidence = "medium"
needs = ["risk", "ual.compliance", "audit.directory"]
group_by = ["whom"]
window = "1d"
primary = "true"
verdict = "possible access"
verdict_reason = "the provider suspects that somebody else has the account"
explanation = "The provider reported of {whom}: {meaning*}[, from {client_ip*}], first at {first_time}. {records}."
shows = ["account", "meaning", "level", "client_ip"]
looked_for = ["risk detections and alerts on accounts and mail"]
cannot_exclude = ["takeovers that the provider did not notice"]
false_positives = ["journeys, VPNs, and alerts on honest mail"]
references = ["https://learn.microsoft.com/en-us/entra/id-protection/concept-identity-protection-risks"]
---*/
WITH warned AS (
    SELECT
        id, time, tenant, operation, client_ip,
        CASE WHEN log_class = 'ual.compliance' THEN nullif(property(properties, 'AlertEntityId'), '') ELSE actor END AS account,
        coalesce(property(properties, 'riskEventType'), property(properties, 'riskType'), property(properties, 'Name'), operation) AS meaning,
        lower(coalesce(property(properties, 'riskLevel'), property(properties, 'Severity'), '')) AS level,
        lower(coalesce(property(properties, 'riskState'), '')) AS state
    FROM events
    WHERE log_class = 'risk' OR operation IN ('AlertTriggered', 'AlertEntityGenerated')
       OR log_class = 'audit.directory' AND regexp_like(operation, '^(fraud reported|suspicious activity reported)', 'i')
)
SELECT
    id, time, tenant, operation, account, client_ip, meaning, level,
    -- No account in common ties what is said of nobody in particular.
    coalesce(account, 'an account that is not named') AS whom,
    CASE
        -- The account has proved itself or has a new password since: somebody may have been in it before.
        WHEN state = 'remediated' THEN 'low'
        -- What is hardly ever wrong.
        WHEN regexp_like(meaning, 'middle|anomaloustoken|leaked|threatintel|inbox(manipulation|forwarding)|forwarding|restricted from sending|primaryrefresh|fraud', 'i') AND level <> 'low' THEN 'medium'
        WHEN level = 'high' THEN 'medium'
        ELSE 'low'
    END AS severity
FROM warned
-- What somebody has looked at and let go.
WHERE state NOT IN ('dismissed', 'confirmedsafe') AND NOT (level = 'none' AND state <> 'remediated')

/*---
id = "google.file_shared_outside"
version = 1
title = "Files opened to people outside the organisation"
why = "What was found is taken along without a download: a link to anybody, or an account of the intruder's own."
category = "file_share"
attack = ["T1567.002", "T1213", "T1537"]
severity = "info"
confidence = "low"
needs = ["gws.drive"]
group_by = ["actor"]
window = "1d"
primary = "is_open"
verdict = "possible access"
verdict_reason = "others can open the files"
explanation = "{actor} opened files to people outside at {first_time}[, from {client_ip}]: {effect*}.[ For: {recipient*}.][ Files: {file*}.] {records}."
shows = ["operation", "actor", "file", "recipient", "effect", "client_ip"]
looked_for = ["files opened to whoever has the link, to accounts of other organisations, or given to an owner outside"]
cannot_exclude = ["whether they were opened, where no record tells"]
false_positives = ["ordinary work with others"]
references = ["https://developers.google.com/workspace/admin/reports/v1/appendix/activity/drive", "https://attack.mitre.org/techniques/T1567/002/"]
---*/
WITH shares AS (
    SELECT
        id, time, tenant, operation, coalesce(actor, 'somebody') AS actor, client_ip, session_id, coalesce(target, target_id) AS file,
        coalesce(property(properties, 'target_user'), property(properties, 'new_owner'), property(properties, 'target_domain')) AS recipient,
        coalesce(property(properties, 'visibility'), '') AS visibility, coalesce(property(properties, 'new_value'), '') AS new_value,
        property(properties, 'visibility_change') AS visibility_change, property(properties, 'owner') AS owner
    FROM events
    WHERE log_class = 'gws.drive' AND operation IN ('change_document_visibility', 'change_user_access', 'change_owner')
)
SELECT id, time, tenant, operation, actor, client_ip, session_id, file, recipient,
    visibility IN ('people_with_link', 'public_on_the_web') AS is_open,
    CASE
        WHEN operation = 'change_owner' THEN 'given to an owner outside'
        WHEN visibility IN ('people_with_link', 'public_on_the_web') THEN 'open to whoever has the link'
        ELSE 'open to an account outside'
    END AS effect,
    CASE WHEN operation = 'change_owner' OR visibility IN ('people_with_link', 'public_on_the_web') THEN 'low' ELSE 'info' END AS severity
FROM shares
-- The same operations also take access away.
WHERE visibility_change = 'external' AND NOT regexp_like(new_value, 'none|private') AND operation <> 'change_owner'
   OR operation = 'change_owner' AND domain_of(recipient) <> domain_of(owner)

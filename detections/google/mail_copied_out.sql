/*---
id = "google.mail_copied_out"
version = 1
title = "Copy of mail or of all data ordered"
why = "A monitor, a data transfer or a download hands over whole mailboxes at once, without a single message being opened."
category = "google_takeover"
attack = ["T1114.002", "T1114.003", "T1530", "T1567.002"]
severity = "medium"
confidence = "medium"
needs = ["gws.admin", "gws.other"]
group_by = ["actor"]
window = "1d"
primary = "true"
verdict = "possible access"
verdict_reason = "mail or data were handed over as a whole"
explanation = "{actor} ordered {what*} of {target*} at {first_time}[, from {client_ip}].[ It goes to {destination*}.] {records}, with {operation*}."
shows = ["operation", "actor", "target", "what", "destination", "client_ip"]
looked_for = ["monitors that copy mail, dumps of mailboxes, transfers of data to another account, exports of the organisation's data, downloads by account owners, exports of Vault"]
cannot_exclude = ["whether the copy was fetched, and by whom, where no record tells"]
false_positives = ["people who leave", "legal holds and backups"]
references = ["https://developers.google.com/workspace/admin/reports/v1/appendix/activity/admin-user-settings", "https://support.google.com/a/answer/100458"]
---*/
WITH orders AS (
    SELECT
        id, time, tenant, operation, coalesce(actor, 'somebody') AS actor, client_ip, session_id,
        coalesce(property(properties, 'USER_EMAIL'), target, CASE WHEN workload = 'takeout' THEN actor ELSE 'the organisation' END) AS target,
        coalesce(property(properties, 'EMAIL_MONITOR_DEST_EMAIL'), property(properties, 'DESTINATION_USER_EMAIL'), property(properties, 'takeout_destination')) AS destination,
        CASE
            WHEN operation = 'CREATE_EMAIL_MONITOR' THEN 'a copy of every message'
            WHEN operation = 'REQUEST_MAILBOX_DUMP' THEN 'a dump of the mailbox'
            WHEN operation = 'CREATE_DATA_TRANSFER_REQUEST' THEN 'a transfer of data to another account'
            WHEN operation LIKE 'CUSTOMER_TAKEOUT_%' THEN 'an export of the data of everybody'
            WHEN workload = 'vault' THEN 'an export from Vault'
            ELSE 'a download of the account''s data'
        END AS what
    FROM events
    WHERE (log_class = 'gws.admin' AND operation IN ('CREATE_EMAIL_MONITOR', 'REQUEST_MAILBOX_DUMP', 'CREATE_DATA_TRANSFER_REQUEST', 'CUSTOMER_TAKEOUT_CREATED', 'CUSTOMER_TAKEOUT_SUCCEEDED')
           OR log_class = 'gws.other' AND workload = 'vault' AND regexp_like(operation, 'export', 'i') AND NOT regexp_like(operation, 'delete', 'i')
           OR log_class = 'gws.other' AND workload = 'takeout' AND NOT regexp_like(operation, 'fail|expire|cancel|delet', 'i'))
      AND coalesce(actor_kind, 'user') NOT IN ('system', 'service')
)
SELECT id, time, tenant, operation, actor, client_ip, session_id, target, target AS account, what, destination,
    CASE
        WHEN operation LIKE 'CUSTOMER_TAKEOUT_%' THEN 'high'
        WHEN operation = 'CREATE_EMAIL_MONITOR' AND domain_of(destination) <> domain_of(target) THEN 'high'
        WHEN what LIKE 'a copy%' OR what LIKE 'a dump%' THEN 'medium'
        WHEN domain_of(destination) <> domain_of(target) THEN 'medium'
        ELSE 'low'
    END AS severity
FROM orders

/*---
id = "google.mailbox_path_opened"
version = 1
title = "Several ways into one Gmail account opened within a day"
why = "An intruder who fears for his password opens a second and a third way to the mail: an application, a forwarding address, a recovery address of his own, no second factor."
category = "google_takeover"
attack = ["T1098", "T1114.003", "T1528", "T1556.006"]
severity = "medium"
confidence = "medium"
needs = ["gws.login", "gws.token", "gws.other"]
group_by = ["account"]
window = "1d"
primary = "true"
verdict = "possible access"
verdict_reason = "mail may leave by what was opened"
explanation = "Within a day {account} had, from {first_time} to {last_time}: {deed*}. {records}, from {client_ip*}.[ Application: {app_name*}.][ Mail goes to: {forwarded_to*}.]"
shows = ["account", "operation", "deed", "app_name", "forwarded_to", "client_ip"]
looked_for = ["two or more within a day: a consent to an application that reaches mail, forwarding out of the organisation, a second factor taken away, other recovery data, a download of all data"]
cannot_exclude = ["that the owner did all of it", "ways that leave no record, such as delegation by the owner or filters"]
false_positives = ["somebody who leaves and takes the mail along", "a new mail program and a new phone on the same day"]
references = ["https://developers.google.com/workspace/admin/reports/v1/appendix/activity/user-accounts", "https://attack.mitre.org/techniques/T1114/003/"]
---*/
WITH deeds AS (
    SELECT
        id, time, tenant, operation, actor, actor AS account, client_ip, app_id, session_id,
        CASE WHEN operation = 'authorize' THEN client_info END AS app_name,
        property(properties, 'email_forwarding_destination_address') AS forwarded_to,
        CASE
            WHEN operation = 'authorize' THEN 'consent to an application that reaches mail'
            WHEN operation = 'email_forwarding_out_of_domain' THEN 'forwarding out of the organisation'
            WHEN operation IN ('2sv_disable', 'titanium_unenroll') THEN 'a second factor taken away'
            WHEN operation IN ('recovery_email_edit', 'recovery_phone_edit') THEN 'other recovery data'
            ELSE 'a download of all data'
        END AS deed
    FROM events
    WHERE log_class IN ('gws.login', 'gws.token', 'gws.other') AND time IS NOT NULL AND actor IS NOT NULL
      AND (operation IN ('email_forwarding_out_of_domain', '2sv_disable', 'titanium_unenroll', 'recovery_email_edit', 'recovery_phone_edit')
           OR operation = 'authorize' AND regexp_like(property(properties, 'scope'), 'mail\.google\.com|auth/gmail\.(readonly|modify|compose|insert|settings)', 'i')
           OR workload = 'takeout' AND regexp_like(operation, 'initiat|complet|request|download', 'i'))
),
near AS (
    SELECT deeds.*,
        min(deed) OVER around AS one_deed, max(deed) OVER around AS other_deed,
        max(CASE WHEN deed LIKE 'consent%' OR deed LIKE 'forwarding%' OR deed LIKE 'a download%' THEN 1 ELSE 0 END) OVER around AS on_mail
    FROM deeds
    WINDOW around AS (PARTITION BY tenant, account ORDER BY time RANGE BETWEEN INTERVAL '1 day' PRECEDING AND INTERVAL '1 day' FOLLOWING)
)
SELECT id, time, tenant, operation, actor, account, client_ip, app_id, session_id, app_name, forwarded_to, deed,
    CASE WHEN (one_deed LIKE 'consent%' AND other_deed LIKE 'forwarding%') OR one_deed LIKE 'a second%' THEN 'high' ELSE 'medium' END AS severity
FROM near
WHERE one_deed <> other_deed AND on_mail = 1

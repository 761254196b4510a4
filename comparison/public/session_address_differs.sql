/*---
id = "public.session_address_differs"
version = 1
title = "Session that signed in from one address and opened mail from another"
why = "Family: inner joins of sign-ins with what their sessions did. A stolen session goes on where its owner is not."
category = "session_split"
attack = ["T1550.004", "T1539"]
severity = "medium"
confidence = "medium"
needs = ["ual.mia.bind", "ual.mia.sync", "graph.calls"]
group_by = ["session"]
window = "1d"
primary = "true"
verdict = "recorded access"
verdict_reason = ""
explanation = "The session {session} signed in as {account} from {sign_in_ip}. {records} of what it did within an hour of a sign-in came from {client_ip*}."
shows = ["account", "session", "sign_in_ip", "client_ip", "operation"]
looked_for = ["mail access and Graph calls of the session within an hour of one of its sign-ins, from another address"]
cannot_exclude = ["access whose session has no sign-in in the logs", "access without a session"]
false_positives = ["journeys, phones between two networks, split tunnels"]
---*/
WITH sign_ins AS (
    SELECT tenant, coalesce(aad_session_id, session_id) AS session, actor AS account, client_ip AS sign_in_ip, time AS sign_in_time
    FROM events
    WHERE log_class IN ('signin.interactive', 'signin.noninteractive', 'ual.sts') AND result = 'success'
      AND coalesce(aad_session_id, session_id) IS NOT NULL AND client_ip IS NOT NULL AND time IS NOT NULL
),
access AS (
    SELECT id, time, tenant, mailbox, operation, client_ip, coalesce(aad_session_id, session_id) AS session
    FROM events
    WHERE log_class IN ('ual.mia.bind', 'ual.mia.sync', 'graph.calls') AND time IS NOT NULL AND client_ip IS NOT NULL
      AND coalesce(aad_session_id, session_id) IS NOT NULL
      -- What comes from the provider's machines says nothing about the client.
      AND coalesce(ip_class, 'public') <> 'provider' AND coalesce(client_protocol, '') NOT IN ('rest', 'outlookservice')
),
joined AS (
    SELECT
        access.*, sign_ins.account, sign_ins.sign_in_ip,
        row_number() OVER (PARTITION BY access.tenant, access.id ORDER BY sign_ins.sign_in_time DESC, sign_ins.sign_in_ip) AS nth
    FROM sign_ins
    JOIN access ON access.tenant = sign_ins.tenant AND access.session = sign_ins.session
    WHERE access.client_ip <> sign_ins.sign_in_ip
      AND access.time >= sign_ins.sign_in_time AND access.time <= sign_ins.sign_in_time + INTERVAL '1 hour'
)
SELECT id, time, tenant, mailbox, account, operation, client_ip, session, session AS session_id, sign_in_ip
FROM joined
WHERE nth = 1

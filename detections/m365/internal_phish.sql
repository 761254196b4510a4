/*---
id = "m365.internal_phish"
version = 1
title = "Mail sent in a session that changed hands or that hid its tracks"
why = "Mail from a colleague is believed: whoever has the mailbox asks for payments, sends lures on, and sees to it that the owner does not notice the answers."
category = "internal_phish"
attack = ["T1534", "T1566"]
severity = "medium"
confidence = "low"
needs = ["ual.item"]
group_by = ["mailbox", "session_id"]
window = "1d"
primary = "is_sent"
verdict = "possible access"
verdict_reason = "the session that sent the mail could open the mailbox"
explanation = "In session {session_id} {messages} messages left {mailbox} between {first_time} and {last_time}[: {subject*}]. {sign*}. {records}."
shows = ["operation", "mailbox", "session_id", "subject", "client_ip", "user_agent", "sign"]
looked_for = ["one session of a browser that is seen with two programs", "an inbox rule in the session that hides or sends on mail and has no readable name or looks for words about security or money", "a mail flow rule made in the session"]
cannot_exclude = ["mail sent in sessions whose records carry no id", "what the messages said"]
false_positives = ["a browser that changes how it names itself within a session", "somebody who tidies up and writes mail in one go"]
references = ["https://attack.mitre.org/techniques/T1534/"]
---*/
WITH named AS (
    -- One row for each session and name of a program, as the records have it: far fewer than records.
    SELECT
        tenant, session_id, actor, user_agent, min(time) AS first_time,
        max(CASE WHEN operation IN ('Send', 'SendAs', 'SendOnBehalf') THEN 1 ELSE 0 END) AS has_sent,
        max(CASE WHEN log_class IN ('ual.item', 'ual.exchange_admin') AND regexp_like(operation, '^(new|set)-(transport|journal)rule', 'i') THEN 1 ELSE 0 END) AS flow_rule,
        max(CASE WHEN log_class IN ('ual.item', 'ual.exchange_admin') AND regexp_like(operation, '^(new|set|enable)-inboxrule|^updateinboxrules', 'i')
                  AND (NOT regexp_like(trim(coalesce(property(properties, 'Name'), property(properties, 'RuleName'), 'named')), '[\p{L}\p{N}].*[\p{L}\p{N}]')
                       OR regexp_like(concat_ws('; ', property(properties, 'SubjectContainsWords'), property(properties, 'SubjectOrBodyContainsWords'),
                            property(properties, 'BodyContainsWords'), property(properties, 'RuleCondition')),
                            'phish|hack|virus|malware|fraud|scam|suspicio|password|credential|compromis|mfa|helpdesk|invoice|payment|wire|payroll|bank|iban', 'i'))
                  AND (lower(property(properties, 'DeleteMessage')) = 'true' OR property(properties, 'MoveToFolder') IS NOT NULL
                       OR property(properties, 'ForwardTo') IS NOT NULL OR property(properties, 'RedirectTo') IS NOT NULL
                       OR property(properties, 'ForwardAsAttachmentTo') IS NOT NULL OR regexp_like(property(properties, 'RuleActions'), 'delete|move|forward|redirect', 'i'))
            THEN 1 ELSE 0 END) AS hiding_rule
    FROM events
    WHERE log_class IN ('ual.mia.bind', 'ual.mia.sync', 'ual.item', 'ual.exchange_admin')
      AND session_id IS NOT NULL AND session_id NOT LIKE '00000000-%' AND actor IS NOT NULL AND coalesce(result, 'success') <> 'failure'
    GROUP BY tenant, session_id, actor, user_agent
),
agents AS (
    SELECT tenant, session_id, actor, CASE WHEN user_agent LIKE 'Mozilla/%' THEN regexp_replace(program(user_agent), '[+].*$', '') END AS program, min(first_time) AS first_time,
        max(has_sent) AS has_sent, max(flow_rule) AS flow_rule, max(hiding_rule) AS hiding_rule
    FROM named
    GROUP BY tenant, session_id, actor, CASE WHEN user_agent LIKE 'Mozilla/%' THEN regexp_replace(program(user_agent), '[+].*$', '') END
),
sessions AS (
    -- A session's cookie does not move from one program to another by itself: the program that came last is the stranger.
    SELECT
        tenant, session_id, actor, count(program) AS programs, max(has_sent) AS has_sent, max(flow_rule) AS flow_rule, max(hiding_rule) AS hiding_rule,
        max(CASE WHEN program IS NOT NULL THEN first_time END) AS stranger_since
    FROM agents
    GROUP BY tenant, session_id, actor
),
odd AS (
    SELECT
        sessions.*,
        programs >= 2 AS two_programs, agents.program AS stranger,
        concat_ws('; ',
            CASE WHEN programs >= 2 THEN 'The session was seen with two programs, as when its cookie was taken to another machine' END,
            CASE WHEN sessions.hiding_rule = 1 THEN 'In the session an inbox rule was made that hides or sends on mail' END,
            CASE WHEN sessions.flow_rule = 1 THEN 'In the session a rule of the mail flow was made' END) AS sign
    FROM sessions
    LEFT JOIN agents ON agents.tenant = sessions.tenant AND agents.session_id = sessions.session_id AND agents.actor = sessions.actor
        AND sessions.programs >= 2 AND agents.first_time = sessions.stranger_since AND agents.program IS NOT NULL
    WHERE sessions.has_sent = 1 AND (programs >= 2 OR sessions.hiding_rule = 1 OR sessions.flow_rule = 1)
),
acts AS (
    SELECT
        events.id, events.time, events.tenant, events.operation, coalesce(events.mailbox, events.actor) AS mailbox, events.actor, events.session_id, events.client_ip, events.user_agent, odd.sign, odd.two_programs,
        odd.hiding_rule, array_element(events.items, 1) AS item, events.log_class = 'ual.item' AND events.operation IN ('Send', 'SendAs', 'SendOnBehalf') AS is_sent
    FROM odd
    JOIN events ON events.tenant = odd.tenant AND events.session_id = odd.session_id AND events.actor = odd.actor
    WHERE events.log_class = 'ual.item' AND events.operation IN ('Send', 'SendAs', 'SendOnBehalf')
            -- What the owner sends in the same session is the owner's.
            AND (odd.hiding_rule = 1 OR odd.flow_rule = 1 OR regexp_replace(program(events.user_agent), '[+].*$', '') = odd.stranger)
       OR events.log_class = 'ual.exchange_admin' AND regexp_like(events.operation, '^(new|set|enable)-(inbox|transport|journal)rule', 'i')
       OR events.log_class = 'ual.item' AND lower(events.operation) = 'updateinboxrules'
),
counted AS (
    SELECT acts.*, sum(CASE WHEN is_sent THEN 1 ELSE 0 END) OVER (PARTITION BY tenant, session_id, actor) AS sent FROM acts
)
SELECT
    id, time, tenant, operation, mailbox, actor, session_id, client_ip, user_agent, sign, is_sent,
    get_field(item, 'subject') AS subject,
    CAST(sent AS VARCHAR) AS messages,
    CASE WHEN two_programs OR hiding_rule = 1 THEN 'medium' ELSE 'low' END AS severity
FROM counted
WHERE sent > 0

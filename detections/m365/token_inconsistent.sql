/*---
id = "m365.token_inconsistent"
version = 1
title = "Mail accessed with a token whose sign-in says otherwise"
why = "A forger who copies the id of a real token has an id that looks right, and a sign-in behind it that tells of another account, time or application."
category = "token_inconsistent"
attack = ["T1606", "T1550.001", "T1528"]
severity = "high"
confidence = "high"
needs = ["signin.interactive", "signin.noninteractive", "signin.service_principal"]
group_by = ["context"]
window = "7d"
primary = "severity <> 'low'"
verdict = "recorded access"
verdict_reason = ""
explanation = "{records} of access to {mailbox*} carry token ids of sign-ins that disagree with them: {difference*}. The first record, at {time}, is access by {actor} from {client_ip} with {client}[ ({user_agent})] and a token {uti} that says it was issued at {token_issued_at}; the sign-in of that id was by {signin_account} at {signin_time} from {signin_ip} with application {signin_app}."
shows = ["mailbox", "actor", "uti", "token_issued_at", "signin_account", "signin_time", "signin_ip", "signin_app", "difference", "client_ip", "user_agent", "app_id"]
looked_for = ["the account of the token and of the sign-in", "the time of issue and of the sign-in, at most five minutes apart", "use before the sign-in or more than 28 hours after it", "where one of these differs also the application and the tenant"]
cannot_exclude = ["a forged token that copies every claim of a real one and is used in its lifetime", "a real token that was stolen and is used as it was issued"]
false_positives = ["a middle tier that acts for the account with the client's token id", "an account that was deleted and restored with another object id"]
references = ["https://learn.microsoft.com/en-us/entra/identity/authentication/how-to-authentication-track-linkable-identifiers", "https://attack.mitre.org/techniques/T1550/001/"]
---*/
WITH uses AS (
    -- The side that the engine keeps in memory: beginnings of ids, which are enough to find what may disagree.
    SELECT
        lower(substr(uti, 1, 12)) AS token, lower(substr(token_object_id, 1, 12)) AS object,
        token_issued_at AS issued, time
    FROM events
    WHERE log_class IN ('ual.mia.bind', 'ual.mia.sync') AND uti IS NOT NULL AND time IS NOT NULL
      AND coalesce(user_type, 0) NOT IN (9, 10)
      -- Tokens from the future have a detection of their own.
      AND coalesce(token_issued_at, time) <= time + INTERVAL '5 minutes'
),
issues AS (
    SELECT
        lower(substr(coalesce(uti, id), 1, 12)) AS token, lower(substr(actor_id, 1, 12)) AS object, time
    FROM events
    WHERE log_class IN ('signin.interactive', 'signin.noninteractive', 'signin.service_principal', 'signin.managed_identity',
                        'signin.ms_service_principal', 'signin.adfs')
      AND time IS NOT NULL
),
suspects AS (
    SELECT DISTINCT uses.token
    FROM uses
    JOIN issues ON issues.token = uses.token
    WHERE coalesce(uses.object <> issues.object, true)
       OR uses.issued < issues.time - INTERVAL '5 minutes' OR uses.issued > issues.time + INTERVAL '5 minutes'
       OR uses.time > issues.time + INTERVAL '28 hours 30 minutes' OR uses.time < issues.time - INTERVAL '5 minutes'
),
-- From here on the rows are few, and whole.
mail AS (
    SELECT
        events.id, events.time, events.tenant, events.mailbox, events.actor, events.uti, events.token_issued_at, events.client_ip, events.user_agent, events.client_protocol AS client,
        events.session_id, lower(events.token_object_id) AS object_id, coalesce(events.ctx_client_app_id, events.client_app_id) AS app_id
    FROM suspects
    JOIN events ON lower(substr(events.uti, 1, 12)) = suspects.token
    WHERE events.log_class IN ('ual.mia.bind', 'ual.mia.sync') AND events.uti IS NOT NULL AND events.time IS NOT NULL
      AND coalesce(events.user_type, 0) NOT IN (9, 10)
      AND coalesce(events.token_issued_at, events.time) <= events.time + INTERVAL '5 minutes'
),
signins AS (
    SELECT
        coalesce(uti, id) AS uti, tenant, time, lower(actor_id) AS actor_id, actor, app_id, resource_id, client_ip,
        log_class IN ('signin.interactive', 'signin.noninteractive', 'signin.adfs') AS by_person
    FROM events
    WHERE log_class IN ('signin.interactive', 'signin.noninteractive', 'signin.service_principal', 'signin.managed_identity',
                        'signin.ms_service_principal', 'signin.adfs')
      AND time IS NOT NULL
),
pairs AS (
    SELECT
        mail.*,
        signins.actor AS signin_account, signins.time AS signin_time, signins.client_ip AS signin_ip, signins.app_id AS signin_app,
        -- Object ids where both records have one, addresses where only they can be compared.
        coalesce(CASE
            WHEN mail.object_id IS NOT NULL AND signins.actor_id IS NOT NULL THEN mail.object_id <> signins.actor_id
            WHEN signins.by_person THEN mail.actor <> signins.actor
        END, false) AS other_account,
        coalesce(mail.token_issued_at < signins.time - INTERVAL '5 minutes' OR mail.token_issued_at > signins.time + INTERVAL '5 minutes', false) AS other_time,
        mail.time > signins.time + INTERVAL '28 hours 30 minutes' AS too_late,
        mail.time < signins.time - INTERVAL '5 minutes' AS too_early,
        coalesce(mail.app_id <> signins.app_id AND mail.app_id <> coalesce(signins.resource_id, ''), false) AS other_app,
        signins.tenant <> mail.tenant AS other_tenant
    FROM mail
    JOIN signins ON signins.uti = mail.uti
),
-- Which applications pass each other's tokens on: what many tokens do is how they work.
weighed AS (
    SELECT pairs.*, count(*) OVER (PARTITION BY tenant, app_id, signin_app, other_account, other_time, too_late, too_early) AS alike
    FROM pairs
    -- Another application alone is a middle tier at work; beside another difference it is worth telling.
    WHERE other_account OR other_time OR too_late OR too_early
)
SELECT
    id, time, tenant, mailbox, actor, uti, token_issued_at, client_ip, user_agent, client, session_id, app_id, signin_account, signin_time, signin_ip, signin_app,
    concat(coalesce(user_agent, client, ''), ' ', coalesce(client_ip, '')) AS context,
    concat_ws(', ',
        CASE WHEN other_account THEN 'another account' END,
        CASE WHEN other_tenant THEN 'another tenant' END,
        CASE WHEN other_time THEN 'another time of issue' END,
        CASE WHEN too_late THEN 'use long after it ran out' END,
        CASE WHEN too_early THEN 'use before the sign-in' END,
        CASE WHEN other_app THEN 'another application' END) AS difference,
    CASE
        WHEN (CAST(other_account AS INT) + CAST(other_time AS INT) + CAST(too_late OR too_early AS INT)) >= 2 THEN 'high'
        -- One difference that many records share is a middle tier or a clock.
        WHEN alike >= 50 THEN 'low'
        WHEN too_late THEN 'high'
        ELSE 'medium'
    END AS severity,
    CASE
        WHEN (CAST(other_account AS INT) + CAST(other_time AS INT) + CAST(too_late OR too_early AS INT)) >= 2 THEN 'high'
        WHEN other_account OR other_time OR too_late THEN 'medium'
        ELSE 'low'
    END AS confidence
FROM weighed

SELECT
    tenant, id, time, log_class, operation, result,
    lower(actor) AS actor, lower(mailbox) AS mailbox, mailbox_id,
    -- An address of the provider's own services says nothing of who is behind it.
    CASE WHEN coalesce(ip_class, 'public') = 'public' THEN client_ip END AS address,
    nullif(session_id, '') AS session, nullif(aad_session_id, '') AS aad_session, nullif(uti, '') AS token,
    coalesce(ctx_client_app_id, client_app_id, app_id) AS app, client_protocol AS protocol, access_kind, folder_id,
    lower(auth_protocol) = 'devicecode' AS by_code
FROM events
WHERE time IS NOT NULL AND time <= :now AND log_class NOT LIKE 'config.%' AND log_class NOT LIKE 'inventory.%' AND log_class <> 'trace'

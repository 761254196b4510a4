-- Sign-ins that ended with a wrong, expired or locked password, or for an account that is not there or is disabled. Hardly any
-- sign-in does, and whoever looks for guessing looks at these first.
SELECT
    tenant, actor AS account, client_ip, asn, user_agent, coalesce(app_id, '') AS app_id, time,
    error_code IN ('50034', '50057') OR coalesce(reason, '') LIKE 'UserAccountNotFound%' OR coalesce(reason, '') LIKE 'UserDisabled%' AS of_nobody
FROM (
    SELECT tenant, actor, client_ip, asn, user_agent, app_id, time, coalesce(error_code, '') AS error_code,
        coalesce(property(properties, 'LogonError'), error_code) AS reason
    FROM events
    -- Most sign-ins are granted: those are left out before anything else is asked of a record.
    WHERE log_class IN ('ual.sts', 'signin.interactive', 'signin.noninteractive', 'signin.adfs') AND coalesce(result, '') <> 'success'
      AND time IS NOT NULL AND actor IS NOT NULL AND client_ip IS NOT NULL
      AND operation IN ('UserLoggedIn', 'UserLoginFailed', 'Sign-in activity')
) AS failed
WHERE error_code IN ('50126', '50053', '50055', '50056', '50034', '50057')
   OR regexp_like(coalesce(reason, ''), '^(InvalidUserNameOrPassword|IdsLocked|InvalidPassword|UserAccountNotFound|UserDisabled)')
ORDER BY tenant, time, account, client_ip, asn, user_agent, app_id

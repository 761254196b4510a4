-- Refusals after which the account was not let in from the same address within the hour. Whoever mistypes gets in soon after: an
-- office has many such people every day.
SELECT refusals.*
FROM refusals
LEFT ANTI JOIN (
    SELECT tenant, actor AS account, client_ip, time
    FROM events
    WHERE log_class IN ('ual.sts', 'signin.interactive', 'signin.noninteractive', 'signin.adfs') AND result = 'success'
      AND time IS NOT NULL AND actor IS NOT NULL AND client_ip IS NOT NULL
      AND operation IN ('UserLoggedIn', 'UserLoginFailed', 'Sign-in activity')
) AS granted ON granted.tenant = refusals.tenant AND granted.client_ip = refusals.client_ip AND granted.account = refusals.account
    AND granted.time BETWEEN refusals.time AND refusals.time + INTERVAL '60 minutes'
ORDER BY tenant, time, account, client_ip, asn, user_agent, app_id

-- The organisation's own domains, as far as its records show them: those of its mailboxes and of the people who act
-- in its tenant. Public mail providers are nobody's own, whoever was invited as a guest.
SELECT tenant, array_agg(domain ORDER BY domain) AS domains
FROM (
    SELECT DISTINCT tenant, domain
    FROM (
        SELECT tenant, domain_of(mailbox) AS domain
        FROM (SELECT DISTINCT tenant, mailbox FROM activity WHERE NOT of_day AND mailbox IS NOT NULL) AS mailboxes
        UNION ALL
        SELECT tenant, domain_of(actor) AS domain
        FROM (
            SELECT DISTINCT tenant, actor
            FROM events
            WHERE log_class IN ('ual.exchange_admin', 'ual.item', 'ual.directory') AND actor_kind IN ('user', 'admin')
        ) AS actors
    ) AS seen
    WHERE domain IS NOT NULL
      AND domain NOT IN ('gmail.com', 'googlemail.com', 'outlook.com', 'hotmail.com', 'live.com', 'msn.com', 'yahoo.com', 'ymail.com',
                         'icloud.com', 'me.com', 'aol.com', 'gmx.com', 'gmx.net', 'gmx.de', 'web.de', 'mail.com', 'mail.ru', 'yandex.ru',
                         'yandex.com', 'proton.me', 'protonmail.com', 'pm.me', 'tutanota.com', 'tuta.io', 'zoho.com', 'qq.com', '163.com',
                         '126.com', 'naver.com')
) AS named
GROUP BY tenant
ORDER BY tenant

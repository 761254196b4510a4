-- Rank 0: a record of the intruder names the message. 1: one that nobody can be given. 2 to 4: it arrived while mail could be had in
-- another way. 9: a message trace that only tells what the message is.
SELECT place, message_id, immutable_id, folder, item_id, rank, moment, id, subject, sender, size
FROM (
    SELECT
        place, named['message_id'] AS message_id, named['immutable_id'] AS immutable_id, named['folder'] AS folder, named['id'] AS item_id,
        strength AS rank, moment, id, named['subject'] AS subject, CAST(NULL AS VARCHAR) AS sender, named['size_bytes'] AS size
    FROM (
        SELECT a.place AS place, a.rank AS strength, CAST(e.time AS BIGINT) AS moment, e.id AS id, unnest(e.items) AS named
        FROM opened AS a
        JOIN events AS e ON a.tenant = e.tenant AND a.id = e.id
        WHERE e.log_class IN ('ual.mia.bind', 'ual.item', 'gws.gmail')
    ) AS named
    UNION ALL
    SELECT
        place, named['message_id'] AS message_id, CAST(NULL AS VARCHAR) AS immutable_id, CAST(NULL AS VARCHAR) AS folder, CAST(NULL AS VARCHAR) AS item_id,
        strength AS rank, moment, id, named['subject'] AS subject, sender, named['size_bytes'] AS size
    FROM (
        SELECT
            w.place AS place, CASE WHEN e.time >= w.from_time AND (w.to_time IS NULL OR e.time < w.to_time) THEN w.rank ELSE 9 END AS strength,
            CAST(e.time AS BIGINT) AS moment, e.id AS id, e.actor AS sender, unnest(e.items) AS named
        FROM windows AS w
        JOIN events AS e ON w.tenant = e.tenant AND w.mailbox = lower(e.mailbox)
        -- 11 is Gmail's number for a message that was sent on by itself.
        WHERE e.time <= :now AND (e.log_class = 'trace' OR (e.log_class = 'gws.gmail' AND property(e.properties, 'event_info.mail_event_type') = '11'))
    ) AS arrived
) AS messages
ORDER BY place, message_id, immutable_id, folder, rank, moment, id

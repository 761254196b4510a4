-- How many records of each log class there are by day, and by mailbox: one look at every event instead of one for each question
-- about them. `mailbox` and `mailbox_id` are empty in a row that counts a day, `day` in one that counts a mailbox.
SELECT
    tenant, log_class, grouping(day) = 0 AS of_day, day, mailbox, mailbox_id, count(*) AS records, min(time) AS first_time, max(time) AS last_time
FROM (SELECT tenant, log_class, date_trunc('day', time) AS day, mailbox, mailbox_id, time FROM events) AS placed
GROUP BY GROUPING SETS ((tenant, log_class, day), (tenant, log_class, mailbox, mailbox_id))
ORDER BY tenant, log_class, of_day, day, mailbox, mailbox_id

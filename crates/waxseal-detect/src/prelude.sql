WITH events AS (
    -- What lies after the moment the case looks from is not there yet. A record without a time always is.
    SELECT * FROM events WHERE time IS NULL OR time <= :now
)

#!/usr/bin/env bash
# Prints figures of cases side by side, to compare a made-up world with captures of real tenants.
#   tools/world_statistics.sh CASE...
set -euo pipefail
cd "$(dirname "$0")/.."
waxseal=$PWD/target/release/waxseal
[ -x "$waxseal" ] || cargo build --release --quiet --bin waxseal
[ $# -gt 0 ] || { echo "usage: $0 CASE..." >&2; exit 2; }

query="
WITH e AS (SELECT *, log_class LIKE 'ual.mia%' AS is_access, log_class = 'ual.mia.bind' AS is_bind FROM events),
n AS (
    SELECT count(*) AS events, count(DISTINCT mailbox_id) AS mailboxes, count(DISTINCT date_trunc('day', time)) AS days,
        nullif(sum(CASE WHEN is_access THEN 1 ELSE 0 END), 0) AS access, nullif(sum(CASE WHEN is_bind THEN 1 ELSE 0 END), 0) AS binds,
        nullif(sum(CASE WHEN log_class LIKE 'ual%' THEN 1 ELSE 0 END), 0) AS ual,
        nullif(sum(CASE WHEN log_class = 'ual.sts' THEN 1 ELSE 0 END), 0) AS sts
    FROM e
)
SELECT 10 AS o, 'events' AS figure, CAST(events AS DOUBLE) AS value FROM n
UNION ALL SELECT 11, 'mailboxes with records of their items', CAST(mailboxes AS DOUBLE) FROM n
UNION ALL SELECT 12, 'days with records', CAST(days AS DOUBLE) FROM n
UNION ALL SELECT 13, 'unified audit records a mailbox and day', ual * 1.0 / mailboxes / days FROM n
UNION ALL SELECT 14, 'mail access records a mailbox and day', access * 1.0 / mailboxes / days FROM n
UNION ALL SELECT 20, '% of unified audit: ' || log_class, 100.0 * count(*) / max(ual) FROM e, n WHERE log_class LIKE 'ual%' GROUP BY log_class
UNION ALL SELECT 25, '% of unified audit by the provider itself', 100.0 * count(*) / max(ual) FROM e, n WHERE log_class LIKE 'ual%' AND actor_kind = 'system'
UNION ALL SELECT 30, '% of mail access: sync', 100.0 * count(*) / max(access) FROM e, n WHERE log_class = 'ual.mia.sync'
UNION ALL SELECT 31, '% of mail access: ' || coalesce(client_protocol, 'no client'), 100.0 * count(*) / max(access) FROM e, n WHERE is_access GROUP BY client_protocol
UNION ALL SELECT 32, '% of mail access: provider in the background', 100.0 * count(*) / max(access) FROM e, n WHERE is_access AND client_info LIKE '%RESTSystem%'
UNION ALL SELECT 33, '% of mail access by the owner', 100.0 * count(*) / max(access) FROM e, n WHERE is_access AND logon_type = 'owner'
UNION ALL SELECT 40, '% of mail access with a session', 100.0 * count(session_id) / max(access) FROM e, n WHERE is_access
UNION ALL SELECT 41, '% of mail access with a token id', 100.0 * count(uti) / max(access) FROM e, n WHERE is_access
UNION ALL SELECT 42, '% of mail access with an application', 100.0 * count(app_id) / max(access) FROM e, n WHERE is_access
UNION ALL SELECT 43, '% of mail access with a client application', 100.0 * count(client_app_id) / max(access) FROM e, n WHERE is_access
UNION ALL SELECT 44, '% of mail access that says whether throttled', 100.0 * count(throttled) / max(access) FROM e, n WHERE is_access
UNION ALL SELECT 50, 'messages a bind: mean', avg(CAST(item_count AS DOUBLE)) FROM e WHERE is_bind
UNION ALL SELECT 51, 'messages a bind: median', CAST(median(item_count) AS DOUBLE) FROM e WHERE is_bind
UNION ALL SELECT 52, 'messages a bind: most', CAST(max(item_count) AS DOUBLE) FROM e WHERE is_bind
UNION ALL SELECT 60, '% of audited sign-ins that failed', 100.0 * count(*) / max(sts) FROM e, n WHERE log_class = 'ual.sts' AND result = 'failure'
UNION ALL SELECT 61, 'Entra sign-ins to one audited sign-in', (SELECT count(*) FROM e WHERE log_class LIKE 'signin%') * 1.0 / sts FROM n
UNION ALL SELECT 70, '% of events that came more than once', 100.0 * count(*) / max(n.events) FROM e, n WHERE sightings > 1
ORDER BY 1, 2"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
number=100
for case in "$@"; do
    number=$((number + 1))
    "$waxseal" sql "$query" --case "$case" -t csv --quiet | tail -n +2 >"$folder/$number"
done
awk -F, -v names="$*" '
    FNR == 1 { file++ }
    { gsub(/"/, ""); key = $1 SUBSEP $2; if (!(key in seen)) { seen[key] = 1; order[++count] = $1 "\t" $2 } value[$2, file] = $3 }
    END {
        files = split(names, name, " ")
        printf "%-48s", "figure"; for (i = 1; i <= files; i++) printf " %14s", substr(name[i], length(name[i]) - 13 > 1 ? length(name[i]) - 13 : 1); print ""
        for (i = 1; i <= count; i++) for (j = i + 1; j <= count; j++) if (order[j] < order[i]) { t = order[i]; order[i] = order[j]; order[j] = t }
        for (i = 1; i <= count; i++) {
            split(order[i], part, "\t"); printf "%-48s", part[2]
            for (f = 1; f <= files; f++) { v = value[part[2], f]; printf " %14s", v == "" ? "-" : sprintf(v + 0 >= 1000 ? "%.0f" : "%.2f", v + 0) }
            print ""
        }
    }' "$folder"/*

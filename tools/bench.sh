#!/usr/bin/env bash
# Measures reading and hunting beside plain tools on the same file, a made-up world's logs: medians of five runs.
#   tools/bench.sh [FOLDER]     FOLDER needs 8 GB of free space; default: a temporary one
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --quiet --bin waxseal
waxseal=$PWD/target/release/waxseal
folder=${1:-$(mktemp -d)}

# Median of the seconds, and of the peak memory in MiB, of five runs of a command; what it leaves in the case folder goes away.
measure() {
    for _ in 1 2 3 4 5; do
        rm -rf "$folder/case"
        # Findings are no failure.
        { /usr/bin/time -f '%e %M' "$@" >/dev/null 2>"$folder/err" || true; } && tail -n 1 "$folder/err"
    done | sort -n | awk '{ s[NR] = $1; m[NR] = $2 } END { n = asort_median(m); printf "%.2f %d\n", s[3], n / 1024 }
        function asort_median(a,   i, j, t) { for (i = 1; i <= 5; i++) for (j = i + 1; j <= 5; j++) if (a[j] < a[i]) { t = a[i]; a[i] = a[j]; a[j] = t } return a[3] }'
}

row() { # name, bytes, seconds, MiB, seconds of the yardstick
    awk -v n="$1" -v b="$2" -v s="$3" -v m="$4" -v y="$5" 'BEGIN { printf "%-34s %7.2f s %7.0f MB/s %6d MiB   %5.2f × as long as python json\n", n, s, b / s / 1e6, m, s / y }'
}

python_lines='import sys, json
for line in open(sys.argv[1], "rb"): json.loads(line)'

# The records of the unified audit log alone, as lines of JSON and as Purview's table.
python_table='import csv, json, sys
lines, table = open(sys.argv[2], "w"), csv.writer(open(sys.argv[3], "w", newline=""), quoting=csv.QUOTE_MINIMAL)
table.writerow(["RecordId", "CreationDate", "RecordType", "Operation", "UserId", "AuditData"])
for line in open(sys.argv[1]):
    record = json.loads(line)
    if "RecordType" in record and "CreationTime" in record:
        lines.write(line)
        table.writerow([record["Id"], record["CreationTime"], record["RecordType"], record["Operation"], record.get("UserId"), line.rstrip("\n")])'

for tenants in 4 14; do
    file=$folder/$tenants.jsonl
    rm -rf "$folder/world"
    "$waxseal" simulate "$folder/world" --tenants "$tenants" --mailboxes 50 --days 30 --lines --quiet >"$file"
    bytes=$(stat -c %s "$file")
    size=$(awk -v b="$bytes" 'BEGIN { printf b < 1e9 ? "%.0f MB" : "%.1f GB", b < 1e9 ? b / 1e6 : b / 1e9 }')
    read -r yard mem < <(measure python3 -c "$python_lines" "$file")
    row "$size  python3 json.loads, every line" "$bytes" "$yard" "$mem" "$yard"
    read -r s mem < <(measure sha256sum "$file")
    row "$size  sha256sum" "$bytes" "$s" "$mem" "$yard"
    read -r s mem < <(measure "$waxseal" ingest "$file" --case "$folder/case" --quiet)
    row "$size  waxseal ingest" "$bytes" "$s" "$mem" "$yard"
    read -r s mem < <(measure "$waxseal" hunt "$file" --case "$folder/case" --quiet)
    row "$size  waxseal hunt" "$bytes" "$s" "$mem" "$yard"
    read -r s mem < <(measure sh -c 'rm -rf "$2" && "$0" simulate "$2" --tenants "$1" --mailboxes 50 --days 30 --lines --quiet' "$waxseal" "$tenants" "$folder/world")
    row "$size  waxseal simulate" "$bytes" "$s" "$mem" "$yard"
    if [ "$tenants" -eq 4 ]; then
        python3 -c "$python_table" "$file" "$folder/ual.jsonl" "$folder/ual.csv"
        read -r lines _ < <(measure "$waxseal" ingest "$folder/ual.jsonl" --case "$folder/case" --quiet)
        read -r table _ < <(measure "$waxseal" ingest "$folder/ual.csv" --case "$folder/case" --quiet)
        awk -v lines="$(stat -c %s "$folder/ual.jsonl")" -v l="$lines" -v table="$(stat -c %s "$folder/ual.csv")" -v t="$table" 'BEGIN {
            printf "the same unified audit records: %.0f MB/s as lines, %.0f MB/s as table, ratio %.2f\n", lines / l / 1e6, table / t / 1e6, table / t / (lines / l) }'
        rm -f "$folder/ual.jsonl" "$folder/ual.csv"
    fi
    rm -rf "$file" "$folder/case" "$folder/world" "$folder/err"
done
[ $# -gt 0 ] || rmdir "$folder"

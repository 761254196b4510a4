#!/usr/bin/env bash
# Scores the plain equivalents of public rules in comparison/ beside the bundled detections, on the same made-up worlds.
#   tools/compare_public_rules.sh [--write] [SEED...]     --write puts the tables into docs/comparison.md
# TENANTS, MAILBOXES, DAYS and EACH change the worlds; WAXSEAL names another program. Needs 2 GB of free space and python3.
set -euo pipefail
cd "$(dirname "$0")/.."
waxseal=${WAXSEAL:-$PWD/target/release/waxseal}
[ -x "$waxseal" ] || cargo build --release --quiet --bin waxseal
tenants=${TENANTS:-4} mailboxes=${MAILBOXES:-50} days=${DAYS:-45} each=${EACH:-2}
write=
if [ "${1:-}" = --write ]; then write=docs/comparison.md; shift; fi
[[ ${1:-} != -* ]] || { echo "usage: $0 [--write] [SEED...]" >&2; exit 2; }
[ $# -gt 0 ] || set -- 7160 7161 7162

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Findings are no failure.
scored() { # name of the set, seed, world, case, arguments of detect
    local name=$1 seed=$2 world=$3 case=$4 status=0
    shift 4
    "$waxseal" detect "$@" --case "$case" --coverage "$world/settings/coverage.toml" --quiet >/dev/null || status=$?
    [ "$status" -le 1 ] || { echo "detect ended with $status" >&2; exit "$status"; }
    status=0
    "$waxseal" report --case "$case" --quiet >/dev/null || status=$?
    [ "$status" -le 1 ] || { echo "report ended with $status" >&2; exit "$status"; }
    for floor in low medium; do
        "$waxseal" score "$world" --case "$case" --floor "$floor" -t json --quiet >"$folder/$name.$floor.$seed.json"
    done
}

public=()
for file in comparison/public/*.sql; do
    name=${file##*/}
    public+=("public.${name%.sql}")
done
printf '%s\n' "${public[@]}" >"$folder/public.ids"
"$waxseal" detections list -t csv --quiet >"$folder/own.csv"

for seed in "$@"; do
    world=$folder/world case=$folder/case
    "$waxseal" simulate "$world" --seed "$seed" --tenants "$tenants" --mailboxes "$mailboxes" --days "$days" --each "$each" --quiet
    "$waxseal" ingest "$world/logs" --case "$case" --no-originals --quiet >/dev/null
    scored public "$seed" "$world" "$case" "${public[@]}" --detections comparison
    scored own "$seed" "$world" "$case"
    rm -rf "$world" "$case"
done

# The tables, in one go: counts of all seeds are added, intervals computed anew.
python3 - "$folder" "$tenants tenants of $mailboxes mailboxes, $days days, $each intrusions of each kind, seeds $*" "$write" <<'PYTHON'
import csv, glob, json, math, sys
from collections import Counter

folder, worlds, write = sys.argv[1:]
QUIET = 50  # false findings per 1,000 mailbox-months: the rules that a team would leave switched on
Z = 1.959964

def wilson(n, of):
    if of == 0:
        return "no share"
    p, z2 = n / of, Z * Z
    half = Z * math.sqrt(p * (1 - p) / of + z2 / (4 * of * of))
    low, high = ((p + z2 / (2 * of) + sign * half) / (1 + z2 / of) for sign in (-1, 1))
    return f"{100 * max(low, 0):.1f} to {100 * min(high, 1):.1f}"

def at_most(n, mean):
    """The chance of n or fewer, where so many are expected."""
    return sum(math.exp(i * math.log(mean) - mean - math.lgamma(i + 1)) for i in range(n + 1)) if mean > 0 else 1.0

def mean_where(n, chance):
    """The mean at which n or fewer have this chance."""
    low, high = 0.0, 4 * n + 20
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if at_most(n, middle) > chance else (low, middle)
    return low

def garwood(n, months):
    low = mean_where(n - 1, 0.975) if n else 0.0
    return f"{low * 1000 / months:,.1f} to {mean_where(n, 0.025) * 1000 / months:,.1f}"

def table(headings, rows):
    rows = [headings] + rows
    widths = [max(len(row[i]) for row in rows) for i in range(len(headings))]
    lines = ["  ".join(cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths))).rstrip() for row in rows]
    return [lines[0], "  ".join("-" * w for w in widths)] + lines[1:]

def scores(name, floor):
    return [json.load(open(path)) for path in sorted(glob.glob(f"{folder}/{name}.{floor}.*.json"))]

both = {(name, floor): scores(name, floor) for name in ("public", "own") for floor in ("low", "medium")}
first = both["own", "low"]
months = sum(score["world"]["mailbox_months"] for score in first)
findable = [(seed, i["id"], i["kind"]) for seed, score in enumerate(first) for i in score["intrusions"] if i["findable"]]
forged = {x for x in findable if x[2].startswith("forged_")}

def by_rule(name, floor):
    """What each detection found, with seed, intrusion and kind."""
    found = {}
    for seed, score in enumerate(both[name, floor]):
        for i in score["intrusions"]:
            if i["findable"] and i["found"]:
                for rule in i["detections"]:
                    found.setdefault(rule, set()).add((seed, i["id"], i["kind"]))
    return found

found = {key: by_rule(*key) for key in both}
false, told = Counter(), Counter()
for name in ("public", "own"):
    for score in both[name, "medium"]:
        for d in score["detections"]:
            false[d["detection"]] += d["false_findings"]["n"]
            told[d["detection"]] += d["findings"]

def row(title, name, rules):
    medium, low = (set().union(*(found[name, floor].get(rule, set()) for rule in rules)) for floor in ("medium", "low"))
    n = sum(false[rule] for rule in rules)
    return [title, f"{len(medium)} of {len(findable)}", wilson(len(medium), len(findable)), str(len(low)), f"{len(medium & forged)} of {len(forged)}",
            f"{n * 1000 / months:,.1f}", garwood(n, months)]

public = open(f"{folder}/public.ids").read().split()
own = sorted(line["id"] for line in csv.DictReader(open(f"{folder}/own.csv")))
quiet = [rule for rule in public if false[rule] * 1000 / months <= QUIET]

out = [f"Worlds: {worlds}.", f"{len(findable)} findable intrusions, {len(forged)} of them with forged tokens; {months:,.0f} mailbox-months.", ""]
out += table(["Rule or set", "Found", "Interval, %", "Low too", "Forged", "False per 1,000", "Interval"],
             [row(rule, "public", [rule]) for rule in public]
             + [row("all public equivalents", "public", public), row(f"those with at most {QUIET} false", "public", quiet), row("Waxseal's own set", "own", own)])
kinds = sorted({kind for _, _, kind in findable}, key=lambda kind: (not kind.startswith("forged_"), kind))
everything = {key: set().union(*found[key].values()) if found[key] else set() for key in both}
everything["quiet", "medium"] = set().union(*(found["public", "medium"].get(rule, set()) for rule in quiet))

def count(key, kind):
    return str(sum(1 for x in everything[key] if x[2] == kind))

out += ["", ""] + table(["Kind of intrusion", "Findable", "Public", "Public, quiet", "Waxseal", "Public, low too", "Waxseal, low too"],
    [[kind, str(sum(1 for x in findable if x[2] == kind))] + [count(key, kind) for key in (("public", "medium"), ("quiet", "medium"), ("own", "medium"), ("public", "low"), ("own", "low"))]
     for kind in kinds])

def alone(floor, rule):
    others = set().union(*(hits for other, hits in found["own", floor].items() if other != rule))
    return len(found["own", floor].get(rule, set()) - others)

out += ["", ""] + table(["Waxseal's detection", "Findings", "Found", "Low too", "Lost without it", "Lost, low too", "False", "False per 1,000"],
    [[rule, str(told[rule]), str(len(found["own", "medium"].get(rule, ()))), str(len(found["own", "low"].get(rule, ()))), str(alone("medium", rule)), str(alone("low", rule)),
      str(false[rule]), f"{false[rule] * 1000 / months:,.1f}"] for rule in own])

text = "\n".join(out)
print(text)
if write:
    begin, end = "<!-- tables: begin -->\n", "<!-- tables: end -->"
    page = open(write, encoding="utf-8").read()
    before, rest = page.split(begin)
    after = rest.split(end)[1]
    open(write, "w", encoding="utf-8").write(f"{before}{begin}```\n{text}\n```\n{end}{after}")
PYTHON

#!/usr/bin/env bash
# Measures what it takes to work out and write down which messages an intrusion reached, where they are very many: an application that
# somebody consented to names MESSAGES messages (default: ten million) in its records of access.
#   tools/bench_scope.sh [MESSAGES [FOLDER]]    needs some 4 GB for ten million; FOLDER defaults to a temporary one
# Prints the seconds of the scope, what the whole detect run took beside `sort` over the same messages, and the peak memory.
set -euo pipefail
cd "$(dirname "$0")/.."
messages=${1:-10000000}
folder=${2:-$(mktemp -d)}
cargo build --release --quiet --bin waxseal
waxseal=$PWD/target/release/waxseal

# A consent, and records of access of a hundred messages each, in forty mailboxes over ten days.
records='import datetime, json, sys
count, tenant = int(sys.argv[1]), "6f1c2a3b-0000-4000-8000-00000000000a"
start = datetime.datetime(2026, 1, 12, 6)
def record(number, operation, workload, kind, user, time, **more):
    return {"Id": "00000000-0000-4000-8000-%012x" % number, "CreationTime": time.strftime("%Y-%m-%dT%H:%M:%S"), "Operation": operation, "OrganizationId": tenant,
            "RecordType": kind, "UserType": 0, "Version": 1, "Workload": workload, "UserId": user, "ResultStatus": "Succeeded", **more}
app = "7d0c2f6e-0000-4000-8000-00000000000b"
put = lambda record: sys.stdout.write(json.dumps(record, separators=(",", ":")) + "\n")
for day in range(30):
    for person in range(40):
        time = start + datetime.timedelta(days=day - 31, minutes=person)
        put(record(day * 100 + person, "MailItemsAccessed", "Exchange", 50, "p%d@contoso.example" % person, time, MailboxOwnerUPN="p%d@contoso.example" % person,
            MailboxGuid="00000000-0000-4000-9000-%012d" % person, ClientIPAddress="192.0.2.10", ClientInfoString="Client=OWA;Action=ViaProxy", LogonType=0, InternalLogonType=0,
            OperationProperties=[{"Name": "MailAccessType", "Value": "Bind"}, {"Name": "IsThrottled", "Value": "False"}],
            Folders=[{"Path": "\\Inbox", "FolderItems": [{"InternetMessageId": "<o%d.%d@contoso.example>" % (day, person), "SizeInBytes": 900}]}], OperationCount=1))
scopes = [{"Name": "ConsentContext.IsAdminConsent", "NewValue": "True", "OldValue": ""},
          {"Name": "ConsentAction.Permissions", "NewValue": "[] => [[Id: a, ClientId: b, PrincipalId: , ResourceId: c, ConsentType: AllPrincipals, Scope: Mail.Read offline_access]];", "OldValue": ""}]
put(record(9000, "Consent to application.", "AzureActiveDirectory", 8, "p0@contoso.example", start, ObjectId=app, ModifiedProperties=scopes,
    Target=[{"ID": "ServicePrincipal_" + app, "Type": 2}, {"ID": app, "Type": 4}], Actor=[{"ID": "p0@contoso.example", "Type": 5}], ActorIpAddress="198.51.100.7"))
for number in range(count // 100):
    time, person = start + datetime.timedelta(minutes=5, seconds=number * 864000 // max(count // 100, 1)), "p%d@contoso.example" % (number % 40)
    items = [{"InternetMessageId": "<%d.%d@mail.example>" % (number, item), "SizeInBytes": 2048 + item, "ImmutableId": "LgAAAA%010d%03d" % (number, item)} for item in range(100)]
    put(record(10000 + number, "MailItemsAccessed", "Exchange", 50, person, time, MailboxOwnerUPN=person, MailboxGuid="00000000-0000-4000-9000-%012d" % (number % 40),
        ClientIPAddress="198.51.100.7", ClientInfoString="Client=REST;Client=RESTSystem;;", LogonType=0, InternalLogonType=0, ClientAppId=app, AppId=app, AppAccessContext={"ClientAppId": app},
        OperationProperties=[{"Name": "MailAccessType", "Value": "Bind"}, {"Name": "IsThrottled", "Value": "False"}], Folders=[{"Path": "\\Inbox", "FolderItems": items}], OperationCount=100))'

rm -rf "$folder/case"
python3 -c "$records" "$messages" | "$waxseal" ingest - --case "$folder/case" --memory 1GiB --quiet >"$folder/ingest.txt" || true
# Findings are no failure.
/usr/bin/time -f '%e %M' -o "$folder/time" "$waxseal" detect --case "$folder/case" --memory 1GiB --costs >"$folder/detect.txt" 2>"$folder/err" || true
read -r seconds peak < <(tail -n 1 "$folder/time")
scope=$(awk '/scope of incidents/ { print $2 }' "$folder/err")
messages_csv=$(find "$folder/case/runs" -name messages.csv | head -n 1)
rows=$(($(wc -l <"$messages_csv") - 1))
sorted=$( { /usr/bin/time -f %e sort -S 300M -o "$folder/sorted.csv" "$messages_csv"; } 2>&1 )
awk -v n="$rows" -v s="$scope" -v d="$seconds" -v p="$peak" -v y="$sorted" 'BEGIN {
    printf "%d messages written as CSV and Parquet: scope %.1f s, whole detect run %.1f s, peak %d MiB; `sort` of the CSV alone %.1f s, ratio %.1f\n", n, s, d, p / 1024, y, s / y }'
rm -rf "$folder/sorted.csv" "$folder/case" "$folder/ingest.txt" "$folder/detect.txt" "$folder/err" "$folder/time"
[ $# -gt 1 ] || rmdir "$folder"

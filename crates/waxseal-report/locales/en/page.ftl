# Headings, labels and columns of the page and the summary.

report-title = Waxseal report: { $case }
report-maker = Waxseal report
as-of = As of { $time }
footer = Waxseal { $version }
footer-as-of = as of { $time }

section-answer = The answer
section-contents = Contents
section-severities = Findings by severity
section-numbers = How far it reaches
section-facts = The facts in short
section-gaps = Not assessable
section-incidents = Incidents
section-campaigns = Campaigns
section-containment = Containment
section-hand-over = For the provider
section-mailboxes = Other mailboxes
section-findings = Findings
section-files = Files
section-tenants = Tenants
section-coverage = Coverage
section-method = Method and limits

lede-gaps = What could not be read or run, and what would change that.
lede-gaps-none = Everything given was read, and every detection ran whose logs are among it. How far the logs themselves reach stands under Coverage.
lede-incidents = Findings that seem to be one intrusion each. What is told here rests on the findings below.
lede-incidents-none = No incident was put together from the findings. This is a statement about the records that were read, and about nothing else.
lede-incidents-missing = Whether findings belong to one intrusion was not worked out.
lede-campaigns = Incidents of several tenants that share something rare.
lede-containment = What can be done, evidence first. Nothing is executed: these are proposals, which a person approves and carries out. The last line of each step says how the logs will confirm it.
lede-containment-none = No containment step was worked out for this incident.
lede-hand-over = What only the provider can look up: records with their identifiers, as the logs spell them, and what to ask.
lede-mailboxes = The strongest word that holds for every mailbox that no incident reaches, and how complete the logs of access to its messages are.
lede-mailboxes-missing = What can be said of mailboxes that no incident reaches was not worked out.
lede-findings = The gravest first. Each points to records that somebody should look at.
lede-files = Every record is in one of these counts. Times are UTC.
lede-files-none = No file was read.
lede-tenants-none = No record names a tenant.
lede-coverage = How complete the logs are, day by day. What a log does not show counts only where it is full.

label-why = Why
label-entry = Way in
label-entry-evidence = Findings that show it
label-story = What happened
label-timeline = Timeline
label-mailboxes = Mailboxes
label-exposures = More may have been accessed
label-dwell = How long
label-going-on = Going on
label-other-acts = Other acts
label-related = Look at together with
label-tenant = Tenant
label-incident = Incident
label-questions = What to ask the provider
label-records = Records
label-high-value = high value
label-confirmed = confirmed
label-when = When
label-access = Access to mail
label-weight = Weight
label-finding = Finding
label-findings = Findings
label-why-it-matters = Why it matters
label-never-exported = Never exported: { $classes }.

names-accounts = Accounts
names-mailboxes = Mailboxes
names-applications = Applications
names-addresses = Addresses
names-sessions = Sessions
names-tenant = Tenant
names-records = Records

finding-weight = confidence { $confidence }, log coverage { $coverage }
finding-looked-for = Also looked for
finding-cannot-exclude = Cannot be excluded
finding-ordinary-causes = Ordinary causes
findings-more = { $n ->
    [one] 1 more finding
   *[other] { $n } more findings
  } of this kind in findings.jsonl.

column-mailbox = Mailbox
column-word = Access
column-messages = Messages
column-class = Why
column-span = When
column-looked-at = Looked at
column-days = Days
column-reasons = Not full because
column-times = Times
column-record = Record
column-who = Who and where
column-token = Token and origin
column-file = File
column-format = Format
column-records = Records
column-duplicates = Duplicates
column-truncated = Truncated
column-rejected = Rejected
column-first = First
column-last = Last
column-from = From
column-to = To
column-tenant = Tenant
column-events = Events
column-told-by = Told by
column-domains = Domains
column-log-class = Log class
column-shared = Shared
column-first-seen = First seen
column-last-seen = Last seen
column-incidents = Incidents

bars-legend-lower = named by records of the intruder
bars-legend-upper = may have been accessed
bars-legend-open = no upper number exists

files-more = { $n ->
    [one] 1 more file
   *[other] { $n } more files
  }, read whole: see run.json.
files-more-any = { $n ->
    [one] 1 more file
   *[other] { $n } more files
  }: see run.json.
tenants-more = { $n ->
    [one] 1 more tenant
   *[other] { $n } more tenants
  }: see run.json.
coverage-tenants-more = { $n ->
    [one] 1 more tenant
   *[other] { $n } more tenants
  }: see coverage.json.
gaps-more = { $n ->
    [one] 1 more of these
   *[other] { $n } more of these
  }: see hunt.json.
see-page = and { $n ->
    [one] 1 more
   *[other] { $n } more
  }: see report.html.

### Headings of the summary

summary-incidents = INCIDENTS
summary-incidents-beside = findings that seem to be one intrusion each
summary-gaps = NOT ASSESSABLE
summary-gaps-beside = what could not be read or run, and what would change that
summary-containment = CONTAINMENT
summary-containment-beside = proposals, evidence first; nothing is executed
summary-mailboxes = OTHER MAILBOXES
summary-files = FILES
summary-files-beside = times in UTC
summary-tenants = TENANTS
summary-method = METHOD AND LIMITS
summary-severity = { $severity ->
    [critical] CRITICAL
    [high] HIGH
    [medium] MEDIUM
    [low] LOW
   *[other] INFO
  }

### The summary in short

short-incidents-beside = of medium severity or above, the gravest first
short-incidents-more = And { $n ->
    [one] 1 more incident
   *[other] { $n } more incidents
  } of medium severity or above: see report.html, or `waxseal show ID` with an id of incidents.json.
short-incidents-below = { $n ->
    [one] 1 incident
   *[other] { $n } incidents
  } below medium severity: see report.html.
short-campaigns-more = And { $n ->
    [one] 1 more campaign
   *[other] { $n } more campaigns
  }: see report.html.
short-mailboxes-more = and { $n ->
    [one] 1 more
   *[other] { $n } more
  }: see report.html, or `waxseal show` with the id of the incident
short-plans = { $n ->
    [one] 1 incident has a containment plan
   *[other] { $n } incidents have a containment plan each
  }: see Containment in report.html.
short-findings = FINDINGS
short-findings-beside = of medium severity or above, by kind
short-findings-kind = { $title } ({ $n })
short-findings-more = And { $n ->
    [one] 1 more finding of another kind
   *[other] { $n } more findings of other kinds
  }: see report.html.
short-findings-below = { $n ->
    [one] 1 finding
   *[other] { $n } findings
  } below medium severity: see report.html.
short-whole = This is a short form. The whole summary, { $lines } lines, is what --output FILE gives, and is summary.txt of the case; report.html says more. `waxseal hunt` and `waxseal report` write both. `waxseal show ID` shows an incident, a finding or a record in full.

### More words of the summary

labelled = { $label }: { $text }
labelled-sentence = { $label }: { $text }.
lead-sentence = { $lead }. { $text }

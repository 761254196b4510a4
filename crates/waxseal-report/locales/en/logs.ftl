# Files, tenants, coverage, method and limits.

files-all = All files
file-not-recognised = not recognised
file-known-already = read into the case before, not read again
file-dates = dates: { $rule }
tenant-inferred = made up: nothing tells it
tenant-named = named in the records

### Coverage

coverage-span = { $from } to { $to } UTC, { $scale }
coverage-scale = { $n ->
    [one] one mark a day
   *[other] one mark for { $n } days, the worst of them
  }
coverage-row = { $class }: { $runs }
coverage-row-more = { $row } and { $changes } more
coverage-run = { $state } { $from } to { $to }
coverage-run-day = { $state } { $day }
coverage-mailboxes = Mailboxes: { $known }; by an inventory. Records name { $seen }.
coverage-mailboxes-without-inventory = Mailboxes: at least { $known }; no inventory was read that names all of those in the records. Records name { $seen }.
coverage-apart = { $n } { $n ->
    [one] mailbox
   *[other] mailboxes
  } { $state } for some time: { $reason } ({ $names })

coverage-means-full = full: a declared range, nothing known to be missing
coverage-means-partial = partial: records, but perhaps not all
coverage-means-unknown = unknown: nothing is known
coverage-means-none = none: known to be absent

coverage-reason-declared = somebody declares to have exported the range
coverage-reason-undeclared = records exist, but nobody declares that they are all
coverage-reason-edge = the first or last day of what exists: it may have begun or ended within it
coverage-reason-no_records = a day without a record, which nobody declares to have exported
coverage-reason-never_exported = no record of this log was read, and nobody declares to have exported it
coverage-reason-declared_absent = declared to be absent or switched off
coverage-reason-provider_loss = the provider has admitted to have lost records
coverage-reason-export_cap = an export ends exactly at the number of rows at which exports are cut
coverage-reason-parse_error = records of these days could not be read
coverage-reason-throttled = the mailbox made so many records that the provider stopped writing them for a day
coverage-reason-bypass = the account was taken out of the mailbox audit
coverage-reason-not_licensed = the mailbox has no licence that is known to come with records of access to messages
coverage-reason-not_enabled = the audit is switched off in the exported settings
coverage-reason-custom_audit_set = the mailbox has an audit set of its own, in which access to messages is missing for some or all kinds of access
coverage-reason-collector_gap = the collector says that it could not fetch everything

### Method and limits

method-access = Access, not reading
method-access-text = An audit record shows that an item was accessed, never that somebody read it.
method-words = Four words
method-words-text = Of access to mail this report says only: recorded access (a record of it exists); possible access (it was made possible, or is recorded but cannot be told apart from ordinary use); no recorded access within coverage (the logs were complete and hold no record of it); not assessable (the logs do not allow a statement).
method-scales = Two scales
method-scales-text = Severity says how much harm a finding would mean if it is what it looks like; confidence says how sure the evidence makes us that it is. The two are never folded into one.
method-bounds = Bounds
method-bounds-text = Numbers of messages have a lower end, those that records of the intruder name, and an upper end, those that may have been accessed by anything the logs show or leave open. Where no upper number exists, the report says why and gives none.
method-records = Records
method-records-text = A finding cites the provider’s own record ids, so that it can be checked in the provider’s logs without this program. findings.jsonl holds up to { $n } ids of each; this page shows the first.
method-counts = Counts
method-counts-text = Every record found in a file is counted once: as kept, as a further copy of a record already kept, or as rejected. Truncated records are among the first two.
method-times = Times
method-times-text = All times are UTC. How the dates of a file were understood stands in its row.
method-times-as-of = All times are UTC. How the dates of a file were understood stands in its row. The results hold as of { $as_of }; later records were not looked at.
method-limits = Limits
method-limits-text = A finding points to records that somebody should look at; it is not proof of an intrusion. Audit logs can be late, incomplete or switched off, and each keeps only what its licence and settings allow. Where there is no finding, that is a statement about the records that were read and about nothing else.
method-cut = Long texts and lists
method-cut-text = A text of a log that is too long is cut: … (+12) says that twelve more characters stand there. Lists say how many entries they leave out and in which file of the case all of them are.
method-originals = Originals
method-originals-kept = The files are kept in the case, byte for byte, under their sha256.
method-originals-not-kept = The files were not kept in the case (--no-originals); to check a finding against them, keep them elsewhere, unchanged.
method-made-by = Made by
method-made-by-text = Waxseal { $version }, case layout { $layout }, event schema { $schema }; { $detections } ran.

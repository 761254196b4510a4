# Small words: what programs match on, counts, times, lists. English is written first; see docs/report.md.

### Verdicts. Programs and readers match on these four; no others are used.

verdict-recorded_access = recorded access
verdict-possible_access = possible access
verdict-no_recorded_access = no recorded access within coverage
verdict-not_assessable = not assessable
verdict-with-reason = { $word } ({ $reason })

### Levels

severity-info = info
severity-low = low
severity-medium = medium
severity-high = high
severity-critical = critical
confidence-low = low
confidence-medium = medium
confidence-high = high

coverage-full = full
coverage-partial = partial
coverage-none = none
coverage-unknown = unknown

### Counts

count = { $n }
count-changes = { $n } { $n ->
    [one] change
   *[other] changes
  }
count-detections = { $n } { $n ->
    [one] detection
   *[other] detections
  }
count-files = { $n } { $n ->
    [one] file
   *[other] files
  }
count-findings = { $n } { $n ->
    [one] finding
   *[other] findings
  }
count-incidents = { $n } { $n ->
    [one] incident
   *[other] incidents
  }
count-messages = { $n } { $n ->
    [one] message
   *[other] messages
  }
count-organisations = { $n } { $n ->
    [one] organisation
   *[other] organisations
  }
count-records = { $n } { $n ->
    [one] record
   *[other] records
  }
count-tenants = { $n } { $n ->
    [one] tenant
   *[other] tenants
  }
and-more = and { $n } more

size-bytes = { $n } { $n ->
    [one] byte
   *[other] bytes
  }
size-kib = { $size } KiB
size-mib = { $size } MiB
size-gib = { $size } GiB
size-tib = { $size } TiB

### Lists

list-separator = { $head }, { $item }
list-last = { $head } and { $item }

### Times. A moment is written year first, so that it is the same for every reader.

moment = { $time } UTC
span-same-day = { $from } to { $clock } UTC
span-days = { $from } to { $to } UTC
no-time = no time recorded
undated = undated
date-long = { $day } { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
  } { $year }, { $clock } UTC

### Messages between two bounds

bounds-not-counted = not counted
bounds-exactly = { $lower }
bounds-at-least = at least { $lower }
bounds-at-most = at most { $upper }
bounds-between = between { $lower } and { $upper }
bounds-no-upper = no upper number: { $reason }
bounds-no-upper-unsaid = no upper number; why is not recorded
no-upper = No upper number exists for { $mailboxes }: { $reason }.
no-upper-unsaid = No upper number exists for { $mailboxes }; why is not recorded.
no-upper-all = { $n ->
    [2] both mailboxes
   *[other] all { $n } mailboxes
  }
no-upper-some = { $n } of { $all } mailboxes
no-upper-named = { $mailboxes } ({ $names })
bounds-told = { $bounds } { $n ->
    [one] message
   *[other] messages
  }
bounds-told-not-counted = messages not counted

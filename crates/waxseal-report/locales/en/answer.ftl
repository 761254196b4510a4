# The answer, the first page and what is not assessable.

sentence = { $text }.
not-worked-out = not worked out

answer = { $found }.
answer-incomplete = { $found }; { $problems }.
answer-found = { $findings } in { $tenants }: { $levels }
answer-level = { $n } { $severity }
answer-nothing-read = Not assessable: no record was read
answer-nothing-ran = Not assessable: no detection could run on what was read
answer-nothing-found = No finding within what was read; this is not a statement that no mail was accessed
answer-verdict = { $word } in { $findings }
answer-verdicts = Access to mail: { $verdicts }.
answer-read = Read: { $files } ({ $size }) with { $records }, { $span }; { $detections } ran.

### The first page

executive-recorded = Recorded access: the logs show access to { $n ->
    [one] one mailbox
   *[other] { $n } mailboxes
  } in { $tenants } that seems to be an intruder’s.
executive-recorded-unsure = Recorded access: the logs show access to { $n ->
    [one] one mailbox
   *[other] { $n } mailboxes
  } in { $tenants } that somebody should look at; whether it is an intruder’s, the logs alone do not settle.
executive-possible = Possible access: mail in { $n ->
    [one] one mailbox
   *[other] { $n } mailboxes
  } in { $tenants } may have been accessed; the logs do not settle it.
executive-signs = Signs of an intrusion in { $tenants }; what they mean for mail, the logs do not settle.
executive-no-incident = { $n ->
    [one] One finding that somebody should look at; it does not make an incident.
   *[other] { $n } findings that somebody should look at; they do not make an incident.
  }
executive-not-joined = { $n ->
    [one] One finding that somebody should look at. Whether it belongs to an intrusion was not worked out.
   *[other] { $n } findings that somebody should look at. Whether they belong to an intrusion was not worked out.
  }

executive-organisations = Organisations
executive-accounts = Accounts
executive-mailboxes = Mailboxes
executive-messages = Messages
executive-mailboxes-of-word = { $word }: { $n }
executive-high-value = of high value: { $n }
executive-accounts-tried = with nothing but passwords tried: { $n }

executive-since = Since when
executive-since-undated = Not assessable: no record of it has a time.
executive-since-first = First recorded on { $first }. When it can have begun at the earliest was not worked out.
executive-since-open = First recorded on { $first }, perhaps begun before that ({ $basis }).
executive-since-between = Between { $earliest } and { $first } ({ $basis }).
executive-since-at = On { $first } ({ $basis }).
executive-until = Until when
executive-until-undated = Not assessable: no record of it has a time.
executive-until-at = Last recorded on { $last }.
executive-going-on = Going on
executive-going-on-yes = { $all ->
    [one] Take it that it goes on: it is recorded within the last day of the logs, { $ends }.
   *[other] Take it that it goes on: { $n } of { $all } incidents { $n ->
        [one] is recorded within the last day of the logs of its organisation
       *[other] are recorded within the last day of the logs of their organisations
      }, { $ends }.
  }
executive-going-on-quiet = No record of it stands in the last day of the logs, { $ends }. That does not show that it ended.
executive-going-on-contained = The logs, { $ends }, confirm every step that cuts off.
logs-end-on = which end on { $day }
logs-end-between = which end between { $first } and { $last }
executive-other-mailboxes = Other mailboxes
executive-others = { $n ->
    [one] 1 mailbox that no incident reaches
   *[other] { $n } mailboxes that no incident reaches
  }: no recorded access within coverage for { $covered }, possible access for { $possible }{ $possible ->
    [0] {""}
   *[other] {" "}(by findings that may be ordinary)
  }, not assessable for { $open }.
executive-not-assessable = Not assessable
executive-statements-missing = what can be said of mailboxes that no incident reaches was not worked out
executive-nothing-lacking = Everything given was read, and every detection ran whose logs are among it. How far the logs themselves reach: see Coverage.

executive-first-steps = What to do first
executive-no-plan = No containment plan was worked out.
executive-plan-confirmed = The logs confirm every step of the containment plan.
executive-plan-follows = These steps are for { $n ->
    [one] the incident
   *[other] the first of { $n } incidents
  }, in { $organisation }. Waxseal carries nothing out. The whole plan, with permissions and how to undo each step: see Containment.

### What is incomplete, in a few words

problem-failed = { $n } { $n ->
    [one] input could not be read to its end
   *[other] inputs could not be read to their end
  }
problem-unknown = { $n } { $n ->
    [one] file could not be recognised
   *[other] files could not be recognised
  }
problem-rejected = { $n } { $n ->
    [one] record was rejected
   *[other] records were rejected
  }
problem-truncated = { $n } { $n ->
    [one] record is truncated
   *[other] records are truncated
  }
problem-nowhere = { $n } { $n ->
    [one] detection could not run
   *[other] detections could not run
  }
problem-somewhere = { $n } { $n ->
    [one] detection could run for some tenants only
   *[other] detections could run for some tenants only
  }

### What is incomplete, and what would change that

gap-failed = An input could not be read to its end
gap-unknown = { $n } { $n ->
    [one] file could not be recognised
   *[other] files could not be recognised
  }
gap-unknown-records = { $gap } ({ $records })
gap-seems = it seems to be { $seems }
gap-seems-head = it seems to be { $seems }; it begins with: { $head }
gap-rejected = { $n } { $n ->
    [one] record could not be read
   *[other] records could not be read
  }
gap-rejected-why = what was rejected is not part of the findings; rejected.jsonl gives each place and why
gap-truncated = { $n } { $n ->
    [one] record is truncated
   *[other] records are truncated
  }
gap-truncated-why = the cut was made before the logs came here, and what is left is counted; to see the rest, export again in a way that does not cut
gap-undated = { $n } { $n ->
    [one] record carries no readable time
   *[other] records carry no readable time
  }
gap-undated-why = kept, but without a place before or after other records
gap-file = { $path } ({ $n })
gap-not-run = { $n } { $n ->
    [one] detection could not run
   *[other] detections could not run
  }
gap-not-run-tenant = { $gap } for tenant { $tenant }
gap-not-run-tenants = { $gap } for tenants { $tenants }

### What was read and not looked at

answer-never-ran = Not assessable: the detections have not been run over what was read; `waxseal detect` runs them
problem-unsearched = no detection has run over { $files } with { $records }: run `waxseal detect`
problem-stray-settings = the settings of { $n } { $n ->
    [one] file belong
   *[other] files belong
  } to no known organisation
gap-unsearched = No detection has run over { $files } with { $records }
gap-unsearched-why = what they record is in no finding and no number; run `waxseal detect`, then `waxseal report`
gap-stray-settings-why = what they say of licences and of what is audited counts for nobody; read each of them again with `waxseal ingest FILE --tenant ID`
problem-unmatched = { $n } { $n ->
    [one] name that is set for the case fits
   *[other] names that are set for the case fit
  } nothing that was read
gap-unmatched-why = what is set for it has no effect; correct it in case.toml or coverage.toml of the case, or give the logs that name it, and run `waxseal detect`

# Incidents, containment, hand-over, mailboxes.

incident-kind = { $severity } severity, { $confidence } confidence, { $findings }

step-entry = Entry
step-persistence = Persistence
step-access = Access
step-exfiltration = Exfiltration
step-cover_up = Cover-up
step-context = Beside it

entry-forged_or_unlogged_token = Tokens that no recorded sign-in issued
entry-stolen_session = A session of somebody else
entry-password = A sign-in that does not look like the owner’s
entry-consent = An application that was granted rights
entry-app_credential = A credential or right of an application
entry-delegate = Rights in somebody else’s mailbox
entry-provider_side = From the provider’s own side
entry-not_recoverable = Not assessable: the findings do not show it

lane-dwell = Duration
lane-dwell-said = Duration: recorded { $span }
lane-said = { $lane }: { $times }
bar-said = { $mailbox }: { $messages }

### What is known of the access to a message

class-accessed = named by a record of the intruder
class-accessed_unattributed = named by a record that cannot be given to anybody
class-exposed_sync = folder synchronised
class-exposed_throttle = access not recorded, after too many records
class-exposed_other = could be had in another way
class-unknown = logs do not allow a statement

classes-accessed = { $n } named by records of the intruder
classes-accessed_unattributed = { $n } named by records that cannot be given to anybody
classes-exposed_sync = { $n } in folders that were synchronised
classes-exposed_throttle = { $n } there while access was not recorded
classes-exposed_other = { $n } that could be had in another way
classes-unknown_days = { $n ->
    [one] 1 day not assessable
   *[other] { $n } days not assessable
  }

exposure-open = from { $from }; nothing shows an end
exposure-no-number = no number exists

dwell-earliest = Earliest possible
dwell-first = First recorded
dwell-last = Last recorded
dwell-detected = Reported here
dwell-contained = Contained
dwell-basis = Basis
dwell-censored = not assessable: it may have begun before the logs do
dwell-no-earliest = not assessable: the logs set no bound
dwell-not-said = not recorded
dwell-not-confirmed = not confirmed by the logs

active-on = Recorded within the last day of the logs: last on { $last }, logs up to { $as_of }. Take it that it goes on.
active-quiet = No finding cites a record after { $last }; the logs reach to { $as_of }. That does not show that it ended.
active-contained = The logs confirm on { $last } the last step that cuts off; they reach to { $as_of }.
active-undated = Not assessable: no record of it has a time.

other-acts = Recorded for the same sessions, tokens and applications: messages sent { $sent }, messages deleted or moved { $deleted }, files opened, copied or shared { $files }.
other-acts-missing = Not worked out.

related-one = { $incident } (account { $account })

### Campaigns

campaign = { $incidents } in { $tenants } share { $shared }: perhaps one intruder.
campaigns-not-compared = Campaigns are not shown: share_between_tenants = false in case.toml keeps the incidents of one tenant from being compared with those of another.
campaigns-compared-in-lists = Campaigns are shown only of tenants that share_between_tenants in case.toml lists together; incidents of others were not compared.
shared-thing = { $kind } { $value }
shared-event = record
shared-session = session
shared-application = application
shared-address = address
shared-time = time
shared-account = account
shared-neighbourhood = neighbourhood

### Containment. Actions are named by their words in docs/containment.md; what has no message here is told by its own title.

action-export_logs = Export the logs of the whole time before they run out
action-hold_mailbox = Put the mailboxes on hold
action-ask_provider = Ask the provider about the tokens and sessions at once
action-snapshot_settings = Write down settings as they are
action-revoke_sessions = Revoke the sessions of the accounts
action-reset_password = Set new passwords for the accounts
action-disable_account = Block the accounts that were made
action-block_mailbox_protocols = Close the protocols of the mailboxes until the provider has answered
action-close_protocols = Close the protocols that were opened
action-disable_application = Disable the applications
action-remove_consent = Remove the consent given to the applications
action-remove_app_permission = Remove the rights the applications hold on their own account
action-remove_credential = Remove the credentials that were added to applications
action-remove_owner = Take the owners back that were added to applications
action-remove_role_assignment = Remove the right to act as every mailbox
action-remove_inbox_rule = Remove the inbox rules
action-remove_forwarding = Switch forwarding off
action-remove_transport_rule = Disable the mail flow rules
action-disable_connector = Switch the connectors off
action-remove_delegate = Take back the rights in mailboxes
action-remove_device = Disable the devices that were registered
action-remove_authentication_method = Remove the ways to authenticate that were added
action-remove_role = Take the roles back that were given
action-remove_role_eligibility = Take back that the accounts can switch roles on
action-remove_role_group_member = Take the members out of the role groups of Exchange
action-restore_federation = Take back the trust in another identity provider
action-restore_second_factor = Ask for a second factor again
action-restore_policy = Bring back the policies that were weakened
action-restore_auditing = Switch auditing on again
action-block_device_code = Block signing in by device code
action-remove_sharing_link = Remove the links by which files were shared
action-revoke_app_tokens = Revoke the tokens of the applications that were let in
action-remove_domain_wide_delegation = Remove the clients that may act for every account
action-remove_mail_monitor = Delete the mail monitors
action-take_back = Take back by hand what these findings tell of
action-look_again = Export the logs of the time after, read them into this case, and look again

step-title = { $action }: { $targets }
step-what = What
step-targets = About
step-effect = Effect
step-undo = Undo
step-permission = Permission
step-confirmed-by = Confirmed by
step-findings = Follows from
step-powershell = PowerShell
step-api = API
step-confirmed = Confirmed by the logs on { $time }.
step-confirmed-with = Confirmed by the logs on { $time }: “{ $operation }”.
step-not-confirmed = Not confirmed yet; once it is done, the logs will show the operation “{ $operation }”.
step-not-confirmable = No log confirms it.
step-commands-left-out = { $n ->
    [one] One command is not shown here, because it is long, or because names in it carry signs that cannot be shown as they are
   *[other] { $n } commands are not shown here, because they are long, or because names in them carry signs that cannot be shown as they are
  }: see incidents.json.

### Hand-over

record-time = At
record-issued = Token issued
record-operation = Operation
record-id = Record
record-request-ids = Correlation and request ids
record-server = Server
record-actor = Account
record-mailbox = Mailbox
record-mailbox-id = Mailbox id
record-token = Token
record-session = Session
record-app = Application
record-address = Address

### Mailboxes that no incident reaches

statements-summary = { $n ->
    [one] 1 mailbox
   *[other] { $n } mailboxes
  }; { $counts }.
statement-days = { $state } { $n }
statement-no-days = not worked out
statement-span = { $from } to { $to }
statement-no-span = not worked out

### What is left out where lists are long

incidents-more = { $n ->
    [one] 1 more incident
   *[other] { $n } more incidents
  }, less grave than these: see incidents.json.
campaign-seen-more = { $n ->
    [one] 1 more row
   *[other] { $n } more rows
  }: see incidents.json.
campaigns-more = { $n ->
    [one] 1 more campaign
   *[other] { $n } more campaigns
  }: see incidents.json.
story-more = { $n ->
    [one] 1 later step
   *[other] { $n } later steps
  }: see incidents.json.
incident-mailboxes-more = { $n ->
    [one] 1 more mailbox
   *[other] { $n } more mailboxes
  }: see incidents.json.
exposures-more = { $n ->
    [one] 1 more span
   *[other] { $n } more spans
  }: see incidents.json.
plans-more = The plans of { $n ->
    [one] 1 more incident
   *[other] { $n } more incidents
  }: see incidents.json.
plan-more = { $n ->
    [one] 1 more step
   *[other] { $n } more steps
  }: see incidents.json.
packets-more = The records of { $n ->
    [one] 1 more incident
   *[other] { $n } more incidents
  }: see incidents.json.
packet-more = { $n ->
    [one] 1 more record
   *[other] { $n } more records
  }: see incidents.json.
statements-more = { $n ->
    [one] 1 more mailbox
   *[other] { $n } more mailboxes
  }: see mailboxes.csv.
statements-tenants-more = The mailboxes of { $n ->
    [one] 1 more tenant
   *[other] { $n } more tenants
  }: see mailboxes.csv.

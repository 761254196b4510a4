//! Made-up facts, some of them hostile.

use waxseal_model::{
    Account, Compared, Confidence, Coverage, CoverageSpan, DetectionMeta, FINDING_SCHEMA, FailedInput, FileSummary, Finding, FormatCount,
    Incidents, MailboxCount, Nanos, NotRun, Severity, Statement, TenantSeen, UnknownShape, Verdict,
};
use waxseal_report::Facts;

/// Text that runs in a browser, a spreadsheet or a terminal that takes it at its word.
pub(crate) const HOSTILE: &str = "=cmd|' /C calc'!A0 <script>alert(\"1\")</script> \u{202e}txt.exe\u{1b}[2J\u{9b}31m";

/// Facts and what they borrow from.
pub(crate) struct Sample {
    pub(crate) case_name: String,
    pub(crate) account: Account,
    pub(crate) findings: Vec<Finding>,
    pub(crate) detections: Vec<DetectionMeta>,
    pub(crate) incidents: Option<Incidents>,
    pub(crate) coverage: Vec<CoverageSpan>,
    pub(crate) mailboxes: Vec<MailboxCount>,
    pub(crate) statements: Vec<Statement>,
    pub(crate) compared: Compared,
}

impl Sample {
    pub(crate) fn facts(&self) -> Facts<'_> {
        Facts {
            case_name: &self.case_name,
            account: &self.account,
            findings: &self.findings,
            detections: &self.detections,
            incidents: self.incidents.as_ref(),
            compared: self.compared,
            coverage: &self.coverage,
            mailboxes: &self.mailboxes,
            statements: &self.statements,
            as_of: time("2023-07-16T08:00:00Z"),
            version: "0.0.0",
        }
    }

    /// A ministry's mail, read for a month.
    pub(crate) fn intrusion() -> Self {
        Self {
            case_name: "Ministry of the Interior".to_owned(),
            account: account(),
            findings: findings(),
            detections: detections(),
            incidents: Some(rich_incidents(&NAMES)),
            coverage: coverage(),
            mailboxes: vec![MailboxCount { tenant: TENANT.to_owned(), known: 212, seen: 204, inventory: true }],
            statements: statements(&NAMES),
            compared: Compared::All,
        }
    }

    /// The same before anything was counted, planned or handed over.
    pub(crate) fn not_worked_out() -> Self {
        Self { incidents: Some(incidents("an application")), statements: Vec::new(), ..Self::intrusion() }
    }

    /// So many incidents, mailboxes, files, tenants and findings that no page holds them all.
    pub(crate) fn huge() -> Self {
        let mut sample = Self::intrusion();
        if let Some(all) = &mut sample.incidents {
            let first = all.incidents[0].clone();
            all.incidents = (0..60).map(|_| first.clone()).collect();
            for incident in &mut all.incidents {
                let mailbox = incident.mailboxes[0].clone();
                incident.mailboxes = vec![mailbox; 500];
                incident.story = vec![incident.story[0].clone(); 100];
                incident.containment = vec![incident.containment[1].clone(); 60];
                if let Some(hand_over) = &mut incident.hand_over {
                    hand_over.records = vec![hand_over.records[0].clone(); 1_000];
                }
            }
            all.campaigns = vec![all.campaigns[0].clone(); 200];
        }
        let statement = sample.statements[0].clone();
        sample.statements =
            (0..5_000).map(|i| Statement { tenant: format!("tenant-{}", i % 70), incident_ids: Vec::new(), ..statement.clone() }).collect();
        let finding = sample.findings[1].clone();
        sample.findings = (0..20_000).map(|i| Finding { detection: format!("m365.d{}", i % 40), ..finding.clone() }).collect();
        sample.account.files = vec![mail_file(); 3_000];
        sample.account.tenants = vec![sample.account.tenants[0].clone(); 1_000];
        sample
    }

    /// Files without a finding.
    pub(crate) fn nothing_found() -> Self {
        let account = Account { files: vec![mail_file()], detections_run: 12, originals_kept: true, ..Account::default() };
        Self {
            case_name: "quiet".to_owned(),
            account,
            findings: Vec::new(),
            detections: Vec::new(),
            incidents: None,
            coverage: Vec::new(),
            mailboxes: Vec::new(),
            statements: Vec::new(),
            compared: Compared::All,
        }
    }

    /// A file that nothing recognises.
    pub(crate) fn nothing_read() -> Self {
        let account = Account { files: vec![unknown_file()], ..Account::default() };
        Self {
            case_name: "empty".to_owned(),
            account,
            findings: Vec::new(),
            detections: Vec::new(),
            incidents: None,
            coverage: Vec::new(),
            mailboxes: Vec::new(),
            statements: Vec::new(),
            compared: Compared::All,
        }
    }

    /// Every text is [`HOSTILE`].
    pub(crate) fn hostile() -> Self {
        let mut sample = Self::intrusion();
        let bad = || HOSTILE.to_owned();
        sample.case_name = bad();
        sample.incidents = Some(rich_incidents(&HOSTILE_NAMES));
        sample.statements = statements(&HOSTILE_NAMES);
        for finding in &mut sample.findings {
            finding.title = bad();
            finding.explanation = bad();
            finding.verdict = bad();
            finding.tenant = bad();
            for texts in [
                &mut finding.accounts,
                &mut finding.mailboxes,
                &mut finding.apps,
                &mut finding.ips,
                &mut finding.sessions,
                &mut finding.event_ids,
                &mut finding.looked_for,
                &mut finding.cannot_exclude,
            ] {
                *texts = vec![bad()];
            }
        }
        for span in &mut sample.coverage {
            (span.tenant, span.reason) = (bad(), bad());
            span.mailbox = span.mailbox.take().map(|_| bad());
        }
        for file in &mut sample.account.files {
            file.path = bad();
            file.notes = vec![bad()];
            file.date_rule = bad();
        }
        sample.detections.clear();
        for lack in &mut sample.account.not_run {
            (lack.title, lack.reason, lack.tenant) = (bad(), bad(), Some(bad()));
        }
        sample.account.failed = vec![FailedInput { path: bad(), reason: bad() }];
        sample.account.tenants = vec![TenantSeen { tenant: bad(), events: 1, inferred: true, domains: vec![bad()] }];
        sample
    }
}

fn time(text: &str) -> Option<Nanos> {
    Nanos::parse(text)
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

const TENANT: &str = "6f1b2c1e-93a2-4f3f-9f0d-5f0e5a0c7a11";

fn mail_file() -> FileSummary {
    FileSummary {
        path: "exports/2023-07/AuditLog_2023-06-15_2023-07-16.csv.gz".to_owned(),
        evidence_id: "sha256:1111".to_owned(),
        bytes: 1_482_113_408,
        layers: texts(&["gzip", "csv"]),
        formats: vec![FormatCount { format: "m365_unified_audit".to_owned(), records: 1_204_331 }],
        rows: 1_204_331,
        read: 1_203_987,
        duplicates: 341,
        truncated: 2,
        rejected: 3,
        first_time: time("2023-05-15T00:00:04Z"),
        last_time: time("2023-07-16T08:00:00Z"),
        date_rule: "month first, agrees with the records; UTC".to_owned(),
        ..FileSummary::default()
    }
}

fn sign_in_file() -> FileSummary {
    FileSummary {
        path: "exports/2023-07/signins.zip!InteractiveSignIns_2023-06-16.json".to_owned(),
        evidence_id: "sha256:2222".to_owned(),
        bytes: 18_219_004,
        formats: vec![FormatCount { format: "entra_sign_in".to_owned(), records: 20_118 }],
        rows: 20_118,
        read: 20_118,
        first_time: time("2023-06-16T07:30:00Z"),
        last_time: time("2023-07-16T07:59:41Z"),
        date_rule: "UTC".to_owned(),
        notes: texts(&["the tenant is inferred from the flag --tenant"]),
        ..FileSummary::default()
    }
}

fn unknown_file() -> FileSummary {
    FileSummary {
        path: "exports/notes.docx".to_owned(),
        evidence_id: "sha256:3333".to_owned(),
        bytes: 22_018,
        unknown: Some(UnknownShape { seems: "a Word document".to_owned(), head: "PK\\u{3}\\u{4}".to_owned() }),
        ..FileSummary::default()
    }
}

fn coverage() -> Vec<CoverageSpan> {
    let span = |class: &str, mailbox: Option<&str>, (from, to): (&str, &str), state, reason: &str, records| {
        let at = |text: &str| Nanos::parse(&format!("{text}T00:00:00Z")).unwrap_or(Nanos(0));
        let (tenant, class, reason) = (TENANT.to_owned(), class.to_owned(), reason.to_owned());
        CoverageSpan { tenant, class, mailbox: mailbox.map(str::to_owned), from: at(from), to: at(to), state, reason, records }
    };
    let month = ("2023-06-15", "2023-07-17");
    vec![
        span("ual.mia.bind", None, ("2023-06-15", "2023-07-01"), Coverage::Full, "declared", 402_118),
        span("ual.mia.bind", None, ("2023-07-01", "2023-07-05"), Coverage::Partial, "export_cap", 50_000),
        span("ual.mia.bind", None, ("2023-07-05", "2023-07-17"), Coverage::Full, "declared", 300_002),
        span("ual.owaauth", None, month, Coverage::Unknown, "never_exported", 0),
        span("signin.interactive", None, ("2023-06-15", "2023-06-16"), Coverage::Partial, "edge", 310),
        span("signin.interactive", None, ("2023-06-16", "2023-07-10"), Coverage::Partial, "undeclared", 18_000),
        span("signin.interactive", None, ("2023-07-10", "2023-07-14"), Coverage::Unknown, "no_records", 0),
        span("signin.interactive", None, ("2023-07-14", "2023-07-17"), Coverage::Partial, "edge", 1_808),
        span("graph.calls", None, month, Coverage::None, "declared_absent", 0),
        span("ual.mia.bind", Some("registry@interior.example"), month, Coverage::Unknown, "not_licensed", 0),
        span("ual.mia.sync", Some("registry@interior.example"), month, Coverage::Unknown, "not_licensed", 0),
        span("ual.mia.bind", Some("minister@interior.example"), ("2023-07-02", "2023-07-03"), Coverage::None, "throttled", 0),
    ]
}

fn account() -> Account {
    let lack = |title: &str| NotRun {
        detection: "entra.x".to_owned() + title,
        title: title.to_owned(),
        tenant: None,
        reason: "not assessable: no record of signin.service_principal was read; export the Entra sign-in logs to change this".to_owned(),
        not_asked: false,
    };
    Account {
        files: vec![mail_file(), sign_in_file(), unknown_file()],
        tenants: vec![TenantSeen {
            tenant: TENANT.to_owned(),
            events: 1_224_105,
            inferred: false,
            domains: texts(&["interior.example", "minister.example"]),
        }],
        not_run: vec![lack("An application signs in from a new address"), lack("An application uses a secret it was just given")],
        detections_run: 24,
        originals_kept: true,
        ..Account::default()
    }
}

fn finding(severity: Severity, detection: &str, title: &str) -> Finding {
    Finding {
        schema: FINDING_SCHEMA.to_owned(),
        id: "b3c1f7a09d5e4b21".to_owned(),
        detection: detection.to_owned(),
        version: 1,
        title: title.to_owned(),
        category: "token_never_issued".to_owned(),
        attack: texts(&["T1114.002", "T1606.002"]),
        severity,
        confidence: Confidence::High,
        tenant: TENANT.to_owned(),
        first_time: time("2023-06-15T10:12:33Z"),
        last_time: time("2023-07-14T22:41:08.5Z"),
        primary_time: None,
        step: None,
        event_ids: (0..7).map(|n| format!("3f1d7c66-0e5a-4d6e-8e2d-00000000000{n}")).collect(),
        event_count: 889,
        accounts: texts(&["minister@interior.example", "chief.of.staff@interior.example"]),
        mailboxes: texts(&["minister@interior.example"]),
        apps: texts(&["One Outlook Web (9199bf20-a13f-4107-85dc-02114787ef48)"]),
        ips: texts(&["203.0.113.7", "2001:db8::7"]),
        sessions: texts(&["00aa11bb-5c1e-4a5f-9d3c-9c8a6d1f0e22"]),
        coverage: Coverage::Partial,
        verdict: "recorded access (token not issued in the sign-in logs)".to_owned(),
        explanation: "889 messages in the mailbox minister@interior.example were accessed with a token that no record of the sign-in logs issued, from 203.0.113.7, between 2023-06-15 10:12:33 and 2023-07-14 22:41:08.".to_owned(),
        looked_for: texts(&["a sign-in of the account in the 90 minutes before", "the same token in the service principal logs"]),
        cannot_exclude: texts(&["that the token was issued before the first sign-in record that was read"]),
    }
}

fn findings() -> Vec<Finding> {
    let token = finding(Severity::Critical, "m365.access_token_never_issued", "Mail was accessed with a token that no sign-in issued");
    let mut rule = finding(Severity::High, "m365.persistence_inbox_rule", "An inbox rule hides or forwards mail");
    rule.category = "inbox_rule".to_owned();
    rule.attack = texts(&["T1564.008"]);
    rule.id = "77aa0c11d2e3f405".to_owned();
    rule.verdict = "possible access (mail is forwarded)".to_owned();
    rule.confidence = Confidence::Medium;
    rule.event_ids.truncate(1);
    rule.event_count = 1;
    rule.last_time = rule.first_time;
    rule.explanation =
        "The rule “.” moves every message that contains “invoice” to the folder RSS Feeds and forwards it to collector@mail.example."
            .to_owned();
    let mut second = rule.clone();
    second.id = "77aa0c11d2e3f406".to_owned();
    second.accounts = texts(&["محمود@interior.example"]);
    second.mailboxes = second.accounts.clone();
    let mut client = finding(Severity::Low, "m365.access_new_client", "A client application never seen before");
    client.category = "new_client_context".to_owned();
    client.id = "0d0d0d0d0d0d0d0d".to_owned();
    client.confidence = Confidence::Low;
    vec![token, rule, second, client]
}

fn detections() -> Vec<DetectionMeta> {
    let meta = DetectionMeta {
        id: "m365.access_token_never_issued".to_owned(),
        version: 1,
        title: "Mail was accessed with a token that no sign-in issued".to_owned(),
        why: "A forged token leaves no trace in the sign-in logs: whoever holds the signing key can read\nany mailbox without ever signing in.".to_owned(),
        category: "token_never_issued".to_owned(),
        attack: texts(&["T1114.002"]),
        severity: Severity::Critical,
        confidence: Confidence::High,
        needs: texts(&["ual.mia.bind"]),
        needs_table: None,
        complete: Vec::new(),
        baseline: false,
        group_by: texts(&["mailbox"]),
        window: "24h".to_owned(),
        primary: None,
        verdict: Verdict::RecordedAccess,
        verdict_reason: String::new(),
        explanation: String::new(),
        shows: Vec::new(),
        looked_for: Vec::new(),
        cannot_exclude: Vec::new(),
        false_positives: texts(&["sign-in logs that start later than the mail logs", "a service of the provider that acts for the user"]),
        references: Vec::new(),
    };
    let rule = DetectionMeta {
        id: "m365.persistence_inbox_rule".to_owned(),
        why: "Intruders keep replies out of their victim's sight and mail coming after they are gone.".to_owned(),
        false_positives: texts(&["people who file newsletters away"]),
        ..meta.clone()
    };
    vec![meta, rule]
}

/// Where log text stands.
pub(crate) struct LogText {
    name: &'static str,
    minister: &'static str,
    other: &'static str,
    command: &'static str,
}

const NAMES: LogText = LogText {
    name: "Mail Archive Helper",
    minister: "minister@contoso.example",
    other: "محمود@contoso.example",
    command: "Revoke-MgUserSignInSession -UserId 'minister@contoso.example'",
};

/// Longer than any line, without a place to break it.
const HOSTILE_NAMES: LogText = LogText {
    name: HOSTILE,
    minister: "\"><img/onerror=alert(1)>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    other: "</title></svg><script>alert(2)</script>'\u{2066}",
    command: "Revoke-It '</code></pre><script>alert(3)</script>'",
};

/// Two incidents with everything worked out, and what they share.
pub(crate) fn rich_incidents(text: &LogText) -> Incidents {
    let all = serde_json::json!({
        "schema": "waxseal.incidents/v1",
        "totals": {"tenants": 2, "accounts": 3, "mailboxes": 4, "messages": {"lower": 1_311, "upper": null, "upper_reason": format!("a folder of {} was synchronised, and no inventory was read", text.other)}},
        "incidents": [token_incident(text), consent_incident(text)],
        "campaigns": [{"id": "cc33", "incident_ids": ["aa11", "bb22"], "shared": [{"kind": "address", "value": "192.0.2.7", "seen": [
            {"first": "2026-02-03T07:12:00Z", "last": "2026-02-09T16:00:00Z", "tenant": TENANT, "incident_ids": ["aa11"]},
            {"first": "2026-02-05T08:30:00Z", "last": "2026-02-05T08:44:10Z", "tenant": "other-tenant", "incident_ids": ["bb22"]}
        ]}, {"kind": "neighbourhood", "value": "192.0.2.0/28"}], "tenants": [TENANT, "other-tenant"]}],
    });
    serde_json::from_value(all).expect("the sample is of the schema")
}

fn token_incident(text: &LogText) -> serde_json::Value {
    let LogText { name, minister, other, command } = text;
    let step = |order: u32, action: &str, title: &str, confirmed: Option<&str>| {
        serde_json::json!({
            "order": order, "action": action, "title": format!("{title} {minister}"), "effect": format!("Whoever uses {name} has to sign in again."),
            "undo": "Nothing is lost; people sign in again.", "permission": "User.RevokeSessions.All", "targets": [minister, other],
            "powershell": [command, "Revoke-It 'a\u{202e}b'"], "api": ["POST https://graph.microsoft.com/v1.0/users/minister%40contoso.example/revokeSignInSessions", "{}"],
            "confirmed_by": "Update StsRefreshTokenValidFrom Timestamp.", "confirmed": confirmed, "finding_ids": ["b3c1f7a09d5e4b21"],
        })
    };
    serde_json::json!({
        "id": "aa11", "title": format!("Access to mail with tokens that no recorded sign-in explains: recorded access to 2 mailboxes, {name}"),
        "severity": "critical", "confidence": "high", "why": "Severity is critical, as that of the gravest finding. Confidence is high, as that of the surest finding.",
        "tenants": [TENANT], "finding_ids": ["b3c1f7a09d5e4b21", "77aa0c11d2e3f405"],
        "story": [
            {"time": "2023-06-15T10:12:33Z", "step": "access", "text": format!("Mail accessed with a token that no sign-in issued; account {minister}; from 203.0.113.7"), "finding_ids": ["b3c1f7a09d5e4b21"]},
            {"time": "2023-06-21T03:00:00Z", "step": "persistence", "text": format!("An inbox rule hides or forwards mail; account {other}"), "finding_ids": ["77aa0c11d2e3f405"]},
            {"time": "2023-07-14T22:41:08Z", "step": "exfiltration", "text": format!("Mail is forwarded to {name}"), "finding_ids": ["77aa0c11d2e3f405"]},
            {"time": null, "step": "cover_up", "text": "Messages deleted", "finding_ids": ["77aa0c11d2e3f405"]},
        ],
        "mailboxes": [
            {"mailbox": other, "tenant": TENANT, "verdict": format!("possible access (mail is forwarded to {name}); not assessable"), "messages": {"lower": 120, "upper": null, "upper_reason": format!("a folder was synchronised by {name}, and no inventory was read")},
             "classes": {"accessed": 120, "accessed_unattributed": 0, "exposed_sync": null, "exposed_throttle": null, "exposed_other": 41, "unknown_days": 1},
             "first_recorded": "2023-06-21T03:00:00Z", "last_recorded": "2023-06-22T03:00:00Z",
             "exposed": [{"class": "exposed_sync", "from": "2023-06-21T03:00:00Z", "to": null, "reason": format!("the folder {name} was synchronised"), "event_ids": [name, "b", "c"], "messages": null}]},
            {"mailbox": minister, "tenant": TENANT, "verdict": "recorded access", "messages": {"lower": 889, "upper": 1_204},
             "classes": {"accessed": 889, "accessed_unattributed": 315, "exposed_sync": 0, "exposed_throttle": 0, "exposed_other": 0, "unknown_days": 0}, "high_value": true,
             "first_recorded": "2023-06-15T10:12:33Z", "last_recorded": "2023-07-14T22:41:08Z",
             "exposed": [{"class": "exposed_throttle", "from": "2023-07-02T00:00:00Z", "to": "2023-07-03T00:00:00Z", "reason": "the mailbox made so many records that the provider stopped writing them", "event_ids": ["e1"], "messages": 31}]},
        ],
        "dwell": {"earliest_possible": "2023-06-14T10:12:33Z", "first_recorded": "2023-06-15T10:12:33Z", "last_recorded": "2023-07-14T22:41:08Z", "detected": "2023-07-16T08:00:00Z", "contained": null, "left_censored": false, "basis": "the sign-in or session behind it may be up to a day older than the first record"},
        "entry": {"class": "forged_or_unlogged_token", "evidence": ["b3c1f7a09d5e4b21"], "text": format!("Mail was accessed by {name} with tokens that no recorded sign-in issued.")},
        "still_active": {"state": "no finding cites a record after 2023-07-14T22:41:08Z", "as_of": "2023-07-16T08:00:00Z"},
        "other_acts": {"sent": 3, "deleted": 12, "files": 0},
        "containment": [
            step(1, "export_logs", "Export the logs of", Some("2023-07-16T07:00:00Z")),
            step(2, "revoke_sessions", "Revoke the sessions of", None),
            step(3, "reset_password", "Reset the password of", None),
            step(4, "word_of_tomorrow", "Remove the inbox rule of", None),
        ],
        "hand_over": {
            "records": [
                {"time": "2023-06-15T10:12:33Z", "event_id": "3f1d7c66-0e5a-4d6e-8e2d-000000000000", "operation": "MailItemsAccessed", "actor": minister, "mailbox": minister, "mailbox_id": "0a1b2c3d-1111-2222-3333-444455556666", "token_id": name, "issued": "2023-06-15T10:00:00Z", "session_id": "00aa11bb-5c1e-4a5f-9d3c-9c8a6d1f0e22", "app_id": "9199bf20-a13f-4107-85dc-02114787ef48", "client_ip": "203.0.113.7", "request_ids": ["7d1c0d5e-0000-4d6e-8e2d-0000000000aa", other], "server": "AM0PR01MB0001 (15.20.4200.000)"},
                {"time": null, "event_id": "3f1d7c66-0e5a-4d6e-8e2d-000000000001", "operation": "MailItemsAccessed", "actor": null, "mailbox": null, "mailbox_id": null, "token_id": null, "issued": null, "session_id": null, "app_id": null, "client_ip": null, "request_ids": [], "server": null},
            ],
            "count": 889,
            "questions": ["Did you issue the tokens named here, when, to whom, and from which address?", format!("Which signing key signed them, and in which other tenants was it used ({name})?")],
        },
        "related": [{"incident": "bb22", "account": minister}],
    })
}

fn consent_incident(text: &LogText) -> serde_json::Value {
    let LogText { name, minister, .. } = text;
    serde_json::json!({
        "id": "bb22", "title": format!("An application let in by consent: possible access to 2 mailboxes ({name})"), "severity": "medium", "confidence": "medium",
        "why": "Severity is that of the gravest finding. Confidence is that of the surest.", "tenants": ["other-tenant"], "finding_ids": ["f1", "f2"],
        "story": [{"time": "2023-06-16T08:00:00Z", "step": "entry", "text": format!("A consent to {name}"), "finding_ids": ["f1"]}],
        "mailboxes": [
            {"mailbox": "a@fabrikam.example", "tenant": "other-tenant", "verdict": format!("possible access ({name})"), "messages": {"lower": null, "upper": null, "upper_reason": "not counted yet"}, "classes": null},
            {"mailbox": "b@fabrikam.example", "tenant": "other-tenant", "verdict": "possible access (an application)", "messages": {"lower": 302, "upper": 302}, "classes": null},
        ],
        "dwell": {"earliest_possible": "2023-06-16T08:00:00Z", "first_recorded": "2023-06-16T08:00:00Z", "last_recorded": "2023-07-16T02:00:00Z", "detected": null, "contained": null, "left_censored": false, "basis": "the logs were complete"},
        "entry": {"class": "consent", "evidence": ["f1"], "text": format!("{name} was let in by {minister}.")},
        "still_active": {"state": "recorded within the last day of the logs", "as_of": "2023-07-16T08:00:00Z"},
    })
}

fn statements(text: &LogText) -> Vec<Statement> {
    let one = |mailbox: &str, verdict: &str, (full, unknown): (u64, u64), reasons: &[&str]| {
        let value = serde_json::json!({
            "schema": "waxseal.mailbox/v1", "tenant": TENANT, "mailbox": mailbox, "high_value": full > 29, "verdict": verdict, "incident_ids": [],
            "from": "2023-06-15T00:00:00Z", "to": "2023-07-17T00:00:00Z", "days": {"full": full, "partial": 2, "unknown": unknown, "none": 0}, "reasons": reasons,
        });
        serde_json::from_value(value).expect("the sample is of the schema")
    };
    vec![
        one("secretary@contoso.example", "no recorded access within coverage", (30, 0), &["export_cap"]),
        one(text.other, "not assessable (no licence is known)", (0, 30), &["not_licensed", text.name]),
        one("registry@contoso.example", "not assessable (27 of 32 days)", (5, 25), &["not_licensed", "export_cap"]),
        one(text.minister, "possible access (a delegate)", (20, 10), &["undeclared"]),
    ]
}

/// Two incidents and what they share; `named` stands where log text does.
pub(crate) fn incidents(named: &str) -> Incidents {
    let incident = |id: &str, tenant: &str, severity: &str| {
        serde_json::json!({
            "id": id, "title": format!("Access to mail by {named}"), "severity": severity, "confidence": "medium",
            "why": "Severity is that of the gravest finding. Confidence is that of the surest.", "tenants": [tenant],
            "finding_ids": ["f1", "f2"],
            "story": [
                {"time": "2023-06-16T08:00:00Z", "step": "entry", "text": format!("A consent to {named}"), "finding_ids": ["f1"]},
                {"time": null, "step": "cover_up", "text": "Messages deleted", "finding_ids": ["f2"]},
            ],
            "mailboxes": [{"mailbox": named, "tenant": tenant, "verdict": "recorded access", "messages": {"lower": null, "upper": null, "upper_reason": "not counted yet"}, "classes": null}],
            "dwell": {"earliest_possible": null, "first_recorded": "2023-06-16T08:00:00Z", "last_recorded": "2023-07-01T08:00:00Z", "detected": null, "contained": null, "left_censored": true, "basis": "records"},
            "entry": {"class": "consent", "evidence": ["f1"], "text": format!("{named} was let in.")},
            "still_active": {"state": "no further record after 2023-07-01T08:00:00Z", "as_of": "2023-07-16T08:00:00Z"},
        })
    };
    let all = serde_json::json!({
        "schema": "waxseal.incidents/v1",
        "totals": {"tenants": 2, "accounts": 1, "mailboxes": 2, "messages": {"lower": null, "upper": null, "upper_reason": "not counted yet"}},
        "incidents": [incident("aa11", TENANT, "critical"), incident("bb22", "other-tenant", "medium")],
        "campaigns": [{"id": "cc33", "incident_ids": ["aa11", "bb22"], "shared": [{"kind": "address", "value": "192.0.2.7"}], "tenants": [TENANT, "other-tenant"]}],
    });
    serde_json::from_value(all).expect("the sample is of the schema")
}

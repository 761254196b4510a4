//! The steps, one by one.

use std::fs;
use std::path::Path;

use waxseal_case::report_formats::{Page, Report as _, Text};
use waxseal_case::{Case, CaseError, DetectRequest, IngestError, IngestRequest, Input, Operator, Silent, TableFormat, verify};
use waxseal_model::{Compared, Nanos};

/// A clock that stands still.
pub(crate) fn operator() -> Operator {
    Operator { name: "tester".to_owned(), host: "bench".to_owned(), clock: || Nanos(1_767_225_600_000_000_000) }
}

fn request(path: &Path) -> IngestRequest {
    IngestRequest {
        inputs: vec![Input::Path(path.to_owned())],
        tenant: None,
        date_order: None,
        keep_originals: true,
        threads: 2,
        memory_bytes: 64 << 20,
    }
}

fn open(dir: &Path) -> Case {
    Case::open_or_create(dir, &operator(), 2, 256 << 20).unwrap()
}

fn rows(case: &Case, query: &str) -> String {
    let mut out = Vec::new();
    case.sql(query, TableFormat::Csv, &mut out).unwrap();
    String::from_utf8(out).unwrap().lines().skip(1).collect::<Vec<_>>().join("\n")
}

const AUDIT: &str = r#"{"id":"Directory_1_A","category":"UserManagement","correlationId":"c","result":"success","activityDisplayName":"Add user","activityDateTime":"2026-01-02T03:04:05Z","initiatedBy":{"user":{"userPrincipalName":"ada@contoso.example"}},"targetResources":[]}"#;
const BARE: &str = r#"{"CreationTime":"2026-01-02T03:04:05","Operation":"Send","OrganizationId":"5c2f1e9a-7d34-4b61-8f0e-2a9b6d4c1e70","RecordType":2,"UserType":0,"UserId":"ada@contoso.example","Workload":"Exchange"}"#;

#[test]
fn a_record_that_names_no_tenant_gets_that_of_its_domain_whatever_the_order_of_files() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = folder.path().join("in");
    fs::create_dir(&inputs).unwrap();
    fs::write(inputs.join("a-audits.json"), format!("[{AUDIT}]")).unwrap();
    fs::write(inputs.join("b-mail.jsonl"), BARE).unwrap();
    let mut case = open(&folder.path().join("case"));
    case.ingest(&request(&inputs), &Silent).unwrap();
    assert_eq!(rows(&case, "select distinct tenant from events"), "\"5c2f1e9a-7d34-4b61-8f0e-2a9b6d4c1e70\"");
}

#[test]
fn a_tenant_that_nothing_tells_is_marked_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("audits.json");
    fs::write(&input, AUDIT).unwrap();
    let mut case = open(&folder.path().join("case"));
    case.ingest(&request(&input), &Silent).unwrap();
    let account = case.account();
    assert!(account.tenants[0].tenant.starts_with("unknown-") && account.tenants[0].inferred, "{:?}", account.tenants);
}

#[test]
fn records_without_an_id_are_never_merged() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("1.jsonl"), folder.path().join("2.jsonl"));
    fs::write(&one, format!("{BARE}\n{BARE}\n")).unwrap();
    fs::write(&two, format!("{BARE}\n")).unwrap();
    let mut case = open(&folder.path().join("case"));
    case.ingest(&request(&one), &Silent).unwrap();
    case.ingest(&request(&two), &Silent).unwrap();
    let ids = rows(&case, "select substr(id, strpos(id, '#')) from events order by 1");
    assert_eq!(ids, "\"#1\"\n\"#2\"\n\"#3\"");
}

#[test]
fn a_case_is_used_by_one_program_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("case");
    let first = open(&dir);
    assert!(matches!(Case::open(&dir, &operator(), 1, 64 << 20), Err(CaseError::Lock(_))));
    drop(first);
    Case::open(&dir, &operator(), 1, 64 << 20).unwrap();
}

#[test]
fn settings_that_are_not_understood_are_an_error_and_edits_are_noted() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("case");
    drop(open(&dir));
    fs::write(dir.join("case.toml"), "layout = 1\nname = \"Operation Mouse\"\n").unwrap();
    assert_eq!(open(&dir).answer().unwrap().case_name, "Operation Mouse");
    fs::write(dir.join("case.toml"), "layout = 1\nname = \"x\"\nnmae = \"y\"\n").unwrap();
    assert!(matches!(Case::open(&dir, &operator(), 1, 64 << 20), Err(CaseError::Settings(_))));
    fs::write(dir.join("case.toml"), "layout = 99\nname = \"x\"\n").unwrap();
    let error = Case::open(&dir, &operator(), 1, 64 << 20).unwrap_err();
    assert!(error.to_string().contains("newer waxseal"), "{error}");
}

fn detect(case: &mut Case) {
    case.detect(&DetectRequest::default(), &Silent).unwrap();
}

fn gaps(case: &Case) -> String {
    let answer = case.answer().unwrap();
    let mut text = Vec::new();
    Text::on(Page::PLAIN).render(&answer.facts(), &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn what_was_read_after_the_detections_ran_is_told_until_they_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("1.jsonl"), folder.path().join("2.jsonl"));
    fs::write(&one, format!("{BARE}\n")).unwrap();
    fs::write(&two, format!("{BARE}\n{BARE}\n")).unwrap();
    let mut case = open(&folder.path().join("case"));
    case.ingest(&request(&one), &Silent).unwrap();
    assert!(gaps(&case).contains("the detections have not been run over what was read"), "{}", gaps(&case));
    detect(&mut case);
    assert_eq!(case.account().unsearched_files, 0);
    case.ingest(&request(&two), &Silent).unwrap();
    let account = case.account();
    assert_eq!((account.unsearched_files, account.unsearched_records), (1, 2));
    let first_screen: String = gaps(&case).lines().take(12).collect::<Vec<_>>().join(" ");
    assert!(first_screen.contains("no detection has run over 1 file with 2 records"), "{first_screen}");
    detect(&mut case);
    assert_eq!(case.account().unsearched_files, 0);
}

/// A record that Exchange wrote of one organisation's own doing.
fn administration(tenant: &str, name: &str) -> String {
    format!(
        r#"{{"CreationTime":"2026-01-02T03:04:05","Id":"{tenant}","Operation":"Set-Mailbox","OrganizationId":"{tenant}","OrganizationName":"{name}","RecordType":1,"UserType":2,"UserId":"ada@{name}.example","Workload":"Exchange"}}"#
    )
}

const ONE: &str = "5c2f1e9a-7d34-4b61-8f0e-2a9b6d4c1e70";
const TWO: &str = "7d3f2e9a-7d34-4b61-8f0e-2a9b6d4c1e71";

fn two_organisations(folder: &Path) -> Case {
    let logs = folder.join("logs.jsonl");
    let records = [administration(ONE, "Contoso.onmicrosoft.com"), administration(TWO, "fabrikam.onmicrosoft.com")];
    fs::write(&logs, records.join("\n")).unwrap();
    let mut case = open(&folder.join("case"));
    case.ingest(&request(&logs), &Silent).unwrap();
    case
}

#[test]
fn settings_of_an_organisation_are_known_by_its_first_domain() {
    let folder = tempfile::tempdir().unwrap();
    let mut case = two_organisations(folder.path());
    let settings = folder.path().join("organization.json");
    let path = "EURPR04A009.PROD.OUTLOOK.COM/Microsoft Exchange Hosted Organizations/fabrikam.onmicrosoft.com - EURPR04A009";
    let log = format!(r#"{{"Identity":"Admin Audit Log Settings","OrganizationId":"{path}","UnifiedAuditLogIngestionEnabled":false}}"#);
    fs::write(&settings, format!(r#"[{{"Identity":"contoso.onmicrosoft.com","AuditDisabled":true}},{log}]"#)).unwrap();
    case.ingest(&request(&settings), &Silent).unwrap();
    let tenants = rows(&case, "select tenant from events where log_class = 'config.mailbox_audit' order by 1");
    assert_eq!(tenants, format!("\"{ONE}\"\n\"{TWO}\""));
    assert!(case.account().stray_settings.is_empty());
}

#[test]
fn settings_of_nobody_are_told_until_they_are_read_again_for_a_tenant() {
    let folder = tempfile::tempdir().unwrap();
    let mut case = two_organisations(folder.path());
    let settings = folder.path().join("log.json");
    fs::write(&settings, r#"{"Identity":"Admin Audit Log Settings","UnifiedAuditLogIngestionEnabled":false}"#).unwrap();
    case.ingest(&request(&settings), &Silent).unwrap();
    let account = case.account();
    assert_eq!(account.stray_settings, [settings.display().to_string()]);
    assert!(account.files.iter().any(|file| file.notes.iter().any(|note| note.contains("--tenant"))), "{:?}", account.files);
    assert!(gaps(&case).contains("the settings of 1 file belong to no known organisation"));
    let given = IngestRequest { tenant: Some(TWO.to_owned()), ..request(&settings) };
    assert!(case.ingest(&given, &Silent).unwrap(), "it is read again");
    assert!(case.account().stray_settings.is_empty());
    assert_eq!(rows(&case, &format!("select count(*) from events where tenant = '{TWO}' and log_class = 'config.mailbox_audit'")), "\"1\"");
    assert!(!case.ingest(&given, &Silent).unwrap(), "and once only");
    drop(case);
    let verified = verify(&folder.path().join("case"), 2, 256 << 20).unwrap();
    assert!(verified.problems.is_empty(), "{:?}", verified.problems);
}

#[test]
fn a_replaced_copy_is_no_event_of_its_tenant() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("1.jsonl"), folder.path().join("2.jsonl"));
    let record = administration(ONE, "contoso.onmicrosoft.com");
    fs::write(&one, &record).unwrap();
    fs::write(&two, record.replace("\"Workload\"", "\"ObjectId\":\"the fuller copy says more\",\"Workload\"")).unwrap();
    let mut case = open(&folder.path().join("case"));
    case.ingest(&request(&one), &Silent).unwrap();
    case.ingest(&request(&two), &Silent).unwrap();
    assert_eq!(rows(&case, "select count(*) from event_rows"), "\"2\"", "the test needs a copy that was replaced");
    assert_eq!(rows(&case, "select count(*) from events"), "\"1\"");
    assert_eq!(case.account().tenants.iter().map(|seen| seen.events).sum::<u64>(), 1);
}

#[test]
fn names_in_the_settings_that_fit_nothing_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("case");
    let logs = folder.path().join("logs.jsonl");
    fs::write(&logs, BARE.replace("\"Workload\"", "\"MailboxOwnerUPN\":\"ada@contoso.example\",\"Workload\"")).unwrap();
    open(&dir).ingest(&request(&logs), &Silent).unwrap();
    let set =
        format!("high_value = [\"Ada@contoso.example\", \"nobody@contoso.example\"]\nshare_between_tenants = [[\"{ONE}\", \"nosuch\"]]\n");
    fs::write(dir.join("case.toml"), format!("layout = 1\nname = \"x\"\n{set}")).unwrap();
    let covers = "[[covers]]\ntenant = \"nowhere\"\nclass = \"signin\"\nfrom = \"2026-01-01T00:00:00Z\"\nto = \"2026-01-02T00:00:00Z\"\n";
    fs::write(dir.join("coverage.toml"), covers).unwrap();
    let mut case = open(&dir);
    detect(&mut case);
    let expected = ["high_value: nobody@contoso.example", "share_between_tenants: nosuch", "coverage.toml: tenant nowhere"];
    assert_eq!(case.account().unmatched, expected);
    // Reports tell whose incidents were compared when the detections ran, whatever is set since.
    assert_eq!(case.answer().unwrap().compared, Compared::Lists);
    drop(case);
    fs::write(dir.join("case.toml"), "layout = 1\nname = \"x\"\nshare_between_tenants = false\n").unwrap();
    let mut case = open(&dir);
    assert_eq!(case.answer().unwrap().compared, Compared::Lists);
    detect(&mut case);
    assert_eq!(case.answer().unwrap().compared, Compared::None);
}

#[test]
fn an_edited_case_toml_is_remarked_and_the_rest_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("case");
    let logs = folder.path().join("logs.jsonl");
    fs::write(&logs, BARE).unwrap();
    open(&dir).ingest(&request(&logs), &Silent).unwrap();
    fs::write(dir.join("case.toml"), "layout = 1\nname = \"Operation Mouse\"\n").unwrap();
    let verified = verify(&dir, 2, 256 << 20).unwrap();
    assert!(verified.problems.is_empty() && verified.cannot_tell.is_empty(), "{verified:?}");
    assert_eq!((verified.events, verified.remarks.len()), (1, 1), "{verified:?}");
}

#[test]
fn a_folder_without_a_file_is_an_error_alone_and_told_beside_others() {
    let folder = tempfile::tempdir().unwrap();
    let (empty, logs) = (folder.path().join("empty"), folder.path().join("logs.jsonl"));
    fs::create_dir_all(empty.join("inner")).unwrap();
    fs::write(&logs, BARE).unwrap();
    let mut case = open(&folder.path().join("case"));
    let error = case.ingest(&request(&empty), &Silent).unwrap_err();
    assert!(matches!(&error, CaseError::Ingest(IngestError::Empty(_))) && error.to_string().starts_with("no file in "), "{error}");
    let both = IngestRequest { inputs: vec![Input::Path(logs), Input::Path(empty)], ..request(folder.path()) };
    case.ingest(&both, &Silent).unwrap();
    assert_eq!(case.account().failed.len(), 1);
}

#[test]
fn a_declaration_among_the_inputs_is_known_and_says_where_it_counts() {
    let folder = tempfile::tempdir().unwrap();
    let declared = folder.path().join("coverage.toml");
    fs::write(&declared, "[[covers]]\nclass = \"signin\"\nfrom = \"2026-01-01T00:00:00Z\"\nto = \"2026-01-02T00:00:00Z\"\n").unwrap();
    let mut case = open(&folder.path().join("case"));
    case.ingest(&request(&declared), &Silent).unwrap();
    let account = case.account();
    assert!(account.complete() && account.files[0].notes[0].contains("--coverage"), "{:?}", account.files);
}

#[test]
fn a_list_without_an_indicator_is_refused_and_does_not_stay() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("sign-ins.json");
    fs::write(&list, r#"{"value":[{"id":"a","ipAddress":"203.0.113.7"}]}"#).unwrap();
    let mut case = open(&folder.path().join("case"));
    let error = case.detect(&DetectRequest { indicators: vec![list], ..DetectRequest::default() }, &Silent).unwrap_err();
    assert!(error.to_string().contains("there is no indicator in"), "{error}");
    assert!(case.indicator_lists().unwrap().is_empty());
}

#[test]
fn a_case_without_its_settings_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, logs) = (folder.path().join("case"), folder.path().join("logs.jsonl"));
    fs::write(&logs, BARE).unwrap();
    open(&dir).ingest(&request(&logs), &Silent).unwrap();
    fs::remove_file(dir.join("case.toml")).unwrap();
    for error in
        [Case::open(&dir, &operator(), 1, 64 << 20).unwrap_err(), Case::open_or_create(&dir, &operator(), 1, 64 << 20).unwrap_err()]
    {
        assert!(matches!(error, CaseError::NoSettings(_)), "{error}");
    }
    assert!(matches!(Case::open(folder.path(), &operator(), 1, 64 << 20), Err(CaseError::None(_))));
    assert!(matches!(Case::open_or_create(folder.path(), &operator(), 1, 64 << 20), Err(CaseError::NotACase(_))));
}

//! The steps, one by one.

use std::fs;
use std::path::Path;

use waxseal_case::{Case, CaseError, IngestRequest, Input, Operator, Silent, TableFormat};
use waxseal_model::Nanos;

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

use waxseal_case::*;
fn now() -> waxseal_model::Nanos { waxseal_model::Nanos(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as i64) }
fn main() {
    let mut args = std::env::args().skip(1).peekable();
    let verb = args.next().unwrap();
    let (mut paths, mut case, mut q) = (vec![], "waxseal-case".to_string(), vec![]);
    let mut originals = true; let mut ingest_only = false; let mut only = vec![];
    while let Some(a) = args.next() { match a.as_str() { "--case" => case = args.next().unwrap(), "--quiet" => {}, "--no-originals" => originals = false, "--only" => only.push(args.next().unwrap()), "--ingest-only" => ingest_only = true, _ => { q.push(a.clone()); paths.push(Input::Path(a.into())) } } }
    let op = Operator { name: "me".into(), host: "h".into(), clock: now };
    let t = std::time::Instant::now();
    match verb.as_str() {
        "hunt" => {
            let mut c = Case::open_or_create(case.as_ref(), &op, 2, 1 << 30).unwrap();
            let r = c.ingest(&IngestRequest { inputs: paths, tenant: None, date_order: None, keep_originals: originals, threads: 2, memory_bytes: 1 << 30 }, &Silent);
            if let Err(e) = r { eprintln!("{e}"); std::process::exit(2); }
            eprintln!("ingest {:?}", t.elapsed());
            if ingest_only { return; }
            c.detect(&DetectRequest { only: only.clone(), ..Default::default() }, &Silent).unwrap();
            eprintln!("detect {:?}", t.elapsed());
            c.report(&Silent).unwrap();
            eprintln!("report {:?}", t.elapsed());
            let a = c.answer().unwrap();
            for f in &a.findings { println!("{} {} {} n={} {:?} {}", f.severity, f.confidence, f.detection, f.event_count, f.accounts, f.explanation); }
            for n in &a.account.not_run { println!("not run {} {:?} {}", n.detection, n.tenant, n.reason); }
            println!("rows {} read {} dup {} rej {} trunc {} failed {:?}", a.account.total(|f| f.rows), a.account.total(|f| f.read), a.account.total(|f| f.duplicates), a.account.total(|f| f.rejected), a.account.total(|f| f.truncated), a.account.failed);
        }
        "sql" => { let c = Case::open(case.as_ref(), &op, 2, 1 << 30).unwrap(); let n = c.sql(&q[0], TableFormat::Text, &mut std::io::stdout()); println!("{n:?}"); }
        "test" => { for r in test_detections(&[], &op, &Silent).unwrap() { println!("{} {} {:?}", r.sample, r.findings, r.problems); } }
        "verify" => println!("{:#?}", verify(case.as_ref(), 2, 1 << 30).unwrap()),
        _ => {}
    }
    eprintln!("total {:?}", t.elapsed());
}

use crate::table::table;
use waxseal_detect::{DetectionFile, DetectionSet, run, lint};
use waxseal_model::Nanos;
#[tokio::test]
async fn scratch() {
    let mut files = vec![];
    for d in ["m365", "entra"] { for e in std::fs::read_dir(format!("/work/main/detections/{d}")).unwrap() { let p = e.unwrap().path(); if p.extension().is_some_and(|x| x == "sql") { files.push(DetectionFile { origin: p.to_string_lossy().into_owned(), text: std::fs::read_to_string(&p).unwrap() }); } } }
    let set = DetectionSet::load(files).unwrap();
    println!("{:?}", lint(&set).await);
    for path in std::fs::read_to_string("/tmp/scratch/list").unwrap().lines() {
        let events: Vec<serde_json::Value> = std::fs::read_to_string(path).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        let t = table(&events).await;
        let started = std::time::Instant::now();
        let found = run(&t.ctx, &set, Nanos::parse("2200-01-01T00:00:00Z").unwrap()).await.unwrap();
        println!("## {path} {} events, {} findings, {:?}", events.len(), found.findings.len(), started.elapsed());
        for n in &found.not_run { if !n.reason.contains("no record of") { println!("NOTRUN {} {}", n.detection, n.reason); } }
        let out: Vec<String> = found.findings.iter().map(|f| serde_json::to_string(f).unwrap()).collect();
        std::fs::write(format!("{path}.findings"), out.join("\n")).unwrap();
        for f in &found.findings { println!("{} {} n={} {} {}", f.detection, f.severity, f.event_count, f.first_time.map(|t| t.to_string()).unwrap_or_default(), f.explanation); }
    }
}

use crate::table::table;
use datafusion::execution::options::ParquetReadOptions;
use datafusion::prelude::{SessionConfig, SessionContext};
use waxseal_detect::{DetectionFile, DetectionSet, functions, run};
use waxseal_model::Nanos;
#[tokio::test(flavor = "multi_thread")]
async fn scratch() {
    let mut files = vec![];
    for d in ["m365", "entra"] { for e in std::fs::read_dir(format!("/work/main/detections/{d}")).unwrap() { let p = e.unwrap().path(); if p.extension().is_some_and(|x| x == "sql") { files.push(DetectionFile { origin: p.to_string_lossy().into_owned(), text: std::fs::read_to_string(&p).unwrap() }); } } }
    let events: Vec<serde_json::Value> = std::fs::read_to_string("/tmp/scratch/invictus.jsonl").unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let t = table(&events).await;
    if !std::path::Path::new("/tmp/scratch/big.parquet").try_exists().unwrap() {
        t.ctx.sql("COPY (SELECT * REPLACE (concat(id, '-', n) AS id, concat(tenant, '-', n % 5) AS tenant, arrow_cast(arrow_cast(time, 'Int64') + n * 86400000000000, 'Timestamp(Nanosecond, Some(\"UTC\"))') AS time) FROM events CROSS JOIN (SELECT value AS n FROM generate_series(1, 1000))) TO '/tmp/scratch/big.parquet' STORED AS PARQUET").await.unwrap().collect().await.unwrap();
    }
    for push in [false, true] {
        let mut config = SessionConfig::new();
        config.options_mut().execution.parquet.pushdown_filters = push;
        let ctx = SessionContext::new_with_config(config);
        functions().into_iter().for_each(|f| ctx.register_udf(f));
        ctx.register_parquet("events", "/tmp/scratch/big.parquet", ParquetReadOptions::default()).await.unwrap();
        for file in &files {
            let set = DetectionSet::load([file.clone()]).unwrap();
            let started = std::time::Instant::now();
            let found = run(&ctx, &set, Nanos::parse("2200-01-01T00:00:00Z").unwrap()).await.unwrap();
            println!("pushdown {push} {:?} {} findings, {} events {:?}", file.origin.rsplit('/').next(), found.findings.len(), found.findings.iter().map(|f| f.event_count).sum::<u64>(), started.elapsed());
            for n in &found.not_run { if !n.reason.contains("no record of") { println!("NOTRUN {} {}", n.detection, n.reason); } }
        }
    }
}

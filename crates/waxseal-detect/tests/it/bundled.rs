//! The detections that come with the program.

use std::collections::BTreeSet;

use serde_json::Value;
use waxseal_detect::{DetectionSet, bundled_samples, lint};

#[tokio::test]
async fn every_bundled_detection_loads_and_plans() {
    let set = DetectionSet::bundled().unwrap();
    assert!(!set.is_empty());
    assert_eq!(lint(&set).await, []);
}

#[test]
fn every_bundled_detection_has_a_sample_that_expects_it() {
    let set = DetectionSet::bundled().unwrap();
    let mut expected = BTreeSet::new();
    for sample in bundled_samples() {
        let first: Value = serde_json::from_str(sample.text.lines().next().unwrap()).unwrap();
        let own = sample.origin.trim_start_matches("detections/").trim_end_matches(".events.jsonl").replace('/', ".");
        let named: Vec<_> = first["sample"]["expect"].as_array().unwrap().iter().map(|e| e["detection"].as_str().unwrap()).collect();
        assert!(named.contains(&own.as_str()), "{} does not expect a finding of its own detection", sample.origin);
        expected.insert(own);
    }
    assert_eq!(expected, set.iter().map(|detection| detection.meta.id.clone()).collect());
}

#[test]
fn every_line_of_a_sample_is_json_and_every_expected_record_is_there() {
    for sample in bundled_samples() {
        let lines: Vec<Value> = sample.text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{}: {e}", sample.origin))).collect();
        let ids: Vec<_> = lines[1..].iter().filter_map(|record| record["Id"].as_str().or(record["id"].as_str()).or(record["properties"]["id"].as_str())).collect();
        for expected in lines[0]["sample"]["expect"].as_array().unwrap() {
            let primary = expected["primary"].as_str().unwrap();
            assert!(ids.contains(&primary), "{}: no record {primary}", sample.origin);
        }
    }
}

#[test]
fn no_text_of_a_detection_says_more_than_logs_can() {
    for detection in DetectionSet::bundled().unwrap().iter() {
        let meta = &detection.meta;
        let texts = [&meta.title, &meta.why, &meta.verdict_reason, &meta.explanation].into_iter().chain(&meta.looked_for).chain(&meta.cannot_exclude);
        for text in texts {
            for word in ["not accessed", "safe", "was read", "were read"] {
                assert!(!text.to_lowercase().contains(word), "{}: {text}", meta.id);
            }
        }
    }
}

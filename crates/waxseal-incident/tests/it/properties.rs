//! What holds of any findings.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use waxseal_incident::{Known, assemble};
use waxseal_model::{CATEGORIES, Confidence, Coverage, Finding, Nanos, Severity};

use crate::given::{HOUR, finding, known};

fn times() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![8 => (0_i64..500).prop_map(|hours| Some(hours * HOUR)), 1 => Just(None), 1 => any::<i64>().prop_map(Some)]
}

fn names(texts: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    vec(select(texts).prop_map(str::to_owned), 0..3)
}

prop_compose! {
    fn any_finding()(
        id in "[a-f0-9]{2}",
        category in select(CATEGORIES),
        tenant in select(vec!["contoso", "fabrikam", ""]),
        severity in select(Severity::ALL),
        confidence in select(Confidence::ALL),
        times in (times(), times()),
        event_ids in vec("[a-z]", 0..3),
        accounts in names(&["anna@contoso.example", "Anna@contoso.example", "bert@contoso.example", "", "carl"]),
        mailboxes in names(&["anna@contoso.example", "office@contoso.example", ""]),
        apps in names(&["6f1d3c2a-0000-4000-8000-123456789abc", "Handy Mail", "00000003-0000-0000-c000-000000000000"]),
        ips in names(&["203.0.113.66", "203.0.113.70", "::ffff:203.0.113.66", "192.0.2.10", "10.0.0.1", "no address", "2001:db8::1"]),
        sessions in names(&["s1", "S1", "s2", "00000000-0000-0000-0000-000000000000"]),
        coverage in select(vec![Coverage::Full, Coverage::Partial, Coverage::None, Coverage::Unknown]),
        verdict in select(vec!["recorded access", "possible access (a)", "not assessable", "safe", ""]),
    ) -> Finding {
        Finding {
            tenant: tenant.to_owned(), severity, confidence, first_time: times.0.map(Nanos), last_time: times.1.map(Nanos), event_ids,
            accounts, mailboxes, apps, ips, sessions, coverage, verdict: verdict.to_owned(),
            ..finding(&id, category, 0)
        }
    }
}

/// One finding of each id in a tenant, as the input is meant to be.
fn distinct(findings: &[Finding]) -> Vec<Finding> {
    let by_id: BTreeMap<_, _> = findings.iter().map(|f| ((f.tenant.clone(), f.id.clone()), f.clone())).collect();
    by_id.into_values().collect()
}

proptest! {
    #[test]
    fn the_order_of_findings_changes_nothing(
        (findings, shuffled) in vec(any_finding(), 0..25).prop_flat_map(|f| (Just(f.clone()), Just(f).prop_shuffle())),
        now in any::<i64>(),
    ) {
        let bytes = |findings: &[Finding]| serde_json::to_string(&assemble(findings, &known(), Nanos(now))).unwrap();
        prop_assert_eq!(bytes(&findings), bytes(&shuffled));
    }

    #[test]
    fn every_grave_finding_is_in_one_incident_and_every_incident_has_one(findings in vec(any_finding(), 0..25)) {
        let findings = distinct(&findings);
        let assembled = assemble(&findings, &Known::default(), Nanos(0));
        let mut seen = BTreeSet::new();
        for incident in &assembled.incidents {
            let tenant = &incident.tenants[0];
            prop_assert_eq!(incident.tenants.len(), 1);
            let member = |id: &String| findings.iter().find(|f| f.id == *id && f.tenant == *tenant).unwrap();
            prop_assert!(incident.finding_ids.iter().any(|id| member(id).severity >= Severity::Medium));
            for id in &incident.finding_ids {
                prop_assert!(seen.insert((tenant.clone(), id.clone())), "{} is in two incidents", id);
            }
            let joined: BTreeSet<&String> = incident.joined.iter().map(|joined| &joined.finding).collect();
            prop_assert_eq!(joined.into_iter().collect::<Vec<_>>(), incident.finding_ids.iter().collect::<Vec<_>>());
            prop_assert_eq!(incident.joined.iter().filter(|joined| joined.joined_by.is_none()).count(), 1);
            let told: BTreeSet<&String> = incident.story.iter().flat_map(|step| &step.finding_ids).collect();
            prop_assert_eq!(told.len(), incident.finding_ids.len());
        }
        for grave in findings.iter().filter(|f| f.severity >= Severity::Medium) {
            prop_assert!(seen.contains(&(grave.tenant.clone(), grave.id.clone())), "{} is in none", grave.id);
        }
    }

    #[test]
    fn low_findings_tie_no_incidents(findings in vec(any_finding(), 0..25)) {
        // Sign-ins and ordinary work tell of addresses; other low findings change nothing about the grave ones.
        let findings: Vec<Finding> = distinct(&findings).into_iter().map(|f| Finding { ips: Vec::new(), ..f }).collect();
        let grave: Vec<Finding> = findings.iter().filter(|f| f.severity >= Severity::Medium).cloned().collect();
        let only_grave = |findings: &[Finding]| {
            let known: BTreeSet<(&String, &String)> = grave.iter().map(|f| (&f.tenant, &f.id)).collect();
            let mut groups: Vec<Vec<String>> = assemble(findings, &Known::default(), Nanos(0))
                .incidents
                .into_iter()
                .map(|i| i.finding_ids.into_iter().filter(|id| known.contains(&(&i.tenants[0], id))).collect())
                .collect();
            groups.sort();
            groups
        };
        prop_assert_eq!(only_grave(&findings), only_grave(&grave));
    }

    #[test]
    fn the_json_reads_back(findings in vec(any_finding(), 0..15)) {
        let assembled = assemble(&findings, &known(), Nanos(0));
        let json = serde_json::to_string(&assembled).unwrap();
        prop_assert_eq!(serde_json::from_str::<waxseal_model::Incidents>(&json).unwrap(), assembled);
    }
}

#[test]
fn a_hundred_thousand_findings_are_assembled() {
    let person = |n: usize| format!("p{}@contoso.example", n % 700);
    let findings: Vec<Finding> = (0..100_000)
        .map(|n| Finding {
            severity: if n % 5 == 0 { Severity::Medium } else { Severity::Low },
            accounts: vec![person(n)],
            mailboxes: vec![person(n)],
            ips: vec![format!("203.0.{}.{}", n % 3, n % 250)],
            sessions: vec![format!("s{}", n / 3)],
            apps: vec![format!("app-{}", n % 40)],
            ..finding(&format!("{n:05}"), CATEGORIES[n % CATEGORIES.len()], (n % 8_000) as i64)
        })
        .collect();
    let assembled = assemble(&findings, &known(), Nanos(0));
    assert!(assembled.incidents.iter().map(|incident| incident.finding_ids.len()).sum::<usize>() >= 20_000);
}

#[test]
fn one_incident_of_a_hundred_thousand_findings_is_assembled() {
    let findings: Vec<Finding> = (0..100_000)
        .map(|n| Finding {
            accounts: vec!["anna@contoso.example".to_owned()],
            ips: vec![format!("203.{}.{}.{}", n % 200, n / 200 % 250, n % 7)],
            sessions: vec!["s".to_owned()],
            ..finding(&format!("{n:05}"), CATEGORIES[n % CATEGORIES.len()], (n % 100) as i64)
        })
        .collect();
    assert_eq!(assemble(&findings, &known(), Nanos(0)).incidents.len(), 1);
}

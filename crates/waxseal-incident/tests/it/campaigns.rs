//! Incidents of several tenants.

use waxseal_model::JoinKind;

use crate::given::{ANNA, APP, BERT, INTRUDER, With as _, assembled, finding};

const THERE: &str = "dora@fabrikam.example";

#[test]
fn one_address_in_two_tenants_is_a_campaign() {
    let findings = [
        finding("a", "token_never_issued", 0).mailbox(ANNA).ip(INTRUDER),
        finding("b", "token_never_issued", 90).mailbox(THERE).ip(INTRUDER).tenant("fabrikam"),
        finding("c", "token_never_issued", 90).mailbox(BERT).ip("198.51.100.200"),
    ];
    let incidents = assembled(&findings);
    assert_eq!(incidents.incidents.len(), 3);
    let [campaign] = incidents.campaigns.as_slice() else { panic!("one campaign") };
    assert_eq!(campaign.tenants, ["contoso", "fabrikam"]);
    assert_eq!(campaign.incident_ids.len(), 2);
    let address = campaign.shared.iter().find(|shared| shared.kind == JoinKind::Address && shared.value == INTRUDER).expect("the address");
    let seen: Vec<&str> = address.seen.iter().map(|seen| seen.tenant.as_str()).collect();
    assert_eq!(seen.iter().copied().collect::<std::collections::BTreeSet<_>>(), ["contoso", "fabrikam"].into());
    assert!(address.seen.is_sorted_by_key(|seen| seen.first) && address.seen.iter().all(|seen| seen.first <= seen.last));
    let incidents: Vec<&String> = address.seen.iter().flat_map(|seen| &seen.incident_ids).collect();
    assert_eq!(incidents.len(), 2);
}

#[test]
fn an_address_of_the_owner_is_no_campaign() {
    let consent = |id, tenant| finding(id, "oauth_consent", 0).account(ANNA).ip("192.0.2.10").tenant(tenant);
    assert!(assembled(&[consent("a", "contoso"), consent("b", "fabrikam")]).campaigns.is_empty());
}

#[test]
fn one_application_is_a_campaign_where_it_is_rare_in_each_tenant() {
    let consent = |id, tenant| finding(id, "oauth_consent", 0).account(id).app(APP).app("Handy Mail").tenant(tenant);
    let findings = vec![consent("a", "contoso"), consent("b", "fabrikam")];
    assert_eq!(assembled(&findings).campaigns.len(), 1);
    let mut usual = findings;
    usual.push(finding("u", "app_mail_access", 3_000).app(APP).low().tenant("fabrikam"));
    assert!(assembled(&usual).campaigns.is_empty());
}

#[test]
fn a_name_of_an_application_is_no_campaign() {
    let consent = |id, tenant| finding(id, "oauth_consent", 0).account(id).app("Handy Mail").tenant(tenant);
    assert!(assembled(&[consent("a", "contoso"), consent("b", "fabrikam")]).campaigns.is_empty());
}

#[test]
fn neighbouring_addresses_are_a_campaign_only_with_the_same_way_in() {
    let token = |id, ip, tenant| finding(id, "token_never_issued", 0).mailbox(id).ip(ip).tenant(tenant);
    let (here, there) = (token("a", "203.0.113.66", "contoso"), token("b", "203.0.113.70", "fabrikam"));
    assert_eq!(assembled(&[here.clone(), there]).campaigns.len(), 1);
    assert!(assembled(&[here.clone(), token("b", "203.0.113.90", "fabrikam")]).campaigns.is_empty(), "too far");
    let other = finding("b", "takeover_signin", 0).account("b").ip("203.0.113.70").tenant("fabrikam");
    assert!(assembled(&[here, other]).campaigns.is_empty());
}

//! Every kind leaves what it is said to leave, in many worlds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::Value;

use super::*;
use crate::clock::{Day, secs_between, whole_second};
use crate::parameters::Parameters;
use crate::token::Wallet;
use crate::world::World;

/// What a kind always leaves, and what it leaves now and then: class and operation, `signs in` for any sign-in.
struct Leaves {
    always: &'static [(&'static str, &'static str)],
    sometimes: &'static [(&'static str, &'static str)],
    /// How messages are accessed.
    how: &'static [&'static str],
}

const BIND: (&str, &str) = ("ual.mia.bind", "MailItemsAccessed");
const SYNC: (&str, &str) = ("ual.mia.sync", "MailItemsAccessed");
const PROMPT: (&str, &str) = ("signin.interactive", "Sign-in activity");
const RENEWAL: (&str, &str) = ("signin.noninteractive", "Sign-in activity");
const OWN_TOKEN: (&str, &str) = ("signin.service_principal", "Sign-in activity");
const LOGON: (&str, &str) = ("ual.sts", "UserLoggedIn");
const FAILED: (&str, &str) = ("ual.sts", "UserLoginFailed");
const CALL: (&str, &str) = ("graph.calls", "Microsoft Graph Activity");

const fn leaves(
    always: &'static [(&'static str, &'static str)],
    sometimes: &'static [(&'static str, &'static str)],
    how: &'static [&'static str],
) -> Leaves {
    Leaves { always, sometimes, how }
}

fn expected(kind: &str) -> Leaves {
    match kind {
        "stolen_session" => leaves(&[BIND, RENEWAL], &[("ual.sharepoint", "FileDownloaded")], &["bind"]),
        "aitm_rule" => leaves(
            &[PROMPT, LOGON],
            &[
                BIND,
                RENEWAL,
                ("ual.directory", "User registered security info."),
                ("audit.directory", "User registered security info."),
                ("ual.exchange_admin", "New-InboxRule"),
                ("ual.item", "HardDelete"),
                ("ual.item", "Send"),
            ],
            &["bind"],
        ),
        "device_code" => leaves(&[PROMPT, LOGON, FAILED], &[BIND, RENEWAL, CALL], &["bind"]),
        "consent_phishing" | "consent_campaign" => leaves(
            &[
                ("ual.directory", "Add service principal."),
                ("audit.directory", "Add service principal."),
                ("ual.directory", "Add delegated permission grant."),
                ("audit.directory", "Add delegated permission grant."),
                ("ual.directory", "Consent to application."),
                ("audit.directory", "Consent to application."),
            ],
            &[BIND, RENEWAL, CALL],
            &["bind"],
        ),
        "dormant_app_credential" => leaves(
            &[
                PROMPT,
                LOGON,
                ("ual.directory", "Update application – Certificates and secrets management "),
                ("audit.directory", "Update application – Certificates and secrets management "),
            ],
            &[BIND, OWN_TOKEN, CALL],
            &["bind"],
        ),
        "full_access_as_app" => leaves(
            &[
                PROMPT,
                LOGON,
                BIND,
                OWN_TOKEN,
                ("ual.directory", "Add service principal."),
                ("audit.directory", "Add service principal."),
                ("ual.directory", "Add app role assignment to service principal."),
                ("audit.directory", "Add app role assignment to service principal."),
                ("ual.directory", "Consent to application."),
                ("audit.directory", "Consent to application."),
            ],
            &[],
            &["bind"],
        ),
        "spray" => leaves(&[PROMPT, LOGON, FAILED, BIND], &[RENEWAL], &["bind"]),
        "delegate_read" => {
            leaves(&[PROMPT, LOGON, ("ual.exchange_admin", "Add-MailboxPermission")], &[BIND, SYNC, RENEWAL], &["bind", "sync"])
        }
        "forwarding_only" => leaves(&[PROMPT, LOGON, ("ual.exchange_admin", "Set-Mailbox")], &[], &["forwarded"]),
        "transport_rule" => leaves(&[PROMPT, LOGON, ("ual.exchange_admin", "New-TransportRule")], &[], &["forwarded"]),
        "audit_bypass" => {
            leaves(&[PROMPT, LOGON, BIND, ("ual.exchange_admin", "Set-MailboxAuditBypassAssociation")], &[RENEWAL], &["bind"])
        }
        "content_search" => leaves(
            &[
                PROMPT,
                LOGON,
                ("ual.compliance", "SearchCreated"),
                ("ual.compliance", "SearchStarted"),
                ("ual.compliance", "SearchExported"),
            ],
            &[],
            &["exported"],
        ),
        forged if forged.starts_with("forged_") => leaves(&[BIND], &[], &["bind"]),
        other => panic!("what does {other} leave?"),
    }
}

/// A world with several intrusions of every kind, and what they did; those into Google have tests of their own.
struct Played {
    world: World,
    all: Vec<(Intrusion, Deeds)>,
}

impl Played {
    fn new(number: u64, [tenants, mailboxes, days]: [u32; 3]) -> Self {
        let mut parameters = Parameters::default();
        parameters.size.tenants = tenants;
        parameters.size.mailboxes = mailboxes;
        parameters.size.days = days;
        parameters.size.google = 0;
        parameters.mail.received = 12.0;
        parameters.intrusions.each = 3;
        let world = World::new(parameters, number).unwrap();
        let planned = plan(&world).unwrap().into_iter().filter(|intrusion| !intrusion.kind.is_on_google());
        let all = planned.map(|intrusion| (played(&world, &intrusion), intrusion)).map(|(deeds, intrusion)| (intrusion, deeds)).collect();
        Self { world, all }
    }
}

fn played(world: &World, intrusion: &Intrusion) -> Deeds {
    let mut deeds = Deeds::default();
    (intrusion.kind.play)(&Stage { scene: world.scene(intrusion.tenant), intrusion }, &mut deeds);
    deeds
}

/// Played once for all tests: small and short worlds, and larger and longer ones.
static WORLDS: LazyLock<Vec<Played>> = LazyLock::new(|| {
    let sizes = [(1, [2, 10, 8]), (2, [3, 24, 20]), (3, [3, 30, 14]), (4, [4, 12, 9])];
    sizes.into_iter().map(|(number, size)| Played::new(number, size)).collect()
});

/// Looks at what every intrusion of the worlds did.
fn each(mut check: impl FnMut(&World, &Intrusion, &Deeds)) {
    let all = || WORLDS.iter().flat_map(|played| played.all.iter().map(|(intrusion, deeds)| (&played.world, intrusion, deeds)));
    assert!(all().count() > 250);
    all().for_each(|(world, intrusion, deeds)| check(world, intrusion, deeds));
}

/// The same for one kind.
fn each_of(kind: &str, mut check: impl FnMut(&World, &Intrusion, &Deeds)) {
    let mut count = 0;
    each(|world, intrusion, deeds| {
        if intrusion.kind.name == kind {
            check(world, intrusion, deeds);
            count += 1;
        }
    });
    assert!(count >= 12, "{count} of {kind}");
}

fn bodies<'a>(deeds: &'a Deeds, class: &'a str) -> impl Iterator<Item = (&'a Record, Value)> {
    deeds.records.iter().filter(move |record| record.class == class).map(|record| (record, serde_json::from_str(&record.body).unwrap()))
}

fn parameter<'a>(body: &'a Value, name: &str) -> Option<&'a str> {
    body["Parameters"].as_array()?.iter().find(|of| of["Name"] == name)?["Value"].as_str()
}

#[test]
fn a_kind_leaves_what_it_is_said_to_leave_and_nothing_else() {
    let mut seen: BTreeMap<&str, BTreeSet<(&str, &str)>> = BTreeMap::new();
    each(|_, intrusion, deeds| {
        let expected = expected(intrusion.kind.name);
        let found: BTreeSet<_> = deeds.records.iter().map(|record| (record.class, record.operation)).collect();
        for one in expected.always {
            assert!(found.contains(one), "{} lacks {one:?}", intrusion.id);
        }
        for one in &found {
            assert!(expected.always.contains(one) || expected.sometimes.contains(one), "{} has {one:?}", intrusion.kind.name);
        }
        assert!(!deeds.accessed.is_empty(), "{} {} reaches nothing", intrusion.kind.name, intrusion.id);
        assert!(deeds.accessed.iter().all(|accessed| expected.how.contains(&accessed.how)));
        seen.entry(intrusion.kind.name).or_default().extend(found);
    });
    for kind in kinds().filter(|kind| !kind.is_on_google()) {
        for one in expected(kind.name).sometimes {
            assert!(seen[kind.name].contains(one), "{} never has {one:?}", kind.name);
        }
    }
}

/// One intruder keeps office hours of their own, from the day on which the intrusion begins.
fn beginning(intrusion: &Intrusion) -> Nanos {
    if intrusion.kind.name == "forged_campaign" { Day::of(intrusion.start).start() } else { intrusion.start }
}

#[test]
fn records_lie_between_the_beginning_and_the_end_and_have_ids_of_their_own() {
    each(|world, intrusion, deeds| {
        let mut ids = BTreeSet::new();
        for record in &deeds.records {
            assert!(
                record.time >= beginning(intrusion) && record.time < world.end(),
                "{} {} {}",
                intrusion.kind.name,
                record.class,
                record.time
            );
            assert!(ids.insert(&record.id), "{} has {} twice", intrusion.kind.name, record.id);
        }
    });
}

#[test]
fn a_message_is_accessed_after_it_arrived_and_named_by_the_record_that_is_given() {
    each(|world, intrusion, deeds| {
        let records: BTreeMap<&str, &Record> = deeds.records.iter().map(|record| (record.id.as_str(), record)).collect();
        for accessed in &deeds.accessed {
            assert!(accessed.message.received <= accessed.time && accessed.time < world.end(), "{}", intrusion.kind.name);
            assert!(accessed.time >= beginning(intrusion));
            assert_eq!(accessed.record.is_some(), accessed.how == "bind");
            let Some(id) = &accessed.record else { continue };
            let record = records[id.as_str()];
            assert_eq!((record.class, record.mailbox), ("ual.mia.bind", Some(accessed.mailbox)));
            assert_eq!(record.time, whole_second(accessed.time));
            assert!(record.names.contains(&accessed.message.number));
        }
        let named: usize = deeds.records.iter().map(|record| record.names.len()).sum();
        let listed = deeds.accessed.iter().filter(|accessed| accessed.record.is_some()).count();
        // What only makes noise or says that the log falls silent is not access to count.
        assert!(named >= listed && (named == listed || intrusion.kind.name == "forged_throttled"), "{}", intrusion.kind.name);
    });
}

#[test]
fn the_same_intrusion_twice_gives_the_same_bytes() {
    for played_once in WORLDS.iter().step_by(3) {
        for (intrusion, deeds) in &played_once.all {
            assert_eq!(format!("{deeds:?}"), format!("{:?}", played(&played_once.world, intrusion)), "{}", intrusion.kind.name);
        }
    }
}

#[test]
fn what_decides_is_a_class_that_some_stream_has() {
    let classes: BTreeSet<&str> = crate::stream::Stream::ALL.iter().flat_map(|stream| stream.classes()).copied().collect();
    let names: Vec<&str> = kinds().map(|kind| kind.name).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    assert!(kinds().all(|kind| !kind.decided_by.is_empty() && kind.decided_by.iter().all(|class| classes.contains(class))));
}

#[test]
fn tokens_were_issued_by_a_sign_in_unless_they_are_forged() {
    each(|_, intrusion, deeds| {
        let issued: BTreeMap<String, Value> = ["signin.interactive", "signin.noninteractive", "signin.service_principal"]
            .into_iter()
            .flat_map(|class| bodies(deeds, class))
            .map(|(_, body)| (body["uniqueTokenIdentifier"].as_str().unwrap().to_owned(), body))
            .collect();
        for (record, body) in ["ual.mia.bind", "ual.mia.sync"].into_iter().flat_map(|class| bodies(deeds, class)) {
            let Some(uti) = body["AppAccessContext"]["UniqueTokenId"].as_str() else { continue };
            let sign_in = issued.get(uti);
            assert_eq!(sign_in.is_some(), !intrusion.kind.name.starts_with("forged_"), "{}", intrusion.kind.name);
            let Some(sign_in) = sign_in else { continue };
            let at = waxseal_model::Nanos::parse(sign_in["createdDateTime"].as_str().unwrap()).unwrap();
            assert!((-1..2 * HOUR_SECS).contains(&secs_between(at, record.time)), "{} {at} {}", intrusion.kind.name, record.time);
            assert_eq!(body["AppAccessContext"]["ClientAppId"], sign_in["appId"]);
            assert_eq!(sign_in["status"]["errorCode"], 0);
            assert!(body["SessionId"].is_null() || body["SessionId"] == sign_in["sessionId"]);
        }
    });
}

#[test]
fn a_stolen_session_is_the_victims_own_in_another_network() {
    each_of("stolen_session", |world, intrusion, deeds| {
        let tenant = &world.tenants[intrusion.tenant];
        let (_, first) = bodies(deeds, "signin.noninteractive").next().unwrap();
        let person = tenant.people.iter().find(|person| first["userId"] == person.oid.to_string()).unwrap();
        let tokens = world.days().flat_map(|day| Wallet::of(world.scene(intrusion.tenant), person, crate::client::Client::Web, day).today);
        let own: Vec<_> = tokens.filter(|token| first["sessionId"] == token.session.to_string()).collect();
        assert!(!own.is_empty());
        assert!(own.iter().all(|token| first["ipAddress"] != token.place.address));
    });
}

#[test]
fn a_page_in_between_is_followed_within_the_hour_from_a_second_network() {
    each_of("aitm_rule", |_, _, deeds| {
        let (prompt, first) = bodies(deeds, "signin.interactive").next().unwrap();
        assert_eq!(first["authenticationRequirement"], "multiFactorAuthentication");
        let Some((renewal, second)) = bodies(deeds, "signin.noninteractive").next() else { return };
        assert_eq!(first["sessionId"], second["sessionId"]);
        assert_ne!(first["autonomousSystemNumber"], second["autonomousSystemNumber"]);
        assert!(secs_between(prompt.time, renewal.time) < HOUR_SECS);
        for (_, body) in bodies(deeds, "ual.exchange_admin") {
            assert_eq!(parameter(&body, "Name").unwrap().chars().count(), 1);
            assert!(parameter(&body, "MoveToFolder").or(parameter(&body, "DeleteMessage")).is_some());
            assert_eq!(body["SessionId"], first["sessionId"]);
        }
    });
}

#[test]
fn a_device_code_is_pending_and_then_confirmed() {
    each_of("device_code", |_, _, deeds| {
        let prompts: Vec<_> = bodies(deeds, "signin.interactive").map(|(_, body)| body).collect();
        let codes: Vec<_> = prompts.iter().map(|body| body["status"]["errorCode"].as_u64().unwrap()).collect();
        assert_eq!(codes, [50_199, 0]);
        assert!(
            prompts.iter().all(|body| body["authenticationProtocol"] == "deviceCode" && body["originalTransferMethod"] == "deviceCodeFlow")
        );
        for (record, body) in bodies(deeds, "ual.sts") {
            assert!(record.body.contains("Cmsi:Cmsi"));
            assert_eq!(body["ApplicationId"], crate::client::BROKER.to_string());
        }
        for (_, body) in bodies(deeds, "signin.noninteractive") {
            assert_ne!(body["ipAddress"], prompts[0]["ipAddress"], "the tokens go elsewhere");
            assert_eq!(body["originalTransferMethod"], "deviceCodeFlow");
        }
    });
}

#[test]
fn a_campaign_has_one_application_and_one_machine_in_all_its_tenants() {
    for played in WORLDS.iter() {
        let mut of: BTreeMap<&str, Vec<(Value, Value)>> = BTreeMap::new();
        for (intrusion, deeds) in played.all.iter().filter(|(intrusion, _)| intrusion.kind.name == "consent_campaign") {
            let tokens = bodies(deeds, "signin.noninteractive").map(|(_, body)| (body["appId"].clone(), body["ipAddress"].clone()));
            of.entry(intrusion.campaign.as_deref().unwrap()).or_default().extend(tokens);
        }
        assert!(!of.is_empty());
        assert!(of.values().all(|seen| seen.windows(2).all(|pair| pair[0] == pair[1])), "{of:?}");
        let different: BTreeSet<String> = of.values().flatten().map(|(app, _)| app.to_string()).collect();
        assert_eq!(different.len(), of.len(), "campaigns differ from each other");
    }
}

#[test]
fn consent_of_a_person_is_for_themselves() {
    for kind in ["consent_phishing", "consent_campaign"] {
        each_of(kind, |_, _, deeds| {
            for (record, _) in bodies(deeds, "ual.directory").filter(|(record, _)| record.operation == "Consent to application.") {
                assert!(record.body.contains(r#""Name":"ConsentContext.IsAdminConsent","NewValue":"False""#), "{}", record.body);
                assert!(record.body.contains("ConsentType: Principal"));
            }
        });
    }
}

#[test]
fn an_application_signs_in_with_the_credential_it_was_given() {
    each_of("dormant_app_credential", |_, _, deeds| {
        let (change, _) = bodies(deeds, "ual.directory").next().unwrap();
        for (_, body) in bodies(deeds, "signin.service_principal") {
            let key = format!("KeyIdentifier={},", body["servicePrincipalCredentialKeyId"].as_str().unwrap());
            assert_eq!(change.body.matches(&key).count(), 1, "only among the new values");
        }
    });
}

#[test]
fn every_mailbox_or_ten_are_read_with_full_access() {
    each_of("full_access_as_app", |world, intrusion, deeds| {
        let reached: BTreeSet<usize> = deeds.accessed.iter().map(|accessed| accessed.mailbox).collect();
        assert!(reached.len() >= world.tenants[intrusion.tenant].mailboxes.len().min(10), "{}", reached.len());
        assert!(bodies(deeds, "ual.mia.bind").all(|(_, body)| body["LogonType"] == 0 && body["AppId"] == body["ClientAppId"]));
        assert!(deeds.records.iter().any(|record| record.body.contains("full_access_as_app")));
    });
}

#[test]
fn a_spray_fails_at_eight_accounts_before_it_succeeds() {
    each_of("spray", |_, intrusion, deeds| {
        let sign_ins: Vec<_> = bodies(deeds, "signin.interactive").collect();
        let (success, of) = sign_ins.iter().find(|(_, body)| body["status"]["errorCode"] == 0).unwrap();
        let failed = || sign_ins.iter().filter(|(_, body)| body["status"]["errorCode"] != 0);
        let accounts: BTreeSet<String> = failed().map(|(_, body)| body["userId"].to_string()).collect();
        assert!(accounts.len() >= 8 && !accounts.contains(&of["userId"].to_string()));
        assert!(failed().all(|(_, body)| body["autonomousSystemNumber"] == of["autonomousSystemNumber"]));
        assert!(sign_ins.iter().all(|(record, _)| secs_between(intrusion.start, record.time) < HOUR_SECS));
        assert!(failed().filter(|(record, _)| record.time < success.time).count() >= 4);
    });
}

#[test]
fn a_delegate_is_recorded_as_somebody_else() {
    let mut synced = 0;
    each_of("delegate_read", |_, _, deeds| {
        let (_, granted) = bodies(deeds, "ual.exchange_admin").next().unwrap();
        for (_, body) in ["ual.mia.bind", "ual.mia.sync"].into_iter().flat_map(|class| bodies(deeds, class)) {
            assert_eq!(body["LogonType"], 2);
            assert_eq!(body["MailboxOwnerUPN"].as_str(), parameter(&granted, "Identity"));
            assert_eq!(body["UserId"].as_str(), parameter(&granted, "User"));
        }
        synced += bodies(deeds, "ual.mia.sync").count().min(1);
    });
    assert!(synced > 0);
}

#[test]
fn everything_that_arrives_after_the_setting_goes_outside() {
    for kind in ["forwarding_only", "transport_rule"] {
        each_of(kind, |world, intrusion, deeds| {
            let (setting, body) = bodies(deeds, "ual.exchange_admin").next().unwrap();
            let target = parameter(&body, "ForwardingSmtpAddress").or(parameter(&body, "BlindCopyTo")).unwrap();
            assert!(target.ends_with(".example") && world.tenants.iter().all(|tenant| !target.ends_with(&tenant.domain)));
            let reached: BTreeSet<usize> = deeds.accessed.iter().map(|accessed| accessed.mailbox).collect();
            let tenant = &world.tenants[intrusion.tenant];
            let arrived = |number: &usize| {
                let mailbox = &tenant.mailboxes[*number];
                mailbox.all(plus(world.end(), -1)).filter(|message| message.received > setting.time).count()
            };
            let all: usize = reached.iter().map(arrived).sum();
            assert!(all.abs_diff(deeds.accessed.len()) <= 1, "{all} {}", deeds.accessed.len());
        });
    }
}

#[test]
fn no_record_of_access_is_left_where_the_log_is_bypassed() {
    each_of("audit_bypass", |_, _, deeds| {
        let [hole] = deeds.holes.as_slice() else { panic!("one hole") };
        let access = || deeds.records.iter().filter(|record| record.class == "ual.mia.bind");
        assert!(access().count() > 0 && access().all(|record| hole.swallows(record)));
        assert!(deeds.records.iter().filter(|record| record.class == "signin.interactive").count() >= 2);
    });
}

#[test]
fn a_search_exports_the_window_it_asked_for() {
    each_of("content_search", |world, intrusion, deeds| {
        let tenant = &world.tenants[intrusion.tenant];
        let (_, body) = bodies(deeds, "ual.compliance").last().unwrap();
        let searched: Vec<&str> = body["ExchangeLocations"].as_str().unwrap().split(';').collect();
        assert!((2..=4).contains(&searched.len()));
        let since = body["Query"].as_str().unwrap().strip_prefix("received>=").unwrap();
        for accessed in &deeds.accessed {
            assert!(searched.contains(&tenant.mailboxes[accessed.mailbox].upn.as_str()));
            assert!(accessed.message.received.to_string().as_str() >= since);
        }
        let operator = body["UserId"].as_str().unwrap();
        assert!(tenant.admins.iter().all(|admin| tenant.people[*admin].upn != operator));
    });
}

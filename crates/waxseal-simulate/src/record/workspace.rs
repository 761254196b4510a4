//! Activities of Google Workspace, one event in each.
//!
//! Shape: <https://developers.google.com/workspace/admin/reports/reference/rest/v1/activities/list>. What the parameters of
//! each log are called: the lists of events below <https://developers.google.com/workspace/admin/reports/v1/appendix/activity>.

mod gmail;
mod token;

use serde_json::{Value, json as value};
use waxseal_model::Nanos;

use crate::guid::Guid;
use crate::mail::Mailbox;
use crate::presence::Place;
use crate::random::Random;
use crate::record::{Envelope, Record, Stream, json};
use crate::tenant::Tenant;

pub(crate) use gmail::{GmailHand, Letter, MailDeed, gmail};
pub(crate) use token::{ApiVisit, GoogleApp, api_visit, other_call, token};

/// Which log of the Reports API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GoogleLog {
    Login,
    Token,
    Admin,
    Gmail,
    Drive,
}

impl GoogleLog {
    /// Its `applicationName`, and the log class of its events.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Login => ("login", "gws.login"),
            Self::Token => ("token", "gws.token"),
            Self::Admin => ("admin", "gws.admin"),
            Self::Gmail => ("gmail", "gws.gmail"),
            Self::Drive => ("drive", "gws.drive"),
        }
    }
}

/// When something happened, to which account, from where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GoogleAct<'a> {
    pub(crate) time: Nanos,
    /// The account; none where the provider itself acts.
    pub(crate) by: Option<&'a Mailbox>,
    pub(crate) place: Option<&'a Place>,
}

/// An event: its type, its name and its parameters.
#[derive(Debug)]
pub(crate) struct GoogleEvent {
    pub(crate) kind: &'static str,
    pub(crate) name: &'static str,
    pub(crate) parameters: Vec<Value>,
}

/// The activity around an event.
pub(crate) fn activity(tenant: &Tenant, log: GoogleLog, act: GoogleAct<'_>, event: GoogleEvent, random: &mut Random) -> Record {
    activity_of_app(tenant, log, act, (event, None), random)
}

fn activity_of_app(
    tenant: &Tenant,
    log: GoogleLog,
    act: GoogleAct<'_>,
    (event, app): (GoogleEvent, Option<&GoogleApp>),
    random: &mut Random,
) -> Record {
    let (application, class) = log.names();
    // To the millisecond, as the provider writes it; acts are planned to the second.
    let time = Nanos(act.time.0.div_euclid(SECOND) * SECOND + random.between(0, 999) * MILLISECOND);
    let (shown, qualifier) = (with_millis(time), i64::from_ne_bytes(random.below(u64::MAX).to_ne_bytes()).to_string());
    let mut body = value!({
        "kind": "admin#reports#activity",
        "id": {"time": shown, "uniqueQualifier": qualifier, "applicationName": application, "customerId": tenant.log_id()},
        "etag": format!("\"{}/{}\"", random.text(22), random.text(27)),
        "actor": actor(act.by, app),
        "events": [{"type": event.kind, "name": event.name, "parameters": event.parameters}],
    });
    if let Some(place) = act.place {
        body["ipAddress"] = value!(place.address);
        body["networkInfo"] = value!({"ipAsn": [place.network.asn], "regionCode": place.network.country});
    }
    Record {
        time,
        stream: Stream::Workspace,
        class,
        id: format!("{application}/{}/{shown}/{qualifier}#0", tenant.log_id()),
        body: json(&body),
        operation: event.name,
        user: act.by.map_or_else(|| "SYSTEM".to_owned(), |account| account.upn.clone()),
        record_type: 0,
        envelope: Envelope::default(),
        mailbox: None,
        names: Vec::new(),
    }
}

const SECOND: i64 = 1_000_000_000;
const MILLISECOND: i64 = 1_000_000;

/// RFC 3339 in UTC with three digits of fraction, also where they are noughts.
fn with_millis(time: Nanos) -> String {
    format!("{}.{:03}Z", crate::clock::NoZone(time), time.0.rem_euclid(SECOND) / MILLISECOND)
}

fn actor(account: Option<&Mailbox>, app: Option<&GoogleApp>) -> Value {
    let Some(account) = account else { return value!({"callerType": "KEY", "key": "SYSTEM"}) };
    let mut actor = value!({"callerType": "USER", "email": account.upn, "profileId": profile_id(account)});
    if let Some(app) = app {
        actor["applicationInfo"] = value!({"oauthClientId": app.client_id, "applicationName": app.name, "impersonation": app.impersonates});
    }
    actor
}

/// Twenty-one digits that stand for an account for ever.
fn profile_id(account: &Mailbox) -> String {
    format!("1{:020}", account.seed.of("profile", 0).0)
}

/// The id of a session on a device, `dusi`.
pub(crate) fn session_text(session: Guid) -> String {
    session.bytes().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// A parameter with a text.
pub(crate) fn text(name: &str, of: impl Into<String>) -> Value {
    value!({"name": name, "value": of.into()})
}

/// A parameter with several texts.
pub(crate) fn texts(name: &str, of: &[&str]) -> Value {
    value!({"name": name, "multiValue": of})
}

/// A parameter that is true or false.
pub(crate) fn flag(name: &str, of: bool) -> Value {
    value!({"name": name, "boolValue": of})
}

/// A parameter with a number, which JSON of this provider writes as text.
pub(crate) fn number(name: &str, of: impl ToString) -> Value {
    value!({"name": name, "intValue": of.to_string()})
}

fn message(name: &str, parameters: &[Value]) -> Value {
    value!({"name": name, "messageValue": {"parameter": parameters}})
}

fn messages(name: &str, of: &[Vec<Value>]) -> Value {
    let all: Vec<_> = of.iter().map(|parameters| value!({"parameter": parameters})).collect();
    value!({"name": name, "multiMessageValue": all})
}

/// How somebody proved who they are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Proof<'a> {
    /// The session that begins or goes on.
    pub(crate) session: Guid,
    /// Whether the password was asked for in a session that went on.
    pub(crate) again: bool,
    /// What was asked for beside the password.
    pub(crate) second: Option<&'a str>,
}

/// A successful sign-in.
pub(crate) fn login(tenant: &Tenant, act: GoogleAct<'_>, proof: Proof<'_>, random: &mut Random) -> Record {
    let methods: Vec<&str> = ["password"].into_iter().chain(proof.second).collect();
    let parameters = vec![
        text("login_type", if proof.again { "reauth" } else { "google_password" }),
        texts("login_challenge_method", &methods),
        flag("is_suspicious", false),
        text("dusi", session_text(proof.session)),
    ];
    activity(tenant, GoogleLog::Login, act, GoogleEvent { kind: "login", name: "login_success", parameters }, random)
}

/// A sign-in with a wrong password.
pub(crate) fn login_failure(tenant: &Tenant, act: GoogleAct<'_>, random: &mut Random) -> Record {
    let parameters = vec![
        text("login_type", "google_password"),
        text("login_failure_type", "login_failure_invalid_password"),
        texts("login_challenge_method", &["password"]),
    ];
    activity(tenant, GoogleLog::Login, act, GoogleEvent { kind: "login", name: "login_failure", parameters }, random)
}

/// The second factor (`login_verification`), or what is asked of somebody in an unusual place (`login_challenge`).
pub(crate) fn login_asked(tenant: &Tenant, act: GoogleAct<'_>, (name, method): (&'static str, &str), random: &mut Random) -> Record {
    let parameters = vec![
        text("login_type", "google_password"),
        texts("login_challenge_method", &[method]),
        text("login_challenge_status", "Challenge Passed."),
        flag("is_second_factor", name == "login_verification"),
    ];
    activity(tenant, GoogleLog::Login, act, GoogleEvent { kind: "login", name, parameters }, random)
}

/// The end of a session.
pub(crate) fn logout(tenant: &Tenant, act: GoogleAct<'_>, random: &mut Random) -> Record {
    let parameters = vec![text("login_type", "google_password")];
    activity(tenant, GoogleLog::Login, act, GoogleEvent { kind: "login", name: "logout", parameters }, random)
}

/// Somebody has all mail sent on to an address outside.
pub(crate) fn forwarding_set(tenant: &Tenant, act: GoogleAct<'_>, to: &str, random: &mut Random) -> Record {
    let parameters = vec![text("email_forwarding_destination_address", to)];
    let event = GoogleEvent { kind: "email_forwarding_change", name: "email_forwarding_out_of_domain", parameters };
    activity(tenant, GoogleLog::Login, act, event, random)
}

/// Something done to a file: `view`, `edit`, `download`.
pub(crate) fn drive(tenant: &Tenant, act: GoogleAct<'_>, name: &'static str, owner: &str, random: &mut Random) -> Record {
    let parameters = vec![
        flag("primary_event", true),
        text("doc_id", format!("1{}", random.text(32).replace(['+', '/'], "_"))),
        text("doc_type", random.word(&["document", "spreadsheet", "presentation", "pdf"])),
        text("doc_title", crate::names::subject(random)),
        text("visibility", random.word(&["private", "people_within_domain_with_link", "shared_internally"])),
        text("owner", owner),
    ];
    activity(tenant, GoogleLog::Drive, act, GoogleEvent { kind: "access", name, parameters }, random)
}

/// An application is given rights to every account: domain-wide delegation (`AUTHORIZE_API_CLIENT_ACCESS`), or they are taken
/// from it again (`REMOVE_API_CLIENT_ACCESS`).
pub(crate) fn client_access(tenant: &Tenant, act: GoogleAct<'_>, name: &'static str, app: &GoogleApp, random: &mut Random) -> Record {
    let parameters =
        vec![text("DOMAIN_NAME", &tenant.domain), text("API_CLIENT_NAME", &app.client_id), text("API_SCOPES", app.scopes.join(", "))];
    activity(tenant, GoogleLog::Admin, act, GoogleEvent { kind: "DOMAIN_SETTINGS", name, parameters }, random)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_ids_have_three_digits_of_fraction() {
        let shown = |text: &str| Nanos::parse(text).map(with_millis);
        assert_eq!(shown("2026-03-04T05:06:07Z").as_deref(), Some("2026-03-04T05:06:07.000Z"));
        assert_eq!(shown("2026-03-04T05:06:07.1239Z").as_deref(), Some("2026-03-04T05:06:07.123Z"));
    }
}

//! Tokens of applications: granted, used and taken away; and the messages that are read with them.

use serde_json::Value;
use waxseal_model::Nanos;

use super::{GmailHand, GoogleAct, GoogleEvent, GoogleLog, Letter, MailDeed, activity, gmail, messages, number, text, texts};
use crate::clock::plus;
use crate::mail::{Mailbox, Message};
use crate::presence::Place;
use crate::random::{Random, Seed};
use crate::record::Record;
use crate::tenant::{App, AppKind, Tenant};

/// An application as this provider's logs name it.
#[derive(Debug, Clone)]
pub(crate) struct GoogleApp {
    pub(crate) client_id: String,
    pub(crate) name: String,
    /// Whether it acts for accounts by domain-wide delegation, without asking anybody.
    pub(crate) impersonates: bool,
    /// `WEB`, `NATIVE_DESKTOP`.
    pub(crate) client_type: &'static str,
    pub(crate) scopes: &'static [&'static str],
}

impl GoogleApp {
    /// Reads and changes mail, also through IMAP.
    pub(crate) const ALL_MAIL: &'static [&'static str] = &["https://mail.google.com/"];
    /// Reads mail.
    pub(crate) const READS_MAIL: &'static [&'static str] =
        &["https://www.googleapis.com/auth/gmail.readonly", "https://www.googleapis.com/auth/userinfo.email", "openid"];
    /// Reads calendars and files.
    pub(crate) const READS_OTHER: &'static [&'static str] =
        &["https://www.googleapis.com/auth/calendar.readonly", "https://www.googleapis.com/auth/drive.file", "openid"];
    /// Only learns who somebody is.
    pub(crate) const IDENTITY: &'static [&'static str] =
        &["https://www.googleapis.com/auth/userinfo.email", "https://www.googleapis.com/auth/userinfo.profile", "openid"];

    /// A program or service that people allow in.
    pub(crate) fn product(seed: Seed, name: impl Into<String>, scopes: &'static [&'static str]) -> Self {
        let mut random = seed.of("client", 0).random();
        let client_id =
            format!("{}-{}.apps.googleusercontent.com", random.between(100_000_000_000, 999_999_999_999), random.hex(32).to_lowercase());
        Self { client_id, name: name.into(), impersonates: false, client_type: "WEB", scopes }
    }

    /// A program on a computer that fetches mail by IMAP.
    pub(crate) fn mail_program(seed: Seed, name: &str) -> Self {
        Self { client_type: "NATIVE_DESKTOP", ..Self::product(seed, name, Self::ALL_MAIL) }
    }

    /// A service account that administrators let act for every account: its id is a number.
    pub(crate) fn service_account(seed: Seed, name: impl Into<String>) -> Self {
        let mut random = seed.of("client", 0).random();
        let client_id = format!("1{:020}", random.below(u64::MAX));
        Self { client_id, name: name.into(), impersonates: true, client_type: "WEB", scopes: Self::ALL_MAIL }
    }

    /// An application of a tenant. A product has the same id and rights in all of them; `mail_share` of the products read mail.
    pub(crate) fn of(app: &App, mail_share: f64) -> Self {
        let bytes = app.app_id.bytes();
        let seed = Seed(bytes.iter().fold(0, |all, byte| (all << 8) ^ (all >> 56) ^ u64::from(*byte)));
        match app.kind {
            AppKind::Backup | AppKind::Migration => Self::service_account(app.seed, app.name.clone()),
            AppKind::Delegated if f64::from(bytes[0]) >= mail_share * 256.0 => Self::product(seed, app.name.clone(), Self::READS_OTHER),
            _ => Self::product(seed, app.name.clone(), Self::READS_MAIL),
        }
    }

    /// Whether its rights reach mail.
    pub(crate) fn reads_mail(&self) -> bool {
        self.scopes.iter().any(|scope| bucket(scope) == "GMAIL")
    }

    fn parameters(&self) -> Vec<Value> {
        vec![text("client_id", &self.client_id), text("app_name", &self.name), text("client_type", self.client_type)]
    }
}

/// What a scope belongs to.
fn bucket(scope: &str) -> &'static str {
    match scope {
        _ if scope.contains("mail.google") || scope.contains("gmail") => "GMAIL",
        _ if scope.contains("calendar") => "CALENDAR",
        _ if scope.contains("drive") => "DRIVE",
        _ => "IDENTITY",
    }
}

/// A grant (`authorize`) or its end (`revoke`).
pub(crate) fn token(tenant: &Tenant, act: GoogleAct<'_>, name: &'static str, app: &GoogleApp, random: &mut Random) -> Record {
    let mut parameters = app.parameters();
    let scopes: Vec<Vec<Value>> =
        app.scopes.iter().map(|scope| vec![text("scope_name", *scope), texts("product_bucket", &[bucket(scope)])]).collect();
    parameters.extend([messages("scope_data", &scopes), texts("scope", app.scopes)]);
    activity(tenant, GoogleLog::Token, act, GoogleEvent { kind: "auth", name, parameters }, random)
}

fn call(tenant: &Tenant, act: GoogleAct<'_>, app: &GoogleApp, (api, method, bytes): (&str, &str, u64), random: &mut Random) -> Record {
    let mut parameters = app.parameters();
    parameters.extend([text("api_name", api), text("method_name", method), number("num_response_bytes", bytes)]);
    activity(tenant, GoogleLog::Token, act, GoogleEvent { kind: "auth", name: "activity", parameters }, random)
}

/// A call for something that is no mail.
pub(crate) fn other_call(tenant: &Tenant, act: GoogleAct<'_>, app: &GoogleApp, random: &mut Random) -> Record {
    let (api, method) = if random.chance(0.6) { ("calendar", "calendar.events.list") } else { ("drive", "drive.files.list") };
    let bytes = 300 + random.below(40_000);
    call(tenant, act, app, (api, method, bytes), random)
}

/// A visit of an application to a mailbox.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ApiVisit<'a> {
    pub(crate) app: &'a GoogleApp,
    pub(crate) mailbox: &'a Mailbox,
    pub(crate) place: &'a Place,
    pub(crate) at: Nanos,
    /// The longest pause between two messages.
    pub(crate) pause_secs: i64,
}

/// The records of a visit: an event of Gmail for each message, in their order, then the calls. What a log of calls would have of
/// one method within a visit is one record here.
pub(crate) fn api_visit(tenant: &Tenant, visit: &ApiVisit<'_>, of: &[Message], random: &mut Random) -> Vec<Record> {
    let hand = GmailHand { client: "API", place: visit.place, session: None, delegate: None, app: Some(visit.app) };
    let (mut at, mut bytes, mut records) = (visit.at, 0, Vec::with_capacity(of.len() + 2));
    for message in of {
        at = plus(at, random.between(1, visit.pause_secs.max(1)));
        bytes += visit.mailbox.size_bytes(message);
        let letter = Letter::received(visit.mailbox, message);
        records.push(gmail(tenant, visit.mailbox, (at, MailDeed::ByApp), Some(&hand), &letter, random));
    }
    let act = |time| GoogleAct { time, by: Some(visit.mailbox), place: Some(visit.place) };
    let listed = 400 + 90 * of.len() as u64;
    records.push(call(tenant, act(visit.at), visit.app, ("gmail", "gmail.users.messages.list", listed), random));
    if bytes > 0 {
        records.push(call(tenant, act(at), visit.app, ("gmail", "gmail.users.messages.get", bytes), random));
    }
    records
}

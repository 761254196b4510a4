//! Activities of Google Workspace: sign-ins, tokens, administration, Gmail, Drive and the other logs of the Reports API.
//!
//! One activity holds one event or several; each becomes an event of ours.
//! Source: <https://developers.google.com/workspace/admin/reports/reference/rest/v1/activities/list>

mod big_query;
mod cloud_logging;
mod gam;
mod gmail;
mod parameters;

use std::borrow::Cow;

use serde_json_borrow::Value;
use waxseal_model::{LogClass, Nanos};

use crate::canonical::Canonical;
use crate::event::{Event, Property, Text};
use crate::format::{Context, EventSink, Format, Record, Reject};
use crate::value::{Object, lower, member};
use parameters::Parameters;

/// Activities as the Reports API gives them, and as forwarders split them into one record an event.
pub(crate) struct Activity;

impl Format for Activity {
    fn id(&self) -> &'static str {
        "google_workspace_activity"
    }

    fn page(&self) -> &'static str {
        include_str!("../../../../docs/formats/google_workspace_activity.md")
    }

    fn claims(&self, record: &Record<'_>) -> bool {
        match record {
            Record::Json(value) => value.as_object().is_some_and(|object| {
                is_activity(object) || is_empty_page(object) || cloud_logging::is_entry(object) || big_query::is_row(object)
            }),
            Record::Row(row) => gam::is_row(row),
        }
    }

    fn read(&self, record: &Record<'_>, _context: &Context, out: &mut dyn EventSink) -> Result<(), Reject> {
        if let Record::Row(row) = record {
            return read_single(&gam::activity_of(row), out);
        }
        let Some(activity) = record.object() else { return Err(Reject("not a JSON object".to_owned())) };
        if is_empty_page(activity) {
            return Ok(());
        }
        if let Some(made) = cloud_logging::activity_of(activity).or_else(|| big_query::activity_of(activity)) {
            return read_made(&made, out);
        }
        if activity.get("events").is_none() && activity.get("name").is_some() {
            // Split and flattened: the activity is its own event.
            let single = Value::Object(activity.clone());
            out.body(&single);
            out.push(event_of(activity, activity, &digest_of(&flat_event(activity))));
            return Ok(());
        }
        match activity.get("events") {
            Some(single @ Value::Object(event)) => {
                out.body(&body_of(activity, single));
                // It may be any event of its activity: by a number, events of one activity would pass for copies of each other.
                out.push(event_of(activity, event, &digest_of(single)));
                Ok(())
            }
            Some(Value::Array(events)) if !events.is_empty() => push_all(activity, events, out),
            _ => Err(Reject("the activity holds no event".to_owned())),
        }
    }
}

/// Reads an activity that was made from a shape other than the API's.
fn read_made(made: &Value<'_>, out: &mut dyn EventSink) -> Result<(), Reject> {
    let Some(activity) = made.as_object() else { return Err(Reject("not a JSON object".to_owned())) };
    match activity.get("events") {
        Some(Value::Array(events)) if !events.is_empty() => push_all(activity, events, out),
        _ => Err(Reject("the activity holds no event".to_owned())),
    }
}

/// Reads an activity that was made with one event, which may be any of its events.
fn read_single(made: &Value<'_>, out: &mut dyn EventSink) -> Result<(), Reject> {
    let parts = made.as_object().and_then(|activity| Some((activity, activity.get("event")?)));
    let Some((activity, single)) = parts else { return Err(Reject("the activity holds no event".to_owned())) };
    match single.as_object().filter(|event| member(event, "name").is_some()) {
        Some(event) if part(activity, "id").is_some() => {
            out.body(&body_of(activity, single));
            out.push(event_of(activity, event, &digest_of(single)));
            Ok(())
        }
        _ => Err(Reject("the row names no event, or neither its time nor its log".to_owned())),
    }
}

/// What of a flattened activity is its event.
fn flat_event<'a>(activity: &'a Object<'a>) -> Value<'a> {
    let members = ["name", "type", "parameters"].iter().filter_map(|key| Some((*key, activity.get(key)?.clone())));
    Value::Object(members.collect())
}

fn is_activity(object: &Object<'_>) -> bool {
    part(object, "id")
        .is_some_and(|id| id.get("applicationName").is_some() && (id.get("uniqueQualifier").is_some() || id.get("time").is_some()))
}

/// A page without activities has no `items` at all: by its kind alone it is known not to be something unknown. Where any list or
/// object is in it, that may be the activities under a damaged name.
fn is_empty_page(object: &Object<'_>) -> bool {
    let kind = object.get("kind").and_then(Value::as_str);
    let holds_nothing = |value: &Value<'_>| !value.is_array() && !value.is_object();
    kind.is_some_and(|kind| kind.ends_with("reports#activities")) && object.iter().all(|(_, value)| holds_nothing(value))
}

fn push_all<'a>(activity: &'a Object<'a>, events: &'a [Value<'a>], out: &mut dyn EventSink) -> Result<(), Reject> {
    let mut damaged = Vec::new();
    for (i, value) in events.iter().enumerate() {
        let Some(event) = value.as_object() else {
            damaged.push(i);
            continue;
        };
        out.body(&body_of(activity, value));
        if !out.push(event_of(activity, event, &i.to_string())) {
            return Err(Reject(format!(
                "the activity holds {} events, too many for its size; those before event {i} are kept",
                events.len()
            )));
        }
    }
    let Some(first) = damaged.first() else { return Ok(()) };
    Err(Reject(format!("{} of the activity's events are no objects, first event {first}; the others are kept", damaged.len())))
}

/// Members that are the activity. The tag changes between two queries, and collectors add members of their own.
const BODY: [&str; 8] = ["id", "actor", "ownerDomain", "ipAddress", "networkInfo", "resourceDetails", "userDeviceInfo", "isAgenticAction"];

/// The activity as if the event were its only one.
fn body_of<'a>(activity: &'a Object<'a>, event: &Value<'a>) -> Value<'a> {
    let members = BODY.iter().filter_map(|key| Some((*key, activity.get(key)?.clone())));
    Value::Object(members.chain([("events", event.clone())]).collect())
}

/// Twelve hexadecimal digits that tell events of one activity apart.
fn digest_of(event: &Value<'_>) -> String {
    let mut digits = Canonical::default().digest(event).to_string();
    digits.truncate(12);
    digits
}

fn part<'a>(object: &'a Object<'a>, key: &str) -> Option<&'a Object<'a>> {
    object.get(key).and_then(Value::as_object)
}

fn class_of(application: Option<&str>) -> LogClass {
    match application {
        Some("login") => LogClass::GwsLogin,
        Some("token") => LogClass::GwsToken,
        Some("admin") => LogClass::GwsAdmin,
        Some("gmail") => LogClass::GwsGmail,
        Some("drive") => LogClass::GwsDrive,
        _ => LogClass::GwsOther,
    }
}

fn event_of<'a>(activity: &'a Object<'a>, event: &'a Object<'a>, mark: &str) -> Event<'a> {
    let id = part(activity, "id");
    let time = id.and_then(|id| member(id, "time")).and_then(|time| Nanos::parse(&time));
    let application = id.and_then(|id| member(id, "applicationName"));
    let class = class_of(application.as_deref());
    let status = part(event, "status");
    let parameters = Parameters::of(event);
    let operation = member(event, "name");
    let target = target_of(&parameters);
    let actor = Actor::of(activity);
    let mut row = Event {
        id: id_of(id, time, mark).map(Cow::Owned),
        time,
        tenant: id.and_then(|id| member(id, "customerId")),
        log_class: Some(class.as_str().into()),
        workload: application,
        result: result_of(status, operation.as_deref(), &parameters),
        error_code: error_of(status, &parameters),
        operation,
        actor: actor.name,
        actor_id: actor.id,
        actor_kind: actor.kind.map(Cow::Borrowed),
        target: target.name,
        target_id: target.id,
        target_kind: target.kind.map(Cow::Borrowed),
        client_ip: member(activity, "ipAddress"),
        client_info: actor.app.and_then(|app| member(app, "applicationName")).or_else(|| parameters.get("app_name")),
        user_agent: parameters.get("user_agent"),
        app_id: actor.app.and_then(|app| member(app, "oauthClientId")).or_else(|| parameters.get("client_id")),
        session_id: parameters.nested("dusi"),
        device_id: part(activity, "userDeviceInfo").and_then(|device| member(device, "deviceId")),
        ..Event::default()
    };
    if class == LogClass::GwsGmail {
        gmail::fill(&mut row, &parameters);
    }
    row.properties = parameters.into_properties();
    row.properties.extend(of_activity(activity, event, actor.app));
    row
}

/// The four members that together name an activity, and which of its events it is. The qualifier alone repeats.
fn id_of(id: Option<&Object<'_>>, time: Option<Nanos>, mark: &str) -> Option<String> {
    let (id, time) = (id?, time?);
    let (application, customer) = (member(id, "applicationName")?, member(id, "customerId").or_else(|| member(id, "organization"))?);
    let qualifier = member(id, "uniqueQualifier")?;
    Some(format!("{application}/{customer}/{}/{qualifier}#{mark}", with_millis(time)?))
}

/// RFC 3339 in UTC with three digits of fraction, also where they are noughts.
fn with_millis(time: Nanos) -> Option<String> {
    let second = Nanos::from_secs(time.0.div_euclid(1_000_000_000))?.to_string();
    let millis = time.0.rem_euclid(1_000_000_000) / 1_000_000;
    Some(format!("{}.{millis:03}Z", second.trim_end_matches('Z')))
}

#[derive(Default)]
struct Actor<'a> {
    name: Text<'a>,
    id: Text<'a>,
    kind: Option<&'static str>,
    /// The application that acted for the account.
    app: Option<&'a Object<'a>>,
}

/// Stands where the actor is no account of the organisation.
const NO_PROFILE: &str = "105250506097979753968";

impl<'a> Actor<'a> {
    fn of(activity: &'a Object<'a>) -> Self {
        let Some(actor) = part(activity, "actor") else { return Self::default() };
        let (email, key) = (lower(member(actor, "email")), member(actor, "key"));
        let profile = member(actor, "profileId").filter(|profile| profile != NO_PROFILE);
        let app = part(actor, "applicationInfo");
        let kind = match &key {
            // A deleted account has its profile id only.
            _ if email.is_some() || profile.is_some() => "user",
            Some(key) if key != "SYSTEM" => "application",
            None if app.is_some() => "application",
            _ => "system",
        };
        Self { name: email.or(key), id: profile, kind: Some(kind), app }
    }
}

struct Target<'a> {
    name: Text<'a>,
    id: Text<'a>,
    kind: Option<&'static str>,
}

/// Parameters that name what was acted on: its name, its id, its kind. The first that a record has is its target.
///
/// Sources: the lists of events below <https://developers.google.com/workspace/admin/reports/v1/appendix/activity>
const TARGETS: [(&str, Option<&str>, &str); 14] = [
    ("affected_email_address", None, "user"),
    ("USER_EMAIL", None, "user"),
    ("GROUP_EMAIL", None, "group"),
    ("group_email", None, "group"),
    ("API_CLIENT_NAME", Some("API_CLIENT_NAME"), "application"),
    ("OAUTH2_APP_NAME", Some("OAUTH2_APP_ID"), "application"),
    ("ROLE_NAME", Some("ROLE_ID"), "role"),
    ("SETTING_NAME", None, "policy"),
    ("doc_title", Some("doc_id"), "file"),
    ("app_name", Some("client_id"), "application"),
    ("application_name", None, "application"),
    ("calendar_id", Some("calendar_id"), "calendar"),
    ("room_name", Some("room_id"), "room"),
    ("matter_name", Some("matter_id"), "matter"),
];

fn target_of<'a>(parameters: &Parameters<'a>) -> Target<'a> {
    for (name, id, kind) in TARGETS {
        let (name, id) = (parameters.get(name), id.and_then(|id| parameters.get(id)));
        if name.is_some() || id.is_some() {
            let name = if matches!(kind, "user" | "group") { lower(name) } else { name };
            return Target { name, id, kind: Some(kind) };
        }
    }
    Target { name: None, id: None, kind: None }
}

fn result_of<'a>(status: Option<&'a Object<'a>>, operation: Option<&str>, parameters: &Parameters<'a>) -> Text<'a> {
    if let Some(word) = status.and_then(|status| member(status, "eventStatus")) {
        return Some(match word.as_ref() {
            "SUCCEEDED" => "success".into(),
            "FAILED" => "failure".into(),
            _ => return lower(Some(word)),
        });
    }
    match parameters.get("event_info.success").as_deref().or(operation)? {
        "true" | "login_success" => Some("success".into()),
        "false" | "login_failure" => Some("failure".into()),
        _ => None,
    }
}

fn error_of<'a>(status: Option<&'a Object<'a>>, parameters: &Parameters<'a>) -> Text<'a> {
    let code = status.and_then(|status| member(status, "errorCode").or_else(|| member(status, "httpStatusCode")));
    code.or_else(|| parameters.get("login_failure_type"))
}

/// What the activity and its event tell beside the parameters.
fn of_activity<'a>(activity: &'a Object<'a>, event: &'a Object<'a>, app: Option<&'a Object<'a>>) -> impl Iterator<Item = Property<'a>> {
    let told = [
        ("type", member(event, "type")),
        ("ownerDomain", member(activity, "ownerDomain")),
        ("callerType", part(activity, "actor").and_then(|actor| member(actor, "callerType"))),
        ("applicationInfo.impersonation", app.and_then(|app| member(app, "impersonation"))),
        ("status.errorMessage", part(event, "status").and_then(|status| member(status, "errorMessage"))),
        ("isAgenticAction", member(activity, "isAgenticAction")),
    ];
    let told = told.into_iter().filter(|(_, value)| value.is_some());
    told.map(|(name, new)| Property { name: Cow::Borrowed(name), old: None, new })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value<'_> {
        serde_json::from_str(text).expect("test JSON")
    }

    #[test]
    fn times_in_ids_have_three_digits_of_fraction() {
        let shown = |text: &str| Nanos::parse(text).and_then(with_millis);
        assert_eq!(shown("2026-03-04T05:06:07Z").as_deref(), Some("2026-03-04T05:06:07.000Z"));
        assert_eq!(shown("2026-03-04T05:06:07.1239+01:00").as_deref(), Some("2026-03-04T04:06:07.123Z"));
        assert_eq!(with_millis(Nanos(i64::MIN)), None);
    }

    #[test]
    fn an_id_needs_all_four_parts() {
        let whole = r#"{"applicationName":"login","customerId":"C0","time":"2026-03-04T05:06:07.5Z","uniqueQualifier":"-7"}"#;
        let id = value(whole);
        let time = Nanos::parse("2026-03-04T05:06:07.5Z");
        let found = id_of(id.as_object(), time, "2");
        assert_eq!(found.as_deref(), Some("login/C0/2026-03-04T05:06:07.500Z/-7#2"));
        assert_eq!(id_of(id.as_object(), None, "2"), None);
        for key in ["applicationName", "customerId", "uniqueQualifier"] {
            let without = whole.replace(key, "other");
            assert_eq!(id_of(value(&without).as_object(), time, "2"), None, "{key}");
        }
    }

    #[test]
    fn the_body_is_the_same_with_what_collectors_add_and_with_another_tag() {
        let bare = value(r#"{"kind":"k","id":{"time":"t"},"actor":{"email":"a"},"events":[{"name":"n"},{"name":"m"}]}"#);
        let forwarded = value(r#"{"event_name":"n","etag":"x","actor":{"email":"a"},"events":{"name":"n"},"id":{"time":"t"}}"#);
        let mut canonical = Canonical::default();
        let mut digest = |activity: &Value<'_>, name: &str| {
            let event = value(name);
            canonical.digest(&body_of(activity.as_object().expect("an object"), &event))
        };
        assert_eq!(digest(&bare, r#"{"name":"n"}"#), digest(&forwarded, r#"{"name":"n"}"#));
        assert_ne!(digest(&bare, r#"{"name":"n"}"#), digest(&bare, r#"{"name":"m"}"#));
    }

    #[test]
    fn who_acts_is_told_by_what_names_them() {
        let kind = |actor: &str| {
            let text = format!(r#"{{"actor":{actor}}}"#);
            let activity = value(&text);
            let actor = Actor::of(activity.as_object().expect("an object"));
            (actor.name.map(Cow::into_owned), actor.id.map(Cow::into_owned), actor.kind)
        };
        let name = |text: &str| Some(text.to_owned());
        assert_eq!(kind(r#"{"email":"A@X.example","profileId":1}"#), (name("a@x.example"), name("1"), Some("user")));
        assert_eq!(kind(r#"{"profileId":"1"}"#), (None, name("1"), Some("user")));
        assert_eq!(kind(r#"{"callerType":"KEY","key":"SYSTEM"}"#), (name("SYSTEM"), None, Some("system")));
        assert_eq!(kind(r#"{"callerType":"KEY","key":"robot"}"#), (name("robot"), None, Some("application")));
        assert_eq!(kind(r#"{"applicationInfo":{"oauthClientId":"1"}}"#), (None, None, Some("application")));
        assert_eq!(kind(r#"{"email":"","profileId":"105250506097979753968"}"#), (None, None, Some("system")));
        assert_eq!(kind("null"), (None, None, None));
    }

    #[test]
    fn pages_without_activities_are_known_and_others_left_alone() {
        let empty = |text: &str| is_empty_page(value(text).as_object().expect("an object"));
        assert!(empty(r#"{"kind":"admin#reports#activities","etag":"x"}"#));
        assert!(!empty(r#"{"kind":"admin#reports#activities","items":[]}"#));
        assert!(!empty(r#"{"kind":"admin#reports#activities","itemz":[{"id":{}}]}"#));
        assert!(!empty(r#"{"kind":"admin#reports#activity"}"#));
    }
}

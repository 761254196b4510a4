//! Activities as GAM writes them in tables: a row for each event, with a column for each parameter.
//!
//! Source: <https://github.com/GAM-team/GAM/wiki/Reports>. Names inside of objects are joined by full stops, and lists have a
//! column for each element, `parameters.0.name`, beside one that counts them, `parameters`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json_borrow::Value;

use crate::format::{Record, Row};
use crate::table::{Columns, as_object, columns};
use crate::value::{Object, member, plain};

/// Whether it is a row of such a table.
pub(super) fn is_row(row: &Row<'_>) -> bool {
    let has = |name: &str| row.header.position(name).is_some();
    has("name") && has("id.time") && (has("id.applicationName") || has("id.uniqueQualifier"))
}

/// The columns that tell of the activity and of its event, and no parameters.
static COLUMNS: LazyLock<Columns> = LazyLock::new(|| {
    columns(&[
        ("idtime", "id.time"),
        ("iduniquequalifier", "id.uniqueQualifier"),
        ("idapplicationname", "id.applicationName"),
        ("idcustomerid", "id.customerId"),
        ("actoremail", "actor.email"),
        ("actorprofileid", "actor.profileId"),
        ("actorcallertype", "actor.callerType"),
        ("actorkey", "actor.key"),
        ("actorapplicationinfooauthclientid", "actor.applicationInfo.oauthClientId"),
        ("actorapplicationinfoapplicationname", "actor.applicationInfo.applicationName"),
        ("actorapplicationinfoimpersonation", "actor.applicationInfo.impersonation"),
        ("ownerdomain", "ownerDomain"),
        ("ipaddress", "ipAddress"),
        ("isagenticaction", "isAgenticAction"),
        ("userdeviceinfodeviceid", "userDeviceInfo.deviceId"),
        ("name", "event.name"),
        ("type", "event.type"),
        ("statuseventstatus", "event.status.eventStatus"),
        ("statuserrorcode", "event.status.errorCode"),
        ("statuserrormessage", "event.status.errorMessage"),
        ("statushttpstatuscode", "event.status.httpStatusCode"),
    ])
});

/// What begins the names of other columns that are no parameters.
const OTHERS: [&str; 11] =
    ["id", "actor", "status", "parameters", "networkInfo", "resourceDetails", "resourceIds", "userDeviceInfo", "kind", "etag", "events"];

/// The activity as the Reports API would give it, with this one event.
pub(super) fn activity_of<'a>(row: &Row<'a>) -> Value<'a> {
    let mut made = as_object(&Record::Row(*row), &COLUMNS);
    let Value::Object(activity) = &mut made else { return made };
    let event = activity.insert_or_get_mut("event", Value::Object(Object::default()));
    if let Value::Object(event) = event {
        event.insert("parameters", Value::Array(parameters_of(row)));
    }
    made
}

/// Those that GAM did not take apart stand in a list of their own, with the others a second time.
fn parameters_of<'a>(row: &Row<'a>) -> Vec<Value<'a>> {
    let (mut list, mut plain_ones) = (Node::default(), BTreeMap::new());
    for (name, cell) in row.header.names.iter().zip(row.cells).filter(|(name, cell)| !name.is_empty() && !cell.is_empty()) {
        if let Some(path) = name.strip_prefix("parameters.") {
            list.put(path, cell);
        } else if !is_other(name) {
            plain_ones.entry(name.as_str()).or_insert(cell.as_str());
        }
    }
    let mut parameters = match list.into_value() {
        Value::Array(list) => list,
        _ => Vec::new(),
    };
    let known: BTreeSet<String> =
        parameters.iter().filter_map(|parameter| member(parameter.as_object()?, "name")).map(std::borrow::Cow::into_owned).collect();
    let others = plain_ones.into_iter().filter(|(name, _)| !known.contains(*name));
    parameters.extend(others.map(|(name, cell)| {
        let named = [("name", Value::Str(name.into())), ("value", text(cell))];
        Value::Object(named.into_iter().collect())
    }));
    parameters
}

fn is_other(name: &str) -> bool {
    let first = name.split_once('.').map_or(name, |(first, _)| first);
    OTHERS.contains(&first) || COLUMNS.contains_key(&plain(name))
}

/// What Python calls true and false.
fn text(cell: &str) -> Value<'_> {
    Value::Str(match cell {
        "True" => "true".into(),
        "False" => "false".into(),
        other => other.into(),
    })
}

/// A value that was taken apart, by the names along the way to each part.
#[derive(Default)]
struct Node<'a> {
    text: Option<&'a str>,
    inside: BTreeMap<&'a str, Self>,
}

impl<'a> Node<'a> {
    fn put(&mut self, path: &'a str, cell: &'a str) {
        let mut node = self;
        for name in path.split('.') {
            node = node.inside.entry(name).or_default();
        }
        node.text.get_or_insert(cell);
    }

    /// Beside the elements of a list their number is told, which is no part of it.
    fn into_value(self) -> Value<'a> {
        if self.inside.is_empty() {
            return self.text.map_or(Value::Null, text);
        }
        let numbers: Option<BTreeMap<u32, &str>> = self.inside.keys().map(|name| Some((name.parse().ok()?, *name))).collect();
        let mut inside = self.inside;
        match numbers {
            Some(numbers) => numbers.values().filter_map(|name| inside.remove(name)).map(Self::into_value).collect::<Vec<_>>().into(),
            None => Value::Object(inside.into_iter().map(|(name, node)| (name, node.into_value())).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Header;

    fn activity(pairs: &[(&str, &str)]) -> String {
        let header = Header::new(b',', pairs.iter().map(|(name, _)| (*name).to_owned()).collect());
        let cells: Vec<String> = pairs.iter().map(|(_, cell)| (*cell).to_owned()).collect();
        let row = Row { header: &header, cells: &cells };
        activity_of(&row).to_string()
    }

    #[test]
    fn a_row_is_the_activity_that_it_was_made_from() {
        let row = [
            ("name", "login_success"),
            ("actor.email", "a@x.example"),
            ("id.time", "t"),
            ("is_suspicious", "False"),
            ("login_type", "exchange"),
            ("networkInfo.ipAsn.0", "1"),
            ("login_challenge_method", ""),
        ];
        let expected = r#"{"actor":{"email":"a@x.example"},"event":{"name":"login_success","parameters":[{"name":"is_suspicious","value":"false"},{"name":"login_type","value":"exchange"}]},"id":{"time":"t"}}"#;
        assert_eq!(sorted(&activity(&row)), sorted(expected));
    }

    #[test]
    fn messages_that_were_taken_apart_are_put_together() {
        let row = [
            ("parameters", "2"),
            ("parameters.0.name", "event_info"),
            ("parameters.0.messageValue.parameter", "1"),
            ("parameters.0.messageValue.parameter.0.name", "success"),
            ("parameters.0.messageValue.parameter.0.boolValue", "True"),
            ("parameters.1.name", "kept"),
            ("parameters.1.multiValue", "2"),
            ("parameters.1.multiValue.10", "k"),
            ("parameters.1.multiValue.9", "j"),
            ("kept", "j k"),
            ("more", "x"),
        ];
        let expected = r#"{"event":{"parameters":[{"name":"event_info","messageValue":{"parameter":[{"name":"success","boolValue":"true"}]}},{"name":"kept","multiValue":["j","k"]},{"name":"more","value":"x"}]}}"#;
        assert_eq!(sorted(&activity(&row)), sorted(expected));
    }

    fn sorted(text: &str) -> serde_json::Value {
        serde_json::from_str(text).expect("JSON")
    }

    #[test]
    fn names_that_contradict_each_other_are_no_panic() {
        for names in [["parameters.0", "parameters.0.name"], ["parameters..a", "parameters."], ["parameters.a", "parameters.1"]] {
            activity(&names.map(|name| (name, "x")));
        }
    }
}

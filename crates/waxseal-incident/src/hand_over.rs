//! What is handed to the provider, where only the provider can tell: records with the identifiers it knows them by.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use waxseal_model::{EntryClass, HandOver, HandOverRecord, Incident, Incidents};

/// The most records of an incident.
pub const MOST_HAND_OVER: usize = 1_000;

/// The most ids of requests of a record.
const MOST_IDS: usize = 100;

/// Longer records are not looked through for further ids.
const LONGEST: usize = 4 << 20;

/// Records nest less deep.
const DEEPEST: usize = 16;

/// Names under which providers write ids of requests, in lower case.
const REQUEST_IDS: [&str; 8] = [
    "clientrequestid",
    "correlationid",
    "intersystemsid",
    "intrasystemid",
    "operationid",
    "originalrequestid",
    "requestid",
    "uniquequalifier",
];

/// Names under which they write the token's id.
const TOKEN_IDS: [&str; 3] = ["uniquetokenid", "uniquetokenidentifier", "signinactivityid"];

/// Whether an incident is one that the provider has to look at, whatever ids its records carry.
#[must_use]
pub fn is_for_the_provider(incident: &Incident) -> bool {
    matches!(incident.entry.class, EntryClass::ForgedOrUnloggedToken | EntryClass::StolenSession | EntryClass::ProviderSide)
}

/// Adds to a record what only its raw text tells: the token's id as it is spelled there, ids of requests, the server. A text
/// that cannot be read adds nothing.
#[must_use]
pub fn with_raw(mut record: HandOverRecord, raw: &str) -> HandOverRecord {
    let mut found = Found::default();
    if let Some(value) = json_of(raw) {
        found.walk(&value, 0);
    }
    record.token_id = found.token.or(record.token_id);
    record.server = found.server.or(record.server);
    found.ids.extend(record.request_ids);
    record.request_ids = found.ids.into_iter().take(MOST_IDS).collect();
    record
}

/// Gives incidents their hand-over. `records` are by incident: how many there are, and the first of them by time. Incidents that
/// are not for the provider get one where a record carries the id of a token.
pub fn hand_over(incidents: &mut Incidents, mut records: BTreeMap<String, (u64, Vec<HandOverRecord>)>) {
    for incident in &mut incidents.incidents {
        let (count, mut records) = records.remove(&incident.id).unwrap_or_default();
        if !is_for_the_provider(incident) && !records.iter().any(|record| record.token_id.is_some()) {
            continue;
        }
        records.sort_by(|a, b| (a.time.is_none(), a.time, &a.event_id).cmp(&(b.time.is_none(), b.time, &b.event_id)));
        records.truncate(MOST_HAND_OVER);
        let questions = questions(incident.entry.class).map(str::to_owned).collect();
        incident.hand_over = Some(HandOver { records, count, questions });
    }
}

fn questions(class: EntryClass) -> impl Iterator<Item = &'static str> {
    let own: &[&str] = match class {
        EntryClass::ForgedOrUnloggedToken | EntryClass::ProviderSide => &[
            "Was each of these tokens issued by you, and if so when, to which account and application, and from which address was it asked for?",
            "With which key was each token signed, is that key meant for this service, and is it still accepted?",
            "Which of your interfaces accepted the token, and what did it check?",
            "Were sign-ins or the issue of tokens not logged for this tenant at these times?",
            "Which other mailboxes, of this tenant and of others, were accessed with tokens signed by the same key or from the same addresses?",
        ],
        EntryClass::StolenSession => &[
            "From which addresses and devices was each of these sessions used, and with which tokens?",
            "Which tokens were issued in these sessions, to which applications, and are all of them refused by now?",
            "Which other mailboxes, of this tenant and of others, were accessed from the same addresses?",
        ],
        _ => &[
            "To which account and application was each of these tokens issued, and from which address was it asked for?",
            "Which tokens were issued beside them in the same sessions, and are all of them refused by now?",
        ],
    };
    let always = [
        "Where a record gives an address of your own servers: from which address did the request come to them?",
        "Do your own logs hold accesses by these tokens, sessions or addresses that these exports do not?",
    ];
    own.iter().copied().chain(always)
}

/// What a record's text tells.
#[derive(Debug, Default)]
struct Found {
    ids: BTreeSet<String>,
    token: Option<String>,
    server: Option<String>,
}

impl Found {
    fn walk(&mut self, value: &Value, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        match value {
            Value::Array(values) => values.iter().for_each(|value| self.walk(value, depth + 1)),
            Value::Object(members) => members.iter().for_each(|(name, value)| self.member(&name.to_lowercase(), name, value, depth)),
            // Exports put JSON into texts.
            Value::String(text) if text.starts_with(['{', '[']) => {
                if let Ok(value) = serde_json::from_str(text) {
                    self.walk(&value, depth + 1);
                }
            }
            _ => {}
        }
    }

    fn member(&mut self, key: &str, name: &str, value: &Value, depth: usize) {
        let text = match value {
            Value::String(text) => text.trim(),
            _ => "",
        };
        if text.is_empty() || text.bytes().all(|b| matches!(b, b'0' | b'-')) {
            return self.walk(value, depth + 1);
        }
        if REQUEST_IDS.contains(&key) {
            self.ids.insert(format!("{name}={text}"));
        } else if TOKEN_IDS.contains(&key) {
            self.token.get_or_insert_with(|| text.to_owned());
        } else if key == "originatingserver" {
            self.server.get_or_insert_with(|| text.to_owned());
        } else {
            self.walk(value, depth + 1);
        }
    }
}

/// The JSON of a record: the whole of it, or what stands between braces in a row of a table, where quotes are doubled.
fn json_of(raw: &str) -> Option<Value> {
    if raw.len() > LONGEST {
        return None;
    }
    if let Ok(value) = serde_json::from_str::<Value>(raw) {
        return Some(value);
    }
    let (from, to) = (raw.find('{')?, raw.rfind('}')?);
    let inner = raw.get(from..=to)?;
    serde_json::from_str(&inner.replace("\"\"", "\"")).or_else(|_| serde_json::from_str(inner)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = r#"{"Id":"1","OriginatingServer":"AM0 (15.20)\r\n","AppAccessContext":{"UniqueTokenId":"Lh1LjxpsC0-ady1ePEsaAA","CorrelationId":"c-1"},"Folders":[{"FolderItems":[{"ClientRequestId":"q-2"},{"ClientRequestId":"q-1"},{"ClientRequestId":"00000000-0000-0000-0000-000000000000"}]}]}"#;

    fn read(raw: &str) -> HandOverRecord {
        with_raw(HandOverRecord { token_id: Some("8f4b1d2e".to_owned()), ..HandOverRecord::default() }, raw)
    }

    #[test]
    fn ids_are_found_wherever_they_stand_and_as_they_are_spelled() {
        let record = read(RECORD);
        assert_eq!(record.token_id.as_deref(), Some("Lh1LjxpsC0-ady1ePEsaAA"));
        assert_eq!(record.server.as_deref(), Some("AM0 (15.20)"));
        assert_eq!(record.request_ids, ["ClientRequestId=q-1", "ClientRequestId=q-2", "CorrelationId=c-1"]);
        let wrapped = serde_json::json!({"AuditData": RECORD}).to_string();
        let row = format!("\"2026-01-01\",\"x\",\"{}\"", RECORD.replace('"', "\"\""));
        assert_eq!(read(&wrapped), record);
        assert_eq!(read(&row), record);
    }

    #[test]
    fn a_damaged_record_adds_nothing_and_does_no_harm() {
        let deep = "[".repeat(100_000);
        for raw in ["", "{", "}{", "{\"a\":", "\u{feff}{}", deep.as_str(), &RECORD[..40]] {
            let record = read(raw);
            assert_eq!((record.token_id.as_deref(), record.request_ids.len()), (Some("8f4b1d2e"), 0), "{raw:.40}");
        }
    }
}

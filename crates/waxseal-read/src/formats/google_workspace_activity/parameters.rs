//! The parameters of an event, brought to names and texts.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json_borrow::Value;

use crate::event::{Property, Text};
use crate::value::{Object, any_text, non_empty, objects};

/// Members that hold the value of a parameter, unless messages do.
/// Source: <https://developers.google.com/workspace/admin/reports/reference/rest/v1/activities/list>
const VALUES: [&str; 6] = ["value", "intValue", "boolValue", "multiValue", "multiIntValue", "multiBoolValue"];

/// A longer name of what lies around a parameter is left out, so that hostile names do not multiply. Real ones are below 100.
const MAX_PREFIX: usize = 128;

/// A parameter on its way: its dotted name and its value.
type Flat<'a> = (Cow<'a, str>, Value<'a>);

/// The parameters of one event, in the order of the record.
#[derive(Debug, Default)]
pub(super) struct Parameters<'a>(Vec<Property<'a>>);

impl<'a> Parameters<'a> {
    /// Those of an event, the sensitive ones last.
    pub(super) fn of(event: &'a Object<'a>) -> Self {
        let mut flat = Vec::new();
        for key in ["parameters", "sensitiveParameters"] {
            match event.get(key) {
                // Some tools make an object of the list; a member of it is a parameter, unless it is a list written as an object.
                Some(Value::Object(object)) if object.get("name").is_none() || object.len() > 2 => members("", object, &mut flat, 0),
                list => flatten("", list, &mut flat),
            }
        }
        let property = |(name, value)| Property { name, old: None, new: text_of(value) };
        Self(flat.into_iter().map(property).collect())
    }

    /// The value of the first parameter of that name, none where it is empty.
    pub(super) fn get(&self, name: &str) -> Text<'a> {
        self.find(|found| found == name)
    }

    /// The same, wherever in a message the parameter stands.
    pub(super) fn nested(&self, name: &str) -> Text<'a> {
        let is_it = |found: &str| found.strip_suffix(name).is_some_and(|around| around.is_empty() || around.ends_with('.'));
        self.find(is_it)
    }

    fn find(&self, is_it: impl Fn(&str) -> bool) -> Text<'a> {
        let found = self.0.iter().filter(|property| is_it(&property.name));
        found.filter_map(|property| property.new.clone()).find(|value| non_empty(value).is_some())
    }

    /// All of them, for the column.
    pub(super) fn into_properties(self) -> Vec<Property<'a>> {
        self.0
    }
}

/// Adds the parameters of a list. Those inside a message have the name of the message before theirs, with a full stop.
fn flatten<'a>(prefix: &str, list: Option<&'a Value<'a>>, out: &mut Vec<Flat<'a>>) {
    for parameter in list.into_iter().flat_map(objects) {
        let name = dotted(prefix, parameter.get("name").and_then(any_text).unwrap_or_default());
        if let Some(message) = parameter.get("messageValue") {
            flatten(&name, message.as_object().and_then(inside), out);
        } else if let Some(messages) = parameter.get("multiMessageValue") {
            join(&name, messages, out);
        } else if !parameter.is_empty() {
            let value = VALUES.iter().find_map(|key| parameter.get(key));
            out.push((name, value.cloned().unwrap_or_default()));
        }
    }
}

/// Objects in objects are followed so far down.
const MAX_DEPTH: usize = 8;

/// Adds the members of an object as parameters; those of an object inside it have its name before theirs.
fn members<'a>(prefix: &str, object: &'a Object<'a>, out: &mut Vec<Flat<'a>>, depth: usize) {
    for (key, value) in object.iter() {
        let name = dotted(prefix, Cow::Borrowed(key));
        match value {
            Value::Object(inner) if depth < MAX_DEPTH => members(&name, inner, out, depth + 1),
            Value::Null => {}
            other => out.push((name, other.clone())),
        }
    }
}

fn inside<'a>(message: &'a Object<'a>) -> Option<&'a Value<'a>> {
    message.get("parameter")
}

/// Parameters of several messages: one of each name, its values as an array in the order of the messages.
fn join<'a>(name: &str, messages: &'a Value<'a>, out: &mut Vec<Flat<'a>>) {
    let mut places = BTreeMap::new();
    let mut joined: Vec<(Cow<'a, str>, Vec<Value<'a>>)> = Vec::new();
    for message in objects(messages) {
        let mut flat = Vec::new();
        flatten(name, inside(message), &mut flat);
        for (name, value) in flat {
            let place = *places.entry(name.clone()).or_insert(joined.len());
            match joined.get_mut(place) {
                Some((_, values)) => values.push(value),
                None => joined.push((name, vec![value])),
            }
        }
    }
    out.extend(joined.into_iter().map(|(name, values)| (name, Value::Array(values))));
}

fn dotted<'a>(prefix: &str, name: Cow<'a, str>) -> Cow<'a, str> {
    if prefix.is_empty() || prefix.len() > MAX_PREFIX { name } else { Cow::Owned(format!("{prefix}.{name}")) }
}

/// Like [`any_text`], of a value that is not kept.
fn text_of(value: Value<'_>) -> Text<'_> {
    match value {
        Value::Str(text) => Some(text),
        other => any_text(&other).map(|text| Cow::Owned(text.into_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(event: &str) -> Vec<(String, Option<String>)> {
        let value: Value<'_> = serde_json::from_str(event).expect("test JSON");
        let parameters = Parameters::of(value.as_object().expect("an object"));
        let owned = |p: Property<'_>| (p.name.into_owned(), p.new.map(Cow::into_owned));
        parameters.into_properties().into_iter().map(owned).collect()
    }

    fn pair(name: &str, value: &str) -> (String, Option<String>) {
        (name.to_owned(), Some(value.to_owned()))
    }

    #[test]
    fn every_kind_of_value_becomes_text() {
        let event = r#"{"parameters":[{"name":"a","value":"x"},{"name":"b","intValue":"-7"},{"name":"c","intValue":7},
            {"name":"d","boolValue":false},{"name":"e","multiValue":["p","q\"r"]},{"name":"f","multiIntValue":["1","2"]},{"name":"g"}],
            "sensitiveParameters":[{"name":"h","value":"s"}]}"#;
        let expected = [
            pair("a", "x"),
            pair("b", "-7"),
            pair("c", "7"),
            pair("d", "false"),
            pair("e", r#"["p","q\"r"]"#),
            pair("f", r#"["1","2"]"#),
            ("g".to_owned(), None),
            pair("h", "s"),
        ];
        assert_eq!(flat(event), expected);
    }

    #[test]
    fn messages_in_messages_have_dotted_names() {
        let event = r#"{"parameters":[{"name":"event_info","messageValue":{"parameter":[{"name":"mail_event_type","intValue":"31"},
            {"name":"client_context","messageValue":{"parameter":[{"name":"client_type","value":"WEB"}]}}]}}]}"#;
        assert_eq!(flat(event), [pair("event_info.mail_event_type", "31"), pair("event_info.client_context.client_type", "WEB")]);
    }

    #[test]
    fn several_messages_keep_their_order_under_each_name() {
        let event = r#"{"parameters":[{"name":"scope_data","multiMessageValue":[
            {"parameter":[{"name":"scope_name","value":"one"},{"name":"product_bucket","multiValue":["GMAIL"]}]},
            {"parameter":[{"name":"scope_name","value":"two"},{"name":"product_bucket","multiValue":["IDENTITY","OTHER"]}]}]}]}"#;
        let expected =
            [pair("scope_data.scope_name", r#"["one","two"]"#), pair("scope_data.product_bucket", r#"[["GMAIL"],["IDENTITY","OTHER"]]"#)];
        assert_eq!(flat(event), expected);
    }

    #[test]
    fn shapes_that_are_none_give_nothing_and_no_panic() {
        for event in [
            "{}",
            r#"{"parameters":null}"#,
            r#"{"parameters":"x"}"#,
            r#"{"parameters":[1,null,"x",[]]}"#,
            r#"{"parameters":[{"name":"m","messageValue":3},{"name":"n","multiMessageValue":"x"},{"name":"o","messageValue":{"parameter":{}}}]}"#,
        ] {
            assert!(flat(event).iter().all(|(_, value)| value.is_none()), "{event}");
        }
    }

    #[test]
    fn long_names_around_a_parameter_do_not_multiply() {
        let long = "x".repeat(10_000);
        let inner = r#"{"name":"a","value":"1"}"#;
        let event = format!(r#"{{"parameters":[{{"name":"{long}","messageValue":{{"parameter":[{inner},{inner}]}}}}]}}"#);
        assert_eq!(flat(&event), [pair("a", "1"), pair("a", "1")]);
    }

    #[test]
    fn a_parameter_is_found_wherever_its_message_stands() {
        let event =
            r#"{"parameters":[{"name":"xdusi","value":"no"},{"name":"c","messageValue":{"parameter":[{"name":"dusi","value":"yes"}]}}]}"#;
        let value: Value<'_> = serde_json::from_str(event).expect("test JSON");
        let parameters = Parameters::of(value.as_object().expect("an object"));
        assert_eq!(parameters.nested("dusi").as_deref(), Some("yes"));
        assert_eq!(parameters.get("dusi"), None);
    }
}

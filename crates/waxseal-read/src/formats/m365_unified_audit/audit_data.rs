//! AuditData, member by member.

use std::borrow::Cow;

use serde_json_borrow::Value;
use waxseal_model::Nanos;

use crate::event::{Event, Item, Property, Text};
use crate::record_type::{self, Kind};
use crate::token_id::{is_guid, token_guid};
use crate::value::{Object, any_text, boolean, int, lower, member, objects, text};

/// Members that say nothing a column does not say better.
const LEFT_OUT: [&str; 4] = ["Version", "MailboxOwnerMasterAccountSid", "InternalLogonType", "CreationTime"];

/// The event of one AuditData object; what needs several members is settled at the end.
pub(super) fn event_of<'a>(data: &'a Object<'a>) -> Event<'a> {
    let mut reading = Reading::default();
    for (key, value) in data.iter() {
        if !reading.common(key, value) && !reading.mailbox(key, value) && !reading.directory(key, value) {
            reading.other(key, value);
        }
    }
    reading.finish()
}

/// An event in the making, with what is needed to settle it.
#[derive(Default)]
struct Reading<'a> {
    event: Event<'a>,
    user_key: Text<'a>,
    object_id: Text<'a>,
    result_status: Text<'a>,
    logon_error: Text<'a>,
    /// The same in old records.
    login_error: Text<'a>,
    actor_ip: Text<'a>,
    actor_address: Text<'a>,
    target_words: Vec<Text<'a>>,
    /// Properties in the order parameters, changes, operation, extended, the rest: not that of the members.
    extended: Vec<Property<'a>>,
    others: Vec<Property<'a>>,
}

impl<'a> Reading<'a> {
    /// Members of every record.
    fn common(&mut self, key: &str, value: &'a Value<'a>) -> bool {
        let e = &mut self.event;
        match key {
            "Id" => e.id = text(value),
            "CreationTime" => e.time = value.as_str().and_then(Nanos::parse),
            "Operation" => e.operation = text(value),
            "OrganizationId" => e.tenant = lower(text(value)),
            "RecordType" => e.record_type = text(value).and_then(|t| record_type::record_type_number(&t)),
            "Workload" => e.workload = text(value),
            "ResultStatus" => self.result_status = text(value),
            "UserType" => e.user_type = text(value).and_then(|t| record_type::user_type_number(&t)),
            "UserId" => e.actor = text(value),
            "UserKey" => self.user_key = text(value),
            "ObjectId" => self.object_id = text(value),
            "ClientIP" => e.client_ip = e.client_ip.take().or_else(|| text(value)),
            "ClientIPAddress" => e.client_ip = text(value).or_else(|| e.client_ip.take()),
            "ActorIpAddress" => self.actor_ip = text(value),
            "UserAgent" => e.user_agent = text(value),
            "AppId" | "ApplicationId" => e.app_id = lower(text(value)).or_else(|| e.app_id.take()),
            "ClientAppId" => e.client_app_id = lower(text(value)),
            "SessionId" => e.session_id = text(value),
            "CorrelationId" => e.correlation_id = lower(text(value)).or_else(|| e.correlation_id.take()),
            "AppAccessContext" => self.token(value),
            "TokenObjectId" => e.token_object_id = lower(text(value)),
            "TokenTenantId" => e.token_tenant_id = lower(text(value)),
            "TokenType" => e.token_type = text(value),
            "AuthType" => e.auth_protocol = text(value),
            "DeviceId" => e.device_id = text(value),
            "UniqueTokenIdentifier" => e.uti = text(value).and_then(|t| token_guid(&t)).map(Cow::Owned),
            "ResourceURL" | "ResourceUrl" => e.resource_id = text(value),
            _ => return false,
        }
        true
    }

    /// Members of mailbox records.
    fn mailbox(&mut self, key: &str, value: &'a Value<'a>) -> bool {
        let e = &mut self.event;
        match key {
            "MailboxOwnerUPN" => e.mailbox = lower(text(value)),
            "MailboxGuid" => e.mailbox_id = lower(text(value)),
            "LogonType" => e.logon_type = text(value).and_then(|t| record_type::logon_type(&t)).map(Cow::Borrowed),
            "ExternalAccess" => e.external_access = boolean(value),
            "ClientInfoString" => e.client_info = text(value),
            "OperationCount" => e.item_count = int(value),
            "OperationProperties" if value.is_array() => self.operation_properties(value),
            "Parameters" => return self.parameters(value),
            "Folders" if value.is_array() => self.folders(value),
            "AffectedItems" if value.is_array() => self.event.items.extend(objects(value).map(item)),
            "Item" if value.is_object() => self.item(value),
            "Folder" | "DestFolder" if value.is_object() => self.folder(key, value),
            _ => return false,
        }
        true
    }

    /// Members of directory and sign-in records.
    fn directory(&mut self, key: &str, value: &'a Value<'a>) -> bool {
        match key {
            "ModifiedProperties" if value.is_array() => self.event.properties.extend(objects(value).map(changed)),
            // Agents that index by name write it so, with underscores for the dots in it.
            "ModifiedProperties" if value.is_object() => {
                let by_name =
                    value.as_object().into_iter().flat_map(Object::iter).filter_map(|(name, change)| Some((name, change.as_object()?)));
                self.event
                    .properties
                    .extend(by_name.map(|(name, change)| Property { name: name.replace('_', ".").into(), ..changed(change) }));
            }
            "ExtendedProperties" => return self.extended_properties(value),
            "DeviceProperties" if value.is_array() => self.device_properties(value),
            "Target" if value.is_array() => self.target_words = objects(value).map(|t| member(t, "ID")).collect(),
            "Actor" if value.is_array() => self.actor_object_id(value),
            "InterSystemsId" => self.event.correlation_id = lower(text(value)).or_else(|| self.event.correlation_id.take()),
            "ErrorNumber" | "ErrorCode" => self.event.error_code = text(value),
            "LogonError" => self.logon_error = text(value).filter(|error| error != "None"),
            _ => return false,
        }
        true
    }

    /// Every other member is kept as a property; objects and lists as compact JSON.
    fn other(&mut self, key: &'a str, value: &'a Value<'a>) {
        if LEFT_OUT.contains(&key) || key.starts_with("@odata.") {
            return;
        }
        if let Some(new) = any_text(value).filter(|text| !text.is_empty()) {
            self.others.push(Property { name: Cow::Borrowed(key), old: None, new: Some(new) });
        }
    }

    fn token(&mut self, value: &'a Value<'a>) {
        let Some(context) = value.as_object() else { return };
        let e = &mut self.event;
        e.aad_session_id = member(context, "AADSessionId");
        e.ctx_client_app_id = lower(member(context, "ClientAppId"));
        e.token_issued_at = member(context, "IssuedAtTime").and_then(|t| Nanos::parse(&t));
        e.uti = member(context, "UniqueTokenId").and_then(|t| token_guid(&t)).map(Cow::Owned);
        e.correlation_id = e.correlation_id.take().or_else(|| lower(member(context, "CorrelationId")));
    }

    /// `MailAccessType`, `IsThrottled` and the parts of a rule, by name: their order is not fixed.
    fn operation_properties(&mut self, value: &'a Value<'a>) {
        for property in objects(value).map(named) {
            match property.name.as_ref() {
                "MailAccessType" => self.event.access_kind = lower(property.new),
                "IsThrottled" => self.event.throttled = property.new.as_deref().and_then(|t| t.to_ascii_lowercase().parse().ok()),
                _ => self.event.properties.push(property),
            }
        }
    }

    fn folders(&mut self, value: &'a Value<'a>) {
        for folder in objects(value) {
            let path = member(folder, "Path");
            self.event.folder_id = self.event.folder_id.take().or_else(|| member(folder, "Id"));
            let items = folder.get("FolderItems").into_iter().flat_map(objects);
            self.event.items.extend(items.map(|i| Item { folder: path.clone(), ..item(i) }));
        }
    }

    fn item(&mut self, value: &'a Value<'a>) {
        let Some(object) = value.as_object() else { return };
        let mut single = item(object);
        if let Some(parent) = object.get("ParentFolder").and_then(Value::as_object) {
            self.event.folder_id = member(parent, "Id");
            single.folder = member(parent, "Path").or_else(|| member(parent, "Name"));
            // Folder permissions stand in the parent folder of the record that changes them.
            self.permissions(parent);
        }
        if single.message_id.is_some() || single.subject.is_some() || single.immutable_id.is_some() {
            self.event.items.push(single);
        }
    }

    fn permissions(&mut self, folder: &'a Object<'a>) {
        // In every other record these members are the folder's own name and place, not something that was set.
        if folder.get("MemberRights").is_none() && folder.get("MemberUpn").is_none() {
            return;
        }
        for key in ["MemberUpn", "MemberRights", "MemberSid", "Path", "Name"] {
            if let Some(new) = member(folder, key) {
                self.others.push(Property { name: Cow::Borrowed(key), old: None, new: Some(new) });
            }
        }
    }

    fn folder(&mut self, key: &str, value: &'a Value<'a>) {
        let Some(object) = value.as_object() else { return };
        let name = if key == "Folder" { "Folder" } else { "DestFolder" };
        if key == "Folder" {
            self.event.folder_id = member(object, "Id");
        }
        if let Some(path) = member(object, "Path") {
            self.others.push(Property { name: name.into(), old: None, new: Some(path) });
        }
    }

    /// The parameters of a cmdlet: mostly a list, by name where agents index them, and in some records the line that was typed.
    fn parameters(&mut self, value: &'a Value<'a>) -> bool {
        let properties = match value {
            Value::Str(line) if line.trim_start().starts_with('-') => Some(typed(line)),
            _ => list_or_by_name(value),
        };
        let is_read = properties.is_some();
        self.event.properties.extend(properties.into_iter().flatten());
        is_read
    }

    /// A list, or by name where agents index them.
    fn extended_properties(&mut self, value: &'a Value<'a>) -> bool {
        let Some(properties) = list_or_by_name(value) else { return false };
        for property in properties {
            match property.name.as_ref() {
                "UserAgent" => self.event.user_agent = property.new.clone().filter(|t| !t.is_empty()),
                "LoginError" => self.login_error = error_of_login(property.new.as_ref()),
                _ => {}
            }
            self.extended.push(property);
        }
        true
    }

    fn device_properties(&mut self, value: &'a Value<'a>) {
        for property in objects(value).map(named) {
            match property.name.as_ref() {
                "SessionId" => self.event.aad_session_id.clone_from(&property.new),
                "Id" => self.event.device_id.clone_from(&property.new),
                _ => {}
            }
            self.extended.push(property);
        }
    }

    /// The object id among the names that a directory record gives its actor, and his address.
    fn actor_object_id(&mut self, value: &'a Value<'a>) {
        self.actor_address = objects(value).filter_map(|a| member(a, "ID")).find(|id| id.contains('@'));
        self.event.actor_id =
            objects(value).filter_map(|a| member(a, "ID")).find(|id| is_guid(id)).map(|id| lower(Some(id)).unwrap_or_default());
    }

    fn finish(mut self) -> Event<'a> {
        let mut properties = std::mem::take(&mut self.event.properties);
        properties.append(&mut self.extended);
        if let Some(error) = &self.logon_error {
            properties.push(Property { name: "LogonError".into(), old: None, new: Some(error.clone()) });
        }
        properties.append(&mut self.others);
        // Of the entry at which a record was cut there may be nothing left.
        properties.retain(|p| *p != Property::default());
        self.event.items.retain(|i| i.id.is_some() || i.message_id.is_some() || i.immutable_id.is_some() || i.subject.is_some());
        self.event.properties = properties;
        self.settle_class();
        self.settle_actor();
        self.settle_result();
        self.settle_target();
        self.settle_client();
        self.event
    }

    fn settle_class(&mut self) {
        let e = &mut self.event;
        if e.operation.is_none() {
            return;
        }
        let kind = Kind {
            record_type: e.record_type,
            operation: e.operation.as_deref().unwrap_or_default(),
            workload: e.workload.as_deref().unwrap_or_default(),
            access: e.access_kind.as_deref(),
        };
        e.log_class = Some(record_type::class_of(kind).as_str().into());
        if e.item_count.is_none() && !e.items.is_empty() {
            e.item_count = i64::try_from(e.items.len()).ok();
        }
    }

    fn settle_actor(&mut self) {
        let e = &mut self.event;
        // Where a sign-in failed, the name of who tried is sometimes not resolved.
        let is_none = |name: &str| ["Not Available", "Unknown"].iter().any(|none| none.eq_ignore_ascii_case(name));
        let name = e.actor.take().filter(|name| !is_none(name)).or_else(|| self.actor_address.take());
        e.actor_kind = Some(record_type::actor_kind(e.user_type, name.as_deref().unwrap_or_default()).into());
        e.actor = if name.as_deref().is_some_and(|n| n.contains('@')) { lower(name) } else { name };
        e.actor_id = e.actor_id.take().or_else(|| self.user_key.take());
    }

    /// One word for success and failure. For sign-ins `ResultStatus` tells only that the request was served, so the error
    /// decides.
    fn settle_result(&mut self) {
        let e = &mut self.event;
        let error = self.logon_error.take().or_else(|| self.login_error.take());
        let failed = e.error_code.as_deref().map_or(error.is_some(), |code| code != "0");
        let signs_in = e.record_type == Some(ACCOUNT_LOGON) || e.operation.as_deref().is_some_and(|op| op.starts_with("UserLog"));
        e.result = if signs_in && (failed || e.operation.as_deref() == Some("UserLoginFailed")) {
            Some("failure".into())
        } else {
            self.result_status.take().map(|status| match status.to_ascii_lowercase().as_str() {
                "true" | "success" | "succeeded" | "partiallysucceeded" => "success".into(),
                "false" | "failed" | "failure" => "failure".into(),
                _ => status,
            })
        };
        if e.error_code.is_none() {
            e.error_code = error;
        }
    }

    fn settle_target(&mut self) {
        let e = &mut self.event;
        let identity = parameter(&e.properties, "Identity");
        let words = &self.target_words;
        e.target_id = words.iter().flatten().find(|word| is_guid(word)).cloned().map(|id| lower(Some(id)).unwrap_or_default());
        e.target_kind = words.iter().flatten().find_map(|word| kind_of_target(word)).map(Cow::Borrowed);
        if e.log_class.as_deref() == Some("ual.exchange_admin") {
            let mailbox = parameter(&e.properties, "Mailbox").or_else(|| identity.clone());
            e.mailbox = lower(mailbox.filter(|m| is_address(m)));
            e.target = identity.or_else(|| parameter(&e.properties, "Name")).or_else(|| self.object_id.take());
        } else if e.log_class.as_deref() == Some("ual.sts") {
            e.resource_id = e.resource_id.take().or_else(|| lower(self.object_id.take()));
        } else {
            e.target = self.object_id.take();
        }
    }

    fn settle_client(&mut self) {
        let e = &mut self.event;
        e.client_ip = e.client_ip.take().or_else(|| self.actor_ip.take());
        let Some(info) = e.client_info.as_deref() else { return };
        e.client_protocol = record_type::client_protocol(info).map(Cow::Owned);
        if e.user_agent.is_none() {
            e.user_agent = record_type::client_user_agent(info).map(|agent| Cow::Owned(agent.to_owned()));
        }
    }
}

/// Sign-ins of the early years, under operations of their own.
/// Source: <https://learn.microsoft.com/en-us/office/office-365-management-api/office-365-management-activity-api-schema#azure-active-directory-account-logon-schema>
const ACCOUNT_LOGON: i64 = 9;

/// The word in `-2147217390;PP_E_BAD_PASSWORD;The entered and stored passwords do not match.`
fn error_of_login<'a>(told: Option<&Cow<'a, str>>) -> Text<'a> {
    let told = told?.trim();
    let (number, words) = told.split_once(';').unwrap_or((told, ""));
    let word = words.split(';').next().map(str::trim).filter(|word| !word.is_empty()).unwrap_or(number);
    (!number.is_empty() && number != "0").then(|| Cow::Owned(word.to_owned()))
}

fn kind_of_target(word: &str) -> Option<&'static str> {
    Some(match word {
        "User" => "user",
        "Role" => "role",
        "Application" => "application",
        "ServicePrincipal" => "service_principal",
        "Group" => "group",
        "Device" => "device",
        "Policy" => "policy",
        _ => return None,
    })
}

fn is_address(text: &str) -> bool {
    text.contains('@') && !text.contains([' ', '/', '\\'])
}

fn parameter<'a>(properties: &[Property<'a>], name: &str) -> Text<'a> {
    properties.iter().find(|p| p.name == name).and_then(|p| p.new.clone()).filter(|value| !value.is_empty())
}

/// Names with values, as a list of them, a list of one that is written without brackets, or an object.
fn list_or_by_name<'a>(value: &'a Value<'a>) -> Option<Vec<Property<'a>>> {
    Some(match value {
        Value::Array(_) => objects(value).map(named).collect(),
        Value::Object(one) if one.get("Name").is_some() && one.get("Value").is_some() => vec![named(one)],
        Value::Object(by_name) => {
            by_name.iter().map(|(name, value)| Property { name: name.into(), old: None, new: any_text(value) }).collect()
        }
        _ => return None,
    })
}

/// `{"Name": …, "Value": …}`.
fn named<'a>(object: &'a Object<'a>) -> Property<'a> {
    Property { name: object.get("Name").and_then(any_text).unwrap_or_default(), old: None, new: object.get("Value").and_then(any_text) }
}

/// `-Name "value" -Switch -Other value`. Quotes inside a value are doubled or behind a backslash.
fn typed<'a>(line: &str) -> Vec<Property<'a>> {
    let mut parameters: Vec<(String, Option<String>)> = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let (word, quoted, after) = next_word(rest);
        rest = after.trim_start();
        match word.strip_prefix('-').filter(|name| !quoted && name.starts_with(|c: char| c.is_alphabetic())) {
            Some(name) => parameters.push((name.trim_end_matches(':').to_owned(), None)),
            None => match parameters.last_mut() {
                Some((_, Some(value))) => {
                    value.push(' ');
                    value.push_str(&word);
                }
                Some((_, value)) => *value = Some(word),
                None => {}
            },
        }
    }
    let switch = || "True".to_owned();
    let property =
        |(name, value): (String, Option<String>)| Property { name: name.into(), old: None, new: Some(value.unwrap_or_else(switch).into()) };
    parameters.into_iter().map(property).collect()
}

/// The first word, whether it stood in quotes, and what comes after it.
fn next_word(text: &str) -> (String, bool, &str) {
    let Some(inside) = text.strip_prefix('"') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        return (text[..end].to_owned(), false, &text[end..]);
    };
    let (mut word, mut chars) = (String::new(), inside.char_indices().peekable());
    while let Some((at, c)) = chars.next() {
        match (c, chars.peek()) {
            ('\\' | '"', Some((_, '"'))) => {
                chars.next();
                word.push('"');
            }
            ('"', _) => return (word, true, &inside[at + 1..]),
            _ => word.push(c),
        }
    }
    (word, true, "")
}

/// `{"Name": …, "OldValue": …, "NewValue": …}`.
fn changed<'a>(object: &'a Object<'a>) -> Property<'a> {
    let value = |key: &str| object.get(key).and_then(any_text);
    Property { name: value("Name").unwrap_or_default(), old: value("OldValue"), new: value("NewValue") }
}

fn item<'a>(object: &'a Object<'a>) -> Item<'a> {
    Item {
        message_id: member(object, "InternetMessageId"),
        immutable_id: member(object, "ImmutableId"),
        id: member(object, "Id"),
        size_bytes: object.get("SizeInBytes").and_then(int),
        subject: member(object, "Subject"),
        folder: object.get("ParentFolder").and_then(Value::as_object).and_then(|folder| member(folder, "Path")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(data: &str) -> Vec<(String, Option<String>, Option<String>)> {
        let value: Value<'_> = serde_json::from_str(data).unwrap();
        let event = event_of(value.as_object().unwrap());
        let owned = |text: &Text<'_>| text.as_deref().map(str::to_owned);
        event.properties.iter().map(|it| (it.name.to_string(), owned(&it.old), owned(&it.new))).collect()
    }

    fn said(name: &str, new: &str) -> (String, Option<String>, Option<String>) {
        (name.to_owned(), None, Some(new.to_owned()))
    }

    #[test]
    fn parameters_are_read_however_they_are_written() {
        let expected = [said("Name", "."), said("DeleteMessage", "True")];
        assert_eq!(properties(r#"{"Parameters":[{"Name":"Name","Value":"."},{"Name":"DeleteMessage","Value":"True"}]}"#), expected);
        assert_eq!(properties(r#"{"Parameters":{"Name":".","DeleteMessage":true}}"#)[0], expected[0]);
        assert_eq!(properties(r#"{"Parameters":"-Name \".\" -DeleteMessage"}"#), expected);
        assert_eq!(properties(r#"{"Parameters":{"Name":"Identity","Value":"anna"}}"#), [said("Identity", "anna")]);
    }

    #[test]
    fn a_typed_line_keeps_what_stands_in_quotes_together() {
        let line = r#"{"Parameters":"-SearchName \"a \\\"b\\\" -c\" -Force: $true -Case one two -Purge"}"#;
        assert_eq!(
            properties(line),
            [said("SearchName", "a \"b\" -c"), said("Force", "$true"), said("Case", "one two"), said("Purge", "True")]
        );
        assert_eq!(properties(r#"{"Parameters":"-Name \"never closed"}"#), [said("Name", "never closed")]);
    }

    #[test]
    fn a_typed_line_of_many_words_is_one_value() {
        let words = "b ".repeat(1 << 20);
        let [(name, _, Some(value))] = &properties(&format!(r#"{{"Parameters":"-a {words}"}}"#))[..] else { panic!("not one parameter") };
        assert_eq!((name.as_str(), value.len()), ("a", (2 << 20) - 1));
    }

    #[test]
    fn extended_properties_are_read_however_they_are_written() {
        let expected = [said("UserAgent", "agent"), said("RequestType", "OAuth2:Token")];
        let list = r#"{"ExtendedProperties":[{"Name":"UserAgent","Value":"agent"},{"Name":"RequestType","Value":"OAuth2:Token"}]}"#;
        let by_name = r#"{"ExtendedProperties":{"UserAgent":"agent","RequestType":"OAuth2:Token"}}"#;
        for data in [list, by_name] {
            assert_eq!(properties(data), expected);
            let value: Value<'_> = serde_json::from_str(data).unwrap();
            assert_eq!(event_of(value.as_object().unwrap()).user_agent.as_deref(), Some("agent"));
        }
        assert_eq!(properties(r#"{"ExtendedProperties":"words"}"#), [said("ExtendedProperties", "words")]);
    }

    #[test]
    fn the_error_of_an_old_sign_in_stands_among_its_properties() {
        let told = |error: &str, record_type: i64| {
            let data = serde_json::json!({
                "Operation": "PasswordLogonInitialAuthUsingPassword", "RecordType": record_type, "ResultStatus": "Succeeded",
                "ExtendedProperties": [{"Name": "LoginError", "Value": error}],
            });
            let text = data.to_string();
            let value: Value<'_> = serde_json::from_str(&text).unwrap();
            let event = event_of(value.as_object().unwrap());
            (event.error_code.map(Cow::into_owned), event.result.map(Cow::into_owned))
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(told("-2147217390;PP_E_BAD_PASSWORD;They do not match.", 9), (some("PP_E_BAD_PASSWORD"), some("failure")));
        assert_eq!(told("-2147217390", 9), (some("-2147217390"), some("failure")));
        assert_eq!(told("0;;", 9), (None, some("success")));
        assert_eq!(told("-1;PP_E_X;y", 8), (some("PP_E_X"), some("success")));
    }

    #[test]
    fn changes_are_read_by_name_too() {
        let data = r#"{"ModifiedProperties":{"Role_DisplayName":{"NewValue":"Global Administrator","OldValue":""}}}"#;
        assert_eq!(properties(data), [("Role.DisplayName".to_owned(), Some(String::new()), Some("Global Administrator".to_owned()))]);
    }

    #[test]
    fn who_tried_is_taken_from_the_actors_where_the_user_is_not_resolved() {
        let actor = |actors: &str| {
            let data = format!(r#"{{"Operation":"UserLoginFailed","UserId":"Not Available","Actor":{actors}}}"#);
            let value: Value<'_> = serde_json::from_str(&data).unwrap();
            event_of(value.as_object().unwrap()).actor.map(Cow::into_owned)
        };
        assert_eq!(actor(r#"[{"ID":"Anna@x.example","Type":5}]"#).as_deref(), Some("anna@x.example"));
        assert_eq!(actor("[]"), None);
    }
}

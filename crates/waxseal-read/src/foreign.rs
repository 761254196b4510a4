//! Records of other logs, told by name so that the account can say what they are. They are not read.

use crate::azure_monitor::peel;
use crate::fields::Fields;
use crate::format::Record;
use crate::value::short;

/// What is told by names of members or columns that stand together in no other record.
const BY_NAMES: [(&[&str], &str); 19] = [
    (&["eventVersion", "eventSource", "eventName", "userIdentity"], "AWS CloudTrail"),
    (&["eventType", "published", "actor", "outcome"], "Okta's system log"),
    (&["action", "actor", "org", "created_at"], "GitHub's audit log"),
    (&["@timestamp", "action", "actor", "_document_id"], "GitHub's audit log"),
    (&["authorization", "claims", "caller"], "the Azure activity log"),
    (&["operationName", "resourceProviderName", "subscriptionId"], "the Azure activity log"),
    (&["category", "resourceProviderName", "subscriptionId"], "the Azure activity log"),
    (&["protoPayload", "logName"], "Google Cloud's audit log"),
    (&["alertId", "createTime", "customerId", "source"], "Google's alert center"),
    (&["providerAlertId", "serviceSource", "detectionSource"], "Microsoft's security alerts"),
    (&["vendorInformation", "eventDateTime", "severity", "title"], "Microsoft's security alerts"),
    (&["incidentWebUrl", "displayName", "severity"], "Microsoft's security incidents"),
    (&["alerts", "incidentName", "severity"], "Microsoft's security incidents"),
    (&["alerts", "incidentId", "severity"], "Microsoft's security incidents"),
    (&["deviceId", "operatingSystem", "trustType"], "a list of devices"),
    (&["azure_ad", "labels"], "a list of accounts or devices"),
    (&["userPrincipalName", "displayName", "mail", "givenName"], "a list of accounts"),
    (&["google_workspace", "event"], "Elastic's own form of a Google Workspace event, without the record"),
    (&["Timestamp", "ReportId"], "a table of Defender"),
];

/// The category of a log that is read here: what bears its name and was claimed by no format is something else.
const READ: &str = "AuditLogs";

/// The log that a record comes from, where it is known and is none that is read here.
pub(crate) fn name_of(record: &Record<'_>) -> Option<String> {
    if let Record::Json(value) = record
        && let Some(category) = peel(value).and_then(|peeled| peeled.category)
        && category != READ
    {
        return Some(match category.strip_prefix("AdvancedHunting-") {
            Some(table) => format!("Defender's table {}", short(table)),
            None => format!("Azure's log category {}", short(&category)),
        });
    }
    let fields = Fields::of(record)?;
    let found = BY_NAMES.iter().find(|(names, _)| names.iter().all(|name| fields.has(name)));
    found.map(|(_, name)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json_borrow::Value;

    use super::*;

    #[test]
    fn other_logs_are_named() {
        let name = |text: &str| name_of(&Record::Json(&serde_json::from_str::<Value<'_>>(text).expect("test JSON")));
        let trail = r#"{"eventVersion":"1","userIdentity":{},"eventSource":"s3","eventName":"x"}"#;
        assert_eq!(name(trail).as_deref(), Some("AWS CloudTrail"));
        let device = r#"{"category":"AdvancedHunting-DeviceInfo","properties":{}}"#;
        assert_eq!(name(device).as_deref(), Some("Defender's table DeviceInfo"));
        let activity = r#"{"category":"AuditLogs","properties":{},"resourceProviderName":"x","subscriptionId":"y"}"#;
        assert_eq!(name(activity).as_deref(), Some("the Azure activity log"));
        let made_by_elastic = r#"{"@timestamp":"t","event":{"action":"login_success"},"google_workspace":{"kind":"k"}}"#;
        assert_eq!(name(made_by_elastic).as_deref(), Some("Elastic's own form of a Google Workspace event, without the record"));
        assert_eq!(name(r#"{"category":"AuditLogs","properties":{}}"#), None);
        assert_eq!(name(r#"{"a":1}"#), None);
    }
}

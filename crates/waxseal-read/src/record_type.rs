//! The unified audit log's record types, user types and logon types.
//!
//! Source: <https://learn.microsoft.com/en-us/office/office-365-management-api/office-365-management-activity-api-schema>

use waxseal_model::LogClass;

/// Record types by the name that PowerShell and Graph write, for those that decide a log class.
const NAMES: &[(&str, i64)] = &[
    ("ExchangeAdmin", 1),
    ("ExchangeItem", 2),
    ("ExchangeItemGroup", 3),
    ("SharePoint", 4),
    ("SharePointFileOperation", 6),
    ("OneDrive", 7),
    ("AzureActiveDirectory", 8),
    ("AzureActiveDirectoryAccountLogon", 9),
    ("DataCenterSecurityCmdlet", 10),
    ("ComplianceDLPSharePoint", 11),
    ("ComplianceDLPExchange", 13),
    ("SharePointSharingOperation", 14),
    ("AzureActiveDirectoryStsLogon", 15),
    ("SecurityComplianceCenterEOPCmdlet", 18),
    ("ExchangeAggregatedOperation", 19),
    ("Discovery", 24),
    ("MicrosoftTeams", 25),
    ("ThreatIntelligence", 28),
    ("AeD", 31),
    ("ComplianceDLPSharePointClassification", 33),
    ("SharePointListOperation", 36),
    ("SharePointCommentOperation", 37),
    ("DataGovernance", 38),
    ("SecurityComplianceAlerts", 40),
    ("ThreatIntelligenceUrl", 41),
    ("SecurityComplianceInsights", 42),
    ("MIPLabel", 43),
    ("ExchangeItemAggregated", 50),
    ("SharePointListItemOperation", 54),
    ("SharePointContentTypeOperation", 55),
    ("SharePointFieldOperation", 56),
    ("MicrosoftTeamsAdmin", 57),
    ("ExchangeSearch", 101),
    ("OWAAuth", 275),
];

/// The number of a record type that is written as a number or as a name.
pub(crate) fn record_type_number(text: &str) -> Option<i64> {
    let text = text.trim();
    text.parse().ok().or_else(|| NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, number)| *number))
}

/// What decides the log class of a unified audit record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind<'a> {
    pub(crate) record_type: Option<i64>,
    pub(crate) operation: &'a str,
    pub(crate) workload: &'a str,
    /// `MailAccessType`, for mail access.
    pub(crate) access: Option<&'a str>,
}

/// The log class of a unified audit record.
pub(crate) fn class_of(kind: Kind<'_>) -> LogClass {
    if kind.operation == "MailItemsAccessed" {
        // Where the record was cut before it says, its type does: binds are aggregated, syncs are not.
        let syncs = kind.access.map_or(kind.record_type == Some(2), |access| access.eq_ignore_ascii_case("sync"));
        return if syncs { LogClass::UalMiaSync } else { LogClass::UalMiaBind };
    }
    if kind.operation.contains("GetAccessTokenForResource") {
        return LogClass::UalOwaAuth;
    }
    match kind.record_type {
        Some(1) => LogClass::UalExchangeAdmin,
        Some(2 | 3 | 19 | 50) => LogClass::UalItem,
        Some(4 | 6 | 7 | 14 | 36 | 37 | 54 | 55 | 56) => LogClass::UalSharepoint,
        Some(8) => LogClass::UalDirectory,
        Some(9 | 15) => LogClass::UalSts,
        Some(25 | 57) => LogClass::UalTeams,
        Some(11 | 13 | 18 | 24 | 28 | 31 | 33 | 38 | 40 | 41 | 42 | 43 | 101) => LogClass::UalCompliance,
        Some(275) => LogClass::UalOwaAuth,
        _ => class_of_workload(kind),
    }
}

/// For record types that are missing or not in the table.
fn class_of_workload(kind: Kind<'_>) -> LogClass {
    match kind.workload {
        "Exchange" if kind.operation.contains('-') => LogClass::UalExchangeAdmin,
        "Exchange" => LogClass::UalItem,
        "AzureActiveDirectory" if kind.operation.starts_with("UserLog") => LogClass::UalSts,
        "AzureActiveDirectory" => LogClass::UalDirectory,
        "SharePoint" | "OneDrive" => LogClass::UalSharepoint,
        "MicrosoftTeams" => LogClass::UalTeams,
        "SecurityComplianceCenter" | "Compliance" => LogClass::UalCompliance,
        "" => class_of_operation(kind.operation),
        _ => LogClass::UalOther,
    }
}

/// Where a query left both type and workload out, for operations that are of one log only.
fn class_of_operation(operation: &str) -> LogClass {
    let is_cmdlet = operation.split_once('-').is_some_and(|(verb, noun)| {
        verb.bytes().all(|byte| byte.is_ascii_alphabetic()) && noun.starts_with(|c: char| c.is_ascii_uppercase()) && !noun.contains(' ')
    });
    match operation {
        "UserLoggedIn" | "UserLoginFailed" => LogClass::UalSts,
        "SendAs" | "SendOnBehalf" | "HardDelete" | "SoftDelete" | "MoveToDeletedItems" | "MailboxLogin" | "FolderBind"
        | "UpdateInboxRules" => LogClass::UalItem,
        _ if is_cmdlet => LogClass::UalExchangeAdmin,
        _ if operation.starts_with("File") => LogClass::UalSharepoint,
        _ => LogClass::UalOther,
    }
}

/// The number of a user type that is written as a number or as a name.
pub(crate) fn user_type_number(text: &str) -> Option<i64> {
    const NAMES: [&str; 11] = [
        "Regular",
        "Reserved",
        "Admin",
        "DcAdmin",
        "System",
        "Application",
        "ServicePrincipal",
        "CustomPolicy",
        "SystemPolicy",
        "PartnerTechnician",
        "Guest",
    ];
    let text = text.trim();
    text.parse().ok().or_else(|| NAMES.iter().position(|name| name.eq_ignore_ascii_case(text)).and_then(|i| i64::try_from(i).ok()))
}

/// What kind of actor a user type stands for.
pub(crate) fn actor_kind(user_type: Option<i64>, actor: &str) -> &'static str {
    if actor.starts_with("NT AUTHORITY\\") || actor == "S-1-5-18" {
        return "system";
    }
    // Whatever its type of user is: mostly that of the system.
    if actor.starts_with("ServicePrincipal_") {
        return "application";
    }
    match user_type {
        Some(2) => "admin",
        Some(3 | 4 | 7 | 8) => "system",
        Some(5) => "application",
        Some(6) => "service",
        Some(9) => "partner",
        Some(10) => "guest",
        _ => "user",
    }
}

/// The word of a logon type.
pub(crate) fn logon_type(text: &str) -> Option<&'static str> {
    const WORDS: [&str; 7] = ["owner", "admin", "delegated", "transport", "system", "best_access", "delegated_admin"];
    match text.trim().parse::<usize>() {
        Ok(number) => WORDS.get(number).copied(),
        Err(_) => WORDS.iter().find(|word| word.replace('_', "").eq_ignore_ascii_case(text.trim())).copied(),
    }
}

/// The protocol in a `ClientInfoString`: what stands behind `Client=`.
pub(crate) fn client_protocol(client_info: &str) -> Option<String> {
    let rest = client_info.strip_prefix("Client=")?;
    if rest.starts_with("POP3/IMAP4") {
        return Some(if client_info.contains("Protocol=POP3") { "pop3" } else { "imap" }.to_owned());
    }
    let word = rest.split([';', '/', ',']).next()?;
    let known = match word {
        "MSExchangeRPC" | "MSExchangeMapiHttp" | "MSExchangeMapi" => "mapi",
        "WebServices" => "ews",
        "IMAP4" => "imap",
        other => return Some(other.to_ascii_lowercase()).filter(|word| !word.is_empty()),
    };
    Some(known.to_owned())
}

/// The user agent in a `ClientInfoString`: what stands behind the protocol, unless that is an action of the service.
pub(crate) fn client_user_agent(client_info: &str) -> Option<&str> {
    let rest = client_info.split_once(';')?.1.trim_end_matches(';').trim();
    (!rest.is_empty() && !["Action=", "Client=", "Protocol="].iter().any(|word| rest.starts_with(word))).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_as_numbers_and_as_names() {
        assert_eq!(record_type_number("exchangeadmin"), Some(1));
        assert_eq!(record_type_number(" 50 "), Some(50));
        assert_eq!(user_type_number("DcAdmin"), Some(3));
        assert_eq!(logon_type("2"), Some("delegated"));
        assert_eq!(logon_type("Owner"), Some("owner"));
    }

    #[test]
    fn an_operation_alone_tells_a_class_only_where_it_is_of_one_log() {
        let class = |operation| class_of(Kind { record_type: None, operation, workload: "", access: None });
        assert_eq!(class("Set-Mailbox"), LogClass::UalExchangeAdmin);
        assert_eq!(class("HardDelete"), LogClass::UalItem);
        assert_eq!(class("Update"), LogClass::UalOther);
        assert_eq!(class("Sign-in activity"), LogClass::UalOther);
    }

    #[test]
    fn client_strings_tell_protocol_and_agent() {
        assert_eq!(client_protocol("Client=REST;Client=RESTSystem;;").as_deref(), Some("rest"));
        assert_eq!(client_user_agent("Client=REST;Client=RESTSystem;;"), None);
        assert_eq!(client_user_agent("Client=OWA;Action=ViaProxy"), None);
        assert_eq!(client_user_agent("Client=OWA;Mozilla/5.0 (X11; Linux);"), Some("Mozilla/5.0 (X11; Linux)"));
        assert_eq!(client_protocol("Client=MSExchangeRPC").as_deref(), Some("mapi"));
        assert_eq!(client_protocol("Client=POP3/IMAP4;Protocol=IMAP4").as_deref(), Some("imap"));
        assert_eq!(client_protocol("Client=POP3/IMAP4;Protocol=POP3").as_deref(), Some("pop3"));
        assert_eq!(client_user_agent("Client=POP3/IMAP4;Protocol=POP3"), None);
    }
}

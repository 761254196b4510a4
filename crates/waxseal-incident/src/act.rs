//! Records that change something: what intruders did to settings, and what administrators did about it.

use waxseal_model::Nanos;

/// A record that changes something. Empty texts are none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Act {
    /// The tenant.
    pub tenant: String,
    /// The record's id.
    pub id: String,
    /// When.
    pub time: Option<Nanos>,
    /// The log it stands in.
    pub log_class: String,
    /// What was done, as the provider spells it.
    pub operation: String,
    /// `success`, `failure`, or the provider's word.
    pub result: Option<String>,
    /// Who did it.
    pub actor: Option<String>,
    /// From where.
    pub client_ip: Option<String>,
    /// The mailbox it was done to.
    pub mailbox: Option<String>,
    /// What it was done to, as a name.
    pub target: Option<String>,
    /// What it was done to, as an id.
    pub target_id: Option<String>,
    /// The application, where the record is about one.
    pub app_id: Option<String>,
    /// Parameters and changed properties.
    pub properties: Vec<Change>,
}

/// A parameter, or a property with its old and new value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// Its name.
    pub name: String,
    /// What it was.
    pub old: Option<String>,
    /// What it became.
    pub new: Option<String>,
}

impl Act {
    /// The operation without what exports spell differently: case, the full stop at its end, blanks, the kind of dash.
    #[must_use]
    pub fn operation_key(&self) -> String {
        self.operation.trim().trim_end_matches('.').to_lowercase().replace('–', "-")
    }

    /// The new value of a property, without the brackets and quotes that some exports put around it.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let found = self.properties.iter().find(|change| change.name.eq_ignore_ascii_case(name));
        found.and_then(|change| change.new.as_deref()).map(bare).filter(|value| !value.is_empty())
    }

    /// The new value of a property as it stands: names may have brackets of their own.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let found = self.properties.iter().find(|change| change.name.eq_ignore_ascii_case(name));
        found.and_then(|change| change.new.as_deref()).filter(|value| !value.is_empty())
    }

    /// Whether a property is there, with or without a value.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.properties.iter().any(|change| change.name.eq_ignore_ascii_case(name))
    }

    /// The old and new value of a property.
    pub(crate) fn change(&self, name: &str) -> Option<(&str, &str)> {
        let found = self.properties.iter().find(|change| change.name.eq_ignore_ascii_case(name))?;
        Some((found.old.as_deref().unwrap_or_default(), found.new.as_deref().unwrap_or_default()))
    }

    /// Whether the record says that it did not work.
    pub(crate) fn failed(&self) -> bool {
        self.result.as_deref().is_some_and(|result| result.eq_ignore_ascii_case("failure") || result.eq_ignore_ascii_case("failed"))
    }

    /// The mailbox and the name of the inbox rule that a record is about: `mailbox\\rule`, of which the mailbox may be left out.
    /// Without it, a rule is one of whoever acts. The first backslash counts: behind it, a name may have more of them.
    pub(crate) fn inbox_rule(&self) -> (Option<&str>, Option<&str>) {
        if self.operation_key() == "updateinboxrules" {
            return (self.mailbox.as_deref().or(self.actor.as_deref()), self.text("RuleName").or_else(|| self.text("Name")));
        }
        // A record that names a rule for the first time may have that name as its target.
        let identity = self.text("Identity").or(self.target.as_deref().filter(|_| !self.has("Name")));
        let (owner, name) = match identity.and_then(|identity| identity.split_once('\\')) {
            Some((owner, name)) => (Some(owner.rsplit('/').next().unwrap_or(owner)), Some(name)),
            None => (None, identity),
        };
        // The column of the mailbox is not asked: it may hold the name of a rule that looks like an address.
        (self.value("Mailbox").or(owner).or(self.actor.as_deref()), name)
    }

    /// Whether it stands in a log of Google Workspace.
    pub(crate) fn is_google(&self) -> bool {
        self.log_class.starts_with("gws.")
    }
}

/// A value without the brackets and quotes of lists with one entry.
pub(crate) fn bare(value: &str) -> &str {
    value.trim_matches(|c: char| c.is_whitespace() || matches!(c, '[' | ']' | '"'))
}

/// The name at the end of a directory path, as Exchange writes one (`EURPR01A001.prod.outlook.com/Microsoft Exchange Hosted
/// Organizations/contoso.onmicrosoft.com/anna`), or behind `users` in an address of an interface: no command takes either for a mailbox
/// or an account. Whatever else has a stroke in it is as it is. The folder of a mailbox (`anna:\Calendar`) stays with it.
pub(crate) fn own_of_path(text: &str) -> String {
    let (owner, folder) = text.find(":\\").map_or((text, ""), |at| text.split_at(at));
    let segments: Vec<&str> = owner.trim().split('/').collect();
    let first = segments.first().copied().unwrap_or_default();
    let is_address = first.is_empty() || first.ends_with(':');
    if segments.len() < 3 || !(is_address || first.contains('.') && !first.contains(['@', ' '])) {
        return text.to_owned();
    }
    let behind_users = || segments.iter().skip_while(|segment| !segment.eq_ignore_ascii_case("users")).nth(1);
    let last = || segments.iter().rev().find(|segment| !segment.is_empty());
    let own = behind_users().filter(|own| is_address && !own.is_empty()).or_else(last);
    own.map_or_else(|| text.to_owned(), |own| format!("{own}{folder}"))
}

/// Text that compares equal whatever its case.
pub(crate) fn key(text: &str) -> String {
    text.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exports_that_spell_an_operation_differently_mean_the_same() {
        let key = |operation: &str| Act { operation: operation.to_owned(), ..Act::default() }.operation_key();
        assert_eq!(
            key("Update application – Certificates and secrets management "),
            "update application - certificates and secrets management"
        );
        assert_eq!(key("Update user."), key("Update user"));
    }

    #[test]
    fn of_a_path_the_name_counts_and_a_stroke_makes_no_path() {
        let exchange = "EURPR01A001.prod.outlook.com/Microsoft Exchange Hosted Organizations/contoso.onmicrosoft.com";
        assert_eq!(own_of_path(&format!("{exchange}/anna")), "anna");
        assert_eq!(own_of_path(&format!("{exchange}/anna:\\A/B")), "anna:\\A/B");
        assert_eq!(own_of_path("contoso.example/Users/Sales/anna"), "anna");
        assert_eq!(own_of_path("https://graph.microsoft.com/v1.0/users/0f8d/mailFolders/inbox"), "0f8d");
        assert_eq!(own_of_path("/users/0f8d"), "0f8d");
        for plain in ["anna@contoso.example", "a.b/c@contoso.example", "Sales/North/Anna", "anna:\\Calendar", "//", "", "DOMAIN\\anna"] {
            assert_eq!(own_of_path(plain), plain);
        }
    }

    #[test]
    fn a_value_is_found_whatever_stands_around_it() {
        let change = Change { name: "ServicePrincipal.AppId".to_owned(), old: None, new: Some("[\r\n  \"abc\"\r\n]".to_owned()) };
        let act = Act { properties: vec![change], ..Act::default() };
        assert_eq!(act.value("serviceprincipal.appid"), Some("abc"));
        assert_eq!(act.value("other"), None);
    }
}

//! The parameters of a world: `parameters.toml` holds the defaults and where each of them comes from.

use serde::{Deserialize, Serialize};
use toml::Table;
use waxseal_model::Nanos;

use crate::clock::Day;
use crate::stream::Stream;

/// The defaults as a file to copy and change, with the source of each rate beside it.
pub const DEFAULT_PARAMETERS: &str = include_str!("parameters.toml");

/// What a world is like. What each member means stands in [`DEFAULT_PARAMETERS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// How large the world is.
    pub size: Size,
    pub(crate) people: People,
    pub(crate) clients: Clients,
    pub(crate) mail: Mail,
    pub(crate) access: Access,
    pub(crate) tokens: Tokens,
    pub(crate) apps: Apps,
    pub(crate) administration: Administration,
    pub(crate) google: Google,
    pub(crate) delivery: Delivery,
    /// What is missing from the exports.
    pub losses: Losses,
    /// What the intruders do.
    pub intrusions: Intrusions,
}

/// How large a world is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// Organisations.
    pub tenants: u32,
    /// How many of them use Google Workspace.
    pub google: u32,
    /// Mailboxes in each.
    pub mailboxes: u32,
    /// Days of logs.
    pub days: u32,
    /// The first day, such as `2026-01-05`.
    pub start: String,
}

/// What is missing from the exports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Losses {
    /// The share of tenants that lack a sign-in category.
    pub stream: f64,
    /// The chance that a stream lacks a day.
    pub day: f64,
    /// What is missing for certain.
    pub missing: Vec<Missing>,
}

/// A stream that a tenant does not hand in, or some days of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Missing {
    /// The tenant, from 0.
    pub tenant: u32,
    /// The stream, by the name of its folder.
    pub stream: String,
    /// The first missing day, from 0; all of it is missing where this is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_day: Option<u32>,
    /// So many days; one where this is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

/// Which intrusions happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intrusions {
    /// How many of each kind.
    pub each: u32,
    /// Only these kinds; none named means all.
    pub kinds: Vec<String>,
    /// Tenants of an intruder that works across several.
    pub campaign_tenants: u32,
    /// Further intrusions, each in the tenants it names.
    pub cast: Vec<Cast>,
}

/// An intrusion that happens for certain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cast {
    /// Its kind.
    pub kind: String,
    /// The tenants, from 0: one intrusion each, all by one intruder.
    pub tenants: Vec<u32>,
}

/// Declares a group of rates that only this crate looks into.
macro_rules! rates {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $kind:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name { $(pub(crate) $field: $kind),* }
    };
}

rates! {
    /// How people spend their days.
    People { leave: f64, weekend: f64, remote: f64, vpn: f64, travel: f64, new_phone: f64, new_laptop: f64, password_mistakes: f64, rules: f64 }
}
rates! {
    /// The share of people that use each client.
    Clients { outlook_desktop: f64, outlook_web: f64, outlook_mobile: f64, phone_mail: f64, imap: f64, teams: f64, files: f64 }
}
rates! {
    /// Messages a working day, and where they lie.
    Mail { received: f64, sent: f64, deleted: f64, history_days: u32, folders: u32, own_folder: f64 }
}
rates! {
    /// Records of ordinary access a working day.
    Access {
        web_binds: f64, web_background: f64, mobile_binds: f64, background_binds: f64, desktop_syncs: f64, desktop_binds: f64,
        phone_syncs: f64, imap_binds: f64, teams_binds: f64, items: f64, item_changes: f64, files: f64, chats: f64, service_changes: f64,
    }
}
rates! {
    /// How tokens are issued and how often access names them.
    Tokens {
        form_of_text: bool, lifetime_min: [i64; 2], long_lived: f64, session_days: [i64; 2], again: f64, linked_web: f64,
        linked_mobile: f64, linked_desktop: f64, linked_phone: f64, linked_imap: f64, linked_app: f64, linked_background: f64,
        session: f64, throttle_flag: f64,
    }
}
rates! {
    /// Applications other than mail clients, and people who read for others.
    Apps {
        saas: u32, saas_users: f64, saas_binds: f64, new_saas: f64, backup: f64, backup_binds: f64, migration: f64,
        service_account: f64, rollout: f64, delegates: f64, shared_readers: u32,
    }
}
rates! {
    /// Administrators' work.
    Administration { account_changes: f64, mailbox_changes: f64, role_changes: f64, credential_rotations: f64, content_searches: f64 }
}
rates! {
    /// Google Workspace, where no other group fits.
    Google {
        web_views: f64, phone_views: f64, delegated_views: f64, attachments: f64, previews: f64, purged: f64, files: f64, logouts: f64,
        forwarding: f64, new_forwarding: f64, sign_in_with: f64, mail_apps: f64, app_visits: f64, app_reads: f64, revokes: f64,
        imap_new: f64, imap_first: u32, backup_reads: f64, migration_reads: f64,
    }
}
rates! {
    /// How records reach the exports.
    Delivery {
        late_minutes: [i64; 2], very_late: f64, very_late_hours: [i64; 2], duplicates: f64, redelivered: f64, second_export: f64,
        unlicensed: f64,
    }
}

/// Why parameters cannot be used. Always the fault of the file or the flags.
#[derive(Debug, thiserror::Error)]
pub enum ParametersError {
    /// Not TOML, or a name or a kind of value that is not a parameter.
    #[error("failed to understand the parameters: {0}")]
    Malformed(String),
    /// A value outside what makes sense.
    #[error("parameter {name} is {value}: {allowed}")]
    OutOfRange {
        /// The parameter.
        name: &'static str,
        /// Its value.
        value: String,
        /// What it may be.
        allowed: &'static str,
    },
}

impl Default for Parameters {
    /// The bundled defaults.
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "the bundled file is parsed by a test of this file")]
        Self::from_toml("").expect("the bundled parameters are parsed by a test")
    }
}

impl Parameters {
    /// The defaults with what the text changes.
    ///
    /// # Errors
    /// The text is not TOML or names something that is not a parameter.
    pub fn from_toml(text: &str) -> Result<Self, ParametersError> {
        let malformed = |error: toml::de::Error| ParametersError::Malformed(error.to_string());
        let mut table: Table = DEFAULT_PARAMETERS.parse().map_err(malformed)?;
        merge(&mut table, text.parse().map_err(malformed)?);
        table.try_into().map_err(malformed)
    }

    /// The first day.
    ///
    /// # Errors
    /// `size.start` is not a date.
    pub(crate) fn first_day(&self) -> Result<Day, ParametersError> {
        let start = Nanos::parse(&format!("{}T00:00:00", self.size.start));
        start.map(Day::of).ok_or_else(|| ParametersError::OutOfRange {
            name: "size.start",
            value: self.size.start.clone(),
            allowed: "it must be a date such as 2026-01-05",
        })
    }

    /// Checks what no type can say.
    ///
    /// # Errors
    /// The first value that makes no sense.
    pub(crate) fn check(&self) -> Result<(), ParametersError> {
        self.first_day()?;
        for (name, value, most) in [
            ("size.tenants", self.size.tenants, 1_000),
            ("size.mailboxes", self.size.mailboxes, 100_000),
            ("size.days", self.size.days, 400),
        ] {
            if value == 0 || value > most {
                let allowed = "it must be at least 1, and at most 1000 tenants, 100000 mailboxes and 400 days";
                return Err(ParametersError::OutOfRange { name, value: value.to_string(), allowed });
            }
        }
        if self.size.google > self.size.tenants {
            let value = self.size.google.to_string();
            return Err(ParametersError::OutOfRange { name: "size.google", value, allowed: "it is a part of size.tenants" });
        }
        self.check_places()?;
        if self.size.mailboxes < 10 {
            let value = self.size.mailboxes.to_string();
            return Err(ParametersError::OutOfRange {
                name: "size.mailboxes",
                value,
                allowed: "a tenant needs at least 10 to live an ordinary life",
            });
        }
        for (name, value) in [("losses.stream", self.losses.stream), ("losses.day", self.losses.day)] {
            if !(0.0..=1.0).contains(&value) {
                return Err(ParametersError::OutOfRange { name, value: value.to_string(), allowed: "it must be from 0 to 1" });
            }
        }
        Ok(())
    }
}

impl Parameters {
    /// Whether everything that names a tenant or a stream names one that there is.
    fn check_places(&self) -> Result<(), ParametersError> {
        let allowed = "it must be a tenant of the world, counted from 0";
        for tenant in
            self.intrusions.cast.iter().flat_map(|cast| &cast.tenants).chain(self.losses.missing.iter().map(|missing| &missing.tenant))
        {
            if *tenant >= self.size.tenants {
                return Err(ParametersError::OutOfRange { name: "tenant", value: tenant.to_string(), allowed });
            }
        }
        for missing in &self.losses.missing {
            if Stream::ALL.iter().all(|stream| stream.word() != missing.stream) {
                let allowed = "it must be the name of a folder below logs/TENANT/, such as sign-ins-non-interactive";
                return Err(ParametersError::OutOfRange { name: "losses.missing.stream", value: missing.stream.clone(), allowed });
            }
        }
        Ok(())
    }
}

fn merge(into: &mut Table, from: Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(toml::Value::Table(old)), toml::Value::Table(new)) => merge(old, new),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_parameters_are_complete_and_sensible() {
        Parameters::from_toml("").unwrap().check().unwrap();
    }

    #[test]
    fn every_rate_says_where_it_comes_from() {
        let rates = DEFAULT_PARAMETERS.lines().skip_while(|line| !line.starts_with("[people]"));
        let bare: Vec<_> = rates.filter(|line| line.contains(" = ") && !line.contains('#')).collect();
        // The linkage rates share the comment of the first of them.
        assert!(bare.iter().all(|line| line.starts_with("linked_")), "{bare:?}");
    }

    #[test]
    fn a_file_may_hold_only_what_it_changes_and_nothing_else() {
        let changed = Parameters::from_toml("[size]\ndays = 3").unwrap();
        assert_eq!((changed.size.days, changed.size.tenants), (3, Parameters::default().size.tenants));
        let error = Parameters::from_toml("[size]\nday = 3").unwrap_err().to_string();
        assert!(error.contains("day"), "{error}");
        let zero = Parameters::from_toml("[size]\ntenants = 0").unwrap().check().unwrap_err().to_string();
        assert!(zero.contains("size.tenants"), "{zero}");
    }
}

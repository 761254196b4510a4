//! What a category of findings says of the account, the address and the application it names.

use waxseal_model::Step;

/// What a finding says of the accounts it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccountRole {
    /// Somebody acts with it.
    Acts,
    /// Its owner did something that may be an intruder's wish.
    Cheated,
    /// Its mail is reached; it need not be in anybody's hands.
    Reached,
    /// It is one of those tried, or what matters is the application.
    Named,
}

/// What a finding says of the applications it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AppRole {
    /// It was given a right or a credential.
    Given,
    /// It reaches mail.
    Reaches,
    /// It is the program somebody used.
    Program,
}

/// What a category of findings says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Role {
    pub(crate) step: Step,
    pub(crate) account: AccountRole,
    pub(crate) app: AppRole,
    /// Whether it shows that the address is not the owner's.
    pub(crate) foreign_address: bool,
    /// Whether it concerns the mailbox of the account where it names no mailbox.
    pub(crate) own_mailbox: bool,
}

impl Role {
    /// What a category says. A word that is not known says nothing.
    pub(crate) fn of(category: &str) -> Self {
        use AccountRole::{Acts, Cheated, Named, Reached};
        use AppRole::{Given, Program, Reaches};
        let role = |step, account, app, foreign_address, own_mailbox| Self { step, account, app, foreign_address, own_mailbox };
        match category {
            "token_never_issued"
            | "token_inconsistent"
            | "foreign_token"
            | "access_without_signin"
            | "new_client_context"
            | "throttled"
            | "mailbox_sync"
            | "gmail_access"
            | "indicator" => role(Step::Access, Reached, Reaches, true, false),
            "many_mailboxes" | "app_mail_access" | "consent_then_read" | "credential_then_read" => {
                let app = if category.ends_with("_then_read") { Given } else { Reaches };
                role(Step::Access, Named, app, category != "consent_then_read", false)
            }
            "app_permission" | "oauth_secret_added" | "google_takeover" => role(Step::Persistence, Acts, Given, false, false),
            "oauth_consent" | "oauth_app_registered" => role(Step::Persistence, Cheated, Given, false, category == "oauth_consent"),
            "password_spray" => role(Step::Entry, Named, Program, true, false),
            "brute_force" => role(Step::Entry, Reached, Program, true, false),
            "takeover_signin" | "session_split" | "device_code" => role(Step::Entry, Acts, Program, true, true),
            "takeover_mail_access" | "search_then_read" => role(Step::Access, Acts, Program, true, false),
            "content_search" | "internal_phish" => role(Step::Access, Acts, Program, false, false),
            "inbox_rule" => role(Step::Persistence, Acts, Program, false, true),
            "mailbox_delegation"
            | "impersonation"
            | "privileged_role"
            | "account_created"
            | "mfa_disabled"
            | "auth_method_changed"
            | "legacy_protocol"
            | "federation" => role(Step::Persistence, Acts, Program, false, false),
            "mailbox_forwarding" | "transport_rule" | "file_share" => role(Step::Exfiltration, Acts, Program, false, false),
            "audit_tampering" | "audit_silence" | "cover_up" => role(Step::CoverUp, Acts, Program, false, false),
            "account_impact" => role(Step::Context, Acts, Program, false, false),
            _ => role(Step::Context, Reached, Program, false, false),
        }
    }
}

#[cfg(test)]
mod tests {
    use waxseal_model::CATEGORIES;

    use super::*;

    #[test]
    fn every_category_but_those_without_a_story_has_a_step() {
        let without: Vec<&str> = CATEGORIES.iter().copied().filter(|c| Role::of(c).step == Step::Context).collect();
        assert_eq!(without, ["account_impact", "campaign"]);
    }
}

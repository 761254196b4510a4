//! Log classes: the one vocabulary for what a record is, shared by `needs`, coverage and the layout of the event table.

/// What kind of log a record comes from. The text form (`ual.mia.bind`) is the value of the `log_class` column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogClass {
    /// Unified audit log, `MailItemsAccessed` of kind Bind.
    UalMiaBind,
    /// Unified audit log, `MailItemsAccessed` of kind Sync.
    UalMiaSync,
    /// Unified audit log, other operations on mailbox items.
    UalItem,
    /// Unified audit log, Exchange administration.
    UalExchangeAdmin,
    /// Unified audit log, directory changes.
    UalDirectory,
    /// Unified audit log, sign-ins as the security token service saw them.
    UalSts,
    /// Unified audit log, tokens issued by Outlook on the web.
    UalOwaAuth,
    /// Unified audit log, SharePoint and OneDrive.
    UalSharepoint,
    /// Unified audit log, Teams.
    UalTeams,
    /// Unified audit log, compliance, search and data-loss prevention.
    UalCompliance,
    /// Unified audit log, everything else.
    UalOther,
    /// Entra sign-ins of a person at a prompt.
    SigninInteractive,
    /// Entra sign-ins made by a client on behalf of a person.
    SigninNoninteractive,
    /// Entra sign-ins of an application with its own credential.
    SigninServicePrincipal,
    /// Entra sign-ins of a managed identity.
    SigninManagedIdentity,
    /// Entra sign-ins of Microsoft's own back ends.
    SigninMsServicePrincipal,
    /// Entra sign-ins through a connected AD FS.
    SigninAdfs,
    /// Entra directory audit.
    AuditDirectory,
    /// Calls of Microsoft Graph.
    GraphCalls,
    /// What Entra's protection thinks of sign-ins and accounts.
    Risk,
    /// Message trace: which message went from whom to whom.
    Trace,
    /// Google Workspace, sign-ins.
    GwsLogin,
    /// Google Workspace, tokens given to applications and used by them.
    GwsToken,
    /// Google Workspace, administration.
    GwsAdmin,
    /// Google Workspace, access to messages and what is done to them.
    GwsGmail,
    /// Google Workspace, files.
    GwsDrive,
    /// Google Workspace, everything else.
    GwsOther,
    /// Which operations on mailboxes are audited: an export of settings, not a log.
    ConfigMailboxAudit,
    /// Who has which licence: an export of settings, not a log.
    ConfigLicence,
    /// Which mailboxes there are: an export of settings, not a log.
    InventoryMailbox,
}

/// Which Parquet files of a tenant a class is kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Access to messages and what is done to them.
    MailAccess,
    /// Sign-ins and tokens.
    SignIn,
    /// Changes to the directory.
    Directory,
    /// Changes to mailboxes and mail flow settings.
    MailboxConfig,
    /// Messages on their way.
    MailFlow,
    /// Files and sites.
    File,
    /// Calls of Microsoft Graph.
    GraphCall,
    /// Exports of settings: nothing that anybody did.
    Setting,
    /// Everything else.
    Other,
}

/// Whom a class speaks of: coverage is judged for each member of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Population {
    /// One statement per tenant and day.
    Tenant,
    /// One statement per mailbox and day.
    Mailbox,
}

impl LogClass {
    /// Every class, in the order of the documentation.
    pub const ALL: &'static [Self] = &[
        Self::UalMiaBind,
        Self::UalMiaSync,
        Self::UalItem,
        Self::UalExchangeAdmin,
        Self::UalDirectory,
        Self::UalSts,
        Self::UalOwaAuth,
        Self::UalSharepoint,
        Self::UalTeams,
        Self::UalCompliance,
        Self::UalOther,
        Self::SigninInteractive,
        Self::SigninNoninteractive,
        Self::SigninServicePrincipal,
        Self::SigninManagedIdentity,
        Self::SigninMsServicePrincipal,
        Self::SigninAdfs,
        Self::AuditDirectory,
        Self::GraphCalls,
        Self::Risk,
        Self::Trace,
        Self::GwsLogin,
        Self::GwsToken,
        Self::GwsAdmin,
        Self::GwsGmail,
        Self::GwsDrive,
        Self::GwsOther,
        Self::ConfigMailboxAudit,
        Self::ConfigLicence,
        Self::InventoryMailbox,
    ];

    /// The word used in the `log_class` column and in a detection's `needs`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UalMiaBind => "ual.mia.bind",
            Self::UalMiaSync => "ual.mia.sync",
            Self::UalItem => "ual.item",
            Self::UalExchangeAdmin => "ual.exchange_admin",
            Self::UalDirectory => "ual.directory",
            Self::UalSts => "ual.sts",
            Self::UalOwaAuth => "ual.owaauth",
            Self::UalSharepoint => "ual.sharepoint",
            Self::UalTeams => "ual.teams",
            Self::UalCompliance => "ual.compliance",
            Self::UalOther => "ual.other",
            Self::SigninInteractive => "signin.interactive",
            Self::SigninNoninteractive => "signin.noninteractive",
            Self::SigninServicePrincipal => "signin.service_principal",
            Self::SigninManagedIdentity => "signin.managed_identity",
            Self::SigninMsServicePrincipal => "signin.ms_service_principal",
            Self::SigninAdfs => "signin.adfs",
            Self::AuditDirectory => "audit.directory",
            Self::GraphCalls => "graph.calls",
            Self::Risk => "risk",
            Self::Trace => "trace",
            Self::GwsLogin => "gws.login",
            Self::GwsToken => "gws.token",
            Self::GwsAdmin => "gws.admin",
            Self::GwsGmail => "gws.gmail",
            Self::GwsDrive => "gws.drive",
            Self::GwsOther => "gws.other",
            Self::ConfigMailboxAudit => "config.mailbox_audit",
            Self::ConfigLicence => "config.licence",
            Self::InventoryMailbox => "inventory.mailbox",
        }
    }

    /// The class of a word, or `None` when there is no such class.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|class| class.as_str() == word)
    }

    /// The family whose files hold the class.
    #[must_use]
    pub fn family(self) -> Family {
        match self {
            Self::UalMiaBind | Self::UalMiaSync | Self::UalItem | Self::GwsGmail => Family::MailAccess,
            Self::UalExchangeAdmin => Family::MailboxConfig,
            Self::UalDirectory | Self::AuditDirectory | Self::GwsAdmin => Family::Directory,
            Self::UalSts
            | Self::UalOwaAuth
            | Self::SigninInteractive
            | Self::SigninNoninteractive
            | Self::SigninServicePrincipal
            | Self::SigninManagedIdentity
            | Self::SigninMsServicePrincipal
            | Self::SigninAdfs
            | Self::Risk
            | Self::GwsLogin
            | Self::GwsToken => Family::SignIn,
            Self::UalSharepoint | Self::GwsDrive => Family::File,
            Self::GraphCalls => Family::GraphCall,
            Self::Trace => Family::MailFlow,
            Self::ConfigMailboxAudit | Self::ConfigLicence | Self::InventoryMailbox => Family::Setting,
            Self::UalTeams | Self::UalCompliance | Self::UalOther | Self::GwsOther => Family::Other,
        }
    }

    /// Whether its records tell of something that was done. Exports of settings tell how things are: they are nobody's
    /// activity, have no days, and no completeness of their own.
    #[must_use]
    pub fn is_log(self) -> bool {
        self.family() != Family::Setting
    }

    /// Whether investigators expect the log of every tenant. Of the others, one that nobody exported and nobody speaks of is no lack.
    #[must_use]
    pub fn is_expected(self) -> bool {
        !matches!(self, Self::Risk | Self::Trace)
    }

    /// For whom coverage of the class is judged.
    #[must_use]
    pub fn population(self) -> Population {
        match self.family() {
            Family::MailAccess | Family::MailFlow | Family::Setting => Population::Mailbox,
            _ => Population::Tenant,
        }
    }
}

impl Family {
    /// The folder name of the family.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MailAccess => "mail_access",
            Self::SignIn => "sign_in",
            Self::Directory => "directory",
            Self::MailboxConfig => "mailbox_config",
            Self::MailFlow => "mail_flow",
            Self::File => "file",
            Self::GraphCall => "graph_call",
            Self::Setting => "setting",
            Self::Other => "other",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_reads_back_from_its_word() {
        for class in LogClass::ALL {
            assert_eq!(LogClass::from_word(class.as_str()), Some(*class));
        }
    }

    #[test]
    fn exports_of_settings_are_told_from_logs_by_their_word() {
        for class in LogClass::ALL {
            let by_word = class.as_str().starts_with("config.") || class.as_str().starts_with("inventory.");
            assert_eq!(class.is_log(), !by_word, "{}", class.as_str());
        }
    }
}

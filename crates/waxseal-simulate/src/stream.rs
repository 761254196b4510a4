//! The exports a tenant can hand in.

/// Which export a record belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Stream {
    /// The unified audit log of Microsoft 365.
    UnifiedAudit,
    /// Entra sign-ins at a prompt.
    SignIns,
    /// Entra sign-ins of clients.
    NonInteractive,
    /// Entra sign-ins of applications.
    ServicePrincipals,
    /// Entra directory audits.
    DirectoryAudit,
    /// Calls of Microsoft Graph.
    GraphCalls,
    /// Activities of Google Workspace.
    Workspace,
}

impl Stream {
    /// Every stream.
    pub(crate) const ALL: [Self; 7] = [
        Self::UnifiedAudit,
        Self::SignIns,
        Self::NonInteractive,
        Self::ServicePrincipals,
        Self::DirectoryAudit,
        Self::GraphCalls,
        Self::Workspace,
    ];

    /// The name of its folder, by which parameters name it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::UnifiedAudit => "unified-audit",
            Self::SignIns => "sign-ins-interactive",
            Self::NonInteractive => "sign-ins-non-interactive",
            Self::ServicePrincipals => "sign-ins-service-principal",
            Self::DirectoryAudit => "directory-audits",
            Self::GraphCalls => "graph-activity",
            Self::Workspace => "workspace",
        }
    }

    /// The category of Azure Monitor, where it has one.
    pub(crate) fn category(self) -> Option<&'static str> {
        Some(match self {
            Self::SignIns => "SignInLogs",
            Self::NonInteractive => "NonInteractiveUserSignInLogs",
            Self::ServicePrincipals => "ServicePrincipalSignInLogs",
            Self::DirectoryAudit => "AuditLogs",
            Self::GraphCalls => "MicrosoftGraphActivityLogs",
            Self::UnifiedAudit | Self::Workspace => return None,
        })
    }

    /// The log classes of its records, in the words of the event schema.
    pub(crate) fn classes(self) -> &'static [&'static str] {
        match self {
            Self::UnifiedAudit => &[
                "ual.mia.bind",
                "ual.mia.sync",
                "ual.item",
                "ual.exchange_admin",
                "ual.directory",
                "ual.sts",
                "ual.sharepoint",
                "ual.teams",
                "ual.compliance",
            ],
            Self::SignIns => &["signin.interactive"],
            Self::NonInteractive => &["signin.noninteractive"],
            Self::ServicePrincipals => &["signin.service_principal"],
            Self::DirectoryAudit => &["audit.directory"],
            Self::GraphCalls => &["graph.calls"],
            Self::Workspace => &["gws.login", "gws.token", "gws.admin", "gws.gmail"],
        }
    }
}

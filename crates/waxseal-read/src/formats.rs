//! The known formats: one file each, and a line in the table.

mod entra_directory_audit;
mod entra_risk;
mod entra_sign_in;
mod entra_user_licences;
mod google_workspace_activity;
mod google_workspace_settings;
mod graph_activity;
mod m365_mailbox_settings;
mod m365_message_trace;
mod m365_unified_audit;

use crate::format::Format;

/// Every known format. The first that claims a record reads it. A new format is a file in `formats/` and a line here.
pub const FORMATS: &[&dyn Format] = &[
    &m365_unified_audit::UnifiedAudit,
    &entra_sign_in::SignIn,
    &entra_directory_audit::DirectoryAudit,
    &google_workspace_activity::Activity,
    &graph_activity::GraphActivity,
    &m365_message_trace::MessageTrace,
    &entra_risk::Risk,
    &m365_mailbox_settings::MailboxSettings,
    &entra_user_licences::UserLicences,
    &google_workspace_settings::WorkspaceSettings,
];

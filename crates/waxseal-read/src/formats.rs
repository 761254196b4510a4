//! One file a format. The table of them is [`crate::FORMATS`].

pub(crate) mod entra_directory_audit;
pub(crate) mod entra_sign_in;
pub(crate) mod m365_unified_audit;

//! Who has a mailbox and which licence in Google Workspace: settings, not a log.
//!
//! Source: <https://developers.google.com/workspace/admin/directory/reference/rest/v1/users>,
//! <https://developers.google.com/workspace/admin/licensing/reference/rest/v1/licenseAssignments>,
//! <https://developers.google.com/workspace/gmail/api/reference/rest/v1/users/getProfile>.

use std::borrow::Cow;

use waxseal_model::LogClass;

use crate::event::Event;
use crate::fields::{Fields, address};
use crate::format::{Context, EventSink, Format, Record, Reject};

/// Accounts, licences and profiles of mailboxes, in JSON.
pub(crate) struct WorkspaceSettings;

#[derive(Clone, Copy)]
enum Kind {
    Account,
    Licence,
    Profile,
}

impl Format for WorkspaceSettings {
    fn id(&self) -> &'static str {
        "google_workspace_settings"
    }

    fn page(&self) -> &'static str {
        include_str!("../../../../docs/formats/google_workspace_settings.md")
    }

    fn claims(&self, record: &Record<'_>) -> bool {
        matches!(record, Record::Json(_)) && Fields::of(record).and_then(|fields| kind_of(&fields)).is_some()
    }

    fn read(&self, record: &Record<'_>, _context: &Context, out: &mut dyn EventSink) -> Result<(), Reject> {
        let Some((fields, kind)) = Fields::of(record).and_then(|fields| Some((fields, kind_of(&fields)?))) else {
            return Err(Reject("not an account, a licence or a profile".to_owned()));
        };
        let (class, user, kept): (_, _, &[&'static str]) = match kind {
            Kind::Account => {
                let kept = &["isMailboxSetup", "suspended", "archived", "orgUnitPath", "isAdmin", "creationTime"];
                (LogClass::InventoryMailbox, "primaryEmail", kept)
            }
            Kind::Licence => (LogClass::ConfigLicence, "userId", &["skuId", "skuName", "productId", "productName"]),
            Kind::Profile => (LogClass::InventoryMailbox, "emailAddress", &["threadsTotal", "historyId"]),
        };
        out.push(Event {
            log_class: Some(class.as_str().into()),
            tenant: fields.get("customerId"),
            mailbox: address(fields.get(user)),
            target_id: fields.get("id"),
            target_kind: Some(Cow::Borrowed(if matches!(kind, Kind::Licence) { "user" } else { "mailbox" })),
            properties: kept.iter().filter_map(|name| fields.property(name)).collect(),
            item_count: fields.get("messagesTotal").and_then(|count| count.parse().ok()),
            ..Event::default()
        });
        Ok(())
    }
}

fn kind_of(fields: &Fields<'_>) -> Option<Kind> {
    let all = |names: &[&str]| names.iter().all(|name| fields.has(name));
    if all(&["primaryEmail", "customerId"]) {
        Some(Kind::Account)
    } else if all(&["productId", "skuId", "userId"]) {
        Some(Kind::Licence)
    } else if all(&["emailAddress", "messagesTotal", "threadsTotal"]) {
        Some(Kind::Profile)
    } else {
        None
    }
}

//! What an event of Gmail tells beyond other activities.
//!
//! Sources: <https://developers.google.com/workspace/admin/reports/v1/appendix/activity/gmail> for the kinds of events,
//! <https://support.google.com/a/answer/12384955> for the names of the parameters.

use super::parameters::Parameters;
use crate::event::{Event, Item};
use crate::value::lower;

/// Kinds of events that hand out the content of a message: 17 attachment downloaded, 28 attachment previewed, 31 message viewed,
/// 32 message downloaded by POP3, 33 message accessed by an application on behalf of the account.
const ACCESS: [&str; 5] = ["17", "28", "31", "32", "33"];

/// Adds the mailbox, the message, and by whom and with what it was touched.
pub(super) fn fill<'a>(event: &mut Event<'a>, parameters: &Parameters<'a>) {
    event.mailbox = event.actor.clone().filter(|actor| actor.contains('@'));
    if let Some(delegate) = lower(parameters.nested("session_context.delegate_user_email")) {
        // The profile id is the owner's.
        event.actor_id = None;
        event.actor = Some(delegate);
        event.logon_type = Some("delegated".into());
    }
    // The name of the event is `delivery` whatever happened; only this number tells.
    let kind = parameters.get("event_info.mail_event_type");
    if kind.is_some_and(|kind| ACCESS.contains(&kind.as_ref())) {
        event.access_kind = Some("bind".into());
    }
    event.client_protocol = lower(parameters.nested("client_context.client_type"));
    event.client_app_id = event.app_id.clone();
    event.items.extend(item(parameters));
    event.item_count = (!event.items.is_empty()).then_some(1);
}

/// The message, where anything of it is recorded.
fn item<'a>(parameters: &Parameters<'a>) -> Option<Item<'a>> {
    let item = Item {
        message_id: parameters.get("message_info.rfc2822_message_id"),
        subject: parameters.get("message_info.subject"),
        size_bytes: parameters.get("message_info.payload_size").and_then(|size| size.trim().parse().ok()),
        ..Item::default()
    };
    (item != Item::default()).then_some(item)
}

//! Events of Gmail: what happened to a message is in a number, the name of the event is the same for all.
//!
//! Sources: <https://developers.google.com/workspace/admin/reports/v1/appendix/activity/gmail> for the numbers,
//! <https://support.google.com/a/answer/12384955> for the names of the parameters.

use serde_json::Value;
use waxseal_model::Nanos;

use super::{GoogleAct, GoogleApp, GoogleEvent, GoogleLog, activity_of_app, flag, message, messages, number, session_text, text};
use crate::guid::Guid;
use crate::mail::{Mailbox, Message};
use crate::names;
use crate::presence::Place;
use crate::random::Random;
use crate::record::Record;
use crate::tenant::Tenant;

/// What happened to a message, by the provider's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MailDeed {
    Sent = 1,
    Received = 2,
    /// Sent on to an address that the owner has set up.
    AutoForward = 11,
    Trash = 13,
    AttachmentDownload = 17,
    Purge = 27,
    AttachmentPreview = 28,
    View = 31,
    /// Handed out to an application on behalf of the account.
    ByApp = 33,
}

/// With what a message was touched, and from where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GmailHand<'a> {
    /// `WEB`, `IOS`, `ANDROID`, `IMAP`, `POP3`, `API`.
    pub(crate) client: &'static str,
    pub(crate) place: &'a Place,
    /// The session of a browser or a phone.
    pub(crate) session: Option<Guid>,
    /// Somebody else whom the owner lets in.
    pub(crate) delegate: Option<&'a str>,
    pub(crate) app: Option<&'a GoogleApp>,
}

/// A message as the log describes it.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    message_id: String,
    subject: String,
    size_bytes: u64,
    from: String,
    to: String,
    /// Its number, where it lies among the received ones.
    number: Option<u64>,
}

impl Letter {
    /// A message that arrived.
    pub(crate) fn received(mailbox: &Mailbox, of: &Message) -> Self {
        Self {
            message_id: mailbox.message_id(of),
            subject: mailbox.subject(of),
            size_bytes: mailbox.size_bytes(of),
            from: mailbox.sender(of),
            to: mailbox.upn.to_lowercase(),
            number: Some(of.number),
        }
    }

    /// The same message, on its way to somebody else.
    pub(crate) fn onward(self, to: &str) -> Self {
        Self { to: to.to_owned(), ..self }
    }

    /// A new message to somebody outside.
    pub(crate) fn sent(mailbox: &Mailbox, random: &mut Random) -> Self {
        let domain = mailbox.upn.rsplit('@').next().unwrap_or_default();
        Self {
            message_id: format!("<{}@mail.{domain}>", random.hex(24)),
            subject: names::subject(random),
            size_bytes: 4_000 + random.below(90_000),
            from: mailbox.upn.to_lowercase(),
            to: names::outside_sender(random),
            number: None,
        }
    }
}

/// An event of Gmail. What the provider does by itself has no hand.
pub(crate) fn gmail(
    tenant: &Tenant,
    mailbox: &Mailbox,
    (time, deed): (Nanos, MailDeed),
    hand: Option<&GmailHand<'_>>,
    letter: &Letter,
    random: &mut Random,
) -> Record {
    let parameters = vec![message("event_info", &event_info(time, deed, hand)), message("message_info", &message_info(letter))];
    let act = GoogleAct { time, by: Some(mailbox), place: hand.map(|hand| hand.place) };
    let event = GoogleEvent { kind: "delivery_type", name: "delivery", parameters };
    let mut record = activity_of_app(tenant, GoogleLog::Gmail, act, (event, hand.and_then(|hand| hand.app)), random);
    record.mailbox = Some(mailbox.number);
    record.names = letter.number.into_iter().collect();
    record
}

fn event_info(time: Nanos, deed: MailDeed, hand: Option<&GmailHand<'_>>) -> Vec<Value> {
    let mut info = vec![number("mail_event_type", deed as u8), number("timestamp_usec", time.0 / 1_000), flag("success", true)];
    if let Some(hand) = hand {
        let mut context = vec![text("client_type", hand.client)];
        let session = hand.session.map(|session| text("dusi", session_text(session)));
        let delegate = hand.delegate.map(|delegate| text("delegate_user_email", delegate));
        let of_session: Vec<_> = session.into_iter().chain(delegate).collect();
        if !of_session.is_empty() {
            context.push(message("session_context", &of_session));
        }
        info.push(message("client_context", &context));
    }
    info
}

fn message_info(letter: &Letter) -> Vec<Value> {
    vec![
        text("rfc2822_message_id", &letter.message_id),
        text("subject", &letter.subject),
        number("payload_size", letter.size_bytes),
        message("source", &[text("address", &letter.from), text("from_header_address", &letter.from)]),
        messages("destination", &[vec![text("address", &letter.to)]]),
    ]
}

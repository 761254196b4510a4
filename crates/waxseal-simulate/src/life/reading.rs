//! Reading mail: which messages an access reaches, and the record of it.

use waxseal_model::Nanos;

use crate::clock::Day;
use crate::mail::{DELETED, Mailbox, Message};
use crate::random::Random;
use crate::record::{Access, AccessKind, Caller, Named, Record, mail_access};
use crate::world::Scene;

/// The messages of a mailbox that people still look at on a day.
#[derive(Debug)]
pub(crate) struct Recent<'a> {
    pub(crate) mailbox: &'a Mailbox,
    /// By time.
    messages: Vec<Message>,
}

impl<'a> Recent<'a> {
    /// The messages of the last days, and some older ones.
    pub(crate) fn of(mailbox: &'a Mailbox, day: Day) -> Self {
        let mut messages = mailbox.newest(day.plus(-2).start(), 20);
        messages.reverse();
        for i in -2..=0 {
            messages.extend(mailbox.arrivals(day.plus(i)));
        }
        messages.sort_by_key(|message| (message.received, message.number));
        messages.dedup();
        Self { mailbox, messages }
    }

    /// Some messages that are there at an instant, with their folders: newer ones more often.
    pub(crate) fn some(&self, at: Nanos, count: usize, random: &mut Random) -> Vec<(u32, Message)> {
        let there = self.messages.partition_point(|message| message.received <= at);
        let mut picked: Vec<Message> = Vec::with_capacity(count);
        for _ in 0..count.min(there) {
            let back = usize::try_from(random.wait_secs(8.0)).unwrap_or(1).min(there);
            let message = self.messages[there - back];
            if !picked.contains(&message) {
                picked.push(message);
            }
        }
        picked.into_iter().map(|message| (folder(self.mailbox, &message, at), message)).collect()
    }
}

fn folder(mailbox: &Mailbox, message: &Message, at: Nanos) -> u32 {
    mailbox.folder_at(message, at).unwrap_or(DELETED)
}

/// Somebody who reads: who, and how it looks.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) scene: Scene<'a>,
    pub(crate) by: Named,
}

impl Reader<'_> {
    /// A bind of some recent messages, or nothing where the mailbox is empty.
    pub(crate) fn bind(&self, recent: &Recent<'_>, at: Nanos, caller: &Caller, random: &mut Random) -> Option<Record> {
        let more = random.count((self.scene.parameters().access.items - 1.0).max(0.0));
        let count = usize::try_from(more + 1).unwrap_or(1).min(11);
        let messages = recent.some(at, count, random);
        (!messages.is_empty()).then(|| self.access(recent.mailbox, at, caller, AccessKind::Bind(messages), random))
    }

    /// An access of any kind.
    pub(crate) fn access(&self, mailbox: &Mailbox, at: Nanos, caller: &Caller, kind: AccessKind, random: &mut Random) -> Record {
        let tenant = self.scene.tenant;
        let server = tenant.server(random);
        let throttled = tenant.throttle_flag.then_some(false);
        mail_access(tenant, &Access { time: at, id: random.guid(), mailbox, by: &self.by, caller, kind, throttled, server: &server })
    }
}

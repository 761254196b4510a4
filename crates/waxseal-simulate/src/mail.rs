//! Mailboxes and the messages in them. No message is stored: everything about it follows from its mailbox and number.

use waxseal_model::Nanos;

use crate::clock::{DAY_SECS, Day, HOUR_SECS};
use crate::guid::Guid;
use crate::names;
use crate::parameters::Mail;
use crate::random::Seed;

/// A mailbox.
#[derive(Debug)]
pub(crate) struct Mailbox {
    pub(crate) number: usize,
    pub(crate) seed: Seed,
    pub(crate) guid: Guid,
    /// In the spelling of the directory.
    pub(crate) upn: String,
    pub(crate) sid: String,
    /// Whose it is; nobody's for a shared one.
    pub(crate) owner: Option<usize>,
    /// Whether its licence has records of mail access.
    pub(crate) licensed: bool,
    /// Folders that people made themselves.
    own_folders: u32,
    own_folder_share: f64,
    deleted_share: f64,
    zone_secs: i64,
    first: Day,
    /// Messages received before the first day, then up to the end of each day.
    received_until: Vec<u64>,
}

/// A message, by what its number tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Message {
    /// Counted from the first message the mailbox ever received.
    pub(crate) number: u64,
    /// When it arrived.
    pub(crate) received: Nanos,
}

/// The folder that messages arrive in.
pub(crate) const INBOX: u32 = 0;
/// The folder of sent messages.
pub(crate) const SENT: u32 = 1;
/// The folder of deleted messages.
pub(crate) const DELETED: u32 = 2;
const FIRST_OWN: u32 = 3;

/// What a mailbox is made from.
#[derive(Debug)]
pub(crate) struct Making<'a> {
    pub(crate) number: usize,
    pub(crate) seed: Seed,
    pub(crate) upn: String,
    pub(crate) sid: String,
    pub(crate) owner: Option<usize>,
    pub(crate) licensed: bool,
    /// How much mail it gets: 1 is average.
    pub(crate) zeal: f64,
    pub(crate) zone_secs: i64,
    /// The days of the world, and whether the organisation works on them.
    pub(crate) days: &'a [(Day, bool)],
}

impl Mailbox {
    /// A mailbox that has been filling for a while.
    pub(crate) fn new(making: Making<'_>, rates: &Mail) -> Self {
        let seed = making.seed;
        let mut random = seed.of("makeup", 0).random();
        let per_day = rates.received * making.zeal;
        let mut total = random.count(per_day * f64::from(rates.history_days) * 5.0 / 7.0);
        let mut received_until = vec![total];
        for (day, works) in making.days {
            let busy = if *works { 1.0 } else { 0.15 };
            total += seed.of("received", day.0).random().count(per_day * busy);
            received_until.push(total);
        }
        Self {
            number: making.number,
            seed,
            guid: seed.of("guid", 0).guid(),
            upn: making.upn,
            sid: making.sid,
            owner: making.owner,
            licensed: making.licensed,
            own_folders: u32::try_from(random.count(f64::from(rates.folders))).unwrap_or(0),
            own_folder_share: rates.own_folder,
            deleted_share: rates.deleted,
            zone_secs: making.zone_secs,
            first: making.days.first().map_or(Day(0), |(day, _)| *day),
            received_until,
        }
    }

    /// The messages that arrive on a day of the world, in the order of their numbers and times.
    pub(crate) fn arrivals(&self, day: Day) -> Vec<Message> {
        let (from, to) = self.numbers_of(day);
        let mut times: Vec<_> = (from..to).map(|number| self.moment_of(number)).collect();
        times.sort_unstable();
        (from..to).zip(times).map(|(number, secs)| Message { number, received: day.at_secs(secs - self.zone_secs) }).collect()
    }

    fn numbers_of(&self, day: Day) -> (u64, u64) {
        let i = usize::try_from(day.0 - self.first.0).unwrap_or(usize::MAX);
        let until = |i: usize| self.received_until.get(i).or(self.received_until.last()).copied().unwrap_or(0);
        (until(i), until(i.saturating_add(1)))
    }

    /// Seconds after local midnight: mostly in working hours.
    fn moment_of(&self, number: u64) -> i64 {
        let mut random = self.seed.of("moment", i64::try_from(number).unwrap_or(0)).random();
        if random.chance(0.85) { random.between(7 * HOUR_SECS, 19 * HOUR_SECS) } else { random.between(0, DAY_SECS - 1) }
    }

    /// The newest messages at an instant, newest first, at most so many.
    pub(crate) fn newest(&self, at: Nanos, most: usize) -> Vec<Message> {
        let mut found = Vec::new();
        let mut day = Day::of(at).plus(1);
        while found.len() < most && day >= self.first.plus(-1) {
            let arrived = self.arrivals(day);
            found.extend(arrived.into_iter().rev().filter(|message| message.received <= at));
            day = day.plus(-1);
        }
        let old = self.received_until.first().copied().unwrap_or(0);
        let missing = most.saturating_sub(found.len());
        found.extend((0..old).rev().take(missing).map(|number| Message { number, received: self.received_before(number) }));
        found.truncate(most);
        found
    }

    /// Messages from before the first day lie evenly over the time the mailbox has been filling.
    fn received_before(&self, number: u64) -> Nanos {
        let old = self.received_until.first().copied().unwrap_or(1).max(1);
        let age_secs = i64::try_from((old - number.min(old - 1)) * 365 * DAY_SECS.unsigned_abs() / old).unwrap_or(0);
        self.first.at_secs(-age_secs)
    }

    /// Every message that is in a folder at an instant; those in the deleted items count there.
    pub(crate) fn in_folder(&self, folder: u32, at: Nanos) -> Vec<Message> {
        self.all(at).filter(|message| self.folder_at(message, at) == Some(folder)).collect()
    }

    /// Every message that ever arrived, up to an instant.
    pub(crate) fn all(&self, at: Nanos) -> impl Iterator<Item = Message> + '_ {
        let old = self.received_until.first().copied().unwrap_or(0);
        let before = (0..old).map(|number| Message { number, received: self.received_before(number) });
        let days = (0..self.received_until.len()).map(|i| self.first.plus(i64::try_from(i).unwrap_or(0)));
        before.chain(days.flat_map(|day| self.arrivals(day))).filter(move |message| message.received <= at)
    }

    /// When a message is deleted, if ever.
    pub(crate) fn deleted_at(&self, message: &Message) -> Option<Nanos> {
        let seed = self.seed.of("deleted", i64::try_from(message.number).unwrap_or(0));
        (seed.share() < self.deleted_share).then(|| crate::clock::plus(message.received, seed.random().between(300, 2 * DAY_SECS)))
    }

    /// The folder a message is in; it has none once it is deleted for good, a week after it was deleted.
    pub(crate) fn folder_at(&self, message: &Message, at: Nanos) -> Option<u32> {
        match self.deleted_at(message) {
            Some(deleted) if at >= crate::clock::plus(deleted, 7 * DAY_SECS) => None,
            Some(deleted) if at >= deleted => Some(DELETED),
            _ => Some(self.filed_in(message)),
        }
    }

    /// The folder a message was filed in on arrival.
    pub(crate) fn filed_in(&self, message: &Message) -> u32 {
        let seed = self.seed.of("filed", i64::try_from(message.number).unwrap_or(0));
        if self.own_folders == 0 || seed.share() >= self.own_folder_share {
            return INBOX;
        }
        FIRST_OWN + u32::try_from(seed.random().below(u64::from(self.own_folders))).unwrap_or(0)
    }

    /// Every folder that holds received messages.
    pub(crate) fn folders(&self) -> impl Iterator<Item = u32> + use<> {
        [INBOX, DELETED].into_iter().chain(FIRST_OWN..FIRST_OWN + self.own_folders)
    }

    /// `\Inbox`, `\Inbox\Projects 3`.
    pub(crate) fn folder_path(&self, folder: u32) -> String {
        match folder {
            INBOX => "\\Inbox".to_owned(),
            SENT => "\\Sent Items".to_owned(),
            DELETED => "\\Deleted Items".to_owned(),
            own => format!("\\Inbox\\Projects {}", own - FIRST_OWN + 1),
        }
    }

    /// The provider's id of a folder.
    pub(crate) fn folder_id(&self, folder: u32) -> String {
        let stem = self.seed.of("entry id", 0).random().text(46);
        format!("LgAAAA{stem}AAAAAAE{}AAAB", char::from(b'J' + u8::try_from(folder % 16).unwrap_or(0)))
    }

    /// `<DB8PR04MB…@DB8PR04MB1234.example>`.
    pub(crate) fn message_id(&self, message: &Message) -> String {
        let seed = self.seed.of("message", i64::try_from(message.number).unwrap_or(0));
        format!("<{}@mail.{}>", seed.random().hex(24), if seed.share() < 0.4 { "internal.example" } else { "sender.example" })
    }

    /// The immutable id of a message.
    pub(crate) fn immutable_id(&self, message: &Message) -> String {
        format!("LgAAAA{}", self.seed.of("immutable", i64::try_from(message.number).unwrap_or(0)).random().text(66))
    }

    /// The size of a message: mostly tens of kilobytes, now and then some megabytes.
    pub(crate) fn size_bytes(&self, message: &Message) -> u64 {
        let mut random = self.seed.of("size", i64::try_from(message.number).unwrap_or(0)).random();
        if random.chance(0.9) { 12_000 + random.below(120_000) } else { 200_000 + random.below(6_000_000) }
    }

    /// The subject of a message.
    pub(crate) fn subject(&self, message: &Message) -> String {
        names::subject(&mut self.seed.of("subject", i64::try_from(message.number).unwrap_or(0)).random())
    }

    /// Who sent a message.
    pub(crate) fn sender(&self, message: &Message) -> String {
        names::outside_sender(&mut self.seed.of("sender", i64::try_from(message.number).unwrap_or(0)).random())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters::Parameters;

    #[test]
    fn a_mailbox_is_the_same_however_it_is_asked() {
        let parameters = Parameters::default();
        let first = parameters.first_day().unwrap();
        let days: Vec<_> = (0..30).map(|i| (first.plus(i), i % 7 < 5)).collect();
        let (upn, sid) = ("amina@cedar.example".to_owned(), "S-1-5-21-1".to_owned());
        let making =
            Making { number: 0, seed: Seed(3), upn, sid, owner: Some(0), licensed: true, zeal: 1.0, zone_secs: 3_600, days: &days };
        let mailbox = Mailbox::new(making, &parameters.mail);
        let at = first.plus(9).at_secs(12 * HOUR_SECS);
        let all: Vec<_> = mailbox.all(at).collect();
        assert!(all.windows(2).all(|pair| pair[0].number < pair[1].number && pair[0].received <= pair[1].received));
        let newest: Vec<_> = all.iter().rev().take(200).copied().collect();
        assert_eq!(mailbox.newest(at, 200), newest);
        let foldered: usize = mailbox.folders().map(|folder| mailbox.in_folder(folder, at).len()).sum();
        let present = all.iter().filter(|message| mailbox.folder_at(message, at).is_some()).count();
        assert_eq!(foldered, present);
        assert!(mailbox.in_folder(DELETED, at).iter().all(|message| mailbox.deleted_at(message).unwrap() <= at));
    }
}

//! Counting messages, each once.
//!
//! A message is known by its immutable id; where a record has none, by its message id and folder, of which two may be one message
//! that was moved. What was sent with the same message id, whoever chose it, is told apart only by immutable ids. So messages are
//! counted twice over: [`Counted::least`] takes everything for one message that may be one, [`Counted::most`] does not, but for copies
//! with the same message id in one folder of which no record gives the immutable id.

use waxseal_model::{AccessClass, Nanos};

/// One naming of a message: by a record, or by a message trace. Rows come by place, message id, immutable id, folder and rank, each
/// with what is missing last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageRow {
    /// The mailbox of the incident, by its place.
    pub place: u32,
    /// The message id.
    pub message_id: Option<String>,
    /// The immutable id.
    pub immutable_id: Option<String>,
    /// The folder.
    pub folder: Option<String>,
    /// The item's id, which changes when it is moved.
    pub item_id: Option<String>,
    /// What the row says: see `class_of`.
    pub rank: u8,
    /// When.
    pub time: i64,
    /// The record.
    pub id: String,
    /// The subject.
    pub subject: Option<String>,
    /// The sender.
    pub sender: Option<String>,
    /// The size in bytes.
    pub size: Option<i64>,
}

/// A message that an incident reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The mailbox of the incident, by its place.
    pub place: u32,
    /// The message id.
    pub message_id: Option<String>,
    /// The immutable id.
    pub immutable_id: Option<String>,
    /// The subject, where anything names it.
    pub subject: Option<String>,
    /// The sender, where a message trace names it.
    pub sender: Option<String>,
    /// The folder it was first seen in.
    pub folder: Option<String>,
    /// The size in bytes.
    pub size: Option<i64>,
    /// The strongest class.
    pub class: AccessClass,
    /// The first record of that class.
    pub first: Nanos,
    /// The last one.
    pub last: Nanos,
    /// How many there are.
    pub times: u64,
    /// The first record's id.
    pub event_id: String,
}

/// Messages of a mailbox, by class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Messages that a record of the intruder names: at least so many.
    pub least: u64,
    /// The same where every naming that may be another message is one.
    pub most: u64,
    /// Further messages that a record names which nobody can be given.
    pub unattributed: u64,
    /// Further messages that arrived while mail could be had otherwise, by rank 2, 3 and 4.
    pub arrived: [u64; 3],
}

impl Counted {
    /// Adds what one message counts.
    pub fn add(&mut self, other: Self) {
        self.least = self.least.saturating_add(other.least);
        self.most = self.most.saturating_add(other.most);
        self.unattributed = self.unattributed.saturating_add(other.unattributed);
        for (sum, more) in self.arrived.iter_mut().zip(other.arrived) {
            *sum = sum.saturating_add(more);
        }
    }
}

/// The rank of a row that only tells what a message is.
const ONLY_TELLS: u8 = 9;

/// What a rank stands for.
fn class_of(rank: u8) -> AccessClass {
    match rank {
        0 => AccessClass::Accessed,
        1 => AccessClass::AccessedUnattributed,
        2 => AccessClass::ExposedSync,
        3 => AccessClass::ExposedThrottle,
        _ => AccessClass::ExposedOther,
    }
}

/// Takes rows in their order and gives messages. It holds two messages, however many rows name one.
#[derive(Debug, Default)]
pub struct Fold {
    group: Option<Group>,
}

/// All rows of a place with the same message id.
#[derive(Debug)]
struct Group {
    place: u32,
    message_id: Option<String>,
    /// The first message: what has no immutable id is taken for it.
    first: Option<Part>,
    /// The message whose rows are coming.
    current: Option<Part>,
    /// Whether one of them was counted for sure.
    counted: bool,
    subject: Option<String>,
    sender: Option<String>,
    size: Option<i64>,
}

/// One message in the making.
#[derive(Debug)]
struct Part {
    immutable_id: Option<String>,
    folder: Option<String>,
    rank: u8,
    row: MessageRow,
    last: i64,
    times: u64,
    /// Whether a row with its immutable id has its rank: one without may mean another message of the same message id.
    own_rank: bool,
    /// In how many folders it was named without its immutable id, and the last of them: any may be another message.
    folders: (u64, Option<String>),
}

impl Part {
    fn new(row: MessageRow) -> Self {
        Self {
            immutable_id: row.immutable_id.clone(),
            folder: row.folder.clone(),
            rank: row.rank,
            last: row.time,
            times: 1,
            own_rank: row.immutable_id.is_some(),
            folders: (0, None),
            row,
        }
    }

    /// Adds another naming of the same message: the strongest class counts.
    fn add(&mut self, row: MessageRow) {
        if row.rank < self.rank {
            let (immutable_id, folders) = (self.immutable_id.take(), std::mem::take(&mut self.folders));
            *self = Self { immutable_id, folders, ..Self::new(row) };
        } else if row.rank == self.rank {
            self.own_rank |= row.immutable_id.is_some();
            // The same record may be found in several windows.
            if row.id != self.row.id {
                self.times += 1;
            }
            self.last = self.last.max(row.time);
            if row.time < self.row.time {
                (self.row.time, self.row.id) = (row.time, row.id);
            }
        }
    }

    /// Adds a naming without an immutable id to the message that has one.
    fn add_unnamed(&mut self, row: MessageRow) {
        let elsewhere = row.folder != self.folders.1 && (self.immutable_id.is_none() || row.folder != self.folder);
        if row.rank <= 1 && row.folder.is_some() && elsewhere {
            self.folders = (self.folders.0 + 1, row.folder.clone());
        }
        self.add(row);
    }
}

impl Fold {
    /// Takes the next row; `each` gets the messages that are complete.
    pub fn push(&mut self, row: MessageRow, each: &mut dyn FnMut(Message, Counted)) {
        let same = self.group.as_ref().is_some_and(|group| group.takes(&row));
        if !same {
            self.finish(each);
        }
        self.group.get_or_insert_with(|| Group::of(&row)).push(row, each);
    }

    /// Gives what is left.
    pub fn finish(&mut self, each: &mut dyn FnMut(Message, Counted)) {
        if let Some(group) = self.group.take() {
            group.finish(each);
        }
    }
}

impl Group {
    fn of(row: &MessageRow) -> Self {
        Self {
            place: row.place,
            message_id: row.message_id.clone(),
            first: None,
            current: None,
            counted: false,
            subject: None,
            sender: None,
            size: None,
        }
    }

    /// What has no message id at all is one message only if it has the same immutable id.
    fn takes(&self, row: &MessageRow) -> bool {
        let named = row.message_id.is_some()
            || self.first.as_ref().is_none_or(|part| part.immutable_id == row.immutable_id && row.immutable_id.is_some());
        self.place == row.place && self.message_id == row.message_id && named
    }

    fn push(&mut self, row: MessageRow, each: &mut dyn FnMut(Message, Counted)) {
        self.subject = self.subject.take().or_else(|| row.subject.clone());
        self.sender = self.sender.take().or_else(|| row.sender.clone());
        self.size = self.size.or(row.size);
        if row.rank == ONLY_TELLS {
            return;
        }
        let Some(first) = &mut self.first else {
            self.first = Some(Part::new(row));
            return;
        };
        if row.immutable_id == first.immutable_id && (row.immutable_id.is_some() || row.folder == first.folder) {
            return first.add(row);
        }
        // A message trace names neither: the message it names is the one that is there.
        if row.immutable_id.is_none() && (first.immutable_id.is_some() || row.folder.is_none()) {
            return first.add_unnamed(row);
        }
        match &mut self.current {
            Some(current) if current.immutable_id == row.immutable_id && (row.immutable_id.is_some() || current.folder == row.folder) => {
                current.add(row);
            }
            _ => {
                let done = self.current.replace(Part::new(row));
                self.give(done, each);
            }
        }
    }

    fn give(&mut self, part: Option<Part>, each: &mut dyn FnMut(Message, Counted)) {
        let Some(part) = part else { return };
        let class = class_of(part.rank);
        // Without a message id it may be one that another record names by its message id, without the immutable id. Of those that have
        // the same message id and no immutable id only one is sure to be a message of its own.
        let sure = self.message_id.is_some() && (part.own_rank || !self.counted);
        let own = if part.immutable_id.is_some() { part.folders.0.saturating_add(1) } else { part.folders.0.max(1) };
        let mut counted = Counted::default();
        match part.rank {
            0 => (counted.least, counted.most) = (u64::from(sure), own),
            1 => counted.unattributed = own,
            rank => counted.arrived[usize::from(rank.clamp(2, 4) - 2)] = 1,
        }
        self.counted |= counted.least > 0;
        let message = Message {
            place: self.place,
            message_id: self.message_id.clone(),
            immutable_id: part.immutable_id,
            subject: part.row.subject.or_else(|| self.subject.clone()),
            sender: self.sender.clone(),
            folder: part.folder,
            size: part.row.size.or(self.size),
            class,
            first: Nanos(part.row.time),
            last: Nanos(part.last),
            times: part.times,
            event_id: part.row.id,
        };
        each(message, counted);
    }

    fn finish(mut self, each: &mut dyn FnMut(Message, Counted)) {
        let (first, current) = (self.first.take(), self.current.take());
        // The strongest is given first: it is the one that counts for sure.
        let strength = |part: &Part| (part.rank, !part.own_rank);
        let first_is_stronger = first.as_ref().zip(current.as_ref()).is_none_or(|(first, current)| strength(first) <= strength(current));
        let (a, b) = if first_is_stronger { (first, current) } else { (current, first) };
        self.give(a, each);
        self.give(b, each);
    }
}

#[cfg(test)]
mod tests;

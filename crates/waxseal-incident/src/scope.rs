//! What of the mail an incident reaches, message by message.
//!
//! It goes in five steps, between which whoever holds the events runs the queries of this module:
//!
//! 1. [`cited`] names the records that the firm findings of each incident rest on; [`CLUES`] says of these by which session,
//!    token and address they were made.
//! 2. [`Trails`] decides which of those are the intruder's alone: an address where somebody of the organisation works is not,
//!    a session that began at the owner's is not, a token that was also used elsewhere is not. [`USES`] says where else each was
//!    used, [`FOLLOWED`] what else was used with it.
//! 3. What is left are [`Context`]s; [`ATTRIBUTED`] finds every record that was made in one.
//! 4. [`MESSAGES`] gives the messages of these records in one order, and [`Fold`] counts each once; [`UNNAMED`] says what they count and
//!    do not name.
//! 5. [`Reach`] makes bounds of what was counted, of what may have been reached without a record, and of what is in the mailbox.

mod bounds;
mod clue;
mod done;
mod exposed;
mod messages;
mod trail;

pub use bounds::{Reach, Stock, Synced, Untold, fill, removed_since, stock_since};
pub use clue::{Cited, Clue, cited};
pub use done::{Done, DoneRow, Reaches};
pub use exposed::{Exposed, Mailboxes, Placed, exposed};
pub use messages::{Counted, Fold, Message, MessageRow};
pub use trail::{Candidate, Context, ContextKind, Followed, Trails, Use};

/// Makes the view `trail` over `events`: what the other queries look at. `:now` is the moment it is looked at from.
///
/// The table `near` holds those of its records that findings cite or that name a [`Candidate`], each once: it is added to before each
/// question, so that the many questions look at few records.
pub const TRAIL: &str = include_str!("scope/trail.sql");

/// Of the table `cited`: its records, which are near.
pub const CITED_RECORDS: &str =
    "SELECT e.* FROM (SELECT DISTINCT tenant, event FROM cited) AS c JOIN trail AS e ON e.tenant = c.tenant AND e.id = c.event";

/// Makes the view `uncited`: the records of `trail` that are no [`CITED_RECORDS`].
pub const UNCITED: &str =
    "SELECT e.* FROM (SELECT DISTINCT tenant, event FROM cited) AS c RIGHT ANTI JOIN trail AS e ON e.tenant = c.tenant AND e.id = c.event";

/// Of the tables `cited` and `near`: by which session, token and address each record was made.
pub const CLUES: &str = include_str!("scope/clues.sql");

/// Of the tables `candidates` and `near`: where and by whom each value was used.
pub const USES: &str = include_str!("scope/uses.sql");

/// So many rows of [`FOLLOWED`] are followed; it gives one more where there are more.
pub const MOST_FOLLOWED: usize = 200_000;

/// Of the tables `contexts` and `near`: which sessions, tokens and addresses were used in them, by incident.
pub const FOLLOWED: &str = include_str!("scope/followed.sql");

/// Of the tables `contexts`, `cited` and `near`: every record that is the intruder's.
pub const ATTRIBUTED: &str = include_str!("scope/attributed.sql");

/// Of the table `attributed`: records that nobody can be given, of programs that the intruder used.
pub const NOBODYS: &str = include_str!("scope/nobodys.sql");

/// Of the table `attributed`: what each incident did, by class, operation and mailbox.
pub const DONE: &str = include_str!("scope/done.sql");

/// Of the tables `reached`, `attributed` and `nobodys`: the records that name messages, by place.
pub const OPENED: &str = include_str!("scope/opened.sql");

/// Of the table `opened`: what records of access count and do not name, by place.
pub const UNNAMED: &str = include_str!("scope/unnamed.sql");

/// Of the tables `opened` and `windows`: the messages, by place and message.
pub const MESSAGES: &str = include_str!("scope/messages.sql");

/// Of the tables `cited` and `attributed`: whose mail can be had by acts that leave no record of a message.
pub const PLACES: &str = include_str!("scope/places.sql");

/// What an exported inventory calls each mailbox.
pub const NAMES: &str = include_str!("scope/names.sql");

/// Of the table `forwards`: when mail was sent on, as far as records name it.
pub const FORWARDED: &str = include_str!("scope/forwarded.sql");

/// Of the table `reached`: what the mailboxes hold by an exported inventory, as a whole and by folder.
pub const STOCK: &str = include_str!("scope/stock.sql");

/// Of the table `reached`: how many messages were removed or moved at most, as far as records tell of it.
pub const REMOVED: &str = include_str!("scope/removed.sql");

/// Of the tables `reached` and `attributed`: the folders that were synchronised.
pub const SYNCED: &str = include_str!("scope/synced.sql");

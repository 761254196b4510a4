//! What a log format is.

use waxseal_model::{DateOrder, LogClass, Nanos, local_date_numbers};

use serde_json_borrow::Value;

use crate::event::Event;
use crate::frame::Header;
use crate::value::{Object, non_empty, plain};

/// One concrete shape of an exported record.
pub trait Format: Sync {
    /// The name of the format: that of its file, with `_` as it stands there, and of its page below `docs/formats/`.
    fn id(&self) -> &'static str;

    /// Its page: how to export it, which member becomes which column, known gaps, the vendor's documents. The heading says what it is.
    fn page(&self) -> &'static str;

    /// Whether the record has this shape. Looks at names of members or columns only, never at who or what they speak of.
    fn claims(&self, record: &Record<'_>) -> bool;

    /// A date of the record that may be written in the order of the exporter's country, and the instant it stands for as
    /// the record tells it elsewhere. From these the order of a whole file is told.
    fn local_date(&self, _record: &Record<'_>) -> Option<(String, Option<Nanos>)> {
        None
    }

    /// Reads one record into events, normally one.
    ///
    /// # Errors
    /// The record has the shape but cannot be read; the reason is shown beside its place. Whose fault: the input's.
    fn read(&self, record: &Record<'_>, context: &Context, out: &mut dyn EventSink) -> Result<(), Reject>;
}

/// Why a record could not be read, in words for the person who exported it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject(pub String);

/// One record as it was framed.
#[derive(Debug, Clone, Copy)]
pub enum Record<'a> {
    /// A JSON object.
    Json(&'a Value<'a>),
    /// A row of a table.
    Row(Row<'a>),
}

impl<'a> Record<'a> {
    /// The JSON object, if it is one.
    #[must_use]
    pub fn object(&self) -> Option<&'a Object<'a>> {
        match self {
            Self::Json(value) => value.as_object(),
            Self::Row(_) => None,
        }
    }
}

/// A row and the header above it.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// The names of the columns.
    pub header: &'a Header,
    /// The cells, unquoted.
    pub cells: &'a [String],
}

impl<'a> Row<'a> {
    /// The cell below the name, without surrounding blanks; none where there is no such column or it is empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let cell = self.cells.get(self.header.position(name)?)?;
        non_empty(cell).map(|_| cell.trim())
    }
}

/// What a format may know of the file it reads.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context {
    /// The order of day and month in dates that leave it open, where it is known.
    pub date_order: Option<DateOrder>,
    /// The kind of log that the name of the file speaks of, for tables that do not say it themselves.
    pub class: Option<LogClass>,
}

impl Context {
    /// What is told by the name of a file: portals and collectors put the kind of sign-ins there only.
    #[must_use]
    pub fn class_of_name(name: &str) -> Option<LogClass> {
        let name = plain(name.rsplit(['/', '\\', '!']).next().unwrap_or(name));
        let kinds = [
            ("noninteractive", LogClass::SigninNoninteractive),
            ("msisignin", LogClass::SigninManagedIdentity),
            ("managedidentit", LogClass::SigninManagedIdentity),
            ("applicationsignin", LogClass::SigninServicePrincipal),
            ("serviceprincipal", LogClass::SigninServicePrincipal),
        ];
        kinds.iter().find(|(word, _)| name.contains(word)).map(|(_, class)| *class)
    }

    /// An instant, also where its date is written in the order of the exporter's country.
    pub(crate) fn time(&self, text: &str) -> Option<Nanos> {
        Nanos::parse(text).or_else(|| {
            // Some dates can be read one way only.
            let order = self.date_order.or_else(|| match local_date_numbers(text)? {
                (13.., _) => Some(DateOrder::DayFirst),
                (_, 13..) => Some(DateOrder::MonthFirst),
                _ => None,
            })?;
            Nanos::parse_local(text, order)
        })
    }
}

/// Takes the events of a record.
pub trait EventSink {
    /// Says what the body of the next event is: the record proper, without what collectors put around it. By it copies of an
    /// event are told from other versions. Where nothing is said, the whole record is the body.
    fn body(&mut self, body: &Value<'_>);

    /// Takes one event. Place, evidence and raw text are added by the sink; so are an id where the record has none,
    /// a tenant where it names none, and what is known of the address.
    ///
    /// The first event of a record is always taken. `false` where a further one is not, because the raw text stands beside each
    /// of them and would no longer fit in memory: the format then rejects the record, and what was taken before stays.
    fn push(&mut self, event: Event<'_>) -> bool;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_tells_the_kind_of_sign_ins_where_it_speaks_of_one() {
        let class = Context::class_of_name;
        assert_eq!(class("x/NonInteractiveSignIns_2026-03-01.csv"), Some(LogClass::SigninNoninteractive));
        assert_eq!(class("all.zip!MSISignIns.csv"), Some(LogClass::SigninManagedIdentity));
        assert_eq!(class("InteractiveSignIns_2026-03-01.csv"), None);
        assert_eq!(class("noninteractive/export.csv"), None);
    }
}

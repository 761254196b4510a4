//! What to hand to the provider: records with the identifiers that only the provider can look up.

use waxseal_model::{HandOver, HandOverRecord, Incident};

use crate::facts::Facts;
use crate::shown::Shown;
use crate::view::incidents::left_out;
use crate::words::Words;

/// So many incidents have their hand-over on the page.
const PACKETS: usize = 20;

/// So many records of one incident.
const RECORDS: usize = 25;

/// So many questions.
const QUESTIONS: usize = 20;

/// So many request ids of one record.
const IDS: usize = 4;

/// What is handed over about one incident.
#[derive(Debug)]
pub(crate) struct Packet {
    /// The incident's title.
    pub(crate) title: Shown,
    /// Its id.
    pub(crate) id: Shown,
    /// What the provider is asked.
    pub(crate) questions: Vec<Shown>,
    /// The records, by time.
    pub(crate) records: Vec<RecordRow>,
    /// That there are more of them, and where.
    pub(crate) more: Option<String>,
}

/// One record: each cell is a list of labels and texts.
#[derive(Debug)]
pub(crate) struct RecordRow {
    /// When it happened, and when the token was issued.
    pub(crate) times: Vec<(String, String)>,
    /// What was done, by which record.
    pub(crate) record: Vec<(String, String)>,
    /// By whom, in which mailbox.
    pub(crate) who: Vec<(String, String)>,
    /// With which token, session and application, from where.
    pub(crate) token: Vec<(String, String)>,
}

impl RecordRow {
    /// The cells, each with the message of its column.
    pub(crate) fn cells(&self) -> [(&'static str, &[(String, String)]); 4] {
        [
            ("column-times", self.times.as_slice()),
            ("column-record", self.record.as_slice()),
            ("column-who", self.who.as_slice()),
            ("column-token", self.token.as_slice()),
        ]
    }
}

/// The packets of the incidents that have one, as far as there is room for them.
pub(crate) fn packets(facts: &Facts<'_>, words: &Words) -> Vec<Packet> {
    with_packet(facts).take(PACKETS).map(|(incident, hand_over)| packet(incident, hand_over, words)).collect()
}

/// How many packets are left out, and where they are.
pub(crate) fn packets_more(facts: &Facts<'_>, words: &Words) -> Option<String> {
    left_out(with_packet(facts).count(), PACKETS, "packets-more", words)
}

fn with_packet<'a>(facts: &Facts<'a>) -> impl Iterator<Item = (&'a Incident, &'a HandOver)> {
    let all = facts.incidents.map(|all| all.incidents.as_slice()).unwrap_or_default();
    all.iter().filter_map(|incident| Some((incident, incident.hand_over.as_ref()?)))
}

fn packet(incident: &Incident, hand_over: &HandOver, words: &Words) -> Packet {
    let told = hand_over.records.len().min(RECORDS);
    let count = usize::try_from(hand_over.count).unwrap_or(usize::MAX).max(hand_over.records.len());
    Packet {
        title: Shown::passage(&incident.title),
        id: Shown::name(&incident.id),
        questions: hand_over.questions.iter().take(QUESTIONS).map(|question| Shown::passage(question)).collect(),
        records: hand_over.records.iter().take(RECORDS).map(|record| row(record, words)).collect(),
        more: left_out(count, told, "packet-more", words),
    }
}

fn row(record: &HandOverRecord, words: &Words) -> RecordRow {
    let some =
        |id: &str, text: Option<&str>| text.filter(|text| !text.is_empty()).map(|text| (words.say(id), Shown::name(text).to_string()));
    let moment = |id: &str, time: Option<_>| time.map(|time| (words.say(id), words.moment(time)));
    let ids = words.first_few(record.request_ids.iter().map(String::as_str), IDS);
    RecordRow {
        times: [moment("record-time", record.time), moment("record-issued", record.issued)].into_iter().flatten().collect(),
        record: [
            some("record-operation", Some(&record.operation)),
            some("record-id", Some(&record.event_id)),
            (!ids.is_empty()).then(|| (words.say("record-request-ids"), ids)),
            some("record-server", record.server.as_deref()),
        ]
        .into_iter()
        .flatten()
        .collect(),
        who: [
            some("record-actor", record.actor.as_deref()),
            some("record-mailbox", record.mailbox.as_deref()),
            some("record-mailbox-id", record.mailbox_id.as_deref()),
        ]
        .into_iter()
        .flatten()
        .collect(),
        token: [
            some("record-token", record.token_id.as_deref()),
            some("record-session", record.session_id.as_deref()),
            some("record-app", record.app_id.as_deref()),
            some("record-address", record.client_ip.as_deref()),
        ]
        .into_iter()
        .flatten()
        .collect(),
    }
}

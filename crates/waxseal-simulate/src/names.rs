//! Names of people, organisations, products and messages. All domains are reserved ones that cannot exist.

use crate::random::Random;

const GIVEN: &[&str] = &[
    "Amina", "Jonas", "Leila", "Piotr", "Camille", "Yusuf", "Ingrid", "Mateo", "Salma", "Oskar", "Noor", "Elise", "Karim", "Hanna",
    "Victor", "Zahra", "Emil", "Rania", "Louis", "Greta", "Omar", "Sofia", "Tariq", "Maud", "Anton", "Nadia", "Ruben", "Fatou", "Kaspar",
    "Ilse", "Malik", "Clara", "Idris", "Petra", "Hugo", "Sana", "Bruno", "Maryam", "Felix", "Aicha",
];
const FAMILY: &[&str] = &[
    "Benali",
    "Lindqvist",
    "Moreau",
    "Okafor",
    "Schreiber",
    "Haddad",
    "Kowalski",
    "Duarte",
    "Whitfield",
    "Rahmani",
    "Aubert",
    "Nowak",
    "Fontaine",
    "Bergmann",
    "Saidi",
    "Castellan",
    "Halloran",
    "Mansour",
    "Vermeer",
    "Osei",
    "Tremblay",
    "Zielinski",
    "Achterberg",
    "Diallo",
    "Hartwell",
    "Belkacem",
    "Lemaire",
    "Stenberg",
    "Quist",
    "Farouk",
    "Delacroix",
    "Marchetti",
    "Ashford",
    "Nasser",
    "Roth",
    "Ouellet",
];
const FIRST_HALF: &[&str] =
    &["north", "harbour", "silver", "cedar", "granite", "meadow", "bright", "iron", "river", "amber", "summit", "coastal"];
const SECOND_HALF: &[&str] =
    &["transport", "health", "ministry", "energy", "institute", "council", "water", "foundry", "archive", "university"];
const PRODUCTS: &[&str] =
    &["DaySync", "DeskTickets", "SignFlow", "MeetingNotes", "LeadBoard", "TravelPlanner", "ExpenseMate", "SurveyHub", "Whiteboarder"];
const SUBJECTS: &[&str] = &[
    "Minutes of the meeting",
    "Budget",
    "Draft for comments",
    "Invoice",
    "Travel to the conference",
    "Question about the contract",
    "Weekly report",
    "Lunch",
    "New version",
    "Agenda",
    "Signature needed",
    "Visit next week",
    "Tender documents",
    "Training",
    "Newsletter",
    "Delivery",
    "Holiday plan",
    "Interview",
    "Access to the folder",
    "Follow-up",
];
const SENDERS: &[&str] = &["supplier", "partner", "newsletter", "office", "support", "billing", "agency", "press"];

/// `Amina Benali`.
pub(crate) fn person(random: &mut Random) -> (String, String) {
    (random.word(GIVEN).to_owned(), random.word(FAMILY).to_owned())
}

/// `cedar-health`, different for every number below 120.
pub(crate) fn organisation(number: usize, shift: usize) -> String {
    let at = number + shift;
    let (first, second) = (FIRST_HALF[at % FIRST_HALF.len()], SECOND_HALF[(at + at / FIRST_HALF.len()) % SECOND_HALF.len()]);
    let round = number / (FIRST_HALF.len() * SECOND_HALF.len());
    if round == 0 { format!("{first}-{second}") } else { format!("{first}-{second}-{}", round + 1) }
}

/// The name of a product.
pub(crate) fn product(number: usize) -> &'static str {
    PRODUCTS[number % PRODUCTS.len()]
}

/// The subject of a message.
pub(crate) fn subject(random: &mut Random) -> String {
    let word = random.word(SUBJECTS);
    match random.below(4) {
        0 => format!("Re: {word}"),
        1 => format!("{word} {}", random.between(1, 99)),
        _ => word.to_owned(),
    }
}

/// An address outside the organisation.
pub(crate) fn outside_sender(random: &mut Random) -> String {
    format!("{}@{}-{}.example", random.word(SENDERS), random.word(FIRST_HALF), random.word(SECOND_HALF))
}

//! What can be said of the mailboxes that no incident reaches.

use std::collections::BTreeMap;

use waxseal_model::{Statement, Verdict};

use crate::facts::Facts;
use crate::said::{VERDICTS, date};
use crate::shown::Shown;
use crate::view::incidents::left_out;
use crate::words::Words;

/// So many mailboxes have a row, over all tenants.
const ROWS: usize = 200;

/// So many at least of each tenant.
const AT_LEAST: usize = 5;

/// So many tenants.
const TENANTS: usize = 50;

/// The mailboxes of one tenant.
#[derive(Debug)]
pub(crate) struct TenantStatements {
    /// The tenant.
    pub(crate) tenant: Shown,
    /// How many mailboxes have which word, in one sentence.
    pub(crate) summary: String,
    /// The mailboxes: those of high value first, then those of which most is open.
    pub(crate) rows: Vec<StatementRow>,
    /// That there are more of them, and where.
    pub(crate) more: Option<String>,
}

/// One mailbox.
#[derive(Debug)]
pub(crate) struct StatementRow {
    /// Its address.
    pub(crate) mailbox: Shown,
    /// Whether it is one of high value.
    pub(crate) high_value: bool,
    /// The strongest word that applies.
    pub(crate) verdict: String,
    /// The span that was looked at.
    pub(crate) span: String,
    /// Its days by how complete the logs are.
    pub(crate) days: String,
    /// Why days are not full.
    pub(crate) reasons: String,
}

/// Every tenant, as far as there is room.
pub(crate) fn statements(facts: &Facts<'_>, words: &Words) -> Vec<TenantStatements> {
    let by_tenant = by_tenant(facts);
    let room = (ROWS / by_tenant.len().max(1)).max(AT_LEAST);
    by_tenant.into_iter().take(TENANTS).map(|(tenant, all)| of_tenant(tenant, all, room, words)).collect()
}

/// How many tenants are left out, and where their mailboxes are.
pub(crate) fn statements_more(facts: &Facts<'_>, words: &Words) -> Option<String> {
    left_out(by_tenant(facts).len(), TENANTS, "statements-tenants-more", words)
}

fn by_tenant<'a>(facts: &Facts<'a>) -> BTreeMap<&'a str, Vec<&'a Statement>> {
    let mut by_tenant: BTreeMap<&str, Vec<&Statement>> = BTreeMap::new();
    for statement in facts.statements.iter().filter(|statement| statement.incident_ids.is_empty()) {
        by_tenant.entry(&statement.tenant).or_default().push(statement);
    }
    by_tenant
}

fn of_tenant(tenant: &str, mut all: Vec<&Statement>, room: usize, words: &Words) -> TenantStatements {
    // What is covered is summed up; what is possible or open is what a reader has to look at.
    all.sort_by_key(|it| (!it.high_value, strength(&it.verdict), it.mailbox.clone()));
    TenantStatements {
        tenant: Shown::name(tenant),
        summary: summary(&all, words),
        rows: all.iter().take(room).map(|statement| row(statement, words)).collect(),
        more: left_out(all.len(), room, "statements-more", words),
    }
}

fn strength(verdict: &str) -> usize {
    VERDICTS.iter().position(|word| verdict.starts_with(word.as_str())).unwrap_or(0)
}

fn summary(all: &[&Statement], words: &Words) -> String {
    let of = |word: Verdict| all.iter().filter(|it| it.verdict.starts_with(word.as_str())).count();
    let counts: Vec<String> = VERDICTS
        .into_iter()
        .filter(|word| of(*word) > 0)
        .map(|word| words.tell("executive-mailboxes-of-word", [("n", of(word).into()), ("word", words.verdict_word(word).into())]))
        .collect();
    words.tell("statements-summary", [("n", all.len().into()), ("counts", counts.join("; ").into())])
}

fn row(statement: &Statement, words: &Words) -> StatementRow {
    let days = &statement.days;
    let counts = [("full", days.full), ("partial", days.partial), ("unknown", days.unknown), ("none", days.none)];
    let one = |(state, n): (&str, u64)| words.tell("statement-days", [("n", n.into()), ("state", words.known("coverage", state).into())]);
    let counted: Vec<String> = counts.into_iter().filter(|(_, n)| *n > 0).map(one).collect();
    let reasons: Vec<String> = statement.reasons.iter().take(AT_LEAST).map(|reason| words.known("coverage-reason", reason)).collect();
    StatementRow {
        mailbox: Shown::name(&statement.mailbox),
        high_value: statement.high_value,
        verdict: words.verdict(&statement.verdict),
        span: match (statement.from, statement.to) {
            (Some(from), Some(to)) => {
                let last = date(waxseal_model::Nanos(to.0.saturating_sub(1)));
                words.tell("statement-span", [("from", date(from).into()), ("to", last.into())])
            }
            _ => words.say("statement-no-span"),
        },
        days: if counted.is_empty() { words.say("statement-no-days") } else { words.in_a_row(&counted) },
        reasons: reasons.join("; "),
    }
}

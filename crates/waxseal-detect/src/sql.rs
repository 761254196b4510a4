//! The query of a detection: what it may be, and the statement it is run as.

use datafusion::sql::parser::{DFParser, Statement};
use datafusion::sql::sqlparser::ast::Statement as SqlStatement;
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};
use waxseal_model::Nanos;

/// The relation every query reads: `events` up to `now`.
const PRELUDE: &str = include_str!("prelude.sql");

/// The column that says whether a row fulfils the detection's `primary` condition.
pub(crate) const IS_PRIMARY: &str = "is_primary_row";

/// Words that would make the same evidence give other findings tomorrow, or that reach behind the columns.
const FORBIDDEN: &[&str] = &[
    "raw",
    "sightings",
    "now",
    "current_timestamp",
    "current_date",
    "current_time",
    "localtimestamp",
    "localtime",
    "today",
    "random",
    "rand",
    "uuid",
];

/// Why a query may not be run. Whose fault: the detection's author.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// It is not SQL.
    #[error("the query cannot be read: {0}")]
    Syntax(String),
    /// There is no statement, or more than one.
    #[error("there must be exactly one query, found {0}")]
    NotOne(usize),
    /// The statement is something other than a query.
    #[error("only a SELECT or WITH … SELECT may stand here")]
    NotAQuery,
    /// It uses a word that a detection may not use.
    #[error("a detection may not use {0:?}: it reads columns only, and gives the same findings on every day")]
    Forbidden(String),
}

/// Checks that the text is one query and returns it without comments.
pub(crate) fn checked_query(text: &str) -> Result<String, QueryError> {
    check_words(text)?;
    let statements = DFParser::parse_sql(text).map_err(|error| QueryError::Syntax(error.strip_backtrace()))?;
    let count = statements.len();
    let mut statements = statements.into_iter();
    let (Some(Statement::Statement(statement)), None) = (statements.next(), statements.next()) else {
        return Err(if count == 1 { QueryError::NotAQuery } else { QueryError::NotOne(count) });
    };
    match *statement {
        SqlStatement::Query(query) => Ok(query.to_string()),
        _ => Err(QueryError::NotAQuery),
    }
}

/// Checks that the text is one expression and returns it without comments.
pub(crate) fn checked_condition(text: &str) -> Result<String, QueryError> {
    check_words(text)?;
    let parsed = DFParser::parse_sql_into_expr(text).map_err(|error| QueryError::Syntax(error.strip_backtrace()))?;
    Ok(parsed.expr.to_string())
}

fn check_words(text: &str) -> Result<(), QueryError> {
    let tokens = Tokenizer::new(&GenericDialect {}, text).tokenize().map_err(|error| QueryError::Syntax(error.to_string()))?;
    for token in tokens {
        if let Token::Word(word) = token
            && FORBIDDEN.iter().any(|forbidden| word.value.eq_ignore_ascii_case(forbidden))
        {
            return Err(QueryError::Forbidden(word.value));
        }
    }
    Ok(())
}

/// The statement that gives a detection's rows, grouped by sorting: by key, then time, then id.
pub(crate) fn hits_statement(query: &str, primary: Option<&str>, keys: &[String], now: Nanos) -> String {
    let prelude = prelude(now);
    let primary = primary.unwrap_or("false");
    let keys: String = keys.iter().map(|key| format!("hits.{key} ASC NULLS FIRST, ")).collect();
    format!(
        "{prelude}SELECT hits.*, coalesce(({primary}), false) AS {IS_PRIMARY}\nFROM (\n{query}\n) AS hits\n\
         ORDER BY {keys}hits.time ASC NULLS LAST, hits.id ASC"
    )
}

/// Gives the log classes of every tenant. Exported settings are no logs, and make no tenant.
pub(crate) const CLASSES: &str = "SELECT DISTINCT tenant, log_class FROM activity \
     WHERE of_day AND log_class NOT LIKE 'config.%' AND log_class NOT LIKE 'inventory.%' ORDER BY tenant, log_class";

/// A query over the events up to `now`.
pub(crate) fn with_prelude(query: &str, now: Nanos) -> String {
    prelude(now) + query
}

fn prelude(now: Nanos) -> String {
    let now = format!("arrow_cast({}, 'Timestamp(Nanosecond, Some(\"UTC\"))')", now.0);
    PRELUDE.replace(":now", &now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_query_is_taken_and_anything_else_refused() {
        assert!(checked_query("-- why\nWITH a AS (SELECT 1) SELECT * FROM a;").is_ok());
        assert!(matches!(checked_query("SELECT 1; SELECT 2"), Err(QueryError::NotOne(2))));
        assert!(matches!(checked_query("-- nothing"), Err(QueryError::NotOne(0))));
        for text in ["DROP TABLE events", "INSERT INTO events VALUES (1)", "COPY events TO 'x'", "EXPLAIN SELECT 1", "SET a = 1"] {
            assert!(matches!(checked_query(text), Err(QueryError::NotAQuery)), "{text}");
        }
        assert!(matches!(checked_query("SELECT ((1"), Err(QueryError::Syntax(_))));
    }

    #[test]
    fn words_that_change_with_the_day_or_reach_for_raw_are_refused() {
        for text in ["SELECT raw FROM events", "SELECT now()", "SELECT e.\"Raw\" FROM events e", "SELECT current_timestamp"] {
            assert!(matches!(checked_query(text), Err(QueryError::Forbidden(_))), "{text}");
        }
        assert!(checked_query("SELECT 'raw now' AS text -- raw").is_ok());
    }
}

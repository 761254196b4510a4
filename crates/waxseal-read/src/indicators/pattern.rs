//! STIX patterns, as far as one record at a time can answer them.
//!
//! Source: <https://docs.oasis-open.org/cti/stix/v2.1/stix-v2.1.html>, section 9. Comparisons that are joined by OR are
//! indicators of their own. What is joined by AND or FOLLOWEDBY must be seen together; taking its parts one by one would match
//! far more than the publisher meant, so such a pattern is refused as a whole.

use super::{Collector, Entry, IndicatorError, value};

/// The longest pattern that is read.
const MAX_PATTERN_BYTES: usize = 64 << 10;

/// The deepest nesting of brackets.
const MAX_DEPTH: usize = 32;

const TOGETHER: &str = "its pattern asks for several things at once (AND, FOLLOWEDBY), and its parts alone would match too much";
const NEGATED: &str = "its pattern says what something is not";

/// A comparison that stands by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Comparison {
    path: String,
    value: String,
    /// Why it cannot be used, whatever its value.
    refused: Option<String>,
}

/// Takes the pattern that is an entry's value.
pub(super) fn add(entry: &Entry, out: &mut Collector) -> Result<(), IndicatorError> {
    let comparisons = match parse(&entry.value) {
        Ok(comparisons) => comparisons,
        Err(reason) => return out.unusable(&entry.place, &entry.value, reason),
    };
    for comparison in comparisons {
        let part = Entry { value: comparison.value, ..entry.clone() };
        match comparison.refused {
            Some(reason) => out.unusable(&part.place, &format!("{}: {}", comparison.path, part.value), reason)?,
            None => {
                for usable in value::understand_path(&comparison.path, &part.value) {
                    out.add_understood(&part, usable)?;
                }
            }
        }
    }
    Ok(())
}

/// The comparisons of a pattern, any one of which is enough, or why it cannot be used.
fn parse(text: &str) -> Result<Vec<Comparison>, String> {
    if text.len() > MAX_PATTERN_BYTES {
        return Err("its pattern is longer than 64 KiB".to_owned());
    }
    if text.trim().is_empty() {
        return Err("it has no pattern".to_owned());
    }
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0 };
    let found = parser.observations()?;
    match parser.peek() {
        None => Ok(found),
        Some(Token::Word(word)) if is_any(word, &["AND", "FOLLOWEDBY"]) => Err(TOGETHER.to_owned()),
        Some(_) => Err(unreadable()),
    }
}

fn unreadable() -> String {
    "its pattern cannot be read".to_owned()
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// A bracket, comma or operator sign.
    Sign(&'static str),
    /// A keyword or an object path.
    Word(String),
    /// A text in quotes, without them; also of the kinds `t'…'`, `h'…'` and `b'…'`.
    Text(String),
}

const SIGNS: [&str; 12] = ["!=", "<>", ">=", "<=", "[", "]", "(", ")", ",", "=", ">", "<"];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            let (value, after) = quoted(&rest[1..]).ok_or_else(unreadable)?;
            tokens.push(Token::Text(value));
            rest = after;
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else {
            let end = word_end(rest).ok_or_else(unreadable)?;
            let word = &rest[..end];
            rest = &rest[end..];
            // `t'2023-05-15T00:00:00Z'` and the like: the letter belongs to the text.
            if !(matches!(word, "t" | "h" | "b") && rest.starts_with('\'')) {
                tokens.push(Token::Word(word.to_owned()));
            }
        }
        rest = rest.trim_start();
    }
    Ok(tokens)
}

/// The text up to the closing quote, and what follows. A backslash stands before a quote and before itself.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' => return Some((value, &text[at + 1..])),
            '\\' => value.push(chars.next()?.1),
            c => value.push(c),
        }
    }
    None
}

/// The end of a keyword, number or object path; a path may hold quoted names and `[*]`.
fn word_end(text: &str) -> Option<usize> {
    let mut end = 0;
    while let Some(c) = text[end..].chars().next() {
        let step = match c {
            // In front, a quote opens a text; behind a dot or colon it opens a name of the path.
            '\'' if text[..end].ends_with(['.', ':']) => text[end + 1..].find('\'')? + 2,
            '[' if text[..end].contains(':') => text[end..].find(']')? + 1,
            c if c.is_alphanumeric() || "_-.:*+".contains(c) => c.len_utf8(),
            _ => break,
        };
        end += step;
    }
    (end > 0).then_some(end)
}

fn is_any(word: &str, words: &[&str]) -> bool {
    words.iter().any(|known| word.eq_ignore_ascii_case(known))
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn takes_sign(&mut self, sign: &str) -> bool {
        let takes = matches!(self.peek(), Some(Token::Sign(found)) if *found == sign);
        self.at += usize::from(takes);
        takes
    }

    fn takes_word(&mut self, words: &[&str]) -> bool {
        let takes = matches!(self.peek(), Some(Token::Word(word)) if is_any(word, words));
        self.at += usize::from(takes);
        takes
    }

    fn deeper(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err("its pattern is nested too deeply".to_owned()) } else { Ok(()) }
    }

    /// `[…] OR […]`, with brackets.
    fn observations(&mut self) -> Result<Vec<Comparison>, String> {
        let mut all = self.observation()?;
        while self.takes_word(&["OR"]) {
            all.extend(self.observation()?);
        }
        if matches!(self.peek(), Some(Token::Word(word)) if is_any(word, &["AND", "FOLLOWEDBY"])) {
            return Err(TOGETHER.to_owned());
        }
        Ok(all)
    }

    fn observation(&mut self) -> Result<Vec<Comparison>, String> {
        let found = if self.takes_sign("[") {
            let found = self.any()?;
            if !self.takes_sign("]") {
                return Err(unreadable());
            }
            found
        } else if self.takes_sign("(") {
            self.deeper()?;
            let found = self.observations()?;
            if !self.takes_sign(")") {
                return Err(unreadable());
            }
            self.depth -= 1;
            found
        } else {
            return Err(unreadable());
        };
        match self.peek() {
            Some(Token::Word(word)) if is_any(word, &["WITHIN", "REPEATS", "START"]) => {
                Err("its pattern counts or dates what it asks for (WITHIN, REPEATS, START), which is not compared".to_owned())
            }
            _ => Ok(found),
        }
    }

    /// Comparisons joined by OR.
    fn any(&mut self) -> Result<Vec<Comparison>, String> {
        let mut all = self.all()?;
        while self.takes_word(&["OR"]) {
            all.extend(self.all()?);
        }
        Ok(all)
    }

    /// Comparisons joined by AND: only those of a type, which the value says anyway, may stand beside another.
    fn all(&mut self) -> Result<Vec<Comparison>, String> {
        let mut parts = vec![self.comparison()?];
        while self.takes_word(&["AND"]) {
            parts.push(self.comparison()?);
        }
        if parts.len() > 1 {
            parts.retain(|part| !says_only_the_type(part));
        }
        match (parts.pop(), parts.is_empty()) {
            (Some(only), true) => Ok(only),
            _ => Err(TOGETHER.to_owned()),
        }
    }

    fn comparison(&mut self) -> Result<Vec<Comparison>, String> {
        if self.takes_sign("(") {
            self.deeper()?;
            let found = self.any()?;
            self.depth -= 1;
            return if self.takes_sign(")") { Ok(found) } else { Err(unreadable()) };
        }
        if self.takes_word(&["NOT"]) {
            return Err(NEGATED.to_owned());
        }
        if self.takes_word(&["EXISTS"]) {
            return Err("its pattern asks whether something exists".to_owned());
        }
        let Some(Token::Word(path)) = self.next() else { return Err(unreadable()) };
        if !path.contains(':') {
            return Err(unreadable());
        }
        if self.takes_word(&["NOT"]) {
            return Err(NEGATED.to_owned());
        }
        self.operator_and_values(path)
    }

    fn operator_and_values(&mut self, path: String) -> Result<Vec<Comparison>, String> {
        let is_address = path.starts_with("ipv4-addr:") || path.starts_with("ipv6-addr:") || path.starts_with("network-traffic:");
        let (refused, many) = match self.next().ok_or_else(unreadable)? {
            Token::Sign("=") => (None, false),
            Token::Sign("!=" | "<>") => return Err(NEGATED.to_owned()),
            Token::Sign(sign @ (">" | "<" | ">=" | "<=")) => (Some(sign.to_owned()), false),
            Token::Word(word) if is_any(&word, &["IN"]) => (None, true),
            Token::Word(word) if is_any(&word, &["ISSUBSET"]) && is_address => (None, false),
            Token::Word(word) if is_any(&word, &["LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET"]) => (Some(word.to_ascii_uppercase()), false),
            _ => return Err(unreadable()),
        };
        let refused = refused.map(|operator| format!("values are compared whole, not with {operator}"));
        let of = |value| Comparison { path: path.clone(), value, refused: refused.clone() };
        if !many {
            return Ok(vec![of(self.constant()?)]);
        }
        if !self.takes_sign("(") {
            return Err(unreadable());
        }
        let mut found = vec![of(self.constant()?)];
        while self.takes_sign(",") {
            found.push(of(self.constant()?));
        }
        if self.takes_sign(")") { Ok(found) } else { Err(unreadable()) }
    }

    fn constant(&mut self) -> Result<String, String> {
        match self.next() {
            Some(Token::Text(text)) => Ok(text),
            Some(Token::Word(word)) if !word.contains(':') => Ok(word),
            _ => Err(unreadable()),
        }
    }
}

/// Whether a comparison says no more than that an address is an address, as MISP's export does.
fn says_only_the_type(comparisons: &[Comparison]) -> bool {
    let of_type = |c: &Comparison| {
        c.path.ends_with("_ref.type")
            && matches!(c.value.as_str(), "ipv4-addr" | "ipv6-addr" | "domain-name" | "email-addr")
            && c.refused.is_none()
    };
    matches!(comparisons, [one] if of_type(one))
}

//! Recovering what can be read of a JSON record that was cut off or damaged.

/// The longest well-formed beginning of a JSON object, closed where it was cut.
///
/// A member whose value is incomplete is dropped, its complete predecessors are kept, at every depth. `None` when nothing
/// is left: the text does not begin with an object, or not even its first member is complete.
#[must_use]
pub(crate) fn complete_json(text: &str) -> Option<String> {
    let mut scan = Scan { bytes: text.as_bytes(), at: 0, open: Vec::new(), next: Next::Value, safe: None };
    scan.run();
    let (end, depth_closers) = scan.safe?;
    let mut whole = String::with_capacity(end + depth_closers.len());
    whole.push_str(text.get(..end)?);
    whole.push_str(&depth_closers);
    Some(whole)
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The closing bracket of every open container.
    open: Vec<u8>,
    /// What may stand here in the innermost one.
    next: Next,
    /// End of the last complete value and the brackets that close the text there.
    safe: Option<(usize, String)>,
}

/// What JSON allows at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Behind an opening bracket: a value, or the closing bracket.
    First,
    /// Behind a comma: a value, in an object with its key.
    Value,
    /// Behind a value: a comma, or the closing bracket.
    Comma,
}

/// Deeper than this nothing is recovered: no audit record nests so far, and hostile input must not exhaust us.
const MAX_DEPTH: usize = 100;

impl Scan<'_> {
    /// Walks over values until the text ends or is not JSON any more.
    fn run(&mut self) {
        if self.skip_blank() != Some(b'{') {
            return;
        }
        while self.member().is_some() {}
    }

    /// One step: an opening or closing bracket, a comma, or a member with its value. `None` at the end.
    fn member(&mut self) -> Option<()> {
        let byte = self.skip_blank()?;
        let is_object = self.open.last() == Some(&b'}');
        match (byte, self.next) {
            (b'}' | b']', Next::First | Next::Comma) => self.close_container(byte),
            (b',', Next::Comma) => {
                self.at += 1;
                self.next = Next::Value;
                Some(())
            }
            (_, Next::Comma) => None,
            (b'"', _) if is_object => self.key(),
            // The text itself is the only object without a key.
            (b'{' | b'[', _) if !is_object => self.open_container(byte),
            _ if !is_object && !self.open.is_empty() => self.scalar(byte),
            _ => None,
        }
    }

    fn open_container(&mut self, byte: u8) -> Option<()> {
        if self.open.len() >= MAX_DEPTH {
            return None;
        }
        self.at += 1;
        self.open.push(if byte == b'{' { b'}' } else { b']' });
        self.next = Next::First;
        // An array may be closed at once; an object only where it is itself a complete value of something.
        if self.open.len() > 1 {
            self.mark_safe();
        }
        Some(())
    }

    fn close_container(&mut self, byte: u8) -> Option<()> {
        if self.open.pop() != Some(byte) {
            return None;
        }
        self.at += 1;
        self.next = Next::Comma;
        self.mark_safe();
        if self.open.is_empty() { None } else { Some(()) }
    }

    /// A key, its colon, and its value if that is a scalar.
    fn key(&mut self) -> Option<()> {
        self.string()?;
        if self.skip_blank()? != b':' {
            return None;
        }
        self.at += 1;
        match self.skip_blank()? {
            byte @ (b'{' | b'[') => self.open_container(byte),
            byte => self.scalar(byte),
        }
    }

    fn scalar(&mut self, byte: u8) -> Option<()> {
        if byte == b'"' {
            self.string()?;
        } else {
            self.word()?;
        }
        self.next = Next::Comma;
        self.mark_safe();
        Some(())
    }

    fn string(&mut self) -> Option<()> {
        let mut at = self.at + 1;
        loop {
            at += memchr::memchr2(b'"', b'\\', self.bytes.get(at..)?)?;
            if self.bytes[at] == b'"' {
                break;
            }
            at += 2;
        }
        let valid = serde_json::from_slice::<serde::de::IgnoredAny>(&self.bytes[self.at..=at]).is_ok();
        self.at = at + 1;
        valid.then_some(())
    }

    /// A number or literal: complete only if something follows it.
    fn word(&mut self) -> Option<()> {
        let len = self.bytes[self.at..].iter().position(|b| matches!(b, b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n'))?;
        serde_json::from_slice::<serde::de::IgnoredAny>(&self.bytes[self.at..self.at + len]).ok()?;
        self.at += len;
        Some(())
    }

    fn skip_blank(&mut self) -> Option<u8> {
        let rest = self.bytes.get(self.at..)?;
        self.at += rest.iter().position(|b| !b.is_ascii_whitespace())?;
        Some(self.bytes[self.at])
    }

    fn mark_safe(&mut self) {
        let closers = self.open.iter().rev().map(|b| char::from(*b)).collect();
        self.safe = Some((self.at, closers));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_record_keeps_its_complete_members() {
        let cut = r#"{"Id":"1","List":[{"Name":"a","Value":"x"},{"Name":"b","Val"#;
        assert_eq!(complete_json(cut).as_deref(), Some(r#"{"Id":"1","List":[{"Name":"a","Value":"x"},{"Name":"b"}]}"#));
    }

    #[test]
    fn damage_in_the_middle_keeps_what_stands_before_it() {
        assert_eq!(complete_json(r#"{"a":1,"b":"\q","c":2}"#).as_deref(), Some(r#"{"a":1}"#));
    }

    #[test]
    fn what_no_comma_or_key_stands_before_is_damage() {
        for (text, kept) in [
            (r#"{"a":1,{"b":2}}"#, r#"{"a":1}"#),
            (r#"{"a":1 "b":2}"#, r#"{"a":1}"#),
            (r#"{"a":[1,{"b":2}{"c":3}]}"#, r#"{"a":[1,{"b":2}]}"#),
            (r#"{"a":[1 2]}"#, r#"{"a":[1]}"#),
            (r#"{"a":1,,"b":2}"#, r#"{"a":1}"#),
            (r#"{"a":[1,],"b":2}"#, r#"{"a":[1]}"#),
            (r#"{"a":1,}"#, r#"{"a":1}"#),
            (r#"{"a":{,"b":2}}"#, r#"{"a":{}}"#),
        ] {
            assert_eq!(complete_json(text).as_deref(), Some(kept), "{text}");
        }
    }

    #[test]
    fn what_is_kept_of_any_text_is_json() {
        let marks = ["{", "}", "[", "]", ",", "\"a\":", "1 ", "\"x\""];
        for number in 0..8_usize.pow(6) {
            let text: String = (0..6).map(|place| marks[number / 8_usize.pow(place) % 8]).collect();
            if let Some(kept) = complete_json(&format!("{{\"k\":{text}")) {
                serde_json::from_str::<serde::de::IgnoredAny>(&kept).expect(&kept);
            }
        }
    }

    #[test]
    fn nothing_is_made_up() {
        for text in ["", "x", "[1,2", "{", r#"{"a"#, r#"{"a":"b"#, r#"{"a":12"#, r#"{"a":tru"#] {
            assert_eq!(complete_json(text), None, "{text}");
        }
    }

    #[test]
    fn every_prefix_of_a_record_gives_json_or_nothing() {
        let whole = r#"{"Id":"é\n1","N":-1.5e3,"T":true,"A":[{"x":[]},[1,2],"s",{}],"Z":null}"#;
        for end in 0..=whole.len() {
            if let Some(recovered) = whole.get(..end).and_then(complete_json) {
                serde_json::from_str::<serde_json::Value>(&recovered).expect(&recovered);
            }
        }
        assert_eq!(complete_json(whole).as_deref(), Some(whole));
    }
}

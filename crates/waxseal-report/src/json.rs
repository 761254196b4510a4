//! JSON that is safe to show on a terminal.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};
use waxseal_model::printable;

/// Writes one value, indented or on one line, without an end of line.
///
/// Control, format and bidirectional characters are written as `\u202e`, so that the bytes do nothing on a terminal and
/// still read back as they were.
///
/// # Errors
/// When `out` takes no more.
pub fn write_json(value: &impl Serialize, indented: bool, out: &mut dyn Write) -> Result<(), serde_json::Error> {
    if indented {
        value.serialize(&mut Serializer::with_formatter(out, Inert(PrettyFormatter::new())))
    } else {
        value.serialize(&mut Serializer::with_formatter(out, Inert(CompactFormatter)))
    }
}

/// Another formatter, with strings made inert.
struct Inert<F>(F);

macro_rules! passed_on {
    ($($name:ident($($arg:ident: $kind:ty),*)),+ $(,)?) => {
        $(fn $name<W: ?Sized + Write>(&mut self, out: &mut W $(, $arg: $kind)*) -> io::Result<()> {
            self.0.$name(out $(, $arg)*)
        })+
    };
}

impl<F: Formatter> Formatter for Inert<F> {
    passed_on!(
        begin_array(),
        end_array(),
        begin_array_value(first: bool),
        end_array_value(),
        begin_object(),
        end_object(),
        begin_object_key(first: bool),
        end_object_key(),
        begin_object_value(),
        end_object_value(),
    );

    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        if printable(fragment).len() == fragment.len() {
            return out.write_all(fragment.as_bytes());
        }
        let mut buffer = [0; 4];
        for c in fragment.chars() {
            let text = &*c.encode_utf8(&mut buffer);
            if printable(text) == text {
                out.write_all(text.as_bytes())?;
                continue;
            }
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effects_are_escaped_and_read_back() {
        let text = "a\u{1b}[31m\u{9b}2J\u{202e}b\u{e0041} \"é\"\n";
        for indented in [false, true] {
            let mut out = Vec::new();
            write_json(&[text], indented, &mut out).expect("a vector takes all");
            let written = String::from_utf8(out).expect("UTF-8");
            assert!(written.contains("\\u202e") && written.contains("\\udb40\\udc41") && written.contains('é'), "{written}");
            assert!(!written.contains(['\u{9b}', '\u{202e}', '\u{1b}']));
            assert_eq!(serde_json::from_str::<Vec<String>>(&written).expect("JSON"), [text]);
        }
    }
}

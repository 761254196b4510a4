//! Domains of addresses.

use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, ListBuilder, StringBuilder};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use super::texts::Texts;

/// Writes the domain of an address, in lower case: `smtp:A@B.example`, `A <a@b.example>` and `"A" [SMTP:a@b.example]` are all
/// addresses. `false` where the text does not hold exactly one.
pub(super) fn write_domain(text: &str, out: &mut String) -> bool {
    let mut domains = domains(text);
    let (Some(domain), None) = (domains.next(), domains.next()) else { return false };
    out.extend(domain.chars().map(|c| c.to_ascii_lowercase()));
    true
}

/// The domains in a text, in its order and spelling: what follows an `@` that follows something.
fn domains(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices('@').filter_map(move |(at, _)| {
        let before = text[..at].chars().next_back()?;
        let rest = &text[at + 1..];
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '-' || c == '.')).unwrap_or(rest.len());
        let domain = rest[..end].trim_end_matches('.');
        (is_local(before) && domain.contains('.') && !domain.starts_with(['.', '-'])).then_some(domain)
    })
}

fn is_local(c: char) -> bool {
    c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.\"".contains(c)
}

/// `domains_in(text)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct DomainsIn {
    signature: Signature,
}

impl DomainsIn {
    pub(super) fn new() -> Self {
        let text = vec![DataType::Utf8View, DataType::Utf8, DataType::LargeUtf8];
        Self { signature: Signature::uniform(1, text, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for DomainsIn {
    fn name(&self) -> &str {
        "domains_in"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::List(Arc::new(Field::new("item", DataType::Utf8, true))))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let [array] = arrays.as_slice() else { return exec_err!("domains_in takes one text") };
        let texts = Texts::of(array)?;
        let mut out = ListBuilder::new(StringBuilder::new());
        let mut seen: Vec<String> = Vec::new();
        for row in 0..array.len() {
            seen.clear();
            for domain in texts.get(row).into_iter().flat_map(domains) {
                if !seen.iter().any(|known| known.eq_ignore_ascii_case(domain)) {
                    seen.push(domain.to_ascii_lowercase());
                }
            }
            seen.iter().for_each(|domain| out.values().append_value(domain));
            out.append(true);
        }
        Ok(ColumnarValue::Array(Arc::new(out.finish()) as ArrayRef))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(text: &str) -> Option<String> {
        let mut out = String::new();
        write_domain(text, &mut out).then_some(out)
    }

    #[test]
    fn finds_the_domain_in_every_form_of_an_address() {
        for text in [
            "a@B.Example",
            "smtp:a@b.example",
            "SMTP:a@b.example",
            "A B <a@b.example>",
            "\"A\" [SMTP:a@b.example]",
            "a_c.test#EXT#@b.example",
        ] {
            assert_eq!(domain(text).as_deref(), Some("b.example"), "{text}");
        }
    }

    #[test]
    fn what_is_not_one_address_has_no_domain() {
        for text in ["", "@", "a@", "@b.example", "a@localhost", "NT AUTHORITY\\SYSTEM", "a@b.example;c@d.example"] {
            assert_eq!(domain(text), None, "{text}");
        }
    }

    #[test]
    fn lists_of_addresses_give_every_domain() {
        let text = r#"[{"ActionType":"Forward","Recipients":["x@One.example","y@two.example; z@one.example"]}]"#;
        assert_eq!(domains(text).collect::<Vec<_>>(), ["One.example", "two.example", "one.example"]);
    }
}

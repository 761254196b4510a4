//! The identity of a record's body, whatever wrapper, key order or white space it arrived with.

use serde_json_borrow::Value;
use sha2::{Digest as _, Sha256};
use xxhash_rust::xxh3::xxh3_128;

/// XXH3-128 of a canonical body.
///
/// It tells copies of a record from other versions of it, quickly; it is no seal. That nobody changed the evidence is shown
/// by the sha256 of the inputs and of everything in a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct BodyDigest(pub [u8; 16]);

impl std::fmt::Display for BodyDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// Computes [`BodyDigest`]s; keeps its buffers between records.
#[derive(Debug, Default)]
pub(crate) struct Canonical {
    bytes: Vec<u8>,
    order: Vec<u32>,
}

impl Canonical {
    /// The digest over a JSON value with sorted keys, without `@odata.*` keys and without white space.
    ///
    /// Every text is written with its length before it, so that no two different values give the same bytes.
    pub(crate) fn digest(&mut self, value: &Value<'_>) -> BodyDigest {
        self.bytes.clear();
        self.order.clear();
        self.write(value);
        BodyDigest(xxh3_128(&self.bytes).to_le_bytes())
    }

    /// The same for the cells of a row, under their names.
    pub(crate) fn digest_row<'r>(&mut self, cells: impl Iterator<Item = (&'r String, &'r String)>) -> BodyDigest {
        self.bytes.clear();
        for (name, cell) in cells {
            self.write_text(b':', name);
            self.write_text(b'"', cell);
        }
        BodyDigest(xxh3_128(&self.bytes).to_le_bytes())
    }

    /// The first sixteen bytes of the sha256 of the canonical body that was digested last, in hexadecimal digits: the id of a
    /// record that has none.
    pub(crate) fn sha256(&self) -> String {
        hex::encode(&Sha256::digest(&self.bytes)[..16])
    }

    /// Size in bytes of the canonical body that was digested last: a measure of how full a record is.
    pub(crate) fn size(&self) -> u32 {
        u32::try_from(self.bytes.len()).unwrap_or(u32::MAX)
    }

    fn write(&mut self, value: &Value<'_>) {
        match value {
            Value::Null => self.bytes.push(b'n'),
            Value::Bool(true) => self.bytes.push(b't'),
            Value::Bool(false) => self.bytes.push(b'f'),
            Value::Number(number) => self.write_text(b'#', &number.to_string()),
            Value::Str(text) => self.write_text(b'"', text),
            Value::Array(values) => {
                self.bytes.push(b'[');
                values.iter().for_each(|v| self.write(v));
                self.bytes.push(b']');
            }
            Value::Object(object) => self.write_object(object.as_vec()),
        }
    }

    fn write_object(&mut self, entries: &[(serde_json_borrow::KeyStrType<'_>, Value<'_>)]) {
        let start = self.order.len();
        let kept = entries.iter().enumerate().filter(|(_, (key, _))| !key.starts_with("@odata."));
        self.order.extend(kept.filter_map(|(i, _)| u32::try_from(i).ok()));
        self.order[start..].sort_by(|a, b| entries[*a as usize].0.cmp(&entries[*b as usize].0));
        self.bytes.push(b'{');
        let end = self.order.len();
        for i in start..end {
            let (key, value) = &entries[self.order[i] as usize];
            self.write_text(b':', key);
            self.write(value);
        }
        self.bytes.push(b'}');
        self.order.truncate(start);
    }

    fn write_text(&mut self, kind: u8, text: &str) {
        self.bytes.push(kind);
        // Records are far smaller than 4 GiB.
        self.bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
        self.bytes.extend_from_slice(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(text: &str) -> BodyDigest {
        let value: Value<'_> = serde_json::from_str(text).expect("test JSON");
        Canonical::default().digest(&value)
    }

    #[test]
    fn order_white_space_and_odata_keys_do_not_matter() {
        let one = digest(r#"{"b":[1,{"y":2,"x":null}],"a":"é"}"#);
        assert_eq!(one, digest("{ \"@odata.type\":\"x\", \"a\" : \"\\u00e9\",\n\"b\":[1,{\"x\":null,\"y\":2}] }"));
    }

    #[test]
    fn values_do_matter() {
        assert_ne!(digest(r#"{"a":["b","c"]}"#), digest(r#"{"a":["bc"]}"#));
        assert_ne!(digest(r#"{"a":1}"#), digest(r#"{"a":"1"}"#));
        assert_ne!(digest(r#"[[],[]]"#), digest(r#"[[[]]]"#));
    }
}

//! Any bytes, through everything that stands between a file and its events.

#![no_main]

use std::io::{Cursor, Read as _};
use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use waxseal_read::{Addresses, Container, Context, FileContext, Framer, TenantRule, read_chunk, survey};

static ADDRESSES: LazyLock<Arc<Addresses>> = LazyLock::new(|| Arc::new(Addresses::bundled().expect("the tables come with the crate")));

/// A small file may unpack to much more; so much of it is enough to find what is to be found.
const MOST: u64 = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut container) = Container::open(Cursor::new(bytes), &|| Ok(Box::new(Cursor::new(Vec::new())))) else { return };
    for member in container.members().to_vec() {
        let mut text = Vec::new();
        let Ok(opened) = container.read(&member) else { continue };
        if opened.input.take(MOST).read_to_end(&mut text).is_ok() {
            read(&text);
        }
    }
});

fn read(text: &[u8]) {
    let survey = survey(text, None, &ADDRESSES).expect("memory does not fail");
    let mut framer = Framer::open(text).expect("memory does not fail");
    let file = FileContext {
        framing: framer.framing().clone(),
        context: Context { date_order: survey.date_order, class: None },
        tenants: TenantRule { domains: Arc::default(), given: None, unknown: Arc::new(|| "unknown-00000000".to_owned()) },
        addresses: Arc::clone(&ADDRESSES),
    };
    let mut end = 0;
    while let Some(chunk) = framer.next_chunk().expect("memory does not fail") {
        for span in &chunk.spans {
            let start = chunk.offset + span.start as u64;
            assert!(start >= end && span.start < span.end && span.end <= chunk.bytes.len(), "spans follow each other");
            end = chunk.offset + span.end as u64;
        }
        let read = read_chunk(&chunk, &file).expect("the batch follows the schema");
        assert_eq!(read.batch.num_rows(), read.keys.len());
    }
}

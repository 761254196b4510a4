//! Any bytes, through everything that stands between a file and its events.

#![no_main]

use std::io::{Cursor, Read as _};

use libfuzzer_sys::fuzz_target;
use waxseal_read::Container;

/// The account that the tests keep.
#[path = "../../crates/waxseal-read/tests/it/reading.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod reading;

/// A small file may unpack to much more; so much of it is enough to find what is to be found.
const MOST: u64 = 1 << 18;

/// So many members of an archive likewise.
const MEMBERS: usize = 16;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut container) = Container::open(Cursor::new(bytes), &reading::memory) else { return };
    for member in container.members().iter().take(MEMBERS).cloned().collect::<Vec<_>>() {
        let mut text = Vec::new();
        let Ok(opened) = container.read(&member) else { continue };
        // What came before a break is read too.
        opened.input.take(MOST).read_to_end(&mut text).ok();
        check(text);
    }
});

fn check(text: Vec<u8>) {
    // Borders between blocks fall somewhere else for each length.
    let block = 1 + text.len() % 251;
    let account = reading::read_text(text.clone());
    account.check();
    account.check_gaps();
    let in_blocks = reading::read_text_in_blocks(text, block);
    assert_eq!(in_blocks.spans, account.spans, "the size of blocks does not matter");
    assert_eq!(in_blocks.rejected(), account.rejected(), "the size of blocks does not matter");
    assert_eq!(in_blocks.keys(), account.keys(), "the size of blocks does not matter");
}

//! Damage done to exports: the same each time for the same seed.

/// Numbers that look like chance and follow from a seed (SplitMix64).
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which may be 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % end).unwrap_or(0)
    }

    fn range(&mut self, end: usize) -> std::ops::Range<usize> {
        let start = self.below(end + 1);
        // Mostly a few bytes, now and then much of it.
        let most = [4, 64, end][self.below(3)];
        start..end.min(start + self.below(most + 1))
    }
}

/// What means something to somebody who cuts records, and what means too much.
const MARKS: [&[u8]; 24] = [
    b"\"",
    b"\"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b";",
    b"\t",
    b":",
    b"\n",
    b"\r\n",
    b"\0",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\xc3",
    b"-9223372036854775808",
    b"1e999",
    b"null",
    b"9999-12-31T23:59:59.999999999Z",
    b"{\"value\":[",
    b"{\"records\":[{",
    b"\\ud800",
];

/// The sample with one to three damages; `other` is what pieces are taken from.
pub(crate) fn mutated(sample: &[u8], other: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = sample.to_vec();
    for _ in 0..=chance.below(3) {
        damage(&mut bytes, other, chance);
    }
    bytes
}

fn damage(bytes: &mut Vec<u8>, other: &[u8], chance: &mut Chance) {
    let at = chance.below(bytes.len() + 1);
    let range = chance.range(bytes.len());
    match chance.below(7) {
        0 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << chance.below(8);
            }
        }
        1 => {
            bytes.drain(range);
        }
        2 => {
            let mark = MARKS[chance.below(MARKS.len())];
            bytes.splice(at..at, mark.iter().copied());
        }
        3 => {
            let again = bytes[range].to_vec();
            bytes.splice(at..at, again);
        }
        4 => bytes.truncate(at),
        5 => {
            let piece = other[chance.range(other.len())].to_vec();
            bytes.splice(range, piece);
        }
        _ => {
            let noise: Vec<u8> = (0..chance.below(5)).map(|_| u8::try_from(chance.below(256)).unwrap_or(0)).collect();
            bytes.splice(at..at, noise);
        }
    }
}

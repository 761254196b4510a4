//! Chance that can be repeated: every draw hangs on the seed of the world and on what it is for, not on the order of work.

use rand::{RngCore as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::guid::Guid;

/// A place in the tree of seeds: the world, a tenant in it, a person, a day of theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seed(pub(crate) u64);

impl Seed {
    /// The seed of something below this one: the same name and number always give the same.
    pub(crate) fn of(self, what: &str, number: i64) -> Self {
        let mut key = [0; 64];
        let len = what.len().min(56);
        key[..len].copy_from_slice(&what.as_bytes()[..len]);
        key[56..].copy_from_slice(&number.to_le_bytes());
        Self(xxh3_64_with_seed(&key, self.0))
    }

    /// A generator that begins here.
    pub(crate) fn random(self) -> Random {
        Random(ChaCha8Rng::seed_from_u64(self.0))
    }

    /// A GUID that hangs on this seed alone.
    pub(crate) fn guid(self) -> Guid {
        self.random().guid()
    }

    /// A number from 0 to 1 (exclusive) that hangs on this seed alone.
    pub(crate) fn share(self) -> f64 {
        to_share(Self(self.0).of("share", 0).0)
    }
}

/// A generator of chance. Integers and correctly rounded operations only, so that every machine draws the same.
#[derive(Debug)]
pub(crate) struct Random(ChaCha8Rng);

fn to_share(bits: u64) -> f64 {
    // The upper 53 bits are exactly what a float can hold.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    let upper = (bits >> 11) as f64;
    upper / 9_007_199_254_740_992.0
}

impl Random {
    /// From 0 to 1, exclusive.
    pub(crate) fn share(&mut self) -> f64 {
        to_share(self.0.next_u64())
    }

    /// Whether something of this probability happens.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.share() < probability
    }

    /// From 0 to `limit`, exclusive; 0 where the limit is 0.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        let wide = u128::from(self.0.next_u64()) * u128::from(limit);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// From `low` to `high`, both inclusive.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high.saturating_sub(low).saturating_add(1)).unwrap_or(1);
        low.saturating_add(i64::try_from(self.below(span)).unwrap_or(0))
    }

    /// An index below `len`; 0 where there is none.
    pub(crate) fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or(0)
    }

    /// One of several.
    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.index(of.len()))
    }

    /// One of several words.
    pub(crate) fn word(&mut self, of: &[&'static str]) -> &'static str {
        self.pick(of).copied().unwrap_or("")
    }

    /// How often something happens that happens `mean` times on average (Poisson). Source: Knuth, TAOCP 2, 3.4.1.
    pub(crate) fn count(&mut self, mean: f64) -> u64 {
        let mut left = mean;
        let mut count = 0;
        // In steps, so that the product does not underflow.
        while left > 0.0 {
            let step = left.min(30.0);
            let limit = libm::exp(-step);
            let mut product = self.share();
            while product > limit {
                count += 1;
                product *= self.share();
            }
            left -= step;
        }
        count
    }

    /// Seconds until something that happens every `mean_secs` on average (exponential), at least one.
    pub(crate) fn wait_secs(&mut self, mean_secs: f64) -> i64 {
        let secs = -libm::log(1.0 - self.share()) * mean_secs;
        #[expect(clippy::cast_possible_truncation, reason = "a wait is far below the largest integer")]
        let whole = secs as i64;
        whole.max(1)
    }

    /// A GUID of version 4.
    pub(crate) fn guid(&mut self) -> Guid {
        let mut bytes = [0; 16];
        self.0.fill_bytes(&mut bytes);
        Guid::version_4(bytes)
    }

    /// So many letters and digits as base64 has them.
    pub(crate) fn text(&mut self, len: usize) -> String {
        const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut bytes = vec![0; len];
        self.0.fill_bytes(&mut bytes);
        bytes.iter().map(|b| char::from(LETTERS[usize::from(b & 63)])).collect()
    }

    /// So many hexadecimal digits in upper case.
    pub(crate) fn hex(&mut self, len: usize) -> String {
        const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
        let mut bytes = vec![0; len];
        self.0.fill_bytes(&mut bytes);
        bytes.iter().map(|b| char::from(DIGITS[usize::from(b & 15)])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_place_gives_the_same_and_another_place_another() {
        let seed = Seed(7).of("tenant", 1);
        assert_eq!(seed.of("person", 3).guid().to_string(), seed.of("person", 3).guid().to_string());
        assert_ne!(seed.of("person", 3).guid().to_string(), seed.of("person", 4).guid().to_string());
        assert_ne!(seed.of("person", 3).guid().to_string(), seed.of("mailbox", 3).guid().to_string());
    }

    #[test]
    fn draws_have_the_means_they_are_asked_for() {
        let mut random = Seed(1).random();
        let counts: u64 = (0..20_000).map(|_| random.count(3.5)).sum();
        assert!((68_000..72_000).contains(&counts), "{counts}");
        let waits: i64 = (0..20_000).map(|_| random.wait_secs(600.0)).sum();
        assert!((11_500_000..12_500_000).contains(&waits), "{waits}");
        let hits = (0..20_000).filter(|_| random.chance(0.25)).count();
        assert!((4_700..5_300).contains(&hits), "{hits}");
        assert!((0..1_000).map(|_| random.between(-2, 2)).all(|n| (-2..=2).contains(&n)));
    }

    #[test]
    fn a_known_seed_gives_known_numbers_on_every_machine() {
        let mut random = Seed(42).of("world", 0).random();
        let drawn = [random.below(1_000), random.below(1_000), random.count(12.0), random.below(1_000)];
        assert_eq!(drawn, KNOWN);
    }

    /// Read off once; a change of it changes every world that was ever quoted by its seed.
    const KNOWN: [u64; 4] = [248, 42, 15, 313];
}

//! How the command line says numbers and times; the reports say them through a catalogue.

use waxseal_model::Nanos;

/// A number with its digits in groups of three: `1,234,567`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut said = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            said.push(',');
        }
        said.push(digit);
    }
    said
}

/// A number with the right form of its noun: `1 file`, `1,200 files`.
#[must_use]
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// A size in bytes, in the largest unit that leaves a whole part: `1.2 GiB`.
#[must_use]
pub fn byte_size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 4] = [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match UNITS.iter().find(|(_, size)| bytes >= *size) {
        None => counted(bytes, "byte", "bytes"),
        Some((unit, size)) => format!("{}.{} {unit}", bytes / size, bytes % size * 10 / size),
    }
}

/// An instant to the second, with its zone: `2023-06-15 10:12:33 UTC`.
#[must_use]
pub fn moment(time: Nanos) -> String {
    format!("{} UTC", crate::said::bare_moment(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_nouns_agree() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(123), "123");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(counted(1, "file", "files"), "1 file");
        assert_eq!(counted(1_000, "file", "files"), "1,000 files");
    }

    #[test]
    fn sizes_have_a_unit() {
        assert_eq!(byte_size(1), "1 byte");
        assert_eq!(byte_size(1_536), "1.5 KiB");
        assert_eq!(byte_size(3 << 30), "3.0 GiB");
    }
}

//! Shares and rates with their 95 % intervals. The same numbers give the same bits on every machine: `libm` for what the
//! hardware is not bound to round in one way only.

/// The 97.5 % point of the standard normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// What is left on either side of a 95 % interval.
const TAIL: f64 = 0.025;

/// Halvings of an interval: more than a number of 64 bits has.
const HALVINGS: u32 = 200;

/// The 95 % interval of a share by Wilson's score method; nothing for a share of nothing.
///
/// Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927), 209–212.
#[must_use]
pub fn wilson(n: u64, of: u64) -> Option<(f64, f64)> {
    if of == 0 || n > of {
        return None;
    }
    let (total, share) = (real(of), real(n) / real(of));
    let shrink = 1.0 + Z * Z / total;
    let middle = (share + Z * Z / (2.0 * total)) / shrink;
    let half = Z * (share * (1.0 - share) / total + Z * Z / (4.0 * total * total)).sqrt() / shrink;
    // At the ends the formula gives 0 and 1 but for rounding.
    let low = if n == 0 { 0.0 } else { (middle - half).max(0.0) };
    let high = if n == of { 1.0 } else { (middle + half).min(1.0) };
    Some((low, high))
}

/// The exact 95 % interval of the mean of a Poisson count, by Garwood's method.
///
/// Garwood, "Fiducial limits for the Poisson distribution", Biometrika 28 (1936), 437–442: the lower end is the mean at
/// which so many or more are seen in 2.5 % of cases, the upper end that at which so many or fewer are. These are half the
/// quantiles of chi-square with 2n and 2n + 2 degrees of freedom; both are found here by halving an interval.
#[must_use]
pub fn garwood(count: u64) -> (f64, f64) {
    let n = real(count);
    // The upper end lies some 2 standard deviations above; 10 and a margin for small counts enclose it for certain.
    let farthest = n + 10.0 * (n + 1.0).sqrt() + 10.0;
    let low = if count == 0 { 0.0 } else { halved(0.0, n, |mean| at_least(n, mean) >= TAIL) };
    (low, halved(n, farthest, |mean| at_most(n, mean) <= TAIL))
}

/// Where a condition begins to hold between two points: it does not hold at the first and does at the second.
fn halved(mut before: f64, mut after: f64, holds: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..HALVINGS {
        let middle = before + (after - before) / 2.0;
        if holds(middle) {
            after = middle;
        } else {
            before = middle;
        }
    }
    after
}

/// The chance of `n` or fewer, where the mean is `n` or more: summed from the largest term down.
fn at_most(n: f64, mean: f64) -> f64 {
    let (mut term, mut sum, mut i) = (exactly(n, mean), 0.0, n);
    while term > sum * f64::EPSILON {
        sum += term;
        term *= i / mean;
        i -= 1.0;
    }
    sum
}

/// The chance of `n` or more, where the mean is `n` or less: summed from the largest term up.
fn at_least(n: f64, mean: f64) -> f64 {
    let (mut term, mut sum, mut i) = (exactly(n, mean), 0.0, n);
    while term > sum * f64::EPSILON {
        sum += term;
        i += 1.0;
        term *= mean / i;
    }
    sum
}

/// The chance of exactly `n`. By logarithms: the power and the factorial alone are beyond a number of 64 bits.
fn exactly(n: f64, mean: f64) -> f64 {
    libm::exp(n * libm::log(mean) - mean - libm::lgamma(n + 1.0))
}

/// The middle value; the mean of the two middle ones where their number is even; nothing of nothing.
pub(super) fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    values.get(middle.checked_sub(1)?).map(|lower| (lower + upper) / 2.0)
}

/// Six digits after the point: more than any of these numbers carries.
pub(super) fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// A count as a number to calculate with; counts stay far below 2^53, up to where that is exact.
pub(super) fn real(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(value: f64, expected: f64) -> bool {
        (value - expected).abs() <= 5e-5 * expected.abs().max(1.0)
    }

    #[test]
    fn wilson_agrees_with_published_values() {
        // Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
        for (n, of, low, high) in [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)] {
            let (l, h) = wilson(n, of).expect("not of nothing");
            assert!(close(l, low) && close(h, high), "{n}/{of}: {l} {h}");
        }
        let (low, high) = wilson(8, 10).expect("not of nothing");
        assert!(close(low, 0.4902) && close(high, 0.9433), "{low} {high}");
    }

    #[test]
    fn a_share_of_nothing_has_no_interval() {
        assert_eq!(wilson(0, 0), None);
        assert_eq!(wilson(2, 1), None);
        assert_eq!(wilson(0, 5).map(|ends| ends.0), Some(0.0));
        assert_eq!(wilson(5, 5).map(|ends| ends.1), Some(1.0));
    }

    #[test]
    fn garwood_agrees_with_published_values() {
        // Ulm, American Journal of Epidemiology 131 (1990), 373–375, and tables of chi-square halved.
        for (count, low, high) in [
            (0, 0.0, 3.6889),
            (1, 0.0253, 5.5716),
            (2, 0.2422, 7.2247),
            (5, 1.6235, 11.6683),
            (10, 4.7954, 18.3904),
            (100, 81.3640, 121.6272),
        ] {
            let (l, h) = garwood(count);
            assert!(close(l, low) && close(h, high), "{count}: {l} {h}");
        }
    }

    #[test]
    fn garwood_bears_large_counts() {
        // Far out the interval is that of the normal distribution: n ± 1.96 √n, within a few.
        let (low, high) = garwood(1_000_000);
        assert!((low - 998_040.5).abs() < 3.0 && (high - 1_001_962.5).abs() < 3.0, "{low} {high}");
    }

    #[test]
    fn a_median_is_the_middle_or_between_the_two_middle_ones() {
        assert_eq!(median(&mut []), None);
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }
}

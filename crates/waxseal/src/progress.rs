//! How far the work has come, on standard error.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use waxseal_case::Progress;
use waxseal_case::report_formats::grouped;
use waxseal_model::printable;

use crate::out::Out;

/// Counts what is done and, where somebody watches, shows it.
#[derive(Debug)]
pub(crate) struct Meter {
    bar: Option<ProgressBar>,
    /// Records of this step.
    step_records: Arc<AtomicU64>,
    /// Records of all steps.
    records: AtomicU64,
    started: Instant,
}

const MEASURED: &str = "{prefix:>10} {bar:10} {bytes}/{total_bytes}  {rate} records/s  {eta} left  {wide_msg}";
const OPEN: &str = "{prefix:>10} {spinner} {elapsed}  {wide_msg}";

impl Meter {
    /// Starts at nothing.
    pub(crate) fn start(out: &Out) -> Self {
        let bar = out.shows_progress().then(ProgressBar::no_length);
        Self { bar, step_records: Arc::default(), records: AtomicU64::new(0), started: Instant::now() }
    }

    /// Ends the display and says what was done: `1,234,567 records in 12.3 s (100,372 records/s)`.
    pub(crate) fn finish(&self) -> String {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        let records = self.records.load(Ordering::Relaxed);
        let elapsed = self.started.elapsed();
        match records {
            0 => format!("{:.1} s", elapsed.as_secs_f64()),
            _ => format!("{} records in {:.1} s ({} records/s)", grouped(records), elapsed.as_secs_f64(), rate(records, elapsed)),
        }
    }

    fn style(&self, template: &str) -> ProgressStyle {
        let records = Arc::clone(&self.step_records);
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        style.progress_chars("=> ").with_key("rate", move |state: &ProgressState, w: &mut dyn std::fmt::Write| {
            // A display that cannot be written is not worth an error.
            w.write_str(&rate(records.load(Ordering::Relaxed), state.elapsed())).ok();
        })
    }
}

impl Progress for Meter {
    fn step(&self, name: &str, bytes: u64) {
        self.step_records.store(0, Ordering::Relaxed);
        let Some(bar) = &self.bar else { return };
        bar.reset();
        bar.set_style(self.style(if bytes > 0 { MEASURED } else { OPEN }));
        bar.set_prefix(name.to_owned());
        bar.set_message("");
        match bytes {
            0 => bar.unset_length(),
            _ => bar.set_length(bytes),
        }
        bar.enable_steady_tick(Duration::from_millis(200));
    }

    fn advanced(&self, bytes: u64, records: u64) {
        self.step_records.fetch_add(records, Ordering::Relaxed);
        self.records.fetch_add(records, Ordering::Relaxed);
        if let Some(bar) = &self.bar {
            bar.inc(bytes);
        }
    }

    fn at(&self, what: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(printable(what).into_owned());
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Records a second.
fn rate(records: u64, elapsed: Duration) -> String {
    let millis = elapsed.as_millis().max(1);
    grouped(u64::try_from(u128::from(records) * 1_000 / millis).unwrap_or(u64::MAX))
}

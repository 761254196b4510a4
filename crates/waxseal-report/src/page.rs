//! The surface that text is set on.

use waxseal_model::Severity;

/// How wide the surface is and whether it takes colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Columns of a fixed-width character.
    pub width: usize,
    /// Whether terminal colours may be used. Nothing is said by colour alone.
    pub colour: bool,
}

/// Running text wider than this is hard to read.
const WIDEST_PARAGRAPH: usize = 100;

impl Page {
    /// For a file or a pipe: no colour, and the same width everywhere.
    pub const PLAIN: Self = Self { width: 100, colour: false };

    /// The width of running text.
    pub(crate) fn measure(self) -> usize {
        self.width.clamp(24, WIDEST_PARAGRAPH)
    }

    /// A heading.
    #[must_use]
    pub fn strong(self, text: &str) -> String {
        self.painted("1", text)
    }

    /// What can be skipped at first reading.
    #[must_use]
    pub fn faint(self, text: &str) -> String {
        self.painted("2", text)
    }

    /// Something that asks for attention.
    #[must_use]
    pub fn warning(self, text: &str) -> String {
        self.painted("1;33", text)
    }

    /// Text in the colour of a severity.
    #[must_use]
    pub fn severity(self, severity: Severity, text: &str) -> String {
        let code = match severity {
            Severity::Critical => "1;31",
            Severity::High => "31",
            Severity::Medium => "33",
            Severity::Low => "36",
            Severity::Info => "2",
        };
        self.painted(code, text)
    }

    fn painted(self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

//! How a forwarded request ended.

/// The outcome of a usage event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The provider answered and told its usage.
    Answered,
    /// The provider answered without telling its usage, or the stream was cut: charged by what was
    /// seen.
    Estimated,
    /// Sent, and no answer came: charged at the bound, can be corrected.
    Unknown,
    /// The node died meanwhile: charged at the bound, replaced by a late settlement.
    Interrupted,
}

impl Outcome {
    /// The word for tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Estimated => "estimated",
            Self::Unknown => "unknown",
            Self::Interrupted => "interrupted",
        }
    }
}

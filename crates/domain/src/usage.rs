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
    /// An owner replaced a charge that was booked at its bound or estimated.
    Corrected,
    /// It cost nothing. An event says so only where it was booked as interrupted before that was heard.
    Released,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Answered,
        Self::Estimated,
        Self::Unknown,
        Self::Interrupted,
        Self::Corrected,
        Self::Released,
    ];

    /// The word for tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Estimated => "estimated",
            Self::Unknown => "unknown",
            Self::Interrupted => "interrupted",
            Self::Corrected => "corrected",
            Self::Released => "released",
        }
    }
}

/// By which of a price version's rates a request is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ServiceTier {
    /// As listed.
    #[default]
    Default,
    /// Slower and cheaper.
    Flex,
    /// Faster and dearer.
    Priority,
    /// Answered within a day, and cheaper.
    Batch,
}

impl ServiceTier {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Default, Self::Flex, Self::Priority, Self::Batch];

    /// The word for tables and for providers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Flex => "flex",
            Self::Priority => "priority",
            Self::Batch => "batch",
        }
    }
}

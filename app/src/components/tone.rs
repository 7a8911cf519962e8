//! What a colour means. It never says so alone: words and an icon say it first.

use super::Glyph;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Neither good nor bad.
    #[default]
    Plain,
    /// As it should be.
    Ok,
    /// Look at it.
    Warn,
    /// Stopped.
    Bad,
}

impl Tone {
    /// The class that sets its colours.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }

    /// The icon that goes with it.
    pub const fn glyph(self) -> Option<Glyph> {
        match self {
            Self::Plain => None,
            Self::Ok => Some(Glyph::Check),
            Self::Warn => Some(Glyph::Warn),
            Self::Bad => Some(Glyph::Stop),
        }
    }
}

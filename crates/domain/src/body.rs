//! What is kept of a request for a project that wants it.

/// One of the two texts of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyPart {
    /// What the client sent.
    Prompt,
    /// What it got.
    Answer,
}

impl BodyPart {
    /// The word that a sealed text is bound to.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::Answer => "answer",
        }
    }
}

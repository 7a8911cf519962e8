//! A place to go to, with its words.

/// A link in a list of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub text: String,
    pub href: String,
    /// Whether it leads to what is shown.
    pub current: bool,
}

impl Link {
    /// A link that leads elsewhere.
    pub fn new(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self { text: text.into(), href: href.into(), current: false }
    }

    /// Marked when it leads to what is shown.
    #[must_use]
    pub fn current(mut self, current: bool) -> Self {
        self.current = current;
        self
    }

    pub(crate) fn aria(&self) -> Option<&'static str> {
        self.current.then_some("true")
    }
}

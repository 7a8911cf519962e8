//! Which models a project's keys may ask.

use std::collections::BTreeSet;

/// Why a list of models is not taken, as a sentence for the person who wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ModelsError {
    /// It allows nothing.
    #[error("choose at least one model, or allow all")]
    Empty,
    /// Too many models.
    #[error("a list has at most {} models", Models::MOST)]
    TooMany,
    /// A name that no model has.
    #[error("a model’s name has 1 to {} printable ASCII characters and no spaces", Models::LONGEST)]
    Name,
}

/// Names of models, as requests ask for them: 1 to 200 different ones of 1 to 100 printable ASCII
/// characters, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Models(BTreeSet<String>);

impl Models {
    /// Most models.
    pub const MOST: usize = 200;
    /// Most characters of a name.
    pub const LONGEST: usize = 100;

    /// From names that may be there twice.
    pub fn new(names: impl IntoIterator<Item = impl Into<String>>) -> Result<Self, ModelsError> {
        let names: BTreeSet<String> = names.into_iter().map(Into::into).collect();
        let named = |name: &String| {
            (1..=Self::LONGEST).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic())
        };
        match names.len() {
            0 => Err(ModelsError::Empty),
            len if len > Self::MOST => Err(ModelsError::TooMany),
            _ if !names.iter().all(named) => Err(ModelsError::Name),
            _ => Ok(Self(names)),
        }
    }

    /// The names in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether it has this one.
    pub fn has(&self, model: &str) -> bool {
        self.0.contains(model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_there_once() {
        let models = Models::new(["gpt-4.1", "claude-opus-5", "gpt-4.1"]).unwrap();
        assert_eq!(models.names().collect::<Vec<_>>(), ["claude-opus-5", "gpt-4.1"]);
        assert!(models.has("gpt-4.1") && !models.has("gpt-4"));
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(Models::new([""; 0]), Err(ModelsError::Empty));
        let many = |count: usize| Models::new((0..count).map(|n| format!("m{n}")));
        assert!(many(200).is_ok());
        assert_eq!(many(201), Err(ModelsError::TooMany));
        for name in ["", "a b", "modèle", "a\n", &"x".repeat(101)] {
            assert_eq!(Models::new([name]), Err(ModelsError::Name), "{name:?}");
        }
        assert!(Models::new(["x".repeat(100)]).is_ok());
    }
}

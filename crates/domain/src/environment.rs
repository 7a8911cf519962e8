//! What a project is for.

use std::str::FromStr;

/// A project's environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Environment {
    /// Serves customers; only owners make it.
    Production,
    /// Rehearses what production will be.
    Staging,
    /// For trying things.
    Development,
}

impl Environment {
    /// All of them, as a form lists them.
    pub const ALL: [Self; 3] = [Self::Production, Self::Staging, Self::Development];

    /// The word for tables, commands and forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Staging => "staging",
            Self::Development => "development",
        }
    }

    /// The word for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Production => "Production",
            Self::Staging => "Staging",
            Self::Development => "Development",
        }
    }
}

/// A text that names no environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("choose production, staging or development")]
pub struct EnvironmentError;

impl FromStr for Environment {
    type Err = EnvironmentError;

    fn from_str(text: &str) -> Result<Self, EnvironmentError> {
        Self::ALL
            .into_iter()
            .find(|environment| environment.as_str() == text)
            .ok_or(EnvironmentError)
    }
}

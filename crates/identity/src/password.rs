//! Passwords, and which of them are taken.

use domain::Email;
use secrecy::{ExposeSecret as _, SecretString};

/// The commonest passwords that are long enough, in lower case.
const COMMON: &str = include_str!("common_passwords.txt");

/// Why a new password is not taken, as a sentence for the person who chose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Easy to guess.
    #[error("a password needs at least {} characters", NewPassword::SHORTEST)]
    TooShort,
    /// More than anyone remembers.
    #[error("a password has at most {} characters", NewPassword::LONGEST)]
    TooLong,
    /// Among the first that an attacker tries.
    #[error("this password is one of the commonest: please choose another one")]
    Common,
    /// Known to everybody who knows the person.
    #[error("the e-mail address can’t be the password")]
    Email,
}

/// What somebody typed as password. Compared byte for byte, never shortened.
#[derive(Debug, Clone)]
pub struct Password(SecretString);

impl Password {
    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }
}

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<&str> for Password {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

/// A password that may be set. No rules of composition: length is what counts.
#[derive(Debug, Clone)]
pub struct NewPassword(Password);

impl NewPassword {
    /// Fewest characters.
    pub const SHORTEST: usize = 8;
    /// Most characters.
    pub const LONGEST: usize = 1_000;

    /// Checks a password that the person with this address has chosen.
    pub fn choose(password: Password, email: &Email) -> Result<Self, PasswordError> {
        let text = password.0.expose_secret();
        let lower = text.to_lowercase();
        match text.chars().count() {
            ..Self::SHORTEST => Err(PasswordError::TooShort),
            count if count > Self::LONGEST => Err(PasswordError::TooLong),
            _ if lower == email.as_str() => Err(PasswordError::Email),
            _ if COMMON.lines().any(|common| common == lower) => Err(PasswordError::Common),
            _ => Ok(Self(password)),
        }
    }

    pub(crate) const fn password(&self) -> &Password {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_counts_and_nothing_else() {
        let email: Email = "ines@example.com".parse().unwrap();
        let long = "x".repeat(1_000);
        let too_long = "x".repeat(1_001);
        for (text, expected) in [
            ("", Some(PasswordError::TooShort)),
            ("seven77", Some(PasswordError::TooShort)),
            ("🦊🦊🦊🦊🦊🦊🦊", Some(PasswordError::TooShort)),
            ("🦊🦊🦊🦊🦊🦊🦊🦊", None),
            ("eight ok", None),
            ("        ", None),
            ("nul\0inside", None),
            ("ключ от дома", None),
            (&"y".repeat(64), None),
            (&long, None),
            (&too_long, Some(PasswordError::TooLong)),
            ("password", Some(PasswordError::Common)),
            ("PassWord", Some(PasswordError::Common)),
            ("12345678", Some(PasswordError::Common)),
            ("Ines@Example.com", Some(PasswordError::Email)),
            ("correct horse battery staple", None),
        ] {
            let choice = NewPassword::choose(text.into(), &email);
            assert_eq!(choice.err(), expected, "{text:?}");
        }
    }

    #[test]
    fn the_list_holds_only_what_could_be_chosen() {
        assert!(COMMON.lines().count() >= 100);
        for common in COMMON.lines() {
            assert!(common.chars().count() >= 8 && common == common.to_lowercase(), "{common}");
        }
    }

    #[test]
    fn is_never_printed() {
        assert!(!format!("{:?}", Password::from("s3cret-s3cret")).contains("s3cret"));
    }
}

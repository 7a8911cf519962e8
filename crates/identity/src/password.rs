//! Passwords, and which of them are taken.

use domain::Email;
use secrecy::{ExposeSecret as _, SecretString};
use zxcvbn::{Score, feedback::Feedback, zxcvbn};

/// Why a new password is not taken, as a sentence for the person who chose it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too few characters.
    #[error("a password needs at least {} characters", NewPassword::SHORTEST)]
    TooShort,
    /// More than anyone remembers.
    #[error("a password has at most {} characters", NewPassword::LONGEST)]
    TooLong,
    /// An attacker would find it soon; with what is wrong with it, and what helps.
    #[error("this password is easy to guess. {0}")]
    Weak(String),
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

    /// Most characters that are judged: the work grows with their square, and a password whose first
    /// hundred are hard to guess is.
    const JUDGED: usize = 100;

    /// Checks a password that the person of this address and name has chosen.
    pub fn choose(password: Password, email: &Email, name: &str) -> Result<Self, PasswordError> {
        let text = password.0.expose_secret();
        match text.chars().count() {
            ..Self::SHORTEST => Err(PasswordError::TooShort),
            count if count > Self::LONGEST => Err(PasswordError::TooLong),
            _ if text.to_lowercase() == email.as_str() => Err(PasswordError::Email),
            _ => match weakness(text, email.as_str(), name) {
                Some(weakness) => Err(PasswordError::Weak(weakness)),
                None => Ok(Self(password)),
            },
        }
    }

    pub(crate) const fn password(&self) -> &Password {
        &self.0
    }
}

/// What is wrong with a password that is found with fewer than a hundred million guesses, by those
/// who know the person.
fn weakness(text: &str, email: &str, name: &str) -> Option<String> {
    let judged: String = text.chars().take(NewPassword::JUDGED).collect();
    let mut known = vec![email, name, "exchequer"];
    known.extend(email.split(['@', '.', '+', '-', '_']));
    known.extend(name.split_whitespace());
    let entropy = zxcvbn(&judged, &known);
    if entropy.score() >= Score::Three {
        return None;
    }
    let feedback = entropy.feedback();
    let warning = feedback.and_then(Feedback::warning).map(|text| text.to_string());
    let advice = feedback.and_then(|feedback| feedback.suggestions().first());
    let advice = advice.map(ToString::to_string);
    let said: Vec<_> = warning.into_iter().chain(advice).collect();
    Some(said.join(" ").replace('\'', "’"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(text: &str) -> Result<NewPassword, PasswordError> {
        NewPassword::choose(text.into(), &"ines@example.com".parse().unwrap(), "Ines Okafor")
    }

    #[test]
    fn length_and_guesses_count_and_nothing_else() {
        let words = "four odd walnuts ";
        let (long, too_long) = (words.repeat(59)[..1_000].to_owned(), words.repeat(60));
        for text in [
            "correct horse",
            "a few words nobody says",
            "ключ от дома",
            "🦊 ate 🐺 and 🐻 cried",
            "nul\0inside walnuts",
            "xK9qLm2vRt7pWz4n",
            &long,
        ] {
            assert!(choose(text).is_ok(), "{text:?}");
        }
        for (text, expected) in [
            ("", PasswordError::TooShort),
            ("xK9qLm2", PasswordError::TooShort),
            ("🦊🐺🐻🦁🐯🐮🐷", PasswordError::TooShort),
            (&too_long, PasswordError::TooLong),
            ("Ines@Example.com", PasswordError::Email),
        ] {
            assert_eq!(choose(text).err(), Some(expected), "{text:?}");
        }
        for text in [
            "password",
            "PassWord",
            "12345678",
            "P@ssw0rd1",
            "        ",
            "qwertyuiop",
            "19840101",
            "InesOkafor",
            &"x".repeat(1_000),
        ] {
            assert!(matches!(choose(text), Err(PasswordError::Weak(_))), "{text:?}");
        }
    }

    #[test]
    fn a_weak_one_comes_with_advice() {
        assert_eq!(
            choose("PassWord").unwrap_err().to_string(),
            "this password is easy to guess. This is a top-10 common password. Add another word or \
             two. Uncommon words are better."
        );
    }

    #[test]
    fn is_never_printed() {
        assert!(!format!("{:?}", Password::from("s3cret-s3cret")).contains("s3cret"));
    }
}

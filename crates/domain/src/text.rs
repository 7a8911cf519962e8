//! Texts that people write, checked once.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Why a text is not taken, as a sentence for the person who wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing but spaces.
    #[error("this can’t be empty")]
    Empty,
    /// Too many characters.
    #[error("this is too long: at most {0} characters")]
    TooLong(usize),
    /// A line break or another control character, also one that turns the direction of writing.
    #[error("this can’t contain line breaks or control characters")]
    Control,
    /// Not an e-mail address.
    #[error("this is not an e-mail address: it should look like name@example.com")]
    NotAnAddress,
}

/// Not a control character, and nothing that turns the direction of writing: it makes “exe.evil” look
/// like “live.exe”.
pub(crate) fn is_printable(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn checked(text: &str, longest: usize) -> Result<&str, TextError> {
    if !text.chars().all(is_printable) {
        return Err(TextError::Control);
    }
    let text = text.trim();
    match text.chars().count() {
        0 => Err(TextError::Empty),
        count if count > longest => Err(TextError::TooLong(longest)),
        _ => Ok(text),
    }
}

/// A label: one line, 1 to 100 characters, no control characters, trimmed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

impl Name {
    /// Most characters.
    pub const LONGEST: usize = 100;

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        checked(text, Self::LONGEST).map(|text| Self(text.to_owned()))
    }
}

/// An e-mail address in lower case, at most 254 characters, printable ASCII without quoting: what
/// every mail server takes, and nothing that could add a line to a mail's head.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

impl Email {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let text = checked(text, 254)?;
        let (local, domain) = text.rsplit_once('@').ok_or(TextError::NotAnAddress)?;
        let local_ok = (1..=64).contains(&local.len())
            && local.split('.').all(|atom| !atom.is_empty())
            && local
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b));
        let domain_ok = domain.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        });
        if local_ok && domain_ok {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(TextError::NotAnAddress)
        }
    }
}

macro_rules! text_impls {
    ($($name:ident)+) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = TextError;

            fn try_from(text: String) -> Result<Self, TextError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }
    )+};
}
text_impls!(Name Email);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_addresses_and_lowers_them() {
        for text in ["a@b", "Ines.Okafor+tag@Example.COM", " x_y@mail.example.org "] {
            let email: Email = text.parse().unwrap();
            assert_eq!(email.as_str(), text.trim().to_lowercase());
        }
    }

    #[test]
    fn refuses_what_is_no_address_or_could_inject() {
        for text in [
            "",
            "a",
            "@",
            "a@",
            "@b",
            "a b@c",
            "a@b c",
            ".a@b",
            "a..b@c",
            "a@-b",
            "a@b..c",
            "\"a b\"@c",
            "a@b\r\nBcc: x@y",
            "a\n@b",
            "ä@b",
            "a@b,c@d",
            "<a@b>",
            "a@b\u{2028}",
        ] {
            assert!(text.parse::<Email>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn names_are_one_line() {
        assert_eq!("  Brackwater Freight ".parse::<Name>().unwrap().as_str(), "Brackwater Freight");
        assert_eq!("a\tb".parse::<Name>(), Err(TextError::Control));
        assert_eq!("\u{202e}evil\u{202c}.exe".parse::<Name>(), Err(TextError::Control));
        assert_eq!(" ".parse::<Name>(), Err(TextError::Empty));
        assert_eq!("x".repeat(101).parse::<Name>(), Err(TextError::TooLong(100)));
    }
}

//! Several e-mail addresses, as people write them into one field.

use std::{collections::BTreeSet, str::FromStr};

use crate::{Email, text::TextError};

/// 1 to 50 e-mail addresses, each once, in order of the alphabet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses(Vec<Email>);

/// Why a list of addresses is not taken, as a sentence for who wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressesError {
    /// No address.
    #[error("write at least one e-mail address")]
    None,
    /// Too many of them.
    #[error("these are too many addresses: at most {} at once", Addresses::MOST)]
    TooMany,
    /// One is not an address.
    #[error("line {line}: “{text}” is not an e-mail address of letters a to z, digits and signs")]
    Not {
        /// Counted from one.
        line: usize,
        /// Its beginning.
        text: String,
    },
}

impl Addresses {
    /// Most addresses.
    pub const MOST: usize = 50;

    /// Most characters of what is no address that are repeated.
    const REPEATED: usize = 60;

    /// The addresses.
    pub fn as_slice(&self) -> &[Email] {
        &self.0
    }
}

impl From<Email> for Addresses {
    fn from(email: Email) -> Self {
        Self(vec![email])
    }
}

impl FromStr for Addresses {
    type Err = AddressesError;

    /// Reads addresses that are parted by line breaks, spaces, commas or semicolons.
    fn from_str(text: &str) -> Result<Self, AddressesError> {
        let mut addresses = BTreeSet::new();
        for (at, line) in text.lines().enumerate() {
            let parts = line.split([',', ';', ' ', '\t']).filter(|part| !part.is_empty());
            for part in parts {
                let email = part.parse().map_err(|_: TextError| AddressesError::Not {
                    line: at + 1,
                    text: part.chars().filter(|c| !c.is_control()).take(Self::REPEATED).collect(),
                })?;
                addresses.insert(email);
                if addresses.len() > Self::MOST {
                    return Err(AddressesError::TooMany);
                }
            }
        }
        if addresses.is_empty() {
            return Err(AddressesError::None);
        }
        Ok(Self(addresses.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lists_as_people_write_them() {
        let list: Addresses = " b@x.org, A@x.org;c@x.org\r\n\n b@X.org \n".parse().unwrap();
        let texts: Vec<_> = list.as_slice().iter().map(Email::as_str).collect();
        assert_eq!(texts, ["a@x.org", "b@x.org", "c@x.org"]);
    }

    #[test]
    fn says_which_line_is_wrong() {
        let text = "a@x.org\nkofi.brandal@@x.org";
        let error = text.parse::<Addresses>().unwrap_err().to_string();
        assert!(error.starts_with("line 2: “kofi.brandal@@x.org” is not"), "{error}");
        // The second letter is Cyrillic.
        let error = "p\u{430}ul@x.org".parse::<Addresses>().unwrap_err();
        assert!(matches!(error, AddressesError::Not { line: 1, .. }), "{error}");
        let error = "x".repeat(10_000).parse::<Addresses>().unwrap_err().to_string();
        assert!(error.chars().count() < 150, "{error}");
        assert_eq!(" ,\n;".parse::<Addresses>(), Err(AddressesError::None));
        let many =
            |count: usize| (0..count).map(|n| format!("a{n}@x.org")).collect::<Vec<_>>().join("\n");
        assert!(many(50).parse::<Addresses>().is_ok());
        assert_eq!(many(51).parse::<Addresses>(), Err(AddressesError::TooMany));
    }
}

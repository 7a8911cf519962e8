//! The installation's secrets and the keys that are derived from them.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretBox, SecretString};
use sha2::Sha256;

/// What a derived key is for. A key of one purpose tells nothing about those of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Hashes API keys.
    ApiKeyPepper,
    /// Hashes what attempts are counted by.
    Throttle,
    /// Makes the tokens of links.
    Link,
    /// Signs heads of audit logs.
    AuditHead,
    /// Seals what the codes of second factors are made from.
    SecondFactor,
    /// Hashes recovery codes.
    RecoveryCode,
    /// Hashes what requests ask for.
    Fingerprint,
    /// Seals prompts and answers, each under a key of its own.
    Body,
}

impl Purpose {
    const fn label(self) -> &'static str {
        match self {
            Self::ApiKeyPepper => "api-key pepper",
            Self::Throttle => "throttle",
            Self::Link => "link",
            Self::SecondFactor => "second factor",
            Self::RecoveryCode => "recovery code",
            Self::Fingerprint => "fingerprint",
            Self::Body => "body",
            Self::AuditHead => "audit head",
        }
    }
}

/// Why a list of secrets is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretsError {
    /// Nothing given.
    #[error("at least one secret is needed")]
    None,
    /// Easy to guess.
    #[error(
        "each secret needs at least {} characters, best from a random generator",
        Secrets::SHORTEST
    )]
    TooShort,
}

/// The master secrets, newest first. The newest makes; all of them recognize, so that a new secret
/// can be put before an old one without breaking what is out.
pub struct Secrets {
    newest: SecretString,
    older: Vec<SecretString>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}

impl Secrets {
    /// Fewest characters of a secret.
    pub const SHORTEST: usize = 32;

    /// Reads a comma-separated list, newest first.
    pub fn parse(list: &SecretString) -> Result<Self, SecretsError> {
        let mut secrets =
            list.expose_secret().split(',').map(str::trim).filter(|secret| !secret.is_empty()).map(
                |secret| match secret.chars().count() {
                    Self::SHORTEST.. => Ok(SecretString::from(secret)),
                    _ => Err(SecretsError::TooShort),
                },
            );
        let newest = secrets.next().ok_or(SecretsError::None)??;
        Ok(Self { newest, older: secrets.collect::<Result<_, _>>()? })
    }

    /// The key of a purpose, from the newest secret.
    pub fn derive(&self, purpose: Purpose) -> SecretBox<[u8; 32]> {
        derive(&self.newest, purpose)
    }

    /// The keys of a purpose from all secrets, newest first.
    pub fn derive_all(&self, purpose: Purpose) -> impl Iterator<Item = SecretBox<[u8; 32]>> {
        std::iter::once(&self.newest).chain(&self.older).map(move |secret| derive(secret, purpose))
    }
}

fn derive(secret: &SecretString, purpose: Purpose) -> SecretBox<[u8; 32]> {
    let mac = keyed(secret.expose_secret().as_bytes())
        .chain_update(b"exchequer/1/")
        .chain_update(purpose.label());
    SecretBox::new(Box::new(mac.finalize().into_bytes().into()))
}

/// HMAC-SHA256 under a key of any length.
pub(crate) fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes any key"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(list: &str) -> Result<Secrets, SecretsError> {
        Secrets::parse(&SecretString::from(list))
    }

    #[test]
    fn refuses_short_and_missing_secrets() {
        assert_eq!(parse(" , ").unwrap_err(), SecretsError::None);
        assert_eq!(parse(&"a".repeat(31)).unwrap_err(), SecretsError::TooShort);
        assert_eq!(
            parse(&format!("{},short", "a".repeat(32))).unwrap_err(),
            SecretsError::TooShort
        );
    }

    #[test]
    fn keys_differ_by_purpose_and_secret_and_are_never_printed() {
        let (old, new) = ("a".repeat(32), "b".repeat(32));
        let both = parse(&format!("{new}, {old}")).unwrap();
        let key = |secrets: &Secrets, purpose| *secrets.derive(purpose).expose_secret();
        assert_ne!(key(&both, Purpose::Link), key(&both, Purpose::Throttle));
        assert_eq!(key(&both, Purpose::Link), key(&parse(&new).unwrap(), Purpose::Link));
        let all: Vec<_> = both.derive_all(Purpose::Link).map(|key| *key.expose_secret()).collect();
        assert_eq!(all[1], key(&parse(&old).unwrap(), Purpose::Link));
        assert_eq!(format!("{both:?}"), "Secrets");
    }
}

//! Making API keys and admin keys, and recognizing them.

use domain::api_key::{self, Opens};
use hmac::Mac as _;
use rand::TryRng as _;
use secrecy::{ExposeSecret as _, SecretString};
use store::NewKey;

use crate::{Purpose, Secrets, secrets::keyed};

/// The system has no random numbers.
#[derive(Debug, thiserror::Error)]
#[error("the system has no random numbers")]
pub struct NoRandomness;

/// A new key: what its holder gets, once, and what is stored.
pub struct MintedKey {
    /// The whole key, for exactly one answer.
    pub secret: SecretString,
    opens: Opens,
    hash: [u8; 32],
}

impl MintedKey {
    /// Draws a key of the gateway.
    pub fn new(secrets: &Secrets) -> Result<Self, NoRandomness> {
        Self::that(Opens::Gateway, secrets)
    }

    /// Draws an admin key.
    pub fn admin(secrets: &Secrets) -> Result<Self, NoRandomness> {
        Self::that(Opens::Admin, secrets)
    }

    fn that(opens: Opens, secrets: &Secrets) -> Result<Self, NoRandomness> {
        let secret = SecretString::from(opens.compose(digits()?));
        let pepper = secrets.derive(Purpose::ApiKeyPepper);
        let mac = keyed(pepper.expose_secret()).chain_update(secret.expose_secret().as_bytes());
        let hash = mac.finalize().into_bytes().into();
        Ok(Self { secret, opens, hash })
    }

    /// Twenty of its secret characters, as a password that a program hands out.
    pub fn readable(&self) -> String {
        self.secret.expose_secret().chars().skip(24).take(20).collect()
    }

    /// What is stored of it.
    pub fn stored(&self) -> NewKey<'_> {
        let secret = self.secret.expose_secret();
        let public_id = self.opens.parse(secret).map_or("", |parts| parts.public_id);
        NewKey { public_id, secret_hash: &self.hash, last_four: &secret[secret.len() - 4..] }
    }
}

/// Whether a presented key is the one that this hash was stored of; in constant time.
pub fn is_key(secrets: &Secrets, presented: &str, hash: &[u8]) -> bool {
    secrets.derive_all(Purpose::ApiKeyPepper).any(|pepper| {
        keyed(pepper.expose_secret()).chain_update(presented).verify_slice(hash).is_ok()
    })
}

/// Digits below 62, each as likely as any other: bytes that would favour the first ones are drawn
/// again.
fn digits() -> Result<[u8; api_key::ENTROPY], NoRandomness> {
    let mut digits = [0; api_key::ENTROPY];
    let mut drawn = [0_u8; 1];
    for digit in &mut digits {
        loop {
            rand::rngs::SysRng.try_fill_bytes(&mut drawn).map_err(|_| NoRandomness)?;
            if drawn[0] < 62 * 4 {
                *digit = drawn[0] % 62;
                break;
            }
        }
    }
    Ok(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_well_formed_and_hashed() {
        let secrets = Secrets::parse(&SecretString::from("x".repeat(32))).unwrap();
        let (one, other) = (MintedKey::new(&secrets).unwrap(), MintedKey::new(&secrets).unwrap());
        assert!(api_key::parse(one.secret.expose_secret()).is_some());
        assert_ne!(one.stored().public_id, other.stored().public_id);
        assert_ne!(one.stored().secret_hash, other.stored().secret_hash);
        let admin = MintedKey::admin(&secrets).unwrap();
        assert!(Opens::Admin.parse(admin.secret.expose_secret()).is_some());
        assert_eq!(admin.stored().public_id.len(), 12);
    }

    #[test]
    fn a_key_is_recognized_under_any_of_the_secrets() {
        let secrets = |list: &str| Secrets::parse(&SecretString::from(list)).unwrap();
        let (old, new) = ("a".repeat(32), "b".repeat(32));
        let key = MintedKey::admin(&secrets(&old)).unwrap();
        let (text, hash) = (key.secret.expose_secret(), key.stored().secret_hash);
        assert!(is_key(&secrets(&format!("{new},{old}")), text, hash));
        assert!(!is_key(&secrets(&new), text, hash));
        assert!(!is_key(&secrets(&old), &text[1..], hash));
        assert!(!is_key(&secrets(&old), text, &hash[1..]));
    }
}

//! Making API keys.

use domain::api_key;
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
    hash: [u8; 32],
}

impl MintedKey {
    /// Draws a key.
    pub fn new(secrets: &Secrets) -> Result<Self, NoRandomness> {
        let secret = SecretString::from(api_key::compose(digits()?));
        let pepper = secrets.derive(Purpose::ApiKeyPepper);
        let mac = keyed(pepper.expose_secret()).chain_update(secret.expose_secret().as_bytes());
        let hash = mac.finalize().into_bytes().into();
        Ok(Self { secret, hash })
    }

    /// Twenty of its secret characters, as a password that a program hands out.
    pub fn readable(&self) -> String {
        self.secret.expose_secret().chars().skip(24).take(20).collect()
    }

    /// What is stored of it.
    pub fn stored(&self) -> NewKey<'_> {
        let secret = self.secret.expose_secret();
        let public_id = api_key::parse(secret).map_or("", |parts| parts.public_id);
        NewKey { public_id, secret_hash: &self.hash, last_four: &secret[secret.len() - 4..] }
    }
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
    }
}

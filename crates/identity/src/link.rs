//! Tokens of links that are sent or shown once. A token is made from its row when it is needed and
//! stored nowhere.

use std::fmt::Write as _;

use domain::UserId;
use hmac::Mac as _;
use secrecy::{ExposeSecret as _, SecretBox, SecretString};
use uuid::Uuid;

use crate::secrets::{Purpose, Secrets, keyed};

/// The token of a row's link: 64 hexadecimal digits. What it is for (`invitation`) keeps the links
/// of different tables apart; a higher version voids the links before.
pub fn link_token(secrets: &Secrets, purpose: &str, id: Uuid, version: u32) -> SecretString {
    let key = secrets.derive(Purpose::Link);
    hex(&mac(&key, purpose, &[id.as_bytes(), &version.to_be_bytes()]).finalize().into_bytes())
        .into()
}

/// Whether this is the row's token, under any of the secrets. In constant time.
pub fn is_link_token(
    secrets: &Secrets,
    purpose: &str,
    id: Uuid,
    version: u32,
    token: &SecretString,
) -> bool {
    unhex(token.expose_secret()).is_some_and(|bytes| {
        is_mac(secrets, purpose, &[id.as_bytes(), &version.to_be_bytes()], &bytes)
    })
}

/// The token of a person's link, which works until an instant: who and until when in clear, and a
/// keyed hash over both and what the link is bound to.
pub(crate) struct TimedToken {
    pub(crate) user: UserId,
    /// In seconds of Unix time.
    pub(crate) expires: i64,
    claimed: Vec<u8>,
}

impl TimedToken {
    /// Makes one.
    pub(crate) fn make(
        secrets: &Secrets,
        purpose: &str,
        (user, expires): (UserId, i64),
        bound: &[u8],
    ) -> SecretString {
        let key = secrets.derive(Purpose::Link);
        let head = [user.uuid().as_bytes().as_slice(), &expires.to_be_bytes()].concat();
        let hash = mac(&key, purpose, &[&head, bound]).finalize().into_bytes();
        hex(&[head.as_slice(), &hash].concat()).into()
    }

    /// Reads one, without believing it.
    pub(crate) fn read(token: &SecretString) -> Option<Self> {
        let bytes = unhex(token.expose_secret())?;
        let (user, rest) = bytes.split_first_chunk::<16>()?;
        let (expires, claimed) = rest.split_first_chunk::<8>()?;
        Some(Self {
            user: UserId::from_uuid(Uuid::from_bytes(*user)),
            expires: i64::from_be_bytes(*expires),
            claimed: claimed.to_vec(),
        })
    }

    /// Whether it was made for this, under any of the secrets.
    pub(crate) fn is_for(&self, secrets: &Secrets, purpose: &str, bound: &[u8]) -> bool {
        let head = [self.user.uuid().as_bytes().as_slice(), &self.expires.to_be_bytes()].concat();
        is_mac(secrets, purpose, &[&head, bound], &self.claimed)
    }
}

/// A keyed hash of parts.
fn mac(key: &SecretBox<[u8; 32]>, purpose: &str, parts: &[&[u8]]) -> hmac::Hmac<sha2::Sha256> {
    let mut mac = keyed(key.expose_secret());
    for part in std::iter::once(&purpose.as_bytes()).chain(parts) {
        mac.update(&part.len().to_be_bytes());
        mac.update(part);
    }
    mac
}

fn is_mac(secrets: &Secrets, purpose: &str, parts: &[&[u8]], claimed: &[u8]) -> bool {
    secrets
        .derive_all(Purpose::Link)
        .any(|key| mac(&key, purpose, parts).verify_slice(claimed).is_ok())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a text can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(list: &str) -> Secrets {
        Secrets::parse(&list.into()).unwrap()
    }

    #[test]
    fn a_token_fits_one_purpose_row_and_version() {
        let (old, new) = ("o".repeat(32), "n".repeat(32));
        let (id, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let token = link_token(&secrets(&old), "invitation", id, 1);
        assert_eq!(token.expose_secret().len(), 64);
        let rotated = secrets(&format!("{new},{old}"));
        assert!(is_link_token(&rotated, "invitation", id, 1, &token));
        assert!(!is_link_token(&secrets(&new), "invitation", id, 1, &token));
        assert!(!is_link_token(&rotated, "invitation", id, 2, &token));
        assert!(!is_link_token(&rotated, "invitation", other, 1, &token));
        assert!(!is_link_token(&rotated, "setup", id, 1, &token));
        for garbage in ["", "0", "zz", "é", &token.expose_secret()[2..]] {
            assert!(!is_link_token(&rotated, "invitation", id, 1, &garbage.into()), "{garbage}");
        }
    }
}

//! Sealing what the database must hold and must not tell: AES-256 in Galois/Counter mode, under a key
//! that is derived from the installation's secrets.

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use secrecy::{ExposeSecret as _, SecretBox, SecretSlice};

use crate::{NoRandomness, Purpose, Secrets};

/// The nonce is new each time, so that nothing may be sealed under a key so often that one comes
/// twice: at 2^32 times the chance is 2^-32.
const NONCE: usize = 12;

/// Seals `plain` for whom or what `about` names: with another name it can't be opened.
pub(crate) fn seal(
    secrets: &Secrets,
    purpose: Purpose,
    about: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, NoRandomness> {
    seal_under(&secrets.derive(purpose), about, plain)
}

/// The same under this key.
pub(crate) fn seal_under(
    key: &SecretBox<[u8; 32]>,
    about: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, NoRandomness> {
    let key = RandomizedNonceKey::new(&AES_256_GCM, key.expose_secret().as_slice())
        .map_err(|_| NoRandomness)?;
    let mut sealed = plain.to_vec();
    let nonce =
        key.seal_in_place_append_tag(Aad::from(about), &mut sealed).map_err(|_| NoRandomness)?;
    Ok([nonce.as_ref().as_slice(), &sealed].concat())
}

/// Opens what was sealed about the same under any of the secrets; none if it is damaged, or somebody
/// else's.
pub(crate) fn open(
    secrets: &Secrets,
    purpose: Purpose,
    about: &[u8],
    sealed: &[u8],
) -> Option<SecretSlice<u8>> {
    secrets.derive_all(purpose).find_map(|key| open_under(&key, about, sealed))
}

/// The same under this key.
pub(crate) fn open_under(
    key: &SecretBox<[u8; 32]>,
    about: &[u8],
    sealed: &[u8],
) -> Option<SecretSlice<u8>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
    let key = RandomizedNonceKey::new(&AES_256_GCM, key.expose_secret().as_slice()).ok()?;
    let mut text = sealed.to_vec();
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let plain = key.open_in_place(nonce, Aad::from(about), &mut text).ok()?;
    Some(SecretSlice::from(plain.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_for_its_own_alone_and_under_older_secrets() {
        let (old, new) = ("o".repeat(32), "n".repeat(32));
        let secrets = |list: &str| Secrets::parse(&list.into()).unwrap();
        let (before, after) = (secrets(&old), secrets(&format!("{new},{old}")));
        let purpose = Purpose::SecondFactor;
        let sealed = seal(&before, purpose, b"ines", b"walnuts").unwrap();
        assert!(!sealed.windows(7).any(|part| part == b"walnuts"));
        assert_ne!(sealed, seal(&before, purpose, b"ines", b"walnuts").unwrap());
        let opened = open(&after, purpose, b"ines", &sealed).unwrap();
        assert_eq!(opened.expose_secret(), b"walnuts");
        assert!(open(&after, purpose, b"kofi", &sealed).is_none());
        assert!(open(&after, Purpose::Link, b"ines", &sealed).is_none());
        assert!(open(&secrets(&new), purpose, b"ines", &sealed).is_none());
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert!(open(&after, purpose, b"ines", &damaged).is_none(), "byte {at}");
            assert!(open(&after, purpose, b"ines", &sealed[..at]).is_none(), "cut at {at}");
        }
    }
}

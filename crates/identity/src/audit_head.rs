//! Signing heads of audit logs, so that one who holds the database but not the secrets can't write a
//! log anew and a head to go with it.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use domain::audit::{Head, HeadError, SignedHead};
use secrecy::{ExposeSecret as _, SecretBox};

use crate::{Purpose, Secrets};

/// The head could not be signed: the cryptography refused the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the head of an audit log could not be signed")]
pub struct SignError;

/// Signs a head under the newest secret.
pub fn sign_head(secrets: &Secrets, head: Head) -> Result<SignedHead, SignError> {
    let pair = pair(&secrets.derive(Purpose::AuditHead))?;
    let key = public(&pair)?;
    let signature = pair.sign(head.signed_text(&key).as_bytes());
    let signature = signature.as_ref().try_into().map_err(|_| SignError)?;
    Ok(SignedHead { head, key, signature })
}

/// The public key that heads are signed with now.
pub fn audit_key(secrets: &Secrets) -> Result<[u8; 32], SignError> {
    public(&pair(&secrets.derive(Purpose::AuditHead))?)
}

/// The public keys of all secrets, newest first: heads from before a new secret have an older one.
pub fn audit_keys(secrets: &Secrets) -> Result<Vec<[u8; 32]>, SignError> {
    secrets.derive_all(Purpose::AuditHead).map(|seed| public(&pair(&seed)?)).collect()
}

/// Stops unless the head has the signature of the key that it names. Whether that key is the
/// installation's, only somebody who knows it can tell.
pub fn check_head(head: &SignedHead) -> Result<(), HeadError> {
    let text = head.head.signed_text(&head.key);
    UnparsedPublicKey::new(&ED25519, &head.key)
        .verify(text.as_bytes(), &head.signature)
        .map_err(|_| HeadError::Signature)
}

fn pair(seed: &SecretBox<[u8; 32]>) -> Result<Ed25519KeyPair, SignError> {
    Ed25519KeyPair::from_seed_unchecked(seed.expose_secret()).map_err(|_| SignError)
}

fn public(pair: &Ed25519KeyPair) -> Result<[u8; 32], SignError> {
    pair.public_key().as_ref().try_into().map_err(|_| SignError)
}

#[cfg(test)]
mod tests {
    use domain::{OrgId, audit::Hash};

    use super::*;

    fn secrets(list: &str) -> Secrets {
        Secrets::parse(&list.into()).unwrap()
    }

    fn head() -> Head {
        let at = "2026-11-24T10:00:00Z".parse().unwrap();
        Head { org: OrgId::generate(), count: 7, hash: Hash([3; 32]), at }
    }

    #[test]
    fn a_head_that_was_changed_in_any_place_is_not_signed() {
        let signed = sign_head(&secrets(&"a".repeat(32)), head()).unwrap();
        assert_eq!(check_head(&signed), Ok(()));
        let text = signed.to_string();
        let prefix = text.find(".org-").unwrap();
        for place in prefix + 5..text.len() {
            let digit = if text.as_bytes()[place] == b'7' { "6" } else { "7" };
            let mut other = text.clone();
            other.replace_range(place..=place, digit);
            let read = other.parse::<SignedHead>().and_then(|head| check_head(&head));
            assert!(read.is_err(), "{other}");
        }
    }

    #[test]
    fn a_new_secret_makes_a_new_key_and_the_old_one_stays_known() {
        let (old, new) = ("a".repeat(32), "b".repeat(32));
        let before = sign_head(&secrets(&old), head()).unwrap();
        let both = secrets(&format!("{new},{old}"));
        assert_ne!(sign_head(&both, head()).unwrap().key, before.key);
        let keys = audit_keys(&both).unwrap();
        assert_eq!((keys[0], keys[1]), (audit_key(&both).unwrap(), before.key));
        assert_eq!(check_head(&before), Ok(()));
    }
}

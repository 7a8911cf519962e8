//! Sealing prompts and answers: each under a key of its own, so that however many there are, no nonce
//! comes twice under one key.

use domain::{BodyPart, EventId, OrgId};
use hmac::Mac as _;
use secrecy::{ExposeSecret as _, SecretBox, SecretSlice};

use crate::{
    NoRandomness, Purpose, Secrets,
    seal::{open_under, seal_under},
    secrets::keyed,
};

/// Seals one text of a request: it opens as just this one.
pub fn seal_body(
    secrets: &Secrets,
    of: (OrgId, EventId, BodyPart),
    plain: &[u8],
) -> Result<Vec<u8>, NoRandomness> {
    let about = about(of);
    seal_under(&own_key(&secrets.derive(Purpose::Body), &about), &about, plain)
}

/// Opens it, under any of the secrets; none if it is damaged, another one's, or sealed under a secret that
/// is gone.
pub fn open_body(
    secrets: &Secrets,
    of: (OrgId, EventId, BodyPart),
    sealed: &[u8],
) -> Option<SecretSlice<u8>> {
    let about = about(of);
    secrets
        .derive_all(Purpose::Body)
        .find_map(|key| open_under(&own_key(&key, &about), &about, sealed))
}

/// Which text: both ids have sixteen bytes, so no two are written alike.
fn about((org, id, part): (OrgId, EventId, BodyPart)) -> Vec<u8> {
    let (org, id) = (org.uuid(), id.uuid());
    [&org.as_bytes()[..], &id.as_bytes()[..], part.as_str().as_bytes()].concat()
}

fn own_key(key: &SecretBox<[u8; 32]>, about: &[u8]) -> SecretBox<[u8; 32]> {
    let mac = keyed(key.expose_secret()).chain_update(about);
    SecretBox::new(Box::new(mac.finalize().into_bytes().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_as_just_this_text_and_under_older_secrets() {
        let (old, new) = ("o".repeat(32), "n".repeat(32));
        let secrets = |list: &str| Secrets::parse(&list.into()).unwrap();
        let (before, after) = (secrets(&old), secrets(&format!("{new},{old}")));
        let (org, id) = (OrgId::generate(), EventId::generate());
        let of = (org, id, BodyPart::Prompt);
        let sealed = seal_body(&before, of, b"walnuts").unwrap();
        assert!(!sealed.windows(7).any(|part| part == b"walnuts"));
        assert_ne!(sealed, seal_body(&before, of, b"walnuts").unwrap());
        assert_eq!(open_body(&after, of, &sealed).unwrap().expose_secret(), b"walnuts");
        for other in [
            (OrgId::generate(), id, BodyPart::Prompt),
            (org, EventId::generate(), BodyPart::Prompt),
            (org, id, BodyPart::Answer),
        ] {
            assert!(open_body(&after, other, &sealed).is_none(), "{other:?}");
        }
        assert!(open_body(&secrets(&new), of, &sealed).is_none());
        let mut damaged = sealed;
        damaged[20] ^= 1;
        assert!(open_body(&after, of, &damaged).is_none());
    }
}

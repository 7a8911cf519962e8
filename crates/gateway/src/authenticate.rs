//! Who asks: from the headers to the key's organization and project.

use std::{sync::Arc, time::Instant};

use domain::api_key::{self, Opens};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, HeaderName, header};
use secrecy::{ExposeSecret as _, SecretBox};
use sha2::Sha256;
use store::system::KeyState;

use crate::{
    error::Error,
    gateway::Gateway,
    headers,
    keys::{Known, Lookup},
};

/// Finds the key of a request and refuses what it may not do.
pub(crate) async fn caller(gateway: &Gateway, head: &HeaderMap) -> Result<Arc<KeyState>, Error> {
    let presented = bearer(head)?;
    let invalid = || Error::KeyInvalid(api_key::masked(presented));
    // A mistyped key is refused without asking the database.
    let parts = api_key::parse(presented).ok_or_else(|| match Opens::Admin.parse(presented) {
        Some(_) => Error::AdminKey,
        None => invalid(),
    })?;
    let key = find(gateway, parts.public_id).await?.ok_or_else(invalid)?;
    if !is_right(gateway.peppers(), presented, &key.secret_hash) || key.revoked {
        return Err(invalid());
    }
    agrees(head, &headers::ORGANIZATION, "OpenAI-Organization", &key.org.to_string())?
        .ok_or(Error::MismatchedOrganization)?;
    agrees(head, &headers::PROJECT, "OpenAI-Project", &key.project.to_string())?
        .ok_or(Error::MismatchedProject)?;
    if key.suspended {
        return Err(Error::OrganizationSuspended);
    }
    if key.archived {
        return Err(Error::ProjectArchived);
    }
    if !key.billing {
        let page = format!("{}/{}/billing", gateway.public_url(), key.org);
        return Err(Error::BillingNotActive(page));
    }
    Ok(key)
}

fn bearer(head: &HeaderMap) -> Result<&str, Error> {
    let Some(value) = once(head, &header::AUTHORIZATION, "Authorization")? else {
        return Err(Error::KeyMissing);
    };
    let unreadable = || Error::KeyInvalid(api_key::masked(""));
    let value = value.to_str().map_err(|_| unreadable())?;
    let (scheme, key) = value.split_once(' ').ok_or_else(unreadable)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(key.trim()) } else { Err(unreadable()) }
}

fn once<'a>(
    head: &'a HeaderMap,
    name: &HeaderName,
    shown: &'static str,
) -> Result<Option<&'a http::HeaderValue>, Error> {
    let mut values = head.get_all(name).iter();
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(Error::RepeatedHeader(shown)),
        (value, None) => Ok(value),
    }
}

/// Some if the header does not contradict: it is not there, empty, or says the same.
fn agrees(
    head: &HeaderMap,
    name: &HeaderName,
    shown: &'static str,
    id: &str,
) -> Result<Option<()>, Error> {
    let value = once(head, name, shown)?;
    Ok(value
        .is_none_or(|value| value.is_empty() || value.as_bytes() == id.as_bytes())
        .then_some(()))
}

/// In constant time.
fn is_right(peppers: &[SecretBox<[u8; 32]>], presented: &str, hash: &[u8; 32]) -> bool {
    peppers.iter().any(|pepper| {
        // A key of any length is taken.
        Hmac::<Sha256>::new_from_slice(pepper.expose_secret())
            .is_ok_and(|mac| mac.chain_update(presented).verify_slice(hash).is_ok())
    })
}

async fn find(gateway: &Gateway, public_id: &str) -> Result<Known, Error> {
    let keys = gateway.keys();
    let generation = match keys.find(public_id, Instant::now()) {
        Lookup::Known(known) => return Ok(known),
        Lookup::Stale => return Err(Error::LedgerUnavailable),
        Lookup::Ask(generation) => generation,
    };
    // A storm of keys that nobody has must not take all connections to the database.
    let permit = gateway.key_questions().acquire().await;
    let known = gateway
        .store()
        .system()
        .key_state(public_id)
        .await
        .map_err(|error| {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a key could not be looked up"
            );
            Error::LedgerUnavailable
        })?
        .map(Arc::new);
    drop(permit);
    keys.learn(public_id, known.clone(), generation, Instant::now());
    Ok(known)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn head(values: &[&'static str]) -> HeaderMap {
        let mut head = HeaderMap::new();
        for value in values {
            head.append(header::AUTHORIZATION, HeaderValue::from_static(value));
        }
        head
    }

    #[test]
    fn reads_the_bearer_token() {
        assert_eq!(bearer(&head(&["Bearer sk-exq-1"])).unwrap(), "sk-exq-1");
        assert_eq!(bearer(&head(&["bearer  sk-exq-1 "])).unwrap(), "sk-exq-1");
        assert!(matches!(bearer(&head(&[])), Err(Error::KeyMissing)));
        assert!(matches!(bearer(&head(&["Basic eDp5"])), Err(Error::KeyInvalid(_))));
        assert!(matches!(bearer(&head(&["sk-exq-1"])), Err(Error::KeyInvalid(_))));
        assert!(matches!(bearer(&head(&["Bearer a", "Bearer b"])), Err(Error::RepeatedHeader(_))));
    }

    #[test]
    fn a_header_agrees_if_it_says_nothing_or_the_same() {
        let agrees = |values| agrees(&head(values), &header::AUTHORIZATION, "X", "org-1");
        assert!(matches!(agrees(&[]), Ok(Some(()))));
        assert!(matches!(agrees(&[""]), Ok(Some(()))));
        assert!(matches!(agrees(&["org-1"]), Ok(Some(()))));
        assert!(matches!(agrees(&["org-2"]), Ok(None)));
        assert!(matches!(agrees(&["ORG-1"]), Ok(None)));
        assert!(agrees(&["org-1", "org-1"]).is_err());
    }

    #[test]
    fn compares_the_whole_key_under_the_pepper() {
        let peppers = |bytes: &[u8]| -> Vec<SecretBox<[u8; 32]>> {
            bytes.iter().map(|byte| SecretBox::new(Box::new([*byte; 32]))).collect()
        };
        let hash: [u8; 32] = Hmac::<Sha256>::new_from_slice(&[7; 32])
            .unwrap()
            .chain_update("sk-exq-1")
            .finalize()
            .into_bytes()
            .into();
        assert!(is_right(&peppers(&[7]), "sk-exq-1", &hash));
        assert!(is_right(&peppers(&[9, 7]), "sk-exq-1", &hash));
        assert!(!is_right(&peppers(&[8]), "sk-exq-1", &hash));
        assert!(!is_right(&peppers(&[7]), "sk-exq-2", &hash));
    }
}

//! Who asks: from the headers to the key's organization and project.

use std::{str::FromStr, sync::Arc, time::Instant};

use domain::{
    Endpoint, OrgId, ProjectId,
    api_key::{self, Opens},
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, HeaderName, header};
use secrecy::{ExposeSecret as _, SecretBox};
use sha2::Sha256;
use store::system::{KeyState, Named, Obstacle, Proof, Unbilled};

use crate::{
    error::{Error, Lacking},
    gateway::Gateway,
    headers,
    keys::{Choice, Lookup},
};

/// Finds the key of a request and refuses what it may not do.
pub(crate) async fn caller(
    gateway: &Gateway,
    endpoint: Endpoint,
    head: &HeaderMap,
) -> Result<Arc<KeyState>, Error> {
    let presented = bearer(head)?;
    let invalid = || Error::KeyInvalid(api_key::masked(presented));
    // A mistyped key is refused without asking the database.
    let parts = api_key::parse(presented).ok_or_else(|| match Opens::Admin.parse(presented) {
        Some(_) => Error::AdminKey,
        None => invalid(),
    })?;
    let named = Named {
        org: named(head, &headers::ORGANIZATION, "OpenAI-Organization", OrgId::NIL)?,
        project: named(head, &headers::PROJECT, "OpenAI-Project", ProjectId::NIL)?,
    };
    let now = Instant::now();
    let holds = |proof: &Proof| {
        proof.is_good(now) && is_right(gateway.peppers(), presented, &proof.secret_hash)
    };
    let choice = find(gateway, parts.public_id, named, holds).await?.ok_or_else(invalid)?;
    let key = choice.map_err(|unbilled| match unbilled {
        Unbilled::Organization => Error::OrganizationRequired,
        Unbilled::Project => Error::ProjectRequired,
    })?;
    agrees(&key, named)?;
    gateway.uses().note(&key, now);
    unhindered(gateway, &key)?;
    if !key.permissions.allows(endpoint) {
        return Err(Error::Lacks(Lacking::Permission(endpoint)));
    }
    Ok(key)
}

/// Stops if something stands in the way of all requests of a key.
pub(crate) fn unhindered(gateway: &Gateway, key: &KeyState) -> Result<(), Error> {
    key.obstacle.map_or(Ok(()), |obstacle| Err(refusal(gateway, key, obstacle)))
}

/// A header that contradicts a key is never billed to somebody else. A personal key goes where the
/// headers say, so they agree.
fn agrees(key: &KeyState, named: Named) -> Result<(), Error> {
    if named.org.is_some_and(|org| org != key.org) {
        return Err(Error::MismatchedOrganization);
    }
    if named.project.is_some_and(|project| project != key.project) {
        return Err(Error::MismatchedProject);
    }
    Ok(())
}

fn refusal(gateway: &Gateway, key: &KeyState, obstacle: Obstacle) -> Error {
    match obstacle {
        Obstacle::Suspended => Error::OrganizationSuspended,
        Obstacle::Closed => Error::OrganizationClosed,
        Obstacle::Archived => Error::ProjectArchived,
        Obstacle::Paused => Error::KeyPaused,
        Obstacle::Owner => Error::Lacks(Lacking::Owner),
        Obstacle::ServiceKeysOnly => Error::Lacks(Lacking::ServiceKeysOnly),
        Obstacle::Outlives(days) => Error::Lacks(Lacking::Outlives(days)),
        Obstacle::Blocked => Error::Lacks(Lacking::Blocked),
        Obstacle::Billing => {
            Error::BillingNotActive(format!("{}/{}/billing", gateway.public_url(), key.org))
        }
    }
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

/// The id in a header; none if it is not there or empty. What is no id names nobody: the nil id.
fn named<T: FromStr>(
    head: &HeaderMap,
    name: &HeaderName,
    shown: &'static str,
    nobody: T,
) -> Result<Option<T>, Error> {
    let value = once(head, name, shown)?.filter(|value| !value.is_empty());
    Ok(value.map(|value| {
        value.to_str().ok().and_then(|text| text.trim().parse().ok()).unwrap_or(nobody)
    }))
}

/// In constant time.
pub(crate) fn is_right(peppers: &[SecretBox<[u8; 32]>], presented: &str, hash: &[u8]) -> bool {
    peppers.iter().any(|pepper| {
        // A key of any length is taken.
        Hmac::<Sha256>::new_from_slice(pepper.expose_secret())
            .is_ok_and(|mac| mac.chain_update(presented).verify_slice(hash).is_ok())
    })
}

/// Where the request goes; none unless the key is there and `holds`.
async fn find(
    gateway: &Gateway,
    public_id: &str,
    named: Named,
    holds: impl Fn(&Proof) -> bool,
) -> Result<Option<Choice>, Error> {
    let keys = gateway.keys();
    let generation = match keys.find(public_id, named, Instant::now()) {
        Lookup::Nobody => return Ok(None),
        Lookup::Known(proof, choice) => return Ok(holds(&proof).then_some(choice)),
        Lookup::Stale => return Err(Error::LedgerUnavailable),
        // Naming ever other organizations is for who holds the key.
        Lookup::Unchosen(proof, _) if !holds(&proof) => return Ok(None),
        Lookup::Unchosen(_, generation) | Lookup::Ask(generation) => generation,
    };
    // A storm of keys that nobody has must not take all connections to the database.
    let permit = gateway.key_questions().acquire().await;
    let found = gateway.store().system().presented(public_id, named).await;
    drop(permit);
    let found = found.map_err(|error| {
        tracing::warn!(error = &error as &dyn std::error::Error, "a key could not be looked up");
        Error::LedgerUnavailable
    })?;
    match keys.learn(public_id, named, found, generation, Instant::now()) {
        Lookup::Known(proof, choice) => Ok(holds(&proof).then_some(choice)),
        _ => Ok(None),
    }
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
    fn a_header_that_is_no_id_names_nobody() {
        const ORG: &str = "org-01936e5a00007000800000000000000a";
        let named =
            |values: &[&'static str]| named(&head(values), &header::AUTHORIZATION, "X", OrgId::NIL);
        assert_eq!(named(&[]).unwrap(), None);
        assert_eq!(named(&[""]).unwrap(), None);
        assert_eq!(named(&[ORG]).unwrap(), Some(ORG.parse().unwrap()));
        assert_eq!(named(&["org-2"]).unwrap(), Some(OrgId::NIL));
        assert_eq!(named(&["proj_01936e5a00007000800000000000000a"]).unwrap(), Some(OrgId::NIL));
        assert!(named(&[ORG, ORG]).is_err());
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

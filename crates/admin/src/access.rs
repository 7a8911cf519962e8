//! Who asks: from the headers to the caller of an admin key.

use std::time::Instant;

use axum::extract::FromRequestParts;
use domain::{
    Caller, Origin,
    api_key::{self, Opens},
};
use http::{HeaderMap, header, request::Parts};
use identity::is_key;
use store::system::Admitted;

use crate::{Admin, error::Error, limits::Slot};

/// The caller of the presented admin key; the first extractor of each handler.
pub(crate) struct Access(pub(crate) Caller);

impl FromRequestParts<Admin> for Access {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, admin: &Admin) -> Result<Self, Error> {
        let presented = bearer(&parts.headers)?;
        let invalid = || Error::KeyInvalid(api_key::masked(presented));
        // A mistyped key is refused without asking the database.
        let key = Opens::Admin.parse(presented).ok_or_else(|| {
            if api_key::parse(presented).is_some() { Error::GatewayKey } else { invalid() }
        })?;
        let origin = parts.extensions.get::<Origin>().cloned().unwrap_or_default();
        let is_right = |hash: &[u8]| is_key(&admin.secrets, presented, hash);
        match admin.store.system().admin_caller(key.public_id, origin, is_right).await? {
            Some(Admitted::Caller(caller)) => {
                count(parts, admin, &caller)?;
                Ok(Self(caller))
            }
            Some(Admitted::Suspended) => Err(Error::OrganizationSuspended),
            None => Err(invalid()),
        }
    }
}

/// Only what opens something is counted, so that nobody is kept out by who guesses.
fn count(parts: &Parts, admin: &Admin, caller: &Caller) -> Result<(), Error> {
    let (standing, too_many) = admin.limits.count(caller.org, Instant::now());
    if let Some(slot) = parts.extensions.get::<Slot>() {
        slot.get_or_init(|| standing);
    }
    too_many.map_or(Ok(()), |wait| Err(Error::TooOften(wait)))
}

fn bearer(head: &HeaderMap) -> Result<&str, Error> {
    let mut values = head.get_all(header::AUTHORIZATION).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Err(Error::KeyMissing),
        (Some(_), Some(_)) => return Err(Error::RepeatedHeader("Authorization")),
        (Some(value), None) => value,
    };
    let unreadable = || Error::KeyInvalid(api_key::masked(""));
    let (scheme, key) =
        value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or_else(unreadable)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(key.trim()) } else { Err(unreadable()) }
}

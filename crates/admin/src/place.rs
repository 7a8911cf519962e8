//! The ids in an address.

use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use domain::{OrgId, Scope};
use http::request::Parts;

use crate::error::Error;

/// The parts of the address that name things.
pub(crate) struct Place(RawPathParams);

impl<S: Send + Sync> FromRequestParts<S> for Place {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        params.map(Self).map_err(|_| Error::NotFound)
    }
}

impl Place {
    /// The project that the address names, else the organization.
    pub(crate) fn scope(&self, org: OrgId) -> Result<Scope, Error> {
        if self.0.iter().any(|(of, _)| of == "project_id") {
            self.id("project_id").map(Scope::Project)
        } else {
            Ok(Scope::Org(org))
        }
    }

    /// An id; what is not even one is answered like one that nobody has.
    pub(crate) fn id<T: FromStr>(&self, name: &str) -> Result<T, Error> {
        let found = self.0.iter().find(|(of, _)| *of == name);
        found.and_then(|(_, text)| text.parse().ok()).ok_or(Error::NotFound)
    }
}

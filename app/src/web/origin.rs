//! From where somebody asks, as the audit log keeps it.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use domain::Origin;

use super::Address;

/// An extractor.
#[derive(Debug, Clone)]
pub struct Whence(pub Origin);

impl<S: Send + Sync> FromRequestParts<S> for Whence {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let address = parts.extensions.get::<Address>().map(|address| address.0);
        let agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        Ok(Self(Origin::new(address, agent)))
    }
}

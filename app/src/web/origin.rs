//! From where somebody asks.

use std::convert::Infallible;

use axum::{extract::FromRequestParts, http::request::Parts};
use domain::Origin;
use identity::Device;

/// As the audit log keeps it, and as the server around the pages found it out; an extractor.
#[derive(Debug, Clone)]
pub struct Whence(pub Origin);

impl<S: Send + Sync> FromRequestParts<S> for Whence {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<Origin>().cloned().unwrap_or_default()))
    }
}

/// The same as sessions keep it; an extractor.
#[derive(Debug, Clone)]
pub struct Browser(pub Device);

impl<S: Send + Sync> FromRequestParts<S> for Browser {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let Whence(origin) = Whence::from_request_parts(parts, state).await?;
        Ok(Self(Device::from(&origin)))
    }
}

//! Who asks: a program, by the key in its headers, or a person, from the dashboard.

use std::sync::Arc;

use domain::Endpoint;
use http::HeaderMap;
use store::system::{KeyState, Player};

use crate::{
    authenticate,
    error::{Error, Lacking},
    gateway::Gateway,
};

/// Whom a request is from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Asker {
    Program,
    /// The dashboard knows the person by a session; the headers say nothing.
    Person(Player),
}

impl Asker {
    /// What may be asked at this instant, for which project; refuses who may not.
    pub(crate) async fn key(
        self,
        gateway: &Gateway,
        endpoint: Endpoint,
        head: &HeaderMap,
    ) -> Result<Arc<KeyState>, Error> {
        let Self::Person(player) = self else {
            return authenticate::caller(gateway, endpoint, head).await;
        };
        // As for keys: who plays must not take all connections to the database.
        let permit = gateway.key_questions().acquire().await;
        let found = gateway.store().system().player(player).await;
        drop(permit);
        let found = found.map_err(|error| {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a person could not be looked up"
            );
            Error::LedgerUnavailable
        })?;
        let key = found.ok_or(Error::Lacks(Lacking::Owner))?;
        authenticate::unhindered(gateway, &key)?;
        Ok(Arc::new(key))
    }
}

//! Where a person is logged in.

use store::{
    Store, StoreError,
    system::{Account, OwnSession},
};
use tower_sessions::Session;
use uuid::Uuid;

use crate::session_store::hash;

/// All sessions of the account, this one first.
pub async fn sessions(
    store: &Store,
    session: &Session,
    account: &Account,
) -> Result<Vec<OwnSession>, StoreError> {
    let this = session.id().map(hash);
    store.system().sessions_of(account.id, this.as_ref()).await
}

/// Ends one of them, here and now; false if it is not the account's, or over.
pub async fn end_session(store: &Store, account: &Account, id: Uuid) -> Result<bool, StoreError> {
    store.system().end_session(account.id, id).await
}

/// Ends all but this one.
pub async fn end_other_sessions(
    store: &Store,
    session: &Session,
    account: &Account,
) -> Result<(), StoreError> {
    match session.id().map(hash) {
        Some(this) => store.system().end_other_sessions(account.id, &this).await,
        None => Ok(()),
    }
}

//! The end of an account.

use domain::Origin;
use store::{Store, StoreError, system::Deletion};

use crate::Proof;

/// Deletes the account of who proved to be its owner, unless an organization would be left without
/// one. What stays: its keys and what it made, under the name “Deleted account”.
pub async fn delete_account(
    store: &Store,
    proof: &Proof,
    origin: &Origin,
) -> Result<Deletion, StoreError> {
    store.system().delete_account(proof.user(), origin).await
}

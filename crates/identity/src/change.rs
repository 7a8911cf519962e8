//! A new password for somebody who is logged in.

use store::{Store, system::Account};
use tower_sessions::Session;

use crate::{
    Device, NewPassword, Password, ProveError, Secrets, hashing, session::enter, step_up::check,
};

/// Changes the password of who is logged in and knows the current one. Ends all sessions of the
/// account; this browser gets a new one. A guess counts like a failed log-in.
pub async fn change_password(
    store: &Store,
    secrets: &Secrets,
    session: &Session,
    account: &Account,
    change: (&Password, &NewPassword),
    device: &Device,
) -> Result<(), ProveError> {
    let (current, new) = change;
    let known = check(store, secrets, account, current, device).await?;
    let hash = hashing::hash(new).await?;
    let changed = store.system().change_password(&known, &hash, false).await?;
    let epoch = changed.ok_or(ProveError::Wrong)?;
    Ok(enter(store, session, (account.id, epoch), device).await?)
}

//! A new password for somebody who is logged in.

use std::{net::IpAddr, time::Duration};

use store::{Store, StoreError, system::Account};
use tower_sessions::{Session, session};

use crate::{
    NewPassword, Password, Secrets,
    hashing::{self, Busy, Verdict},
    session::enter,
    throttle::{Attempt, seconds},
};

/// Why a password is not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// Not the current password.
    #[error("this is not your current password")]
    Wrong,
    /// Too many failures.
    #[error("too many attempts: please wait {}", seconds(*.0))]
    Wait(Duration),
    /// Too many at once.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database, while making the session.
    #[error("the session could not be made")]
    Session(#[from] session::Error),
}

/// Changes the password of who is logged in and knows the current one. Ends all sessions of the
/// account; this browser gets a new one. A guess counts like a failed log-in.
pub async fn change_password(
    store: &Store,
    secrets: &Secrets,
    session: &Session,
    account: &Account,
    change: (&Password, &NewPassword),
    address: IpAddr,
) -> Result<(), ChangeError> {
    let (current, new) = change;
    let attempt = Attempt::new(secrets, &account.email, address);
    if let Some(wait) = attempt.begin(store).await? {
        return Err(ChangeError::Wait(wait));
    }
    let known = store.system().credentials_of(account.id).await?.ok_or(ChangeError::Wrong)?;
    if matches!(hashing::verify(current, Some(&known.hash)).await?, Verdict::Wrong) {
        return Err(ChangeError::Wrong);
    }
    attempt.succeed(store).await?;
    let hash = hashing::hash(new).await?;
    if !store.system().change_password(&known, &hash).await? {
        return Err(ChangeError::Wrong);
    }
    enter(session, account.id).await?;
    Ok(())
}

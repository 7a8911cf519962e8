//! Logging in.

use std::time::Duration;

use domain::{Email, UserId};
use store::{Store, StoreError, system::PasswordHash};
use tower_sessions::{Session, session};

use crate::{
    Device, Password, Secrets,
    hashing::{self, Busy, Verdict},
    session::enter,
    throttle::{Attempt, seconds},
};

/// Why somebody is not logged in.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// No such account, or another password: nobody learns which.
    #[error("the e-mail address or the password is not right")]
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

/// Logs in from a device, under a new session id. The same work is done whether or not
/// there is such an account.
pub async fn log_in(
    store: &Store,
    secrets: &Secrets,
    session: &Session,
    email: &Email,
    password: &Password,
    device: &Device,
) -> Result<UserId, LogInError> {
    let attempt = Attempt::new(secrets, email, device.address);
    if let Some(wait) = attempt.begin(store).await? {
        return Err(LogInError::Wait(wait));
    }
    let credentials = store.system().credentials(email).await?;
    let hash: Option<&PasswordHash> = credentials.as_ref().map(|known| &known.hash);
    let verdict = hashing::verify(password, hash).await?;
    let Some(known) = credentials else {
        return Err(LogInError::Wrong);
    };
    match verdict {
        Verdict::Wrong => return Err(LogInError::Wrong),
        // As if there were no account: see the table's column.
        Verdict::Right | Verdict::Outdated(_) if known.held => return Err(LogInError::Wrong),
        Verdict::Right => {}
        Verdict::Outdated(new) => store.system().rehash(&known, &new).await?,
    }
    attempt.succeed(store).await?;
    enter(store, session, known.user, device).await?;
    Ok(known.user)
}

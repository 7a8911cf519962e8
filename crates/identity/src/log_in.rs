//! Logging in.

use std::time::Duration;

use domain::{Email, UserId};
use secrecy::{ExposeSecret as _, SecretString};
use store::{
    Store, StoreError,
    system::{Credentials, PasswordHash},
};
use tower_sessions::{Session, session};

use crate::{
    CodeError, Device, Password, Secrets,
    code::check_code,
    hashing::{self, Busy, Verdict},
    session::{enter, half_enter, half_entered},
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

/// What came of a right password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoggedIn {
    /// The person is in.
    In(UserId),
    /// A code is asked next ([`log_in_with_code`]); until then the session is nobody's.
    CodeNext,
}

/// Why a code logs nobody in.
#[derive(Debug, thiserror::Error)]
pub enum SecondStepError {
    /// No password before it, or too long ago.
    #[error("please begin again with your password")]
    Over,
    /// Not the right one.
    #[error(transparent)]
    Code(#[from] CodeError),
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
) -> Result<LoggedIn, LogInError> {
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
    Ok(admit(store, session, &known, device).await?)
}

/// Lets somebody in whose password was right, or asks for the code of the second factor.
pub(crate) async fn admit(
    store: &Store,
    session: &Session,
    known: &Credentials,
    device: &Device,
) -> Result<LoggedIn, session::Error> {
    let proved = (known.user, known.epoch);
    if known.factor {
        half_enter(store, session, proved).await?;
        return Ok(LoggedIn::CodeNext);
    }
    enter(store, session, proved, device).await?;
    Ok(LoggedIn::In(known.user))
}

/// Whether this session waits for a code: [`log_in`] was right less than five minutes ago.
pub async fn awaits_code(store: &Store, session: &Session) -> Result<bool, session::Error> {
    Ok(half_entered(store, session).await?.is_some())
}

/// The second step: a code of the app, or a recovery code, within five minutes of the password.
pub async fn log_in_with_code(
    store: &Store,
    secrets: &Secrets,
    session: &Session,
    code: &SecretString,
    device: &Device,
) -> Result<UserId, SecondStepError> {
    let (user, epoch) = half_entered(store, session).await?.ok_or(SecondStepError::Over)?;
    check_code(store, secrets, user, code.expose_secret()).await?;
    enter(store, session, (user, epoch), device).await?;
    Ok(user)
}

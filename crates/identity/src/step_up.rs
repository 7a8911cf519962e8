//! Proving anew who one is, before what is dangerous: a browser that was left open, or a cookie that
//! was stolen, must not be enough to take an organization away.

use std::time::Duration;

use domain::UserId;
use secrecy::{ExposeSecret as _, SecretString};
use store::{
    Store, StoreError,
    system::{Account, Credentials},
};
use tower_sessions::{Session, session};

use crate::{
    CodeError, Device, Password, Secrets,
    code::check_code,
    hashing::{self, Busy, Verdict},
    session::{backend, renew, user},
    session_store::PROVED,
    throttle::{Attempt, seconds},
};

/// How long a proof counts, in seconds.
const FRESH: i64 = 600;

/// Who sits at the session gave the password, and the second factor's code if there is one, within the
/// last ten minutes, to sign in or when asked again. Only this crate makes one; what is dangerous takes one.
#[derive(Debug)]
pub struct Proof(UserId);

impl Proof {
    /// Who it is.
    pub const fn user(&self) -> UserId {
        self.0
    }
}

/// Why somebody has not proved who it is.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// Not the current password.
    #[error("this is not your current password")]
    Wrong,
    /// Too many failures.
    #[error("too many attempts: please wait {}", seconds(*.0))]
    Wait(Duration),
    /// The password is right, the second factor's code is not.
    #[error(transparent)]
    Code(#[from] CodeError),
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

/// The proof that this session holds, unless it is older than ten minutes.
pub async fn proof(store: &Store, session: &Session) -> Result<Option<Proof>, session::Error> {
    let (Some(user), Some(proved)) = (user(session).await?, session.get::<i64>(PROVED).await?)
    else {
        return Ok(None);
    };
    let now = store.system().now().await.map_err(backend)?.timestamp();
    Ok((now - proved < FRESH).then_some(Proof(user)))
}

/// Proves who sits at the session of `account`, under a new session id. A guess counts like a failed
/// log-in.
pub async fn prove(
    store: &Store,
    secrets: &Secrets,
    session: &Session,
    account: &Account,
    (password, code): (&Password, &SecretString),
    device: &Device,
) -> Result<(), ProveError> {
    let known = check(store, secrets, account, password, device).await?;
    if known.factor {
        check_code(store, secrets, account.id, code.expose_secret()).await?;
    }
    renew(store, session).await?;
    Ok(())
}

/// Compares the password of who is logged in; answers what it was compared with.
pub(crate) async fn check(
    store: &Store,
    secrets: &Secrets,
    account: &Account,
    password: &Password,
    device: &Device,
) -> Result<Credentials, ProveError> {
    let attempt = Attempt::new(secrets, &account.email, device.address);
    if let Some(wait) = attempt.begin(store).await? {
        return Err(ProveError::Wait(wait));
    }
    let known = store.system().credentials_of(account.id).await?.ok_or(ProveError::Wrong)?;
    if matches!(hashing::verify(password, Some(&known.hash)).await?, Verdict::Wrong) {
        return Err(ProveError::Wrong);
    }
    attempt.succeed(store).await?;
    Ok(known)
}

//! Links that let somebody who forgot the password set a new one.

use domain::{Email, UserId};
use secrecy::SecretString;
use store::{Store, StoreError, system::Credentials};

use crate::{
    AskError, Device, NewPassword, Password, PasswordError, Secrets,
    hashing::{self, Busy},
    link::TimedToken,
    throttle::{Errand, Posting},
};

/// Seconds for which a link works.
pub(crate) const LIFETIME: i64 = 3_600;

/// How the link came to who opens it. What was mailed proves the address, what the operator handed
/// over does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Handed,
    Mailed,
}

impl Way {
    const fn purpose(self) -> &'static str {
        match self {
            Self::Handed => "reset",
            Self::Mailed => "reset by mail",
        }
    }
}

/// Why a password is not reset.
#[derive(Debug, thiserror::Error)]
pub enum ResetError {
    /// Used, too old, or never made.
    #[error("this link is not valid any more: please ask for a new one")]
    Invalid,
    /// The new password is not taken.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// Too many at once.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Mails a reset link to this address, if it has an account; nobody learns here whether it has.
pub async fn ask_reset(
    store: &Store,
    secrets: &Secrets,
    email: &Email,
    device: &Device,
) -> Result<(), AskError> {
    Posting::new(secrets, Errand::Reset, email, device.address).begin(store).await?;
    Ok(store.system().mail_reset(email).await?)
}

/// The token for `/reset/{token}` of the account with this address, if there is one, for the
/// operator to hand over. It works once and for an hour: it is bound to the password that it
/// replaces.
pub async fn reset_link(
    store: &Store,
    secrets: &Secrets,
    email: &Email,
) -> Result<Option<SecretString>, StoreError> {
    reset_token(store, secrets, email, Way::Handed).await
}

pub(crate) async fn reset_token(
    store: &Store,
    secrets: &Secrets,
    email: &Email,
    way: Way,
) -> Result<Option<SecretString>, StoreError> {
    let credentials = store.system().credentials(email).await?;
    Ok(credentials.map(|known| {
        let expires = known.read_at.timestamp() + LIFETIME;
        TimedToken::make(secrets, way.purpose(), (known.user, expires), &bound(&known))
    }))
}

/// Sets a new password and ends all sessions of the account. Logs nobody in: a second factor still
/// stands before that.
pub async fn reset_password(
    store: &Store,
    secrets: &Secrets,
    token: &SecretString,
    password: Password,
) -> Result<UserId, ResetError> {
    let (known, way) = redeem(store, secrets, token).await?.ok_or(ResetError::Invalid)?;
    let account = store.system().account(known.user).await?.ok_or(ResetError::Invalid)?;
    let password = NewPassword::choose(password, &account.email, account.name.as_str())?;
    let hash = hashing::hash(&password).await?;
    // Of two who use the link at once one changes the password that it was bound to.
    let changed = store.system().change_password(&known, &hash, way == Way::Mailed).await?;
    changed.map(|_| known.user).ok_or(ResetError::Invalid)
}

/// The account that the token opens, if it still does.
async fn redeem(
    store: &Store,
    secrets: &Secrets,
    token: &SecretString,
) -> Result<Option<(Credentials, Way)>, StoreError> {
    let Some(token) = TimedToken::read(token) else {
        return Ok(None);
    };
    let known = store.system().credentials_of(token.user).await?;
    Ok(known.filter(|known| known.read_at.timestamp() < token.expires).and_then(|known| {
        let bound = bound(&known);
        let came = |way: &Way| token.is_for(secrets, way.purpose(), &bound);
        let way = [Way::Handed, Way::Mailed].into_iter().find(came)?;
        Some((known, way))
    }))
}

/// What a link is bound to: it is void when the password or the address is another.
fn bound(known: &Credentials) -> Vec<u8> {
    [known.hash.phc().as_bytes(), b"\0", known.email.as_str().as_bytes()].concat()
}

//! Links that let somebody who forgot the password set a new one.

use domain::{Email, UserId};
use hmac::Mac as _;
use secrecy::{ExposeSecret as _, SecretString};
use store::{
    Store, StoreError,
    system::{Credentials, PasswordHash},
};
use uuid::Uuid;

use crate::{
    NewPassword, Password, PasswordError, Purpose, Secrets,
    hashing::{self, Busy},
    link::{hex, is_mac, mac, unhex},
};

/// Seconds for which a link works.
const LIFETIME: i64 = 3_600;

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

/// The token for `/reset/{token}` of the account with this address, if there is one. It works once
/// and for an hour: it is bound to the password that it replaces.
pub async fn reset_link(
    store: &Store,
    secrets: &Secrets,
    email: &Email,
) -> Result<Option<SecretString>, StoreError> {
    let credentials = store.system().credentials(email).await?;
    Ok(credentials.map(|known| {
        let expires = known.read_at.timestamp() + LIFETIME;
        token(secrets, known.user, expires, &known.hash)
    }))
}

/// Sets a new password and ends all sessions of the account.
pub async fn reset_password(
    store: &Store,
    secrets: &Secrets,
    token: &SecretString,
    password: Password,
) -> Result<UserId, ResetError> {
    let known = redeem(store, secrets, token).await?.ok_or(ResetError::Invalid)?;
    let account = store.system().account(known.user).await?.ok_or(ResetError::Invalid)?;
    let password = NewPassword::choose(password, &account.email, account.name.as_str())?;
    let hash = hashing::hash(&password).await?;
    // Of two who use the link at once one changes the password that it was bound to.
    if store.system().change_password(&known, &hash).await? {
        Ok(known.user)
    } else {
        Err(ResetError::Invalid)
    }
}

/// The account that the token opens, if it still does.
async fn redeem(
    store: &Store,
    secrets: &Secrets,
    token: &SecretString,
) -> Result<Option<Credentials>, StoreError> {
    let Some((user, expires, claimed)) = read(token) else {
        return Ok(None);
    };
    let known = store.system().credentials_of(user).await?;
    Ok(known.filter(|known| {
        known.read_at.timestamp() < expires
            && is_mac(secrets, "reset", &[&bound(user, expires, &known.hash)], &claimed)
    }))
}

fn token(secrets: &Secrets, user: UserId, expires: i64, hash: &PasswordHash) -> SecretString {
    let key = secrets.derive(Purpose::Link);
    let mac = mac(&key, "reset", &[&bound(user, expires, hash)]);
    let bytes =
        [user.uuid().as_bytes().as_slice(), &expires.to_be_bytes(), &mac.finalize().into_bytes()]
            .concat();
    hex(&bytes).into()
}

fn read(token: &SecretString) -> Option<(UserId, i64, Vec<u8>)> {
    let bytes = unhex(token.expose_secret())?;
    let (user, rest) = bytes.split_first_chunk::<16>()?;
    let (expires, claimed) = rest.split_first_chunk::<8>()?;
    Some((
        UserId::from_uuid(Uuid::from_bytes(*user)),
        i64::from_be_bytes(*expires),
        claimed.to_vec(),
    ))
}

/// What the token vouches for.
fn bound(user: UserId, expires: i64, hash: &PasswordHash) -> Vec<u8> {
    [user.uuid().as_bytes().as_slice(), &expires.to_be_bytes(), hash.phc().as_bytes()].concat()
}

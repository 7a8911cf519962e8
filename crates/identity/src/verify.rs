//! Verifying an address: only who reads its mail *and* knows the account's password can. So somebody
//! who made an account with another person's address gets nothing from that person's click.

use domain::UserId;
use secrecy::SecretString;
use store::{
    Store, StoreError,
    system::{Account, Mail},
};
use tower_sessions::{Session, session};

use crate::{
    AskError, Device, LoggedIn, Password, ProveError, Secrets,
    link::TimedToken,
    log_in::admit,
    session::user,
    step_up::check,
    throttle::{Errand, Posting},
};

const PURPOSE: &str = "verify";
/// Seconds for which a link works.
const LIFETIME: i64 = 24 * 3_600;

/// Why an address is not verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Used, too old, or never made.
    #[error("this link is not valid any more: please ask for a new one")]
    Invalid,
    /// Nobody knows that it is the account's owner who opened it.
    #[error(transparent)]
    Unproven(#[from] ProveError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database, while making the session.
    #[error("the session could not be made")]
    Session(#[from] session::Error),
}

/// Mails the link once more.
pub async fn ask_verification(
    store: &Store,
    secrets: &Secrets,
    account: &Account,
    device: &Device,
) -> Result<(), AskError> {
    Posting::new(secrets, Errand::Verification, &account.email, device.address)
        .begin(store)
        .await?;
    Ok(store.system().mail_verification(account.id).await?)
}

/// The token for `/verify/{token}` that this mail is about; none if its address is verified, or not
/// the account's.
pub(crate) async fn verify_token(
    store: &Store,
    secrets: &Secrets,
    mail: &Mail,
    user: UserId,
) -> Result<Option<SecretString>, StoreError> {
    let account = store.system().account(user).await?;
    let waits = account.filter(|account| !account.verified && account.email == mail.recipient);
    Ok(waits.map(|account| {
        let expires = mail.claimed_at.timestamp() + LIFETIME;
        TimedToken::make(secrets, PURPOSE, (user, expires), account.email.as_str().as_bytes())
    }))
}

/// Whose address the token is about, if it is to be believed.
pub fn verification_of(token: &SecretString) -> Option<UserId> {
    TimedToken::read(token).map(|token| token.user)
}

/// Verifies the address that the token was mailed to, once. Who is not logged in to that account
/// gives its password, and is (with a second factor, after its code).
pub async fn verify_email(
    store: &Store,
    secrets: &Secrets,
    session: &Session,
    token: &SecretString,
    password: &Password,
    device: &Device,
) -> Result<LoggedIn, VerifyError> {
    let token = TimedToken::read(token).ok_or(VerifyError::Invalid)?;
    let account = store.system().account(token.user).await?.ok_or(VerifyError::Invalid)?;
    let works = !account.verified
        && store.system().now().await?.timestamp() < token.expires
        && token.is_for(secrets, PURPOSE, account.email.as_str().as_bytes());
    if !works {
        return Err(VerifyError::Invalid);
    }
    let logged_in = user(session).await? == Some(account.id);
    let known = if logged_in {
        store.system().credentials_of(account.id).await?.ok_or(VerifyError::Invalid)?
    } else {
        check(store, secrets, &account, password, device).await?
    };
    if known.email != account.email || !store.system().verify_email(&known).await? {
        return Err(VerifyError::Invalid);
    }
    if logged_in {
        return Ok(LoggedIn::In(account.id));
    }
    Ok(admit(store, session, &known, device).await?)
}

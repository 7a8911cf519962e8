//! Another address for an account.

use domain::{Email, UserId};
use secrecy::{ExposeSecret as _, SecretString};
use store::{Conflict, Store, StoreError};
use tower_sessions::Session;
use uuid::Uuid;

use crate::{
    AskError, Device, Proof, Secrets,
    link::{is_link_token, link_token},
    session_store::hash,
    throttle::{Errand, Posting},
};

const PURPOSE: &str = "email change";

/// Mails a link to the address that the account shall have, and tells the present one. Whoever asks
/// does not learn whether the address has an account.
pub async fn ask_email_change(
    store: &Store,
    secrets: &Secrets,
    proof: &Proof,
    email: &Email,
    device: &Device,
) -> Result<(), AskError> {
    Posting::new(secrets, Errand::EmailChange, email, device.address).begin(store).await?;
    Ok(store.system().begin_email_change(proof.user(), email).await?)
}

/// Changes the address at once, where no mail is sent that could prove it; [`Conflict::Email`] if
/// it is taken. Ends the account's other sessions.
pub async fn change_email(
    store: &Store,
    session: &Session,
    proof: &Proof,
    email: &Email,
) -> Result<(), StoreError> {
    let kept = session.id().map(hash);
    store.system().change_email(proof.user(), email, kept.as_ref()).await
}

/// The token for `/email/{token}`; none if the change is over.
pub(crate) async fn email_token(
    store: &Store,
    secrets: &Secrets,
    change: Uuid,
) -> Result<Option<SecretString>, StoreError> {
    let waits = store.system().is_email_change(change).await?;
    Ok(waits.then(|| {
        let token = link_token(secrets, PURPOSE, change, 1);
        format!("{}{}", change.simple(), token.expose_secret()).into()
    }))
}

/// Makes the change that the token was mailed for, once, and ends the account's sessions on other
/// devices; false if it is over, or another account's: whoever reads the mails of a mistyped address
/// must not take the account, nor give an address to somebody else's.
pub async fn finish_email_change(
    store: &Store,
    secrets: &Secrets,
    session: &Session,
    user: UserId,
    token: &SecretString,
) -> Result<bool, StoreError> {
    let Some((change, token)) = token.expose_secret().split_at_checked(32) else {
        return Ok(false);
    };
    let Ok(change) = Uuid::try_parse(change) else { return Ok(false) };
    if !is_link_token(secrets, PURPOSE, change, 1, &token.into()) {
        return Ok(false);
    }
    let kept = session.id().map(hash);
    match store.system().finish_email_change(change, user, kept.as_ref()).await {
        Ok(done) => Ok(done),
        Err(StoreError::Conflict(Conflict::Email)) => Ok(false),
        Err(error) => Err(error),
    }
}

//! Setting up a second factor, and ending it. All of it takes a [`Proof`].

use secrecy::{ExposeSecret as _, SecretString};
use store::{Store, StoreError, system::Account};
use totp_rs::Secret;
use tower_sessions::Session;

use crate::{
    CodeError, NoRandomness, Proof, Purpose, Secrets,
    code::{draw_codes, open_secret, plain, step, totp},
    seal::seal,
    session_store::hash,
    throttle::Guess,
};

/// What a person's app must be told.
#[derive(Debug)]
pub struct Enrolment {
    /// To be typed: base 32.
    pub secret: SecretString,
    /// To be scanned: an `otpauth://` address.
    pub url: SecretString,
}

/// Why a second factor is not set up.
#[derive(Debug, thiserror::Error)]
pub enum FactorError {
    /// There is one, or none is being set up.
    #[error("the second factor was set up or ended meanwhile: please reload the page")]
    Over,
    /// Not a code of the app.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// The system has no random numbers.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Begins to set one up, with a new secret.
pub async fn begin_second_factor(
    store: &Store,
    secrets: &Secrets,
    proof: &Proof,
) -> Result<(), FactorError> {
    let user = proof.user();
    let secret = Secret::generate();
    let about = user.uuid();
    let sealed = seal(secrets, Purpose::SecondFactor, about.as_bytes(), secret.as_bytes())?;
    if store.system().begin_second_factor(user, &sealed).await? {
        Ok(())
    } else {
        Err(FactorError::Over)
    }
}

/// What the app must be told while it is being set up; none before and after.
pub async fn enrolment(
    store: &Store,
    secrets: &Secrets,
    proof: &Proof,
    account: &Account,
) -> Result<Option<Enrolment>, FactorError> {
    let factor = store.system().second_factor(proof.user()).await?;
    let Some(factor) = factor.filter(|factor| !factor.confirmed) else { return Ok(None) };
    let totp = open_secret(secrets, proof.user(), &factor.sealed)
        .and_then(|secret| totp(&secret, account.email.as_str()))
        .ok_or(StoreError::Damaged("a second factor can’t be opened"))?;
    let url = totp.to_url().map_err(|_| StoreError::Damaged("a second factor has no address"))?;
    Ok(Some(Enrolment { secret: totp.secret().to_base32().into(), url: url.into() }))
}

/// Switches it on, once the person has shown a code of the app, and ends the account's sessions on
/// other devices: they are in with the password alone. The recovery codes that it answers are known
/// to nobody else, and are never told again.
pub async fn confirm_second_factor(
    store: &Store,
    secrets: &Secrets,
    session: &Session,
    proof: &Proof,
    code: &SecretString,
) -> Result<Vec<SecretString>, FactorError> {
    let user = proof.user();
    let guess = Guess::new(secrets, user);
    if let Some(wait) = guess.begin(store).await? {
        return Err(CodeError::Wait(wait).into());
    }
    let factor = store.system().second_factor(user).await?;
    let factor = factor.filter(|factor| !factor.confirmed).ok_or(FactorError::Over)?;
    let step = step(secrets, user, &factor, &plain(code.expose_secret()));
    let step = step.ok_or(CodeError::Wrong)?;
    let (codes, stored) = draw_codes(secrets, user)?;
    let (kept, system) = (session.id().map(hash), store.system());
    let (sealed, kept) = (&factor.sealed, kept.as_ref());
    if !system.confirm_second_factor(user, sealed, step, &stored, kept).await? {
        return Err(FactorError::Over);
    }
    guess.succeed(store).await?;
    Ok(codes)
}

/// New recovery codes; those before are void, and the account's owner is told.
pub async fn renew_recovery_codes(
    store: &Store,
    secrets: &Secrets,
    proof: &Proof,
) -> Result<Vec<SecretString>, FactorError> {
    let (codes, stored) = draw_codes(secrets, proof.user())?;
    if store.system().replace_recovery_codes(proof.user(), &stored).await? {
        Ok(codes)
    } else {
        Err(FactorError::Over)
    }
}

/// Ends it: log-in asks for the password alone.
pub async fn remove_second_factor(store: &Store, proof: &Proof) -> Result<(), StoreError> {
    store.system().remove_second_factor(proof.user()).await
}

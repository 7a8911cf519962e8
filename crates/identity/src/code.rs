//! The codes of a second factor: six digits for thirty seconds from an app, or a recovery code.

use std::time::Duration;

use domain::UserId;
use hmac::Mac as _;
use rand::TryRng as _;
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use store::{
    Store, StoreError,
    system::{RecoveryHash, SecondFactor},
};
use totp_rs::{Builder, Secret, Totp};

use crate::{
    NoRandomness, Purpose, Secrets,
    seal::open,
    secrets::keyed,
    throttle::{Guess, seconds},
};

/// Seconds for which an app shows a code.
const STEP: u64 = 30;
/// How many recovery codes there are at first.
const CODES: usize = 10;
/// Characters of a recovery code: 80 bits.
const LENGTH: usize = 16;
/// No letter that looks like a digit.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Why a code is not taken.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// Another one, or used already.
    #[error("this code is not right, or was used already: please wait for the next one")]
    Wrong,
    /// Too many failures.
    #[error("too many attempts: please wait {}", seconds(*.0))]
    Wait(Duration),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks a code, and uses it up: of any number at the same moment one succeeds. After five failures
/// a person waits for the app's next code, and ever longer.
pub(crate) async fn check_code(
    store: &Store,
    secrets: &Secrets,
    user: UserId,
    typed: &str,
) -> Result<(), CodeError> {
    let guess = Guess::new(secrets, user);
    if let Some(wait) = guess.begin(store).await? {
        return Err(CodeError::Wait(wait));
    }
    let typed = plain(typed);
    let right = if typed.chars().all(|c| c.is_ascii_digit()) && typed.len() == 6 {
        let factor = store.system().second_factor(user).await?.filter(|factor| factor.confirmed);
        match factor.and_then(|factor| step(secrets, user, &factor, &typed)) {
            Some(step) => store.system().use_step(user, step).await?,
            None => false,
        }
    } else {
        let hashes: Vec<_> = hashes(secrets, user, &typed).collect();
        typed.len() == LENGTH && store.system().use_recovery_code(user, &hashes).await?
    };
    if !right {
        return Err(CodeError::Wrong);
    }
    Ok(guess.succeed(store).await?)
}

/// The step whose code this is: of the present, the last or the next thirty seconds by the
/// database's clock.
pub(crate) fn step(
    secrets: &Secrets,
    user: UserId,
    factor: &SecondFactor,
    typed: &str,
) -> Option<i64> {
    let secret = open_secret(secrets, user, &factor.sealed)?;
    let now = u64::try_from(factor.read_at.timestamp()).ok()?;
    i64::try_from(totp(&secret, "account")?.check(typed, now)?).ok()
}

/// What the codes are made from.
pub(crate) fn open_secret(
    secrets: &Secrets,
    user: UserId,
    sealed: &[u8],
) -> Option<SecretSlice<u8>> {
    open(secrets, Purpose::SecondFactor, user.uuid().as_bytes(), sealed)
}

/// As every app understands it: SHA-1, six digits, thirty seconds.
pub(crate) fn totp(secret: &SecretSlice<u8>, account: &str) -> Option<Totp> {
    Builder::new()
        .with_secret(Secret::new(secret.expose_secret().into()))
        .with_step_duration(STEP)
        .with_skew(1)
        .with_issuer(Some("Exchequer"))
        .with_account_name(account.replace(':', " "))
        .build()
        .ok()
}

/// As it was typed, without what only helps to read it.
pub(crate) fn plain(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

/// New recovery codes, and what is stored of them.
pub(crate) fn draw_codes(
    secrets: &Secrets,
    user: UserId,
) -> Result<(Vec<SecretString>, Vec<RecoveryHash>), NoRandomness> {
    let mut codes = Vec::with_capacity(CODES);
    let mut stored = Vec::with_capacity(CODES);
    for _ in 0..CODES {
        let mut drawn = [0_u8; LENGTH];
        rand::rngs::SysRng.try_fill_bytes(&mut drawn).map_err(|_| NoRandomness)?;
        let code: String =
            drawn.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
        stored.extend(hashes(secrets, user, &code).next());
        let (left, right) = code.split_at(LENGTH / 2);
        codes.push(format!("{left}-{right}").into());
    }
    Ok((codes, stored))
}

/// Its hash under each of the secrets, the newest first.
fn hashes<'a>(
    secrets: &'a Secrets,
    user: UserId,
    code: &'a str,
) -> impl Iterator<Item = RecoveryHash> + use<'a> {
    secrets.derive_all(Purpose::RecoveryCode).map(move |key| {
        let mac = keyed(key.expose_secret()).chain_update(user.uuid().as_bytes());
        mac.chain_update(code.as_bytes()).finalize().into_bytes().into()
    })
}

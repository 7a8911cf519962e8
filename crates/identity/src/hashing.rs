//! Argon2id, off the runtime's threads and at most two at once.

use std::time::Duration;

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version,
    password_hash::phc,
};
use store::system::PasswordHash;
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

use crate::password::{NewPassword, Password};

/// Memory in KiB, passes, lanes: the least that OWASP and ASVS recommend.
const COSTS: (u32, u32, u32) = (19_456, 2, 1);

/// Each takes a processor for some 20 ms and 19 MiB: requests of programs must not starve.
static SLOTS: Semaphore = Semaphore::const_new(2);

/// The longest that a person waits for a slot.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is compared when there is no account: the same work, and nothing matches.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGlzIGhlcmUh$\
    Tm9ib2R5IGhhcyBhIHBhc3N3b3JkIGxpa2UgdGhhdCE";

/// The server has too many passwords to hash, or can't.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server is too busy: please try again in a moment")]
pub struct Busy;

/// What came of comparing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Another password.
    Wrong,
    /// The right one.
    Right,
    /// The right one, hashed with parameters of old: store this instead.
    Outdated(PasswordHash),
}

/// Hashes with a new salt.
pub(crate) async fn hash(password: &NewPassword) -> Result<PasswordHash, Busy> {
    let password = password.password().clone();
    in_slot(move || hash_now(&password)).await?
}

/// Compares with a stored hash; without one (no account, or one without a password) it takes as
/// long and is wrong.
pub(crate) async fn verify(
    password: &Password,
    hash: Option<&PasswordHash>,
) -> Result<Verdict, Busy> {
    let (password, hash) = (password.clone(), hash.cloned());
    in_slot(move || {
        let (compared, known) = compared(hash.as_ref())?;
        let right = Argon2::default().verify_password(password.bytes(), &compared).is_ok();
        if !(known && right) {
            return Ok(Verdict::Wrong);
        }
        match Params::try_from(&compared) {
            Ok(params) if (params.m_cost(), params.t_cost(), params.p_cost()) == COSTS => {
                Ok(Verdict::Right)
            }
            _ => hash_now(&password).map(Verdict::Outdated),
        }
    })
    .await?
}

/// What a password is compared with, and whether it can be right: the stored hash; where there is
/// none, or none of a password, nobody's, which takes the same work.
fn compared(hash: Option<&PasswordHash>) -> Result<(phc::PasswordHash, bool), Busy> {
    let stored = hash.and_then(|hash| phc::PasswordHash::new(hash.phc()).ok());
    match stored.filter(|stored| stored.hash.is_some()) {
        Some(stored) => Ok((stored, true)),
        None => Ok((phc::PasswordHash::new(NOBODY).map_err(|_| Busy)?, false)),
    }
}

fn hash_now(password: &Password) -> Result<PasswordHash, Busy> {
    let (memory, passes, lanes) = COSTS;
    let params = Params::new(memory, passes, lanes, None).map_err(|_| Busy)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash = argon2.hash_password(password.bytes()).map_err(|_| Busy)?;
    Ok(PasswordHash::new(hash.to_string()))
}

async fn in_slot<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
    let slot = timeout(PATIENCE, SLOTS.acquire()).await.map_err(|_| Busy)?.map_err(|_| Busy)?;
    // The slot goes along: who stops waiting does not free it before the work is done.
    spawn_blocking(move || {
        let done = work();
        drop(slot);
        done
    })
    .await
    .map_err(|_| Busy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(text: &str) -> NewPassword {
        NewPassword::choose(text.into(), &"ines@example.com".parse().unwrap(), "Ines").unwrap()
    }

    #[tokio::test]
    async fn recognizes_every_byte_and_nothing_else() {
        let long = "four odd walnuts ".repeat(59)[..1_000].to_owned();
        for (text, other) in [
            ("correct horse", "correct horsE"),
            ("nul\0inside walnuts", "nul\0inside walnutS"),
            ("🦊 ate 🐺 and 🐻", "🦊 ate 🐺 and 🦊"),
            (&long, &long[1..]),
        ] {
            let hash = hash(&new(text)).await.unwrap();
            assert!(hash.phc().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.phc());
            assert_eq!(verify(&text.into(), Some(&hash)).await.unwrap(), Verdict::Right);
            assert_eq!(verify(&other.into(), Some(&hash)).await.unwrap(), Verdict::Wrong);
        }
    }

    #[tokio::test]
    async fn hashes_anew_what_was_hashed_with_less() {
        let weak = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(8_192, 1, 1, None).unwrap(),
        );
        let old = PasswordHash::new(weak.hash_password(b"correct horse").unwrap().to_string());
        let Verdict::Outdated(new) = verify(&"correct horse".into(), Some(&old)).await.unwrap()
        else {
            panic!("not hashed anew");
        };
        assert_eq!(verify(&"correct horse".into(), Some(&new)).await.unwrap(), Verdict::Right);
        assert_eq!(verify(&"incorrect horse".into(), Some(&old)).await.unwrap(), Verdict::Wrong);
    }

    #[tokio::test]
    async fn does_the_same_work_without_an_account() {
        let known = hash(&new("correct horse")).await.unwrap();
        let unusable = PasswordHash::new("!".to_owned());
        for (hash, is_known) in [(Some(&known), true), (None, false), (Some(&unusable), false)] {
            let (compared, known) = compared(hash).unwrap();
            let params = Params::try_from(&compared).unwrap();
            assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), COSTS);
            assert_eq!(known, is_known);
            assert_eq!(verify(&"wrong".into(), hash).await.unwrap(), Verdict::Wrong);
        }
    }
}

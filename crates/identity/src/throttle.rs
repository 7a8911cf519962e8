//! How often somebody may try, counted in the database for all nodes together.
//!
//! A pair of account and address pauses ever longer after five failures; a lock on the account alone
//! would let anyone shut its owner out. When an account has had twenty failures from anywhere, each
//! address has one try before it pauses: the owner, who comes from another address, gets in.

use std::{net::IpAddr, time::Duration};

use domain::{Email, UserId};
use hmac::Mac as _;
use secrecy::ExposeSecret as _;
use store::{
    Store, StoreError,
    system::{Count, Subject},
};

use crate::secrets::{Purpose, Secrets, keyed};

const DAY: Duration = Duration::from_hours(24);
const QUARTER: Duration = Duration::from_mins(15);

/// Failures of a pair that cost nothing.
const FREE: u32 = 5;
/// Failures of an account after which every pair starts as if it had failed often.
const ATTACKED: u32 = 20;
const HEAD_START: u32 = 9;
/// Mails of one errand that anybody can make go to an address in an hour.
const MOST_MAILS: u32 = 3;
const HOUR: Duration = Duration::from_hours(1);
/// Failures of an address in a quarter of an hour.
const MOST_PER_ADDRESS: u32 = 50;

/// An attempt to log in, counted as failed until it succeeds.
pub(crate) struct Attempt {
    pair: Subject,
    account: Subject,
    address: Subject,
}

impl Attempt {
    pub(crate) fn new(secrets: &Secrets, email: &Email, address: IpAddr) -> Self {
        let (email, address) = (email.as_str().as_bytes(), network(address));
        Self {
            pair: subject(secrets, &[b"pair", email, &address]),
            account: subject(secrets, &[b"account", email]),
            address: subject(secrets, &[b"address", &address]),
        }
    }

    /// Counts it; the time to wait if it may not be made yet.
    pub(crate) async fn begin(&self, store: &Store) -> Result<Option<Duration>, StoreError> {
        let subjects = [(self.pair, DAY), (self.account, DAY), (self.address, QUARTER)];
        store
            .system()
            .attempt(subjects, |[pair, account, address]| {
                log_in_pause(pair, account).max(address_pause(address))
            })
            .await
    }

    /// It succeeded.
    pub(crate) async fn succeed(&self, store: &Store) -> Result<(), StoreError> {
        store.system().forgive(&[self.account, self.address], Some(&self.pair)).await
    }
}

/// A try at an account's second factor, counted as failed until it succeeds. Whoever tries knows the
/// password, so no address is told from another.
pub(crate) struct Guess {
    account: Subject,
}

impl Guess {
    pub(crate) fn new(secrets: &Secrets, user: UserId) -> Self {
        Self { account: subject(secrets, &[b"code", user.uuid().as_bytes()]) }
    }

    /// As [`Attempt::begin`].
    pub(crate) async fn begin(&self, store: &Store) -> Result<Option<Duration>, StoreError> {
        store.system().attempt([(self.account, DAY)], |[account]| code_pause(account)).await
    }

    /// As [`Attempt::succeed`].
    pub(crate) async fn succeed(&self, store: &Store) -> Result<(), StoreError> {
        store.system().forgive(&[], Some(&self.account)).await
    }
}

/// Something that an address may fail at fifty times in a quarter of an hour.
pub(crate) struct Visit {
    address: Subject,
}

impl Visit {
    pub(crate) fn new(secrets: &Secrets, address: IpAddr) -> Self {
        Self { address: subject(secrets, &[b"address", &network(address)]) }
    }

    /// As [`Attempt::begin`].
    pub(crate) async fn begin(&self, store: &Store) -> Result<Option<Duration>, StoreError> {
        store.system().attempt([(self.address, QUARTER)], |[address]| address_pause(address)).await
    }

    /// As [`Attempt::succeed`].
    pub(crate) async fn succeed(&self, store: &Store) -> Result<(), StoreError> {
        store.system().forgive(&[self.address], None).await
    }
}

/// Why a mail that somebody asked for is not sent.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Too many already.
    #[error("too many mails were asked for: please wait {}", seconds(*.0))]
    Wait(Duration),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why somebody makes a mail go to an address. Counted apart: whoever signs up with another's address
/// as often as allowed must not keep that person from a reset.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Errand {
    SignUp,
    Verification,
    Reset,
    EmailChange,
}

impl Errand {
    const fn name(self) -> &'static [u8] {
        match self {
            Self::SignUp => b"sign-up",
            Self::Verification => b"verification",
            Self::Reset => b"reset",
            Self::EmailChange => b"e-mail change",
        }
    }
}

/// A mail that somebody makes go to an address, which need not be their own: counted whether or not
/// the address has an account.
pub(crate) struct Posting {
    to: Subject,
    address: Subject,
}

impl Posting {
    pub(crate) fn new(secrets: &Secrets, errand: Errand, to: &Email, address: IpAddr) -> Self {
        Self {
            to: subject(secrets, &[b"mail", errand.name(), to.as_str().as_bytes()]),
            address: subject(secrets, &[b"address", &network(address)]),
        }
    }

    /// Counts it, or says how long to wait.
    pub(crate) async fn begin(&self, store: &Store) -> Result<(), AskError> {
        let subjects = [(self.to, HOUR), (self.address, QUARTER)];
        let wait = store.system().attempt(subjects, |[to, address]| {
            let full = (to.failures >= MOST_MAILS).then(|| HOUR.saturating_sub(to.age));
            full.max(address_pause(address))
        });
        wait.await?.map_or(Ok(()), |wait| Err(AskError::Wait(wait)))
    }
}

/// A time to wait in words, rounded up.
pub fn seconds(wait: Duration) -> String {
    match wait.as_millis().div_ceil(1_000) {
        ..=1 => "a second".to_owned(),
        seconds @ 2..=90 => format!("{seconds} seconds"),
        seconds => format!("{} minutes", seconds.div_ceil(60)),
    }
}

fn log_in_pause(pair: Count, account: Count) -> Option<Duration> {
    let attacked = account.failures >= ATTACKED && pair.failures > 0;
    let failures = pair.failures + if attacked { HEAD_START } else { 0 };
    let doublings = failures.checked_sub(FREE)?;
    let pause = Duration::from_secs(1_u64.checked_shl(doublings.min(20)).unwrap_or(u64::MAX));
    pause.min(QUARTER).checked_sub(pair.idle).filter(|rest| !rest.is_zero())
}

/// Five tries, then one for each code of the app, then ever fewer: a code has six digits.
fn code_pause(account: Count) -> Option<Duration> {
    let doublings = account.failures.checked_sub(FREE)?;
    let pause = Duration::from_secs(30 << doublings.min(5));
    pause.min(QUARTER).checked_sub(account.idle).filter(|rest| !rest.is_zero())
}

fn address_pause(address: Count) -> Option<Duration> {
    (address.failures >= MOST_PER_ADDRESS).then(|| QUARTER.saturating_sub(address.age))
}

/// A household or a server has a whole /64 of IPv6 addresses.
fn network(address: IpAddr) -> Vec<u8> {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets()[..8].to_vec(),
    }
}

fn subject(secrets: &Secrets, parts: &[&[u8]]) -> Subject {
    let mut mac = keyed(secrets.derive(Purpose::Throttle).expose_secret());
    for part in parts {
        // With its length: no two lists of parts read the same.
        mac.update(&part.len().to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(failures: u32) -> Count {
        Count { failures, ..Count::default() }
    }

    #[test]
    fn pauses_double_up_to_a_quarter_of_an_hour() {
        let pause =
            |failures| log_in_pause(failed(failures), failed(failures)).map(|d| d.as_secs());
        assert_eq!([0, 4, 5, 6, 9].map(pause), [None, None, Some(1), Some(2), Some(16)]);
        let lone = |failures| log_in_pause(failed(failures), failed(0)).map(|d| d.as_secs());
        assert_eq!(
            [14, 15, 100, u32::MAX - 9].map(lone),
            [Some(512), Some(900), Some(900), Some(900)]
        );
    }

    #[test]
    fn an_attacked_account_lets_each_address_try_once() {
        let attacked = failed(10_000);
        assert_eq!(log_in_pause(failed(0), attacked), None);
        assert_eq!(log_in_pause(failed(1), attacked), Some(Duration::from_secs(32)));
        let waited = Count { idle: Duration::from_secs(32), ..failed(1) };
        assert_eq!(log_in_pause(waited, attacked), None);
    }

    #[test]
    fn a_code_is_tried_five_times_and_then_once_for_each_code_of_the_app() {
        let pause = |failures| code_pause(failed(failures)).map(|pause| pause.as_secs());
        assert_eq!(
            [4, 5, 6, 9, 10, u32::MAX].map(pause),
            [None, Some(30), Some(60), Some(480), Some(900), Some(900)]
        );
    }

    #[test]
    fn an_address_waits_for_its_window() {
        assert_eq!(address_pause(failed(49)), None);
        let full = Count { age: Duration::from_mins(10), ..failed(50) };
        assert_eq!(address_pause(full), Some(Duration::from_mins(5)));
    }

    #[test]
    fn waits_read_well() {
        let read = |millis| seconds(Duration::from_millis(millis));
        assert_eq!(
            [1, 1_001, 89_001, 90_001].map(read),
            ["a second", "2 seconds", "90 seconds", "2 minutes"]
        );
    }

    #[test]
    fn an_ipv6_network_counts_as_one() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:2"));
        assert_ne!(of("2001:db8:0:1::1"), of("2001:db8::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}

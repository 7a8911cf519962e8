//! What the operator sees and does: organizations with what they spend, people, mails, the
//! installation. Never what is in an organization: its projects, keys, requests.

mod installation;
mod jobs;
mod mails;
mod organizations;
mod people;
mod prices;
mod retention;
mod tiers;

use domain::{Origin, UserId};

pub use self::{
    installation::{Node, Versions},
    jobs::{JobRow, LoopRow, Past},
    mails::{MailRow, MailState},
    organizations::OrganizationRow,
    people::PersonRow,
    prices::{BookStanding, BookVersion, NewVersion},
    retention::Kept,
    tiers::{EditTierError, TierOf},
};
use super::System;
use crate::{Store, StoreError};

/// Somebody who runs the installation. Made only here, from an account that says so: whoever holds
/// one may ask what its methods answer.
#[derive(Debug, Clone)]
pub struct Operator<'a> {
    store: &'a Store,
    user: UserId,
    origin: Origin,
}

/// Some rows of a list, and whether there are more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows<T> {
    /// In the list's order.
    pub rows: Vec<T>,
    /// There are more behind the last one.
    pub more: bool,
}

impl<T> Rows<T> {
    /// Of one row more than is shown.
    fn new(mut rows: Vec<T>, most: u16) -> Self {
        let more = rows.len() > usize::from(most);
        rows.truncate(usize::from(most));
        Self { rows, more }
    }
}

impl System<'_> {
    /// Whether the account is an operator's.
    pub(crate) async fn operates(self, user: UserId) -> Result<bool, StoreError> {
        let account = self.account(user).await?;
        Ok(account.is_some_and(|account| account.operator))
    }
}

impl Store {
    /// The operator, if the account is one; to everybody else there is no such area.
    pub async fn as_operator(
        &self,
        user: UserId,
        origin: Origin,
    ) -> Result<Operator<'_>, StoreError> {
        if self.system().operates(user).await? {
            Ok(Operator { store: self, user, origin })
        } else {
            Err(StoreError::NotFound)
        }
    }
}

impl<'a> Operator<'a> {
    const fn system(&self) -> System<'a> {
        self.store.system()
    }
}

/// What was typed into a search field, for `LIKE`: found anywhere, signs taken as they are.
fn pattern(search: &str) -> String {
    // The database takes no zero byte; what stands for it is in no name.
    let search = search.replace('\0', "\u{fffd}");
    let escaped = search.trim().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{}%", escaped.to_lowercase())
}

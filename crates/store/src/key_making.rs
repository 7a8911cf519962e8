//! Making API keys. The secret passes by here only as its hash.

use bigdecimal::BigDecimal;
use chrono::{DateTime, Utc};
use domain::{
    Action, Caller, Expiry, FormId, KeyId, Name, Period, Permissions, ProjectId, Scope,
    ServiceAccountId, Usd, UserId,
    audit::{Change, Kind},
};

use crate::{
    Conflict, Store, StoreError, budgets,
    key_rules::Rules,
    money::{numeric, usd},
    place::{may_edit_key, place},
    service_accounts,
    tx::{self, Tx},
};

/// What is stored of a new key's secret.
#[derive(Clone, Copy)]
pub struct NewKey<'a> {
    /// Finds its row.
    pub public_id: &'a str,
    /// HMAC-SHA256 of the whole key under the pepper.
    pub secret_hash: &'a [u8],
    /// For recognizing it.
    pub last_four: &'a str,
}

/// Whose a new key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewOwner {
    /// The caller's own.
    Caller,
    /// One of the project's service accounts'.
    ServiceAccount(ServiceAccountId),
    /// A service account's that is made with it.
    NewServiceAccount(Name),
}

/// What a key may do at most, before any budget is asked; none for no such limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Guards {
    /// The most that one request may reserve; above zero.
    pub max_request: Option<Usd>,
    /// Requests at once; at least one.
    pub max_running: Option<u32>,
}

/// A budget that a key is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyBudget {
    /// Per what.
    pub period: Period,
    /// How much.
    pub amount: Usd,
}

/// A key to be made.
#[derive(Clone)]
pub struct NewApiKey<'a> {
    /// The project that it sends requests for.
    pub project: ProjectId,
    /// Its label.
    pub name: Name,
    /// Whose it is.
    pub owner: NewOwner,
    /// What it may ask for.
    pub permissions: Permissions,
    /// When it expires.
    pub expiry: Expiry,
    /// Its usage is told apart by key.
    pub tracked: bool,
    /// What it may do at most.
    pub guards: Guards,
    /// Its own budget, for who may set budgets of the project.
    pub budget: Option<KeyBudget>,
    /// The form that asked for it: what was sent with it before makes no second key.
    pub form: Option<FormId>,
    /// An imported label that it stands in the place of.
    pub in_place_of: Option<KeyId>,
    /// Its secret.
    pub key: NewKey<'a>,
}

impl<'a> NewApiKey<'a> {
    /// The caller's own, tracked, that may everything and never expires.
    pub const fn new(project: ProjectId, name: Name, key: NewKey<'a>) -> Self {
        Self {
            project,
            name,
            owner: NewOwner::Caller,
            permissions: Permissions::All,
            expiry: Expiry::Never,
            tracked: true,
            guards: Guards { max_request: None, max_running: None },
            budget: None,
            form: None,
            in_place_of: None,
            key,
        }
    }
}

/// A key that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MadeKey {
    /// Its id.
    pub id: KeyId,
    /// The service account whose it is, if one's.
    pub service_account: Option<ServiceAccountId>,
    /// From when on it is refused.
    pub expires_at: Option<DateTime<Utc>>,
}

impl Store {
    /// Stores a new key for a project that is not archived, if the organization's rules allow it.
    /// A form that was sent before is [`Conflict::KeyMade`].
    pub async fn create_api_key(
        &self,
        caller: &Caller,
        new: &NewApiKey<'_>,
    ) -> Result<MadeKey, StoreError> {
        let mut tx = self.change(caller).await?;
        place(&mut tx, caller, new.project).await?.may(match new.owner {
            NewOwner::Caller => Action::EditOwnKeys,
            NewOwner::ServiceAccount(_) | NewOwner::NewServiceAccount(_) => {
                Action::EditServiceAccounts
            }
        })?;
        if new.budget.is_some() {
            place(&mut tx, caller, new.project).await?.may(Action::EditProjectLimits)?;
        }
        let rules = Rules::of(&mut tx, caller, new.project).await?;
        rules.running()?;
        if rules.service_keys_only && new.owner == NewOwner::Caller {
            return Err(StoreError::Conflict(Conflict::ServiceKeysOnly));
        }
        let expires_at = new.expiry.from_now(rules.now, rules.max_days)?;
        let service_account = account(&mut tx, caller, new).await?;
        let id = KeyId::generate();
        if let Some(label) = new.in_place_of {
            take_place(&mut tx, caller, label, (new.project, id)).await?;
        }
        let row = Row {
            id,
            project: new.project,
            name: new.name.as_str(),
            owner: match new.owner {
                NewOwner::Caller => caller.user(),
                _ => None,
            },
            service_account,
            permissions: &new.permissions,
            expires_at,
            tracked: new.tracked,
            guards: new.guards,
            form: new.form,
            replaces: new.in_place_of,
            key: new.key,
        };
        row.insert(&mut tx, caller).await?;
        match new.budget {
            None => tx.commit(row.entry()).await?,
            Some(budget) => {
                tx.also(row.entry());
                let (on, per) = (Scope::Key(id), budget.period);
                let counter = budgets::lock(&mut tx, caller.org, on, per).await?;
                let place = (on, per, counter);
                let (_, set) = budgets::save(&mut tx, caller, place, budget.amount, None).await?;
                tx.commit(set.in_project(new.project)).await?;
            }
        }
        Ok(MadeKey { id, service_account, expires_at })
    }
}

/// The service account that shall own the key.
async fn account(
    tx: &mut tx::Change,
    caller: &Caller,
    new: &NewApiKey<'_>,
) -> Result<Option<ServiceAccountId>, StoreError> {
    match &new.owner {
        NewOwner::Caller => Ok(None),
        NewOwner::ServiceAccount(id) => {
            service_accounts::lock(tx, caller, *id, new.project).await?;
            Ok(Some(*id))
        }
        NewOwner::NewServiceAccount(name) => {
            let (id, entry) = service_accounts::insert(tx, caller, new.project, name).await?;
            tx.also(entry);
            Ok(Some(id))
        }
    }
}

/// Retires an imported label, in whose place a key is made, with an entry of its own.
async fn take_place(
    tx: &mut tx::Change,
    caller: &Caller,
    label: KeyId,
    (project, heir): (ProjectId, KeyId),
) -> Result<(), StoreError> {
    if may_edit_key(tx, caller, label).await? != project {
        return Err(StoreError::NotFound);
    }
    let retired = sqlx::query_scalar!(
        "UPDATE api_keys SET revoked_at = exq_now()
         WHERE org_id = $1 AND id = $2 AND imported AND revoked_at IS NULL RETURNING name",
        caller.org.uuid(),
        label.uuid()
    )
    .fetch_optional(&mut ***tx)
    .await?;
    let Some(name) = retired else { return Err(StoreError::Conflict(Conflict::KeyReplaced)) };
    let gone = Change::new(Kind::KeyDeleted, label).in_project(project).gone("name", name);
    tx.also(gone.now("replaced_by", heir));
    Ok(())
}

/// A key's row, as it is made.
pub(crate) struct Row<'a> {
    pub(crate) id: KeyId,
    pub(crate) project: ProjectId,
    pub(crate) name: &'a str,
    pub(crate) owner: Option<UserId>,
    pub(crate) service_account: Option<ServiceAccountId>,
    pub(crate) permissions: &'a Permissions,
    pub(crate) expires_at: Option<DateTime<Utc>>,
    pub(crate) tracked: bool,
    pub(crate) guards: Guards,
    pub(crate) form: Option<FormId>,
    pub(crate) replaces: Option<KeyId>,
    pub(crate) key: NewKey<'a>,
}

impl Row<'_> {
    /// Goes on as the system: the key's place in the directory concerns all organizations.
    pub(crate) async fn insert(&self, tx: &mut Tx, caller: &Caller) -> Result<(), StoreError> {
        sqlx::query!(
            "INSERT INTO api_keys (org_id, id, project_id, name, public_id, secret_hash, last_four, created_by,
                owner_id, service_account_id, permissions, scopes, expires_at, tracked, form, replaces,
                max_request, max_running)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
            caller.org.uuid(),
            self.id.uuid(),
            self.project.uuid(),
            self.name,
            self.key.public_id,
            self.key.secret_hash,
            self.key.last_four,
            caller.user().map(UserId::uuid),
            self.owner.map(UserId::uuid),
            self.service_account.map(ServiceAccountId::uuid),
            self.permissions.kind(),
            &self.permissions.scopes(),
            self.expires_at,
            self.tracked,
            self.form.map(FormId::uuid),
            self.replaces.map(KeyId::uuid),
            self.guards.max_request.map(numeric),
            self.guards.max_running.map(|most| i32::try_from(most).unwrap_or(i32::MAX))
        )
        .execute(&mut **tx)
        .await?;
        tx::become_system(tx).await?;
        sqlx::query!(
            "INSERT INTO directory (public_id, org_id, key_id) VALUES ($1, $2, $3)",
            self.key.public_id,
            caller.org.uuid(),
            self.id.uuid()
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }

    /// What the audit log tells of it.
    pub(crate) fn entry(&self) -> Change {
        Change::new(Kind::KeyCreated, self.id)
            .in_project(self.project)
            .now("name", self.name)
            .now("last_four", self.key.last_four)
            .maybe("owner", None::<UserId>, self.owner)
            .maybe("service_account", None::<ServiceAccountId>, self.service_account)
            .now("permissions", self.permissions)
            .maybe("expires", None::<String>, self.expires_at.map(|at| at.to_rfc3339()))
            .now("tracked", self.tracked)
            .maybe("max_request_usd", None::<Usd>, self.guards.max_request)
            .maybe("max_running", None::<u32>, self.guards.max_running)
            .maybe("replaces", None::<KeyId>, self.replaces)
    }
}

/// Guards as columns have them.
pub(crate) fn guards(
    max_request: Option<&BigDecimal>,
    max_running: Option<i32>,
) -> Result<Guards, StoreError> {
    Ok(Guards {
        max_request: max_request.map(usd).transpose()?,
        max_running: max_running.and_then(|most| u32::try_from(most).ok()),
    })
}

//! Charges that an owner may correct: of requests that were booked at their bound, or estimated.

use chrono::{DateTime, Utc};
use domain::{
    Action, Caller, EventId, KeyId, Name, Usd,
    audit::{Change, Kind},
};

use sqlx::types::Uuid;

use crate::{
    Conflict, Part, Store, StoreError,
    money::{numeric, usd},
    tx::{self, become_system},
};

/// A request whose charge is not what a provider told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubtful {
    /// Its id.
    pub id: EventId,
    /// When it was admitted.
    pub at: DateTime<Utc>,
    /// The label of its project.
    pub project_name: String,
    /// Whose it was.
    pub key: DoubtfulKey,
    /// The model.
    pub model: String,
    /// `unknown`, `interrupted` or `estimated`.
    pub outcome: String,
    /// What it was charged.
    pub charge: Usd,
    /// The most it can have cost.
    pub bound: Usd,
}

/// The key of such a request, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DoubtfulKey {
    /// A key of the project, by its label.
    Named(String),
    /// One of the keys that are not told apart.
    Untracked,
    /// None: a person sent it from the project's playground.
    Playground,
    /// A person's own.
    Personal,
}

impl Store {
    /// Most doubtful charges that are listed at once.
    pub const MOST_DOUBTFUL: u16 = 100;

    /// Days after a request in which its charge is corrected.
    pub const CORRECTED_DAYS: u16 = 90;

    /// Such requests of the last 90 days that were made before one, the newest first; for owners
    /// alone.
    pub async fn doubtful(
        &self,
        caller: &Caller,
        before: Option<EventId>,
    ) -> Result<Part<Doubtful>, StoreError> {
        let most = usize::from(Self::MOST_DOUBTFUL);
        let mut rows = self.doubtful_below(caller, before, None, most + 1).await?;
        let more = rows.len() > most;
        rows.truncate(most);
        Ok(Part { rows, more })
    }

    /// One of them.
    pub async fn doubtful_one(&self, caller: &Caller, id: EventId) -> Result<Doubtful, StoreError> {
        let mut found = self.doubtful_below(caller, None, Some(id), 1).await?;
        found.pop().ok_or(StoreError::NotFound)
    }

    async fn doubtful_below(
        &self,
        caller: &Caller,
        before: Option<EventId>,
        only: Option<EventId>,
        most: usize,
    ) -> Result<Vec<Doubtful>, StoreError> {
        caller.may(Action::EditBilling)?;
        let mut tx = self.tenant(caller).await?;
        let rows = sqlx::query!(
            r#"SELECT e.id AS "id!", e.admitted_at AS "at!", p.name AS "project_name!", k.name AS "key_name?",
                e.key_id AS "key_id!", e.model AS "model!", e.outcome AS "outcome!", e.charge AS "charge!", e.bound AS "bound!"
             FROM events e JOIN projects p ON (p.org_id, p.id) = (e.org_id, e.project_id)
             LEFT JOIN api_keys k ON (k.org_id, k.id) = (e.org_id, e.key_id)
             WHERE e.org_id = $1 AND e.id >= exq_id_floor(exq_now() - $5::integer * interval '24 hours')
                AND e.id < $2 AND ($3::uuid IS NULL OR e.id = $3)
                AND e.outcome IN ('unknown', 'interrupted', 'estimated')
             ORDER BY e.id DESC LIMIT $4"#,
            caller.org.uuid(),
            before.map_or(Uuid::max(), EventId::uuid),
            only.map(EventId::uuid),
            i64::try_from(most).unwrap_or(i64::MAX),
            i32::from(Self::CORRECTED_DAYS)
        )
        .fetch_all(&mut *tx)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(Doubtful {
                    id: EventId::from_uuid(row.id),
                    at: row.at,
                    project_name: row.project_name,
                    key: match row.key_name {
                        Some(name) => DoubtfulKey::Named(name),
                        None if row.key_id.is_nil() => DoubtfulKey::Untracked,
                        None if KeyId::from_uuid(row.key_id).is_playground() => {
                            DoubtfulKey::Playground
                        }
                        None => DoubtfulKey::Personal,
                    },
                    model: row.model,
                    outcome: row.outcome,
                    charge: usd(&row.charge)?,
                    bound: usd(&row.bound)?,
                })
            })
            .collect()
    }

    /// Replaces a charge that was booked at the bound or estimated: the event, its counters and the
    /// rollups move by the difference, and thresholds that are crossed by it mail. The tokens stay as
    /// they were booked. One that a late settlement or another owner settled is a conflict, and so is
    /// more than its bound, or than what it was charged already if that is more; and one that is older
    /// than the list goes back, which may be no longer kept.
    ///
    /// The usage limit is the installation's, not the owner's: it goes on counting what was booked.
    pub async fn correct_charge(
        &self,
        caller: &Caller,
        event: EventId,
        charge: Usd,
        reason: &Name,
    ) -> Result<(), StoreError> {
        caller.may(Action::EditBilling)?;
        let mut tx = self.change(caller).await?;
        tx.hold_end().await?;
        let found = sqlx::query!(
            r#"SELECT COALESCE(e.admitted_at < n.since, $2 < exq_id_floor(n.since)) AS "old!", e.counters AS "counters?"
             FROM (SELECT exq_now() - $3::integer * interval '24 hours' AS since) n
             LEFT JOIN events e ON e.org_id = $1 AND e.id = $2"#,
            caller.org.uuid(),
            event.uuid(),
            i32::from(Self::CORRECTED_DAYS)
        )
        .fetch_one(&mut **tx)
        .await?;
        if found.old {
            return Err(StoreError::Conflict(Conflict::CorrectionLate));
        }
        let counters = found.counters.ok_or(StoreError::NotFound)?;
        let change = replace(&mut tx, caller, event, &counters, charge).await?;
        tx.commit(change.now("reason", reason)).await
    }
}

/// Locks the counters, looks again, and books the difference, as the system.
async fn replace(
    tx: &mut tx::Change,
    caller: &Caller,
    event: EventId,
    counters: &[i64],
    charge: Usd,
) -> Result<Change, StoreError> {
    become_system(tx).await?;
    sqlx::query!("SELECT id FROM counters WHERE id = ANY ($1) ORDER BY id FOR UPDATE", counters)
        .fetch_all(&mut ***tx)
        .await?;
    let old = sqlx::query!(
        "SELECT charge, bound, outcome, project_id,
            ARRAY[input, cached, cache_write, cache_write_1h, audio_input, image_input, output, reasoning,
                audio_output, image_output] AS \"tokens!: Vec<i64>\"
         FROM events WHERE org_id = $1 AND id = $2 FOR UPDATE",
        caller.org.uuid(),
        event.uuid()
    )
    .fetch_one(&mut ***tx)
    .await?;
    if !["unknown", "interrupted", "estimated"].contains(&old.outcome.as_str()) {
        return Err(StoreError::Conflict(Conflict::Settled));
    }
    if charge > usd(&old.bound)?.max(usd(&old.charge)?) {
        return Err(StoreError::Conflict(Conflict::AboveBound));
    }
    sqlx::query!(
        "SELECT exq_ledger_replace($1, $2, $3, $4, 'corrected', exq_now())",
        caller.org.uuid(),
        event.uuid(),
        numeric(charge),
        &old.tokens
    )
    .fetch_one(&mut ***tx)
    .await?;
    sqlx::query!(
        "UPDATE counters SET spent = spent + $2 - $3 WHERE id = ANY ($1) AND scope <> 'usage'",
        counters,
        numeric(charge),
        &old.charge
    )
    .execute(&mut ***tx)
    .await?;
    sqlx::query!("SELECT exq_ledger_cross($1, exq_now())", counters).fetch_one(&mut ***tx).await?;
    Ok(Change::new(Kind::ChargeCorrected, event)
        .in_project(domain::ProjectId::from_uuid(old.project_id))
        .now("outcome_before", &old.outcome)
        .moved("charge_usd", usd(&old.charge)?, charge))
}

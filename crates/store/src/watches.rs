//! What an organization is warned of.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use domain::{
    Action, Caller, Period, Watch,
    audit::{Change, Kind},
};

use crate::{Delivery, Store, StoreError, budgets::period};

/// What the owners were warned of.
#[derive(Debug, Clone, PartialEq)]
pub struct Warning {
    /// By which watch.
    pub watch: Watch,
    /// What it was about: a model's, a project's or a key's name; none for the organization.
    pub subject: Option<String>,
    /// Of a budget, which one.
    pub period: Option<Period>,
    /// When.
    pub warned_at: DateTime<Utc>,
    /// One per recipient.
    pub deliveries: Vec<Delivery>,
}

impl Store {
    /// What the organization is warned of.
    pub async fn watches(&self, caller: &Caller) -> Result<BTreeSet<Watch>, StoreError> {
        caller.may(Action::EditLimits)?;
        let mut tx = self.tenant(caller).await?;
        let words =
            sqlx::query_scalar!("SELECT kind FROM watches WHERE org_id = $1", caller.org.uuid())
                .fetch_all(&mut *tx)
                .await?;
        Ok(words.iter().filter_map(|word| Watch::from_word(word)).collect())
    }

    /// Sets all of it: what is not named is off.
    pub async fn set_watches(
        &self,
        caller: &Caller,
        watches: &BTreeSet<Watch>,
    ) -> Result<(), StoreError> {
        caller.may(Action::EditLimits)?;
        let words: Vec<_> = watches.iter().map(|watch| watch.as_str().to_owned()).collect();
        let mut tx = self.change(caller).await?;
        let mut before =
            sqlx::query_scalar!("SELECT kind FROM watches WHERE org_id = $1", caller.org.uuid())
                .fetch_all(&mut **tx)
                .await?;
        before.sort_by_key(|word| Watch::from_word(word));
        if before == words {
            return Ok(());
        }
        sqlx::query!(
            "WITH gone AS (DELETE FROM watches WHERE org_id = $1 AND kind <> ALL ($2))
             INSERT INTO watches (org_id, kind) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING",
            caller.org.uuid(),
            &words
        )
        .execute(&mut **tx)
        .await?;
        let listed = |words: &[String]| (!words.is_empty()).then(|| words.join(", "));
        let change = Change::new(Kind::WatchesSet, caller.org);
        tx.commit(change.maybe("watches", listed(&before), listed(&words))).await
    }

    /// The newest fifty warnings, and what became of their mails.
    pub async fn warnings(&self, caller: &Caller) -> Result<Vec<Warning>, StoreError> {
        caller.may(Action::SeeWhole)?;
        let mut tx = self.tenant(caller).await?;
        let rows = sqlx::query!(
            r#"SELECT w.kind, COALESCE(w.params ->> 'model', w.params ->> 'scope_name') AS subject, w.params ->> 'period' AS period, w.warned_at,
                (SELECT jsonb_agg(jsonb_build_object('recipient', m.recipient, 'state', m.state,
                    'attempts', m.attempts, 'unsure', m.unsure, 'answer', m.answer) ORDER BY m.recipient)
                 FROM outbox m WHERE m.org_id = w.org_id AND m.template IN ('drift', 'forecast', 'burn')
                    AND m.params ->> 'warning' = w.id::text) AS deliveries
             FROM warnings w WHERE w.org_id = $1 ORDER BY w.warned_at DESC, w.id LIMIT 50"#,
            caller.org.uuid()
        )
        .fetch_all(&mut *tx)
        .await?;
        rows.into_iter()
            .map(|row| {
                let deliveries = row.deliveries.map(serde_json::from_value).transpose();
                Ok(Warning {
                    watch: Watch::from_word(&row.kind).ok_or(StoreError::Damaged("a watch"))?,
                    subject: row.subject,
                    period: row.period.as_deref().map(period).transpose()?,
                    warned_at: row.warned_at,
                    deliveries: deliveries
                        .map_err(|_| StoreError::Damaged("a delivery"))?
                        .unwrap_or_default(),
                })
            })
            .collect()
    }
}

//! Reports of an organization's spend, mailed after each week or billing cycle.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Action, Caller, Email, Rhythm,
    audit::{Change, Kind},
    window::Window,
};

use serde_json::json;

use crate::{
    Store, StoreError,
    own_mails::mail_oneself,
    system::{Windows, windows},
    thresholds::{listed, may_name},
};

/// So long after a window's end its report comes: a cycle ends at midnight, where the organization is.
const LATER: TimeDelta = TimeDelta::hours(8);

/// A report that an organization gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How often.
    pub rhythm: Rhythm,
    /// Who is mailed besides the owners.
    pub addresses: Vec<String>,
    /// When the next one comes.
    pub due: DateTime<Utc>,
}

/// When the report of a window is mailed.
pub(crate) fn due(window: &Window) -> DateTime<Utc> {
    window.ends + LATER
}

impl Store {
    /// The reports that the organization gets.
    pub async fn reports(&self, caller: &Caller) -> Result<Vec<Report>, StoreError> {
        caller.may(Action::EditLimits)?;
        let mut tx = self.tenant(caller).await?;
        let rows = sqlx::query!(
            "SELECT rhythm, addresses, due_at FROM reports WHERE org_id = $1 ORDER BY rhythm DESC",
            caller.org.uuid()
        )
        .fetch_all(&mut *tx)
        .await?;
        rows.into_iter()
            .map(|row| {
                let rhythm = row.rhythm.parse().map_err(|_| StoreError::Damaged("a rhythm"))?;
                Ok(Report { rhythm, addresses: row.addresses, due: row.due_at })
            })
            .collect()
    }

    /// Has the owners and these addresses mailed after each window, from the one that is running on; or
    /// changes the addresses. More of them than a threshold's are a conflict.
    pub async fn set_report(
        &self,
        caller: &Caller,
        rhythm: Rhythm,
        addresses: &[Email],
    ) -> Result<(), StoreError> {
        caller.may(Action::EditLimits)?;
        let addresses: Vec<String> = addresses.iter().map(|it| it.as_str().to_owned()).collect();
        let mut tx = self.change(caller).await?;
        may_name(&mut tx, caller, &addresses, &[]).await?;
        let before = sqlx::query_scalar!(
            "SELECT addresses FROM reports WHERE org_id = $1 AND rhythm = $2 FOR UPDATE",
            caller.org.uuid(),
            rhythm.as_str()
        )
        .fetch_optional(&mut **tx)
        .await?;
        if before.as_ref() == Some(&addresses) {
            return Ok(());
        }
        let now = sqlx::query_scalar!(r#"SELECT exq_now() AS "now!""#).fetch_one(&mut **tx).await?;
        let Windows { current, .. } = windows(&mut tx, caller.org, rhythm.period(), now).await?;
        sqlx::query!(
            "INSERT INTO reports (org_id, rhythm, addresses, due_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (org_id, rhythm) DO UPDATE SET addresses = EXCLUDED.addresses",
            caller.org.uuid(),
            rhythm.as_str(),
            &addresses,
            due(&current)
        )
        .execute(&mut **tx)
        .await?;
        let before = before.as_deref().and_then(listed);
        let change = Change::new(Kind::ReportSet, rhythm.as_str());
        tx.commit(change.personal("addresses", before, listed(&addresses))).await
    }

    /// No more such reports.
    pub async fn remove_report(&self, caller: &Caller, rhythm: Rhythm) -> Result<(), StoreError> {
        caller.may(Action::EditLimits)?;
        let mut tx = self.change(caller).await?;
        let addresses = sqlx::query_scalar!(
            "DELETE FROM reports WHERE org_id = $1 AND rhythm = $2 RETURNING addresses",
            caller.org.uuid(),
            rhythm.as_str()
        )
        .fetch_one(&mut **tx)
        .await?;
        let change = Change::new(Kind::ReportRemoved, rhythm.as_str());
        tx.commit(change.personal("addresses", listed(&addresses), None::<String>)).await
    }

    /// Mails the person who asks the report of the window before the running one, or, of an organization
    /// that is younger, of the running one. Who had stopped such mails gets them again.
    pub async fn send_report(&self, caller: &Caller, rhythm: Rhythm) -> Result<(), StoreError> {
        caller.may(Action::EditLimits)?;
        let mut tx = self.change(caller).await?;
        let period = rhythm.period();
        let now = sqlx::query_scalar!(r#"SELECT exq_now() AS "now!""#).fetch_one(&mut **tx).await?;
        let Windows { current, before, was_there } =
            windows(&mut tx, caller.org, period, now).await?;
        let told = if was_there { before } else { current };
        let of = json!({ "rhythm": rhythm.as_str(), "starts": told.starts, "ends": told.ends });
        mail_oneself(&mut tx, caller, "report", &of).await?;
        tx.commit(Change::new(Kind::ReportSent, rhythm.as_str())).await
    }
}

//! Prompts and answers that are kept, sealed: who may read them, and that each look is noted.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Action, Caller, EventId, KeptDays, ProjectId, ProjectRole, UserId, Who,
    audit::{Change, Kind},
};

use crate::{Conflict, Store, StoreError, place::place, tx::Tx};

/// What is kept of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// Its project keeps none.
    Off,
    /// Its project keeps them for so long, and the caller may not read them.
    Closed(KeptDays),
    /// Its project keeps them for so long, and this request is older.
    Over(KeptDays),
    /// Its project keeps them for so long, and of this request there is nothing.
    Missing(KeptDays),
    /// It is there until then.
    Until(DateTime<Utc>),
}

/// Prompt and answer of a request, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedBody {
    /// When they are forgotten.
    pub until: DateTime<Utc>,
    /// What the client sent.
    pub prompt: Vec<u8>,
    /// Its end is missing.
    pub prompt_cut: bool,
    /// What the client got; none if no answer came.
    pub answer: Option<Vec<u8>>,
    /// Its end is missing.
    pub answer_cut: bool,
}

impl Store {
    /// Chooses for how long prompts and answers of a project's requests are kept from now on; none: not at
    /// all, and what is kept is forgotten.
    pub async fn set_bodies(
        &self,
        caller: &Caller,
        project: ProjectId,
        days: Option<KeptDays>,
    ) -> Result<(), StoreError> {
        let mut tx = self.change(caller).await?;
        place(&mut tx, caller, project).await?.may(Action::EditProject)?;
        let old = sqlx::query_scalar!(
            "SELECT bodies_days FROM projects WHERE org_id = $1 AND id = $2 FOR NO KEY UPDATE",
            caller.org.uuid(),
            project.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        let old = kept(old);
        if old == days {
            return Ok(());
        }
        if days > old && leftovers(&mut tx, caller, project, old).await? {
            return Err(StoreError::Conflict(Conflict::BodiesLeft));
        }
        sqlx::query!(
            "UPDATE projects SET bodies_days = $3::integer WHERE org_id = $1 AND id = $2",
            caller.org.uuid(),
            project.uuid(),
            days.map_or(0, |days| i32::from(days.days()))
        )
        .execute(&mut **tx)
        .await?;
        let words = |days: Option<KeptDays>| {
            days.map_or_else(|| "not kept".to_owned(), |days| format!("kept for {days} days"))
        };
        let change = Change::new(Kind::ProjectUpdated, project).in_project(project);
        tx.commit(change.moved("prompts_and_answers", words(old), words(days))).await
    }

    /// What is kept of a request that has ended, if it is one that the caller sees.
    pub async fn keeping(&self, caller: &Caller, id: EventId) -> Result<Keeping, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        Ok(look(&mut tx, caller, id).await?.1)
    }

    /// Prompt and answer of a request, for who may read them; [`StoreError::NotFound`] if they are not
    /// kept. The log has an entry of each look, and of none that found nothing.
    pub async fn open_body(&self, caller: &Caller, id: EventId) -> Result<SealedBody, StoreError> {
        let mut tx = self.change(caller).await?;
        let (project, keeping) = look(&mut tx, caller, id).await?;
        place(&mut tx, caller, project).await?.may(Action::ReadBodies)?;
        let Keeping::Until(until) = keeping else { return Err(StoreError::NotFound) };
        let row = sqlx::query!(
            "SELECT prompt, prompt_cut, answer, answer_cut FROM bodies WHERE org_id = $1 AND id = $2",
            caller.org.uuid(),
            id.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        tx.commit(Change::new(Kind::BodyOpened, id).in_project(project)).await?;
        Ok(SealedBody {
            until,
            prompt: row.prompt,
            prompt_cut: row.prompt_cut,
            answer: row.answer,
            answer_cut: row.answer_cut,
        })
    }
}

/// Whether there is what the project's present days do not keep and the sweep has not come to: with more days it
/// would be readable again.
async fn leftovers(
    tx: &mut Tx,
    caller: &Caller,
    project: ProjectId,
    old: Option<KeptDays>,
) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM bodies WHERE org_id = $1 AND project_id = $2
            AND id < exq_id_floor(exq_now() - make_interval(hours => 24 * $3::integer))) AS "any!""#,
        caller.org.uuid(),
        project.uuid(),
        old.map_or(0, |days| i32::from(days.days()))
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// In which project, and what is kept of it there.
async fn look(
    tx: &mut Tx,
    caller: &Caller,
    id: EventId,
) -> Result<(ProjectId, Keeping), StoreError> {
    let row = sqlx::query!(
        r#"SELECT e.project_id AS "project_id!", e.admitted_at AS "at!", p.bodies_days, m.role AS "role?",
            b.expires_at AS "expires_at?", exq_now() AS "now!"
         FROM events e JOIN projects p ON (p.org_id, p.id) = (e.org_id, e.project_id)
         LEFT JOIN project_members m ON (m.org_id, m.project_id) = (e.org_id, e.project_id) AND m.user_id = $3
         LEFT JOIN bodies b ON (b.org_id, b.id) = (e.org_id, e.id)
         WHERE e.org_id = $1 AND e.id = $2"#,
        caller.org.uuid(),
        id.uuid(),
        caller.user().map(UserId::uuid)
    )
    .fetch_one(&mut **tx)
    .await?;
    let project = ProjectId::from_uuid(row.project_id);
    let Some(days) = kept(row.bodies_days) else { return Ok((project, Keeping::Off)) };
    let who = Who::new(caller.role, row.role.as_deref().map(ProjectRole::from_column));
    // What is promised now, and no longer than what was promised when it was kept.
    let over = row.at + TimeDelta::days(days.days().into());
    let until = row.expires_at.map(|until| until.min(over)).filter(|until| *until > row.now);
    let keeping = match until {
        _ if who.may(Action::ReadBodies).is_err() => Keeping::Closed(days),
        Some(until) => Keeping::Until(until),
        None if over <= row.now => Keeping::Over(days),
        None => Keeping::Missing(days),
    };
    Ok((project, keeping))
}

/// For how many days, as a project's row has it.
pub(crate) fn kept(days: Option<i16>) -> Option<KeptDays> {
    days.and_then(|days| KeptDays::new(days.into()))
}

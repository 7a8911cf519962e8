//! Requests, the newest first.

use chrono::TimeDelta;
use domain::{Action, Caller, EventId, Outcome, ProjectId, Role, Tag, UserId};
use sqlx::types::Uuid;

use super::{Filter, Line, Row};
use crate::{Store, StoreError, tx::Tx};

/// So many requests are gone through at most for one part of the list, of each project if several
/// are gone through one by one.
const MOST_SEEN: i64 = 5_000;
/// Of each of many projects at least so many.
const LEAST_SEEN: i64 = 500;

/// A part of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    /// The newest first.
    pub rows: Vec<Line>,
    /// Where it goes on.
    pub next: Next,
}

/// What comes behind a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing: the list is at its end.
    End,
    /// More of what is asked for, before this request.
    Older(EventId),
    /// Nobody knows: so many were gone through that the search stopped here. It can go on before
    /// this request.
    Further(EventId),
}

/// A request that was gone through: one that fits, or the last of so many.
struct Seen {
    id: Uuid,
    fits: bool,
    /// So many have been gone through with it that the search stops.
    last: bool,
}

impl Store {
    /// Most requests of a part.
    pub const MOST_REQUESTS: u16 = 50;

    /// The requests that a filter lets through, from one back into the past; of own projects for a
    /// reader. However little it lets through, the work is bounded: see [`Next::Further`].
    pub async fn requests(
        &self,
        caller: &Caller,
        filter: &Filter,
        before: Option<EventId>,
    ) -> Result<Lines, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.listing(caller).await?;
        let projects = projects(&mut tx, caller, filter).await?;
        let most = usize::from(Self::MOST_REQUESTS);
        let wanted = i64::from(Self::MOST_REQUESTS) + 1;
        let most_seen = match &projects {
            _ if filter.is_plain() => wanted,
            None => MOST_SEEN,
            Some(own) => {
                let share = MOST_SEEN / i64::try_from(own.len().max(1)).unwrap_or(i64::MAX);
                share.max(LEAST_SEEN)
            }
        };
        let limits = (wanted, most_seen);
        let seen = find(&mut tx, caller, filter, projects.as_deref(), before, limits).await?;
        let stopped = seen.last().filter(|seen| seen.last).map(|seen| seen.id);
        let mut ids: Vec<Uuid> = seen.iter().filter(|seen| seen.fits).map(|seen| seen.id).collect();
        let more = ids.len() > most;
        ids.truncate(most);
        let next = match (ids.last(), stopped) {
            (Some(last), _) if more => Next::Older(EventId::from_uuid(*last)),
            (_, Some(oldest)) => Next::Further(EventId::from_uuid(oldest)),
            _ => Next::End,
        };
        Ok(Lines { rows: lines(&mut tx, caller, &ids).await?, next })
    }
}

impl Filter {
    /// It asks for nothing but a project: every request that is gone through is let through.
    fn is_plain(&self) -> bool {
        *self == Self { project: self.project, ..Self::default() }
    }
}

/// The projects that are gone through one by one; none: all of the organization together. What the
/// database would keep back from a reader is not even gone through, for that may be very much.
pub(super) async fn projects(
    tx: &mut Tx,
    caller: &Caller,
    filter: &Filter,
) -> Result<Option<Vec<Uuid>>, StoreError> {
    let mut only = filter.project.map(ProjectId::uuid);
    if let (None, Some(key)) = (only, filter.key) {
        // A key sends requests for one project; a personal one is in no list.
        only = sqlx::query_scalar!(
            "SELECT project_id FROM api_keys WHERE org_id = $1 AND id = $2",
            caller.org.uuid(),
            key.uuid()
        )
        .fetch_optional(&mut **tx)
        .await?;
    }
    if caller.role == Role::Owner {
        return Ok(only.map(|only| vec![only]));
    }
    let own = sqlx::query_scalar!(
        "SELECT project_id FROM project_members WHERE org_id = $1 AND user_id = $2
            AND ($3::uuid IS NULL OR project_id = $3)",
        caller.org.uuid(),
        caller.user().map(UserId::uuid),
        only
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(Some(own))
}

/// The newest that fit. An id tells roughly when its request came, by the clock of its node and
/// before it was admitted; so it finds the place, and the time of admission decides.
async fn find(
    tx: &mut Tx,
    caller: &Caller,
    filter: &Filter,
    projects: Option<&[Uuid]>,
    before: Option<EventId>,
    (wanted, most_seen): (i64, i64),
) -> Result<Vec<Seen>, StoreError> {
    let slack = TimeDelta::minutes(2);
    let below = before.map_or(Uuid::max(), EventId::uuid);
    let until = filter.until.map_or(Uuid::max(), |until| EventId::floor(until + slack).uuid());
    let least = filter.from.map_or(Uuid::nil(), |from| EventId::floor(from - slack).uuid());
    let seen = sqlx::query_file_as!(
        Seen,
        "src/requests/find.sql",
        caller.org.uuid(),
        projects,
        below.min(until),
        least,
        most_seen,
        wanted,
        filter.key.map(domain::KeyId::uuid),
        filter.model,
        filter.outcome.map(Outcome::as_str),
        filter.streamed,
        filter.sandbox,
        filter.tag.as_ref().map(Tag::to_string),
        filter.from,
        filter.until
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(seen)
}

/// The rows behind the ids, which are in falling order. Each is looked up: what lies between two of them may be
/// thousands of others.
pub(super) async fn lines(
    tx: &mut Tx,
    caller: &Caller,
    ids: &[Uuid],
) -> Result<Vec<Line>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT e.id AS "id!", e.admitted_at AS "admitted_at!", e.project_id AS "project_id!", p.name AS "project_name!",
            e.key_id AS "key_id!", k.name AS "key_name?", k.last_four AS "last_four?", e.model AS "model!",
            e.streamed AS "streamed!", e.sandbox AS "sandbox!", e.outcome AS "outcome!",
            ARRAY[e.input, e.cached, e.cache_write, e.cache_write_1h, e.audio_input, e.image_input, e.output,
                e.reasoning, e.audio_output, e.image_output] AS "tokens!",
            e.charge AS "charge!", e.price_id IS NOT NULL AS "priced!", e.first_token_ms, e.total_ms
         FROM unnest($2::uuid[]) AS w (id) CROSS JOIN LATERAL (
            SELECT e.* FROM events e WHERE e.org_id = $1 AND e.id = w.id AND e.id <= $3 AND e.id >= $4 OFFSET 0) e
         JOIN projects p ON (p.org_id, p.id) = (e.org_id, e.project_id)
         LEFT JOIN api_keys k ON (k.org_id, k.id) = (e.org_id, e.key_id)
         ORDER BY e.id DESC"#,
        caller.org.uuid(),
        ids,
        ids.first().copied().unwrap_or(Uuid::nil()),
        ids.last().copied().unwrap_or(Uuid::max())
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Row::line).collect()
}

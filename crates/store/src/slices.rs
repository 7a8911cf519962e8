//! Usage cut into slices: by stretches of time and by up to four dimensions. Rollups, coarse ones where they fit,
//! and what is not folded yet are read together in one statement, so that the slices' sum is the ledger at every
//! instant.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use domain::{Action, Caller};
use serde::{Deserialize, Serialize};
use sqlx::types::Uuid;

use crate::{
    Store, StoreError,
    money::usd,
    shapes::Shape,
    tags::{self, TagGroup, TagOnly},
    tx::{Plan, Tx, plan},
    usage::{Totals, tokens},
};

/// What usage is told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// By project.
    Project,
    /// By API key; what untracked keys used is one key, [`Uuid::nil`].
    Key,
    /// By model.
    Model,
    /// By who owns the key; what service accounts' keys used is one member, [`Uuid::nil`]. For those
    /// who see the whole organization.
    Member,
    /// By the values of the tag that [`Only`] names; beside it by project and model alone.
    Tag,
}

impl Dimension {
    /// All but tags: what every request has.
    pub const ALL: [Self; 4] = [Self::Project, Self::Key, Self::Model, Self::Member];

    /// The word in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Key => "key",
            Self::Model => "model",
            Self::Member => "member",
            Self::Tag => "tag",
        }
    }
}

/// Which usage is meant; an empty list leaves a dimension open. Ids of other tenants find nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Only {
    /// Of these projects.
    pub projects: Vec<Uuid>,
    /// Of these keys; [`Uuid::nil`] for untracked ones.
    pub keys: Vec<Uuid>,
    /// Of these models.
    pub models: Vec<String>,
    /// Of these members; [`Uuid::nil`] for service accounts.
    pub members: Vec<Uuid>,
    /// Of the sandbox alone, or of everything but the sandbox.
    pub sandbox: Option<bool>,
    /// By this tag; not together with keys or members.
    pub tag: Option<TagOnly>,
}

/// Which rollup is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grain {
    /// Quarters of an hour: any bounds at whole quarters.
    Quarters,
    /// Days in the organization's zone: bounds are instants at which such days begin.
    Days,
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Where each stretch begins, and the end of the last; rising.
    pub bounds: &'a [DateTime<Utc>],
    /// By which rollup.
    pub grain: Grain,
    /// What it is told apart by.
    pub by: &'a [Dimension],
    /// Of which usage.
    pub only: &'a Only,
}

impl Ask<'_> {
    /// Where the first stretch begins and the last one ends.
    pub(crate) fn ends(&self) -> [DateTime<Utc>; 2] {
        let (first, last) = (self.bounds.first(), self.bounds.last());
        [first, last].map(|bound| bound.copied().unwrap_or_default())
    }

    /// Whether both cut the same usage into the same stretches.
    pub(crate) fn is_of_same_whole(&self, other: &Self) -> bool {
        (self.bounds, self.grain, self.only) == (other.bounds, other.grain, other.only)
    }
}

/// Members are for those who see the whole organization.
pub(crate) fn may_ask(caller: &Caller, by: &[Dimension], only: &Only) -> Result<(), StoreError> {
    caller.may(Action::List)?;
    if by.contains(&Dimension::Member) || !only.members.is_empty() {
        caller.may(Action::SeeWhole)?;
    }
    tags::may_ask(by, only)
}

/// What was used in one stretch by one combination of what it is told apart by. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// The place of the stretch.
    pub stretch: usize,
    /// Its project, if told apart by it.
    pub project: Option<Uuid>,
    /// Its key, if told apart by it.
    pub key: Option<Uuid>,
    /// Its model, if told apart by it.
    pub model: Option<String>,
    /// Its member, if told apart by it.
    pub member: Option<Uuid>,
    /// Its tag, if told apart by it.
    pub tag: Option<TagGroup>,
    /// Whose the key was, if told apart by keys: a personal key has no other name.
    pub person: Option<Uuid>,
    /// What was used.
    pub totals: Totals,
}

/// What slices that belong together have in common: nothing but the stretch tells them apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Apart {
    /// Its project, if told apart by it.
    pub project: Option<Uuid>,
    /// Its key, if told apart by it.
    pub key: Option<Uuid>,
    /// Its model, if told apart by it.
    pub model: Option<String>,
    /// Its member, if told apart by it.
    pub member: Option<Uuid>,
    /// Its tag, if told apart by it.
    pub tag: Option<TagGroup>,
}

impl Slice {
    /// What a group used in a stretch.
    pub fn of(stretch: usize, apart: Apart, totals: Totals) -> Self {
        let Apart { project, key, model, member, tag } = apart;
        Self { stretch, project, key, model, member, tag, person: None, totals }
    }

    /// In the order of stretches, and in each of groups.
    fn place(&self, other: &Self) -> Ordering {
        fn told(it: &Slice) -> impl Ord {
            (it.stretch, it.project, it.key, &it.model, it.member, &it.tag)
        }
        told(self).cmp(&told(other))
    }

    /// The group that it belongs to.
    pub fn apart(&self) -> Apart {
        Apart {
            project: self.project,
            key: self.key,
            model: self.model.clone(),
            member: self.member,
            tag: self.tag.clone(),
        }
    }
}

/// The statement for one rollup: its table, its column of time and that of deltas, the number of its shape, if it
/// keeps some of the dimensions; and which of its rows are of that shape, where several lie in one table. `OFFSET 0` has each range
/// looked up by index, for the planner takes a range whose ends it does not know for a good part of the table.
macro_rules! slices {
    ($tx:expr, $org:expr, $ask:expr, $most:expr, $table:literal, $at:literal, $deltas:literal, $shape:expr $(, $of:literal, $of_shape:expr)?) => {
        slices!(@
            " AND (cardinality($6::uuid[]) = 0 OR project_id = ANY ($6)) AND (cardinality($7::uuid[]) = 0 OR key_id = ANY ($7))
                AND (cardinality($8::text[]) = 0 OR model = ANY ($8)) AND (cardinality($9::uuid[]) = 0 OR member_id = ANY ($9))
                AND ($10::boolean IS NULL OR sandbox = $10)",
            "project_id, key_id, member_id, model, sandbox, requests, estimated, unpriced, input, cached, cache_write,
                cache_write_1h, audio_input, image_input, output, reasoning, audio_output, image_output, charge",
            $tx, $org, $ask, $most, $table, $at, $deltas, $shape $(, $of, $of_shape)?)
    };
    (@ $only:literal, $columns:literal, $tx:expr, $org:expr, $ask:expr, $most:expr, $table:literal, $at:literal,
        $deltas:literal, $shape:expr $(, $of:literal, $of_shape:expr)?) => {{
        let parts = $ask.parts($shape);
        sqlx::query!(
            r#"WITH used AS (
                SELECT r.* FROM unnest($12::timestamptz[], $13::timestamptz[]) AS p (starts, ends) CROSS JOIN LATERAL (
                    SELECT "# + $at + r#" AS at, "# + $columns + r#" FROM "# + $table + r#"
                    WHERE org_id = $1 AND "# + $at + r#" >= p.starts AND "# + $at + r#" < p.ends"# $(+ $of)? + $only + r#" OFFSET 0) r
                UNION ALL
                SELECT r.* FROM unnest($11::smallint[], $14::timestamptz[], $15::timestamptz[]) AS p (shape, starts, ends) CROSS JOIN LATERAL (
                    SELECT at, "# + $columns + r#" FROM coarse_rollups
                    WHERE org_id = $1 AND shape = p.shape AND at >= p.starts AND at < p.ends"# + $only + r#" OFFSET 0) r
                UNION ALL
                SELECT "# + $deltas + r#", "# + $columns + r#" FROM deltas
                WHERE org_id = $1 AND "# + $deltas + r#" >= $2 AND "# + $deltas + r#" < $3"# + $only + r#"
            )
            SELECT width_bucket(at, $4::timestamptz[]) AS "stretch!", sandbox AS "sandbox!",
                CASE WHEN 'project' = ANY ($5) THEN project_id END AS project, CASE WHEN 'key' = ANY ($5) THEN key_id END AS key,
                CASE WHEN 'model' = ANY ($5) THEN model END AS model, CASE WHEN 'member' = ANY ($5) THEN member_id END AS member,
                (array_agg(member_id) FILTER (WHERE 'key' = ANY ($5)))[1] AS person,
                exq_sum(requests) AS "requests!", exq_sum(estimated) AS "estimated!", exq_sum(unpriced) AS "unpriced!",
                ARRAY[exq_sum(input), exq_sum(cached), exq_sum(cache_write), exq_sum(cache_write_1h), exq_sum(audio_input),
                    exq_sum(image_input), exq_sum(output), exq_sum(reasoning), exq_sum(audio_output),
                    exq_sum(image_output)] AS "tokens!",
                sum(charge) AS "charge!"
            FROM used
            GROUP BY 1, 2, 3, 4, 5, 6 LIMIT $16"#,
            $org,
            $ask.bounds.first(),
            $ask.bounds.last(),
            $ask.bounds,
            &words($ask.by),
            &$ask.only.projects,
            &$ask.only.keys,
            &$ask.only.models,
            &$ask.only.members,
            $ask.only.sandbox,
            &parts.shapes,
            &parts.fine.starts,
            &parts.fine.ends,
            &parts.coarse.starts,
            &parts.coarse.ends,
            $most
            $(, $of_shape)?
        )
        .fetch_all(&mut **$tx)
        .await?
        .into_iter()
        .map(|row| {
            let slice = Slice {
                stretch: usize::try_from(row.stretch - 1).unwrap_or(0),
                project: row.project,
                key: row.key,
                model: row.model,
                member: row.member,
                tag: None,
                person: row.person,
                totals: Totals {
                    requests: row.requests,
                    estimated: row.estimated,
                    unpriced: row.unpriced,
                    tokens: tokens(&row.tokens),
                    charge: usd(&row.charge)?,
                },
            };
            Ok((row.sandbox, slice))
        })
        .collect::<Result<Vec<_>, StoreError>>()
    }};
}

impl Store {
    /// The slices, by stretch and then by what they are told apart by.
    pub async fn slices(&self, caller: &Caller, ask: Ask<'_>) -> Result<Vec<Slice>, StoreError> {
        may_ask(caller, ask.by, ask.only)?;
        let mut tx = self.summing(caller).await?;
        slices(&mut tx, caller, ask).await
    }
}

/// Slices, and how much of them all is the sandbox's; nothing where the question is about the sandbox.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) slices: Vec<Slice>,
    pub(crate) sandbox: Totals,
}

impl Told {
    /// From rows that tell the sandbox apart.
    fn of(mut rows: Vec<(bool, Slice)>, only: &Only) -> Self {
        rows.sort_unstable_by(|(_, one), (_, other)| one.place(other));
        let (mut slices, mut sandbox) =
            (Vec::<Slice>::with_capacity(rows.len()), Totals::default());
        for (in_sandbox, slice) in rows {
            if in_sandbox && only.sandbox.is_none() {
                sandbox = sandbox.plus(slice.totals);
            }
            match slices.last_mut() {
                Some(last) if last.place(&slice).is_eq() => {
                    last.totals = last.totals.plus(slice.totals);
                }
                _ => slices.push(slice),
            }
        }
        Self { slices, sandbox }
    }
}

pub(crate) async fn slices(
    tx: &mut Tx,
    caller: &Caller,
    ask: Ask<'_>,
) -> Result<Vec<Slice>, StoreError> {
    match &ask.only.tag {
        None => Ok(whole(tx, caller, ask).await?.slices),
        Some(tag) => tags::slices(tx, caller, ask, tag).await,
    }
}

/// The same with the sandbox's part, which by tags is a question of its own.
pub(crate) async fn told(tx: &mut Tx, caller: &Caller, ask: Ask<'_>) -> Result<Told, StoreError> {
    let Only { tag: Some(tag), sandbox, .. } = ask.only else {
        return whole(tx, caller, ask).await;
    };
    let slices = tags::slices(tx, caller, ask, tag).await?;
    let (bounds, only) = (ask.ends(), Only { sandbox: Some(true), ..ask.only.clone() });
    let part = Ask { bounds: &bounds, by: &[], only: &only, ..ask };
    let sandbox = match sandbox {
        None => tags::slices(tx, caller, part, tag).await?.first().map(|slice| slice.totals),
        Some(_) => None,
    };
    Ok(Told { slices, sandbox: sandbox.unwrap_or_default() })
}

/// Of requests with any tags or none.
pub(crate) async fn whole(tx: &mut Tx, caller: &Caller, ask: Ask<'_>) -> Result<Told, StoreError> {
    Ok(Told::of(rows(tx, caller, ask, None).await?, ask.only))
}

/// The same, if no more rows than these tell it.
pub(crate) async fn at_most(
    tx: &mut Tx,
    caller: &Caller,
    ask: Ask<'_>,
    most: usize,
) -> Result<Option<Told>, StoreError> {
    let limit = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
    let rows = rows(tx, caller, ask, Some(limit)).await?;
    Ok((rows.len() <= most).then(|| Told::of(rows, ask.only)))
}

async fn rows(
    tx: &mut Tx,
    caller: &Caller,
    ask: Ask<'_>,
    most: Option<i64>,
) -> Result<Vec<(bool, Slice)>, StoreError> {
    if !ask.is_looked_up() {
        return planned_rows(tx, caller, ask, most).await;
    }
    plan(tx, Plan::Anew).await?;
    let rows = planned_rows(tx, caller, ask, most).await?;
    plan(tx, Plan::OneForAll).await?;
    Ok(rows)
}

async fn planned_rows(
    tx: &mut Tx,
    caller: &Caller,
    ask: Ask<'_>,
    most: Option<i64>,
) -> Result<Vec<(bool, Slice)>, StoreError> {
    let org = caller.org.uuid();
    let shape = Shape::of(caller, &ask).map(|shape| shape.number);
    match (ask.grain, shape) {
        (Grain::Quarters, None | Some(Shape::BY_KEY)) => {
            slices!(tx, org, ask, most, "quarters", "quarter", "quarter", shape)
        }
        (Grain::Days, None) => {
            slices!(tx, org, ask, most, "days", "day_starts", "day_starts", None)
        }
        (Grain::Quarters, Some(of)) => {
            slices!(tx, org, ask, most, "rollups", "at", "quarter", shape, " AND shape = $17", of)
        }
        (Grain::Days, Some(of)) => {
            slices!(
                tx,
                org,
                ask,
                most,
                "rollups",
                "at",
                "day_starts",
                shape,
                " AND shape = $17",
                of
            )
        }
    }
}

/// The words that the statement asks for.
pub(crate) fn words(by: &[Dimension]) -> Vec<String> {
    by.iter().map(|dimension| dimension.as_str().to_owned()).collect()
}

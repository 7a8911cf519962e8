//! Slices of the events themselves: for stretches that are no whole quarters of an hour, and by service
//! tiers, which rollups do not tell apart.

use bigdecimal::BigDecimal;
use chrono::{DateTime, TimeDelta, Utc};
use domain::{Caller, EventId, ServiceTier};
use sqlx::types::Uuid;

use crate::{
    Store, StoreError,
    kept::all_kept,
    money::usd,
    slices::{Dimension, Only, Slice, may_ask, words},
    usage::{Totals, tokens},
};

/// How far a node's clock, which ids are made by, may be off from the database's, which usage belongs
/// to windows by: so much more is read on both sides of a range.
pub(crate) const CLOCKS_DIFFER: TimeDelta = TimeDelta::hours(1);

/// What is asked of the events.
#[derive(Debug, Clone, Copy)]
pub struct EventAsk<'a> {
    /// Where each stretch begins, and the end of the last; rising.
    pub bounds: &'a [DateTime<Utc>],
    /// What it is told apart by.
    pub by: &'a [Dimension],
    /// Whether it is told apart by service tier as well.
    pub by_tier: bool,
    /// Of which usage.
    pub only: &'a Only,
    /// Of the tier of batches alone, or of all others.
    pub batch: Option<bool>,
}

/// A slice, and the service tier by which it was charged, if told apart by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSlice {
    /// What was used.
    pub slice: Slice,
    /// Its tier.
    pub tier: Option<ServiceTier>,
}

impl Store {
    /// As [`Store::slices`], read from the events by their ids. Those of a node are missed whose clock is
    /// off by more than an hour. [`crate::Conflict::NotKept`] where some of them are no longer kept. Not by tag:
    /// events have none.
    pub async fn event_slices(
        &self,
        caller: &Caller,
        ask: EventAsk<'_>,
    ) -> Result<Vec<EventSlice>, StoreError> {
        may_ask(caller, ask.by, ask.only)?;
        if ask.only.tag.is_some() {
            return Err(StoreError::NotFound);
        }
        let (Some(first), Some(last)) = (ask.bounds.first(), ask.bounds.last()) else {
            return Ok(Vec::new());
        };
        let mut tx = self.tenant(caller).await?;
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT width_bucket(admitted_at, $4::timestamptz[]) AS "stretch!",
                CASE WHEN 'project' = ANY ($5) THEN project_id END AS project, CASE WHEN 'key' = ANY ($5) THEN key_id END AS key,
                CASE WHEN 'model' = ANY ($5) THEN model END AS model, CASE WHEN 'member' = ANY ($5) THEN member_id END AS member,
                CASE WHEN $6 THEN service_tier END AS tier,
                (array_agg(member_id) FILTER (WHERE 'key' = ANY ($5)))[1] AS person,
                count(*) AS "requests!", count(*) FILTER (WHERE exq_doubtful(outcome)) AS "estimated!",
                count(*) FILTER (WHERE price_id IS NULL) AS "unpriced!",
                ARRAY[sum(input), sum(cached), sum(cache_write), sum(cache_write_1h), sum(audio_input),
                    sum(image_input), sum(output), sum(reasoning), sum(audio_output), sum(image_output)]::bigint[] AS "tokens!",
                sum(charge) AS "charge!"
            FROM events
            WHERE org_id = $1 AND id >= $13 AND id < $14 AND admitted_at >= $2 AND admitted_at < $3
                AND (cardinality($7::uuid[]) = 0 OR project_id = ANY ($7)) AND (cardinality($8::uuid[]) = 0 OR key_id = ANY ($8))
                AND (cardinality($9::text[]) = 0 OR model = ANY ($9)) AND (cardinality($10::uuid[]) = 0 OR member_id = ANY ($10))
                AND ($11::boolean IS NULL OR sandbox = $11)
                AND ($12::boolean IS NULL OR (service_tier = 'batch') = $12)
            GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6"#,
            caller.org.uuid(),
            first,
            last,
            ask.bounds,
            &words(ask.by),
            ask.by_tier,
            &ask.only.projects,
            &ask.only.keys,
            &ask.only.models,
            &ask.only.members,
            ask.only.sandbox,
            ask.batch,
            EventId::floor(*first - CLOCKS_DIFFER).uuid(),
            EventId::floor(*last + CLOCKS_DIFFER).uuid()
        )
        .fetch_all(&mut *tx)
        .await?;
        all_kept(&mut tx, caller, *first, *last).await?;
        rows.into_iter().map(Row::slice).collect()
    }
}

/// As the statement answers.
struct Row {
    stretch: i32,
    project: Option<Uuid>,
    key: Option<Uuid>,
    model: Option<String>,
    member: Option<Uuid>,
    tier: Option<String>,
    person: Option<Uuid>,
    requests: i64,
    estimated: i64,
    unpriced: i64,
    tokens: Vec<i64>,
    charge: BigDecimal,
}

impl Row {
    fn slice(self) -> Result<EventSlice, StoreError> {
        let slice = Slice {
            stretch: usize::try_from(self.stretch - 1).unwrap_or(0),
            project: self.project,
            key: self.key,
            model: self.model,
            member: self.member,
            tag: None,
            person: self.person,
            totals: Totals {
                requests: self.requests,
                estimated: self.estimated,
                unpriced: self.unpriced,
                tokens: tokens(&self.tokens),
                charge: usd(&self.charge)?,
            },
        };
        Ok(EventSlice { slice, tier: self.tier.as_deref().map(tier).transpose()? })
    }
}

fn tier(word: &str) -> Result<ServiceTier, StoreError> {
    let named = ServiceTier::ALL.into_iter().find(|tier| tier.as_str() == word);
    named.ok_or(StoreError::Damaged("an event has a service tier that is none"))
}

//! Booking usage of the past: for the demo, which begins 90 days ago.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::{
    BudgetId, Caller, EventId, KeyId, OrgId, Outcome, Period, Price, ProjectId, ReceiptId, Scope,
    ServiceTier, TokenClass, Tokens, Usd, UserId,
    window::{Window, quarter},
};
use ledger::{Counted, Place};
use sqlx::types::Uuid;

use super::{System, counter, window};
use crate::{StoreError, money::numeric, organizations::zone, tx::Tx};

/// A request that ended in the past.
#[derive(Debug, Clone)]
pub struct PastEvent {
    /// When it was admitted.
    pub at: DateTime<Utc>,
    /// In which project.
    pub project: ProjectId,
    /// With which key.
    pub key: KeyId,
    /// The price that it is charged with, which names the model.
    pub price: Price,
    /// What it used.
    pub tokens: Tokens,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether it was answered as a stream.
    pub streamed: bool,
    /// From admission to the last byte, in milliseconds.
    pub total_ms: i32,
}

/// Requests of a key that its daily budget refused within a quarter of an hour.
#[derive(Debug, Clone)]
pub struct PastRefusals {
    /// An instant of the quarter.
    pub at: DateTime<Utc>,
    /// The budget.
    pub budget: BudgetId,
    /// In which project.
    pub project: ProjectId,
    /// With which key.
    pub key: KeyId,
    /// For which model.
    pub model: String,
    /// The budget's amount.
    pub amount: Usd,
    /// How many.
    pub count: i64,
}

/// Events of one statement.
const CHUNK: usize = 2_000;

/// The windows of an organization, oldest first, by period.
type Windows = HashMap<Period, Vec<Window>>;

impl System<'_> {
    /// Books events of an organization that has none yet: windows, counters, events, deltas, stories, in one
    /// transaction, as if they had passed the ledger.
    pub async fn book_past(self, caller: &Caller, events: &[PastEvent]) -> Result<(), StoreError> {
        let Some(first) = events.iter().map(|event| event.at).min() else { return Ok(()) };
        let mut tx = self.begin().await?;
        sqlx::query!("SELECT exq_partition($1, exq_now())", first).fetch_one(&mut *tx).await?;
        let windows = windows(&mut tx, caller.org, first).await?;
        let mut counters = HashMap::new();
        for chunk in events.chunks(CHUNK) {
            insert(&mut tx, caller, chunk, &windows, &mut counters).await?;
        }
        sum(&mut tx, caller.org).await?;
        tell(&mut tx, caller.org).await?;
        tx.commit().await?;
        // So much at once makes what the planner knew of these tables wrong; as their owner.
        sqlx::raw_sql(
            "ANALYZE events; ANALYZE counters; ANALYZE deltas; ANALYZE stories; ANALYZE timings; ANALYZE tag_deltas",
        )
        .execute(&self.store.pool)
        .await?;
        Ok(())
    }

    /// Books the receipt of refusals, and counts them by their model.
    pub async fn book_past_refusals(
        self,
        caller: &Caller,
        past: &PastRefusals,
    ) -> Result<(), StoreError> {
        let quarter = quarter(past.at);
        let mut tx = self.begin().await?;
        let day = window(&mut tx, caller.org, Period::Day, past.at).await?;
        sqlx::query!(
            "INSERT INTO receipts (org_id, id, limit_id, revision, project_id, key_id, scope, period, quarter,
                amount, spent, held, resets_at, count, first_at, last_at)
             VALUES ($1, $2, $3, 1, $4, $5, 'key', 'day', $6, $7, $7, 0, $8, $9, $10, $10)
             ON CONFLICT DO NOTHING",
            caller.org.uuid(),
            ReceiptId::of(past.budget.uuid(), "amount", 1, past.key, quarter).uuid(),
            past.budget.uuid(),
            past.project.uuid(),
            past.key.uuid(),
            quarter,
            numeric(past.amount),
            day.ends,
            past.count,
            past.at
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            "INSERT INTO refused_requests (org_id, quarter, project_id, model, spent, requests)
             VALUES ($1, $2, $3, $4, true, $5) ON CONFLICT DO NOTHING",
            caller.org.uuid(),
            quarter,
            past.project.uuid(),
            past.model,
            past.count
        )
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }
}

/// All windows from `first` to now, made.
async fn windows(tx: &mut Tx, org: OrgId, first: DateTime<Utc>) -> Result<Windows, StoreError> {
    let row = sqlx::query!(
        r#"SELECT exq_now() AS "now!", (SELECT zone FROM organizations WHERE org_id = $1) AS "zone!""#,
        org.uuid()
    )
    .fetch_one(&mut **tx)
    .await?;
    let zone = zone(&row.zone)?;
    let mut all = Windows::new();
    for period in Period::ALL {
        let mut next = Window::first(period, zone, first);
        let list = all.entry(period).or_default();
        while next.starts <= row.now {
            sqlx::query!(
                "INSERT INTO windows (org_id, period, starts, ends, label, zone) VALUES ($1, $2, $3, $4, $5, $6)
                 ON CONFLICT DO NOTHING",
                org.uuid(),
                period.as_str(),
                next.starts,
                next.ends,
                next.label,
                zone.name()
            )
            .execute(&mut **tx)
            .await?;
            list.push(next);
            next = next.following(period, zone);
        }
    }
    Ok(all)
}

type Counters = HashMap<(Counted, Period, DateTime<Utc>), i64>;

async fn insert(
    tx: &mut Tx,
    caller: &Caller,
    events: &[PastEvent],
    windows: &Windows,
    counters: &mut Counters,
) -> Result<(), StoreError> {
    let mut rows = Rows::default();
    for event in events {
        let at = |period: Period| {
            windows[&period]
                .iter()
                .find(|window| window.contains(event.at))
                .copied()
                .ok_or(StoreError::NotFound)
        };
        let scopes = [Scope::Org(caller.org), Scope::Project(event.project), Scope::Key(event.key)]
            .map(Counted::Scope);
        for (counted, period) in scopes
            .iter()
            .flat_map(|counted| Period::ALL.map(|period| (*counted, period)))
            .chain([(Counted::Usage, Period::Month)])
        {
            let window = at(period)?;
            let place = (counted, period, window.starts);
            let id = if let Some(id) = counters.get(&place) {
                *id
            } else {
                let counted = Place { org: caller.org, counted, period };
                let id = counter(tx, counted, &window).await?;
                counters.insert(place, id);
                id
            };
            rows.counters.push(id);
        }
        rows.add(event, at(Period::Day)?);
    }
    rows.insert(tx, caller).await
}

#[derive(Default)]
struct Rows {
    ids: Vec<Uuid>,
    projects: Vec<Uuid>,
    keys: Vec<Uuid>,
    models: Vec<String>,
    prices: Vec<Uuid>,
    outcomes: Vec<String>,
    streams: Vec<bool>,
    classes: [Vec<i64>; TokenClass::COUNT],
    charges: Vec<bigdecimal::BigDecimal>,
    day_starts: Vec<DateTime<Utc>>,
    day_ends: Vec<DateTime<Utc>>,
    at: Vec<DateTime<Utc>>,
    totals: Vec<i32>,
    counters: Vec<i64>,
}

impl Rows {
    fn add(&mut self, event: &PastEvent, day: Window) {
        let count = |tokens: u64| i64::try_from(tokens).unwrap_or(i64::MAX);
        self.ids.push(EventId::at(event.at).uuid());
        self.projects.push(event.project.uuid());
        self.keys.push(event.key.uuid());
        self.models.push(event.price.model.clone());
        self.prices.push(event.price.id.uuid());
        self.outcomes.push(event.outcome.as_str().to_owned());
        self.streams.push(event.streamed);
        for (column, tokens) in self.classes.iter_mut().zip(event.tokens.by_class()) {
            column.push(count(tokens));
        }
        self.charges.push(numeric(event.price.charge(event.tokens, ServiceTier::Default)));
        self.day_starts.push(day.starts);
        self.day_ends.push(day.ends);
        self.at.push(event.at);
        self.totals.push(event.total_ms);
    }

    async fn insert(&self, tx: &mut Tx, caller: &Caller) -> Result<(), StoreError> {
        sqlx::query!(
            "INSERT INTO events (org_id, id, project_id, key_id, member_id, model, price_id, sandbox, streamed,
                outcome, status, charge, bound, counters, day_starts, day_ends,
                admitted_at, settled_at, total_ms, first_token_ms,
                input, cached, cache_write, cache_write_1h, audio_input, image_input, output, reasoning, audio_output, image_output)
             SELECT $1, e.id, e.project_id, e.key_id, $2, e.model, e.price_id, false, e.streamed, e.outcome, 200,
                e.charge,
                -- What was held: more than it cost, unless it is charged at that.
                CASE e.outcome WHEN 'unknown' THEN e.charge ELSE round(e.charge * 1.6, 12) END,
                ($3::bigint[])[(e.place - 1) * 10 + 1 : e.place * 10], e.day_starts, e.day_ends, e.at,
                e.at + make_interval(secs => e.total_ms / 1000.0), e.total_ms,
                -- As `tell` has it.
                CASE WHEN e.streamed THEN LEAST(e.total_ms * 700::bigint, 160000 + 25 * (e.input + e.cached)
                    + 400 * (abs(hashtext(e.id::text)::bigint) % 1000)) / 1000 END,
                e.input, e.cached, e.cache_write, e.cache_write_1h, e.audio_input, e.image_input, e.output, e.reasoning, e.audio_output, e.image_output
             FROM unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::text[], $8::uuid[], $9::text[], $10::boolean[],
                $11::numeric[], $12::timestamptz[], $13::timestamptz[], $14::timestamptz[], $15::integer[],
                $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[],
                $22::bigint[], $23::bigint[], $24::bigint[], $25::bigint[]) WITH ORDINALITY
                AS e (id, project_id, key_id, model, price_id, outcome, streamed, charge, day_starts, day_ends, at,
                    total_ms, input, cached, cache_write, cache_write_1h, audio_input, image_input, output, reasoning, audio_output, image_output, place)",
            caller.org.uuid(),
            caller.user().unwrap_or(UserId::from_uuid(Uuid::nil())).uuid(),
            &self.counters,
            &self.ids,
            &self.projects,
            &self.keys,
            &self.models,
            &self.prices,
            &self.outcomes,
            &self.streams,
            &self.charges,
            &self.day_starts,
            &self.day_ends,
            &self.at,
            &self.totals,
            &self.classes[0],
            &self.classes[1],
            &self.classes[2],
            &self.classes[3],
            &self.classes[4],
            &self.classes[5],
            &self.classes[6],
            &self.classes[7],
            &self.classes[8],
            &self.classes[9]
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}

/// Counters and deltas from the events.
async fn sum(tx: &mut Tx, org: OrgId) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE counters k SET spent = e.spent, requests = e.requests
         FROM (SELECT c.id, sum(v.charge) AS spent, count(*) AS requests
            FROM events v CROSS JOIN unnest(v.counters) AS c (id) WHERE v.org_id = $1 GROUP BY c.id) e
         WHERE k.id = e.id AND k.org_id = $1",
        org.uuid()
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "INSERT INTO deltas (org_id, quarter, day_starts, day_ends, project_id, key_id, member_id, model,
            sandbox, requests, estimated, charge,
            input, cached, cache_write, cache_write_1h, audio_input, image_input, output, reasoning, audio_output, image_output)
         SELECT org_id, exq_quarter(admitted_at), day_starts, day_ends, project_id, key_id, member_id, model, sandbox,
            count(*), count(*) FILTER (WHERE outcome <> 'answered'), sum(charge),
            sum(input), sum(cached), sum(cache_write), sum(cache_write_1h), sum(audio_input), sum(image_input), sum(output), sum(reasoning), sum(audio_output), sum(image_output)
         FROM events WHERE org_id = $1 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9",
        org.uuid()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How the events may have gone: the time from admission to the last byte is theirs, its parts are made up,
/// each from the event alone.
async fn tell(tx: &mut Tx, org: OrgId) -> Result<(), StoreError> {
    sqlx::query!(
        r#"WITH told AS (
            INSERT INTO stories (org_id, id, project_id, endpoint, choices, stops, tags, read_us, asked_us,
                admitted_us, connected_us, first_byte_us, first_token_us, last_us, timed)
            SELECT s.org_id, s.id, s.project_id, s.endpoint, 1, false, s.tags, s.read, s.read + 150, s.admitted,
                s.connected, CASE WHEN s.streamed THEN s.first - 1500 ELSE s.last - 500 END,
                CASE WHEN s.streamed THEN s.first END, s.last, true
            FROM (
                SELECT e.org_id, e.id, e.project_id, e.streamed, 300 + odd AS read, 1500 + 3 * odd AS admitted,
                    CASE WHEN e.output = 0 THEN '/embeddings' ELSE '/chat/completions' END AS endpoint,
                    CASE WHEN odd % 10 < 7 THEN ARRAY['feature=' || (ARRAY['answers', 'chat', 'drafts', 'search'])[1 + odd % 4]]
                        ELSE '{}' END
                        || ('team=' || (ARRAY['growth', 'platform', 'search'])[1 + abs(hashtext(e.key_id::text)::bigint) % 3]) AS tags,
                    1540 + 3 * odd + CASE WHEN odd % 8 = 0 THEN 18000 + 20 * odd ELSE 0 END AS connected,
                    1500 + 3 * odd + LEAST(e.total_ms * 700::bigint, 160000 + 25 * (e.input + e.cached) + 400 * odd) AS first,
                    1500 + 3 * odd + e.total_ms * 1000::bigint AS last
                FROM events e CROSS JOIN LATERAL (SELECT abs(hashtext(e.id::text)::bigint) % 1000 AS odd) o
                WHERE e.org_id = $1
            ) s
            RETURNING org_id, id, project_id, endpoint, provider_id, max_output, choices, stops, tags, read_us,
                asked_us, admitted_us, connected_us, first_byte_us, first_token_us, last_us
        )
        SELECT exq_ledger_time(array_agg(ROW(t.*)::exq_story)) FROM told t"#,
        org.uuid()
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(())
}

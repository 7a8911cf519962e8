//! Whether the ledger agrees with itself, in one snapshot.

use domain::TokenClass;
use sqlx::{AssertSqlSafe, Row as _};

use super::System;
use crate::{StoreError, shapes::Shape, slices::Grain, tx};

mod tags;

/// The first thing that does not agree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {detail}")]
pub struct Difference {
    /// What was compared.
    pub what: &'static str,
    /// Which row, and both numbers.
    pub detail: String,
}

/// What is compared, and a query that answers one row of text for the first difference.
fn checks() -> [(&'static str, String); 16] {
    [
        (
            "events against deltas and quarters",
            rollup(EVENTS_BY_QUARTER, "quarters", QUARTERS_UNSEALED, "quarter", "quarter"),
        ),
        (
            "events against deltas and days",
            rollup("day_starts", "days", "", "day_starts", "day from"),
        ),
        ("days and quarters against the rollups that keep fewer dimensions", shapes()),
        ("rollups against coarse ones", coarse()),
        ("stories against timings and latencies", STORIES_LATENCIES.to_owned()),
        ("latencies against those of other shapes", LATENCY_SHAPES.to_owned()),
        ("tagged events against deltas and rollups by tag", tags::events()),
        ("rollups by tag against those of other shapes", tags::shapes()),
        ("days by tag against quarters by tag", tags::quarters()),
        ("events against counters", EVENTS_COUNTERS.to_owned()),
        ("charges that do not count for rising", UNEARNED.to_owned()),
        ("intents against what counters hold", INTENTS_COUNTERS.to_owned()),
        ("intents without a node, a project or a key", ORPHAN_INTENTS.to_owned()),
        ("events without a project or a key", ORPHAN_EVENTS.to_owned()),
        ("events outside of the windows that they are booked in", EVENTS_WINDOWS.to_owned()),
        ("what counters remember of their limits", REMEMBERED_AMOUNTS.to_owned()),
    ]
}

/// The token classes' columns.
fn columns() -> String {
    TokenClass::ALL.map(TokenClass::as_str).join(", ")
}

/// The sums of these.
fn sums() -> String {
    TokenClass::ALL.map(|class| format!("sum({})", class.as_str())).join(", ")
}

/// Days and quarters, which keep all dimensions, against the rollups that keep some of them.
fn shapes() -> String {
    let kept = |dimension: &str, column: &str, none: &str| {
        format!("CASE WHEN s.{dimension} THEN u.{column} ELSE {none} END AS {column}")
    };
    let nil = "'00000000-0000-0000-0000-000000000000'::uuid";
    let dimensions = [
        kept("project", "project_id", nil),
        kept("key", "key_id", nil),
        kept("member", "member_id", nil),
        kept("model", "model", "''"),
    ];
    let (all, dimensions) = (all_dimensions(), dimensions.join(", "));
    let finer = format!(
        "SELECT u.org_id, s.shape, u.at, {dimensions}, u.sandbox, {} FROM ({all}) u
            JOIN exq_shapes() s ON s.quarters = (u.shape = {}) GROUP BY 1, 2, 3, 4, 5, 6, 7, 8",
        summed(),
        Grain::Quarters.all_dimensions()
    );
    against(&finer, "rollups")
}

/// Days, quarters and rollups against their sums over longer spans, each length against the next shorter one.
fn coarse() -> String {
    let all = all_dimensions();
    let of = |shape: &str, model: &str, rollups: &str| {
        let columns = columns();
        format!(
            "SELECT ({shape})::smallint, org_id, at, project_id, key_id, member_id, {model}, sandbox, requests, estimated,
                unpriced, charge, {columns} FROM {rollups}"
        )
    };
    let by_key = Shape::BY_KEY;
    let shorter = [
        all,
        of("shape", "model", "rollups"),
        of("shape + 20", "model", "rollups WHERE shape < 10"),
        of("shape + 20", "model", "coarse_rollups WHERE shape BETWEEN 11 AND 14"),
        of("shape + 40", "model", "coarse_rollups WHERE shape BETWEEN 1 AND 6"),
        of(&by_key.to_string(), "''", "coarse_rollups WHERE shape = 10"),
    ];
    let finer = format!(
        "SELECT org_id, shape, exq_coarse(shape, at) AS at, project_id, key_id, member_id, model, sandbox, {}
            FROM ({}) u GROUP BY 1, 2, 3, 4, 5, 6, 7, 8",
        summed(),
        shorter.join(" UNION ALL ")
    );
    against(&finer, "coarse_rollups")
}

/// Days and quarters, by the shapes that they have among coarse rollups.
fn all_dimensions() -> String {
    let of = |grain: Grain, at: &str, table: &str| {
        format!(
            "SELECT {}::smallint AS shape, org_id, {at} AS at, project_id, key_id, member_id, model, sandbox, requests,
                estimated, unpriced, charge, {} FROM {table}",
            grain.all_dimensions(),
            columns()
        )
    };
    let (days, quarters) =
        (of(Grain::Days, "day_starts", "days"), of(Grain::Quarters, "quarter", "quarters"));
    format!("{days} UNION ALL {quarters}")
}

/// The sums that are compared.
fn summed() -> String {
    format!(
        "sum(requests) AS requests, sum(estimated) AS estimated, sum(unpriced) AS unpriced, ARRAY[{}] AS tokens,
            sum(charge) AS charge",
        sums()
    )
}

/// Sums of what is finer against a table of rollups of several shapes.
fn against(finer: &str, rollups: &str) -> String {
    let columns = columns();
    format!(
        "WITH f AS ({finer}),
        r AS (SELECT org_id, shape, at, project_id, key_id, member_id, model, sandbox, requests, estimated, unpriced,
                ARRAY[{columns}]::numeric[] AS tokens, charge FROM {rollups})
        SELECT format('organization %s, shape %s, from %s, project %s, key %s, model %s: finer %s requests %s dollars %s tokens, {rollups} %s requests %s dollars %s tokens',
            org_id, shape, at, project_id, key_id, model, f.requests, f.charge, f.tokens, r.requests, r.charge, r.tokens)
        FROM f FULL JOIN r USING (org_id, shape, at, project_id, key_id, member_id, model, sandbox)
        WHERE (f.requests, f.estimated, f.unpriced, f.tokens, f.charge)
            IS DISTINCT FROM (r.requests, r.estimated, r.unpriced, r.tokens, r.charge)
        ORDER BY org_id, shape, at LIMIT 1"
    )
}

/// Of days with sums of events that are no longer kept, which know no quarters, all is compared by day.
const EVENTS_BY_QUARTER: &str = "CASE WHEN EXISTS (SELECT FROM sealed s WHERE (s.org_id, s.day_starts) = (v.org_id, v.day_starts))
        THEN day_starts ELSE exq_quarter(admitted_at) END";
/// The same of quarters: joined by dates of UTC, of which a day touches few.
const QUARTERS_UNSEALED: &str = "LEFT JOIN (SELECT s.org_id, s.day_starts, s.day_ends, d.date FROM sealed s CROSS JOIN LATERAL
            generate_series(date_trunc('day', s.day_starts, 'UTC'), s.day_ends - interval '1 second', interval '24 hours')
                AS d (date)) s
        ON s.org_id = q.org_id AND s.date = date_trunc('day', q.at, 'UTC') AND q.at >= s.day_starts AND q.at < s.day_ends";

/// Events, by the time that `at` makes of them, and the sums of those that are no longer kept, against a
/// rollup by its column `time` and the deltas that are not folded into it yet. `sealed`: which days of the
/// rollup have such sums, if it is not by day.
fn rollup(at: &str, rollup: &str, sealed: &str, time: &str, called: &str) -> String {
    let (columns, sums) = (columns(), sums());
    let as_sealed = if sealed.is_empty() { "q.at" } else { "COALESCE(s.day_starts, q.at)" };
    format!(
        "WITH sealed AS (SELECT org_id, day_starts, max(day_ends) AS day_ends FROM sealed_days GROUP BY 1, 2),
        e AS (SELECT org_id, at, project_id, key_id, member_id, model, sandbox, sum(requests) AS requests,
                sum(estimated) AS estimated, sum(unpriced) AS unpriced, ARRAY[{sums}] AS tokens, sum(charge) AS charge
            FROM (SELECT org_id, {at} AS at, project_id, key_id, member_id, model, sandbox, 1 AS requests,
                    exq_doubtful(outcome)::integer AS estimated, (price_id IS NULL)::integer AS unpriced, {columns}, charge
                  FROM events v
                  UNION ALL SELECT org_id, day_starts, project_id, key_id, member_id, model, sandbox, requests, estimated,
                    unpriced, {columns}, charge FROM sealed_days) u GROUP BY 1, 2, 3, 4, 5, 6, 7),
        r AS (SELECT q.org_id, {as_sealed} AS at, project_id, key_id, member_id, model, sandbox, sum(requests) AS requests,
                sum(estimated) AS estimated, sum(unpriced) AS unpriced, ARRAY[{sums}] AS tokens, sum(charge) AS charge
            FROM (SELECT org_id, {time} AS at, project_id, key_id, member_id, model, sandbox, requests, estimated,
                    unpriced, {columns}, charge FROM {rollup}
                  UNION ALL SELECT org_id, {time}, project_id, key_id, member_id, model, sandbox, requests, estimated,
                    unpriced, {columns}, charge FROM deltas) q {sealed} GROUP BY 1, 2, 3, 4, 5, 6, 7)
        SELECT format('organization %s, {called} %s, key %s, model %s: events %s requests %s dollars %s tokens, rollups %s requests %s dollars %s tokens',
            org_id, at, key_id, model, e.requests, e.charge, e.tokens, r.requests, r.charge, r.tokens)
        FROM e FULL JOIN r USING (org_id, at, project_id, key_id, member_id, model, sandbox)
        WHERE (e.requests, e.estimated, e.unpriced, e.tokens, e.charge)
            IS DISTINCT FROM (r.requests, r.estimated, r.unpriced, r.tokens, r.charge)
        ORDER BY org_id, at, key_id, model LIMIT 1"
    )
}

const STORIES_LATENCIES: &str = "
WITH s AS (SELECT org_id, day_starts, project_id, model, sum(requests) AS requests
    FROM (SELECT e.org_id, e.day_starts, e.project_id, e.model, 1 AS requests
          FROM stories s JOIN events e USING (org_id, id) WHERE s.timed
          UNION ALL SELECT org_id, day_starts, project_id, model, timed FROM sealed_days WHERE timed <> 0) q
    GROUP BY 1, 2, 3, 4),
    l AS (SELECT org_id, day_starts, project_id, model, sum(requests) AS requests
    FROM (SELECT org_id, at AS day_starts, project_id, model, requests FROM latencies WHERE shape = 2
          UNION ALL SELECT org_id, day_starts, project_id, model, 1 FROM timings) q GROUP BY 1, 2, 3, 4)
SELECT format('organization %s, day from %s, project %s, model %s: stories of %s requests, latencies of %s',
    org_id, day_starts, project_id, model, s.requests, l.requests)
FROM s FULL JOIN l USING (org_id, day_starts, project_id, model)
WHERE s.requests IS DISTINCT FROM l.requests
ORDER BY org_id, day_starts, model LIMIT 1";

const LATENCY_SHAPES: &str = "
WITH l AS (SELECT org_id, model, shape, ARRAY[sum(requests), sum(failed), sum(reading_us), sum(reserving_us),
        sum(connecting_us), sum(waiting_us), sum(answering_us), sum(whole_us), sum(total_64), sum(total_256),
        sum(total_1024), sum(total_4096), sum(total_more), sum(total_unknown), sum(first_token), sum(speed),
        sum(reserving)] AS sums
    FROM latencies GROUP BY 1, 2, 3)
SELECT format('organization %s, model %s: of %s shapes, with %s different sums', org_id, model, count(*), count(DISTINCT sums))
FROM l GROUP BY org_id, model
HAVING count(DISTINCT sums) > 1 OR count(*) < (SELECT count(*) FROM exq_latency_shapes())
ORDER BY org_id, model LIMIT 1";

const EVENTS_COUNTERS: &str = "
WITH e AS (SELECT id, sum(requests) AS requests, sum(spent) AS spent, sum(booked) AS booked
    FROM (SELECT c.id, 1 AS requests, v.charge AS spent, COALESCE(v.booked, v.charge) AS booked
          FROM events v CROSS JOIN unnest(v.counters) AS c (id)
          UNION ALL SELECT counter_id, requests, spent, booked FROM sealed_counters) q GROUP BY id)
SELECT format('counter %s (%s %s, %s from %s): events %s requests %s dollars, counter %s requests %s dollars',
    id, k.scope, k.scope_id, k.period, k.starts, COALESCE(e.requests, 0),
    COALESCE(CASE k.scope WHEN 'usage' THEN e.booked ELSE e.spent END, 0), k.requests, k.spent - k.carried)
FROM e FULL JOIN counters k USING (id)
WHERE (COALESCE(e.requests, 0), COALESCE(CASE k.scope WHEN 'usage' THEN e.booked ELSE e.spent END, 0))
    IS DISTINCT FROM (k.requests, k.spent - k.carried)
ORDER BY id LIMIT 1";

const UNEARNED: &str = "
WITH e AS (SELECT org_id, sum(charge) AS charge
    FROM (SELECT org_id, exq_unearned(sandbox, outcome, charge, booked) AS charge FROM events
          UNION ALL SELECT org_id, unearned FROM sealed_days) q GROUP BY 1),
    u AS (SELECT org_id, sum(charge) AS charge FROM unearned GROUP BY 1)
SELECT format('organization %s: events %s dollars, kept %s dollars', org_id, COALESCE(e.charge, 0), COALESCE(u.charge, 0))
FROM e FULL JOIN u USING (org_id) WHERE COALESCE(e.charge, 0) <> COALESCE(u.charge, 0)
ORDER BY org_id LIMIT 1";

const INTENTS_COUNTERS: &str = "
WITH i AS (SELECT c.id, count(*) AS running, sum(i.bound) AS held
    FROM intents i CROSS JOIN unnest(i.counters) AS c (id) GROUP BY c.id)
SELECT format('counter %s (%s %s, %s from %s): intents %s requests %s dollars, counter %s requests %s dollars',
    id, k.scope, k.scope_id, k.period, k.starts, COALESCE(i.running, 0), COALESCE(i.held, 0), k.running, k.held)
FROM i FULL JOIN counters k USING (id)
WHERE (COALESCE(i.running, 0), COALESCE(i.held, 0)) IS DISTINCT FROM (k.running, k.held)
ORDER BY id LIMIT 1";

/// An untracked key leaves the nil id behind, a playground one that no key has: of version 5.
const ORPHAN_INTENTS: &str = "
SELECT format('request %s of organization %s: node %s, project %s, key %s', i.id, i.org_id, i.node_id, i.project_id, i.key_id)
FROM intents i LEFT JOIN nodes n ON n.id = i.node_id
LEFT JOIN projects p ON (p.org_id, p.id) = (i.org_id, i.project_id)
LEFT JOIN api_keys k ON (k.org_id, k.id) = (i.org_id, i.key_id)
LEFT JOIN personal_keys q ON q.id = i.key_id
WHERE n.id IS NULL OR p.id IS NULL OR (k.id IS NULL AND q.id IS NULL AND i.key_id <> '00000000-0000-0000-0000-000000000000'
    AND substr(i.key_id::text, 15, 1) <> '5')
ORDER BY i.id LIMIT 1";

const ORPHAN_EVENTS: &str = "
SELECT format('request %s of organization %s: project %s, key %s', e.id, e.org_id, e.project_id, e.key_id)
FROM events e LEFT JOIN projects p ON (p.org_id, p.id) = (e.org_id, e.project_id)
LEFT JOIN api_keys k ON (k.org_id, k.id) = (e.org_id, e.key_id)
LEFT JOIN personal_keys q ON q.id = e.key_id
WHERE p.id IS NULL OR (k.id IS NULL AND q.id IS NULL AND e.key_id <> '00000000-0000-0000-0000-000000000000'
    AND substr(e.key_id::text, 15, 1) <> '5')
ORDER BY e.id LIMIT 1";

const EVENTS_WINDOWS: &str = "
SELECT format('request %s, admitted %s, is booked on counter %s (%s %s, %s from %s)', e.id, e.admitted_at, k.id,
    k.scope, k.scope_id, k.period, k.starts)
FROM events e CROSS JOIN unnest(e.counters) AS c (id) JOIN counters k ON k.id = c.id
WHERE e.admitted_at < k.starts OR e.admitted_at >= k.ends OR k.org_id <> e.org_id
    OR (k.scope_id NOT IN (e.org_id, e.project_id, e.key_id)
        AND NOT (k.scope = 'key' AND e.key_id = '00000000-0000-0000-0000-000000000000'))
ORDER BY e.id LIMIT 1";

/// An alarm too early is harmless: it asks, and finds nothing to cross. The usage limit is remembered for
/// a second, whatever is done.
const REMEMBERED_AMOUNTS: &str = "
SELECT format('counter %s (%s %s, %s from %s): remembers amount %s, budget %s revision %s, observed %s, guard %s, alarm %s; is %s, %s %s, %s, %s, %s',
    k.id, k.scope, k.scope_id, k.period, k.starts, k.amount, k.budget_id, k.revision, k.observe, k.most_running, k.alarm_at,
    l.amount, b.id, l.revision, l.observe, g.most, t.alarm_at)
FROM (SELECT exq_now() AS now) n JOIN counters k ON k.known_until > n.now AND k.scope <> 'usage'
LEFT JOIN budgets b ON (b.org_id, b.scope, b.scope_id, b.period) = (k.org_id, k.scope, k.scope_id, k.period)
CROSS JOIN LATERAL (SELECT max(r.amount) AS raised FROM raises r WHERE r.org_id = b.org_id AND r.budget_id = b.id
    AND r.starts <= n.now AND n.now < r.ends) r
CROSS JOIN LATERAL (SELECT COALESCE(b.revision, 0) AS revision, COALESCE(b.observe, false) AS observe,
    GREATEST(b.amount, r.raised) AS amount) l
CROSS JOIN LATERAL (SELECT min(f.fires_at) AS alarm_at FROM thresholds t
    CROSS JOIN LATERAL (SELECT COALESCE(t.amount, round(l.amount * t.percent / 100, 12)) AS fires_at) f
    WHERE (t.org_id, t.scope, t.scope_id, t.period) = (k.org_id, k.scope, k.scope_id, k.period)
    AND NOT EXISTS (SELECT FROM crossings c WHERE (c.org_id, c.kind, c.subject_id, c.counter_id, c.fires_at)
        = (k.org_id, 'threshold', t.id, k.id, f.fires_at))) t
CROSS JOIN LATERAL (SELECT (SELECT a.max_running FROM api_keys a WHERE k.scope = 'key' AND k.period = 'day'
    AND a.org_id = k.org_id AND a.id = k.scope_id) AS most) g
WHERE (k.amount, k.budget_id, k.revision, k.observe, k.most_running)
        IS DISTINCT FROM (l.amount, b.id, l.revision, l.observe, g.most)
    OR COALESCE(k.alarm_at > t.alarm_at, t.alarm_at IS NOT NULL)
ORDER BY k.id LIMIT 1";

impl System<'_> {
    /// Compares events, and the sums of those that are no longer kept, with deltas and rollups and counters,
    /// stories with latencies and rollups by tag, intents with what is held, and budgets, thresholds and guards
    /// with what counters remember of them; answers the first difference.
    pub async fn reconcile(self) -> Result<Option<Difference>, StoreError> {
        let mut tx = tx::snapshot(&self.store.pool).await?;
        for (what, query) in checks() {
            // The query is made of names that stand in this file.
            let query = sqlx::query(AssertSqlSafe(query));
            if let Some(row) = query.fetch_optional(&mut *tx).await? {
                return Ok(Some(Difference { what, detail: row.try_get(0)? }));
            }
        }
        Ok(None)
    }
}

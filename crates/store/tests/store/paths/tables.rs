//! What a batch left in the tables, with names in place of the ids that differ from twin to twin.

use testkit::Database;

use super::twin::Twin;

/// Everything a batch may write, by table; columns that come later are compared as well.
const ROWS: [(&str, &str); 9] = [
    ("counter", "SELECT (to_jsonb(k) - '{org_id,id,known_until,amount,budget_id,revision,observe,most_running,alarm_at}'::text[])::text
         FROM counters k WHERE org_id = $1"),
    ("rate", "SELECT (to_jsonb(r) - '{org_id,id,known_until,limit_revision,most_minute_requests,most_minute_tokens,most_day_requests,most_day_tokens}'::text[])::text
         FROM rates r WHERE org_id = $1"),
    (
        "intent",
        "SELECT (to_jsonb(i) - '{org_id,node_id,epoch,counters,rate_id}'::text[] || jsonb_build_object(
            'rate', (SELECT r.model FROM rates r WHERE r.id = i.rate_id),
            'counters', (SELECT jsonb_agg(jsonb_build_array(k.scope, k.scope_id, k.period, k.starts) ORDER BY u.place)
                FROM unnest(i.counters) WITH ORDINALITY AS u (id, place) JOIN counters k USING (id))))::text
         FROM intents i WHERE org_id = $1",
    ),
    (
        "event",
        "SELECT (to_jsonb(e) - '{org_id,counters,rate_id}'::text[] || jsonb_build_object('counters', (
            SELECT jsonb_agg(jsonb_build_array(k.scope, k.scope_id, k.period, k.starts) ORDER BY u.place)
            FROM unnest(e.counters) WITH ORDINALITY AS u (id, place) JOIN counters k USING (id))))::text
         FROM events e WHERE org_id = $1",
    ),
    ("story", "SELECT (to_jsonb(s) - '{org_id}'::text[])::text FROM stories s WHERE org_id = $1"),
    ("delta", "SELECT (to_jsonb(d) - '{org_id,id}'::text[])::text FROM deltas d WHERE org_id = $1"),
    (
        "crossing",
        "SELECT (to_jsonb(c) - '{org_id,id,counter_id}'::text[]
            || jsonb_build_object('of', jsonb_build_array(k.scope, k.scope_id, k.period, k.starts)))::text
         FROM crossings c JOIN counters k ON k.id = c.counter_id WHERE c.org_id = $1",
    ),
    (
        "mail",
        "SELECT (to_jsonb(o) - '{org_id,id,params}'::text[]
            || jsonb_build_object('params', o.params - 'crossings'))::text FROM outbox o WHERE org_id = $1",
    ),
    (
        "node",
        "SELECT (to_jsonb(n) - '{id,epoch}'::text[])::text FROM nodes n
         WHERE n.id IN (SELECT node_id FROM intents WHERE org_id = $1)",
    ),
];

/// One line for each row, in the order of the alphabet.
pub(super) async fn of(database: &Database, twin: &Twin) -> Vec<String> {
    let mut lines = Vec::new();
    for (table, query) in ROWS {
        let rows: Vec<String> = sqlx::query_scalar(query)
            .bind(twin.tenant.org.uuid())
            .fetch_all(&database.admin)
            .await
            .unwrap();
        for mut row in rows {
            for (id, name) in &twin.names {
                row = row.replace(id, name);
            }
            lines.push(format!("{table} {row}"));
        }
    }
    lines.sort();
    lines
}

//! Whether usage by tag agrees with stories and events, and its rollups with each other.

use super::{columns, sums};

/// Tagged events against rollups by day and what is not folded, of days whose events are all kept. Values that
/// came too late to have rows of their own in a day are one, on both sides.
pub(super) fn events() -> String {
    let (columns, sums) = (columns(), sums());
    let named = |source: &str| {
        format!(
            "SELECT q.org_id, q.tag_key, q.at, CASE WHEN o.at IS NULL OR v.at IS NOT NULL THEN q.tag_value ELSE '' END AS tag_value,
                q.project_id, q.model, q.sandbox, sum(requests) AS requests, sum(estimated) AS estimated,
                sum(unpriced) AS unpriced, ARRAY[{sums}] AS tokens, sum(charge) AS charge
            FROM ({source}) q
            LEFT JOIN own o ON (o.org_id, o.tag_key, o.at, o.tag_value) = (q.org_id, q.tag_key, q.at, '')
            LEFT JOIN own v ON (v.org_id, v.tag_key, v.at, v.tag_value) = (q.org_id, q.tag_key, q.at, q.tag_value)
            WHERE q.at >= (SELECT COALESCE(max(ends) + interval '2 days', '-infinity') FROM dropped_months)
            GROUP BY 1, 2, 3, 4, 5, 6, 7"
        )
    };
    let booked = named(&format!(
        "SELECT org_id, exq_tag_key(tag) AS tag_key, day_starts AS at, exq_tag_value(tag) AS tag_value, e.project_id, model,
            sandbox, 1 AS requests, exq_doubtful(outcome)::integer AS estimated, (price_id IS NULL)::integer AS unpriced,
            {columns}, charge
        FROM stories s JOIN events e USING (org_id, id) CROSS JOIN unnest(s.tags) AS g (tag)"
    ));
    let rolled = named(&format!(
        "SELECT org_id, tag_key, at, tag_value, project_id, model, sandbox, requests, estimated, unpriced, {columns}, charge
            FROM tag_rollups WHERE shape = 4
        UNION ALL SELECT org_id, exq_tag_key(tag), day_starts, exq_tag_value(tag), project_id, model, sandbox, requests,
            estimated, unpriced, {columns}, charge FROM tag_deltas CROSS JOIN unnest(tags) AS g (tag)"
    ));
    format!(
        "WITH own AS (SELECT DISTINCT org_id, tag_key, at, tag_value FROM tag_rollups WHERE shape = 1),
        e AS ({booked}), r AS ({rolled})
        SELECT format('organization %s, day from %s, tag %s=%s, project %s, model %s: events %s requests %s dollars %s tokens, rollups %s requests %s dollars %s tokens',
            org_id, at, tag_key, tag_value, project_id, model, e.requests, e.charge, e.tokens, r.requests, r.charge, r.tokens)
        FROM e FULL JOIN r USING (org_id, tag_key, at, tag_value, project_id, model, sandbox)
        WHERE (e.requests, e.estimated, e.unpriced, e.tokens, e.charge)
            IS DISTINCT FROM (r.requests, r.estimated, r.unpriced, r.tokens, r.charge)
        ORDER BY org_id, at, tag_key, tag_value LIMIT 1"
    )
}

/// Of days and of quarters: the rollups that keep all dimensions against those that keep fewer.
pub(super) fn shapes() -> String {
    let (columns, sums) = (columns(), sums());
    format!(
        "WITH k AS (SELECT q.org_id, s.shape, q.tag_key, CASE s.span WHEN 'ever' THEN '-infinity' ELSE q.at END AS at,
                CASE WHEN s.value THEN q.tag_value ELSE '' END AS tag_value,
                CASE WHEN s.project THEN q.project_id ELSE '00000000-0000-0000-0000-000000000000' END AS project_id,
                CASE WHEN s.model THEN q.model ELSE '' END AS model, q.sandbox, sum(requests) AS requests,
                sum(estimated) AS estimated, sum(unpriced) AS unpriced, ARRAY[{sums}] AS tokens, sum(charge) AS charge
            FROM tag_rollups q JOIN exq_tag_shapes() s ON q.shape = CASE s.span WHEN 'quarter' THEN 14 ELSE 4 END
            GROUP BY 1, 2, 3, 4, 5, 6, 7, 8),
        r AS (SELECT org_id, shape, tag_key, at, tag_value, project_id, model, sandbox, requests, estimated, unpriced,
                ARRAY[{columns}]::numeric[] AS tokens, charge FROM tag_rollups)
        SELECT format('organization %s, shape %s, %s, tag %s=%s: all dimensions %s requests %s dollars %s tokens, kept %s requests %s dollars %s tokens',
            org_id, shape, at, tag_key, tag_value, k.requests, k.charge, k.tokens, r.requests, r.charge, r.tokens)
        FROM k FULL JOIN r USING (org_id, shape, tag_key, at, tag_value, project_id, model, sandbox)
        WHERE (k.requests, k.estimated, k.unpriced, k.tokens, k.charge)
            IS DISTINCT FROM (r.requests, r.estimated, r.unpriced, r.tokens, r.charge)
        ORDER BY org_id, shape, at, tag_key, tag_value LIMIT 1"
    )
}

/// All days together against all quarters together.
pub(super) fn quarters() -> String {
    let sums = sums();
    let of = |shape: i16| {
        format!(
            "SELECT org_id, tag_key, tag_value, project_id, model, sandbox, sum(requests) AS requests,
                sum(estimated) AS estimated, sum(unpriced) AS unpriced, ARRAY[{sums}] AS tokens, sum(charge) AS charge
            FROM tag_rollups WHERE shape = {shape} GROUP BY 1, 2, 3, 4, 5, 6"
        )
    };
    let (days, quarters) = (of(4), of(14));
    format!(
        "WITH d AS ({days}), q AS ({quarters})
        SELECT format('organization %s, tag %s=%s, project %s, model %s: days %s requests %s dollars %s tokens, quarters %s requests %s dollars %s tokens',
            org_id, tag_key, tag_value, project_id, model, d.requests, d.charge, d.tokens, q.requests, q.charge, q.tokens)
        FROM d FULL JOIN q USING (org_id, tag_key, tag_value, project_id, model, sandbox)
        WHERE (d.requests, d.estimated, d.unpriced, d.tokens, d.charge)
            IS DISTINCT FROM (q.requests, q.estimated, q.unpriced, q.tokens, q.charge)
        ORDER BY org_id, tag_key, tag_value LIMIT 1"
    )
}

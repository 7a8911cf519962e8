-- Statements: what was used in a billing cycle, frozen when an owner closes it. What becomes known later is
-- an adjustment, and frozen in its turn on the next statement of a later cycle, so that each cent stands on
-- one statement.
CREATE TABLE statements (
    org_id uuid NOT NULL,
    cycle timestamptz NOT NULL,
    organization text NOT NULL,
    legal_name text NOT NULL,
    email text NOT NULL,
    address text NOT NULL,
    country text NOT NULL,
    tax_id text NOT NULL,
    cost_centre text NOT NULL,
    closed_at timestamptz NOT NULL DEFAULT exq_now(),
    closed_by uuid,
    PRIMARY KEY (org_id, cycle)
);
COMMENT ON TABLE statements IS 'Billing cycles that are closed, and who paid then. Never changed.';
COMMENT ON COLUMN statements.cycle IS 'The first instant of the month''s window.';
COMMENT ON COLUMN statements.legal_name IS 'Of the billing profile, as all up to cost_centre; empty where there was none.';
COMMENT ON COLUMN statements.closed_by IS 'The owner who closed it; none for a program.';

CREATE TABLE statement_lines (
    org_id uuid NOT NULL,
    statement timestamptz NOT NULL,
    cycle timestamptz NOT NULL,
    project_id uuid NOT NULL,
    model text NOT NULL,
    project text NOT NULL,
    requests bigint NOT NULL,
    estimated bigint NOT NULL,
    unpriced bigint NOT NULL,
    input bigint NOT NULL,
    cached bigint NOT NULL,
    cache_write bigint NOT NULL,
    cache_write_1h bigint NOT NULL,
    audio_input bigint NOT NULL,
    image_input bigint NOT NULL,
    output bigint NOT NULL,
    reasoning bigint NOT NULL,
    audio_output bigint NOT NULL,
    image_output bigint NOT NULL,
    charge numeric(30, 12) NOT NULL,
    PRIMARY KEY (org_id, statement, cycle, project_id, model),
    CONSTRAINT statement_lines_statement FOREIGN KEY (org_id, statement) REFERENCES statements (org_id, cycle),
    CONSTRAINT statement_lines_later CHECK (cycle <= statement)
);
COMMENT ON TABLE statement_lines IS 'What a statement says: usage of its own cycle, and adjustments of earlier ones. Never changed.';
COMMENT ON COLUMN statement_lines.cycle IS 'When it was used: the statement''s own cycle, or, of an adjustment, an earlier one. The lines of a cycle on all statements are its usage as it was known at the last of them.';
COMMENT ON COLUMN statement_lines.project IS 'What the project was called then.';
COMMENT ON COLUMN statement_lines.requests IS 'Of an adjustment all numbers are differences, which may be negative.';
CREATE INDEX statement_lines_cycle ON statement_lines (org_id, cycle);

-- What a provider asks for a cycle, to compare with: one invoice for each statement.
CREATE TABLE invoices (
    org_id uuid NOT NULL,
    cycle timestamptz NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT exq_now(),
    PRIMARY KEY (org_id, cycle),
    CONSTRAINT invoices_statement FOREIGN KEY (org_id, cycle) REFERENCES statements (org_id, cycle)
);
COMMENT ON TABLE invoices IS 'Provider''s invoices that owners sent, to compare statements with.';
CREATE TABLE invoice_items (
    org_id uuid NOT NULL,
    cycle timestamptz NOT NULL,
    item text NOT NULL,
    amount numeric(30, 12) NOT NULL,
    PRIMARY KEY (org_id, cycle, item),
    CONSTRAINT invoice_items_invoice FOREIGN KEY (org_id, cycle) REFERENCES invoices (org_id, cycle) ON DELETE CASCADE
);
COMMENT ON COLUMN invoice_items.item IS 'As the invoice has it; its lines added up.';

-- Usage by billing cycle and project and, if wanted, model (else it is empty), of the cycles that begin from
-- `since` on and before `until`, both of which are ends of cycles. Without the sandbox, which nobody bills, and
-- without rehearsals. From rollups of days, and of the days that two cycles share, after a change of zone,
-- from quarters of an hour.
CREATE FUNCTION exq_cycle_usage(org uuid, since timestamptz, until timestamptz, by_model boolean)
RETURNS TABLE (cycle timestamptz, project_id uuid, model text, requests bigint, estimated bigint, unpriced bigint,
    input bigint, cached bigint, cache_write bigint, cache_write_1h bigint, audio_input bigint, image_input bigint,
    output bigint, reasoning bigint, audio_output bigint, image_output bigint, charge numeric)
LANGUAGE sql STABLE AS $$
    WITH cycles AS MATERIALIZED (
        SELECT array_agg(w.starts ORDER BY w.starts) AS starts FROM windows w
        WHERE w.org_id = org AND w.period = 'month' AND w.starts >= since AND w.starts < until
    ), torn AS MATERIALIZED (
        SELECT d.starts, d.ends
        FROM windows m CROSS JOIN LATERAL (
            SELECT w.starts, w.ends FROM windows w
            WHERE w.org_id = org AND w.period = 'day' AND w.starts < m.starts ORDER BY w.starts DESC LIMIT 1) d
        WHERE m.org_id = org AND m.period = 'month' AND m.starts >= since AND m.starts <= until AND m.starts < d.ends
    ), used AS (
        SELECT r.at, r.project_id, r.model, r.requests, r.estimated, r.unpriced, r.input, r.cached, r.cache_write,
            r.cache_write_1h, r.audio_input, r.image_input, r.output, r.reasoning, r.audio_output, r.image_output, r.charge
        FROM rollups r
        WHERE r.org_id = org AND r.shape = CASE WHEN by_model THEN 3 ELSE 1 END AND r.at >= since AND r.at < until
            AND NOT r.sandbox AND r.at NOT IN (SELECT t.starts FROM torn t)
        UNION ALL
        SELECT q.quarter, q.project_id, q.model, q.requests, q.estimated, q.unpriced, q.input, q.cached, q.cache_write,
            q.cache_write_1h, q.audio_input, q.image_input, q.output, q.reasoning, q.audio_output, q.image_output, q.charge
        FROM torn t JOIN quarters q ON q.quarter >= t.starts AND q.quarter < t.ends
        WHERE q.org_id = org AND q.quarter >= since AND q.quarter < until AND NOT q.sandbox
        UNION ALL
        SELECT d.quarter, d.project_id, d.model, d.requests, d.estimated, d.unpriced, d.input, d.cached, d.cache_write,
            d.cache_write_1h, d.audio_input, d.image_input, d.output, d.reasoning, d.audio_output, d.image_output, d.charge
        FROM deltas d
        WHERE d.org_id = org AND d.quarter >= since AND d.quarter < until AND NOT d.sandbox
    )
    SELECT c.starts[width_bucket(u.at, c.starts)], u.project_id, CASE WHEN by_model THEN u.model ELSE '' END,
        sum(u.requests)::bigint, sum(u.estimated)::bigint, sum(u.unpriced)::bigint, sum(u.input)::bigint,
        sum(u.cached)::bigint, sum(u.cache_write)::bigint, sum(u.cache_write_1h)::bigint, sum(u.audio_input)::bigint,
        sum(u.image_input)::bigint, sum(u.output)::bigint, sum(u.reasoning)::bigint, sum(u.audio_output)::bigint,
        sum(u.image_output)::bigint, sum(u.charge)
    FROM used u CROSS JOIN cycles c
    WHERE u.project_id NOT IN (SELECT p.id FROM projects p WHERE p.org_id = org AND p.rehearsal)
    GROUP BY 1, 2, 3
$$;
COMMENT ON FUNCTION exq_cycle_usage IS 'What statements are about: usage by billing cycle, without the sandbox and rehearsals.';

-- Of the same cycles what stands on no statement: their usage less the lines that say it. Nothing where both agree.
CREATE FUNCTION exq_unbilled(org uuid, since timestamptz, until timestamptz)
RETURNS TABLE (cycle timestamptz, project_id uuid, model text, requests bigint, estimated bigint, unpriced bigint,
    input bigint, cached bigint, cache_write bigint, cache_write_1h bigint, audio_input bigint, image_input bigint,
    output bigint, reasoning bigint, audio_output bigint, image_output bigint, charge numeric)
LANGUAGE sql STABLE AS $$
    SELECT b.cycle, b.project_id, b.model, sum(b.requests)::bigint, sum(b.estimated)::bigint, sum(b.unpriced)::bigint,
        sum(b.input)::bigint, sum(b.cached)::bigint, sum(b.cache_write)::bigint, sum(b.cache_write_1h)::bigint,
        sum(b.audio_input)::bigint, sum(b.image_input)::bigint, sum(b.output)::bigint, sum(b.reasoning)::bigint,
        sum(b.audio_output)::bigint, sum(b.image_output)::bigint, sum(b.charge)
    FROM (
        SELECT * FROM exq_cycle_usage(org, since, until, true)
        UNION ALL
        SELECT l.cycle, l.project_id, l.model, -l.requests, -l.estimated, -l.unpriced, -l.input, -l.cached,
            -l.cache_write, -l.cache_write_1h, -l.audio_input, -l.image_input, -l.output, -l.reasoning,
            -l.audio_output, -l.image_output, -l.charge
        FROM statement_lines l WHERE l.org_id = org AND l.cycle >= since AND l.cycle < until
    ) b
    GROUP BY 1, 2, 3
    HAVING (sum(b.requests), sum(b.estimated), sum(b.unpriced), sum(b.input), sum(b.cached), sum(b.cache_write),
        sum(b.cache_write_1h), sum(b.audio_input), sum(b.image_input), sum(b.output), sum(b.reasoning),
        sum(b.audio_output), sum(b.image_output), sum(b.charge)) <> (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
$$;
COMMENT ON FUNCTION exq_unbilled IS 'What of billing cycles stands on no statement yet.';

CALL exq_guard('statements');
CALL exq_guard('statement_lines');
CALL exq_guard('invoices');
CALL exq_guard('invoice_items');
CALL exq_narrow('statements', 'false');
CALL exq_narrow('statement_lines', 'false');
CALL exq_narrow('invoices', 'false');
CALL exq_narrow('invoice_items', 'false');
GRANT SELECT, INSERT ON statements, statement_lines TO exq_tenant;
GRANT SELECT, INSERT ON invoice_items TO exq_tenant;
GRANT SELECT, INSERT, DELETE ON invoices TO exq_tenant;
GRANT SELECT ON statements, statement_lines, invoices, invoice_items TO exq_system;
CALL exq_erasable('statements');
CALL exq_erasable('statement_lines');
CALL exq_erasable('invoices');
CALL exq_erasable('invoice_items');

-- Usage of a long time must not be read day by day, nor days of another zone quarter by quarter: sums of rollups over
-- longer spans, which begin at the same instants whatever the zone. A question reads them where they lie within one of
-- its stretches, and what is finer at the edges. Made as rollups are, by whatever program folds; what was folded before
-- is filled in by the next migration.
CREATE TABLE coarse_rollups (LIKE rollups INCLUDING INDEXES);
COMMENT ON TABLE coarse_rollups IS 'Sums of rollups of the same shape over 16 days (shapes below 10) or an hour; 0 and 10 are days and quarters, with all dimensions.';
COMMENT ON COLUMN coarse_rollups.at IS 'The first instant of the span (exq_coarse): what begins within it is in it.';
CALL exq_guard('coarse_rollups');
CALL exq_narrow('coarse_rollups', 'project_id IN $own');
GRANT SELECT ON coarse_rollups TO exq_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON coarse_rollups TO exq_system;

-- Where the span begins that a day or quarter belongs to.
CREATE FUNCTION exq_coarse(shape smallint, at timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
    SELECT date_bin(CASE WHEN shape < 10 THEN interval '16 days' ELSE interval '1 hour' END, at,
        timestamptz '1970-01-01 00:00:00+00')
$$;

-- Of which dimensions there are such sums: of those that rollups keep (exq_shapes), and of all.
CREATE FUNCTION exq_coarse_shapes(OUT shape smallint, OUT quarters boolean, OUT project boolean, OUT key boolean,
    OUT member boolean, OUT model boolean) RETURNS SETOF record LANGUAGE sql IMMUTABLE AS $$
    SELECT s.* FROM exq_shapes() s
    UNION ALL VALUES (0::smallint, false, true, true, true, true), (10::smallint, true, true, true, true, true)
$$;

-- What a few of very many groups used, stretch by stretch, is looked up by group.
CREATE INDEX rollups_key ON rollups (org_id, key_id, at) WHERE shape = 4;
CREATE INDEX rollups_project_model ON rollups (org_id, project_id, model, at) WHERE shape = 3;

-- What is deleted is summed once by days and once by hours, and the smaller shapes are made of these sums.
CREATE OR REPLACE FUNCTION exq_roll() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    nil CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
BEGIN
    WITH daily AS MATERIALIZED (
        SELECT org_id, day_starts AS at, project_id, key_id, member_id, model, sandbox,
            sum(requests)::bigint AS requests, sum(estimated)::bigint AS estimated, sum(unpriced)::bigint AS unpriced,
            sum(input)::bigint AS input, sum(cached)::bigint AS cached, sum(cache_write)::bigint AS cache_write,
            sum(cache_write_1h)::bigint AS cache_write_1h, sum(audio_input)::bigint AS audio_input,
            sum(image_input)::bigint AS image_input, sum(output)::bigint AS output,
            sum(reasoning)::bigint AS reasoning, sum(audio_output)::bigint AS audio_output,
            sum(image_output)::bigint AS image_output, sum(charge) AS charge
        FROM gone GROUP BY 1, 2, 3, 4, 5, 6, 7
    ), hourly AS MATERIALIZED (
        SELECT org_id, exq_coarse(10::smallint, quarter) AS at, project_id, key_id, member_id, model, sandbox,
            sum(requests)::bigint AS requests, sum(estimated)::bigint AS estimated, sum(unpriced)::bigint AS unpriced,
            sum(input)::bigint AS input, sum(cached)::bigint AS cached, sum(cache_write)::bigint AS cache_write,
            sum(cache_write_1h)::bigint AS cache_write_1h, sum(audio_input)::bigint AS audio_input,
            sum(image_input)::bigint AS image_input, sum(output)::bigint AS output,
            sum(reasoning)::bigint AS reasoning, sum(audio_output)::bigint AS audio_output,
            sum(image_output)::bigint AS image_output, sum(charge) AS charge
        FROM gone GROUP BY 1, 2, 3, 4, 5, 6, 7
    ), fine AS (
        INSERT INTO rollups AS r (org_id, shape, at, project_id, key_id, member_id, model, sandbox,
            requests, estimated, unpriced, input, cached, cache_write, cache_write_1h, audio_input, image_input, output,
            reasoning, audio_output, image_output, charge)
        SELECT g.org_id, s.shape, g.at, CASE WHEN s.project THEN g.project_id ELSE nil END,
            CASE WHEN s.key THEN g.key_id ELSE nil END, CASE WHEN s.member THEN g.member_id ELSE nil END,
            CASE WHEN s.model THEN g.model ELSE '' END, g.sandbox,
            sum(g.requests), sum(g.estimated), sum(g.unpriced), sum(g.input), sum(g.cached), sum(g.cache_write),
            sum(g.cache_write_1h), sum(g.audio_input), sum(g.image_input), sum(g.output), sum(g.reasoning),
            sum(g.audio_output), sum(g.image_output), sum(g.charge)
        FROM (SELECT false AS quarters, * FROM daily
            UNION ALL SELECT true, org_id, quarter, project_id, key_id, member_id, model, sandbox,
                requests, estimated, unpriced, input, cached, cache_write, cache_write_1h, audio_input, image_input,
                output, reasoning, audio_output, image_output, charge
            FROM gone) g JOIN exq_shapes() s USING (quarters)
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
        ON CONFLICT (org_id, shape, at, project_id, key_id, member_id, model, sandbox) DO UPDATE
            SET requests = r.requests + excluded.requests, estimated = r.estimated + excluded.estimated,
                unpriced = r.unpriced + excluded.unpriced, input = r.input + excluded.input,
                cached = r.cached + excluded.cached, cache_write = r.cache_write + excluded.cache_write,
                cache_write_1h = r.cache_write_1h + excluded.cache_write_1h,
                audio_input = r.audio_input + excluded.audio_input,
                image_input = r.image_input + excluded.image_input, output = r.output + excluded.output,
                reasoning = r.reasoning + excluded.reasoning, audio_output = r.audio_output + excluded.audio_output,
                image_output = r.image_output + excluded.image_output, charge = r.charge + excluded.charge
    )
    INSERT INTO coarse_rollups AS r (org_id, shape, at, project_id, key_id, member_id, model, sandbox,
        requests, estimated, unpriced, input, cached, cache_write, cache_write_1h, audio_input, image_input, output,
        reasoning, audio_output, image_output, charge)
    SELECT g.org_id, s.shape, exq_coarse(s.shape, g.at), CASE WHEN s.project THEN g.project_id ELSE nil END,
        CASE WHEN s.key THEN g.key_id ELSE nil END, CASE WHEN s.member THEN g.member_id ELSE nil END,
        CASE WHEN s.model THEN g.model ELSE '' END, g.sandbox,
        sum(g.requests), sum(g.estimated), sum(g.unpriced), sum(g.input), sum(g.cached), sum(g.cache_write),
        sum(g.cache_write_1h), sum(g.audio_input), sum(g.image_input), sum(g.output), sum(g.reasoning),
        sum(g.audio_output), sum(g.image_output), sum(g.charge)
    FROM (SELECT false AS quarters, * FROM daily UNION ALL SELECT true, * FROM hourly) g
    JOIN exq_coarse_shapes() s USING (quarters)
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
    ON CONFLICT (org_id, shape, at, project_id, key_id, member_id, model, sandbox) DO UPDATE
            SET requests = r.requests + excluded.requests, estimated = r.estimated + excluded.estimated,
                unpriced = r.unpriced + excluded.unpriced, input = r.input + excluded.input,
                cached = r.cached + excluded.cached, cache_write = r.cache_write + excluded.cache_write,
                cache_write_1h = r.cache_write_1h + excluded.cache_write_1h,
                audio_input = r.audio_input + excluded.audio_input,
                image_input = r.image_input + excluded.image_input, output = r.output + excluded.output,
                reasoning = r.reasoning + excluded.reasoning, audio_output = r.audio_output + excluded.audio_output,
                image_output = r.image_output + excluded.image_output, charge = r.charge + excluded.charge;
    RETURN NULL;
END $$;

-- As before, but deltas first: what deletes them writes rollups, which are deleted by this.
CREATE OR REPLACE FUNCTION exq_erase(org uuid, most integer) RETURNS boolean LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
DECLARE
    last text[] := ARRAY['memberships', 'service_accounts', 'projects', 'organizations'];
    target record;
    gone bigint;
BEGIN
    PERFORM FROM organizations o WHERE o.org_id = org AND o.closed_at < exq_now() - interval '30 days' FOR UPDATE;
    IF NOT FOUND THEN
        RETURN true;
    END IF;
    UPDATE users SET default_org_id = NULL WHERE default_org_id = org;
    FOR target IN
        SELECT c.oid::regclass AS name, CASE c.relkind WHEN 'p' THEN 'id' ELSE 'ctid' END AS place
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND c.relname <> 'changes' -- its rows tell the nodes of all this, and go by themselves
        ORDER BY array_position(last, c.relname::text) NULLS FIRST, c.relname <> 'deltas', c.relname
    LOOP
        -- A row's place is unique in a table, not in one of partitions.
        EXECUTE format('DELETE FROM %1$s WHERE org_id = $1 AND %2$I = ANY (ARRAY(
            SELECT %2$I FROM %1$s WHERE org_id = $1 LIMIT $2))', target.name, target.place) USING org, most;
        GET DIAGNOSTICS gone = ROW_COUNT;
        IF gone >= most THEN
            RETURN false;
        END IF;
    END LOOP;
    RETURN true;
END $$;

-- Rollups that keep few dimensions, because a page that asks for usage by project must not read a row per
-- key, model and member. They are made when deltas are folded, and folding is what deletes deltas: whichever
-- program folds, of this version or of the one before, each delta counts in each of them once. What was folded
-- before is filled in by the next migration.
CREATE TABLE rollups (
    org_id uuid NOT NULL,
    shape smallint NOT NULL,
    at timestamptz NOT NULL,
    project_id uuid NOT NULL,
    key_id uuid NOT NULL,
    member_id uuid NOT NULL,
    model text NOT NULL,
    sandbox boolean NOT NULL,
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
    PRIMARY KEY (org_id, shape, at, project_id, key_id, member_id, model, sandbox)
);
COMMENT ON TABLE rollups IS 'Usage per day or quarter of an hour by some of the dimensions (exq_shapes); the others are nil or empty.';
COMMENT ON COLUMN rollups.at IS 'The first instant of the day or quarter.';

-- Which dimensions a shape keeps. A reader sees only those that keep the project.
CREATE FUNCTION exq_shapes(OUT shape smallint, OUT quarters boolean, OUT project boolean, OUT key boolean,
    OUT member boolean, OUT model boolean) RETURNS SETOF record LANGUAGE sql IMMUTABLE AS $$
    VALUES (1::smallint, false, true, false, false, false), (2::smallint, false, false, false, false, true),
        (3::smallint, false, true, false, false, true), (4::smallint, false, true, true, true, false),
        (5::smallint, false, false, false, true, false), (11::smallint, true, true, false, false, false),
        (12::smallint, true, false, false, false, true)
$$;

CREATE FUNCTION exq_roll() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    nil CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
BEGIN
    INSERT INTO rollups AS r (org_id, shape, at, project_id, key_id, member_id, model, sandbox, requests, estimated,
        unpriced, input, cached, cache_write, cache_write_1h, audio_input, image_input, output, reasoning,
        audio_output, image_output, charge)
    SELECT g.org_id, s.shape, CASE WHEN s.quarters THEN g.quarter ELSE g.day_starts END,
        CASE WHEN s.project THEN g.project_id ELSE nil END, CASE WHEN s.key THEN g.key_id ELSE nil END,
        CASE WHEN s.member THEN g.member_id ELSE nil END, CASE WHEN s.model THEN g.model ELSE '' END, g.sandbox,
        sum(g.requests), sum(g.estimated), sum(g.unpriced), sum(g.input), sum(g.cached), sum(g.cache_write),
        sum(g.cache_write_1h), sum(g.audio_input), sum(g.image_input), sum(g.output), sum(g.reasoning),
        sum(g.audio_output), sum(g.image_output), sum(g.charge)
    FROM gone g CROSS JOIN exq_shapes() s GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
    ON CONFLICT (org_id, shape, at, project_id, key_id, member_id, model, sandbox) DO UPDATE
        SET requests = r.requests + excluded.requests, estimated = r.estimated + excluded.estimated,
            unpriced = r.unpriced + excluded.unpriced, input = r.input + excluded.input,
            cached = r.cached + excluded.cached, cache_write = r.cache_write + excluded.cache_write,
            cache_write_1h = r.cache_write_1h + excluded.cache_write_1h,
            audio_input = r.audio_input + excluded.audio_input, image_input = r.image_input + excluded.image_input,
            output = r.output + excluded.output, reasoning = r.reasoning + excluded.reasoning,
            audio_output = r.audio_output + excluded.audio_output, image_output = r.image_output + excluded.image_output,
            charge = r.charge + excluded.charge;
    RETURN NULL;
END $$;
CREATE TRIGGER roll AFTER DELETE ON deltas REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION exq_roll();

CALL exq_guard('rollups');
CALL exq_narrow('rollups', 'project_id IN $own');
GRANT SELECT ON rollups TO exq_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON rollups TO exq_system;

-- Usage by tags: each tag of a story counts what its event used. Triggers write that into tag_deltas, whichever
-- program books (of this version or of the one before), as signed differences when an event is replaced or
-- corrected; the scheduler folds them into tag_rollups. A request without a key of tags is in no row of it: what
-- such requests used is the whole less all that has the key.
--
-- A story comes behind its event, both under the locks of the event's counters, as everything that replaces an
-- event. So one sees the other, and each is counted once: an event without a story counts when that is told, with
-- what it is then; one with a story by what changes in it.
CREATE TABLE tag_deltas (
    org_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    quarter timestamptz NOT NULL,
    day_starts timestamptz NOT NULL,
    tags text[] NOT NULL,
    project_id uuid NOT NULL,
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
    PRIMARY KEY (org_id, id)
);
COMMENT ON TABLE tag_deltas IS 'What one tagged request used, or what changed in that when it was replaced, not yet folded into tag_rollups.';
COMMENT ON COLUMN tag_deltas.tags IS 'As stories have them. Taking them apart is for who folds or looks, for here requests wait.';

CREATE TABLE tag_rollups (
    org_id uuid NOT NULL,
    shape smallint NOT NULL,
    tag_key text NOT NULL,
    at timestamptz NOT NULL,
    tag_value text NOT NULL,
    project_id uuid NOT NULL,
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
    PRIMARY KEY (org_id, shape, tag_key, at, tag_value, project_id, model, sandbox)
);
COMMENT ON TABLE tag_rollups IS 'Rollup: usage by tag, per day, per quarter of an hour and of all time, by some of the dimensions (exq_tag_shapes); the others are nil or empty.';
COMMENT ON COLUMN tag_rollups.at IS 'The first instant of the day or quarter; -infinity for all time.';
COMMENT ON COLUMN tag_rollups.tag_value IS 'Empty, as no tag''s value is: all values past the first thousand of a key and day, or a shape that keeps none.';

-- Which dimensions a shape keeps, and of what time. A reader sees only those that keep the project.
CREATE FUNCTION exq_tag_shapes(OUT shape smallint, OUT span text, OUT value boolean, OUT project boolean, OUT model boolean)
    RETURNS SETOF record LANGUAGE sql IMMUTABLE AS $$
    VALUES (0::smallint, 'ever', false, true, false), (1::smallint, 'day', true, false, false),
        (2::smallint, 'day', true, true, false), (3::smallint, 'day', true, false, true),
        (4::smallint, 'day', true, true, true), (11::smallint, 'quarter', true, false, false),
        (14::smallint, 'quarter', true, true, true)
$$;

-- A tag's text in two: no key has a "=", a value may.
CREATE FUNCTION exq_tag_key(tag text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT split_part(tag, '=', 1) $$;
CREATE FUNCTION exq_tag_value(tag text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT substr(tag, strpos(tag, '=') + 1) $$;

-- What came first is folded first, whoever has many.
CREATE INDEX tag_deltas_oldest ON tag_deltas (id);
CALL exq_guard('tag_deltas');
CALL exq_guard('tag_rollups');
CALL exq_narrow('tag_deltas', 'project_id IN $own');
CALL exq_narrow('tag_rollups', 'project_id IN $own');
GRANT SELECT ON tag_deltas, tag_rollups TO exq_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON tag_deltas, tag_rollups TO exq_system;

-- Of stories that were just told. Requests wait for it: without tags it is over at once.
CREATE FUNCTION exq_tags_told() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM told t WHERE t.tags <> '{}') THEN
        INSERT INTO tag_deltas (org_id, quarter, day_starts, tags, project_id, model, sandbox, requests,
            estimated, unpriced, input, cached, cache_write, cache_write_1h, audio_input, image_input, output, reasoning,
            audio_output, image_output, charge)
        SELECT e.org_id, exq_quarter(e.admitted_at), e.day_starts, t.tags, e.project_id, e.model, e.sandbox, 1,
            exq_doubtful(e.outcome)::integer, (e.price_id IS NULL)::integer, e.input, e.cached, e.cache_write,
            e.cache_write_1h, e.audio_input, e.image_input, e.output, e.reasoning, e.audio_output, e.image_output, e.charge
        FROM told t JOIN events e ON e.org_id = t.org_id AND e.id = t.id WHERE t.tags <> '{}';
    END IF;
    RETURN NULL;
END $$;

-- Of events that were replaced: what they are now, less what they were.
CREATE FUNCTION exq_tags_replaced() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO tag_deltas (org_id, quarter, day_starts, tags, project_id, model, sandbox, requests,
        estimated, unpriced, input, cached, cache_write, cache_write_1h, audio_input, image_input, output, reasoning,
        audio_output, image_output, charge)
    SELECT b.org_id, exq_quarter(b.admitted_at), b.day_starts, s.tags, b.project_id, b.model, b.sandbox, 0,
        exq_doubtful(a.outcome)::integer - exq_doubtful(b.outcome)::integer,
        (a.price_id IS NULL)::integer - (b.price_id IS NULL)::integer, a.input - b.input, a.cached - b.cached,
        a.cache_write - b.cache_write, a.cache_write_1h - b.cache_write_1h, a.audio_input - b.audio_input,
        a.image_input - b.image_input, a.output - b.output, a.reasoning - b.reasoning, a.audio_output - b.audio_output,
        a.image_output - b.image_output, a.charge - b.charge
    FROM was b JOIN became a ON a.org_id = b.org_id AND a.id = b.id
    JOIN stories s ON s.org_id = b.org_id AND s.id = b.id
    WHERE s.tags <> '{}' AND (a.outcome, a.charge, a.price_id, a.input, a.cached, a.cache_write, a.cache_write_1h, a.audio_input,
            a.image_input, a.output, a.reasoning, a.audio_output, a.image_output)
        IS DISTINCT FROM (b.outcome, b.charge, b.price_id, b.input, b.cached, b.cache_write, b.cache_write_1h,
            b.audio_input, b.image_input, b.output, b.reasoning, b.audio_output, b.image_output);
    RETURN NULL;
END $$;

-- Last of all, because settlements wait while it waits for its locks and has them; in their order, events first.
CREATE TRIGGER tags_replaced AFTER UPDATE ON events REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION exq_tags_replaced();
CREATE TRIGGER tags_told AFTER INSERT ON stories REFERENCING NEW TABLE AS told
    FOR EACH STATEMENT EXECUTE FUNCTION exq_tags_told();

-- The usage limit is the installation's: a correction, which is an owner's, moves neither it nor what
-- raises the tier.
ALTER TABLE events ADD COLUMN booked numeric(30, 12);
COMMENT ON COLUMN events.booked IS 'Of a corrected request: what it had been charged. The usage limit counts that.';

-- Replaces what an event was booked with, and its share of the rollups. Its counters, which are locked
-- already, are the caller's to move. p_tokens: ten, one for each class.
CREATE OR REPLACE FUNCTION exq_ledger_replace(
    p_org uuid, p_id uuid, p_charge numeric, p_tokens bigint[], p_outcome text, p_now timestamptz
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v events;
BEGIN
    SELECT * INTO v FROM events e WHERE e.org_id = p_org AND e.id = p_id FOR UPDATE;
    UPDATE events e SET charge = p_charge, input = p_tokens[1], cached = p_tokens[2], cache_write = p_tokens[3],
        cache_write_1h = p_tokens[4], audio_input = p_tokens[5], image_input = p_tokens[6], output = p_tokens[7],
        reasoning = p_tokens[8], audio_output = p_tokens[9], image_output = p_tokens[10],
        outcome = p_outcome, settled_at = p_now,
        booked = CASE WHEN p_outcome = 'corrected' THEN v.charge END
        WHERE e.org_id = p_org AND e.id = p_id;
    INSERT INTO deltas (org_id, quarter, day_starts, day_ends, project_id, key_id, member_id, model, sandbox,
            requests, estimated, input, cached, cache_write, cache_write_1h, audio_input, image_input, output,
            reasoning, audio_output, image_output, charge)
        VALUES (p_org, exq_quarter(v.admitted_at), v.day_starts, v.day_ends, v.project_id, v.key_id, v.member_id,
            v.model, v.sandbox, 0, exq_doubtful(p_outcome)::integer - exq_doubtful(v.outcome)::integer,
            p_tokens[1] - v.input, p_tokens[2] - v.cached, p_tokens[3] - v.cache_write, p_tokens[4] - v.cache_write_1h,
            p_tokens[5] - v.audio_input, p_tokens[6] - v.image_input, p_tokens[7] - v.output,
            p_tokens[8] - v.reasoning, p_tokens[9] - v.audio_output, p_tokens[10] - v.image_output,
            p_charge - v.charge);
END $$;

-- Few keys have a guard of requests at once; each batch asks whether one of its organizations has any.
CREATE INDEX api_keys_guarded ON api_keys (org_id) WHERE max_running IS NOT NULL;

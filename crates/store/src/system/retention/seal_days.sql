-- What the events between two ids came to, per day of the organization. Added to what is there: a day in which
-- one month ended and the next began has events of both.
INSERT INTO sealed_days AS s (org_id, day_starts, day_ends, project_id, key_id, member_id, model, sandbox, requests,
    estimated, unpriced, timed, input, cached, cache_write, cache_write_1h, audio_input, image_input, output, reasoning,
    audio_output, image_output, charge, unearned)
SELECT e.org_id, e.day_starts, max(e.day_ends), e.project_id, e.key_id, e.member_id, e.model, e.sandbox, count(*),
    count(*) FILTER (WHERE exq_doubtful(e.outcome)), count(*) FILTER (WHERE e.price_id IS NULL),
    count(*) FILTER (WHERE t.timed), sum(e.input), sum(e.cached), sum(e.cache_write), sum(e.cache_write_1h),
    sum(e.audio_input), sum(e.image_input), sum(e.output), sum(e.reasoning), sum(e.audio_output), sum(e.image_output),
    sum(e.charge), COALESCE(sum(COALESCE(e.booked, e.charge))
        FILTER (WHERE NOT e.sandbox AND (exq_doubtful(e.outcome) OR e.outcome = 'corrected')), 0)
FROM events e LEFT JOIN stories t ON t.org_id = e.org_id AND t.id = e.id AND t.id >= $1 AND t.id < $2
WHERE e.id >= $1 AND e.id < $2
GROUP BY e.org_id, e.day_starts, e.project_id, e.key_id, e.member_id, e.model, e.sandbox
ON CONFLICT (org_id, day_starts, project_id, key_id, member_id, model, sandbox) DO UPDATE
    SET requests = s.requests + excluded.requests, estimated = s.estimated + excluded.estimated,
        unpriced = s.unpriced + excluded.unpriced, timed = s.timed + excluded.timed, input = s.input + excluded.input,
        cached = s.cached + excluded.cached, cache_write = s.cache_write + excluded.cache_write,
        cache_write_1h = s.cache_write_1h + excluded.cache_write_1h, audio_input = s.audio_input + excluded.audio_input,
        image_input = s.image_input + excluded.image_input, output = s.output + excluded.output,
        reasoning = s.reasoning + excluded.reasoning, audio_output = s.audio_output + excluded.audio_output,
        image_output = s.image_output + excluded.image_output, charge = s.charge + excluded.charge,
        unearned = s.unearned + excluded.unearned

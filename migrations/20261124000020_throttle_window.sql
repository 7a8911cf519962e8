-- Failures are counted in windows that begin with the first one: without its instant, one failure
-- every ten minutes would never be forgotten.
ALTER TABLE throttles ADD COLUMN since timestamptz NOT NULL DEFAULT exq_now();
COMMENT ON COLUMN throttles.since IS 'When the first of the counted failures happened.';

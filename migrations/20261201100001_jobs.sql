-- What happens at its times, once among all nodes. A node claims a job for a while, does it, and finishes
-- it under the number of its attempt: who was away so long that another one claimed it finishes nothing. What
-- a job brings about beyond rows that are made or gone once anyway is written where it is finished.
CREATE TABLE jobs (
    name text PRIMARY KEY,
    next_due timestamptz NOT NULL,
    attempt bigint NOT NULL DEFAULT 0,
    node_id uuid,
    started_at timestamptz,
    until timestamptz,
    failures integer NOT NULL DEFAULT 0,
    failed_at timestamptz,
    error text
);
COMMENT ON TABLE jobs IS 'What happens at its times, once among all nodes.';
COMMENT ON COLUMN jobs.attempt IS 'The number of the attempt that may finish it.';
COMMENT ON COLUMN jobs.until IS 'Before this nobody else claims it: a claim, or the pause after a failure.';
COMMENT ON COLUMN jobs.failures IS 'In a row.';
COMMENT ON COLUMN jobs.error IS 'Of the last failure, which may be long over.';

CREATE TABLE occurrences (
    job text NOT NULL,
    due timestamptz NOT NULL,
    node_id uuid NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    said text NOT NULL,
    alarm boolean NOT NULL,
    PRIMARY KEY (job, due)
);
COMMENT ON TABLE occurrences IS 'Jobs that were done, the last hundred of each.';
COMMENT ON COLUMN occurrences.due IS 'For when; of times that nobody was there for, the last.';
COMMENT ON COLUMN occurrences.alarm IS 'Something is wrong that the operator must see to.';

CREATE TABLE loops (
    name text PRIMARY KEY,
    done_at timestamptz,
    failed_at timestamptz,
    error text
);
COMMENT ON TABLE loops IS 'What every node does all the time: when one last did, and when one last could not. Told about once a minute.';

GRANT SELECT, INSERT, UPDATE, DELETE ON jobs, occurrences, loops TO exq_system;

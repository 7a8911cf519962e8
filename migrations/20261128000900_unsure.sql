-- Where a mail was handed over whole and the answer was lost, nobody can know whether it arrived. It
-- is sent once more, and whoever looks at it must see that it may have arrived twice.
ALTER TABLE outbox ADD COLUMN unsure integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN outbox.unsure IS 'Tries after which the server may have the mail though nobody heard its answer.';

-- Charges that do not count for rising to a tier (estimated ones and corrected ones, none of the sandbox), as sums
-- that pages can read: their number grows with the history. Triggers add to them, whichever program books; what was
-- booked before is added by the next migration.
CREATE TABLE unearned (
    org_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    charge numeric(30, 12) NOT NULL,
    PRIMARY KEY (org_id, id)
);
COMMENT ON TABLE unearned IS 'Charges that do not count for rising to a tier: all rows of an organization together, put into one now and then.';
CALL exq_guard('unearned');
CALL exq_narrow('unearned', 'false');
GRANT SELECT ON unearned TO exq_tenant;
GRANT SELECT, INSERT, DELETE ON unearned TO exq_system;

-- What of an event's charge is so.
CREATE FUNCTION exq_unearned(sandbox boolean, outcome text, charge numeric, booked numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN NOT sandbox AND outcome IN ('estimated', 'unknown', 'interrupted', 'corrected')
        THEN COALESCE(booked, charge) ELSE 0 END
$$;

-- Requests wait for it: where all was answered it is over at once.
CREATE FUNCTION exq_unearned_booked() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM booked b WHERE b.outcome <> 'answered') THEN
        INSERT INTO unearned (org_id, charge)
        SELECT b.org_id, sum(exq_unearned(b.sandbox, b.outcome, b.charge, b.booked)) FROM booked b
        GROUP BY b.org_id HAVING sum(exq_unearned(b.sandbox, b.outcome, b.charge, b.booked)) <> 0;
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION exq_unearned_replaced() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO unearned (org_id, charge)
    SELECT d.org_id, sum(d.charge) FROM (
        SELECT b.org_id, exq_unearned(b.sandbox, b.outcome, b.charge, b.booked) AS charge FROM became b
        UNION ALL SELECT w.org_id, -exq_unearned(w.sandbox, w.outcome, w.charge, w.booked) FROM was w) d
    GROUP BY d.org_id HAVING sum(d.charge) <> 0;
    RETURN NULL;
END $$;

-- Last of all, because settlements wait while it waits for its lock and has it.
CREATE TRIGGER unearned_booked AFTER INSERT ON events REFERENCING NEW TABLE AS booked
    FOR EACH STATEMENT EXECUTE FUNCTION exq_unearned_booked();
CREATE TRIGGER unearned_replaced AFTER UPDATE ON events REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION exq_unearned_replaced();

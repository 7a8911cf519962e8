-- What was booked before the triggers were there: all of it, less what they have written since. One statement, and
-- so of one instant.
-- Whoever migrates sees no row of these tables.
SET LOCAL ROLE exq_system;
INSERT INTO unearned (org_id, charge)
SELECT org_id, sum(charge) FROM (
    SELECT org_id, COALESCE(booked, charge) AS charge FROM events
        WHERE NOT sandbox AND outcome IN ('estimated', 'unknown', 'interrupted', 'corrected')
    UNION ALL SELECT org_id, unearned FROM sealed_days WHERE unearned <> 0
    UNION ALL SELECT org_id, -charge FROM unearned) q
GROUP BY org_id HAVING sum(charge) <> 0;
RESET ROLE;

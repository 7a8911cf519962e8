-- What the pages of budgets ask: raises that ended, requests whose charge an owner may correct.

CALL exq_narrow('raises', 'budget_id IN (SELECT b.id FROM budgets b)');
CREATE INDEX raises_told ON raises (ends) WHERE NOT ended_told;
COMMENT ON INDEX raises_told IS 'Finds raises whose end is to be told.';
CREATE INDEX events_doubtful ON events (org_id, id) WHERE outcome IN ('unknown', 'interrupted', 'estimated');
COMMENT ON INDEX events_doubtful IS 'Finds requests that were booked at their bound or estimated.';

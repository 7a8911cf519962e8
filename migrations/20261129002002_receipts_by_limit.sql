-- How often each budget refused in its window, asked for all budgets at once.
CREATE INDEX receipts_limit ON receipts (org_id, limit_id, quarter);

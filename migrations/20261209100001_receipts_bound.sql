-- What the request could have cost at most: whoever reads why it was refused with money left finds the number that did not
-- fit. Receipts that are older, or from a node of an earlier version, have none.
ALTER TABLE receipts ADD COLUMN bound numeric(30, 12);
COMMENT ON COLUMN receipts.bound IS 'Of a budget or the usage limit: what the first request that was refused could have cost, at most.';

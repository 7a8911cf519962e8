-- Sums of what fits a bigint, checked at each addition. sum(bigint) adds wider numbers and makes a numeric of each
-- sum: for a page's thirteen sums by hundreds of groups that takes as long as to read the rows. Where two numbers are
-- too large together, it fails, even if a third would make them smaller.
CREATE AGGREGATE exq_sum(bigint) (SFUNC = int8pl, STYPE = bigint, COMBINEFUNC = int8pl, PARALLEL = SAFE);

-- A file is of what its asker saw: one who sees less when a piece is written would get a part of it that looks like all, and
-- one who sees less when it is ready would get more than the pages show.
ALTER TABLE exports ADD COLUMN projects uuid[];
COMMENT ON COLUMN exports.projects IS 'Of a reader: the own projects at asking, in order. None for who saw the whole organization.';

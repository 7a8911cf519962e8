-- Files that are written piece by piece while nobody waits for them.
CREATE TABLE exports (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    file text NOT NULL,
    query text NOT NULL,
    ask jsonb NOT NULL,
    pieces integer NOT NULL CHECK (pieces > 0),
    written integer NOT NULL DEFAULT 0 CHECK (written BETWEEN 0 AND pieces),
    lines bigint NOT NULL DEFAULT 0,
    bytes bigint NOT NULL DEFAULT 0,
    tries integer NOT NULL DEFAULT 0,
    asked_at timestamptz NOT NULL DEFAULT exq_now(),
    turn_at timestamptz NOT NULL DEFAULT exq_now(),
    ended_at timestamptz,
    PRIMARY KEY (org_id, id),
    CONSTRAINT exports_person FOREIGN KEY (org_id, user_id) REFERENCES memberships (org_id, user_id) ON DELETE CASCADE,
    CHECK (ended_at IS NOT NULL OR written < pieces)
);
COMMENT ON TABLE exports IS 'Files that members asked for. A member''s go with the membership.';
COMMENT ON COLUMN exports.query IS 'The question that the page was asked, after the question mark.';
COMMENT ON COLUMN exports.ask IS 'The same question as the writer reads it: nothing in it moves on with time.';
COMMENT ON COLUMN exports.pieces IS 'How many pieces it has. Ended with fewer written, it could not be written.';
COMMENT ON COLUMN exports.tries IS 'How often the piece that is next was begun.';
COMMENT ON COLUMN exports.turn_at IS 'Whose turn is the longest ago is written next. A node that begins a piece moves it a minute ahead.';
CREATE INDEX exports_member ON exports (org_id, user_id, id);
CREATE INDEX exports_next ON exports (turn_at) WHERE ended_at IS NULL;
CREATE INDEX exports_asked ON exports (asked_at);
CALL exq_guard('exports');
CALL exq_narrow('exports', 'user_id = (SELECT exq_reader())');
GRANT SELECT, INSERT, DELETE ON exports TO exq_tenant;
GRANT SELECT, UPDATE, DELETE ON exports TO exq_system;

CREATE TABLE export_pieces (
    org_id uuid NOT NULL,
    export_id uuid NOT NULL,
    place integer NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (org_id, export_id, place),
    FOREIGN KEY (org_id, export_id) REFERENCES exports (org_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE export_pieces IS 'What is written of a file, in the order of places.';
CALL exq_guard('export_pieces');
CALL exq_narrow('export_pieces', 'export_id IN (SELECT x.id FROM exports x WHERE x.org_id = (SELECT exq_org()) AND x.user_id = (SELECT exq_reader()))');
GRANT SELECT ON export_pieces TO exq_tenant;
GRANT SELECT, INSERT, DELETE ON export_pieces TO exq_system;

-- What an organization uses in all, by day and by quarter of an hour, which most pages draw: it was summed from a row for
-- each model. What was folded before is filled in by the next migration.
CREATE OR REPLACE FUNCTION exq_shapes(OUT shape smallint, OUT quarters boolean, OUT project boolean, OUT key boolean,
    OUT member boolean, OUT model boolean) RETURNS SETOF record LANGUAGE sql IMMUTABLE AS $$
    VALUES (1::smallint, false, true, false, false, false), (2::smallint, false, false, false, false, true),
        (3::smallint, false, true, false, false, true), (4::smallint, false, true, true, true, false),
        (5::smallint, false, false, false, true, false), (6::smallint, false, false, false, false, false),
        (11::smallint, true, true, false, false, false), (12::smallint, true, false, false, false, true),
        (13::smallint, true, false, false, false, false)
$$;

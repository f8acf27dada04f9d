-- The first example of SQLAlchemy's versioned_rows_w_versionid, "simple
-- versioning": the table that it makes, its statements, its assertion.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;

CREATE TABLE example (
	id integer NOT NULL,
	version_id integer NOT NULL,
	is_current_version boolean,
	data varchar,
	PRIMARY KEY (id, version_id)
);
SELECT versioned_rows.enable('example');

-- e1 = Example(id=1, data="e1"); session.add(e1); session.commit()
INSERT INTO example (id, data) VALUES (1, 'e1');

-- e1.data = "e2"; session.commit()
UPDATE example SET data = 'e2' WHERE id = 1 AND version_id = 1;

-- assert session.query(...).order_by(Example.id, Example.version_id).all() ==
--     [(1, 1, False, False, "e1"), (1, 2, True, True, "e2")]
SELECT e.id, e.version_id, e.is_current_version, e.calc_is_current_version,
	e.data
FROM example e
ORDER BY e.id, e.version_id;

DO $$
BEGIN
	ASSERT (SELECT array_agg((e.id, e.version_id, e.is_current_version,
							  e.calc_is_current_version, e.data)::text
							 ORDER BY e.id, e.version_id)
			FROM example e) =
		ARRAY['(1,1,f,f,e1)', '(1,2,t,t,e2)'];
END
$$;

DROP TABLE example;
DROP EXTENSION versioned_rows;

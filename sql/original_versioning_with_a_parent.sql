-- The second example of SQLAlchemy's versioned_rows_w_versionid, "versioning
-- with a parent": its tables, its statements, its assertions.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;

CREATE TABLE child (
	id integer NOT NULL,
	version_id integer NOT NULL,
	is_current_version boolean,
	data varchar,
	PRIMARY KEY (id, version_id)
);
CREATE TABLE parent (
	id serial PRIMARY KEY,
	child_id integer,
	child_version_id integer,
	FOREIGN KEY (child_id, child_version_id) REFERENCES child (id, version_id)
		ON UPDATE CASCADE
);
SELECT versioned_rows.enable('child');

-- p1 = Parent(child=Child(id=1, data="c1")); session.add(p1); session.commit()
INSERT INTO child (id, data) VALUES (1, 'c1') RETURNING id, version_id;
INSERT INTO parent (child_id, child_version_id) VALUES (1, 1);

-- p1.child.data = "c2"; session.commit()
UPDATE child SET data = 'c2' WHERE id = 1 AND version_id = 1;

-- assert p1.child_id == 1
-- assert p1.child.version_id == 2
SELECT p.child_id, c.version_id
FROM parent p JOIN child c
	ON (c.id, c.version_id) = (p.child_id, p.child_version_id);

-- assert session.query(...).order_by(Child.id, Child.version_id).all() ==
--     [(1, 1, False, False, "c1"), (1, 2, True, True, "c2")]
SELECT c.id, c.version_id, c.is_current_version, c.calc_is_current_version,
	c.data
FROM child c
ORDER BY c.id, c.version_id;

DO $$
BEGIN
	ASSERT (SELECT child_id FROM parent) = 1;
	ASSERT (SELECT c.version_id
			FROM parent p JOIN child c
				ON (c.id, c.version_id) = (p.child_id, p.child_version_id)) = 2;
	ASSERT (SELECT array_agg((c.id, c.version_id, c.is_current_version,
							  c.calc_is_current_version, c.data)::text
							 ORDER BY c.id, c.version_id)
			FROM child c) =
		ARRAY['(1,1,f,f,c1)', '(1,2,t,t,c2)'];
END
$$;

DROP TABLE parent, child;
DROP EXTENSION versioned_rows;

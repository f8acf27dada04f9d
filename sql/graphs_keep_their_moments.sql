-- A versioned row that follows others gets one version of its own when they
-- move, and its old versions keep the old targets, whatever the graph.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;

-- An order with lines that have notes: the graph of any moment by plain joins.
CREATE TABLE orders (id int PRIMARY KEY, customer text);
CREATE TABLE line (id int PRIMARY KEY, order_id int, item text);
CREATE TABLE note (id int PRIMARY KEY, line_id int, remark text);
SELECT versioned_rows.enable(c) FROM unnest('{orders,line,note}'::regclass[]) c;
SELECT versioned_rows.add_reference('line', '{order_id}', 'orders', 'follow');
SELECT versioned_rows.add_reference('note', '{line_id}', 'line', 'follow');
CREATE VIEW graph AS
SELECT o.version_id AS ov, o.customer, l.id AS line, l.version_id AS lv, l.item, n.id AS note, n.version_id AS nv, n.remark
FROM orders o
	 JOIN line l ON (l.order_id, l.order_version_id) = (o.id, o.version_id)
	 LEFT JOIN note n ON (n.line_id, n.line_version_id) = (l.id, l.version_id)
ORDER BY o.version_id, l.id, l.version_id, n.id, n.version_id;
INSERT INTO orders VALUES (1, 'Ann');
INSERT INTO line VALUES (1, 1, 'pen'), (2, 1, 'ink');
INSERT INTO note VALUES (1, 1, 'blue');
UPDATE orders SET customer = 'Bob';
UPDATE line SET item = 'pencil' WHERE id = 1;
UPDATE note SET remark = 'red';
TABLE graph;

-- One statement that moves a target and what follows it.
UPDATE line SET item = upper(item), order_id = order_id;
TABLE graph;

-- A diamond: d follows a by two ways, and e follows it by two keys.
CREATE TABLE a (id int PRIMARY KEY, t text);
CREATE TABLE b (id int PRIMARY KEY, a_id int);
CREATE TABLE c (id int PRIMARY KEY, a_id int);
CREATE TABLE d (id int PRIMARY KEY, b_id int, c_id int);
CREATE TABLE e (id int PRIMARY KEY, a_id int, other_id int);
SELECT versioned_rows.enable(x) FROM unnest('{a,b,c,d,e}'::regclass[]) x;
SELECT versioned_rows.add_reference('b', '{a_id}', 'a', 'follow');
SELECT versioned_rows.add_reference('c', '{a_id}', 'a', 'follow');
SELECT versioned_rows.add_reference('d', '{b_id}', 'b', 'follow');
SELECT versioned_rows.add_reference('d', '{c_id}', 'c', 'follow');
SELECT versioned_rows.add_reference('e', '{a_id}', 'a', 'follow');
SELECT versioned_rows.add_reference('e', '{other_id}', 'a', 'follow');
INSERT INTO a VALUES (1, 'one'), (2, 'two');
INSERT INTO b VALUES (1, 1);
INSERT INTO c VALUES (1, 1);
INSERT INTO d VALUES (1, 1, 1);
INSERT INTO e VALUES (1, 1, 1), (2, 1, 2);
UPDATE a SET t = upper(t);
TABLE d ORDER BY id, version_id;
TABLE e ORDER BY id, version_id;

-- A transaction that moves a target twice: a makes two versions, what follows
-- makes one, which ends at the last.
BEGIN;
UPDATE a SET t = 'first' WHERE id = 1;
UPDATE a SET t = 'second' WHERE id = 1;
COMMIT;
TABLE b ORDER BY version_id;
TABLE d ORDER BY version_id;

-- A version that others know is never changed: not after an UPDATE that made
-- no version, nor after a savepoint was rolled back.
BEGIN;
UPDATE b SET a_id = a_id;
UPDATE a SET t = 'third' WHERE id = 1;
COMMIT;
BEGIN;
SAVEPOINT s;
UPDATE a SET t = 'never' WHERE id = 1;
ROLLBACK TO s;
UPDATE a SET t = 'fourth' WHERE id = 1;
COMMIT;
BEGIN;
UPDATE a SET t = 'fifth' WHERE id = 1;
SAVEPOINT s;
UPDATE a SET t = 'sixth' WHERE id = 1;
SAVEPOINT t;
UPDATE a SET t = 'never' WHERE id = 1;
ROLLBACK TO t;
COMMIT;
SELECT b.version_id, a.version_id AS a, a.t FROM b JOIN a ON (a.id, a.version_id) = (b.a_id, b.a_version_id)
ORDER BY b.version_id;

-- A row that is new in its transaction moves along; one of its own UPDATEs
-- still makes a version.
BEGIN;
INSERT INTO b VALUES (2, 2);
UPDATE a SET t = 'TWO' WHERE id = 2;
UPDATE a SET t = 'zwei' WHERE id = 2;
UPDATE b SET a_id = 1 WHERE id = 2;
COMMIT;
TABLE b ORDER BY id, version_id;

-- A pin of the same transaction sees the version move on to its end.
CREATE TABLE pin (b_id int);
SELECT versioned_rows.add_reference('pin', '{b_id}', 'b', 'pin');
BEGIN;
UPDATE a SET t = 'seventh' WHERE id = 1;
INSERT INTO pin VALUES (1);
UPDATE a SET t = 'eighth' WHERE id = 1;
COMMIT;
SELECT pin.*, a.t FROM pin JOIN b ON (b.id, b.version_id) = (b_id, b_version_id)
	 JOIN a ON (a.id, a.version_id) = (b.a_id, b.a_version_id);
DROP TABLE pin;

-- Trees, and a row that follows itself.
CREATE TABLE tree (id int PRIMARY KEY, parent_id int, t text);
SELECT versioned_rows.enable('tree');
SELECT versioned_rows.add_reference('tree', '{parent_id}', 'tree', 'follow');
INSERT INTO tree VALUES (1, NULL, 'root'), (2, 1, 'branch'), (3, 1, 'branch'), (4, 2, 'leaf');
UPDATE tree SET t = 'trunk' WHERE id = 1;
UPDATE tree SET t = 'bough' WHERE id = 2;
UPDATE tree SET parent_id = 1 WHERE id = 1;
UPDATE tree SET t = 'self' WHERE id = 1;
TABLE tree ORDER BY id, version_id;
UPDATE tree SET t = t || '!';
SELECT id, max(version_id) FROM tree GROUP BY id ORDER BY id;

-- Cycles of two and of three end where they began, also where a trigger
-- changes the row each time.
CREATE TABLE p (id int PRIMARY KEY, q_id int, t text);
CREATE TABLE q (id int PRIMARY KEY, p_id int, changed int DEFAULT 0);
SELECT versioned_rows.enable('p'), versioned_rows.enable('q');
SELECT versioned_rows.add_reference('q', '{p_id}', 'p', 'follow');
SELECT versioned_rows.add_reference('p', '{q_id}', 'q', 'follow');
CREATE FUNCTION count_changes() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN NEW.changed := OLD.changed + 1; RETURN NEW; END $$;
CREATE TRIGGER count_changes BEFORE UPDATE ON q FOR EACH ROW EXECUTE FUNCTION count_changes();
INSERT INTO p VALUES (1, NULL, 'p');
INSERT INTO q VALUES (1, 1);
-- The row that closes a cycle of two makes the other one move, whether the check
-- waits for the end of the transaction or not.
UPDATE p SET q_id = 1;
TABLE p ORDER BY version_id;
TABLE q ORDER BY version_id;
UPDATE p SET q_id = NULL;
SELECT versioned_rows.add_reference('p', '{q_id}', 'q', 'follow', timing => 'deferred');
UPDATE p SET q_id = 1;
UPDATE p SET t = 'P';
UPDATE q SET changed = 100;
TABLE p ORDER BY version_id;
TABLE q ORDER BY version_id;

CREATE TABLE x (id int PRIMARY KEY, y_id int, t text);
CREATE TABLE y (id int PRIMARY KEY, z_id int);
CREATE TABLE z (id int PRIMARY KEY, x_id int);
SELECT versioned_rows.enable(t) FROM unnest('{x,y,z}'::regclass[]) t;
SELECT versioned_rows.add_reference('x', '{y_id}', 'y', 'follow');
SELECT versioned_rows.add_reference('y', '{z_id}', 'z', 'follow');
SELECT versioned_rows.add_reference('z', '{x_id}', 'x', 'follow');
INSERT INTO x VALUES (1, NULL, 'x');
INSERT INTO z VALUES (1, 1);
INSERT INTO y VALUES (1, 1);
UPDATE x SET y_id = 1;
UPDATE x SET t = 'X';
TABLE x ORDER BY version_id;
TABLE y ORDER BY version_id;
TABLE z ORDER BY version_id;

-- Every old version still has its target: the foreign keys can be built again.
DO $$
DECLARE
	c record;
BEGIN
	FOR c IN SELECT conrelid::regclass AS rel, conname, pg_get_constraintdef(oid) AS def
			 FROM pg_constraint WHERE contype = 'f' LOOP
		EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %2$I %s', c.rel, c.conname, c.def);
	END LOOP;
END $$;
DROP VIEW graph;
DROP TABLE orders, line, note, a, b, c, d, e, tree, p, q, x, y, z;
DROP FUNCTION count_changes();
DROP EXTENSION versioned_rows;

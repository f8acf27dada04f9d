#!/usr/bin/python3
"""The memory of a backend stays flat: over many statements in one connection,
and over one statement that changes many rows.

What is judged is what PostgreSQL has allocated in memory contexts, and over
many statements also what the operating system has given to the process.  JIT
is off: LLVM takes 10 MB when a query is compiled the first time (prune() has
one that is expensive enough), and more later, outside of all contexts.

In one statement PostgreSQL itself keeps something for each row of a table with
triggers, BEFORE and AFTER ones; a versioned table may keep that, and hardly
more.

Usage: t/memory_stays_flat.py [updates], on the server that libpq's variables
name and on this machine.  VERSIONED_ROWS_LONG=1 makes it a million updates.
"""
import os
import sys

import psycopg2

UPDATES = 30000
DATABASE = 'regress_versioned_rows_memory'
MEGABYTE = 1024 * 1024
WARM_UP = 40000         # fills the caches: catalogs, plans, buffers
# Once they are full nothing grows.  malloc() takes its memory in steps, one of
# which is 260 kB on a newer C library; a leak of 20 bytes a statement is seen.
SLACK = 512 * 1024


def connect(database):
    connection = psycopg2.connect(dbname=database, options='-c jit=off')
    connection.autocommit = True
    return connection


def used(cursor):
    """The bytes in memory contexts of the backend, and those it owns."""
    cursor.execute("""SELECT sum(total_bytes)::bigint, pg_backend_pid()
                      FROM pg_backend_memory_contexts""")
    contexts, pid = cursor.fetchone()
    with open(f'/proc/{pid}/status', encoding='ascii') as status:
        private = next(int(line.split()[1]) * 1024 for line in status
                       if line.startswith('RssAnon:'))
    return contexts, private


def create_tables(cursor):
    cursor.execute("""
        CREATE EXTENSION versioned_rows;
        CREATE TABLE colour (id int PRIMARY KEY, name text);
        CREATE TABLE product (id int PRIMARY KEY, n int, price int,
            colour int REFERENCES colour, note text,
            twice int GENERATED ALWAYS AS (n * 2) STORED, CHECK (n >= 0));
        CREATE INDEX ON product USING brin (n);
        CREATE INDEX ON product USING gin ((ARRAY[price]));
        SELECT versioned_rows.enable('product', period_column => 'valid',
            changed_by_column => 'changed_by', reason_column => 'reason');
        CREATE TABLE item (id int PRIMARY KEY, product_id int, n int);
        SELECT versioned_rows.add_reference('item', '{product_id}', 'product',
            'follow');
        CREATE TABLE plain (id int PRIMARY KEY, n int);
        CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql
            AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER before BEFORE UPDATE ON plain
            FOR EACH ROW EXECUTE FUNCTION keep();
        CREATE TRIGGER after AFTER UPDATE ON plain
            FOR EACH ROW EXECUTE FUNCTION keep();
        INSERT INTO colour VALUES (1, 'red'), (2, 'blue');
        INSERT INTO product (id, n, price, colour)
            SELECT i, 0, i, 1 FROM generate_series(1, 100) i;
        INSERT INTO item (id, product_id, n)
            SELECT i, i, 0 FROM generate_series(1, 10) i;
        PREPARE update_one AS UPDATE product SET n = n + 1 WHERE id = $1
            AND is_current_version;
        PREPARE recolour AS UPDATE product SET colour = 3 - colour
            WHERE id = $1 AND is_current_version;
        PREPARE pin AS UPDATE item SET n = n + 1, product_id = $2
            WHERE id = $1;
    """)


def run_updates(cursor, count):
    """Single-row statements, each a transaction of its own: mostly updates,
    and what goes along with them."""
    for start in range(0, count, 100):
        for i in range(start, min(start + 100, count)):
            if i % 20 == 7:
                cursor.execute('EXECUTE recolour(%s)', (i % 100 + 1,))
            elif i % 20 == 13:
                cursor.execute('EXECUTE pin(%s, %s)',
                               (i % 10 + 1, i % 100 + 1))
            else:
                cursor.execute('EXECUTE update_one(%s)', (i % 100 + 1,))
        if start % 5000 == 0:
            # the history is of no interest, but would fill the disk
            cursor.execute("SELECT versioned_rows.prune('product', keep => 1)")


def growth_of_bulk(table, rows):
    """What one UPDATE of many rows has added to the memory contexts of a
    fresh backend when its last row's AFTER triggers run."""
    connection = connect(DATABASE)
    cursor = connection.cursor()
    cursor.execute(f'UPDATE {table} SET n = n + 1 WHERE id = 1')
    cursor.execute(f"""
        CREATE FUNCTION pg_temp.look() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM set_config('regress.bytes', (SELECT sum(total_bytes)
                FROM pg_backend_memory_contexts)::text, false);
            RETURN NULL;
        END $$;
        CREATE TRIGGER zzzz AFTER UPDATE ON {table} FOR EACH ROW
            WHEN (new.id = {rows}) EXECUTE FUNCTION pg_temp.look();
        SELECT sum(total_bytes)::bigint FROM pg_backend_memory_contexts;
    """)
    before = cursor.fetchone()[0]
    cursor.execute(f'UPDATE {table} SET n = n + 1')
    cursor.execute("SELECT current_setting('regress.bytes')::bigint")
    after = cursor.fetchone()[0]
    cursor.execute(f'DROP TRIGGER zzzz ON {table}')
    connection.close()
    return after - before


def report(number, passed, name, detail):
    print(f"{'ok' if passed else 'not ok'} {number} - {name}")
    print(f'# {detail}', flush=True)
    return passed


def main():
    count = UPDATES
    if os.environ.get('VERSIONED_ROWS_LONG'):
        count = 1000000
    if len(sys.argv) > 1:
        count = int(sys.argv[1])
    admin = connect('postgres')
    admin.cursor().execute(f'DROP DATABASE IF EXISTS {DATABASE}')
    admin.cursor().execute(f'CREATE DATABASE {DATABASE}')
    connection = connect(DATABASE)
    cursor = connection.cursor()
    create_tables(cursor)

    print('1..2')
    run_updates(cursor, WARM_UP)
    before = used(cursor)
    run_updates(cursor, count)
    after = used(cursor)
    passed = report(1, all(b - a < SLACK for a, b in zip(before, after)),
                    'memory does not grow over many statements',
                    f'{count} statements: {before[0]} bytes, then {after[0]}; '
                    f'the process: {before[1]}, then {after[1]}')
    connection.close()

    rows = max(count // 3, 1000)
    connection = connect(DATABASE)
    cursor = connection.cursor()
    cursor.execute(f"""
        DELETE FROM item;
        DROP TABLE item;
        SELECT versioned_rows.disable('product');
        TRUNCATE product;
        SELECT versioned_rows.enable('product', period_column => 'valid',
            changed_by_column => 'changed_by', reason_column => 'reason');
        INSERT INTO product (id, n, colour)
            SELECT i, 0, 1 FROM generate_series(1, {rows}) i;
        INSERT INTO plain SELECT i, 0 FROM generate_series(1, {rows}) i;
        ANALYZE product, plain;
    """)
    connection.close()
    plain = growth_of_bulk('plain', rows)
    versioned = growth_of_bulk('product', rows)
    passed &= report(2, versioned < 1.5 * plain + MEGABYTE,
                     'a bulk UPDATE keeps per row what PostgreSQL keeps',
                     f'{rows} rows: {versioned} bytes at the last row, '
                     f'{plain} of a plain table with triggers')

    admin.cursor().execute(f'DROP DATABASE {DATABASE} WITH (FORCE)')
    return 0 if passed else 1


if __name__ == '__main__':
    sys.exit(main())

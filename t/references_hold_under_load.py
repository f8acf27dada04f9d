#!/usr/bin/python3
"""Clients insert, update, delete and re-reference rows of connected tables.

Three versioned tables: products; orders; lines, which follow their order and
pin their product.  A fourth, of bags, holds the unversioned rows that it refers
to, and is pinned.  Employees follow and pin each other, and one
statement makes them do so in cycles.  Afterwards every foreign key can be built again, every pin
points at the row image that it saw, no update is lost, every follower is at
the current version, and no client met an error that it should not meet.

The seed is printed; VERSIONED_ROWS_SEED repeats the choices of a run, though
not its timing.  VERSIONED_ROWS_LONG runs ten times as long.
"""
import collections
import os
import random
import sys
import threading

import psycopg2
from psycopg2 import errorcodes

LONG = 10 if os.environ.get('VERSIONED_ROWS_LONG') else 1
SEED = int(os.environ.get('VERSIONED_ROWS_SEED') or
           random.SystemRandom().randrange(1 << 30))
DATABASE = 'versioned_rows_references'
CLIENTS = 6
TRANSACTIONS = 150 * LONG
STABLE = (1, 2, 3)              # products that are never deleted
MORTAL = (11, 12, 13)           # products that come and go
ORDERS = tuple(range(1, 6))
OWNERS = (1, 2, 3)              # unversioned
BAGS = tuple(range(1, 9))
EMPLOYEES = tuple(range(1, 6))

SETUP = """
CREATE EXTENSION versioned_rows;
CREATE TABLE product (id int PRIMARY KEY, n int NOT NULL);
CREATE TABLE orders (id int PRIMARY KEY, n int NOT NULL);
CREATE TABLE line (id serial PRIMARY KEY, order_id int NOT NULL,
                   product_id int NOT NULL, n int NOT NULL);
SELECT versioned_rows.enable(t) FROM unnest('{product,orders,line}'::regclass[]) t;
SELECT versioned_rows.add_reference('line', '{order_id}', 'orders', 'follow');
SELECT versioned_rows.add_reference('line', '{product_id}', 'product', 'pin');
CREATE TABLE saw (line_id int, line_version int, product_id int,
                  product_version int, n int);
CREATE TABLE owner (id int PRIMARY KEY);
CREATE TABLE place (id int PRIMARY KEY);
CREATE TABLE bag (id int PRIMARY KEY, n int NOT NULL,
                  owner_id int REFERENCES owner,
                  place_id int REFERENCES place);
SELECT versioned_rows.enable('bag');
CREATE TABLE label (bag_id int);
SELECT versioned_rows.add_reference('label', '{bag_id}', 'bag', 'pin');
CREATE TABLE employee (id int PRIMARY KEY, n int NOT NULL, boss_id int,
                       helper_id int);
SELECT versioned_rows.enable('employee');
SELECT versioned_rows.add_reference('employee', '{boss_id}', 'employee',
                                    'follow'),
       versioned_rows.add_reference('employee', '{helper_id}', 'employee',
                                    'pin');
"""

# What a transaction that meets the others may end with.  A snapshot of the
# transaction can be too old, and locks can be taken in opposite orders.
RETRY = (errorcodes.SERIALIZATION_FAILURE, errorcodes.DEADLOCK_DETECTED)


class Client(threading.Thread):
    """One connection that does random things and counts what it has done."""

    def __init__(self, number):
        super().__init__()
        self.random = random.Random(SEED + number)
        self.done = collections.Counter()       # committed
        self.unexpected = []

    def run(self):
        connection = psycopg2.connect(dbname=DATABASE)
        for _ in range(TRANSACTIONS):
            self.transaction(connection)
        connection.close()

    def transaction(self, connection):
        """One to three steps, all or none of which count."""
        connection.set_session(self.random.choice(
            ['READ COMMITTED'] * 4 + ['REPEATABLE READ', 'SERIALIZABLE']))
        self.counted = collections.Counter()
        step = None
        try:
            with connection, connection.cursor() as cursor:
                for _ in range(self.random.choice((1, 1, 2, 3))):
                    step = self.random.choice(STEPS)
                    step(self, cursor)
        except psycopg2.Error as error:
            self.done[error.pgcode] += 1
            if error.pgcode not in RETRY + ALLOWED.get(step, ()):
                self.unexpected.append('%s: %s' % (step.__name__, error))
        else:
            self.done.update(self.counted)

    def increment_product(self, cursor):
        key = self.random.choice(STABLE + MORTAL)
        cursor.execute('UPDATE product SET n = n + 1'
                       ' WHERE id = %s AND is_current_version', (key,))
        self.counted['product', key] += cursor.rowcount

    def increment_order(self, cursor):
        key = self.random.choice(ORDERS)
        cursor.execute('UPDATE orders SET n = n + 1'
                       ' WHERE id = %s AND is_current_version', (key,))
        self.counted['orders', key] += cursor.rowcount

    def increment_line(self, cursor):
        key = self.any_line(cursor)
        cursor.execute('UPDATE line SET n = n + 1'
                       ' WHERE id = %s AND is_current_version', (key,))
        self.counted['line', key] += cursor.rowcount

    def delete_product(self, cursor):
        cursor.execute('DELETE FROM product WHERE id = %s',
                       (self.random.choice(MORTAL),))

    def insert_product(self, cursor):
        cursor.execute('INSERT INTO product VALUES (%s, 0) ON CONFLICT (id)'
                       ' WHERE is_current_version DO NOTHING',
                       (self.random.choice(MORTAL),))

    def insert_line(self, cursor):
        cursor.execute('INSERT INTO line (order_id, product_id, n)'
                       ' VALUES (%s, %s, 0) RETURNING id, version_id,'
                       ' product_id, product_version_id',
                       (self.random.choice(ORDERS),
                        self.random.choice(STABLE)))
        self.look(cursor)

    def insert_mortal_line(self, cursor):
        cursor.execute('INSERT INTO line (order_id, product_id, n)'
                       ' VALUES (%s, %s, 0) RETURNING id, version_id,'
                       ' product_id, product_version_id',
                       (self.random.choice(ORDERS),
                        self.random.choice(MORTAL)))
        self.look(cursor)

    def change_product(self, cursor):
        cursor.execute('UPDATE line SET product_id = %s, n = n'
                       ' WHERE id = %s AND is_current_version'
                       ' RETURNING id, version_id, product_id,'
                       ' product_version_id',
                       (self.random.choice(STABLE), self.any_line(cursor)))
        self.look(cursor)

    def change_order(self, cursor):
        cursor.execute('UPDATE line SET order_id = %s'
                       ' WHERE id = %s AND is_current_version',
                       (self.random.choice(ORDERS), self.any_line(cursor)))

    def delete_line(self, cursor):
        cursor.execute('DELETE FROM line WHERE id = %s',
                       (self.any_line(cursor),))

    def insert_owner(self, cursor):
        cursor.execute('INSERT INTO %s VALUES (%d) ON CONFLICT DO NOTHING' % (
            self.random.choice(('owner', 'place')),
            self.random.choice(OWNERS)))

    def delete_owner(self, cursor):
        cursor.execute('DELETE FROM %s WHERE id = %d' % (
            self.random.choice(('owner', 'place')),
            self.random.choice(OWNERS)))

    def insert_bag(self, cursor):
        cursor.execute('INSERT INTO bag VALUES (%s, 0, %s, %s)'
                       ' ON CONFLICT (id) WHERE is_current_version DO NOTHING',
                       (self.random.choice(BAGS), self.random.choice(OWNERS),
                        self.random.choice(OWNERS)))

    def change_bag(self, cursor):
        column = self.random.choice(('n', 'n', 'owner_id', 'place_id'))
        cursor.execute('UPDATE bag SET n = n + 1, ' + column + ' = %s'
                       ' WHERE id = %s AND is_current_version'
                       if column != 'n' else
                       'UPDATE bag SET n = %s'
                       ' WHERE id = %s AND is_current_version',
                       (self.random.choice(OWNERS), self.random.choice(BAGS)))

    def delete_bag(self, cursor):
        cursor.execute('DELETE FROM bag WHERE id = %s AND is_current_version',
                       (self.random.choice(BAGS),))

    def label_bag(self, cursor):
        cursor.execute('INSERT INTO label VALUES (%s, %s)',
                       (self.random.choice(BAGS),
                        self.random.choice((1, 2, None, None))))

    def count_employees(self, cursor):
        """The statement has added one to n of the rows that it returns."""
        for key, in cursor.fetchall():
            self.counted['employee', key] += 1

    def follow_one(self, cursor):
        """Some employees get one of them as boss."""
        some = self.random.sample(EMPLOYEES, 3)
        cursor.execute('UPDATE employee SET n = n + 1, boss_id = %s'
                       ' WHERE id = ANY (%s) AND is_current_version'
                       ' RETURNING id', (some[0], some))
        self.count_employees(cursor)

    def follow_in_circles(self, cursor):
        """Each employee follows the next one and pins the one before."""
        step = self.random.choice((1, 2, 3, 4))
        cursor.execute('UPDATE employee SET n = n + 1,'
                       ' boss_id = (id + %s) %% 5 + 1,'
                       ' helper_id = CASE WHEN %s THEN'
                       ' (id + 4 - %s) %% 5 + 1 END'
                       ' WHERE is_current_version RETURNING id',
                       (step, self.random.random() < 0.7, step))
        self.count_employees(cursor)

    def close_circle(self, cursor):
        """Two employees, of whom one follows the other, follow each other."""
        cursor.execute('UPDATE employee e SET n = n + 1, boss_id ='
                       ' (SELECT min(f.id) FROM employee f WHERE'
                       ' f.boss_id = e.id AND f.is_current_version)'
                       ' WHERE id = %s AND is_current_version RETURNING id',
                       (self.random.choice(EMPLOYEES),))
        self.count_employees(cursor)

    def pin_and_increment(self, cursor):
        """A line pins a product in the statement that changes it."""
        order = self.random.choice(ORDERS)
        key = self.random.choice(STABLE)
        first, second = self.random.sample(('p', 'u'), 2)
        cursor.execute('WITH p AS (INSERT INTO line (order_id, product_id, n)'
                       ' VALUES (%%s, %%s, 0) RETURNING id, version_id,'
                       ' product_id, product_version_id),'
                       ' u AS (UPDATE product SET n = n + 1 WHERE id = %%s'
                       ' AND is_current_version RETURNING id),'
                       ' f AS MATERIALIZED (SELECT count(*) AS n FROM %s),'
                       ' s AS MATERIALIZED (SELECT count(*) AS n FROM %s)'
                       ' SELECT p.* FROM f, s, p' % (first, second),
                       (order, key, key))
        self.counted['product', key] += 1
        self.look(cursor)

    def unlabel_bag(self, cursor):
        cursor.execute('DELETE FROM label WHERE bag_id = %s',
                       (self.random.choice(BAGS),))

    def any_line(self, cursor):
        cursor.execute('SELECT id FROM line WHERE is_current_version'
                       ' ORDER BY id')
        rows = cursor.fetchall()
        return self.random.choice(rows)[0] if rows else 0

    def look(self, cursor):
        """Remember which image of a product a line refers to."""
        if not cursor.rowcount:
            return
        line = cursor.fetchone()
        cursor.execute('INSERT INTO saw SELECT %s, %s, id, version_id, n'
                       ' FROM product WHERE (id, version_id) = (%s, %s)', line)
        if cursor.rowcount != 1:
            self.unexpected.append('line %s has no product' % (line,))


STEPS = ([Client.increment_product, Client.insert_line] * 3 +
         [Client.increment_order, Client.increment_line,
          Client.change_product] * 2 +
         [Client.change_order, Client.delete_line, Client.insert_product,
          Client.delete_product, Client.insert_mortal_line,
          Client.insert_owner, Client.insert_bag, Client.change_bag] +
         [Client.insert_owner, Client.delete_owner, Client.insert_bag,
          Client.change_bag, Client.delete_bag, Client.label_bag,
          Client.unlabel_bag, Client.unlabel_bag] +
         [Client.follow_one, Client.follow_in_circles, Client.close_circle,
          Client.pin_and_increment])
ALLOWED = {
    Client.insert_mortal_line: (errorcodes.FOREIGN_KEY_VIOLATION,),
    # two that come back at the same time
    Client.insert_product: (errorcodes.UNIQUE_VIOLATION,),
    # one that a bag holds, or whose owner is gone
    Client.delete_owner: (errorcodes.FOREIGN_KEY_VIOLATION,),
    Client.insert_bag: (errorcodes.FOREIGN_KEY_VIOLATION,),
    Client.change_bag: (errorcodes.FOREIGN_KEY_VIOLATION,),
    Client.label_bag: (errorcodes.FOREIGN_KEY_VIOLATION,),
}


class Results:
    """Prints TAP."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def check(self, name, problems):
        self.count += 1
        print('%sok %d - %s' % ('not ' if problems else '', self.count, name))
        for problem in list(problems)[:5]:
            print('#   %s' % (problem,))
        self.failed += bool(problems)


def query(connection, text):
    with connection.cursor() as cursor:
        cursor.execute(text)
        return cursor.fetchall()


def rebuild_keys(connection):
    """Build every foreign key again; return the errors."""
    problems = []
    for table, name, definition in query(
            connection, "SELECT conrelid::regclass, conname,"
            " pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE contype = 'f'"):
        try:
            with connection.cursor() as cursor:
                cursor.execute('ALTER TABLE %s DROP CONSTRAINT "%s",'
                               ' ADD CONSTRAINT "%s" %s NOT VALID'
                               % (table, name, name, definition))
                cursor.execute('ALTER TABLE %s VALIDATE CONSTRAINT "%s"'
                               % (table, name))
        except psycopg2.Error as error:
            problems.append(error)
    return problems


def lost_updates(connection, done):
    """Rows whose steps of n differ from the number of committed updates."""
    problems = []
    for table in 'product', 'orders', 'line', 'employee':
        steps = dict(query(connection, """
            SELECT id, count(*) FILTER (WHERE n = previous + 1)
            FROM (SELECT id, n, lag(n) OVER (PARTITION BY id ORDER BY version_id)
                      AS previous FROM %s) v GROUP BY id""" % table))
        for key in {k for t, k in (x for x in done if isinstance(x, tuple))
                    if t == table} | set(steps):
            if steps.get(key, 0) != done[table, key]:
                problems.append('%s %s: %s updates, %s steps' % (
                    table, key, done[table, key], steps.get(key, 0)))
    return problems


def check(connection, clients):
    results = Results()
    done = sum((client.done for client in clients), collections.Counter())
    print('# %s' % ', '.join(
        '%s %s' % item for item in sorted(
            (k or 'lost', v) for k, v in done.items()
            if not isinstance(k, tuple))))
    results.check('no client met an unexpected error',
                  [e for client in clients for e in client.unexpected])
    results.check('there were updates and pins',
                  [] if sum(done.values()) > CLIENTS * TRANSACTIONS / 4 and
                  query(connection, 'SELECT count(*) FROM saw')[0][0] >
                  TRANSACTIONS else ['hardly any'])
    results.check('every foreign key can be built again',
                  rebuild_keys(connection))
    results.check('no update is lost', lost_updates(connection, done))
    results.check('every pin points at what it saw', query(connection, """
        SELECT s.*, l.product_version_id, p.n FROM saw s
        LEFT JOIN line l ON (l.id, l.version_id) = (line_id, line_version)
        LEFT JOIN product p ON (p.id, p.version_id)
            = (l.product_id, l.product_version_id)
        WHERE (p.id, p.version_id, p.n)
            IS DISTINCT FROM (s.product_id, s.product_version, s.n)"""))
    results.check('every follower is at the current version',
                  query(connection, """
        SELECT l.id FROM line l JOIN orders o
            ON (o.id, o.version_id) = (l.order_id, l.order_version_id)
        WHERE l.is_current_version AND NOT o.is_current_version
        UNION ALL
        SELECT e.id FROM employee e JOIN employee b
            ON (b.id, b.version_id) = (e.boss_id, e.boss_version_id)
        WHERE e.is_current_version AND NOT b.is_current_version"""))
    for table in 'product', 'orders', 'line', 'employee':
        results.check('versions of %s have no gap, and one is current' % table,
                      query(connection, """
            SELECT id FROM %s GROUP BY id
            HAVING count(*) <> max(version_id) OR min(version_id) <> 1
                   OR count(*) FILTER (WHERE is_current_version) > 1
                   OR max(version_id) FILTER (WHERE is_current_version)
                       < max(version_id)""" % table))
    results.check('there is nothing to complain about', query(
        connection, 'SELECT * FROM versioned_rows.verify()'))
    print('1..%d' % results.count)
    return results.failed == 0


def administer(*statements):
    connection = psycopg2.connect(
        dbname=os.environ.get('PGDATABASE', 'postgres'))
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()


def main():
    print('# seed %d' % SEED)
    administer('DROP DATABASE IF EXISTS ' + DATABASE,
               'CREATE DATABASE ' + DATABASE)
    connection = psycopg2.connect(dbname=DATABASE)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(SETUP)
        cursor.executemany('INSERT INTO product VALUES (%s, 0)',
                           [(key,) for key in STABLE + MORTAL])
        cursor.executemany('INSERT INTO orders VALUES (%s, 0)',
                           [(key,) for key in ORDERS])
        cursor.executemany('INSERT INTO employee VALUES (%s, 0)',
                           [(key,) for key in EMPLOYEES])
    clients = [Client(number) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    passed = check(connection, clients)
    connection.close()
    administer('DROP DATABASE ' + DATABASE)
    return 0 if passed else 1


sys.exit(main())

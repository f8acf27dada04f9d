#!/usr/bin/python3
"""Whatever a plain table takes, a versioned one takes as well.

The same random statements go to three sets of tables: plain ones, versioned
ones, and versioned ones that archive late, as all do with
wal_level = logical.  First one session at a time, so that each statement can
be compared: where a plain table raises no error, the others raise none, they
say the same counts and rows, and contain the same.  Then several clients
write the same few keys at once: a versioned table may only give an error that
the plain one gives to statements of that kind.  At the end verify() has
nothing to say.

The seed is printed; t/takes_what_a_plain_table_takes.py [operations [seed]]
repeats the choices of a run, though not the timing of its second part.
VERSIONED_ROWS_LONG=1 makes 100,000 operations.
"""
import collections
import io
import os
import random
import sys
import threading

import psycopg2

DATABASE = 'regress_versioned_rows_plain'
OPERATIONS = 100000 if os.environ.get('VERSIONED_ROWS_LONG') else 5000
CLIENTS = 6
KEYS = 5
SIDES = ('plain', 'early', 'late')
NOTATIONS = {'num': ('%d', '%d.0', '%d.00'), 'timed': ('%d', '%d.0', '%d.00'),
             'word': ('k%d', 'K%d')}

CREATE = """
CREATE TABLE num (id numeric PRIMARY KEY, n int);
CREATE TABLE timed (id numeric PRIMARY KEY, n int);
CREATE TABLE word (id public.citext PRIMARY KEY, n int);
CREATE TABLE back (id int PRIMARY KEY, n int);
CREATE TABLE emp (id int PRIMARY KEY, boss_id int, n int);
CREATE TABLE node (id int PRIMARY KEY, parent_id int, alt_id int, n int);
CREATE TABLE item (id int PRIMARY KEY, n int);
CREATE TABLE pin (item_id int);
CREATE TABLE tail (id int PRIMARY KEY, item_id int, n int);
CREATE TABLE near (id int PRIMARY KEY, other_id int, n int);
CREATE TABLE far (id int PRIMARY KEY, other_id int, n int);
CREATE TABLE log (n int);
"""
TABLES = {'num': 'id, n', 'timed': 'id, n', 'word': 'id, n', 'back': 'id, n',
          'emp': 'id, boss_id, n', 'node': 'id, parent_id, alt_id, n',
          'item': 'id, n', 'pin': 'item_id', 'tail': 'id, item_id, n',
          'near': 'id, other_id, n', 'far': 'id, other_id, n', 'log': 'n'}
UNVERSIONED = ('pin', 'log')
# (referencing, column, referenced, mode, timing)
REFERENCES = (
    ('emp', 'boss_id', 'emp', 'follow', 'immediate'),
    ('node', 'parent_id', 'node', 'follow', 'immediate'),
    ('node', 'alt_id', 'node', 'pin', 'immediate'),
    ('pin', 'item_id', 'item', 'pin', 'immediate'),
    ('tail', 'item_id', 'item', 'follow', 'immediate'),
    ('near', 'other_id', 'far', 'follow', 'deferred'),
    ('far', 'other_id', 'near', 'follow', 'immediate'))

# A trigger that comes before ours and inserts what was deleted, and one that
# writes while a referencing row is being inserted.
TRIGGERS = """
CREATE FUNCTION bring_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO back (id, n) SELECT OLD.id, OLD.n + 1 WHERE OLD.n < 50;
    RETURN NULL;
END $$;
CREATE TRIGGER "0" AFTER DELETE ON back FOR EACH ROW EXECUTE FUNCTION bring_back();
CREATE FUNCTION write_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO log VALUES (1);
    RETURN NEW;
END $$;
CREATE TRIGGER audit BEFORE INSERT ON pin FOR EACH ROW EXECUTE FUNCTION write_log();
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
"""


class Mismatch(Exception):
    """A versioned table did what a plain one does not."""


def connect(side=None):
    connection = psycopg2.connect(dbname=DATABASE)
    connection.autocommit = True
    if side:
        connection.cursor().execute('SET search_path = %s, public' % side)
    return connection


def create_tables():
    cursor = connect().cursor()
    cursor.execute('CREATE EXTENSION versioned_rows; CREATE EXTENSION citext SCHEMA public')
    for side in SIDES:
        cursor.execute('CREATE SCHEMA %s' % side)
        cursor = connect(side).cursor()
        cursor.execute(CREATE + TRIGGERS)
        if side == 'plain':
            for table, column, target, _, timing in REFERENCES:
                cursor.execute('ALTER TABLE %s ADD FOREIGN KEY (%s) REFERENCES %s%s' % (
                    table, column, target, ' DEFERRABLE INITIALLY DEFERRED' if timing == 'deferred' else ''))
            continue
        for table in TABLES:
            if table not in UNVERSIONED:
                cursor.execute("SELECT versioned_rows.enable('%s'%s)" % (
                    table, ", period_column => 'valid'" if table in ('timed', 'tail') else ''))
        for table, column, target, mode, timing in REFERENCES:
            cursor.execute("SELECT versioned_rows.add_reference('%s', '{%s}', '%s', '%s', timing => '%s')"
                           % (table, column, target, mode, timing))
        for table in TABLES if side == 'late' else ():
            # what follows the table's tuples must see the UPDATE first
            cursor.execute('CREATE TRIGGER watch AFTER INSERT ON %s FOR EACH ROW EXECUTE FUNCTION nothing();'
                           'ALTER TABLE %s ENABLE ALWAYS TRIGGER watch' % (table, table))


def for_side(side, statement):
    """{cur} stands for the condition of a current row, {t.cur} for that of t."""
    plain = side == 'plain'
    for alias in ('', 't.'):
        statement = statement.replace(' {%scur}' % alias,
                                      '' if plain else ' AND %sis_current_version' % alias)
    return statement.replace('{key}', '(id)' if plain else '(id) WHERE is_current_version')


# The statements.  Each function makes one up and returns it with its parameters.

def key_of(rng, table):
    return rng.choice(NOTATIONS.get(table, ('%d',))) % rng.randint(1, KEYS)


def keyed_table(rng):
    return rng.choice(('num', 'timed', 'word', 'back'))


def upsert(rng, table=None):
    table = table or keyed_table(rng)
    return ('INSERT INTO %s (id, n) VALUES (%%s, 0) ON CONFLICT {key} DO UPDATE SET n = %s.n + 1'
            % (table, table), [key_of(rng, table)])


def upsert_several(rng):
    table = keyed_table(rng)
    rows = rng.randint(2, 3)
    return ('INSERT INTO %s (id, n) VALUES %s ON CONFLICT {key} DO UPDATE SET n = %s.n + 1'
            % (table, ', '.join(['(%s, 0)'] * rows), table), [key_of(rng, table) for _ in range(rows)])


def insert_new(rng, table=None):
    table = table or keyed_table(rng)
    return 'INSERT INTO %s (id, n) VALUES (%%s, 0) ON CONFLICT DO NOTHING' % table, [key_of(rng, table)]


def insert(rng, table=None):
    table = table or keyed_table(rng)
    return 'INSERT INTO %s (id, n) VALUES (%%s, 0)' % table, [key_of(rng, table)]


def update(rng, table=None):
    table = table or keyed_table(rng)
    return 'UPDATE %s SET n = n + 1 WHERE id = %%s {cur} RETURNING n' % table, [key_of(rng, table)]


def delete(rng, table=None):
    table = table or rng.choice(('num', 'timed', 'word', 'back', 'emp', 'node', 'item', 'tail', 'near', 'far'))
    # the key is deferred, but whether a row is followed is looked at once
    free = ' AND NOT EXISTS (SELECT FROM near AS t WHERE t.other_id = far.id {t.cur})' if table == 'far' else ''
    return 'DELETE FROM %s WHERE id = %%s {cur}%s RETURNING n' % (table, free), [key_of(rng, table)]


def reinsert(rng, table=None):
    table = table or keyed_table(rng)
    return ('WITH a AS (DELETE FROM %s WHERE id = %%s {cur} RETURNING id, n)'
            ' INSERT INTO %s (id, n) SELECT id, n + 1 FROM a' % (table, table), [key_of(rng, table)])


def reinsert_all(rng):
    table = rng.choice(('num', 'timed', 'word'))
    return ('WITH a AS (DELETE FROM %s WHERE n < %%s {cur} RETURNING id, n)'
            ' INSERT INTO %s (id, n) SELECT id, n + 1 FROM a RETURNING n' % (table, table), [rng.randint(0, 9)])


def merge(rng, table=None):
    # deleted rows are counted as well, which would spoil the count of versions
    deletes = '' if table else ' WHEN MATCHED AND t.n > 7 THEN DELETE'
    table = table or keyed_table(rng)
    # the source tells the type: word is citext, the others are numbers
    kind = {'word': 'public.citext', 'back': 'int'}.get(table, 'numeric')
    key = key_of(rng, table)
    return ('MERGE INTO %s AS t USING (SELECT %%s::%s AS id) AS s ON t.id = s.id {t.cur}'
            '%s WHEN MATCHED THEN UPDATE SET n = t.n + 1'
            ' WHEN NOT MATCHED THEN INSERT (id, n) VALUES (s.id, 0)' % (table, kind, deletes), [key])


def copy(rng, table=None):
    table = table or rng.choice(('num', 'timed', 'word'))
    rows = sorted({key_of(rng, table) for _ in range(rng.randint(1, 2))})
    return 'COPY %s (id, n) FROM STDIN' % table, ''.join('%s\t0\n' % r for r in rows)


def insert_referencing(rng):
    table, column = rng.choice((('emp', 'boss_id'), ('node', 'parent_id'), ('node', 'alt_id'),
                                ('tail', 'item_id'), ('near', 'other_id'), ('far', 'other_id'), ('item', 'n')))
    # history would keep a reference to a row that a deferred key lets come later
    target = '(SELECT id FROM far WHERE id = %s {cur})' if table == 'near' else '%s'
    return ('INSERT INTO %s (id, %s) VALUES (%%s, %s)' % (table, column, target),
            [rng.randint(1, KEYS), rng.choice((None, rng.randint(1, KEYS)))])


def insert_rows(rng):
    """Rows that refer to each other and come in one statement."""
    table, column = rng.choice((('emp', 'boss_id'), ('node', 'parent_id'), ('node', 'alt_id')))
    ids = rng.sample(range(1, KEYS + 1), rng.randint(2, 3))
    values = [v for i in ids for v in (i, rng.choice(ids))]
    return 'INSERT INTO %s (id, %s) VALUES %s' % (table, column, ', '.join(['(%s, %s)'] * len(ids))), values


def refer(rng):
    """Rows that are made to refer to rows of their own table, perhaps in a cycle."""
    table, column = rng.choice((('emp', 'boss_id'), ('node', 'parent_id'), ('node', 'alt_id')))
    target = rng.choice(('%s', 'id', 'NULL', 'CASE WHEN id %% 2 = 0 THEN %s ELSE %s END',
                         'id %% {0} + 1'.format(KEYS)))
    also = rng.choice(('', 'n = coalesce(n, 0) + 1, '))
    where = rng.choice(('id > 0', 'id <= %s', 'id >= %s', 'id IN (%s, %s)'))
    statement = 'UPDATE %s SET %s%s = %s WHERE %s {cur} RETURNING id' % (table, also, column, target, where)
    return statement, [rng.randint(1, KEYS) for _ in range(statement.count('%s'))]


def refer_both_ways(rng):
    key, other = rng.randint(1, KEYS), rng.randint(1, KEYS)
    first, second = rng.sample(('near', 'far'), 2)
    there = 'EXISTS (SELECT FROM far WHERE id = %s {cur}) AND EXISTS (SELECT FROM near WHERE id = %s {cur})'
    near, far = (key, other) if first == 'near' else (other, key)
    return ('WITH a AS (UPDATE %s SET other_id = %%s WHERE id = %%s {cur} AND %s RETURNING id)'
            ' UPDATE %s SET other_id = %%s WHERE id = %%s {cur} AND %s' % (first, there, second, there),
            [other, key, far, near, key, other, far, near])


def refer_across(rng):
    table = rng.choice(('near', 'far', 'tail'))
    column = 'item_id' if table == 'tail' else 'other_id'
    target = '(SELECT id FROM far WHERE id = %s {cur})' if table == 'near' else '%s'
    return ('UPDATE %s SET %s = %s, n = coalesce(n, 0) + 1 WHERE id <= %%s {cur} RETURNING id' % (table, column, target),
            [rng.choice((None, rng.randint(1, KEYS))), rng.randint(1, KEYS)])


def touch(rng):
    table = rng.choice(('emp', 'node', 'item', 'tail', 'near', 'far'))
    where, parameters = rng.choice((('id = %s', [rng.randint(1, KEYS)]), ('id > 0', [])))
    return 'UPDATE %s SET n = coalesce(n, 0) + 1 WHERE %s {cur}' % (table, where), parameters


def update_and_pin(rng):
    return ('WITH u AS (UPDATE item SET n = coalesce(n, 0) + 1 WHERE id <= %s {cur} RETURNING id)'
            ' INSERT INTO pin (item_id) SELECT id FROM u', [rng.randint(1, KEYS)])


def pin_and_update(rng):
    key = rng.randint(1, KEYS)
    return ('WITH p AS (INSERT INTO pin (item_id) VALUES (%s) RETURNING item_id),'
            ' u AS (UPDATE item SET n = coalesce(n, 0) + 1 WHERE id = %s {cur} RETURNING id)'
            ' SELECT (SELECT count(*) FROM p), (SELECT count(*) FROM u)', [key, rng.choice((key, rng.randint(1, KEYS)))])


def pin(rng):
    return 'INSERT INTO pin (item_id) VALUES (%s)', [rng.randint(1, KEYS)]


def unpin(rng):
    return 'DELETE FROM pin WHERE item_id = %s', [rng.randint(1, KEYS)]


def delete_and_refer(rng):
    """A row goes, and what has referred to it refers to another, in one statement."""
    key, other = rng.randint(1, KEYS), rng.randint(1, KEYS)
    return ('WITH d AS (DELETE FROM item WHERE id = %s {cur} RETURNING id)'
            ' UPDATE tail SET item_id = %s WHERE item_id = %s {cur}', [key, other, key])


STATEMENTS = (upsert, upsert_several, insert_new, insert, update, delete, delete, reinsert, reinsert_all, merge,
              copy, insert_referencing, insert_referencing, insert_rows, refer, refer, refer_both_ways, refer_across,
              touch, touch, update_and_pin, pin_and_update, pin, unpin, delete_and_refer)


def execute(cursor, statement, parameters):
    """Returns (error, count, rows)."""
    try:
        if isinstance(parameters, str):
            cursor.copy_expert(statement, io.StringIO(parameters))
            return None, cursor.rowcount, None
        cursor.execute(statement, parameters)
        return None, cursor.rowcount, sorted(cursor.fetchall(), key=repr) if cursor.description else None
    except psycopg2.Error as error:
        return error, None, None


class OneByOne:
    """One session for each set of tables; all execute the same."""

    def __init__(self, seed, operations):
        self.rng = random.Random(seed)
        self.operations = operations
        self.cursors = {side: connect(side).cursor() for side in SIDES}
        self.counts = collections.Counter()
        self.transaction = []
        self.mismatches = {}

    def all(self, statement):
        for cursor in self.cursors.values():
            cursor.execute(statement)

    def mismatch(self, what, outcomes):
        return Mismatch('%s\n%s\nafter, in this transaction:\n%s' % (
            what, '\n'.join('  %s: %s' % (side, describe(outcome)) for side, outcome in outcomes.items()),
            '\n'.join('  ' + repr(s) for s in self.transaction)))

    def step(self, statement, parameters):
        """Executes a statement on all sides; False if it was taken back, since it failed."""
        outcomes = {}
        self.all('SAVEPOINT step')
        for side, cursor in self.cursors.items():
            outcomes[side] = execute(cursor, for_side(side, statement), parameters)
        self.counts['operations'] += 1
        plain = outcomes['plain']
        early = outcomes['early']
        what = None
        if code(plain) is None and not plain == early == outcomes['late']:
            what = 'a plain table takes it'
        elif code(early) != code(outcomes['late']):
            what = 'early and late archiving differ'
        # a pin does not hold its row; for all else there is no indulgence
        elif code(plain) not in (None, '23503') and code(early) is None:
            what = 'a plain table does not take it'
        if what and (what, statement) not in self.mismatches:
            self.mismatches[what, statement] = self.mismatch('%s: %s %r' % (what, statement, parameters), outcomes)
        if what or code(plain) is not None:
            self.counts[code(plain)] += 1
            self.all('ROLLBACK TO step')
            return False
        if statement.startswith('COPY'):
            self.look_for_locks(statement)
        self.transaction.append((statement, parameters))
        return True

    def look_for_locks(self, statement):
        for side, cursor in self.cursors.items():
            cursor.execute("SELECT locktype, count(*) FROM pg_locks WHERE pid = pg_backend_pid()"
                           " AND locktype NOT IN ('relation', 'virtualxid', 'transactionid')"
                           " AND mode <> 'SIReadLock' GROUP BY 1")
            if cursor.rowcount and ('locks', statement) not in self.mismatches:
                self.mismatches['locks', statement] = self.mismatch(
                    'locks are left by %s' % statement, {side: (None, cursor.rowcount, cursor.fetchall())})

    def run_transaction(self):
        self.transaction = [self.rng.choice(('READ COMMITTED', 'READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'))]
        self.all('BEGIN ISOLATION LEVEL ' + self.transaction[0])
        for _ in range(self.rng.randint(1, 6)):
            self.step(*self.rng.choice(STATEMENTS)(self.rng))
        if self.rng.random() < 0.2 or not self.step('SET CONSTRAINTS ALL IMMEDIATE', None):
            self.all('ROLLBACK')
        else:
            self.all('COMMIT')

    def compare(self):
        for table, columns in TABLES.items():
            rows = {}
            for side, cursor in self.cursors.items():
                current = '' if table in UNVERSIONED else for_side(side, ' WHERE true {cur}')
                cursor.execute('SELECT %s FROM %s%s' % (columns, table, current))
                rows[side] = (None, cursor.rowcount, sorted(cursor.fetchall(), key=repr))
            if not rows['plain'] == rows['early'] == rows['late']:
                raise self.mismatch('the rows of %s differ' % table, rows)
        verify()

    def run(self):
        try:
            while self.counts['operations'] < self.operations:
                for _ in range(100):
                    self.run_transaction()
                self.compare()
                self.all('DELETE FROM pin; DELETE FROM log')
        finally:
            for cursor in self.cursors.values():
                cursor.connection.close()
        if self.mismatches:
            raise Mismatch('\n'.join(str(m) for m in self.mismatches.values()))
        return dict(self.counts)


def code(outcome):
    return outcome[0].pgcode if outcome[0] else None


def describe(outcome):
    error, count, rows = outcome
    return ' '.join(str(error).split()) if error else '%s %s' % (count, rows)


def verify():
    cursor = connect().cursor()
    cursor.execute('SELECT * FROM versioned_rows.verify()')
    if cursor.rowcount:
        raise Mismatch('verify(): %d rows, such as %r' % (cursor.rowcount, cursor.fetchone()))


# Statements of the clients that write at once, by the table that they write.
CONCURRENT = (upsert, upsert, insert_new, insert, update, update, delete, delete, reinsert, merge, copy)


class Client(threading.Thread):
    """Writes a few keys that others are writing, too.

    Keys are taken in their order, so that a plain table gives no deadlock.
    """

    def __init__(self, side, number, seed, transactions):
        super().__init__()
        self.side = side
        self.rng = random.Random(seed * 1000 + number)
        self.transactions = transactions
        self.told = collections.Counter()       # versions that were made, by table and key
        self.errors = collections.Counter()
        self.examples = {}

    def run(self):
        self.cursor = connect(self.side).cursor()
        for _ in range(self.transactions):
            self.run_transaction()
        self.cursor.connection.close()

    def run_transaction(self):
        table = self.rng.choice(('num', 'timed', 'word'))
        isolation = self.rng.choice(('READ COMMITTED', 'READ COMMITTED', 'READ COMMITTED', 'REPEATABLE READ'))
        steps = [self.rng.choice(CONCURRENT) for _ in range(self.rng.randint(1, 3))]
        keys = sorted(self.rng.randint(1, 3) for _ in steps)
        made = collections.Counter()
        self.cursor.execute('BEGIN ISOLATION LEVEL ' + isolation)
        for step, key in zip(steps, keys):
            statement, parameters = step(FixedKey(self.rng, key), table)
            outcome = execute(self.cursor, for_side(self.side, statement), parameters)
            if outcome[0]:
                self.errors[step.__name__, isolation, code(outcome)] += 1
                self.examples[step.__name__, isolation, code(outcome)] = '%s: %s' % (table, describe(outcome))
                self.cursor.execute('ROLLBACK')
                return
            if step is not delete:
                made[table, key] += outcome[1]
        # at the end, since it locks rows of any key; in REPEATABLE READ it may fail, as a DELETE may
        if self.rng.random() < 0.2 and self.side != 'plain' and isolation == 'READ COMMITTED':
            self.cursor.execute("SELECT versioned_rows.prune('%s', keep => 1)" % table)
        if self.rng.random() < 0.1:
            self.cursor.execute('ROLLBACK')
            return
        self.cursor.execute('COMMIT')
        self.told.update(made)


class FixedKey:
    """Random choices, except for the key."""

    def __init__(self, rng, key):
        self.choice = rng.choice
        self.key = key

    def randint(self, low, high):
        return self.key if high == KEYS else 1


def write_at_once(side, seed, operations):
    """Returns the errors that there were, by kind, with an example of each, and the versions told of."""
    cursor = connect(side).cursor()
    for table in ('num', 'timed', 'word'):
        if side != 'plain':
            cursor.execute("SELECT versioned_rows.disable('%s')" % table)
        cursor.execute('TRUNCATE %s' % table)
        if side != 'plain':
            cursor.execute("SELECT versioned_rows.enable('%s'%s)" % (
                table, ", period_column => 'valid'" if table == 'timed' else ''))
    clients = [Client(side, n, seed, operations // 2 // CLIENTS) for n in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    errors = sum((c.errors for c in clients), collections.Counter())
    examples = {k: v for c in clients for k, v in c.examples.items()}
    return errors, examples, sum((c.told for c in clients), collections.Counter())


def check_numbers(side, told):
    """The last version of each row has the number of those that the clients were told of."""
    cursor = connect(side).cursor()
    for table in ('num', 'timed', 'word'):
        cursor.execute("SELECT replace(id::text, 'K', 'k'), max(version_id) FROM %s GROUP BY id" % table)
        for key, last in cursor.fetchall():
            key = int(float(key.lstrip('k')))
            if told[table, key] != last:
                raise Mismatch('%s.%s: row %s has versions up to %s, the clients were told of %s'
                               % (side, table, key, last, told[table, key]))


def is_known(kind, plain):
    """Whatever fails in REPEATABLE READ may as well fail because the snapshot is too old."""
    step, isolation, state = kind
    return kind in plain or (isolation == 'REPEATABLE READ' and state == '40001'
                             and any(k[:2] == kind[:2] for k in plain))


def run_at_once(seed, operations):
    plain, _, _ = write_at_once('plain', seed, operations)
    for side in ('early', 'late'):
        errors, examples, told = write_at_once(side, seed, operations)
        surprises = ['%s: %d times %s, which the plain table did not give: %s' % (side, errors[k], k, examples[k])
                     for k in sorted(errors) if not is_known(k, plain)]
        if surprises:
            raise Mismatch('\n'.join(surprises + ['it gave: %s' % dict(plain)]))
        check_numbers(side, told)
    verify()
    return '%d versions, errors of the plain table: %s' % (sum(told.values()), dict(plain))


def with_database(work):
    connection = psycopg2.connect()
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("SELECT FROM pg_available_extensions WHERE name = 'citext'")
    if not cursor.rowcount:
        print('1..0 # SKIP citext is not installed')
        return
    cursor.execute('DROP DATABASE IF EXISTS %s WITH (FORCE)' % DATABASE)
    cursor.execute('CREATE DATABASE %s' % DATABASE)
    try:
        work()
    finally:
        cursor.execute('DROP DATABASE %s WITH (FORCE)' % DATABASE)


def main(arguments):
    operations = int(arguments[0]) if arguments else OPERATIONS
    seed = int(arguments[1]) if len(arguments) > 1 else random.randrange(10 ** 6)
    failed = False

    def test(name, function):
        nonlocal failed
        try:
            print('ok %s # %s' % (name, function()), flush=True)
        except Mismatch as mismatch:
            failed = True
            print('not ok %s' % name)
            for line in str(mismatch)[:20000].splitlines():
                print('# ' + line, flush=True)

    def work():
        print('1..2')
        print('# repeat with: t/takes_what_a_plain_table_takes.py %d %d' % (operations, seed), flush=True)
        create_tables()
        test('1 - one by one, a statement does what it does to plain tables',
             lambda: OneByOne(seed, operations).run())
        test('2 - at once, there is no error that a plain table does not give',
             lambda: run_at_once(seed, operations))

    with_database(work)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))

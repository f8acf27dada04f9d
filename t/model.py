#!/usr/bin/python3
"""Random statements against an independent model of what they must do.

Several connections work at the same time on tables of several shapes, in
transactions of all isolation levels, with savepoints and rollbacks.  After
each statement its count and what it returned are compared with the model,
now and then every row.  The statements come one by one, so that a run can be
repeated by its seed; that they wait for each other is arranged on purpose.
Then several clients write at once, whatever comes first, and what they were
told is counted.

Usage: t/model.py [operations [seed]], on the server that libpq's variables
name.  VERSIONED_ROWS_LONG=1 makes the default twenty times as long.
"""
import collections
import io
import os
import random
import sys
import threading

import psycopg2

OPERATIONS = 20000
CLIENTS = 5
KEYS = 16
LARGE = ''.join(chr(random.Random(n).randrange(48, 123)).replace('\\', '/')
                for n in range(3000))

DATABASE = 'regress_versioned_rows_model'

# The last version of a row, whether it is current, what it contains, and
# which of the rows of this key it is, as deleted ones come back as others.
State = collections.namedtuple('State', 'last current content birth')


class Mismatch(Exception):
    """The database did something else than the model."""


class Table:
    """The shape of a versioned table, and how it is addressed in SQL."""

    def __init__(self, name, create, enable='', columns=('a int',),
                 keys=('id',), current='is_current_version', ignored=(),
                 target=None, period=None, change=None):
        self.name = name
        self.create = create
        self.enable = enable
        self.columns = [c.split()[0] for c in columns]
        self.types = [c.split()[1] for c in columns]
        self.keys = keys
        self.current = current
        self.ignored = [self.columns.index(c) for c in ignored]
        self.target = target or name
        self.period = period
        self.change = change or (lambda content: content)

    @property
    def is_view(self):
        return self.target != self.name

    def all_keys(self):
        if len(self.keys) == 1:
            return [(n,) for n in range(KEYS)]
        return [(n, lang) for n in range(KEYS // 2) for lang in ('de', 'en')]

    def where(self, key, filtered):
        text = ' AND '.join('%s = %%s' % k for k in self.keys)
        return text + self.filter(filtered)

    def filter(self, filtered):
        if filtered and self.current and not self.is_view:
            return ' AND ' + self.current
        return ''

    def returning(self):
        columns = list(self.keys)
        if not self.is_view:
            columns.append('version_id')
        return ' RETURNING ' + ', '.join(self.target_alias() + c
                                         for c in columns)

    def target_alias(self):
        return self.target + '.'

    def conflict(self):
        if self.current:
            return '(%s) WHERE %s' % (', '.join(self.keys), self.current)
        return '(%s, version_id)' % ', '.join(self.keys)

    def value(self, rng, column):
        kind = self.types[column]
        if kind == 'int':
            return rng.randrange(4)
        if kind == 'json':
            return rng.choice(['{"a": 1}', '{"a":1}', '[]', None])
        return rng.choice(['x', 'X', '', None, LARGE, LARGE + 'y'])

    def content(self, rng):
        return tuple(self.value(rng, n) for n in range(len(self.columns)))


def lower(content):
    return tuple(c.lower() if isinstance(c, str) else c for c in content)


TABLES = [
    Table('plain', 'id int PRIMARY KEY, a int, b text',
          columns=('a int', 'b text')),
    Table('composite', 'id int, lang text, a int, doc json, '
          'PRIMARY KEY (id, lang)', "period_column => 'valid'",
          columns=('a int', 'doc json'), keys=('id', 'lang'),
          period='valid'),
    Table('numbered', 'id bigint PRIMARY KEY, a int',
          'current_column => NULL', current=None),
    Table('timed', 'id int PRIMARY KEY, a int',
          "current_column => NULL, period_column => 'valid'",
          current='upper_inf(valid)', period='valid'),
    Table('parted', 'id int PRIMARY KEY, a int, b text',
          columns=('a int', 'b text')),
    Table('ignoring', 'id smallint PRIMARY KEY, a int, seen int',
          "ignore_columns => '{seen}'", columns=('a int', 'seen int'),
          ignored=('seen',)),
    Table('changed', 'id int PRIMARY KEY, a int, b text',
          columns=('a int', 'b text'), change=lower),
    Table('faced_versions', 'id int PRIMARY KEY, a int', target='faced'),
]

SCHEMA = '''
CREATE EXTENSION versioned_rows;
CREATE FUNCTION to_lower() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.b := lower(NEW.b);
    RETURN NEW;
END
$$;
'''


def create_schema(connection):
    cursor = connection.cursor()
    cursor.execute(SCHEMA)
    for table in TABLES:
        parted = table.name == 'parted'
        options = ', ' + table.enable if table.enable else ''
        name = table.target
        cursor.execute('CREATE TABLE %s (%s) %s' % (
            name, table.create, 'PARTITION BY HASH (id)' if parted else ''))
        for n in range(3 if parted else 0):
            cursor.execute('CREATE TABLE parted_%s PARTITION OF parted '
                           'FOR VALUES WITH (MODULUS 3, REMAINDER %s)' % (n, n))
        if table.is_view:
            options += ', facade => true'
        cursor.execute("SELECT versioned_rows.enable('%s'%s)"
                       % (name, options))
    cursor.execute('CREATE TRIGGER to_lower BEFORE INSERT OR UPDATE '
                   'ON changed FOR EACH ROW EXECUTE FUNCTION to_lower()')
    cursor.execute('''
        CREATE FUNCTION is_blocked(pid int) RETURNS boolean
        LANGUAGE sql AS 'SELECT cardinality(pg_blocking_pids(pid)) > 0';
        ''')


class Model:
    """What is committed."""

    def __init__(self):
        self.rows = {t.name: {} for t in TABLES}
        self.history = {t.name: {} for t in TABLES}
        self.changed_at = {t.name: {} for t in TABLES}
        self.commits = 0
        self.births = 0

    def new_birth(self):
        self.births += 1
        return self.births


class Client:
    """A connection, and what its transaction has done according to the model."""

    def __init__(self, number, model):
        self.number = number
        self.model = model
        self.connection = psycopg2.connect(dbname=DATABASE)
        self.connection.autocommit = True
        self.cursor = self.connection.cursor()
        self.pid = self.connection.get_backend_pid()
        self.forget()
        for table in TABLES:
            if not table.is_view:
                self.cursor.execute(
                    'PREPARE add_%s AS UPDATE %s SET a = a + 1 WHERE %s%s'
                    % (table.name, table.name,
                       ' AND '.join('%s = $%s' % (k, n + 1)
                                    for n, k in enumerate(table.keys)),
                       table.filter(True) + table.returning()))

    def begin(self, isolation):
        self.isolation = isolation
        self.cursor.execute('BEGIN ISOLATION LEVEL ' + isolation)
        if isolation != 'READ COMMITTED':
            self.cursor.execute('SELECT 1')
            self.snapshot = ({t: dict(r) for t, r in self.model.rows.items()},
                             self.model.commits)

    def state(self, table, key):
        """What this transaction sees of a row."""
        if (table.name, key) in self.rows:
            return self.rows[table.name, key]
        rows = self.snapshot[0] if self.snapshot else self.model.rows
        return rows[table.name].get(key)

    def newest(self, table, key):
        """What an INSERT finds: also what the snapshot does not show."""
        if (table.name, key) in self.rows:
            return self.rows[table.name, key]
        return self.model.rows[table.name].get(key)

    def is_stale(self, table, key):
        """Has somebody else changed the row since the snapshot?"""
        return (self.snapshot is not None and
                (table.name, key) not in self.written and
                self.model.changed_at[table.name].get(key, 0)
                > self.snapshot[1])

    def current_keys(self, table, keys):
        result = []
        for key in keys:
            state = self.state(table, key)
            if state is not None and state.current:
                result.append(key)
        return result

    def insert(self, table, key, content):
        old = self.newest(table, key)
        last = old.last if old else 0
        self.written.add((table.name, key))
        self.rows[table.name, key] = State(last + 1, True,
                                           table.change(content),
                                           self.model.new_birth())
        return last + 1

    def update(self, table, key, content, forced=False):
        """Returns the number of the version that is then current."""
        old = self.state(table, key)
        content = table.change(content)
        self.written.add((table.name, key))
        if forced or any(a != b for n, (a, b)
                         in enumerate(zip(content, old.content))
                         if n not in table.ignored):
            self.history[table.name, key, old.last] = old.content
            new = old._replace(last=old.last + 1, content=content)
        else:
            new = old._replace(content=content)
        if new != old:
            self.rows[table.name, key] = new
        return new.last

    def delete(self, table, key):
        old = self.state(table, key)
        self.written.add((table.name, key))
        self.history[table.name, key, old.last] = old.content
        self.rows[table.name, key] = old._replace(current=False)
        return old.last

    def savepoint(self):
        self.savepoints.append((dict(self.rows), dict(self.history),
                                set(self.written)))
        self.cursor.execute('SAVEPOINT s%d' % len(self.savepoints))

    def rollback_to(self, number):
        self.cursor.execute('ROLLBACK TO s%d' % number)
        rows, history, written = self.savepoints[number - 1]
        self.rows, self.history = dict(rows), dict(history)
        self.written = set(written)
        del self.savepoints[number:]

    def release(self, number):
        self.cursor.execute('RELEASE s%d' % number)
        del self.savepoints[number - 1:]

    def publish(self):
        """The transaction was committed: so everybody sees it."""
        self.model.commits += 1
        for (table, key), state in self.rows.items():
            self.model.rows[table][key] = state
        # also where nothing has changed but the tuple
        for table, key in self.written:
            self.model.changed_at[table][key] = self.model.commits
        for (table, key, version), content in self.history.items():
            self.model.history[table][key, version] = content
        self.forget()

    def forget(self):
        self.isolation = None
        self.snapshot = None
        self.rows = {}
        self.history = {}
        self.written = set()
        self.touched = set()
        self.savepoints = []

    def commit(self):
        try:
            self.cursor.execute('COMMIT')
        except psycopg2.Error as error:
            if (self.isolation != 'SERIALIZABLE' or
                    error.pgcode != '40001'):
                raise
            self.rollback()
            return
        self.publish()

    def rollback(self):
        self.cursor.execute('ROLLBACK')
        self.forget()


class Operation:
    """A statement, the rows that it may touch, and what it must do.

    effect(client) changes the model and returns what the statement returns:
    sorted pairs of key and version.  error is the SQLSTATE that is expected
    instead, or a function of the client that tells it.
    """

    def __init__(self, table, sql, parameters, keys, effect, error=None,
                 data=None, can_wait=False, needs_row=False, tables=()):
        self.table = table
        self.sql = sql
        self.parameters = parameters
        self.keys = keys
        self.effect = effect
        self.error = error
        self.data = data
        self.can_wait = can_wait
        self.needs_row = needs_row
        self.tables = tables or (table,)

    def locks(self):
        return {(t.name, key) for t in self.tables for key in self.keys}

    def expected_error(self, client):
        if self.needs_row:
            for table in self.tables:
                keys = client.current_keys(table, self.keys)
                if any(client.is_stale(table, key) for key in keys):
                    return '40001'
                if not keys:
                    break
        return self.error(client) if callable(self.error) else self.error

    def execute(self, cursor):
        if self.data is not None:
            cursor.copy_expert(self.sql, io.StringIO(self.data))
            return None, cursor.rowcount
        cursor.execute(self.sql, self.parameters)
        returned = cursor.fetchall() if cursor.description else None
        return returned, cursor.rowcount


# The operations.  Each is a function that makes one up for a table, or
# returns None where it does not fit.

def random_key(rng, table):
    return rng.choice(table.all_keys())


def random_change(rng, table):
    """A SET clause with its parameters, and the function that it stands for."""
    column = rng.randrange(len(table.columns))
    name = table.columns[column]
    if table.types[column] == 'int' and rng.random() < 0.5:
        def change(content):
            return (content[:column] + (plus_one(content[column]),)
                    + content[column + 1:])
        return '%s = %s.%s + 1' % (name, table.target, name), [], change

    value = table.value(rng, column)

    def replace(content):
        return content[:column] + (value,) + content[column + 1:]
    return name + ' = %s', [value], replace


def update_one(rng, table):
    key = random_key(rng, table)
    text, parameters, change = random_change(rng, table)

    def effect(client):
        return [(k, client.update(table, k, change(client.state(table, k).content)))
                for k in client.current_keys(table, [key])]
    return Operation(
        table, 'UPDATE %s SET %s WHERE %s%s' % (
            table.target, text, table.where(key, rng.random() < 0.7),
            table.returning()),
        parameters + list(key), [key], effect, can_wait=True, needs_row=True)


def update_many(rng, table):
    text, parameters, change = random_change(rng, table)
    filtered = rng.random() < 0.5
    low = rng.randrange(KEYS)
    high = low + rng.randrange(6)
    if rng.random() < 0.3:
        low, high = 0, KEYS
    keys = [k for k in table.all_keys() if low <= k[0] <= high]
    where = ''
    if (low, high) != (0, KEYS):
        where = ' WHERE id BETWEEN %s AND %s' + table.filter(filtered)
        parameters = parameters + [low, high]

    def effect(client):
        return [(k, client.update(table, k, change(client.state(table, k).content)))
                for k in client.current_keys(table, keys)]
    return Operation(table, 'UPDATE %s SET %s%s%s' % (
        table.target, text, where, table.returning()), parameters, keys,
        effect, needs_row=True)


def update_prepared(rng, table):
    key = random_key(rng, table)
    if table.is_view:
        return None

    def effect(client):
        return [(k, client.update(table, k, add_one(client.state(table, k).content)))
                for k in client.current_keys(table, [key])]
    return Operation(table, 'EXECUTE add_%s (%s)' % (
        table.name, ', '.join(['%s'] * len(key))), list(key), [key], effect,
        can_wait=True, needs_row=True)


def plus_one(value):
    return None if value is None else value + 1


def add_one(content):
    return (plus_one(content[0]),) + content[1:]


def update_optimistic(rng, table):
    """Only if the version is still the one that was read."""
    key = random_key(rng, table)
    text, parameters, change = random_change(rng, table)
    if table.is_view:
        return None
    version = rng.randrange(1, 4)

    def pick(client):
        state = client.state(table, key)
        if state and rng.random() < 0.7:
            return state.last
        return version

    def effect(client):
        keys = [k for k in client.current_keys(table, [key])
                if client.state(table, k).last == operation.parameters[-1]]
        return [(k, client.update(table, k, change(client.state(table, k).content)))
                for k in keys]

    operation = Operation(
        table, 'UPDATE %s SET %s WHERE %s AND version_id = %%s%s' % (
            table.target, text, table.where(key, False), table.returning()),
        parameters + list(key), [key], effect)
    operation.pick = pick
    return operation


def update_with_number(rng, table):
    """An ORM that counts versions itself: always a new version."""
    key = random_key(rng, table)
    if table.is_view:
        return None

    def effect(client):
        return [(k, client.update(table, k, client.state(table, k).content, True))
                for k in client.current_keys(table, [key])]
    return Operation(
        table, 'UPDATE %s SET version_id = version_id + 1 WHERE %s%s' % (
            table.target, table.where(key, True), table.returning()),
        list(key), [key], effect, can_wait=True, needs_row=True)


def update_from(rng, table):
    """UPDATE ... FROM a list of keys and values."""
    if len(table.keys) > 1:
        return None
    pairs = {random_key(rng, table): rng.randrange(4) for _ in range(5)}

    def effect(client):
        return [(k, client.update(table, k, (pairs[k],) + client.state(table, k).content[1:]))
                for k in client.current_keys(table, list(pairs))]
    return Operation(
        table, 'UPDATE %s SET a = v.a FROM (VALUES %s) AS v (id, a) '
        'WHERE %s.id = v.id%s%s' % (
            table.target, ', '.join('(%d, %d)' % (k[0], a) for k, a in pairs.items()),
            table.target, table.filter(True), table.returning()),
        [], list(pairs), effect, needs_row=True)


def update_at_cursor(rng, table):
    key = random_key(rng, table)
    # PostgreSQL itself fails where the cursor reads one partition only
    if table.is_view or table.current is None or table.name == 'parted':
        return None

    def effect(client):
        return [(k, client.update(table, k, add_one(client.state(table, k).content)))
                for k in client.current_keys(table, [key])]

    operation = Operation(
        table, 'UPDATE %s SET a = a + 1 WHERE CURRENT OF place%s' % (
            table.target, table.returning()), [], [key], effect)
    operation.prelude = (
        'DECLARE place CURSOR FOR SELECT * FROM %s WHERE %s FOR UPDATE'
        % (table.target, table.where(key, True)), list(key))
    operation.wants_row = True
    return operation


def update_by_cte(rng, table):
    """One statement that makes versions in two tables."""
    other = rng.choice(TABLES)
    if (other is table or len(table.keys) > 1 or len(other.keys) > 1
            or table.is_view or other.is_view):
        return None
    key = random_key(rng, table)

    def effect(client):
        result = []
        for k in client.current_keys(table, [key]):
            client.update(table, k, add_one(client.state(table, k).content))
            a = client.state(table, k).content[0]
            for o in client.current_keys(other, [key]):
                content = (a,) + client.state(other, o).content[1:]
                result.append((o, client.update(other, o, content)))
        return result
    return Operation(
        other, 'WITH u AS (UPDATE %s SET a = a + 1 WHERE %s '
        'RETURNING id, a) UPDATE %s SET a = u.a FROM u WHERE %s.id = u.id%s%s' % (
            table.target, table.where(key, True), other.target, other.target,
            other.filter(True), other.returning()),
        list(key), [key], effect, needs_row=True, tables=(table, other))


def delete_some(rng, table):
    if table.current is None:
        return None
    if rng.random() < 0.8:
        keys = [random_key(rng, table)]
        where, parameters = table.where(keys[0], rng.random() < 0.7), list(keys[0])
    else:
        low = rng.randrange(KEYS)
        keys = [k for k in table.all_keys() if low <= k[0] <= low + 2]
        where = 'id BETWEEN %s AND %s' + table.filter(rng.random() < 0.5)
        parameters = [low, low + 2]

    def effect(client):
        return [(k, client.delete(table, k))
                for k in client.current_keys(table, keys)]
    return Operation(
        table, 'DELETE FROM %s WHERE %s%s' % (table.target, where, table.returning()),
        parameters, keys, effect, can_wait=len(keys) == 1, needs_row=True)


def column_list(table):
    return ', '.join(list(table.keys) + table.columns)


def insert_one(rng, table):
    key = random_key(rng, table)
    content = table.content(rng)

    def error(client):
        state = client.newest(table, key)
        return '23505' if state and state.current else None
    return Operation(
        table, 'INSERT INTO %s (%s) VALUES (%s)%s' % (
            table.target, column_list(table),
            ', '.join(['%s'] * (len(key) + len(content))), table.returning()),
        list(key + content), [key],
        lambda client: [(key, client.insert(table, key, content))],
        error=error, can_wait=True)


def upsert(rng, table):
    key = random_key(rng, table)
    content = table.content(rng)
    nothing = rng.random() < 0.3
    if table.is_view:
        return None

    def effect(client):
        state = client.newest(table, key)
        if state and state.current:
            if nothing:
                return []
            return [(key, client.update(table, key, content))]
        return [(key, client.insert(table, key, content))]
    action = 'NOTHING' if nothing else 'UPDATE SET ' + ', '.join(
        '%s = excluded.%s' % (c, c) for c in table.columns)
    return Operation(
        table, 'INSERT INTO %s (%s) VALUES (%s) ON CONFLICT %s DO %s%s' % (
            table.target, column_list(table),
            ', '.join(['%s'] * (len(key) + len(content))), table.conflict(),
            action, table.returning()),
        list(key + content), [key], effect, can_wait=not nothing)


def merge(rng, table):
    if table.is_view or len(table.keys) > 1:
        return None
    pairs = {random_key(rng, table): rng.randrange(4) for _ in range(4)}
    deletes = table.current is not None

    def effect(client):
        result = []
        for key, a in pairs.items():
            state = client.state(table, key)
            if state is None or not state.current:
                client.insert(table, key,
                              (a,) + (None,) * (len(table.columns) - 1))
            elif a == 0 and deletes:
                client.delete(table, key)
            else:
                client.update(table, key, (a,) + state.content[1:])
            result.append(None)
        return result
    return Operation(
        table, 'MERGE INTO %s t USING (VALUES %s) AS v (id, a) ON t.id = v.id%s '
        '%s WHEN MATCHED THEN UPDATE SET a = v.a '
        'WHEN NOT MATCHED THEN INSERT (id, a) VALUES (v.id, v.a)' % (
            table.target, ', '.join('(%d, %d)' % (k[0], a) for k, a in pairs.items()),
            ' AND t.' + table.current if table.current == 'is_current_version'
            else ' AND upper_inf(t.valid)' if table.current else '',
            'WHEN MATCHED AND v.a = 0 THEN DELETE' if deletes else ''),
        [], list(pairs), effect)


def copy_in(rng, table):
    if table.is_view:
        return None
    lines = {random_key(rng, table): rng.randrange(4) for _ in range(3)}

    def error(client):
        for key in lines:
            state = client.newest(table, key)
            if state and state.current:
                return '23505'
        return None

    def effect(client):
        for key, a in lines.items():
            client.insert(table, key, (a,) + (None,) * (len(table.columns) - 1))
        return [None] * len(lines)
    return Operation(
        table, 'COPY %s (%s, a) FROM stdin' % (table.target, ', '.join(table.keys)),
        [], list(lines), effect, error=error,
        data=''.join('\t'.join(str(v) for v in key + (a,)) + '\n'
                     for key, a in lines.items()))


def forbidden(rng, table):
    """What must fail whatever there is, and change nothing."""
    if table.is_view:
        return None
    key = random_key(rng, table)
    sql, parameters, error, row = rng.choice([
        ('UPDATE %s SET id = id + 100 WHERE %s', list(key), '0A000', True),
        ('UPDATE %s SET version_id = version_id + 2 WHERE %s', list(key), '428C9', True),
        ('TRUNCATE %s', [], '0A000', False),
    ])
    keys = [key] if row else table.all_keys()
    sql = sql.replace('%s', table.target, 1)
    sql = sql.replace('%s', table.where(key, True))

    def expect(client):
        if row and not client.current_keys(table, keys):
            return None
        return error
    return Operation(table, sql, parameters, keys, lambda client: [],
                     error=expect, needs_row=row)


def read(rng, table):
    """All versions of a row, as this transaction must see them."""
    key = random_key(rng, table)
    operation = Operation(
        table, 'SELECT version_id, %s FROM %s WHERE %s ORDER BY version_id' % (
            ', '.join('%s::text' % c for c in table.columns), table.name,
            table.where(key, False)), list(key), [key], None)
    operation.reads = True
    return operation


MAKERS = [(update_one, 30), (update_many, 5), (update_prepared, 8),
          (update_optimistic, 6), (update_with_number, 3), (update_from, 4),
          (update_at_cursor, 3), (update_by_cte, 3), (delete_some, 9),
          (insert_one, 16), (upsert, 8), (merge, 4), (copy_in, 3),
          (forbidden, 2), (read, 6)]


class Run:
    """One run of the model, by one seed."""

    def __init__(self, seed, operations):
        self.rng = random.Random(seed)
        self.wanted = operations
        self.counts = collections.Counter()
        self.model = Model()
        self.clients = [Client(n, self.model) for n in range(CLIENTS)]
        self.control = psycopg2.connect(dbname=DATABASE)
        self.control.autocommit = True

    def locked_by(self, client, operation):
        """The others that hold a row that the operation may touch."""
        locks = operation.locks()
        return [c for c in self.clients
                if c is not client and c.touched & locks]

    def make(self, client):
        while True:
            maker = self.rng.choices([m for m, _ in MAKERS],
                                     [w for _, w in MAKERS])[0]
            operation = maker(self.rng, self.rng.choice(TABLES))
            if operation is None:
                continue
            if operation.sql.startswith('TRUNCATE') and any(
                    c.isolation for c in self.clients if c is not client):
                continue
            # what a snapshot does not show decides these: left to the specs
            if client.snapshot and any(
                    client.is_stale(t, key) for t in operation.tables
                    for key in operation.keys) and not operation.needs_row \
                    and not hasattr(operation, 'reads'):
                continue
            if hasattr(operation, 'pick'):
                operation.parameters.append(operation.pick(client))
            if hasattr(operation, 'wants_row') and not client.current_keys(
                    operation.table, operation.keys):
                continue
            return operation

    def step(self):
        client = self.rng.choice(self.clients)
        if client.isolation is None:
            client.begin(self.rng.choices(
                ['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'],
                [6, 2, 1])[0])
        dice = self.rng.random()
        if dice < 0.10:
            self.end(client)
        elif dice < 0.16:
            client.savepoint()
        elif dice < 0.20 and client.savepoints:
            client.rollback_to(self.rng.randint(1, len(client.savepoints)))
        elif dice < 0.22 and client.savepoints:
            client.release(self.rng.randint(1, len(client.savepoints)))
        else:
            self.operate(client, self.make(client))

    def end(self, client):
        if self.rng.random() < 0.8:
            client.commit()
        else:
            client.rollback()

    def operate(self, client, operation):
        if hasattr(operation, 'reads'):
            self.read(client, operation)
            return
        holders = self.locked_by(client, operation)
        if holders:
            if len(holders) == 1 and self.may_wait(client, operation, holders[0]):
                self.wait(client, operation, holders[0])
            return
        expected = operation.expected_error(client)
        if expected == '23505' or expected is not None and expected != '40001':
            client.cursor.execute('SAVEPOINT e')
        outcome = self.attempt(client, operation)
        self.judge(client, operation, expected, outcome)

    def attempt(self, client, operation):
        """Returns (error, rows returned, count)."""
        try:
            if hasattr(operation, 'prelude'):
                client.cursor.execute(*operation.prelude)
                client.cursor.execute('FETCH place')
            returned, count = operation.execute(client.cursor)
            if hasattr(operation, 'prelude'):
                client.cursor.execute('CLOSE place')
            return None, returned, count
        except psycopg2.Error as error:
            return error, None, None

    def judge(self, client, operation, expected, outcome):
        """Compare what has happened with what must have."""
        error, returned, count = outcome
        self.counts['operations'] += 1
        code = error.pgcode if error else None
        if code == '40001' and client.isolation == 'SERIALIZABLE':
            client.rollback()
            return
        if code != expected:
            self.mismatch(client, operation, error or 'no error',
                          'error %s' % expected)
        if expected is not None:
            self.counts[expected] += 1
            if expected == '40001':
                client.rollback()
            else:
                client.cursor.execute('ROLLBACK TO e')
                client.cursor.execute('RELEASE e')
            return

        client.touched |= operation.locks()
        before = len(client.history)
        result = operation.effect(client)
        self.counts['versions'] += len(client.history) - before
        if count != len(result):
            self.mismatch(client, operation, count, len(result))
        if returned is not None:
            n = len(operation.table.keys)
            if operation.table.is_view:
                seen = sorted(tuple(row) for row in returned)
                wanted = sorted(key for key, _ in result)
            else:
                seen = sorted((tuple(row[:n]), row[n]) for row in returned)
                wanted = sorted(result)
            if seen != wanted:
                self.mismatch(client, operation, seen, wanted)

    def may_wait(self, client, operation, holder):
        """Will the statement wait for the end of the other transaction, and
        is it then known what it does?"""
        table, key = operation.table, operation.keys[0]
        changed = holder.rows.get((table.name, key))
        if (not operation.can_wait or changed is None
                or client.isolation == 'SERIALIZABLE'
                or client.is_stale(table, key)):
            return False
        committed = self.model.rows[table.name].get(key)
        if operation.needs_row:
            return committed is not None and committed.current \
                and committed != changed
        return client.isolation == 'READ COMMITTED' and committed != changed

    def wait(self, client, operation, holder):
        table, key = operation.table, operation.keys[0]
        before = self.model.rows[table.name].get(key)
        outcome = []
        client.cursor.execute('SAVEPOINT e')
        thread = threading.Thread(
            target=lambda: outcome.append(self.attempt(client, operation)))
        thread.start()
        cursor = self.control.cursor()
        while thread.is_alive():
            cursor.execute('SELECT is_blocked(%s)', [client.pid])
            if cursor.fetchone()[0]:
                break
        else:
            self.mismatch(client, operation, outcome[0], 'a wait')
        self.end(holder)
        thread.join()
        self.counts['waits'] += 1

        expected = operation.expected_error(client)
        after = self.model.rows[table.name].get(key)
        if (operation.needs_row and expected is None
                and after.birth != before.birth):
            # the row that it waited for has gone, another took its place
            operation.effect = lambda client: []
        if expected in (None, '40001'):
            if expected is None and outcome[0][0] is None:
                client.cursor.execute('RELEASE e')
        self.judge(client, operation, expected, outcome[0])

    def read(self, client, operation):
        table, key = operation.table, operation.keys[0]
        self.counts['operations'] += 1
        error, seen, _ = self.attempt(client, operation)
        if error:
            if (client.isolation != 'SERIALIZABLE'
                    or error.pgcode != '40001'):
                raise error
            client.rollback()
            return

        history = {}
        for (k, version), content in self.model.history[table.name].items():
            if k == key:
                history[version] = content
        for (name, k, version), content in client.history.items():
            if name == table.name and k == key:
                history[version] = content
        state = client.state(table, key)
        if state is not None and state.current:
            history[state.last] = state.content
        last = state.last if state else 0
        wanted = [(v,) + tuple(None if c is None else str(c) for c in content)
                  for v, content in sorted(history.items()) if v <= last]
        if seen != wanted:
            self.mismatch(client, operation, seen, wanted)

    def mismatch(self, client, operation, seen, wanted):
        raise Mismatch('client %d (%s): %s %r\n  got      %s\n  expected %s' % (
            client.number, client.isolation, operation.sql,
            operation.parameters, seen, wanted))

    def compare(self):
        """Every row of every table, when all transactions have ended."""
        for client in self.clients:
            if client.isolation:
                self.end(client)
        cursor = self.control.cursor()
        for table in TABLES:
            flag = table.current if table.current else 'true'
            cursor.execute('SELECT %s, version_id, %s, %s FROM %s' % (
                ', '.join(table.keys), flag,
                ', '.join('%s::text' % c for c in table.columns), table.name))
            seen = {}
            n = len(table.keys)
            for row in cursor:
                seen[tuple(row[:n]), row[n]] = (row[n + 1], tuple(row[n + 2:]))
            wanted = {}
            for (key, version), content in self.model.history[table.name].items():
                wanted[key, version] = (table.current is None, as_text(content))
            for key, state in self.model.rows[table.name].items():
                if state.current:
                    wanted[key, state.last] = (True, as_text(state.content))
            if seen != wanted:
                wrong = sorted(k for k in set(seen) | set(wanted)
                               if seen.get(k) != wanted.get(k))
                raise Mismatch('rows of %s differ, the first: %r, %r, %r' % (
                    table.name, wrong[0], seen.get(wrong[0]), wanted.get(wrong[0])))
        verify(cursor)

    def run(self):
        next_compare = 0
        while self.counts['operations'] < self.wanted:
            if self.counts['operations'] >= next_compare:
                self.compare()
                next_compare += 2000
            self.step()
        self.compare()
        return self.counts


def as_text(content):
    return tuple(None if c is None else str(c) for c in content)


def verify(cursor):
    cursor.execute('SELECT * FROM versioned_rows.verify()')
    problems = cursor.fetchall()
    if problems:
        raise Mismatch('verify(): %r' % (problems[0],))


class FreeTable:
    """A table to which several clients write that do not know of each other."""

    def __init__(self, name, key_type, enable='', notations=('%s',)):
        self.name = name
        self.create = (
            "CREATE TABLE {0} (id {1} PRIMARY KEY, a int); "
            "SELECT versioned_rows.enable('{0}'{2}); "
            "CREATE FUNCTION put_{0}({1}) RETURNS SETOF int LANGUAGE sql AS "
            "'INSERT INTO {0} VALUES ($1, 0) ON CONFLICT (id)"
            " WHERE is_current_version DO UPDATE SET a = {0}.a + 1 RETURNING 1'"
        ).format(name, key_type, enable)
        self.notations = notations

    def statement(self, rng, key):
        """One statement."""
        text = rng.choice([
            'UPDATE {0} SET a = a + 1 WHERE id = {1}',
            'UPDATE {0} SET a = a + 1 WHERE id = {1} AND is_current_version',
            'DELETE FROM {0} WHERE id = {1} AND is_current_version',
            'SELECT put_{0}({1})',
            'INSERT INTO {0} VALUES ({1}, 0)',
            'COPY {0} (id, a) FROM STDIN',
            'WITH gone AS (DELETE FROM {0} WHERE id = {1} AND is_current_version'
            ' RETURNING id, a) INSERT INTO {0} SELECT id, a + 1 FROM gone',
            'INSERT INTO {0} VALUES ({1}, 0) ON CONFLICT DO NOTHING',
            'INSERT INTO {0} VALUES ({1}, 0) ON CONFLICT (id)'
            ' WHERE is_current_version DO UPDATE SET a = {0}.a + 1'])
        return text.format(self.name, rng.choice(self.notations) % key)

    def execute(self, cursor, rng, key):
        """Returns the number of versions that were made, None if the row was
        there.
        """
        statement = self.statement(rng, key)
        try:
            if statement.startswith('COPY'):
                cursor.copy_expert(statement, io.StringIO('%d\t0\n' % key))
                return 1
            cursor.execute(statement)
        except psycopg2.errors.UniqueViolation:
            if statement.startswith('COPY') or statement.endswith(', 0)'):
                return None
            raise
        return 0 if statement.startswith('DELETE') else cursor.rowcount


FREE_TABLES = [
    FreeTable('free', 'int'),
    FreeTable('free_period', 'int', ", period_column => 'valid'"),
    FreeTable('free_numeric', 'numeric', notations=('%s', '%s.0', '%s.00'))]


def write_freely(table, number, seed, operations, told, errors):
    """One of several clients that do not know of each other.

    Counts for each row the versions that it was told it has made.
    """
    rng = random.Random(seed * 100 + number)
    connection = psycopg2.connect(dbname=DATABASE)
    connection.autocommit = True
    cursor = connection.cursor()
    for _ in range(operations):
        key = rng.randrange(4)
        made = []
        try:
            cursor.execute('BEGIN')
            for _ in range(rng.randrange(1, 4)):
                key = max(key, rng.randrange(4))
                made.append((key, table.execute(cursor, rng, key)))
                if made[-1][1] is None:
                    break
            if made[-1][1] is None or rng.random() < 0.1:
                cursor.execute('ROLLBACK')
                continue
            cursor.execute('COMMIT')
            for key, count in made:
                told[key] += count
        except psycopg2.errors.DeadlockDetected:
            cursor.execute('ROLLBACK')
        except psycopg2.Error as error:
            errors.append('%s: %s' % (table.name, error))
            return


def run_freely(table, seed, operations):
    """Returns the number of versions that were made."""
    connection = psycopg2.connect(dbname=DATABASE)
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute(table.create)
    told = [collections.Counter() for _ in range(CLIENTS)]
    errors = []
    threads = [threading.Thread(target=write_freely, args=(
        table, n, seed, operations // CLIENTS, told[n], errors))
        for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise Mismatch(errors[0])
    total = sum(told, collections.Counter())
    cursor.execute('SELECT id::int, count(*), max(version_id) FROM %s '
                   'GROUP BY id' % table.name)
    for key, count, last in cursor.fetchall():
        if not count == last == total[key]:
            raise Mismatch('row %s has %s versions up to %s, the clients were '
                           'told of %s' % (key, count, last, total[key]))
    verify(cursor)
    return sum(total.values())


def with_database(work):
    connection = psycopg2.connect()
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute('DROP DATABASE IF EXISTS %s WITH (FORCE)' % DATABASE)
    cursor.execute('CREATE DATABASE %s' % DATABASE)
    try:
        return work()
    finally:
        cursor.execute('DROP DATABASE %s WITH (FORCE)' % DATABASE)


def main(arguments):
    default = OPERATIONS * (20 if os.environ.get('VERSIONED_ROWS_LONG') else 1)
    operations = int(arguments[0]) if arguments else default
    seed = int(arguments[1]) if len(arguments) > 1 else random.randrange(10 ** 6)
    failed = False

    def test(name, function):
        nonlocal failed
        try:
            detail = function()
            print('ok %s # %s' % (name, detail), flush=True)
        except Exception as error:
            failed = True
            print('not ok %s' % name)
            for line in str(error)[:3000].splitlines():
                print('# ' + line)
            if not isinstance(error, Mismatch):
                raise

    def work():
        connection = psycopg2.connect(dbname=DATABASE)
        connection.autocommit = True
        create_schema(connection)
        test('1 - the database does what the model does',
             lambda: dict(Run(seed, operations).run()))
        test('2 - every version that a client was told of is there',
             lambda: '%d versions' % sum(run_freely(table, seed, operations // 8)
                                         for table in FREE_TABLES))

    print('1..2')
    print('# %d operations, repeat with: t/model.py %d %d'
          % (operations, operations, seed), flush=True)
    with_database(work)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))

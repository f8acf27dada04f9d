#!/usr/bin/python3
"""A statement that is cancelled, times out, fails, or loses its backend leaves
nothing behind: no lock, no pinned buffer, no open relation, no memory.

Statements are caught while they wait: an UPDATE for pins, a pin at the door of
such an UPDATE, an INSERT for another INSERT of its key and for a claim that
somebody else has, and one that has a claim itself.  Bulk statements run into
timeouts wherever these hit them.  Archiving a row is refused by everything
that can refuse it, ten thousand times in one transaction.

Runs on the server that libpq's variables name and on this machine, in a
database of its own.  PostgreSQL warns of what a transaction leaves behind and
then cleans up; the warnings that reach clients are counted here, and those of
backends that die are in the server's log, where script/test looks.
"""
import os
import random
import sys
import threading
import time

import psycopg2
import psycopg2.errors

DATABASE = 'regress_versioned_rows_interrupted'
LONG = 10 if os.environ.get('VERSIONED_ROWS_LONG') else 1
SEED = int(os.environ.get('VERSIONED_ROWS_SEED') or
           random.SystemRandom().randrange(1 << 30))
PATIENCE = 60           # seconds until a test that hangs is one that fails
ROWS = 2000
TIMEOUTS = 120 * LONG
ERRORS = 10000
MEGABYTE = 1024 * 1024

SETUP = """
CREATE EXTENSION versioned_rows;
CREATE EXTENSION pg_buffercache;
CREATE TABLE product (id int PRIMARY KEY, n int NOT NULL, tags int[]);
CREATE INDEX ON product USING gin (tags);
CREATE INDEX ON product USING brin (n);
SELECT versioned_rows.enable('product', period_column => 'valid',
    changed_by_column => 'changed_by');
CREATE TABLE item (id int PRIMARY KEY, product_id int, n int);
SELECT versioned_rows.add_reference('item', '{product_id}', 'product', 'pin');
CREATE TABLE part (id int PRIMARY KEY, product_id int, n int);
SELECT versioned_rows.enable('part');
SELECT versioned_rows.add_reference('part', '{product_id}', 'product',
    'follow');
INSERT INTO product SELECT i, 0, ARRAY[i] FROM generate_series(1, %(rows)s) i;
INSERT INTO part SELECT i, i, 0 FROM generate_series(1, %(rows)s, 4) i;
CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END';
CREATE TRIGGER stop AFTER INSERT ON product
    FOR EACH ROW WHEN (new.n = -1) EXECUTE FUNCTION stop();
"""

BULK = (
    'UPDATE product SET n = n + 1',
    'UPDATE product SET tags = tags || n WHERE id % 2 = 0',
    'UPDATE part SET n = n + 1',
    'DELETE FROM product WHERE id % 4 <> 1',
    """INSERT INTO product (id, n)
       SELECT i, 0 FROM generate_series(10000, 12000) i""",
    """INSERT INTO product (id, n) SELECT i, 0 FROM generate_series(1, 2000) i
       ON CONFLICT (id) WHERE is_current_version DO UPDATE SET n = 7""",
    """INSERT INTO item (id, product_id)
       SELECT i, i FROM generate_series(1, 2000) i""",
)

# Statements that fail when a version is archived, each on a table of its
# own: what is done to it after enable(), and the error.
REFUSALS = {
    'checked': ('ADD CHECK (is_current_version OR n < 0)',
                'check_violation'),
    'generated': ("""ADD g int GENERATED ALWAYS AS
                     (1 / is_current_version::int) STORED""",
                  'division_by_zero'),
    'indexed': ('CREATE INDEX ON indexed ((1 / is_current_version::int))',
                'division_by_zero'),
    'unique_index': ('CREATE UNIQUE INDEX ON unique_index (note)',
                     'unique_violation'),
    'rechecked': ('ADD UNIQUE (note) DEFERRABLE', 'unique_violation'),
}


class Session:
    """A connection whose statements can run in the background."""

    def __init__(self):
        # a pin that gave up waiting could not be interrupted
        self.connection = psycopg2.connect(
            dbname=DATABASE, options='-c versioned_rows.pin_patience=1min')
        self.connection.autocommit = True
        self.cursor = self.connection.cursor()
        self.pid = self.connection.get_backend_pid()
        self.thread = None
        self.error = None

    def execute(self, statement):
        self.cursor.execute(statement)
        return self.cursor.fetchall() if self.cursor.description else None

    def start(self, statement):
        def work():
            try:
                self.cursor.execute(statement)
                self.error = None
            except psycopg2.Error as error:
                self.error = error
        # a statement that does not end must not keep the test from ending
        self.thread = threading.Thread(target=work, daemon=True)
        self.thread.start()

    def finish(self):
        self.thread.join(PATIENCE)
        if self.thread.is_alive():
            raise TimeoutError('a statement does not end')

    def warnings(self):
        return [notice for notice in self.connection.notices
                if notice.startswith('WARNING')]


class Results:
    """Prints one line of TAP for each check."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def check(self, name, problems, detail=''):
        self.count += 1
        self.failed += bool(problems)
        print(f"{'not ok' if problems else 'ok'} {self.count} - {name}")
        if problems or detail:
            print(f'# {problems or detail}', flush=True)


def wait_until(observer, condition):
    """Asks the server again and again until it says yes."""
    end = time.monotonic() + PATIENCE
    while not observer.execute(f'SELECT {condition}')[0][0]:
        if time.monotonic() > end:
            raise TimeoutError(f'never true: {condition}')


def waits(session, locktype):
    return f"""EXISTS (SELECT FROM pg_locks WHERE pid = {session.pid}
        AND locktype = '{locktype}' AND NOT granted)"""


def naps(session):
    return f"""EXISTS (SELECT FROM pg_stat_activity
        WHERE pid = {session.pid} AND wait_event_type = 'Extension')"""


def locks(observer, session):
    """What a session holds besides the locks of its transaction itself."""
    return observer.execute(f"""SELECT mode, locktype FROM pg_locks
        WHERE pid = {session.pid}
            AND locktype NOT IN ('virtualxid', 'transactionid')""")


def leftovers(observer, *sessions):
    """What the given sessions, outside of transactions, still hold."""
    pids = ','.join(str(session.pid) for session in sessions)
    return observer.execute(f"""
        SELECT 'lock', locktype, relation::regclass::text, mode FROM pg_locks
        WHERE pid IN ({pids}) OR locktype = 'userlock'
        UNION ALL
        SELECT 'pin', relfilenode::text, relblocknumber::text, relforknumber::text
        FROM pg_buffercache
        WHERE pinning_backends > 0 AND reldatabase =
            (SELECT oid FROM pg_database WHERE datname = current_database())
            AND relfilenode NOT IN (SELECT pg_relation_filenode(c.oid)
                FROM pg_class c WHERE relnamespace = 'pg_catalog'::regnamespace
                AND pg_relation_filenode(c.oid) IS NOT NULL)""")


class Scene:
    """Somebody waits, and is caught at it.

    holder and helper stay in transactions; the victim's statement waits when
    the condition is true.
    """

    def __init__(self, name, victim, waiting, holder='', helper='', ready=None):
        self.name = name
        self.victim = victim
        self.waiting = waiting
        self.holder = holder
        self.helper = helper
        self.ready = ready

    def play(self, observer, interrupt):
        """Returns what is wrong after the interrupt."""
        holder, helper, victim = Session(), Session(), Session()
        holder.execute('BEGIN; ' + self.holder)
        if self.helper:
            helper.execute('BEGIN')
            helper.start(self.helper)
            wait_until(observer, self.ready(helper))
        victim.execute("SET deadlock_timeout = '1min'")
        if interrupt == 'timeout':
            victim.execute("SET statement_timeout = '300ms'")
        if interrupt == 'savepoint':
            victim.execute('BEGIN; SAVEPOINT s')
        victim.start(self.victim)
        if interrupt == 'timeout':
            victim.finish()
        else:
            wait_until(observer, self.waiting(victim))
            function = 'terminate' if interrupt == 'terminate' else 'cancel'
            observer.execute(f'SELECT pg_{function}_backend({victim.pid})')
            victim.finish()
        problems = []
        if interrupt == 'savepoint':
            victim.execute('ROLLBACK TO s')
            problems += locks(observer, victim)
            victim.execute('COMMIT')
        if victim.error is None:
            problems.append('was not interrupted')
        holder.connection.close()
        if self.helper:
            helper.finish()
            if helper.error is not None:
                problems.append(str(helper.error))
            helper.execute('ROLLBACK')
        wait_until(observer, f"""NOT EXISTS (SELECT FROM pg_stat_activity
            WHERE pid = {holder.pid} OR pid = {victim.pid}
                AND {interrupt == 'terminate'})""")
        problems += leftovers(observer, victim, helper) + victim.warnings()
        if interrupt != 'terminate':
            # fails if this session has the tables open
            victim.execute("""RESET statement_timeout;
                ALTER TABLE product SET (fillfactor = 100);
                ALTER TABLE item SET (fillfactor = 100)""")
        victim.connection.close()
        helper.connection.close()
        observer.execute("""SET statement_timeout = '30s';
            BEGIN;
            UPDATE product SET n = n + 1 WHERE id = 1 AND is_current_version;
            INSERT INTO item VALUES (1, 1);
            INSERT INTO product (id, n) VALUES (-1, 0);
            ROLLBACK""")
        return problems


PIN = 'INSERT INTO item VALUES (0, 1)'
UPDATE = 'UPDATE product SET n = n + 1 WHERE id = 1 AND is_current_version'
CLAIM = 'INSERT INTO product (id, n) VALUES (-1, %d)'

SCENES = (
    Scene('an UPDATE that waits for a pin', UPDATE,
          lambda s: waits(s, 'transactionid'), holder=PIN),
    Scene('a pin at the door of an UPDATE', 'INSERT INTO item VALUES (1, 1)',
          naps, holder=PIN, helper=UPDATE,
          ready=lambda s: waits(s, 'transactionid')),
    Scene('an INSERT that waits for another one of its key', CLAIM % 0,
          lambda s: waits(s, 'transactionid'), holder=CLAIM % 0),
    Scene('an INSERT that has claimed its key', CLAIM % -1,
          lambda s: waits(s, 'advisory'),
          holder='SELECT pg_advisory_xact_lock(1)'),
    Scene('an INSERT that waits for a claim', CLAIM % 0,
          lambda s: waits(s, 'userlock'),
          holder='SELECT pg_advisory_xact_lock(1)', helper=CLAIM % -1,
          ready=lambda s: waits(s, 'advisory')),
)


def run_scenes(results, observer):
    for scene in SCENES:
        for interrupt in 'cancel', 'timeout', 'terminate', 'savepoint':
            results.check(f'{scene.name}: {interrupt}',
                          scene.play(observer, interrupt))


def end_with(session, statement):
    """Executes a statement that the timeout may hit as well."""
    while True:
        try:
            session.execute(statement)
        except psycopg2.errors.QueryCanceled:
            continue
        return


def run_timeouts(results, observer):
    """Bulk statements, interrupted at any point by a timeout."""
    session = Session()
    chance = random.Random(SEED)
    interrupted = 0
    problems = []
    for _ in range(TIMEOUTS):
        session.execute('BEGIN; SAVEPOINT s; SET LOCAL statement_timeout = %d'
                        % chance.randrange(1, 60))
        try:
            session.execute(chance.choice(BULK))
        except psycopg2.Error as error:
            interrupted += 1
            if not isinstance(error, psycopg2.errors.QueryCanceled):
                problems.append(str(error))
            if chance.random() < 0.5:
                end_with(session, 'ROLLBACK TO s')
                problems += locks(observer, session)
        end_with(session, 'ROLLBACK')
        problems += leftovers(observer, session)
    problems += session.warnings()
    session.execute('ALTER TABLE product SET (fillfactor = 100)')
    if interrupted < TIMEOUTS / 4:
        problems.append(f'only {interrupted} of {TIMEOUTS} were interrupted')
    results.check('bulk statements that time out', problems,
                  f'{interrupted} of {TIMEOUTS}, seed {SEED}')
    session.connection.close()


def create_refusals(session):
    for table, (change, _) in REFUSALS.items():
        if not change.startswith('CREATE'):
            change = f'ALTER TABLE {table} {change}'
        session.execute(f"""
            CREATE TABLE {table} (id int PRIMARY KEY, n int, note text);
            SELECT versioned_rows.enable('{table}');
            {change};
            INSERT INTO {table} VALUES (1, 0, 'x')""")


def refuse(session, table, count):
    """Lets a version be refused that many times, in subtransactions."""
    session.execute(f"""DO $$
        DECLARE refused int := 0;
        BEGIN
            FOR i IN 1..{count} LOOP
                BEGIN
                    IF i % 2 = 0 THEN
                        UPDATE {table} SET n = n + 1 WHERE is_current_version;
                    ELSE
                        UPDATE {table} SET n = i;
                    END IF;
                EXCEPTION WHEN {REFUSALS[table][1]} THEN
                    refused := refused + 1;
                END;
            END LOOP;
            IF refused <> {count} THEN
                RAISE 'only % of {count} were refused', refused;
            END IF;
        END $$""")


def memory(session):
    """The bytes in memory contexts, and those that the process owns."""
    contexts = session.execute("""SELECT sum(total_bytes)::bigint
                                  FROM pg_backend_memory_contexts""")[0][0]
    with open(f'/proc/{session.pid}/status', encoding='ascii') as status:
        private = next(int(line.split()[1]) * 1024 for line in status
                       if line.startswith('RssAnon:'))
    return contexts, private


def run_refusals(results, observer):
    """Errors while a version is archived, in one long transaction.

    PostgreSQL itself keeps 32 bytes until the end of the transaction for each
    subtransaction in which an AFTER trigger has failed.
    """
    session = Session()
    create_refusals(session)
    count = ERRORS // len(REFUSALS)
    for table in REFUSALS:
        session.execute('BEGIN')
        refuse(session, table, count // 10)
        before = memory(session)
        refuse(session, table, count)
        after = memory(session)
        held = [lock for lock in locks(observer, session)
                if lock[1] != 'relation']
        session.execute('COMMIT')
        problems = leftovers(observer, session) + session.warnings()
        problems += held
        if max(b - a for a, b in zip(before, after)) > MEGABYTE:
            problems.append(f'memory: {before}, then {after}')
        session.execute(f'ALTER TABLE {table} SET (fillfactor = 100)')
        results.check(f'{count} versions refused: {table}', problems,
                      f'bytes in contexts and in all: {before}, then {after}')
    session.connection.close()


def administer(*statements):
    connection = psycopg2.connect(
        dbname=os.environ.get('PGDATABASE', 'postgres'))
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()


def main():
    administer(f'DROP DATABASE IF EXISTS {DATABASE}',
               f'CREATE DATABASE {DATABASE}')
    observer = Session()
    observer.execute(SETUP % {'rows': ROWS})
    results = Results()
    run_scenes(results, observer)
    run_timeouts(results, observer)
    run_refusals(results, observer)
    for table in 'product', 'part':
        results.check(f'verify finds nothing in {table}', observer.execute(
            f"SELECT * FROM versioned_rows.verify('{table}')"))
    observer.connection.close()
    administer(f'DROP DATABASE {DATABASE}')
    print(f'1..{results.count}')
    return 1 if results.failed else 0


sys.exit(main())

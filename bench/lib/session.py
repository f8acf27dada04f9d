"""Connections whose statements are timed, and copies of a database."""
import contextlib
import os
import re
import subprocess
import tempfile
import threading
import time

import cluster


class Session:
    """One psql that stays connected; use as a context manager."""

    END = 'end of statement'

    def __init__(self, server, database):
        self.psql = subprocess.Popen(
            [server.program('psql'), '-X', '-q', '-A', '-t', '-v',
             'ON_ERROR_STOP=1', '-d', database, '-f', '-'],
            text=True, env=server.environment(), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.psql.stdin.close()
        self.psql.stdout.close()
        self.psql.wait()

    def sql(self, text):
        """Run SQL and return its rows as text."""
        lines = []
        self.psql.stdin.write('%s;\n\\echo %s\n' % (text, self.END))
        self.psql.stdin.flush()
        for line in self.psql.stdout:
            if line.rstrip('\n') == self.END:
                return ''.join(lines).strip()
            lines.append(line)
        raise cluster.Failed('%s\n%s' % (text, ''.join(lines)))

    def seconds(self, *statements):
        """Run statements in one transaction; return how long it took."""
        start = time.monotonic()
        self.sql(';\n'.join(('BEGIN',) + statements + ('COMMIT',)))
        return time.monotonic() - start

    def wal(self):
        """How many bytes of WAL the server has written so far."""
        return int(self.sql("SELECT pg_current_wal_insert_lsn() - '0/0'"))

    @contextlib.contextmanager
    def peak_memory(self):
        """Sample the private memory of the backend; gives a list of kB."""
        path = '/proc/%s/status' % self.sql('SELECT pg_backend_pid()')
        samples = []
        done = threading.Event()

        def watch():
            while not done.wait(0.01):
                with open(path, encoding='ascii') as status:
                    samples.append(int(re.search(
                        r'RssAnon:\s*(\d+)', status.read()).group(1)))

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield samples
        finally:
            done.set()
            watcher.join()


@contextlib.contextmanager
def fresh_copy(server, template):
    """A session on a new copy of a database, which is dropped afterwards."""
    server.sql('postgres', 'CREATE DATABASE work TEMPLATE ' + template)
    try:
        with Session(server, 'work') as session:
            # The copy begins outside the server's cache.
            session.sql('SELECT count(*) FROM pg_class, '
                        'pg_prewarm(oid::regclass) '
                        "WHERE relnamespace = 'public'::regnamespace "
                        "AND relkind IN ('r', 'i')")
            yield session
    finally:
        server.sql('postgres', 'DROP DATABASE IF EXISTS work WITH (FORCE)')


def milliseconds(server, database, statements, rows, count):
    """The average time of a transaction of prepared statements with random
    keys, by pgbench with one client."""
    lines = ['\\set key random(1, %d)' % rows]
    lines += [text.replace('$1', ':key') + ';' for text in statements]
    if len(statements) > 1:
        lines = lines[:1] + ['BEGIN;'] + lines[1:] + ['COMMIT;']
    with tempfile.NamedTemporaryFile('w', suffix='.sql') as script:
        script.write('\n'.join(lines) + '\n')
        script.flush()
        os.chmod(script.name, 0o644)
        text = cluster.run(
            [server.program('pgbench'), '-n', '-M', 'prepared', '-c', '1',
             '-t', str(count), '-f', script.name, database],
            env=server.environment())
    return float(re.search(r'latency average = ([\d.]+) ms', text).group(1))

"""What versioning adds to an UPDATE, in MariaDB and here.

Absolute times of different servers say nothing about versioning.  So each
server runs the same statements on its plain and on its versioned table, and
only the two ratios are compared.  Both clients get the same file of
statements, one transaction each.
"""
import random
import statistics
import time

import cluster
import mariadb
import results
import session
import variant

COUNT = 10000
CREATE = '''
CREATE OR REPLACE DATABASE bench;
USE bench;
CREATE TABLE product
(
    id int PRIMARY KEY,
    name varchar(200),
    price decimal(20, 4)
) ENGINE = InnoDB %(versioning)s;
INSERT INTO product
SELECT seq, rpad(concat('product ', seq), 60, ' '), 10
FROM seq_1_to_%(rows)d;
'''
TABLES = {'plain': '', 'versioned': 'WITH SYSTEM VERSIONING'}
BULK = 'UPDATE bench.product SET price = price + 1'
SINGLE = BULK + ' WHERE id = $1'


def seconds(execute, statements):
    """How long a client takes for some statements."""
    text = ';\n'.join(statements) + ';\n'
    start = time.monotonic()
    execute(text)
    return time.monotonic() - start


def of_mariadb(maria, workload, table, keys, rows):
    """Seconds of a workload on a fresh table of MariaDB."""
    maria.sql(CREATE % {'versioning': TABLES[table], 'rows': rows})
    maria.sql('SELECT count(name) FROM bench.product')
    return seconds(maria.sql, [BULK] if workload == 'bulk' else
                   [SINGLE.replace('$1', str(key)) for key in keys])


def of_ours(server, workload, one, keys):
    """Seconds of a workload on a fresh copy of a table of PostgreSQL."""
    update, = one.statements('bulk' if workload == 'bulk' else 'update')
    with session.fresh_copy(server, one.name):
        return seconds(lambda text: server.sql('work', text),
                       [update] if workload == 'bulk' else
                       [update.replace('$1', str(key)) for key in keys])


def run(server, args):
    """Fill mariadb.tsv."""
    reason = mariadb.unavailable()
    if reason:
        cluster.note('mariadb skipped: ' + reason)
        return
    rows = args.scaled(200000)
    numbers = random.Random(1)
    keys = [numbers.randint(1, rows) for _ in range(COUNT)]
    plain, ours = variant.prepare(server, ['plain', 'ours'], rows)
    times = {}
    with mariadb.MariaDB() as maria:
        version = maria.version()
        for _ in range(args.rounds + 1):
            for workload in 'single', 'bulk':
                for who, pair in (
                        ('mariadb', [of_mariadb(maria, workload, table, keys,
                                                rows) for table in TABLES]),
                        ('postgresql', [of_ours(server, workload, one, keys)
                                        for one in (plain, ours)])):
                    times.setdefault((workload, who), []).append(pair)

    table = results.Table('mariadb', [
        'workload', 'server', 'plain_seconds', 'versioned_seconds', 'to_plain',
        'lowest', 'highest'], server)
    table.notes.append('mariadb: ' + version)
    for (workload, who), pairs in times.items():
        pairs = pairs[1:]  # the first round fills caches
        ratios = [versioned / without for without, versioned in pairs]
        table.add([workload, who, *(statistics.median(column)
                                    for column in zip(*pairs)),
                   statistics.median(ratios), min(ratios), max(ratios)])
    table.close()

"""SQLAlchemy's own technique of versioning rows, and the same ORM with ours.

The workload of an ORM: load objects, change an attribute, commit; one object
in a transaction, or a hundred.  Against the same classes without versions.
"""
import os
import statistics
import subprocess

import cluster
import results
import session
import variant

# The interpreter that Debian's packages are for.
PYTHON = '/usr/bin/python3'
CLIENT = os.path.join(cluster.TREE, 'bench', 'lib', 'orm_client.py')
# name: mapped class, tables
VARIANTS = {'plain': ('plain', 'plain'), 'sqlalchemy': ('orm', 'floor'),
            'ours': ('server', 'ours')}
ROWS = 20000
# objects in a transaction: number of transactions
WORKLOADS = {1: 500, 100: 20}


def seconds(server, name, objects):
    """Seconds of a workload on a fresh copy of the tables."""
    entity, tables = VARIANTS[name]
    with session.fresh_copy(server, tables):
        return float(cluster.run(
            [PYTHON, CLIENT, entity, str(ROWS), str(WORKLOADS[objects]),
             str(objects)], env=dict(server.environment(), PGDATABASE='work')))


def run(server, args):
    """Fill orm.tsv."""
    if subprocess.run([PYTHON, '-c', 'import sqlalchemy, psycopg2'],
                      stderr=subprocess.DEVNULL, check=False).returncode:
        cluster.note('orm skipped: python3-sqlalchemy and python3-psycopg2 '
                     'are not installed')
        return
    variant.prepare(server, [tables for _, tables in VARIANTS.values()], ROWS)
    table = results.Table('orm', [
        'objects', 'variant', 'ms_per_object', 'to_plain', 'lowest',
        'highest'], server)
    for objects, transactions in WORKLOADS.items():
        times = {name: [] for name in VARIANTS}
        for _ in range(args.rounds):
            for name, measured in times.items():
                measured.append(seconds(server, name, objects))
        for name, measured in times.items():
            ratios = [a / b for a, b in zip(measured, times['plain'])]
            table.add([objects, name, statistics.median(measured) * 1000
                       / objects / transactions, statistics.median(ratios),
                       min(ratios), max(ratios)])
    table.close()

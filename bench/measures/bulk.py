"""One UPDATE of 200,000 rows, each time on a fresh copy of the table.

Time, WAL bytes a row, what the table and its indexes occupy afterwards.
"""
import statistics

import results
import session
import variant

VARIANTS = ['plain', 'floor', 'lower_bound', 'two_triggers', 'ours', 'ours_period',
            'ours_explicit', 'hand', 'temporal_tables', 'plpgsql', 'periods', 'table_log',
            'separate_hand', 'separate', 'separate_unnumbered', 'separate_period']
SIZES = '''
SELECT (sum(pg_table_size(oid)) / 1024)::int,
       (sum(pg_indexes_size(oid)) / 1024)::int,
       (SELECT count(*) FROM product)
FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace'''


def measure(server, one):
    """(seconds, WAL bytes, kB of tables, kB of indexes) of one run."""
    with session.fresh_copy(server, one.name) as work:
        wal = work.wal()
        seconds = work.seconds(*one.statements('bulk'))
        wal = work.wal() - wal
        sizes = work.sql(SIZES).split('|')
        return seconds, wal, int(sizes[0]), int(sizes[1])


def run(server, args):
    """Fill bulk.tsv."""
    rows = args.scaled(200000)
    ready = variant.prepare(server, VARIANTS, rows)
    runs = {one.name: [] for one in ready}
    for _ in range(args.rounds):
        for one in ready:
            runs[one.name].append(measure(server, one))

    table = results.Table('bulk', [
        'variant', 'seconds', 'to_hand', 'lowest', 'highest', 'wal_per_row',
        'wal_to_hand', 'table_kb', 'index_kb'], server)
    for name, measured in runs.items():
        ratios = [a[0] / b[0] for a, b in zip(measured, runs['hand'])]
        wal = statistics.median(r[1] for r in measured)
        by_hand = statistics.median(r[1] for r in runs['hand'])
        table.add([name, statistics.median(r[0] for r in measured),
                   statistics.median(ratios), min(ratios), max(ratios),
                   round(wal / rows), wal / by_hand,
                   measured[-1][2], measured[-1][3]])
    table.close()

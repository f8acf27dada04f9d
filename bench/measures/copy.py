"""COPY of a million new rows into an empty table.

Against the same indexes without triggers; with re-insert support, which looks
for earlier versions of every new key, and without.
"""
import os
import statistics

import results
import session
import variant

VARIANTS = ['plain', 'floor', 'ours', 'ours_no_reinsert', 'ours_period',
            'plpgsql']


def run(server, args):
    """Fill copy.tsv."""
    rows = args.scaled(1000000)
    ready = variant.prepare(server, VARIANTS, 0)
    path = os.path.join(server.folder, 'rows.txt')
    server.sql('postgres', "COPY (SELECT i, rpad('product ' || i, 60), 10 "
               "FROM generate_series(1, %d) AS i) TO '%s'" % (rows, path))
    load = "COPY product (id, name, price) FROM '%s'" % path

    times = {one.name: [] for one in ready}
    for _ in range(args.rounds):
        for one in ready:
            with session.fresh_copy(server, one.name) as work:
                times[one.name].append(work.seconds(load))

    table = results.Table('copy', ['variant', 'seconds', 'to_floor', 'lowest',
                                   'highest'], server)
    for name, measured in times.items():
        ratios = [a / b for a, b in zip(measured, times['floor'])]
        table.add([name, statistics.median(measured),
                   statistics.median(ratios), min(ratios), max(ratios)])
    table.close()

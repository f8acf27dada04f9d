"""Single-row updates: prepared statements, random keys, one transaction each.

Variants take turns in short slices on tables that grow alike; a slice is
compared with the slice of the floor in the same round.
"""
import statistics

import results
import session
import variant

VARIANTS = ['plain', 'floor', 'lower_bound', 'two_triggers', 'ours', 'ours_period',
            'ours_explicit', 'hand', 'temporal_tables', 'plpgsql', 'periods', 'table_log']
COUNT = 3000


def run(server, args):
    """Fill single.tsv."""
    rows = args.scaled(100000)
    ready = variant.prepare(server, VARIANTS, rows)
    times = {one.name: [] for one in ready}
    for _ in range(args.rounds + 1):
        for one in ready:
            times[one.name].append(session.milliseconds(
                server, one.name, one.statements('update'), rows, COUNT))

    table = results.Table('single', ['variant', 'ms', 'to_floor', 'lowest',
                                     'highest'], server)
    for name, measured in times.items():
        # The first round fills caches.
        ratios = [a / b for a, b in zip(measured[1:], times['floor'][1:])]
        table.add([name, statistics.median(measured[1:]),
                   statistics.median(ratios), min(ratios), max(ratios)])
    table.close()

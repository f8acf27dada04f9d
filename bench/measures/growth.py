"""The single-row update in tables of more rows and more versions a row."""
import statistics

import callgrind
import results
import session
import variant

VARIANTS = ['versions_floor', 'versions']
SIZES = [(100000, 1), (100000, 10), (1000000, 1)]
LARGE = [(100000, 100), (1000000, 10), (10000000, 1)]
COUNT = 2000


def times(server, pair, rows, rounds):
    """Median milliseconds of the floor and of ours, in turns, and the ratio."""
    measured = [[session.milliseconds(server, one.name,
                                      one.statements('update'), rows, COUNT)
                 for one in pair] for _ in range(rounds + 1)]
    # The first round fills caches.
    floor, ours = zip(*measured[1:])
    return [statistics.median(floor), statistics.median(ours),
            results.median_ratio(ours, floor)]


def run(server, args):
    """Fill growth.tsv."""
    table = results.Table('growth', [
        'rows', 'versions', 'floor', 'ours', 'to_floor', 'to_smallest',
        'ms_floor', 'ms_ours', 'ms_to_floor'], server)
    smallest = None
    for rows, versions in SIZES + (LARGE if args.full else []):
        rows = args.scaled(rows)
        pair = variant.prepare(server, VARIANTS, rows, room=True,
                               versions=versions)
        ms = times(server, pair, rows, args.rounds)
        server.stop()
        floor, ours = (callgrind.cost(server, one, 'update', rows)
                       for one in pair)
        server.start()
        smallest = smallest or ours
        table.add([rows, versions, round(floor), round(ours), ours / floor,
                   ours / smallest] + ms)
    table.close()

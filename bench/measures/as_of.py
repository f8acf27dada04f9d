"""The state of one key, and of the whole table, at a moment in the past.

Buffers of the first, time of the second against a sequential scan with the
same filter.  A tenth of a million rows with ten versions each; ten times as
many with --full.
"""
import re
import statistics

import cluster
import results
import session
import variant

VERSIONS = 10
MOMENT = "timestamptz '2020-01-05 12:00+00'"
FILTER = 'SELECT %%s FROM product WHERE valid @> %s' % MOMENT
FUNCTION = 'SELECT %%s FROM product_as_of(%s)' % MOMENT


def buffers(work, query):
    """Buffers that a query touches once its plan has been made before."""
    work.sql(query)
    text = work.sql('EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) ' +
                    query)
    found = re.search(r'Buffers: shared (?:hit=(\d+))?(?: ?read=(\d+))?', text)
    return sum(int(n) for n in found.groups() if n)


def run(server, args):
    """Fill as_of.tsv."""
    rows = args.scaled(1000000 if args.full else 100000)
    variant.prepare(server, ['versions_period'], rows, versions=VERSIONS)
    with session.Session(server, 'versions_period') as work:
        queries = {'filter': FILTER, 'as_of': FUNCTION}
        if work.sql("SELECT to_regprocedure('product_as_of(timestamptz)') "
                    'IS NULL') == 't':
            cluster.note('as_of skipped: enable() made no product_as_of()')
            del queries['as_of']
        times = {name: [] for name in queries}
        touched = {name: buffers(work, query % '*' + ' %s id = %d' % (
            'AND' if name == 'filter' else 'WHERE', rows // 2))
                   for name, query in queries.items()}
        for _ in range(args.rounds):
            for name, query in queries.items():
                times[name].append(work.seconds(query % 'count(price)'))

    table = results.Table('as_of', [
        'query', 'rows', 'buffers_of_key', 'seconds_of_all', 'to_filter'],
        server)
    for name, measured in times.items():
        table.add([name, rows * VERSIONS, touched[name],
                   statistics.median(measured),
                   results.median_ratio(measured, times['filter'])])
    table.close()

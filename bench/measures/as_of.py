"""The state of one key, and of the whole table, at a moment in the past.

Buffers of the first, with the primary key alone and with the index that
doc/operations.md recommends for it; time of the second against a sequential
scan with the same filter.  100,000 rows with ten versions each; ten times as
many rows with --full.
"""
import re
import statistics

import results
import session
import variant

VERSIONS = 10
MOMENT = "timestamptz '2020-01-05 12:00+00'"
FILTER = 'SELECT %%s FROM product WHERE valid @> %s' % MOMENT
FUNCTION = 'SELECT %%s FROM product_as_of(%s)' % MOMENT
INDEX = '''CREATE EXTENSION btree_gist;
CREATE INDEX ON product USING gist (id, valid)'''


def buffers(work, query):
    """Buffers that a query touches once its plan has been made before."""
    work.sql(query)
    text = work.sql('EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) ' +
                    query)
    found = re.search(r'Buffers: shared (?:hit=(\d+))?(?: ?read=(\d+))?', text)
    return sum(int(n) for n in found.groups() if n)


def buffers_of_key(work, rows):
    """Buffers of one key, by query."""
    key = 'id = %d' % (rows // 2)
    return {'filter': buffers(work, FILTER % '*' + ' AND ' + key),
            'as_of': buffers(work, FUNCTION % '*' + ' WHERE ' + key)}


def run(server, args):
    """Fill as_of.tsv."""
    rows = args.scaled(1000000 if args.full else 100000)
    variant.prepare(server, ['versions_period'], rows, versions=VERSIONS)
    times = {'filter': [], 'as_of': []}
    with session.Session(server, 'versions_period') as work:
        by_key = buffers_of_key(work, rows)
        for _ in range(args.rounds):
            for name, query in ('filter', FILTER), ('as_of', FUNCTION):
                times[name].append(work.seconds(query % 'count(price)'))
        work.sql(INDEX)
        by_index = buffers_of_key(work, rows)

    table = results.Table('as_of', [
        'query', 'rows', 'buffers_of_key', 'buffers_with_gist',
        'seconds_of_all', 'to_filter'], server)
    for name, measured in times.items():
        table.add([name, rows * VERSIONS, by_key[name], by_index[name],
                   statistics.median(measured),
                   results.median_ratio(measured, times['filter'])])
    table.close()

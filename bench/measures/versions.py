"""What it costs that a row has 1,000 versions instead of one.

Instructions, because the difference is small; buffers and time beside them.
Each statement gets a fresh copy of the table.
"""
import re
import statistics

import callgrind
import results
import session
import variant

ROWS = 1000
MANY = 1000
SECTIONS = ['read', 'update', 'update_by_key']


def measure(server, one, section, rounds):
    """(instructions, buffers, milliseconds) of a statement."""
    statement, = one.statements(section)
    with session.fresh_copy(server, one.name) as work:
        text = work.sql('EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) ' +
                        statement.replace('$1', '500'))
        found = re.search(
            r'Buffers: shared (?:hit=(\d+))?(?: ?read=(\d+))?', text)
        buffers = sum(int(n) for n in found.groups() if n)
        times = [session.milliseconds(server, 'work', [statement], ROWS, 1000)
                 for _ in range(rounds + 1)]
    server.sql('postgres', 'CREATE DATABASE work TEMPLATE ' + one.name)
    server.stop()
    cost = callgrind.cost(server, one, section, ROWS, 50, 200, 'work')
    server.start()
    server.sql('postgres', 'DROP DATABASE work')
    # The first round fills caches.
    return round(cost), buffers, statistics.median(times[1:])


def run(server, args):
    """Fill versions.tsv."""
    table = results.Table('versions', [
        'statement', 'versions', 'instructions', 'buffers', 'ms',
        'instructions_to_1', 'ms_to_1'], server)
    single = {}
    for versions in 1, MANY:
        one, = variant.prepare(server, ['versions'], ROWS, room=True,
                               versions=versions)
        for section in SECTIONS:
            row = measure(server, one, section, args.rounds)
            first = single.setdefault(section, row)
            table.add([section, versions, *row, row[0] / first[0],
                       row[2] / first[2]])
    table.close()

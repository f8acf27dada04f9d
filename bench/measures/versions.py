"""What it costs that a row has 1,000 versions instead of one.

A table with 1,000 versions a row is a larger table, whose pages are in no
cache of the processor and not yet mapped by the connection.  So it is
compared with two tables of single versions: one with as many keys, and one
with as many rows in all.  The difference to the second one is what versions
cost.  Tables take turns; instructions and buffers stand beside the times.
"""
import re
import statistics

import callgrind
import results
import session
import variant

# database: keys, versions of each, as parts of a thousand
TABLES = {'as_many_keys': (1, 1), 'as_many_rows': (1000, 1),
          'many_versions': (1, 1000)}
# section: (repetitions for the time, for instructions)
SECTIONS = {'read': (5000, 1000), 'update': (2000, 1000),
            'update_by_key': (200, 100)}


def prepare(server, unit):
    """Build the tables; return the variant and the keys of each table."""
    for name, (keys, versions) in TABLES.items():
        one, = variant.prepare(server, ['versions'], keys * unit, room=True,
                               versions=versions)
        server.sql('postgres', 'DROP DATABASE IF EXISTS ' + name)
        server.sql('postgres', 'ALTER DATABASE versions RENAME TO ' + name)
    return one, {name: keys * unit for name, (keys, _) in TABLES.items()}


def buffers(server, database, statement, keys):
    """Buffers that a statement touches; it is taken back."""
    with session.Session(server, database) as work:
        explain = ('EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) ' +
                   statement.replace('$1', str(keys // 2)))
        work.sql('BEGIN; %s; ROLLBACK' % explain)
        text = work.sql('BEGIN; %s; ROLLBACK' % explain)
    found = re.search(r'Buffers: shared (?:hit=(\d+))?(?: ?read=(\d+))?', text)
    return sum(int(n) for n in found.groups() if n)


def costs(server, one, keys, section):
    """Instructions of a section on a copy of each table."""
    count = SECTIONS[section][1]
    for name in TABLES:
        server.sql('postgres', 'CREATE DATABASE copy_of_%s TEMPLATE %s'
                   % (name, name))
    server.stop()
    measured = {name: callgrind.cost(server, one, section, keys[name],
                                     count // 2, count, 'copy_of_' + name)
                for name in TABLES}
    server.start()
    for name in TABLES:
        server.sql('postgres', 'DROP DATABASE copy_of_' + name)
    return measured


def run(server, args):
    """Fill versions.tsv."""
    table = results.Table('versions', [
        'statement', 'table', 'keys', 'instructions', 'buffers', 'ms',
        'instructions_to_rows', 'ms_to_keys', 'ms_to_rows'], server)
    one, keys = prepare(server, args.scaled(1000))
    for section, (count, _) in SECTIONS.items():
        statement, = one.statements(section)
        cost = costs(server, one, keys, section)
        times = {name: [] for name in TABLES}
        for _ in range(args.rounds + 1):
            for name in TABLES:
                times[name].append(session.milliseconds(
                    server, name, [statement], keys[name], count))
        # The first round fills caches.
        times = {name: column[1:] for name, column in times.items()}
        for name, measured in times.items():
            table.add([section, name, keys[name], round(cost[name]),
                       buffers(server, name, statement, keys[name]),
                       statistics.median(measured),
                       cost[name] / cost['as_many_rows'],
                       results.median_ratio(measured, times['as_many_keys']),
                       results.median_ratio(measured, times['as_many_rows'])])
    table.close()

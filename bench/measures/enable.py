"""enable() on a table of a million rows.

Against building the same key and index by hand; and on a table that was
prepared, where it only holds the exclusive lock for a moment.
"""
import statistics

import results
import session
import variant

COLUMNS = '''ALTER TABLE product ADD version_id int NOT NULL DEFAULT 1,
ADD is_current_version boolean NOT NULL DEFAULT true'''
BY_HAND = [COLUMNS, '''ALTER TABLE product DROP CONSTRAINT product_pkey,
ADD PRIMARY KEY (id, version_id)''',
           '''CREATE UNIQUE INDEX product_current ON product (id)
WHERE is_current_version''']
BEFOREHAND = [COLUMNS, '''CREATE UNIQUE INDEX CONCURRENTLY product_versions
ON product (id, version_id)''',
              '''CREATE UNIQUE INDEX CONCURRENTLY product_current ON product (id)
WHERE is_current_version''']
ENABLE = "SELECT versioned_rows.enable('product')"


def measure(server, statements, before=()):
    """Seconds that the statements take on a fresh copy of the plain table."""
    with session.fresh_copy(server, 'plain') as work:
        work.sql('CREATE EXTENSION versioned_rows')
        for statement in before:
            work.sql(statement)
        return work.seconds(*statements)


def run(server, args):
    """Fill enable.tsv."""
    variant.prepare(server, ['plain'], args.scaled(1000000))
    times = {'by_hand': [], 'enable': [], 'enable_prepared': []}
    for _ in range(args.rounds):
        times['by_hand'].append(measure(server, BY_HAND))
        times['enable'].append(measure(server, [ENABLE]))
        times['enable_prepared'].append(measure(server, [ENABLE], BEFOREHAND))

    table = results.Table('enable', ['what', 'seconds', 'to_by_hand'], server)
    for name, measured in times.items():
        table.add([name, statistics.median(measured),
                   results.median_ratio(measured, times['by_hand'])])
    table.close()

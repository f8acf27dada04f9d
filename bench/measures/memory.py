"""Private memory of the backend during one UPDATE of a million rows.

Without the extension periods, which needs 7.6 kB a row.
"""
import results
import session
import variant

VARIANTS = ['plain', 'ours', 'ours_period', 'hand', 'temporal_tables',
            'plpgsql', 'table_log']


def run(server, args):
    """Fill memory.tsv."""
    ready = variant.prepare(server, VARIANTS, args.scaled(1000000))
    table = results.Table('memory', ['variant', 'before_kb', 'peak_kb',
                                     'over_plain_kb'], server)
    plain = None
    for one in ready:
        with session.fresh_copy(server, one.name) as work:
            with work.peak_memory() as samples:
                work.seconds(*one.statements('bulk'))
        peak = max(samples) - samples[0]
        plain = peak if plain is None else plain
        table.add([one.name, samples[0], max(samples), peak - plain])
    table.close()

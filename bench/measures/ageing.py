"""Instructions of an update while the indexes of a table age.

Windows of 1,000 updates over 120,000 random updates of 10,000 rows without
any vacuum: page splits and the clean-up before them come in waves.
"""
import callgrind
import results
import session
import variant

VARIANTS = ['floor', 'lower_bound', 'ours', 'ours_explicit']
ROWS = 10000
STEP = 20000
WINDOWS = 7


def key_pages(server, one):
    """Pages of the primary key's index."""
    return server.sql(one.name,
                      "SELECT pg_relation_size('product_pkey') / 8192")


def run(server, _args):
    """Fill ageing.tsv."""
    table = results.Table('ageing', [
        'updates', *VARIANTS, *('pages_' + name for name in VARIANTS)], server)
    ready = variant.prepare(server, VARIANTS, ROWS)
    for window in range(WINDOWS):
        if window:
            for one in ready:
                session.milliseconds(server, one.name,
                                     one.statements('update'), ROWS, STEP)
        pages = [key_pages(server, one) for one in ready]
        server.stop()
        costs = [round(callgrind.cost(server, one, 'update', ROWS, 100, 1000))
                 for one in ready]
        server.start()
        table.add([window * STEP, *costs, *pages])
    table.close()

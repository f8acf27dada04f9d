"""Updates of a small column in tables with many indexes, many columns, large
documents: instructions and bytes of WAL, for the floor, for two statements by
hand, and for ours.

The floor leaves a document alone.  Whoever keeps the old row stores its
document a second time, so that is to be compared with the statements by hand.
"""
import callgrind
import results
import session
import variant

VARIANTS = ['shape_floor', 'shape_hand', 'shape']
# name: added columns, added indexes, bytes of the document, rows, updates
SHAPES = {
    '2 indexes': (8, 0, 0, 10000, 1000),
    '6 indexes': (8, 4, 0, 10000, 1000),
    '10 indexes': (8, 8, 0, 10000, 1000),
    '25 columns': (19, 0, 0, 10000, 1000),
    '100 columns': (94, 0, 0, 10000, 1000),
    'document of 10 kB': (0, 0, 10240, 100, 100),
    'document of 100 kB': (0, 0, 102400, 50, 20),
    'document of 1 MB': (0, 0, 1048576, 20, 4),
}


def measure(server, one, rows, count):
    """(instructions, WAL bytes) of one update."""
    with session.fresh_copy(server, one.name) as work:
        before = work.wal()
        work.seconds(*one.statements('bulk'))
        wal = (work.wal() - before) / rows
    server.stop()
    cost = callgrind.cost(server, one, 'update', rows, max(2, count // 2),
                          count)
    server.start()
    return round(cost), round(wal)


def run(server, _args):
    """Fill shapes.tsv."""
    table = results.Table('shapes', [
        'shape', 'floor', 'hand', 'ours', 'to_floor', 'to_hand', 'wal_floor',
        'wal_hand', 'wal_ours'], server)
    for name, (columns, indexes, document, rows, count) in SHAPES.items():
        floor, hand, ours = (
            measure(server, one, rows, count) for one in variant.prepare(
                server, VARIANTS, rows, room=True, columns=columns,
                indexes=indexes, document=document))
        table.add([name, floor[0], hand[0], ours[0], ours[0] / floor[0],
                   ours[0] / hand[0], floor[1], hand[1], ours[1]])
    table.close()

"""Updates of a small column in tables with many indexes, many columns, large
documents: instructions and bytes of WAL, for the floor and for ours."""
import callgrind
import results
import session
import variant

# name: added columns, added indexes, bytes of the document, rows
SHAPES = {
    '2 indexes': (8, 0, 0, 10000),
    '6 indexes': (8, 4, 0, 10000),
    '10 indexes': (8, 8, 0, 10000),
    '25 columns': (19, 0, 0, 10000),
    '100 columns': (94, 0, 0, 10000),
    'document of 10 kB': (0, 0, 10240, 200),
    'document of 100 kB': (0, 0, 102400, 200),
    'document of 1 MB': (0, 0, 1048576, 200),
}


def measure(server, one, rows):
    """(instructions, WAL bytes) of one update."""
    with session.fresh_copy(server, one.name) as work:
        before = work.wal()
        work.seconds(*one.statements('bulk'))
        wal = (work.wal() - before) / rows
    server.stop()
    count = 1000 if rows > 1000 else 200
    cost = callgrind.cost(server, one, 'update', rows, count // 2, count)
    server.start()
    return round(cost), round(wal)


def run(server, args):
    """Fill shapes.tsv."""
    table = results.Table('shapes', [
        'shape', 'floor', 'ours', 'to_floor', 'wal_floor', 'wal_ours'], server)
    for name, (columns, indexes, document, rows) in SHAPES.items():
        floor, ours = (measure(server, one, rows) for one in variant.prepare(
            server, ['shape_floor', 'shape'], rows, room=True, columns=columns,
            indexes=indexes, document=document))
        table.add([name, floor[0], ours[0], ours[0] / floor[0],
                   floor[1], ours[1]])
    table.close()

"""Tables of results: shown on the terminal, and kept in bench/results.

A kept table is text with a tab between columns.  Its first lines begin with
"#" and say how it was made; then comes the line of column names.
"""
import datetime
import os
import shlex
import statistics
import sys

import cluster

FOLDER = os.path.join(cluster.TREE, 'bench', 'results')


class Table:
    """One table; rows appear on the terminal as they are added."""

    def __init__(self, name, columns, server):
        self.name = name
        self.columns = columns
        self.rows = []
        self.notes = ['command: ' + ' '.join(
            ['bench/' + os.path.basename(sys.argv[0])] +
            [shlex.quote(word) for word in sys.argv[1:]]),
            'server: ' + server.version(),
            'date: ' + datetime.date.today().isoformat()]
        print('\n%s' % name)
        self.show(columns)

    def show(self, cells):
        """Print one line, the first column wide."""
        print('  '.join(('%-22s' if number == 0 else '%14s') % text(cell)
                        for number, cell in enumerate(cells)), flush=True)

    def add(self, cells):
        """Add and print a row; None is an empty cell."""
        assert len(cells) == len(self.columns), cells
        self.rows.append(cells)
        self.show(cells)

    def close(self):
        """Write the table to its file, in place of an older one."""
        os.makedirs(FOLDER, exist_ok=True)
        with open(os.path.join(FOLDER, self.name + '.tsv'), 'w',
                  encoding='utf-8') as out:
            for note in self.notes:
                print('# ' + note, file=out)
            for cells in [self.columns] + self.rows:
                print('\t'.join(text(cell) for cell in cells), file=out)


def text(cell):
    """A cell as it is printed."""
    if cell is None:
        return '-'
    return '%.3f' % cell if isinstance(cell, float) else str(cell)


def ratio(number, unit):
    """One number by another, or None without the other."""
    return number / unit if unit else None


def median_ratio(numbers, units):
    """The median of the ratios pair by pair."""
    return statistics.median(n / u for n, u in zip(numbers, units))

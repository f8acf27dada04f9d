"""Variants: ways to keep versions, one SQL file each in bench/variants.

A file opens with one comment line that says what it is, then header lines
("-- setup after: NAME", "-- needs: EXTENSION [from PACKAGE]", "-- module: NAME",
a file of bench/lib without .c), then sections that start with
"-- section: NAME".  The row's key is $1 in a section.
"""
import os
import re

import cluster

FOLDER = os.path.join(cluster.TREE, 'bench', 'variants')


class Variant:
    """One file, read."""

    def __init__(self, name):
        with open(os.path.join(FOLDER, name + '.sql'), encoding='utf-8') as f:
            head, *parts = re.split(r'(?m)^-- section: *', f.read())
        self.name = name
        self.title = head.splitlines()[0].removeprefix('-- ').rstrip('.')
        self.base = self.header(head, r'setup after: (\S+)')
        self.extension = self.header(head, r'needs: (\S+)')
        self.package = self.header(head, r'needs: \S+ from (\S+)')
        self.module = self.header(head, r'module: (\S+)')
        self.sections = dict(part.split('\n', 1) for part in parts)

    @staticmethod
    def header(head, pattern):
        """What a header line says, or None."""
        found = re.search('(?m)^-- ' + pattern, head)
        return found.group(1) if found else None

    def setup(self):
        """The SQL that makes and fills the table; psql variables: rows, width."""
        before = Variant(self.base).setup() if self.base else ''
        return before + self.sections.get('setup', '')

    def statements(self, section):
        """The statements of a section, each on one line without its end."""
        text = re.sub(r'(?m)^--.*$', '', self.sections[section])
        return [' '.join(statement.split())
                for statement in text.split(';') if statement.strip()]

    def unavailable(self, server):
        """Why it cannot run on this server, or None if it can.

        Installs the Debian package that it names where we may.
        """
        if not self.extension or server.has_extension(self.extension):
            return None
        if self.package and os.geteuid() == 0:
            cluster.note('installing ' + self.package)
            cluster.run(['apt-get', 'install', '-y', '-q', self.package],
                        env=dict(os.environ, DEBIAN_FRONTEND='noninteractive'))
            if server.has_extension(self.extension):
                return None
        return 'extension %s is not installed%s' % (
            self.extension,
            ' (package %s)' % self.package if self.package else '')


# Half-empty index pages: no page splits, deduplicates or deletes while we
# count, so that the count does not depend on how full pages happen to be.
ROOM = r'''
SELECT format('ALTER INDEX %s SET (fillfactor = 50)', oid::regclass)
FROM pg_class
WHERE relkind = 'i' AND relnamespace = 'public'::regnamespace \gexec
'''


def prepare(server, names, rows, width=60, room=False, **others):
    """A database for each variant; return those that can be measured.

    The numbers are psql variables of the setup.  VACUUM FULL gives all of
    them the same physical shape, whatever built them.
    """
    ready = []
    for name in names:
        one = Variant(name)
        reason = one.unavailable(server)
        if reason:
            cluster.note('%s skipped: %s' % (name, reason))
            continue
        if one.module:
            server.build_module(one.module)
        server.sql('postgres', 'DROP DATABASE IF EXISTS ' + name)
        server.sql('postgres', 'CREATE DATABASE ' + name)
        server.sql(name, one.setup(), rows=rows, width=width, **others)
        server.sql(name, (ROOM if room else '') +
                   'CREATE EXTENSION pg_prewarm;\n'
                   'VACUUM (FULL, FREEZE, ANALYZE);\nCHECKPOINT')
        ready.append(one)
    return ready

"""A throw-away PostgreSQL server with this extension in it.

script/server makes it, in a temporary folder, and removes it in the end.  Root
drops to the user postgres for every server command, because PostgreSQL refuses
to run as root.
"""
import os
import subprocess
import sys

TREE = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))

# Durability costs the same in every variant and is mostly the disk's noise;
# autovacuum and timed checkpoints would hit whichever variant is running.
SETTINGS = {
    'synchronous_commit': 'off',
    'autovacuum': 'off',
    'checkpoint_timeout': '1h',
    'max_wal_size': '20GB',
    'shared_buffers': '512MB',
    'jit': 'off',
    'statement_timeout': '0',
    'timezone': 'UTC',
}


class Failed(Exception):
    """A command that the benchmark depends on did not succeed."""


def run(command, **options):
    """Run a command to its end and return its standard output."""
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, **options)
    if done.returncode != 0:
        raise Failed('%s\n%s%s' % (' '.join(command), done.stdout[-2000:],
                                   done.stderr[-4000:]))
    return done.stdout


def as_server_user(command):
    """The same command, run by postgres if we are root."""
    if os.geteuid() == 0:
        return ['runuser', '-u', 'postgres', '--'] + command
    return command


class Cluster:
    """Use as a context manager: the server is stopped and removed on exit."""

    def __init__(self, settings=None):
        self.settings = dict(SETTINGS, **(settings or {}))

    def __enter__(self):
        self.keeper = subprocess.Popen(
            [os.path.join(TREE, 'script', 'server')] + [
                "%s = '%s'" % setting for setting in self.settings.items()],
            text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        facts = {}
        for line in self.keeper.stdout:
            if line == 'ready\n':
                break
            name, value = line.rstrip('\n').split('=', 1)
            facts[name] = value
        else:
            raise Failed('script/server has not made a server')
        self.folder = facts['folder']
        self.dest = facts['dest']
        self.config = facts['config']
        self.data = os.path.join(self.folder, 'data')
        self.bin = run([self.config, '--bindir']).strip()
        return self

    def __exit__(self, *unused):
        self.keeper.stdin.close()
        self.keeper.wait()

    def program(self, name):
        """A program of the server's own version."""
        return os.path.join(self.bin, name)

    def build_module(self, name):
        """Build bench/lib/NAME.c into a library that the server can load."""
        cc, flags, include, library = (
            run([self.config, option]).strip() for option in (
                '--cc', '--cflags', '--includedir-server', '--pkglibdir'))
        run(cc.split() + flags.split() + [
            '-fPIC', '-shared', '-isystem', include,
            '-o', os.path.join(self.dest + library, name + '.so'),
            os.path.join(TREE, 'bench', 'lib', name + '.c')])

    def start(self):
        """Start the server and wait until it accepts connections."""
        run(as_server_user([self.program('pg_ctl'), '-D', self.data, '-w',
                            '-l', os.path.join(self.folder, 'log'), 'start']),
            cwd=self.folder)

    def stop(self):
        """Stop the server; the data stay."""
        run(as_server_user([self.program('pg_ctl'), '-D', self.data, '-w',
                            '-m', 'fast', 'stop']), cwd=self.folder)

    def environment(self):
        """The environment that connects libpq programs to this server."""
        return dict(os.environ, PGHOST=self.folder, PGUSER='postgres',
                    PGPORT='5432', PGOPTIONS='')

    def sql(self, database, text, **variables):
        """Run SQL through psql, stop at the first error, return the rows.

        Keyword arguments are psql variables.  Rows are lines, columns are
        separated by a vertical bar.
        """
        command = [self.program('psql'), '-X', '-q', '-A', '-t',
                   '-v', 'ON_ERROR_STOP=1', '-d', database, '-f', '-']
        for name, value in variables.items():
            command += ['-v', '%s=%s' % (name, value)]
        return run(command, input=text, env=self.environment()).strip()

    def version(self):
        """The server's version as it reports it."""
        return run([self.program('postgres'), '--version']).strip()

    def has_extension(self, name):
        """Whether the running server could create this extension.

        The view does not list what is found through extension_destdir.
        """
        share = run([self.config, '--sharedir']).strip()
        return os.path.exists('%s%s/extension/%s.control' % (
            self.dest, share, name)) or self.sql('postgres', "SELECT count(*) FROM "
                        "pg_available_extensions WHERE name = '%s'"
                        % name) == '1'


def note(text):
    """Tell the person at the terminal, away from the results."""
    print('# ' + text, file=sys.stderr, flush=True)

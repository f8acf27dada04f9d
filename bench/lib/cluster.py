"""A throw-away PostgreSQL server with this extension in it.

Everything lives in one temporary folder that is removed at the end: the data,
the socket, and the extension, which is built from a copy of the tree and
found by the server through extension_destdir, so that nothing is installed
into the system.  Root drops to the user postgres for every server command,
because PostgreSQL refuses to run as root.
"""
import os
import shutil
import subprocess
import sys
import tempfile

TREE = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))

# Durability costs the same in every variant and is mostly the disk's noise;
# autovacuum and timed checkpoints would hit whichever variant is running.
SETTINGS = {
    'fsync': 'off',
    'synchronous_commit': 'off',
    'autovacuum': 'off',
    # Otherwise WAL depends on when a checkpoint was.
    'full_page_writes': 'off',
    'checkpoint_timeout': '1h',
    'max_wal_size': '20GB',
    'shared_buffers': '512MB',
    'jit': 'off',
    'listen_addresses': '',
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
        self.folder = tempfile.mkdtemp(prefix='versioned_rows_bench.')
        self.data = os.path.join(self.folder, 'data')
        self.dest = os.path.join(self.folder, 'dest')
        self.config = os.environ.get('PG_CONFIG', 'pg_config')
        self.bin = run([self.config, '--bindir']).strip()
        self.running = False

    def __enter__(self):
        try:
            self.build_extension()
            if os.geteuid() == 0:
                shutil.chown(self.folder, 'postgres')
            os.chmod(self.folder, 0o755)
            run(as_server_user([self.program('initdb'), '-D', self.data,
                                '-A', 'trust', '-U', 'postgres', '-N',
                                '--locale=C', '-E', 'UTF8']),
                cwd=self.folder)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *unused):
        if self.running:
            self.stop('immediate')
        shutil.rmtree(self.folder, ignore_errors=True)

    def program(self, name):
        """A program of the server's own version."""
        return os.path.join(self.bin, name)

    def build_extension(self):
        """Build a copy of the tree and install it below the temporary folder."""
        copy = os.path.join(self.folder, 'tree')
        shutil.copytree(TREE, copy, symlinks=True, ignore=shutil.ignore_patterns(
            '.git', '*.o', '*.bc', '*.so', 'bench', 'tmp_check*'))
        make = ['make', '-s', 'PG_CONFIG=' + self.config, 'with_llvm=no']
        run(make, cwd=copy)
        run(make + ['install', 'DESTDIR=' + self.dest], cwd=copy)

    def build_module(self, name):
        """Build bench/lib/NAME.c into a library that the server can load."""
        cc, flags, include, library = (
            run([self.config, option]).strip() for option in (
                '--cc', '--cflags', '--includedir-server', '--pkglibdir'))
        run(cc.split() + flags.split() + [
            '-fPIC', '-shared', '-isystem', include,
            '-o', os.path.join(self.dest + library, name + '.so'),
            os.path.join(TREE, 'bench', 'lib', name + '.c')])

    def options(self):
        """The settings as command-line options of the server."""
        library = run([self.config, '--pkglibdir']).strip()
        settings = dict(self.settings, **{
            'extension_destdir': self.dest,
            'dynamic_library_path': self.dest + library + ':$libdir',
            'unix_socket_directories': self.folder})
        return [word for name, value in sorted(settings.items())
                for word in ('-c', '%s=%s' % (name, value))]

    def start(self):
        """Start the server and wait until it accepts connections."""
        options = ' '.join("'%s'" % word for word in self.options())
        run(as_server_user([self.program('pg_ctl'), '-D', self.data, '-w',
                            '-l', os.path.join(self.folder, 'log'),
                            '-o', options, 'start']), cwd=self.folder)
        self.running = True

    def stop(self, mode='fast'):
        """Stop the server; the data stay."""
        self.running = False
        run(as_server_user([self.program('pg_ctl'), '-D', self.data, '-w',
                            '-m', mode, 'stop']), cwd=self.folder)

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

"""A throw-away MariaDB server, run by an unprivileged user.

It lives in a temporary folder and takes no configuration but what is said
here.  Debian: mariadb-server.
"""
import os
import shutil
import subprocess
import tempfile
import time

import cluster

# The same bargain as in cluster.SETTINGS: nothing waits for the disk.
SETTINGS = ['--innodb-buffer-pool-size=512M', '--innodb-log-file-size=2G',
            '--innodb-flush-log-at-trx-commit=0', '--skip-innodb-doublewrite',
            '--innodb-flush-method=nosync', '--skip-log-bin',
            '--skip-networking', '--skip-grant-tables']


def unavailable():
    """Why there is no MariaDB here, or None."""
    if shutil.which('mariadbd') and shutil.which('mariadb-install-db'):
        return None
    return 'mariadbd is not installed (package mariadb-server)'


class MariaDB:
    """Use as a context manager: the server is stopped and removed on exit."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix='versioned_rows_bench.')
        self.data = os.path.join(self.folder, 'data')
        self.socket = os.path.join(self.folder, 'socket')
        self.server = None

    def __enter__(self):
        if os.geteuid() == 0:
            shutil.chown(self.folder, 'postgres')
        try:
            cluster.run(cluster.as_server_user(
                ['mariadb-install-db', '--no-defaults', '--skip-test-db',
                 '--auth-root-authentication-method=normal',
                 '--datadir=' + self.data]), cwd=self.folder)
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *unused):
        if self.server:
            # The shell commands of cluster.run() would outlive us; this ends.
            cluster.run(['mariadb-admin', '--no-defaults',
                         '--socket=' + self.socket, 'shutdown'])
            self.server.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        """Start the server and wait until it answers."""
        with open(os.path.join(self.folder, 'log'), 'w',
                  encoding='utf-8') as log:
            self.server = subprocess.Popen(cluster.as_server_user(
                ['mariadbd', '--no-defaults', '--datadir=' + self.data,
                 '--socket=' + self.socket,
                 '--pid-file=' + os.path.join(self.folder, 'pid')]
                + SETTINGS), stdout=log, stderr=log, cwd=self.folder)
        for _ in range(600):
            if os.path.exists(self.socket):
                return
            if self.server.poll() is not None:
                self.server = None
                raise cluster.Failed('mariadbd has not started')
            time.sleep(0.1)
        raise cluster.Failed('mariadbd does not answer')

    def sql(self, text):
        """Run SQL through its own client; the rows, columns by tabs."""
        return cluster.run(['mariadb', '--no-defaults', '--batch',
                            '--skip-column-names', '--socket=' + self.socket],
                           input=text).strip()

    def version(self):
        """The server's version as it reports it."""
        return self.sql('SELECT version()')

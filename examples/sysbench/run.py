"""sysbench as it is, on tables whose versions are in tables of their own."""
import os
import re
import subprocess
import sys

import psycopg2

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from checks import LAYOUT, check, same

COLUMN = ", version_column => NULL" if LAYOUT == "unnumbered" else ""
TABLES = ("sbtest1", "sbtest2")
SIZE = 1000


def execute(statement):
    connection = psycopg2.connect("")
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)
        rows = cursor.fetchall() if cursor.description else None
    connection.close()
    return rows


def sysbench(command):
    return subprocess.run(
        [
            "sysbench",
            "oltp_read_write",
            "--db-driver=pgsql",
            f"--pgsql-host={os.environ['PGHOST']}",
            f"--pgsql-user={os.environ['PGUSER']}",
            f"--pgsql-db={os.environ['PGDATABASE']}",
            f"--tables={len(TABLES)}",
            f"--table-size={SIZE}",
            "--threads=4",
            "--events=400",
            "--time=0",
            command,
        ],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ).stdout


def prepare():
    """The tables, their versions, and a witness that counts changes."""
    sysbench("prepare")
    execute("CREATE TABLE witness (relation regclass, id int)")
    execute(
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN INSERT INTO witness VALUES (TG_RELID, NEW.id);"
        " RETURN NULL; END$$"
    )
    for table in TABLES:
        execute(
            f"SELECT versioned_rows.enable('{table}', versions_table"
            f" => '{table}_versions'{COLUMN})"
        )
        execute(
            f"CREATE TRIGGER note AFTER INSERT OR UPDATE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION note()"
        )


def oltp_read_write():
    output = sysbench("run")
    done = int(re.search(r"transactions: +(\d+)", output).group(1))
    same(done, 400, "transactions")


def every_version_is_there():
    """As many versions of each row as it has had changes, and the first."""
    for table in TABLES:
        problems = execute(
            f"SELECT id, count(*) - 1 FROM {table}_versions GROUP BY id"
            " EXCEPT SELECT t.id, count(w.id)"
            f" FROM {table} t LEFT JOIN witness w"
            f" ON w.id = t.id AND w.relation = '{table}'::regclass"
            " GROUP BY t.id"
        )
        same(problems, [], table)
    count = execute("SELECT count(*) FROM witness")[0][0]
    same(count > 1000, True, "three changes in most transactions")


def sums_are_equal():
    """What the tables add up to is what their last versions add up to."""
    for table in TABLES:
        live = execute(f"SELECT count(*), sum(k) FROM {table}")
        last = execute(
            "SELECT count(*), sum(k) FROM (SELECT DISTINCT ON (id) k FROM"
            f" {table}_versions ORDER BY id, version_id DESC) v"
        )
        same(live, last, table)
        same(live[0][0], SIZE, f"rows of {table}")


def versions_end_at_the_row():
    """Numbers have no gaps, and the last image is the row."""
    for table in TABLES:
        problems = execute(
            f"SELECT id FROM {table}_versions GROUP BY id"
            " HAVING min(version_id) <> 1 OR max(version_id) <> count(*)"
        )
        same(problems, [], table)
        problems = execute(
            "SELECT * FROM (SELECT DISTINCT ON (id) id, k, c, pad FROM"
            f" {table}_versions ORDER BY id, version_id DESC) v"
            f" EXCEPT SELECT id, k, c, pad FROM {table}"
        )
        same(problems, [], table)


check("prepare", prepare)
check("oltp_read_write", oltp_read_write)
check("every version is there", every_version_is_there)
check("sums are equal", sums_are_equal)
check("the last version is the row", versions_end_at_the_row)

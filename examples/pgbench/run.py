"""pgbench as it is, on tables whose versions are in tables of their own."""
import os
import subprocess
import sys

import psycopg2

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from checks import LAYOUT, check, same

COLUMN = ", version_column => NULL" if LAYOUT == "unnumbered" else ""
TABLES = {"accounts": "aid", "tellers": "tid", "branches": "bid"}
BINDIR = subprocess.check_output(
    [os.environ.get("PG_CONFIG", "pg_config"), "--bindir"], text=True
).strip()


def execute(statement):
    connection = psycopg2.connect("")
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)
        rows = cursor.fetchall() if cursor.description else None
    connection.close()
    return rows


def pgbench(*options):
    subprocess.run(
        [f"{BINDIR}/pgbench", *options],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def initialize():
    pgbench("-i", "-q")
    for table in TABLES:
        execute(
            f"SELECT versioned_rows.enable('pgbench_{table}', versions_table"
            f" => 'pgbench_{table}_versions'{COLUMN})"
        )


def tpc_b():
    """Every protocol that pgbench knows; the first one empties the history."""
    transactions = 0
    for number, mode in enumerate(("simple", "extended", "prepared")):
        vacuum = ["-n"] if number else []
        pgbench("-c", "4", "-j", "2", "-t", "100", "-M", mode, *vacuum)
        transactions += 400
    same(
        execute("SELECT count(*) FROM pgbench_history"),
        [(transactions,)],
        "transactions",
    )


def sums_are_equal():
    sums = execute(
        "SELECT (SELECT sum(abalance) FROM pgbench_accounts),"
        " (SELECT sum(tbalance) FROM pgbench_tellers),"
        " (SELECT sum(bbalance) FROM pgbench_branches),"
        " (SELECT sum(delta) FROM pgbench_history)"
    )[0]
    same(len(set(sums)), 1, f"different sums among {sums}")


def every_version_is_there():
    """What changes from version to version is what pgbench has recorded."""
    for table, key in TABLES.items():
        balance = f"{table[0]}balance"
        changes = (
            f"SELECT {key}, {balance} - lag({balance}) OVER (PARTITION BY"
            f" {key} ORDER BY version_id) AS delta"
            f" FROM pgbench_{table}_versions"
        )
        deltas = f"SELECT {key}, delta FROM pgbench_history WHERE delta <> 0"
        seen = f"SELECT * FROM ({changes}) c WHERE delta IS NOT NULL"
        for one, other in ((seen, deltas), (deltas, seen)):
            same(execute(f"{one} EXCEPT ALL {other}"), [], table)


def versions_end_at_the_row():
    """Numbers have no gaps, and the last image is the row."""
    for table, key in TABLES.items():
        balance = f"{table[0]}balance"
        problems = execute(
            f"SELECT {key} FROM pgbench_{table}_versions v"
            f" LEFT JOIN pgbench_{table} t USING ({key}) GROUP BY {key}"
            " HAVING min(v.version_id) <> 1 OR max(v.version_id) <> count(*)"
            f" OR (array_agg(v.{balance} ORDER BY v.version_id DESC))[1]"
            f" IS DISTINCT FROM max(t.{balance})"
        )
        same(problems, [], table)
        live = execute(f"SELECT count(*) FROM pgbench_{table}")
        known = execute(
            f"SELECT count(DISTINCT {key}) FROM pgbench_{table}_versions"
        )
        same(known, live, f"rows of {table}")


check("initialize", initialize)
check("transactions of TPC-B", tpc_b)
check("sums are equal", sums_are_equal)
check("every version is there", every_version_is_there)
check("the last version is the row", versions_end_at_the_row)

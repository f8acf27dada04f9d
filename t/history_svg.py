#!/usr/bin/env python3
"""script/history-svg draws doc/history.svg, an image that a browser can read.

The row is the one of the README; the image in the tree must be what the
script makes of it.
"""
import os
import subprocess
import sys
import xml.dom.minidom

DATABASE = 'history_svg'
SETUP = """
CREATE EXTENSION versioned_rows;
CREATE TABLE product (id int PRIMARY KEY, name text, price numeric);
SELECT versioned_rows.enable('product', period_column => 'valid',
                             changed_by_column => 'changed_by',
                             reason_column => 'reason');
INSERT INTO product (id, name, price, version_id, is_current_version, valid,
                     changed_by, reason, deletion) VALUES
    (1, 'pen', 10, 1, false, '[2024-01-08,2024-03-04)', 'ann', NULL, NULL),
    (1, 'pen', 12, 2, false, '[2024-03-04,2024-04-15)', 'bob', 'ink is dear',
     NULL),
    (1, 'red pen', 12, 3, false, '[2024-04-15,2024-07-01)', 'ann', NULL,
     '{"deleted_at": "2024-07-01", "changed_by": "bob", "reason": "<sold out>"}'),
    (1, 'red pen', 11, 4, false, '[2024-08-19,2024-10-07)', 'ann', 'back',
     NULL),
    (1, 'red pen & cap', 11, 5, true, '[2024-10-07,)', 'eve', NULL, NULL);
CREATE TABLE plain (id int PRIMARY KEY);
SELECT versioned_rows.enable('plain');
INSERT INTO plain VALUES (1);
"""


def psql(database, command):
    """Run SQL."""
    subprocess.run(['psql', '-X', '-q', '-o', os.devnull, '-v',
                    'ON_ERROR_STOP=1', '-d', database, '-c', command],
                   check=True)


def draw(*arguments):
    """Run the script; its exit status and what it printed."""
    done = subprocess.run(['script/history-svg', *arguments, '--', DATABASE],
                          text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False)
    return done.returncode, done.stdout, done.stderr


def main():
    """Draw, and compare with what is in the tree."""
    psql('postgres', 'DROP DATABASE IF EXISTS %s' % DATABASE)
    psql('postgres', 'CREATE DATABASE %s' % DATABASE)
    psql(DATABASE, 'SET TimeZone = UTC;' + SETUP)
    status, image, errors = draw('product', '{"id": 1}', '--until',
                                 '2025-01-01')
    if sys.argv[1:] == ['--write']:
        with open('doc/history.svg', 'w', encoding='utf-8') as out:
            out.write(image)
    with open('doc/history.svg', encoding='utf-8') as expected:
        same = expected.read() == image
    bars = xml.dom.minidom.parseString(image).getElementsByTagName('rect')
    plain = xml.dom.minidom.parseString(draw('plain', '{"id": 1}')[1])
    missing = draw('product', '{"id": 7}')
    unknown = draw('pg_class', '{"oid": 7}')
    psql('postgres', 'DROP DATABASE %s' % DATABASE)

    results = [
        (status == 0 and not errors, 'it succeeds'),
        (same, 'doc/history.svg is what it draws'),
        (len(bars) == 5, 'it is well-formed and has a bar for each version'),
        ([bar.getAttribute('class') for bar in bars] ==
         ['past'] * 4 + ['current'], 'the last one is current'),
        (len(plain.getElementsByTagName('rect')) == 1,
         'a table without a period can be drawn'),
        (missing[0] == 1 and 'no such row' in missing[2],
         'a row that is not there is an error'),
        (unknown[0] == 3 and 'not versioned' in unknown[2],
         'a table that is not versioned is an error')]
    print('1..%d' % len(results))
    for number, (passed, name) in enumerate(results, 1):
        print('%sok %d - %s' % ('' if passed else 'not ', number, name))
    sys.exit(not all(passed for passed, _ in results))


main()

"""Count the instructions of statements in a single-user server.

One process, no network, no background work: the count repeats to about one
percent.  Two marker statements bound the measured part: callgrind sets its
counters to zero when the first is called and writes them when the second is,
so start and warm-up are not in the result.
"""
import glob
import os
import random
import re
import subprocess

import cluster

# Any two server functions that no benchmark calls otherwise.
START, END = 'pg_backend_pid', 'pg_postmaster_start_time'


def script(statements, rows, warm_up, count):
    """The input of a single-user server: one transaction a line."""
    keys = random.Random(1)
    yield 'SET plan_cache_mode = force_generic_plan'
    for number, statement in enumerate(statements):
        yield 'PREPARE s%d(int) AS %s' % (number, statement)
    for turn in range(warm_up + count):
        if turn == warm_up:
            yield 'SELECT %s()' % START
        key = keys.randint(1, rows)
        yield '; '.join('EXECUTE s%d(%d)' % (number, key)
                        for number in range(len(statements)))
    yield 'SELECT %s()' % END


def profile(server, database, statements, rows, warm_up, count, inside=None):
    """Run the statements under callgrind; return its output file's path.

    With inside, a function's name, only what happens in calls of it counts.
    """
    out = os.path.join(server.folder, 'callgrind.' + database)
    for old in glob.glob(out + '*'):
        os.remove(old)
    command = cluster.as_server_user([
        'valgrind', '--tool=callgrind', '--callgrind-out-file=' + out,
        '--zero-before=' + START, '--dump-before=' + END]
        + (['--toggle-collect=' + inside] if inside else [])
        + [server.program('postgres'), '--single', '-D', server.data,
           database])
    done = subprocess.run(
        command, text=True, cwd=server.folder, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, input=''.join(
            line + '\n' for line in script(statements, rows, warm_up, count)))
    wrong = re.search(r'(?m)^.*(ERROR|FATAL|PANIC): .*$', done.stderr)
    if done.returncode != 0 or wrong or not os.path.exists(out + '.1'):
        raise cluster.Failed(wrong.group(0) if wrong else done.stderr[-4000:])
    return out + '.1'


def cost(server, one, section, rows, warm_up=1000, count=2000, database=None):
    """Instructions per execution of a section of a variant."""
    return total(profile(server, database or one.name, one.statements(section),
                         rows, warm_up, count)) / count


def total(path):
    """The instructions counted in an output file."""
    with open(path, encoding='utf-8', errors='replace') as lines:
        for line in lines:
            if line.startswith(('summary:', 'totals:')):
                return int(line.split()[1])
    raise cluster.Failed('no total in ' + path)


def functions(path, inclusive):
    """(instructions, function) of an output file, most first."""
    text = cluster.run(['callgrind_annotate', '--threshold=100',
                        '--inclusive=' + ('yes' if inclusive else 'no'), path])
    for line in text.splitlines():
        found = re.match(r' *([\d,]+) \([^)]*\) +\S*?:(\S.*?)(?: \[.*\])?$',
                         line)
        if found:
            yield int(found.group(1).replace(',', '')), found.group(2)

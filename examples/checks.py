"""What the examples in Python have in common.

A check is one operation of an application, done first as the documents of its
framework say.  Where that is known to fail in a layout, it must fail with the
message that is given; then there may be a second form of the operation, and
that must work.  So a check ends in one of these verdicts, which doc/orms.md
repeats: "works", "so" (in the second form), "no"; the latter two with "(!)"
where the first form fails without any error, by a wrong result.
"""
import os
import re
import traceback

LAYOUT = os.environ["LAYOUT"]
# What an application takes for the table of products, and where its versions
# are; the same relation in the layout "table".
PRODUCT = os.environ["PRODUCT"]
VERSIONS = os.environ["VERSIONS"]
# The statements that make product versioned, and unversioned again.
ENABLE = os.environ["ENABLE"]
DISABLE = os.environ["DISABLE"]
# The statement that makes order_line pin product.
PIN = os.environ["PIN"]
# Whether the versions have a table of their own, beside that of the rows.
OWN = LAYOUT in ("separate", "unnumbered")
# What a statement must add that means current rows.
CURRENT = " AND is_current_version" if LAYOUT == "table" else ""
# Whether the relation of products has a column with the number of the version.
NUMBERED = LAYOUT in ("table", "view", "separate")


def check(operation, form, so=None, **fails):
    """Run one operation and print its verdict.

    fails has the pattern of the message for each layout in which form fails,
    for both views, for both with versions of their own, or everywhere; so is the second form, or has it for each
    layout that has one.
    """
    names = [LAYOUT, "everywhere"]
    names.insert(1, "own" if OWN else "views" if LAYOUT != "table" else "")
    pattern = next((fails[name] for name in names if name in fails), None)
    try:
        verdict = verdict_of(form, so, pattern)
    except Exception as error:
        steps = traceback.extract_tb(error.__traceback__)
        lines = [str(s.lineno) for s in steps if "examples" in s.filename]
        print(f"# lines {' '.join(lines)}: {message_of(error)}")
        print(f"not ok - {operation}", flush=True)
    else:
        print(f"ok - {operation}: {verdict}", flush=True)


def verdict_of(form, so, pattern):
    if pattern is None:
        form()
        return "works"
    try:
        form()
    except Exception as error:
        if not re.search(pattern, message_of(error)):
            raise
        silently = " (!)" if isinstance(error, Wrong) else ""
    else:
        raise AssertionError(f"should have failed with {pattern!r}")
    if isinstance(so, dict):
        so = so.get(LAYOUT)
    if so is None:
        return "no" + silently
    so()
    return "so" + silently


def message_of(error):
    return f"{type(error).__name__}: {error}".splitlines()[0]


class Wrong(Exception):
    """A result that is not what it should be."""


def same(seen, wanted, what):
    if seen != wanted:
        raise Wrong(f"{what}: {seen!r} instead of {wanted!r}")

"""The shop with Django."""
import io
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
from checks import CURRENT, DISABLE, ENABLE, LAYOUT, NUMBERED, OWN, PIN
from checks import PRODUCT, VERSIONS, Wrong, check, same

import django
from django.conf import settings

DATABASE = {
    "ENGINE": "django.db.backends.postgresql",
    "HOST": os.environ["PGHOST"],
    "USER": os.environ["PGUSER"],
    "NAME": os.environ["PGDATABASE"],
}
settings.configure(
    DATABASES={"default": DATABASE, "other": DATABASE},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=["shop"],
)
django.setup()

from django.core.management import call_command
from django.db import connection, connections, migrations, models
from django.db import transaction
from django.db.migrations.state import ProjectState
from django.test import TestCase, TransactionTestCase

from shop.models import Order, OrderLine, Product, Version

state = ProjectState()
if LAYOUT == "table":
    from shop.models import CurrentProduct
else:
    CurrentProduct = Product


def migrate(*operations):
    """Apply a migration, as manage.py migrate does."""
    global state
    migration = migrations.Migration("a migration", "shop")
    migration.operations = operations
    with connection.schema_editor(atomic=True) as editor:
        after = migration.apply(state.clone(), editor)
        # which the editor does at its end, where an error stops the program
        while editor.deferred_sql:
            editor.execute(editor.deferred_sql.pop(0))
    state = after


def create_shop():
    migrate(
        migrations.CreateModel(
            "Product",
            [
                ("id", models.AutoField(primary_key=True)),
                ("sku", models.TextField(unique=True)),
                ("name", models.TextField()),
                ("price", models.IntegerField(default=0)),
            ],
            {"db_table": "product"},
        ),
        migrations.CreateModel(
            "Order",
            [
                ("id", models.AutoField(primary_key=True)),
                ("customer", models.TextField()),
            ],
            {"db_table": "orders"},
        ),
        migrations.CreateModel(
            "OrderLine",
            [
                ("id", models.AutoField(primary_key=True)),
                ("order", models.ForeignKey("Order", models.CASCADE)),
                (
                    "product",
                    models.ForeignKey(
                        "Product", models.DO_NOTHING, db_constraint=False
                    ),
                ),
                ("quantity", models.IntegerField()),
            ],
            {"db_table": "order_line"},
        ),
    )
    migrate(
        migrations.RunSQL(ENABLE),
        migrations.RunSQL(PIN),
        # from here on the model has the name of the view
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AlterModelTable("Product", PRODUCT)]
        ),
    )


def execute(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else None


def set_price(key, price):
    """What another program does."""
    execute(f"UPDATE {PRODUCT} SET price = {price} WHERE id = {key}{CURRENT}")


def product(price):
    """The id of a product that has had two other prices before."""
    sku = os.urandom(4).hex()
    key = Product.objects.create(sku=sku, name="pen", price=price - 2).id
    set_price(key, price - 1)
    set_price(key, price)
    return key


def prices(key):
    """All prices of a product, oldest first."""
    found = Version.objects.filter(id=key).order_by("version_id")
    return list(found.values_list("price", flat=True))


def both(form):
    """A form that takes the model, with the plain one and the other."""
    return lambda: form(Product), lambda: form(CurrentProduct)


def insert_one():
    row = Product.objects.create(sku="generated", name="ink", price=3)
    same(prices(row.id), [3], "prices")


def read_by_id(model):
    same(model.objects.get(id=product(12)).price, 12, "price")


def refresh(model):
    row = model.objects.filter(id=product(12), price=12).get()
    set_price(row.id, 13)
    row.refresh_from_db()
    same(row.price, 13, "price")


def save_twice():
    row = Product.objects.get(id=product(12))
    for row.price in (13, 14):
        row.save()
    same(prices(row.id), [10, 11, 12, 13, 14], "prices")


def save_twice_the_column():
    row = CurrentProduct.objects.get(id=product(12))
    for row.price in (13, 14):
        row.save(update_fields=["price"])
    same(prices(row.id), [10, 11, 12, 13, 14], "prices")


def stale_save():
    key = product(12)
    first = Product.objects.get(id=key)
    second = Product.objects.get(id=key)
    first.price, second.price = 13, 14
    first.save()
    try:
        second.save()
    except django.db.ProgrammingError as error:
        assert "cannot be set" in str(error)
    else:
        raise Wrong("no error")
    same(prices(key), [10, 11, 12, 13], "prices")


def stale_update():
    """As applications of Django do it, which has no lock of its own."""
    row = CurrentProduct.objects.get(id=product(12))
    for price, count in ((13, 1), (14, 0)):
        found = Product.objects.filter(id=row.id, version_id=row.version_id)
        same(found.update(price=price), count, "updated")
    same(prices(row.id), [10, 11, 12, 13], "prices")


def bulk_update():
    keys = [product(5), product(6)]
    found = Product.objects.filter(id__in=keys)
    same(found.update(price=models.F("price") + 1), 2, "updated")
    same([prices(key) for key in keys], [[3, 4, 5, 6], [4, 5, 6, 7]], "prices")


def bulk_update_objects(model):
    """Product.objects.bulk_update(), which says CASE id WHEN …"""
    keys = [product(5), product(6)]
    rows = list(model.objects.filter(id__in=keys))
    for row in rows:
        row.price = 7
    model.objects.bulk_update(rows, ["price"])
    same([prices(key) for key in keys], [[3, 4, 5, 7], [4, 5, 6, 7]], "prices")


def delete_one(model):
    row = model.objects.get(id=product(12))
    key = row.id
    same(row.delete()[0], 1, "deleted")
    same(prices(key), [10, 11, 12], "prices")


def create_again():
    key = product(12)
    execute(f"DELETE FROM {PRODUCT} WHERE id = {key}{CURRENT}")
    Product.objects.create(id=key, sku=f"again {key}", name="pen", price=1)
    same(prices(key), [10, 11, 12, 1], "prices")


def upsert(model):
    key = product(12)
    row, created = model.objects.update_or_create(
        {"price": 13, "sku": f"u{key}"}, id=key
    )
    same((row.price, created), (13, False), "row")
    same(prices(key), [10, 11, 12, 13], "prices")


def upsert_by_sku(model):
    key = product(12)
    sku = Product.objects.filter(id=key).first().sku
    row, created = model.objects.update_or_create({"price": 13}, sku=sku)
    same((row.id, created), (key, False), "row")
    same(prices(key), [10, 11, 12, 13], "prices")


def ignore_conflicts():
    key = product(12)
    Product.objects.bulk_create(
        [Product(id=key, sku="ignored"), Product(sku=f"n{key}", price=3)],
        ignore_conflicts=True,
    )
    same(prices(key), [10, 11, 12], "prices")
    same(Product.objects.filter(sku=f"n{key}").count(), 1, "new rows")


def line_of(price):
    """An order's line with a product whose price has changed since."""
    key = product(price)
    line = OrderLine.objects.create(
        order=Order.objects.create(customer="Ann"), product_id=key, quantity=2
    )
    set_price(key, 99)
    return line


def relation(**where):
    found = OrderLine.objects.filter(id=line_of(12).id, **where)
    seen = [line.product.price for line in found.select_related("product")]
    same(seen, [99], "prices")


def relation_to_current():
    relation(product__is_current_version=True)


def pinned_prices(line):
    found = OrderLine.objects.select_related("bought").filter(id=line.id)
    with connection.execute_wrapper(refuse_after(1)):
        return [line.bought.price for line in found]


def refuse_after(number):
    """Make statements fail after so many."""
    seen = []

    def wrapper(execute, sql, *rest):
        seen.append(sql)
        same(len(seen) <= number, True, "eagerly loaded")
        return execute(sql, *rest)

    return wrapper


def pinned():
    same(pinned_prices(line_of(12)), [12], "prices")


def change_line():
    """The object does not know the version that the database filled in."""
    line = line_of(12)
    line.quantity = 3
    line.save()
    same(pinned_prices(line), [12], "prices")


def change_line_read_again():
    line = line_of(12)
    line.refresh_from_db()
    line.quantity = 3
    line.save()
    same(pinned_prices(line), [12], "prices")


def lock(model):
    key = product(12)
    found = model.objects.filter(id=key)
    with transaction.atomic(), transaction.atomic("other"):
        seen = [row.price for row in found.select_for_update()]
        same(seen, [12], "locked")
        other = found.using("other").select_for_update(skip_locked=True)
        same(list(other), [], "not locked")


def count(model):
    keys = [product(5), product(5)]
    same(model.objects.filter(id__in=keys).count(), 2, "count")


def inspect():
    """inspectdb writes the model that the table was made from."""
    out = io.StringIO()
    call_command("inspectdb", PRODUCT, stdout=out)
    written = out.getvalue()
    same("unique_together" in written, False, "composite key")
    same("sku = models.TextField(unique=True)" in written, True, "unique")


def refer_to_row():
    migrate(
        migrations.CreateModel(
            "Review",
            [
                ("id", models.AutoField(primary_key=True)),
                ("product", models.ForeignKey("Product", models.CASCADE)),
            ],
        )
    )
    migrate(migrations.DeleteModel("Review"))


def changes(operation, sql):
    """The migration, and what a versioned table needs with it.

    A view that depends on the columns goes and comes back.  A table of
    versions gets the columns that the first form has made.
    """
    so = [ENABLE] if OWN else [DISABLE, sql, ENABLE]
    return (
        [operation],
        [migrations.RunSQL(so, state_operations=[operation])],
    )


def column_can_be_written(operations, column):
    """After the migration, and history has it."""
    global state
    before = state
    try:
        migrate(*operations)
        write_column(column)
    except Exception:
        state = before
        raise


def write_column(column):
    key = product(12)
    model = state.apps.get_model("shop", "Product")
    found = model.objects.filter(id=key)
    if CURRENT:
        found = found.extra(where=["is_current_version"])
    same(found.update(**{column: "red"}), 1, "updated")
    seen = execute(
        f"SELECT {column} FROM {VERSIONS} WHERE id = {key} ORDER BY version_id"
    )
    same([row[0] for row in seen], [None] * 3 + ["red"], column)


def migration(column, operation, sql):
    default, so = changes(operation, sql)
    if column:
        return (
            lambda: column_can_be_written(default, column),
            lambda: column_can_be_written(so, column),
        )
    return lambda: without_column(default), lambda: without_column(so)


def without_column(operations):
    migrate(*operations)
    same(prices(product(12)), [10, 11, 12], "prices")


class RolledBack(TestCase):
    databases = ["default"]

    def test_a_product(self):
        key = product(12)
        same(prices(key), [10, 11, 12], "prices")
        Product.objects.filter(sku="kept").update(price=2)


class Flushed(TransactionTestCase):
    databases = ["default"]

    def test_a_product(self):
        same(prices(product(12)), [10, 11, 12], "prices")


def run_case(case):
    suite = unittest.TestLoader().loadTestsFromTestCase(case)
    result = unittest.TestResult()
    suite.run(result)
    for _, text in result.errors + result.failures:
        raise RuntimeError(text.strip().splitlines()[-1])


def test_case():
    """Everything is as before after a TestCase."""
    execute(f"INSERT INTO {PRODUCT} (sku, name, price) VALUES ('kept', '', 1)")
    count = Version.objects.count()
    run_case(RolledBack)
    same(Version.objects.count(), count, "versions")


def transaction_test_case():
    run_case(Flushed)
    same(Product.objects.count(), 0, "rows")


def transaction_test_case_allowed():
    allow_truncate()
    transaction_test_case()
    execute(ENABLE)


def flush():
    call_command("flush", interactive=False, verbosity=0)
    same(Product.objects.count(), 0, "rows")


def allow_truncate():
    """In a test database the trigger that refuses it may be disabled."""
    execute(
        f"ALTER TABLE {VERSIONS}"
        ' DISABLE TRIGGER "000_versioned_rows_truncate"'
    )


def flush_allowed():
    allow_truncate()
    flush()


def truncate_versions():
    """What flush leaves out."""
    allow_truncate()
    execute(f"TRUNCATE {VERSIONS}, order_line RESTART IDENTITY")
    same(Product.objects.count(), 0, "rows")


SEVERAL = "MultipleObjectsReturned"
# Django writes all columns, and the number that it has read with them.
NOT_KNOWN = '"version_id" of versioned table "product.*" cannot be set'
NOT_THERE = "is missing in its versions table"
LEFT = r"rows: \d+ instead of 0"

create_shop()
check("insert with a generated id", insert_one)
check("read by id", *both(read_by_id), table=SEVERAL)
check("refresh", *both(refresh), table=SEVERAL)
check(
    "save twice",
    save_twice,
    save_twice_the_column,
    table=SEVERAL,
    view=NOT_KNOWN,
    separate=NOT_KNOWN,
)
check(
    "stale write is refused",
    stale_save,
    {"table": stale_update},
    table=SEVERAL,
    facade="no error",
    unnumbered="no error",
)
check("bulk update", bulk_update)
check("bulk update of objects", *both(bulk_update_objects))
check("delete", *both(delete_one), table=SEVERAL)
check("create again", create_again)
check("upsert", *both(upsert), table=SEVERAL)
check("upsert by a unique column", *both(upsert_by_sku), table=SEVERAL)
check("insert or ignore", ignore_conflicts)
check(
    "relation to the row",
    relation,
    relation_to_current,
    table=r"prices: \[10, 11, 12, 99\] instead",
)
check("pinned relation", pinned)
check(
    "change what pins",
    change_line,
    change_line_read_again,
    everywhere=r"prices: \[99\] instead of \[12\]",
)
check(
    "select for update",
    *both(lock),
    table=r"locked: \[10, 11, 12\] instead",
)
check("count", *both(count), table="count: 6 instead of 2")
check("introspection", inspect, table="composite key", views="unique: False")
check(
    "foreign key to the row",
    refer_to_row,
    table="no unique constraint matching",
    views="is not a table",
)
check(
    "add a column",
    *migration(
        "colour",
        migrations.AddField("Product", "colour", models.TextField(null=True)),
        "ALTER TABLE product ADD COLUMN colour text",
    ),
    views="ADD COLUMN cannot be performed",
    own=NOT_THERE,
)
check(
    "rename a column",
    *migration(
        "shade",
        migrations.RenameField("Product", "colour", "shade"),
        "ALTER TABLE product RENAME COLUMN colour TO shade",
    ),
    views='column "shade" does not exist',
    own=NOT_THERE,
)
check(
    "remove a column",
    *migration(
        None,
        migrations.RemoveField("Product", "shade"),
        "ALTER TABLE product DROP COLUMN shade",
    ),
    views="DROP COLUMN cannot be performed",
)
check("TestCase", test_case)
check(
    "TransactionTestCase",
    transaction_test_case,
    {"table": transaction_test_case_allowed},
    table="",
    views=LEFT,
)
check(
    "flush",
    flush,
    flush_allowed if LAYOUT == "table" else truncate_versions,
    table="couldn't be flushed",
    views=LEFT,
)

"""The shop with SQLAlchemy and Alembic."""
import os
import sys

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Boolean, Column, FetchedValue, ForeignKey
from sqlalchemy import ForeignKeyConstraint, Index, Integer, Numeric, String
from sqlalchemy import create_engine, func, inspect, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, declarative_base, foreign, joinedload
from sqlalchemy.orm import relationship
from sqlalchemy.orm.exc import StaleDataError

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from checks import CURRENT, DISABLE, ENABLE, LAYOUT, NUMBERED, OWN, PIN
from checks import PRODUCT, VERSIONS, Wrong, check, same

Base = declarative_base()
engine = create_engine("postgresql+psycopg2://")


class Product(Base):
    """As any class whose optimistic lock the server counts."""

    __tablename__ = PRODUCT
    id = Column(Integer, primary_key=True)
    sku = Column(String, unique=True, nullable=False)
    name = Column(String, nullable=False)
    price = Column(Numeric, nullable=False, server_default="0")
    if NUMBERED:
        version_id = Column(
            Integer,
            nullable=False,
            server_default="1",
            server_onupdate=FetchedValue(),
        )
        __mapper_args__ = {
            "version_id_col": version_id,
            "version_id_generator": False,
        }
    if LAYOUT == "table":
        is_current_version = Column(
            Boolean,
            nullable=False,
            server_default="true",
            server_onupdate=FetchedValue(),
        )


if LAYOUT == "table":

    class Version(Base):
        """The same table under the key that it has."""

        __table__ = Product.__table__
        __mapper_args__ = {
            "primary_key": [
                Product.__table__.c.id,
                Product.__table__.c.version_id,
            ],
            "version_id_col": Product.__table__.c.version_id,
            "version_id_generator": False,
            "eager_defaults": True,
        }

else:

    class Version(Base):
        """The table of all versions."""

        __tablename__ = VERSIONS
        id = Column(Integer, primary_key=True, autoincrement=False)
        version_id = Column(
            Integer,
            primary_key=True,
            autoincrement=False,
            server_default=None if "separate" in LAYOUT else "1",
        )
        sku = Column(String)
        name = Column(String)
        price = Column(Numeric)


class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    customer = Column(String, nullable=False)
    lines = relationship("OrderLine", back_populates="order")


class OrderLine(Base):
    """Pins the version of the product that was bought.

    The version is filled in by the database.
    """

    __tablename__ = "order_line"
    id = Column(Integer, primary_key=True)
    order_id = Column(Integer, ForeignKey("orders.id"), nullable=False)
    product_id = Column(Integer, nullable=False)
    product_version_id = Column(Integer, server_default=FetchedValue())
    quantity = Column(Integer, nullable=False)
    order = relationship("Order", back_populates="lines")
    bought = relationship("Version", viewonly=True)
    product = relationship(
        Product,
        primaryjoin=lambda: foreign(OrderLine.product_id) == Product.id,
        viewonly=True,
    )
    if LAYOUT == "table":
        current = relationship(
            Product,
            primaryjoin=lambda: (foreign(OrderLine.product_id) == Product.id)
            & Product.is_current_version,
            viewonly=True,
        )
    __table_args__ = (
        ForeignKeyConstraint(
            ["product_id", "product_version_id"],
            [f"{VERSIONS}.id", f"{VERSIONS}.version_id"],
        ),
        Index(
            "order_line_product_id_product_version_id_idx",
            "product_id",
            "product_version_id",
        ),
    )


def migrate(*steps):
    """Run operations of Alembic, as upgrade() of a revision does."""
    with engine.begin() as connection:
        operations = Operations(MigrationContext.configure(connection))
        for step in steps:
            step(operations)


def create_shop():
    migrate(
        lambda op: op.create_table(
            "product",
            Column("id", Integer, primary_key=True),
            Column("sku", String, unique=True, nullable=False),
            Column("name", String, nullable=False),
            Column("price", Numeric, nullable=False, server_default="0"),
        ),
        lambda op: op.execute(ENABLE),
        lambda op: op.create_table(
            "orders",
            Column("id", Integer, primary_key=True),
            Column("customer", String, nullable=False),
        ),
        lambda op: op.create_table(
            "order_line",
            Column("id", Integer, primary_key=True),
            Column(
                "order_id", Integer, ForeignKey("orders.id"), nullable=False
            ),
            Column("product_id", Integer, nullable=False),
            Column("quantity", Integer, nullable=False),
        ),
        lambda op: op.execute(PIN),
    )


def execute(statement):
    with engine.begin() as connection:
        result = connection.execute(text(statement))
        return result.all() if result.returns_rows else None


def set_price(key, price):
    """What another program does."""
    execute(f"UPDATE {PRODUCT} SET price = {price} WHERE id = {key}{CURRENT}")


def product(price):
    """The id of a product that has had two other prices before."""
    with Session(engine) as session:
        new = Product(sku=os.urandom(4).hex(), name="pen", price=price - 2)
        session.add(new)
        session.flush()
        key = new.id
        session.commit()
    set_price(key, price - 1)
    set_price(key, price)
    return key


def prices(key):
    """All prices of a product, oldest first."""
    with Session(engine) as session:
        found = session.query(Version).filter_by(id=key)
        return [int(v.price) for v in found.order_by(Version.version_id)]


def current(session, key):
    """The product under the key that its table has in the first layout."""
    return (
        session.query(Version)
        .filter_by(id=key, is_current_version=True)
        .one()
    )


def insert_one():
    with Session(engine) as session:
        row = Product(sku="generated", name="ink", price=3)
        session.add(row)
        session.commit()
        same(prices(row.id), [3], "prices")


def read_by_id():
    key = product(12)
    with Session(engine) as session:
        same(int(session.get(Product, key).price), 12, "price")


def read_current():
    key = product(12)
    with Session(engine) as session:
        same(int(current(session, key).price), 12, "price")


def refresh():
    key = product(12)
    with Session(engine) as session:
        row = session.query(Product).filter_by(id=key, price=12).one()
        session.refresh(row)
        same(int(row.price), 12, "price")


def refresh_current():
    key = product(12)
    with Session(engine) as session:
        row = current(session, key)
        session.refresh(row)
        same(int(row.price), 12, "price")


def save_twice(read=lambda session, key: session.get(Product, key)):
    key = product(12)
    with Session(engine) as session:
        row = read(session, key)
        row.price = 13
        session.commit()
        row.price = 14
        session.commit()
    same(prices(key), [10, 11, 12, 13, 14], "prices")


def save_twice_current():
    save_twice(current)


def stale_save(read=lambda session, key: session.get(Product, key)):
    key = product(12)
    with Session(engine) as one, Session(engine) as two:
        first, second = read(one, key), read(two, key)
        first.price, second.price = 13, 14
        one.commit()
        try:
            two.commit()
        except StaleDataError:
            two.rollback()
        else:
            raise Wrong("no StaleDataError")
    same(prices(key), [10, 11, 12, 13], "prices")


def stale_save_current():
    stale_save(current)


def bulk_update():
    keys = [product(5), product(6)]
    with Session(engine) as session:
        count = (
            session.query(Product)
            .filter(Product.id.in_(keys))
            .update({Product.price: Product.price + 1})
        )
        session.commit()
    same(count, 2, "updated")
    same([prices(key) for key in keys], [[3, 4, 5, 6], [4, 5, 6, 7]], "prices")


def delete_one(read=lambda session, key: session.get(Product, key)):
    key = product(12)
    with Session(engine) as session:
        session.delete(read(session, key))
        session.commit()
        same(live(session, key), 0, "rows")
    same(prices(key), [10, 11, 12], "prices")


def live(session, key):
    query = session.query(Product).filter_by(id=key)
    if LAYOUT == "table":
        query = query.filter_by(is_current_version=True)
    return query.count()


def delete_current():
    delete_one(current)


def create_again():
    key = product(12)
    execute(f"DELETE FROM {PRODUCT} WHERE id = {key}{CURRENT}")
    with Session(engine) as session:
        session.add(Product(id=key, sku=f"again {key}", name="pen", price=1))
        session.commit()
        same(live(session, key), 1, "rows")
    same(prices(key), [10, 11, 12, 1], "prices")


def upsert(**target):
    key = product(12)
    statement = insert(Product.__table__)
    statement = statement.values(id=key, sku=f"u{key}", name="pen", price=13)
    statement = statement.on_conflict_do_update(
        **(target or {"index_elements": ["id"]}),
        set_={"price": statement.excluded.price},
    )
    with engine.begin() as connection:
        connection.execute(statement)
    same(prices(key), [10, 11, 12, 13], "prices")


def upsert_current():
    upsert(
        index_elements=["id"],
        index_where=text("is_current_version"),
    )


def upsert_by_sku(**where):
    key = product(12)
    with Session(engine) as session:
        sku = session.query(Product.sku).filter_by(id=key).first()[0]
    statement = insert(Product.__table__).values(sku=sku, name="x", price=13)
    statement = statement.on_conflict_do_update(
        index_elements=["sku"],
        **where,
        set_={"price": statement.excluded.price},
    )
    with engine.begin() as connection:
        connection.execute(statement)
    same(prices(key), [10, 11, 12, 13], "prices")


def upsert_current_by_sku():
    upsert_by_sku(index_where=text("is_current_version"))


def order_of(price):
    """The id of an order of a product whose price has changed since."""
    key = product(price)
    with Session(engine) as session:
        order = Order(customer="Ann")
        order.lines.append(OrderLine(product_id=key, quantity=2))
        session.add(order)
        session.commit()
        number = order.id
    set_price(key, 99)
    return number


def prices_of_lines(number, relation):
    with Session(engine) as session:
        order = (
            session.query(Order)
            .options(joinedload(Order.lines).joinedload(relation))
            .filter_by(id=number)
            .one()
        )
        return [int(getattr(x, relation.key).price) for x in order.lines]


def relation():
    same(prices_of_lines(order_of(12), OrderLine.product), [99], "prices")


def relation_to_current():
    same(prices_of_lines(order_of(12), OrderLine.current), [99], "prices")


def pinned():
    same(prices_of_lines(order_of(12), OrderLine.bought), [12], "prices")


def change_line():
    number = order_of(12)
    with Session(engine) as session:
        session.query(Order).filter_by(id=number).one().lines[0].quantity = 3
        session.commit()
    same(prices_of_lines(number, OrderLine.bought), [12], "prices")


def lock(read=lambda session, key: session.query(Product).filter_by(id=key)):
    key = product(12)
    with Session(engine) as one, Session(engine) as two:
        rows = read(one, key).with_for_update().all()
        same([int(row.price) for row in rows], [12], "locked")
        same(
            read(two, key).with_for_update(skip_locked=True).all(),
            [],
            "not locked",
        )


def lock_current():
    lock(
        lambda session, key: session.query(Version).filter_by(
            id=key, is_current_version=True
        )
    )


def count():
    keys = [product(5), product(5)]
    with Session(engine) as session:
        query = session.query(Product).filter(Product.id.in_(keys))
        same(query.count(), 2, "count")


def count_current():
    keys = [product(5), product(5)]
    with Session(engine) as session:
        query = session.query(Product).filter(Product.id.in_(keys))
        query = query.filter_by(is_current_version=True)
        same(query.count(), 2, "count")


def reflection():
    """The database says what the mapping says."""
    view = inspect(engine)
    same(view.get_pk_constraint(PRODUCT)["constrained_columns"], ["id"], "key")
    columns = {c["name"]: c for c in view.get_columns(PRODUCT)}
    same(columns["sku"]["nullable"], False, "sku nullable")
    same(bool(columns["price"]["default"]), True, "price has default")


def autogenerate():
    """Alembic finds nothing to change, and drops nothing."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        same(compare_metadata(context, Base.metadata), [], "differences")


def autogenerate_filtered():
    """As the documents of Alembic say: what others manage is left out."""

    def is_ours(item, name, kind, reflected, compared):
        if kind == "table":
            return name not in (PRODUCT, VERSIONS, "product", "current_product")
        return True

    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": is_ours}
        )
        same(compare_metadata(context, Base.metadata), [], "differences")


def refer_to_row():
    """A new table that references the row, whatever its version."""
    migrate(
        lambda op: op.create_table(
            "review",
            Column("id", Integer, primary_key=True),
            Column("product_id", Integer),
        ),
        lambda op: op.create_foreign_key(
            None, "review", PRODUCT, ["product_id"], ["id"]
        ),
        lambda op: op.drop_table("review"),
    )


def otherwise(step):
    """The migration, and what a versioned table needs with it.

    Where a view depends on the columns, it goes and comes back.  A table of
    versions gets the columns that the first form has made.
    """
    if OWN:
        return [lambda op: op.execute(ENABLE)]
    return [
        lambda op: op.execute(DISABLE),
        step,
        lambda op: op.execute(ENABLE),
    ]


def add(table):
    return lambda op: op.add_column(table, Column("colour", String))


def rename(table):
    return lambda op: op.alter_column(
        table, "colour", new_column_name="shade"
    )


def remove(table):
    return lambda op: op.drop_column(table, "shade")


def migration(steps, column):
    """After the migration the column can be written, and history has it."""

    def form():
        migrate(*steps)
        key = product(12)
        if column:
            execute(
                f"UPDATE {PRODUCT} SET {column} = 'red' WHERE id = {key}"
                + CURRENT
            )
            seen = execute(
                f"SELECT {column} FROM {VERSIONS} WHERE id = {key}"
                " ORDER BY version_id"
            )
            same([row[0] for row in seen], [None] * 3 + ["red"], column)
        else:
            same(prices(key), [10, 11, 12], "prices")

    return form


TABLES = ("order_line", "orders", PRODUCT)


def delete_all():
    """Between tests: from every table, children first."""
    for name in TABLES:
        execute(f"DELETE FROM {name}")
    same(execute(f"SELECT * FROM {PRODUCT}"), [], "rows")


def truncate(*tables):
    product(12)
    execute(f"TRUNCATE {', '.join(tables or TABLES)} RESTART IDENTITY")
    same(execute(f"SELECT * FROM {PRODUCT}"), [], "rows")
    product(12)


def delete_all_and_prune():
    for name in TABLES:
        execute(f"DELETE FROM {name}")
    execute("SELECT versioned_rows.prune('product', keep => 0)")
    same(execute(f"SELECT * FROM {PRODUCT}"), [], "rows")


def truncate_versions():
    """In a test database the trigger that refuses it may be disabled."""
    execute(
        f"ALTER TABLE {VERSIONS}"
        ' DISABLE TRIGGER "000_versioned_rows_truncate"'
    )
    truncate("order_line", "orders", VERSIONS)


OLD = "price: 10 instead of 12"
NOT_THERE = "is missing in its versions table"
NO_KEY = "no unique or exclusion constraint"

create_shop()
check("insert with a generated id", insert_one)
check("read by id", read_by_id, read_current, table=OLD)
check("refresh", refresh, refresh_current, table=OLD)
check("save twice", save_twice, save_twice_current, table="StaleDataError")
check(
    "stale write is refused",
    stale_save,
    {"table": stale_save_current},
    table="StaleDataError",
    facade="no StaleDataError",
    unnumbered="no StaleDataError",
)
check("bulk update", bulk_update)
check("delete", delete_one, delete_current, table="StaleDataError")
check("create again", create_again)
check("upsert", upsert, {"table": upsert_current}, table=NO_KEY, views=NO_KEY)
check(
    "upsert by a unique column",
    upsert_by_sku,
    {"table": upsert_current_by_sku},
    table=NO_KEY,
    views=NO_KEY,
)
check(
    "relation to the row",
    relation,
    relation_to_current,
    table=r"prices: \[10\] instead",
)
check("pinned relation", pinned)
check("change what pins", change_line)
check(
    "select for update", lock, lock_current, table=r"locked: \[10\] instead"
)
check("count", count, count_current, table="count: 6 instead of 2")
check(
    "introspection",
    reflection,
    table=r"key: \['id', 'version_id'\] instead",
    views=r"key: \[\] instead",
)
check(
    "migrations propose nothing",
    autogenerate,
    autogenerate_filtered,
    table="remove_index",
    views="remove_index",
)
check(
    "foreign key to the row",
    refer_to_row,
    table="no unique constraint matching",
    views="is not a table",
)
check(
    "add a column",
    migration([add(PRODUCT)], "colour"),
    migration(otherwise(add("product")), "colour"),
    views="ADD COLUMN cannot be performed",
    own=NOT_THERE,
)
check(
    "rename a column",
    migration([rename(PRODUCT)], "shade"),
    migration(otherwise(rename("product")), "shade"),
    views='column "shade" does not exist',
    own=NOT_THERE,
)
check(
    "remove a column",
    migration([remove(PRODUCT)], None),
    migration(otherwise(remove("product")), None),
    views="DROP COLUMN cannot be performed",
)
check(
    "empty tables by DELETE",
    delete_all,
    delete_all_and_prune,
    table=r"rows: \[\(",
)
check(
    "empty tables by TRUNCATE",
    truncate,
    truncate_versions,
    table="cannot truncate versioned table",
    views="is not a table",
)

#!/usr/bin/python3
"""The scenario of SQLAlchemy's example versioned_rows_w_versionid, from
SQLAlchemy, with plain mapped classes and no versioning code in Python.

The classes say only what any class says whose version_id_col is kept by the
server.  The database does the rest: every change makes a version, the loser
of two concurrent writers gets StaleDataError, a relationship follows its
child.  The assertions of the example stand here as they stand there.

Runs on the server that libpq's variables name, in a database of its own.
"""
import os
import sys
import traceback

from sqlalchemy import Boolean, Column, FetchedValue, ForeignKeyConstraint
from sqlalchemy import Integer, String, create_engine, event, text
from sqlalchemy.orm import Session, backref, column_property
from sqlalchemy.orm import declarative_base, declared_attr, relationship
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.sql import literal_column

DATABASE = "regress_orm_sqlalchemy"
Base = declarative_base()


class ServerCounted:
    """Key, version and flag of a table whose versions the server counts."""

    id = Column(Integer, primary_key=True, autoincrement=False)
    version_id = Column(
        Integer,
        primary_key=True,
        autoincrement=False,
        server_default="1",
        server_onupdate=FetchedValue(),
    )
    is_current_version = Column(
        Boolean, server_default="true", server_onupdate=FetchedValue()
    )

    @declared_attr
    def calc_is_current_version(cls):
        return column_property(
            literal_column(
                f"{cls.__tablename__}.calc_is_current_version", Boolean
            )
        )

    @declared_attr
    def __mapper_args__(cls):
        return {
            "version_id_col": cls.version_id,
            "version_id_generator": False,
            "eager_defaults": True,
        }


class Example(ServerCounted, Base):
    __tablename__ = "example"
    data = Column(String)


class Child(ServerCounted, Base):
    __tablename__ = "child"
    data = Column(String)


class Parent(Base):
    __tablename__ = "parent"
    id = Column(Integer, primary_key=True)
    child_id = Column(Integer)
    child_version_id = Column(Integer)
    child = relationship("Child", backref=backref("parent", uselist=False))
    __table_args__ = (
        ForeignKeyConstraint(
            ["child_id", "child_version_id"],
            ["child.id", "child.version_id"],
            onupdate="CASCADE",
        ),
    )


class Receipt(Base):
    """Keeps the version of the child that it was made for."""

    __tablename__ = "receipt"
    id = Column(Integer, primary_key=True)
    child_id = Column(Integer)
    child_version_id = Column(Integer)
    child = relationship("Child")
    __table_args__ = (
        ForeignKeyConstraint(
            ["child_id", "child_version_id"],
            ["child.id", "child.version_id"],
        ),
    )


class ClientCounted(Base):
    """Counts in Python, as version_id_col does by default."""

    __tablename__ = "client_counted"
    id = Column(Integer, primary_key=True, autoincrement=False)
    version_id = Column(Integer, primary_key=True, autoincrement=False)
    data = Column(String)
    __mapper_args__ = {"version_id_col": version_id}


class Current(Base):
    """The view of current rows of example, which has its id alone as key."""

    __tablename__ = "example_now"
    id = Column(Integer, primary_key=True, autoincrement=False)
    version_id = Column(
        Integer, server_default="1", server_onupdate=FetchedValue()
    )
    data = Column(String)
    __table_args__ = {"info": {"is_view": True}}
    __mapper_args__ = {
        "version_id_col": version_id,
        "version_id_generator": False,
        "eager_defaults": True,
    }


def make_engine():
    """An engine on our database that writes down its statements."""
    engine = create_engine(f"postgresql+psycopg2:///{DATABASE}")
    engine.statements = []

    @event.listens_for(engine, "after_cursor_execute")
    def note(conn, cursor, statement, *rest):
        engine.statements.append(statement)

    return engine


def on_the_server(*commands):
    """Run commands outside of our database, each in its own transaction."""
    database = os.environ.get("PGDATABASE", "postgres")
    engine = create_engine(
        f"postgresql+psycopg2:///{database}", isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        for command in commands:
            connection.execute(text(command))
    engine.dispose()


def create_tables(engine):
    tables = [
        table
        for table in Base.metadata.sorted_tables
        if not table.info.get("is_view")
    ]
    with engine.begin() as connection:
        connection.execute(text("CREATE EXTENSION versioned_rows"))
        Base.metadata.create_all(connection, tables=tables)
        for call in (
            "enable('example', current_view => 'example_now')",
            "enable('child')",
            "enable('client_counted', current_column => NULL)",
        ):
            connection.execute(text(f"SELECT versioned_rows.{call}"))


def versions_of(session, entity):
    return (
        session.query(
            entity.id,
            entity.version_id,
            entity.is_current_version,
            entity.calc_is_current_version,
            entity.data,
        )
        .order_by(entity.id, entity.version_id)
        .all()
    )


def simple_versioning(engine):
    session = Session(engine)
    e1 = Example(id=1, data="e1")
    session.add(e1)
    session.commit()

    e1.data = "e2"
    session.commit()

    assert versions_of(session, Example) == (
        [(1, 1, False, False, "e1"), (1, 2, True, True, "e2")]
    )
    session.close()


def versioning_with_a_parent(engine):
    session = Session(engine)

    p1 = Parent(child=Child(id=1, data="c1"))
    session.add(p1)
    session.commit()

    p1.child.data = "c2"
    session.commit()

    assert p1.child_id == 1
    assert p1.child.version_id == 2

    assert versions_of(session, Child) == (
        [(1, 1, False, False, "c1"), (1, 2, True, True, "c2")]
    )
    session.close()


def a_receipt_keeps_its_version(engine):
    with Session(engine) as session:
        child = session.query(Child).filter_by(is_current_version=True).one()
        receipt = Receipt(id=1, child=child)
        session.add(receipt)
        session.commit()
        bought = receipt.child_version_id

        child.data = "c3"
        session.commit()
        assert receipt.child_version_id == bought
        assert receipt.child.data == "c2"
        assert session.query(Parent).one().child.data == "c3"


def the_version_is_returned(engine):
    """No SELECT is needed to know the new version."""
    with Session(engine) as session:
        row = session.query(Example).filter_by(is_current_version=True).one()
        old = row.version_id
        engine.statements.clear()
        row.data = "e3"
        session.flush()
        assert row.version_id == old + 1
        assert row.is_current_version is True
        assert len(engine.statements) == 1, engine.statements
        # The object has become the new version, under its new identity.
        assert session.get(Example, (row.id, row.version_id)) is row
        assert session.get(Example, (row.id, old)).data == "e2"
        session.commit()


def unchanged_objects_make_no_version(engine):
    with Session(engine) as session:
        before = versions_of(session, Example)
        row = session.query(Example).filter_by(is_current_version=True).one()
        row.data = row.data
        session.commit()
        row.data = "other"
        row.data = before[-1].data
        session.commit()
        assert versions_of(session, Example) == before


def the_loser_gets_stale_data_error(engine):
    with Session(engine) as one, Session(engine) as two:
        first = one.query(Example).filter_by(is_current_version=True).one()
        second = two.query(Example).filter_by(is_current_version=True).one()
        two.expunge(second)
        two.rollback()

        first.data = "winner"
        one.commit()
        count = one.query(Example).count()

        two.add(second)
        second.data = "loser"
        expect_stale(two)
        assert one.query(Example).count() == count
        assert two.query(Example).filter_by(data="loser").count() == 0
        # Read again, it can be written.
        again = two.query(Example).filter_by(is_current_version=True).one()
        again.data = "retried"
        two.commit()
        assert again.version_id == count + 1


def expect_stale(session):
    try:
        session.commit()
    except StaleDataError:
        session.rollback()
        return
    raise AssertionError("no StaleDataError")


def history_cannot_be_written(engine):
    with Session(engine) as session:
        old = session.get(Example, (1, 1))
        assert old.data == "e1"
        old.data = "forged"
        expect_stale(session)
        assert session.get(Example, (1, 1)).data == "e1"


def bulk_updates_change_current_rows_only(engine):
    with Session(engine) as session:
        session.add_all([Example(id=i, data="bulk") for i in (2, 3)])
        session.commit()
        count = session.query(Example).update(
            {Example.data: Example.data + "!"}, synchronize_session=False
        )
        assert count == 3, count
        session.commit()
        assert session.query(Example).filter_by(data="e1").count() == 1


def delete_keeps_history(engine):
    with Session(engine) as session:
        row = session.query(Example).filter_by(id=3, version_id=2).one()
        session.delete(row)
        session.commit()
        rows = session.query(Example).filter_by(id=3)
        assert [r.is_current_version for r in rows] == [False, False]
        session.add(Example(id=3, data="back"))
        session.commit()
        assert rows.filter_by(is_current_version=True).one().version_id == 3


def a_client_may_count_itself(engine):
    with Session(engine) as session:
        row = ClientCounted(id=1, data="a")
        session.add(row)
        session.commit()
        row.data = "b"
        session.commit()
        assert row.version_id == 2
        rows = session.query(ClientCounted.version_id, ClientCounted.data)
        assert rows.order_by(ClientCounted.version_id).all() == (
            [(1, "a"), (2, "b")]
        )
        with Session(engine) as other:
            other.get(ClientCounted, (1, 2)).data = "winner"
            session.get(ClientCounted, (1, 2)).data = "loser"
            other.commit()
        expect_stale(session)


def the_current_view_can_be_mapped(engine):
    with Session(engine) as session:
        row = session.get(Current, 1)
        old = row.version_id
        row.data = "through the view"
        session.commit()
        assert row.version_id == old + 1
        with Session(engine) as other:
            other.get(Current, 1).data = "winner"
            session.get(Current, 1).data = "loser"
            other.commit()
        expect_stale(session)
        session.add(Current(id=9, data="new"))
        session.delete(session.get(Current, 1))
        session.commit()
        assert session.get(Current, 1) is None
        assert session.query(Example).filter_by(id=1).count() == old + 2


TESTS = (
    simple_versioning,
    versioning_with_a_parent,
    a_receipt_keeps_its_version,
    the_version_is_returned,
    unchanged_objects_make_no_version,
    the_loser_gets_stale_data_error,
    history_cannot_be_written,
    bulk_updates_change_current_rows_only,
    delete_keeps_history,
    a_client_may_count_itself,
    the_current_view_can_be_mapped,
)


def run_tests(engine):
    """Run every test, report each in TAP, return how many failed."""
    failed = 0
    for number, test in enumerate(TESTS, 1):
        try:
            test(engine)
            verdict = "ok"
        except Exception:
            verdict = "not ok"
            failed += 1
            for line in traceback.format_exc().splitlines():
                print(f"# {line}")
        print(f"{verdict} {number} - {test.__name__}", flush=True)
    print(f"1..{len(TESTS)}")
    return failed


def main():
    on_the_server(
        f"DROP DATABASE IF EXISTS {DATABASE}", f"CREATE DATABASE {DATABASE}"
    )
    engine = make_engine()
    try:
        create_tables(engine)
        return 1 if run_tests(engine) else 0
    finally:
        engine.dispose()
        on_the_server(f"DROP DATABASE {DATABASE}")


if __name__ == "__main__":
    sys.exit(main())

"""The ORM workload of bench/measures/orm.py: load, change, commit.

Usage: orm_client.py VARIANT ROWS TRANSACTIONS OBJECTS.  Connects by libpq's
variables and prints the seconds of the transactions, each of which loads as
many objects by random keys as the last argument says.  Debian:
python3-sqlalchemy, python3-psycopg2.
"""
import random
import sys
import time

from sqlalchemy import Boolean, Column, FetchedValue, Integer, Numeric, String
from sqlalchemy import create_engine, event, inspect
from sqlalchemy.orm import Session, declarative_base, make_transient

Base = declarative_base()


class Product:
    """What the classes have in common."""

    __tablename__ = 'product'
    id = Column(Integer, primary_key=True, autoincrement=False)
    name = Column(String)
    price = Column(Numeric)


class Plain(Product, Base):
    """No versions."""

    everything = ()


class OfServer(Product, Base):
    """The server makes the versions; the ORM knows which column counts."""

    __table_args__ = {'extend_existing': True}
    version_id = Column(Integer, primary_key=True, autoincrement=False,
                        server_onupdate=FetchedValue())
    is_current_version = Column(Boolean, server_onupdate=FetchedValue())
    __mapper_args__ = {'version_id_col': version_id,
                       'version_id_generator': False, 'eager_defaults': True}


class OfSession(Product, Base):
    """The ORM makes the versions: before_flush turns a change into a new row."""

    __table_args__ = {'extend_existing': True}
    version_id = Column(Integer, primary_key=True, autoincrement=False)
    is_current_version = Column(Boolean)


def make_versions(session, *_unused):
    """Insert changed objects as new rows; the old rows lose the flag."""
    for one in session.dirty:
        if isinstance(one, OfSession) and session.is_modified(one):
            old = inspect(one).identity
            make_transient(one)
            session.query(OfSession).filter_by(
                id=old[0], version_id=old[1]).update(
                    {'is_current_version': False}, synchronize_session=False)
            one.version_id = old[1] + 1
            session.add(one)


def transaction(session, entity, keys):
    """Load the current versions of these keys, change them, commit."""
    query = session.query(entity).filter(entity.id.in_(keys))
    if entity is not Plain:
        query = query.filter_by(is_current_version=True)
    for one in query.order_by(entity.id):
        one.price = one.price + 1
    session.commit()


def main():
    """Run the workload that the command line describes."""
    variant = sys.argv[1]
    rows, transactions, objects = (int(word) for word in sys.argv[2:])
    entity = {'plain': Plain, 'server': OfServer, 'orm': OfSession}[variant]
    numbers = random.Random(1)
    engine = create_engine('postgresql+psycopg2://')
    with Session(engine) as session:
        event.listen(session, 'before_flush', make_versions)
        transaction(session, entity, range(1, objects + 1))
        start = time.monotonic()
        for _ in range(transactions):
            transaction(session, entity, numbers.sample(range(1, rows + 1),
                                                        objects))
        print(time.monotonic() - start)


main()

# versioned_rows: build, install and test with PGXS.

EXTENSION = versioned_rows
EXTVERSION = $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" versioned_rows.control)

PG_CONFIG ?= pg_config

MODULE_big = versioned_rows
OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c)))
PG_CFLAGS = -Wall -Wextra
# The server's headers are not ours to judge: as system headers they are quiet.
PG_CPPFLAGS = -isystem $(shell $(PG_CONFIG) --includedir-server)

# The install script is put together from pieces with one duty each; their
# order is their dependency order.
INSTALL_PIECES = $(addprefix install/,triggers.sql catalog.sql columns.sql \
	indexes.sql views.sql enable.sql)
DATA_built = versioned_rows--$(EXTVERSION).sql

# Every file of the test folders is a test: none can be forgotten.
REGRESS = $(patsubst sql/%.sql,%,$(sort $(wildcard sql/*.sql)))
ISOLATION = $(patsubst specs/%.spec,%,$(sort $(wildcard specs/*.spec)))
TAP_TESTS = 1

PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

$(OBJS): $(wildcard src/*.h)

$(DATA_built): $(INSTALL_PIECES) versioned_rows.control
	cat $(INSTALL_PIECES) > $@

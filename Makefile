# versioned_rows: build, install and test with PGXS.

EXTENSION = versioned_rows
EXTVERSION := $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" versioned_rows.control)

PG_CONFIG ?= pg_config

MODULE_big = versioned_rows
OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c)))
PG_CFLAGS = -Wall -Wextra
# The server's headers are not ours to judge: as system headers they are quiet.
PG_CPPFLAGS = -isystem $(shell $(PG_CONFIG) --includedir-server)

# The install script is put together from pieces with one duty each; their
# order is their dependency order.
INSTALL_PIECES = $(addprefix install/, \
	schema.sql \
	triggers.sql \
	catalog.sql \
	sqltext.sql \
	columns.sql \
	indexes.sql \
	asof.sql \
	generated.sql \
	views.sql \
	reference.sql \
	key.sql \
	history.sql \
	revert.sql \
	transaction.sql \
	maintenance.sql \
	prune.sql \
	redact.sql \
	import.sql \
	separate.sql \
	enable.sql \
	verify.sql)
DATA = $(sort $(wildcard versioned_rows--*--*.sql))
DATA_built = versioned_rows--$(EXTVERSION).sql

# Every file of the test folders is a test: none can be forgotten.
REGRESS_OPTS = --encoding=UTF8 --no-locale
ALL_REGRESS = $(patsubst sql/%.sql,%,$(sort $(wildcard sql/*.sql)))
REGRESS = $(filter-out $(NOT_YET),$(ALL_REGRESS))
ISOLATION = $(patsubst specs/%.spec,%,$(sort $(wildcard specs/*.spec)))
TAP_TESTS := $(if $(wildcard t/*.pl),1)
PYTHON_TESTS = $(sort $(wildcard t/*.py))

# new_in_postgres_18 has nothing to say to PostgreSQL 17.
NOT_YET = $(filter-out $(addprefix new_in_postgres_,$(shell seq $(MAJORVERSION))), \
	$(filter new_in_postgres_%,$(ALL_REGRESS)))

PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

$(OBJS) $(OBJS:.o=.bc): $(wildcard src/*.h)

# The schemas are members of the extension (see install/schema.sql), so neither
# can be the one that CREATE EXTENSION would put in place of @extschema@.
$(DATA_built): $(INSTALL_PIECES) versioned_rows.control
	sed 's/@extschema@/versioned_rows/g; s/@internal@/versioned_rows_internal/g' \
		$(INSTALL_PIECES) > $@

# PGXS runs the tests in Perl, on servers that they start.  Those in Python use
# the running server, as pg_regress does.
installcheck: installcheck-python
.PHONY: installcheck-python
installcheck-python:
	$(if $(PYTHON_TESTS),$(PROVE) $(PROVE_FLAGS) $(PYTHON_TESTS))

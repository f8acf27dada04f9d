# versioned_rows: build, install and test with PGXS.

# A build may run in another folder than this one: "make -f ../Makefile".
SOURCE := $(dir $(lastword $(MAKEFILE_LIST)))
# sources PATTERN: the files of this folder, named as seen from here.
sources = $(patsubst $(SOURCE)%,%,$(sort $(wildcard $(SOURCE)$(1))))

EXTENSION = versioned_rows
EXTVERSION := $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" '$(SOURCE)versioned_rows.control')

PG_CONFIG ?= pg_config

MODULE_big = versioned_rows
OBJS = $(patsubst %.c,%.o,$(call sources,src/*.c))
PG_CFLAGS = -Wall -Wextra
# The server's headers are not ours to judge: as system headers they are quiet.
PG_CPPFLAGS = -isystem $(shell $(PG_CONFIG) --includedir-server) \
	-DVERSIONED_ROWS_VERSION='"$(EXTVERSION)"'

# The install script is put together from pieces with one duty each; their
# order is their dependency order.
INSTALL_PIECES = $(addprefix install/, \
	schema.sql \
	module.sql \
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
DATA_built = versioned_rows--$(EXTVERSION).sql
# What was released, which never changes, and what leads from one to the next.
DATA = $(filter-out install/$(DATA_built),$(call sources,install/versioned_rows--*.sql))

# Every file of the test folders is a test: none can be forgotten.
REGRESS_OPTS = --encoding=UTF8 --no-locale
ALL_REGRESS = $(patsubst sql/%.sql,%,$(call sources,sql/*.sql))
REGRESS = $(filter-out $(NOT_YET),$(ALL_REGRESS))
ISOLATION = $(patsubst specs/%.spec,%,$(call sources,specs/*.spec))
TAP_TESTS := $(if $(call sources,t/*.pl),1)
PYTHON_TESTS = $(call sources,t/*.py)

# new_in_postgres_18 has nothing to say to PostgreSQL 17.
NOT_YET = $(filter-out $(addprefix new_in_postgres_,$(shell seq $(MAJORVERSION))), \
	$(filter new_in_postgres_%,$(ALL_REGRESS)))

PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

$(OBJS) $(OBJS:.o=.bc): $(wildcard $(SOURCE)src/*.h) | $(CURDIR)/src
src/release.o src/release.bc: versioned_rows.control

# with its whole name, or make would find the folder of the sources
$(CURDIR)/src:
	mkdir -p $@

# The schemas are members of the extension (see install/schema.sql), so neither
# can be the one that CREATE EXTENSION would put in place of @extschema@.
$(DATA_built): $(INSTALL_PIECES) versioned_rows.control
	sed 's/@extschema@/versioned_rows/g; s/@internal@/versioned_rows_internal/g' \
		$(filter %.sql,$^) > $@

# PGXS runs the tests in Perl, on servers that they start.  Those in Python use
# the running server, as pg_regress does.
installcheck: installcheck-python
.PHONY: installcheck-python
installcheck-python:
	$(if $(PYTHON_TESTS),cd $(srcdir) && $(PROVE) $(PROVE_FLAGS) $(PYTHON_TESTS))

# The archive for PGXN, of what is committed.
DIST = versioned_rows-$(EXTVERSION)
.PHONY: dist
dist:
	git -C '$(SOURCE)' archive --format=zip --prefix=$(DIST)/ HEAD >$(DIST).zip

-- Whatever reads or repairs history has the same name, arguments and results,
-- whether versions are in the table itself or in a table of their own.
\set SHOW_CONTEXT never
CREATE EXTENSION versioned_rows;
\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/sql/helpers/layouts.sql
\set columns 'id int PRIMARY KEY, name text, price numeric, seen int'
\set partitions ''
\set own 'ignore_columns => ''{seen}'''
\set apart :own
\i :abs_srcdir/sql/helpers/scenario.sql

-- With periods, and with who and why.
\set own 'ignore_columns => ''{seen}'', period_column => ''valid'', changed_by_column => ''changed_by'', reason_column => ''reason'''
\set apart :own
\i :abs_srcdir/sql/helpers/scenario.sql

-- Without a flag; without a number in the table.
\set own 'current_column => NULL, period_column => ''valid'''
\set apart 'version_column => NULL, period_column => ''valid'''
\i :abs_srcdir/sql/helpers/scenario.sql

-- With partitions, a generated column and a dropped one, and numbers of a domain.
CREATE DOMAIN small AS smallint CHECK (VALUE > 0);
\set columns 'gone int, id int PRIMARY KEY, name text, price numeric, seen int, twice numeric GENERATED ALWAYS AS (price * 2) STORED, version_id public.small NOT NULL DEFAULT 1'
\set partitions 'PARTITION BY HASH (id)'
\set own 'period_column => ''valid'''
\set apart :own
\i :abs_srcdir/sql/helpers/scenario.sql
DROP DOMAIN small;
DROP EXTENSION versioned_rows;

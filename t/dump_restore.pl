# A dump brings every version back to the byte, whatever its format and
# whatever part of it is restored; versioning goes on where it was.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\nmax_connections = 30");
$node->start;

my $dir = $node->basedir . '/dumps';
mkdir $dir or die "could not create $dir: $!";

# The tables of the original, in the order in which they are compared.
my @tables = (
	'shop.vendor', 'shop.product', 'shop.order_line', 'shop.bundle',
	'shop."Odd ""name"""', 'shop.timed', 'shop.numbered',
	'shop.faced_versions', 'shop.parted');

sub make_original
{
	my $owner = 'regress_owner';

	$node->safe_psql('postgres', "CREATE ROLE $owner LOGIN");
	$node->safe_psql('postgres', "CREATE DATABASE original OWNER $owner");
	$node->safe_psql('original', <<'END', extra_params => [ '-U', $owner ]);
CREATE EXTENSION versioned_rows;
CREATE SCHEMA shop;
SET search_path = shop;
CREATE TABLE vendor (name text PRIMARY KEY);
CREATE DOMAIN price AS numeric(10,2) CHECK (VALUE >= 0);
CREATE TABLE product (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	gone int,
	name text UNIQUE,
	price price,
	vendor text REFERENCES vendor,
	doubled numeric GENERATED ALWAYS AS (price * 2) STORED,
	note json,
	at point,
	picture text);
ALTER TABLE product ALTER picture SET STORAGE EXTERNAL;
ALTER TABLE product DROP COLUMN gone;
CREATE TABLE order_line (id int PRIMARY KEY, product_id int,
	product_version_id int, followed_id int, followed_version_id int);
CREATE TABLE bundle (id int PRIMARY KEY, part int, part_version int);
CREATE TABLE "Odd ""name""" ("the key" uuid, "Other" text, content text,
	PRIMARY KEY ("the key", "Other"));
CREATE TABLE timed (id int PRIMARY KEY, content text);
CREATE TABLE numbered (id int PRIMARY KEY, content text);
CREATE TABLE faced (id int PRIMARY KEY, content text);
CREATE TABLE parted (id int, region text, content text,
	PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE parted_north PARTITION OF parted FOR VALUES IN ('north');
CREATE TABLE parted_rest PARTITION OF parted DEFAULT PARTITION BY HASH (id);
CREATE TABLE parted_rest_0 PARTITION OF parted_rest
	FOR VALUES WITH (MODULUS 1, REMAINDER 0);
SELECT versioned_rows.enable('product', period_column => 'valid',
	current_view => 'product_now');
SELECT versioned_rows.enable('bundle');
SELECT versioned_rows.enable('"Odd ""name"""', version_column => 'Nr.',
	current_column => 'is "it"', ignore_columns => '{content}');
SELECT versioned_rows.enable('timed', current_column => NULL,
	period_column => 'valid');
SELECT versioned_rows.enable('numbered', current_column => NULL);
SELECT versioned_rows.enable('faced', facade => true);
SELECT versioned_rows.enable('parted');
ALTER TABLE product ADD later text DEFAULT 'was missing';
ALTER TABLE order_line
	ADD FOREIGN KEY (product_id, product_version_id) REFERENCES product,
	ADD FOREIGN KEY (followed_id, followed_version_id) REFERENCES product
		ON UPDATE CASCADE ON DELETE RESTRICT;
ALTER TABLE bundle
	ADD FOREIGN KEY (part, part_version) REFERENCES bundle
		ON UPDATE CASCADE;
CREATE VIEW dear AS SELECT * FROM product_now WHERE price > 10;
END
	$node->safe_psql('original', <<'END', extra_params => [ '-U', $owner ]);
SET search_path = shop;
INSERT INTO vendor VALUES ('a'), ('b');
INSERT INTO product (name, price, vendor, note, at, picture)
	SELECT 'product ' || n, n, 'a', '{"a":  1}', point(n, n),
		repeat(md5(n::text), 200)
	FROM generate_series(1, 20) n;
INSERT INTO order_line SELECT n, n, 1, n, 1 FROM generate_series(1, 20) n;
UPDATE product SET price = price + 1;
UPDATE product SET vendor = 'b', later = 'now' WHERE id % 2 = 0;
UPDATE product SET picture = 'small' WHERE id = 3;
DELETE FROM order_line WHERE id IN (5, 6);
DELETE FROM product WHERE id IN (5, 6);
INSERT INTO product (id, name, price) OVERRIDING SYSTEM VALUE
	VALUES (6, 'back', 6);
UPDATE order_line SET product_version_id = 2 WHERE id > 10;
INSERT INTO bundle VALUES (1), (2);
UPDATE bundle SET part = 1, part_version = 1 WHERE id = 2;
UPDATE bundle SET part = NULL WHERE id = 1;
INSERT INTO "Odd ""name"""
	SELECT md5(n::text)::uuid, n, n FROM generate_series(1, 5) n;
UPDATE "Odd ""name""" SET content = 'ignored';
INSERT INTO timed SELECT n, n FROM generate_series(1, 5) n;
UPDATE timed SET content = content || '!';
DELETE FROM timed WHERE id = 1;
INSERT INTO numbered SELECT n, n FROM generate_series(1, 5) n;
UPDATE numbered SET content = content || '!';
UPDATE numbered SET content = content || '?' WHERE id < 3;
INSERT INTO faced SELECT n, n FROM generate_series(1, 5) n;
UPDATE faced SET content = content || '!';
DELETE FROM faced WHERE id = 1;
INSERT INTO parted SELECT n, CASE n % 2 WHEN 0 THEN 'north' ELSE n::text END
	FROM generate_series(1, 10) n;
UPDATE parted SET content = 'b';
DELETE FROM parted WHERE id > 8;
-- new versions fill the holes of old ones: rows come in no order
VACUUM;
UPDATE product SET note = '[]' WHERE id < 8;
UPDATE numbered SET content = 'z';
END
}

# All rows of a table as COPY writes them in binary, sorted.
sub rows
{
	my ($database, $table) = @_;
	my $key = $node->safe_psql($database, <<END);
SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.n)
FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY k (attnum, n),
	pg_attribute a
WHERE i.indrelid = '$table'::regclass AND i.indisprimary
	AND a.attrelid = i.indrelid AND a.attnum = k.attnum
END
	my $file = "$dir/rows";
	$node->safe_psql($database,
		"COPY (SELECT * FROM $table ORDER BY $key) TO '$file' (FORMAT binary)");
	return slurp_file($file);
}

# What the catalogs say of the versioned tables.
sub definitions
{
	my ($database) = @_;
	return $node->safe_psql($database, <<'END');
SELECT * FROM versioned_rows.tables ORDER BY relation::text COLLATE "C";
SELECT tgrelid::regclass, pg_get_triggerdef(oid), tgenabled
FROM pg_trigger WHERE NOT tgisinternal
ORDER BY tgrelid::regclass::text COLLATE "C", tgname;
SELECT conrelid::regclass, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'shop'::regnamespace
ORDER BY conrelid::regclass::text COLLATE "C", conname;
SELECT oid::regprocedure, pg_get_functiondef(oid)
FROM pg_proc WHERE pronamespace = 'shop'::regnamespace
ORDER BY oid::regprocedure::text COLLATE "C";
SELECT oid::regclass, pg_get_viewdef(oid), reloptions, relowner::regrole
FROM pg_class WHERE relkind = 'v' AND relnamespace = 'shop'::regnamespace
ORDER BY relname;
END
}

sub is_restored
{
	my ($database, $what, @which) = @_;

	@which = @tables unless @which;
	foreach my $table (@which)
	{
		# no is(): a difference is binary and long
		ok(rows('original', $table) eq rows($database, $table),
			"$what: rows of $table");
	}
}

# Statements of every kind go on in the copy as they would in the original.
sub goes_on
{
	my ($database, $what) = @_;
	my $result = $node->safe_psql($database, <<'END');
SET search_path = shop;
UPDATE product SET price = price + 1 WHERE id IN (1, 2, 7);
DELETE FROM order_line WHERE id = 7;
DELETE FROM product WHERE id = 7;
INSERT INTO product (id, name, price) OVERRIDING SYSTEM VALUE VALUES (7, 'x', 1);
INSERT INTO product (name) VALUES ('y');
UPDATE timed SET content = 'on';
INSERT INTO timed VALUES (1, 'again');
UPDATE numbered SET content = 'on';
UPDATE faced SET content = 'on';
INSERT INTO faced VALUES (1, 'again');
UPDATE parted SET content = 'on';
UPDATE product_now SET price = 99 WHERE id = 1;
SELECT id, version_id FROM product
	WHERE is_current_version AND id IN (1, 2, 7, 21) ORDER BY id;
SELECT id, product_version_id, followed_version_id FROM order_line
	WHERE id < 3 ORDER BY id;
SELECT id, version_id FROM timed WHERE upper_inf(valid) ORDER BY id;
SELECT id, max(version_id) FROM numbered GROUP BY id ORDER BY id;
SELECT id, version_id FROM faced_versions
	WHERE is_current_version ORDER BY id;
SELECT id, version_id FROM parted
	WHERE is_current_version ORDER BY id;
SELECT count(*) FROM product p WHERE p.calc_is_current_version;
SET ROLE regress_owner;
SELECT count(*) FROM versioned_rows.verify();
END
	is($result, <<'END' =~ s/\n$//r, "$what: versioning goes on");
1|5
2|5
7|5
21|1
1|1|5
2|1|5
1|3
2|3
3|3
4|3
5|3
1|5
2|5
3|4
4|4
5|4
1|3
2|3
3|3
4|3
5|3
1|3
2|3
3|3
4|3
5|3
6|3
7|3
8|3
20
0
END
}

# Restores into a new database and looks at it.
my $number = 0;

sub new_database
{
	my $database = 'copy_' . ++$number;
	$node->safe_psql('postgres',
		"CREATE DATABASE $database OWNER regress_owner");
	return $database;
}

# Owners verify their tables: only they see what is in their rows.
sub problems
{
	return $node->safe_psql($_[0], 'SELECT problem FROM versioned_rows.verify()',
		extra_params => [ '-U', 'regress_owner' ]);
}

sub check_copy
{
	my ($database, $what) = @_;

	is_restored($database, $what);
	is(definitions($database), definitions('original'), "$what: definitions");
	is(problems($database),
		'', "$what: verify() is quiet");
	goes_on($database, $what);
	$node->safe_psql('postgres', "DROP DATABASE $database");
}

sub dump_to
{
	my ($file, @options) = @_;
	$node->command_ok(
		[ 'pg_dump', '-d', 'original', '-f', "$dir/$file", @options ],
		"pg_dump @options");
}

sub run_script
{
	my ($database, $file, @options) = @_;
	$node->command_ok(
		[
			'psql', '-X', '-q', '-o', "$dir/output", '-d', $database,
			'-v', 'ON_ERROR_STOP=1', @options, '-f', "$dir/$file"
		],
		"psql runs $file");
}

sub pg_restore
{
	my ($database, $file, @options) = @_;
	$node->command_ok(
		[ 'pg_restore', '-d', $database, '-e', @options, "$dir/$file" ],
		"pg_restore @options $file");
}

make_original();
is(problems('original'),
	'', 'verify() is quiet in the original');

# Everything, in each format.
my $copy = new_database();
dump_to('plain.sql');
run_script($copy, 'plain.sql');
check_copy($copy, 'plain');

$copy = new_database();
dump_to('inserts.sql', '--inserts');
run_script($copy, 'inserts.sql');
check_copy($copy, 'inserts');

$copy = new_database();
dump_to('custom', '-Fc');
pg_restore($copy, 'custom');
check_copy($copy, 'custom');

$copy = new_database();
dump_to('folder', '-Fd', '-j2');
pg_restore($copy, 'folder', '-j2');
check_copy($copy, 'folder in parallel');

# In sections, and over what is there.
$copy = new_database();
pg_restore($copy, 'custom', "--section=$_")
  foreach ('pre-data', 'data', 'post-data');
goes_on($copy, 'in sections');
# pg_restore itself fails to drop the primary key of a partition
$node->safe_psql($copy, 'DROP TABLE shop.parted CASCADE');
pg_restore($copy, 'custom', '--clean', '--if-exists');
check_copy($copy, 'over an older copy');

# The data alone, into tables whose triggers fire, by the owner.
$copy = new_database();
pg_restore($copy, 'custom', '--schema-only');
dump_to('data.sql', '--data-only');
run_script($copy, 'data.sql', '-U', 'regress_owner');
check_copy($copy, 'data only');

# By INSERT, too, except where one row needs another that comes later, or
# where nothing but the number tells history from a new row.
$copy = new_database();
pg_restore($copy, 'custom', '--schema-only');
dump_to('data_inserts.sql', '--data-only', '--column-inserts',
	'-T', 'shop.bundle', '-T', 'shop.numbered');
run_script($copy, 'data_inserts.sql', '-U', 'regress_owner');
is_restored($copy, 'data only by INSERT',
	grep { !/bundle|numbered/ } @tables);

# The data alone with triggers off, as a superuser can.
$copy = new_database();
pg_restore($copy, 'custom', '--schema-only');
pg_restore($copy, 'custom', '--data-only', '--disable-triggers');
check_copy($copy, 'data only without triggers');

# One table: a generated function is not part of it, and enable() makes it.
$copy = new_database();
$node->safe_psql($copy, <<'END', extra_params => [ '-U', 'regress_owner' ]);
CREATE EXTENSION versioned_rows;
CREATE SCHEMA shop;
END
dump_to('table', '-Fc', '-t', 'shop.timed');
pg_restore($copy, 'table');
is_restored($copy, 'one table', 'shop.timed');
is(problems($copy),
	join("\n",
		map { "function $_ is missing" }
		  '"timed_as_of"', '"timed_between"', 'calc_is_current_version()'),
	'one table: what is missing is reported');
$node->safe_psql($copy, <<'END', extra_params => [ '-U', 'regress_owner' ]);
SELECT versioned_rows.enable('shop.timed', current_column => NULL,
	period_column => 'valid');
END
is_restored($copy, 'one table, enabled again', 'shop.timed');
is(problems($copy),
	'', 'one table: enable() mends it');

$node->stop;
done_testing();

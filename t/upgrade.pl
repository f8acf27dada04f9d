# An update of the extension from every released version ends in what a fresh
# install has, with every row; an older module says that it is one.
#
# Besides what is released, the test makes a next version from the sources, so
# that there always is something to update to.
use strict;
use warnings;

use Cwd qw(abs_path);
use File::Copy qw(copy);
use File::Path qw(make_path);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $source = abs_path('.');
my ($version) = slurp_file('versioned_rows.control') =~ /^default_version = '(.*)'/m
  or die 'the control file has no version';
my $next = ($version =~ /^(\d+)/)[0] + 1 . '.0.0';
my $root = PostgreSQL::Test::Utils::tempdir;

chomp(my $sharedir = `pg_config --sharedir`);
chomp(my $libdir = `pg_config --pkglibdir`);

# Installs the extension below a folder, as if its version were this one.
sub install
{
	my ($name, $as_version) = @_;
	my ($build, $dest) = ("$root/$name.build", "$root/$name");

	# those that make has given us are for the tests
	local %ENV = %ENV;
	delete @ENV{qw(MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES DESTDIR COPT)};
	make_path("$build/source");
	system_or_bail('cp', '-R', "$source/$_", "$build/source")
	  foreach qw(Makefile versioned_rows.control install src);
	unlink glob("$build/source/src/*.o"), glob("$build/source/src/*.bc");
	system_or_bail('sed', '-i', "s/^default_version = .*/default_version = '$as_version'/",
		"$build/source/versioned_rows.control");
	system_or_bail('make', '-s', '-C', "$build/source", 'with_llvm=no',
		"DESTDIR=$dest", 'install');
	return "$dest$sharedir/extension";
}

my $now = install('now', $version);
my $then = install('then', $next);

# What the next version has more: its scripts, in both ways to get there.
my $news = <<'END';
CREATE FUNCTION versioned_rows.news() RETURNS text LANGUAGE sql STABLE
AS 'SELECT versioned_rows_internal.module_version()';
COMMENT ON FUNCTION versioned_rows.news() IS 'Added in the next version.';
END
append_to_file("$then/versioned_rows--$next.sql", $news);
copy("$now/versioned_rows--$version.sql", $then) or die "could not copy: $!";
append_to_file("$then/versioned_rows--$version--$next.sql",
	"SELECT versioned_rows_internal.check_module();\n$news");

# Says how a server finds the scripts of one folder and the module of another.
# Debian's own setting gave way to PostgreSQL 18's.
sub settings
{
	my ($scripts, $module) = @_;
	my $find =
	  `pg_config --version` =~ / 1[5-7]\b/
	  ? "extension_destdir = '$root/$scripts'"
	  : "extension_control_path = '$root/$scripts$sharedir:\$system'";

	return "$find\ndynamic_library_path = '$root/$module$libdir:\$libdir'\n";
}

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\ntimezone = 'UTC'");
$node->append_conf('postgresql.conf', "include = 'which.conf'");

sub use_extension
{
	my ($scripts, $module) = @_;
	my $name = $node->data_dir . '/which.conf';

	unlink $name;
	append_to_file($name, settings($scripts, $module));
	$node->restart;
}

append_to_file($node->data_dir . '/which.conf', '');
$node->start;
plan skip_all => 'this PostgreSQL looks for extensions in one folder only'
  if $node->safe_psql('postgres',
	"SELECT count(*) FROM pg_settings WHERE name IN ('extension_destdir', 'extension_control_path')") eq '0';

# Both layouts, with references that follow and stay, views, times and a row
# that is gone.
my $tables = <<'END';
CREATE TABLE product (id int PRIMARY KEY, name text, price numeric);
INSERT INTO product VALUES (1, 'teapot', 10), (2, 'kettle', 35);
SELECT versioned_rows.enable('product', current_view => 'products_now', period_column => 'valid');
CREATE TABLE order_line (id int PRIMARY KEY, product_id int);
SELECT versioned_rows.add_reference('order_line', '{product_id}', 'product', 'pin');
CREATE TABLE place (id int PRIMARY KEY, product_id int);
SELECT versioned_rows.add_reference('place', '{product_id}', 'product', 'follow');
INSERT INTO order_line VALUES (1, 1);
INSERT INTO place VALUES (1, 1);
CREATE TABLE item (id int PRIMARY KEY, name text);
INSERT INTO item VALUES (1, 'a'), (2, 'b');
SELECT versioned_rows.enable('item', versions_table => 'item_versions');
END
my $changes = <<'END';
UPDATE product SET price = price + 1 WHERE is_current_version;
DELETE FROM product WHERE id = 2 AND is_current_version;
UPDATE item SET name = upper(name);
DELETE FROM item WHERE id = 2;
INSERT INTO item VALUES (2, 'again');
END

# Everything that belongs to the extension, and all that it has made.
my $objects = <<'END';
SELECT pg_identify_object(classid, objid, 0)::text AS object,
	   obj_description(objid, classid::regclass::name) AS comment,
	   (SELECT row(proacl, CASE WHEN prokind IN ('f', 'p') THEN pg_get_functiondef(p.oid) END)
		FROM pg_proc p WHERE classid = 'pg_proc'::regclass AND p.oid = objid) AS function,
	   (SELECT row(relacl, pg_get_viewdef(c.oid))
		FROM pg_class c WHERE classid = 'pg_class'::regclass AND c.oid = objid AND relkind = 'v') AS view
FROM pg_depend
WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
	  AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'versioned_rows')
ORDER BY 1;
SELECT tgrelid::regclass, tgenabled, pg_get_triggerdef(oid) FROM pg_trigger
WHERE NOT tgisinternal ORDER BY tgrelid::regclass::text, tgname;
SELECT pg_get_functiondef(oid) FROM pg_proc
WHERE pronamespace = 'public'::regnamespace ORDER BY oid::regprocedure::text;
SELECT oid::regclass, pg_get_viewdef(oid) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'v' ORDER BY oid::regclass::text;
SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace ORDER BY conrelid::regclass::text, conname;
SELECT to_jsonb(t) - 'relation' FROM versioned_rows.tables t ORDER BY relation::text;
END
my $rows = <<'END';
SELECT id, version_id, is_current_version, name, price, upper_inf(valid) FROM product ORDER BY 1, 2;
SELECT * FROM order_line; SELECT * FROM place; SELECT * FROM item ORDER BY id;
SELECT (SELECT jsonb_object_agg(key, value) FROM jsonb_each(to_jsonb(v))
		WHERE jsonb_typeof(value) <> 'string' OR key = 'name') FROM item_versions v ORDER BY v.id, v.version_id;
SELECT * FROM versioned_rows.verify();
END

# Makes a database with the extension in some version, and what else there is.
sub make_database
{
	my ($name, $extension) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$node->safe_psql($name, "CREATE EXTENSION versioned_rows VERSION '$extension'");
	$node->safe_psql($name, $tables . $changes);
}

sub version_of
{
	return $node->safe_psql($_[0],
		"SELECT extversion FROM pg_extension WHERE extname = 'versioned_rows'");
}

sub has_refresh
{
	return $node->safe_psql($_[0],
		"SELECT to_regprocedure('versioned_rows.refresh(regclass)') IS NOT NULL") eq 't';
}

# update DATABASE VERSION: updates it and brings it in step.
sub update
{
	my ($name, $to) = @_;

	$node->safe_psql($name, "ALTER EXTENSION versioned_rows UPDATE TO '$to'");
	$node->safe_psql($name, 'SELECT versioned_rows.refresh()') if has_refresh($name);
	is(version_of($name), $to, "$name is of version $to");
}

# The module of this release under the scripts of every earlier one, and its
# own.
use_extension('now', 'now');
my @released = grep { $_ ne $version }
  map { /versioned_rows--([0-9.]+)\.sql$/ } glob("$now/versioned_rows--*.sql");
make_database('fresh', $version);
foreach my $old (@released)
{
	my $name = 'from_' . $old =~ s/\./_/gr;

	make_database($name, $old);
	update($name, $version);
	$node->safe_psql($name, $changes);
}
$node->safe_psql('fresh', $changes);
foreach my $old (@released)
{
	my $name = 'from_' . $old =~ s/\./_/gr;

	is($node->safe_psql($name, $objects), $node->safe_psql('fresh', $objects),
		"$name has the objects of a fresh install");
	is($node->safe_psql($name, $rows), $node->safe_psql('fresh', $rows),
		"$name has the rows of a fresh install");
}
my $rows_now = $node->safe_psql('fresh', $rows);
like($rows_now, qr/^1\|3\|t\|teapot\|12\|t$/m, 'there are versions to look at');
unlike($rows_now, qr/teapot\|13/, 'and they are those of two rounds');

# The next module serves the scripts of this release until they are updated.
use_extension('then', 'then');
make_database('next', $next);
$node->safe_psql('next', $changes);
make_database('late', $version);
$node->safe_psql('late', $changes);
is($node->safe_psql('late', $rows), $rows_now,
	'a newer module does what the old scripts promise');
is($node->safe_psql('late', 'SELECT versioned_rows_internal.module_version()'),
	$next, 'and it is newer');
foreach my $name ('late', 'fresh')
{
	update($name, $next);
	is($node->safe_psql($name, $objects), $node->safe_psql('next', $objects),
		"$name has the objects of a fresh install");
	is($node->safe_psql($name, $rows), $rows_now, "$name has its rows");
}

# An older module under newer scripts: nothing is created or changed by them,
# and the error says why.
sub is_refused
{
	my ($name, $command) = @_;
	my ($status, $out, $error) = $node->psql($name, $command);

	isnt($status, 0, "$command fails with an older module");
	like(
		$error,
		qr/is older than its SQL objects.*is of version \Q$version\E.* are of version \Q$next\E/s,
		'and says so');
}

use_extension('then', 'now');
$node->safe_psql('postgres', 'CREATE DATABASE refused');
is_refused('refused', 'CREATE EXTENSION versioned_rows');
make_database('waiting', $version);
my $before = $node->safe_psql('waiting', $objects);
is_refused('waiting', 'ALTER EXTENSION versioned_rows UPDATE');
is(version_of('waiting'), $version, 'the database stays at its version');
is($node->safe_psql('waiting', $objects), $before, 'and as it was');

# Where the scripts were updated before, rows are still written as ever, but
# enable() and refresh() do not mix two releases.
$node->safe_psql('next', 'CREATE TABLE other (id int PRIMARY KEY)');
is_refused('next', "SELECT versioned_rows.enable('other')");
is_refused('next', 'SELECT versioned_rows.refresh()') if has_refresh('next');
$node->safe_psql('next', "UPDATE product SET name = 'pot' WHERE is_current_version");
is($node->safe_psql('next', 'SELECT version_id, name FROM product WHERE is_current_version'),
	'4|pot', 'versions go on');

$node->stop;
done_testing();

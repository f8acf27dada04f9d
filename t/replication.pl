# A standby equals its primary, and logical replication brings every version
# once: to a plain table, to a versioned one, and current rows alone.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my @tables =
  ('product', 'line', 'numbered', 'faced_versions', 'parted', 'timed');

my $schema = <<'END';
CREATE EXTENSION versioned_rows;
CREATE TABLE product (id int PRIMARY KEY, name text UNIQUE, price numeric,
	doubled numeric GENERATED ALWAYS AS (price * 2) STORED, picture text);
CREATE TABLE line (id int PRIMARY KEY, product_id int, product_version_id int,
	pinned_id int, pinned_version_id int);
CREATE TABLE numbered (id int PRIMARY KEY, content text);
CREATE TABLE timed (id int PRIMARY KEY, content text);
CREATE TABLE faced (id int PRIMARY KEY, content text);
CREATE TABLE parted (id int PRIMARY KEY, content text) PARTITION BY HASH (id);
CREATE TABLE parted_0 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 1);
SELECT versioned_rows.enable('product', period_column => 'valid');
ALTER TABLE line
	ADD FOREIGN KEY (product_id, product_version_id) REFERENCES product
		ON UPDATE CASCADE,
	ADD FOREIGN KEY (pinned_id, pinned_version_id) REFERENCES product
		DEFERRABLE;
SELECT versioned_rows.enable('line');
SELECT versioned_rows.enable('numbered', current_column => NULL);
SELECT versioned_rows.enable('timed', current_column => NULL,
	period_column => 'valid');
SELECT versioned_rows.enable('faced', facade => true);
SELECT versioned_rows.enable('parted');
END

my $first_rows = <<'END';
INSERT INTO product (id, name, price, picture)
	SELECT n, 'product ' || n, n, repeat(md5(n::text), 200)
	FROM generate_series(1, 20) n;
INSERT INTO line SELECT n, n, 1, n, 1 FROM generate_series(1, 20) n;
INSERT INTO numbered SELECT n, n FROM generate_series(1, 20) n;
INSERT INTO timed SELECT n, n FROM generate_series(1, 20) n;
INSERT INTO faced SELECT n, n FROM generate_series(1, 20) n;
INSERT INTO parted SELECT n, n FROM generate_series(1, 20) n;
UPDATE product SET price = price + 1;
DELETE FROM line WHERE id = 20;
DELETE FROM product WHERE id = 20;
END

# What one of several clients does at a time.
my $transaction = <<'END';
\set id random(1, 19)
\set other random(1, 19)
\set dice random(1, 6)
BEGIN;
UPDATE product SET price = price + 1 WHERE id = :id;
UPDATE product SET name = name WHERE id = :id;
\if :dice = 1
SAVEPOINT s;
UPDATE product SET picture = 'small' WHERE id = :id;
ROLLBACK TO s;
\endif
UPDATE numbered SET content = content || :dice WHERE id = :id;
COMMIT;
INSERT INTO faced VALUES (:id + 100, :dice)
	ON CONFLICT DO NOTHING;
UPDATE faced SET content = content || :dice WHERE id = :other;
DELETE FROM faced WHERE id = :id + 100 AND :dice > 4;
UPDATE parted SET content = :dice WHERE id = :other;
DELETE FROM timed WHERE id = :id AND :dice > 4;
INSERT INTO timed SELECT :id, :dice
	WHERE NOT EXISTS (SELECT FROM timed WHERE id = :id AND upper_inf(valid))
	ON CONFLICT DO NOTHING;
UPDATE timed SET content = :dice WHERE id = :other;
UPDATE line SET pinned_version_id = product_version_id
	WHERE id = :other AND :dice = 2;
END

# New versions by several clients at once, and then something of every kind.
my $work = 0;

sub work_on
{
	my ($node) = @_;

	$work++;
	$node->pgbench(
		'--no-vacuum --client=4 --transactions=50 --max-tries=20',
		0,
		[qr/number of failed transactions: 0 /],
		[qr/^$/],
		'four clients make versions',
		{ "work_$work" => $transaction });
	$node->safe_psql('postgres', <<'END');
UPDATE product SET picture = NULL WHERE id < 4;
DELETE FROM line WHERE id = 1;
DELETE FROM product WHERE id = 1;
INSERT INTO product (id, name, price) VALUES (1, 'again', 1);
UPDATE parted SET content = 'all';
MERGE INTO numbered USING (VALUES (1), (99)) v (id)
	ON numbered.id = v.id AND numbered.version_id =
		(SELECT max(version_id) FROM numbered n WHERE n.id = v.id)
	WHEN MATCHED THEN UPDATE SET content = 'merged'
	WHEN NOT MATCHED THEN INSERT VALUES (v.id, 'merged');
END
}

# All rows of a table as COPY writes them in binary, sorted.
sub rows
{
	my ($node, $table, $where) = @_;
	my $file = $node->basedir . '/rows';
	my $result;

	# a standby cannot write a file by COPY, its client can
	$node->command_ok(
		[
			'psql', '-X', '-d', $node->connstr('postgres'), '-c',
			"\\copy (SELECT * FROM $table "
			  . ($where ? "WHERE $where " : '')
			  . "ORDER BY id, version_id) TO '$file' (FORMAT binary)"
		],
		"rows of $table in " . $node->name);
	return slurp_file($file);
}

sub is_equal
{
	my ($here, $there, $what, @which) = @_;

	foreach my $table (@which)
	{
		# no is(): a difference is binary and long
		ok(rows($here, $table) eq rows($there, $table), "$what: $table");
	}
}

sub is_quiet
{
	my ($node) = @_;

	is($node->safe_psql('postgres', 'SELECT * FROM versioned_rows.verify()'),
		'', 'verify() is quiet in ' . $node->name);
}

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 'logical');
$primary->append_conf('postgresql.conf', 'fsync = off');
$primary->start;
$primary->backup('start');

my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'start', has_streaming => 1);
$standby->start;

my $subscriber = PostgreSQL::Test::Cluster->new('subscriber');
$subscriber->init;
$subscriber->append_conf('postgresql.conf', 'fsync = off');
$subscriber->start;

$primary->safe_psql('postgres', $schema);
$primary->safe_psql('postgres', $first_rows);

# A physical standby.
work_on($primary);
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
is_equal($primary, $standby, 'standby', @tables);
is_quiet($primary);
is_quiet($standby);

# Logical replication to versioned tables, which have something to copy first,
# and to plain tables in another database, of all versions and of current rows
# alone.
my $connection = $primary->connstr . ' dbname=postgres';
$primary->safe_psql('postgres', <<'END');
CREATE PUBLICATION all_versions
	FOR TABLE product, line, numbered, timed, faced_versions, parted;
-- a filter may look at columns of the replica identity only
ALTER TABLE parted_0 REPLICA IDENTITY FULL;
ALTER TABLE parted_1 REPLICA IDENTITY FULL;
ALTER TABLE parted REPLICA IDENTITY FULL;
CREATE PUBLICATION current_rows FOR TABLE parted WHERE (is_current_version)
	WITH (publish_via_partition_root = true);
END
$subscriber->safe_psql('postgres', $schema);
$subscriber->safe_psql('postgres',
	"CREATE SUBSCRIPTION versioned CONNECTION '$connection' PUBLICATION all_versions"
);
$subscriber->safe_psql('postgres', 'CREATE DATABASE plain');
$subscriber->safe_psql('plain', <<"END");
CREATE TABLE product (id int, name text, price numeric,
	doubled numeric GENERATED ALWAYS AS (price * 2) STORED, picture text,
	version_id int, is_current_version boolean, valid tstzrange,
	PRIMARY KEY (id, version_id));
CREATE TABLE line (id int, product_id int, product_version_id int,
	pinned_id int, pinned_version_id int, version_id int,
	is_current_version boolean, PRIMARY KEY (id, version_id));
CREATE TABLE numbered (id int, content text, version_id int,
	PRIMARY KEY (id, version_id));
CREATE TABLE timed (id int, content text, version_id int, valid tstzrange,
	PRIMARY KEY (id, version_id));
CREATE TABLE faced_versions (id int, content text, version_id int,
	is_current_version boolean, PRIMARY KEY (id, version_id));
CREATE TABLE parted_0 (id int, content text, version_id int,
	is_current_version boolean, PRIMARY KEY (id, version_id));
CREATE TABLE parted_1 (LIKE parted_0 INCLUDING ALL);
CREATE SUBSCRIPTION plain CONNECTION '$connection' PUBLICATION all_versions;
END
$subscriber->safe_psql('postgres', 'CREATE DATABASE current');
$subscriber->safe_psql('current', <<"END");
CREATE TABLE parted (id int PRIMARY KEY, content text, version_id int,
	is_current_version boolean);
CREATE SUBSCRIPTION current CONNECTION '$connection' PUBLICATION current_rows;
END

sub compare_subscribers
{
	my ($when) = @_;

	$subscriber->wait_for_subscription_sync($primary, 'versioned');
	$subscriber->wait_for_subscription_sync($primary, 'plain', 'plain');
	$subscriber->wait_for_subscription_sync($primary, 'current', 'current');

	is_equal($primary, $subscriber, "versioned subscriber $when", @tables);
	is_quiet($subscriber);

	# as text: the same rows in another database
	my $all = join(
		';',
		map { "SELECT * FROM $_ ORDER BY id, version_id" }
		  grep { $_ ne 'parted' } @tables);
	is($subscriber->safe_psql('plain', $all),
		$primary->safe_psql('postgres', $all), "plain subscriber $when");
	is( $subscriber->safe_psql(
			'plain',
			'SELECT * FROM (TABLE parted_0 UNION ALL TABLE parted_1) p ORDER BY 1, 3'
		),
		$primary->safe_psql(
			'postgres', 'SELECT * FROM parted ORDER BY 1, 3'),
		"plain partitions $when");
	is( $subscriber->safe_psql('current', 'SELECT * FROM parted ORDER BY id'),
		$primary->safe_psql(
			'postgres',
			'SELECT * FROM parted WHERE is_current_version ORDER BY id'),
		"current rows $when");
}

compare_subscribers('after the initial copy');
work_on($primary);
$primary->safe_psql('postgres', 'DELETE FROM parted WHERE id = 1');
compare_subscribers('after more work');

# Both copies take over, and go on where the primary was.
my $goes_on = <<'END';
UPDATE product SET price = -1 WHERE id = 2;
UPDATE timed SET content = 'on' WHERE id = 2;
UPDATE faced SET content = 'on' WHERE id = 2;
INSERT INTO parted VALUES (1, 'again');
END
my $numbers = <<'END';
SELECT max(version_id) FROM product WHERE id = 2;
SELECT max(version_id) FROM timed WHERE id = 2;
SELECT max(version_id) FROM faced_versions WHERE id = 2;
SELECT max(version_id) FROM parted WHERE id = 1;
SELECT product_version_id FROM line WHERE id = 2 AND is_current_version;
END
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
$standby->promote;
$subscriber->safe_psql('postgres', 'DROP SUBSCRIPTION versioned');
foreach my $node ($primary, $standby, $subscriber)
{
	$node->safe_psql('postgres', $goes_on);
	is_quiet($node);
}
is($standby->safe_psql('postgres', $numbers),
	$primary->safe_psql('postgres', $numbers),
	'the standby goes on where the primary was');
is($subscriber->safe_psql('postgres', $numbers),
	$primary->safe_psql('postgres', $numbers),
	'the subscriber goes on where the publisher was');

$subscriber->stop;
$standby->stop;
$primary->stop;
done_testing();

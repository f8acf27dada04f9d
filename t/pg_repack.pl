# pg_repack copies a table while others write to it, which it hears of by a
# trigger that is enabled ALWAYS: no version is missing afterwards, and none is
# there that nobody made.
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $clients = 3;
my $transactions = $ENV{VERSIONED_ROWS_LONG} ? 20000 : 1000;    # of each client
my $rounds = 2;    # of pg_repack while they write, at least

# Each client has rows of its own to delete; what two do to one row at a time is
# for other tests.
my $script = <<'END';
\set id random(1, 400)
\set other random(401, 800)
\set own 1000 + :client_id
UPDATE product SET n = n + 1 WHERE id = :id AND is_current_version;
UPDATE product SET n = n + 1 WHERE id IN (:other, 1001 + :other) AND is_current_version;
DELETE FROM product WHERE id = :own AND is_current_version;
INSERT INTO product (id, n) VALUES (:own, 0)
	ON CONFLICT (id) WHERE is_current_version DO UPDATE SET n = product.n + 1;
INSERT INTO product (id, n) VALUES (:own, 0)
	ON CONFLICT (id) WHERE is_current_version DO UPDATE SET n = product.n + 1;
UPDATE parted SET n = n + 1 WHERE id = :id AND is_current_version;
UPDATE parted SET n = n + 1 WHERE id = :id + 1000 AND is_current_version;
END

# made has every version that a statement made, by a trigger as an application
# has it: it does not see that the old ones are stored.
my $schema = <<'END';
CREATE EXTENSION versioned_rows;
CREATE EXTENSION pg_repack;
CREATE TABLE product (id int PRIMARY KEY, n int, filler text DEFAULT repeat('x', 200));
CREATE TABLE parted (id int PRIMARY KEY, n int, filler text DEFAULT repeat('x', 200))
	PARTITION BY RANGE (id);
CREATE TABLE parted_0 PARTITION OF parted FOR VALUES FROM (0) TO (1000);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (1000) TO (2000);
SELECT versioned_rows.enable('product'), versioned_rows.enable('parted');
CREATE TABLE made (tab text, id int, version int, n int, PRIMARY KEY (tab, id, version));
CREATE FUNCTION made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO made VALUES (TG_ARGV[0], NEW.id, NEW.version_id, NEW.n);
	RETURN NULL;
END $$;
CREATE TRIGGER made AFTER INSERT OR UPDATE ON product
	FOR EACH ROW EXECUTE FUNCTION made('product');
CREATE TRIGGER made AFTER INSERT OR UPDATE ON parted
	FOR EACH ROW EXECUTE FUNCTION made('parted');
INSERT INTO product SELECT i, 0 FROM generate_series(1, 2000) AS i WHERE i < 1000 OR i > 1400;
INSERT INTO parted SELECT i, 0 FROM generate_series(1, 1999) AS i;
END

sub repack
{
	my ($node, @args) = @_;

	return run_log(
		[
			'pg_repack', '-h', $node->host, '-p', $node->port,
			'-d', 'postgres', @args
		]);
}

foreach my $wal_level ('replica', 'logical')
{
	my $node = PostgreSQL::Test::Cluster->new($wal_level);
	my $input = $node->basedir . '/writer.sql';

	$node->init;
	$node->append_conf('postgresql.conf',
		"wal_level = $wal_level\nfsync = off\nlog_statement = none");
	$node->start;
	plan skip_all => 'the extension "pg_repack" is not installed'
	  if $node->safe_psql('postgres',
		"SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_repack'") eq '0';
	$node->safe_psql('postgres', $schema);
	append_to_file($input, $script);

	my ($out, $err) = ('', '');
	my $files = $node->safe_psql('postgres',
		"SELECT pg_relation_filenode('product')");
	my $writers = IPC::Run::start(
		[
			'pgbench', '-n', '-M', 'prepared', '-c', $clients, '-j', $clients,
			'-t', $transactions, '-f', $input, '-h', $node->host,
			'-p', $node->port, 'postgres'
		],
		'<', \undef, '>', \$out, '2>', \$err);
	my $repacked = 0;
	my $failed = 0;
	while ($writers->pumpable)
	{
		$failed++ if !repack($node, '-t', 'product');
		$failed++ if !repack($node, '-I', 'parted');
		$writers->pump_nb;
		$repacked++;
	}
	ok($writers->finish, "$wal_level: the writers meet no error") or diag($err);
	like($out, qr/processed: (\d+)\/\1\n/, "$wal_level: they write all they have to");
	is($failed, 0, "$wal_level: pg_repack meets no error");
	cmp_ok($repacked, '>=', $rounds, "$wal_level: pg_repack runs while they write");
	isnt($node->safe_psql('postgres', "SELECT pg_relation_filenode('product')"),
		$files, "$wal_level: the table has been replaced");

	is($node->safe_psql('postgres', <<'END'), '', "$wal_level: all versions are there, and no others");
WITH stored AS (
	SELECT 'product', id, version_id, n FROM product
	UNION ALL SELECT 'parted', id, version_id, n FROM parted)
SELECT 'missing', count(*) FROM (TABLE made EXCEPT ALL TABLE stored) AS missing HAVING count(*) > 0
UNION ALL
SELECT 'left over', count(*) FROM (TABLE stored EXCEPT ALL TABLE made) AS left_over HAVING count(*) > 0;
END
	is($node->safe_psql('postgres', 'SELECT * FROM versioned_rows.verify()'),
		'', "$wal_level: verify() is quiet");
	$node->stop;
}

done_testing();

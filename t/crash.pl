# The server is killed under load, again and again: every update that a client
# was told of is there afterwards, and tables and indexes are whole.
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $rounds = $ENV{VERSIONED_ROWS_LONG} ? 200 : 20;
my $clients = 4;
my $rows = 5;
my $statements = 20000;    # of a client in a round, more than it gets done

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
# Commits must survive what is done to the server here, not a power failure.
$node->append_conf('postgresql.conf', "fsync = off\nautovacuum_naptime = 1\nlog_statement = none\n");
$node->start;
$node->safe_psql('postgres', <<END);
CREATE EXTENSION versioned_rows;
CREATE EXTENSION amcheck;
CREATE TABLE counter (id int PRIMARY KEY, n int NOT NULL);
CREATE TABLE follower (id int PRIMARY KEY, counter_id int);
CREATE TABLE pin (counter_id int);
INSERT INTO counter SELECT i, 0 FROM generate_series(1, $rows) AS i;
SELECT versioned_rows.enable('counter', period_column => 'valid');
SELECT versioned_rows.add_reference('follower', '{counter_id}', 'counter', 'follow');
SELECT versioned_rows.add_reference('pin', '{counter_id}', 'counter', 'pin');
INSERT INTO follower SELECT i, i FROM generate_series(1, $rows) AS i;
END

# What each client sends: increments that print a dot once they are committed,
# and now and then a pin.
my $input = $node->basedir . '/input.sql';
my $script = '';
for my $i (1 .. $statements)
{
	my $id = 1 + $i * 7 % $rows;

	$script .= "UPDATE counter SET n = n + 1 WHERE id = $id"
	  . " AND is_current_version RETURNING '.';\n";
	$script .= "INSERT INTO pin VALUES ($id);\n" if $i % 10 == 0;
}
append_to_file($input, $script);

sub start_clients
{
	return map {
		my $client = { out => '', err => '' };

		$client->{handle} = IPC::Run::start(
			[
				'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1',
				'-d', $node->connstr('postgres'), '-f', $input
			],
			'<', \undef, '>', \$client->{out}, '2>', \$client->{err});
		$client;
	} 1 .. $clients;
}

# The postmaster first, so that it cannot tell its children to end well.
sub kill_server
{
	my $postmaster = $node->{_pid};
	my @children = split ' ', `ps -o pid= --ppid $postmaster`;

	kill 'KILL', $postmaster, @children;
	for my $pid ($postmaster, @children)
	{
		1 while kill 0, $pid and `ps -o stat= -p $pid` !~ /^Z|^$/;
	}
	# a new server must not take the dead one for a running one
	unlink $node->data_dir . '/postmaster.pid',
	  $node->host . '/.s.PGSQL.' . $node->port . '.lock';
	$node->_update_pid(0);
}

my $told = 0;
my $lost = 0;
my $invented = 0;
my @problems;

for my $round (1 .. $rounds)
{
	my @running = start_clients();

	# until there is load, more of it in some rounds than in others
	my $goal = $told + 100 + 100 * ($round % 10);
	$node->poll_query_until('postgres',
		"SELECT sum(n) > $goal FROM counter WHERE is_current_version")
	  or die 'there is no load';
	kill_server();
	for my $client (@running)
	{
		eval { $client->{handle}->finish };
		$told += () = $client->{out} =~ /^\.$/mg;
	}
	$node->start;

	# A client may not have heard of its last update.
	my $done = $node->safe_psql('postgres',
		'SELECT sum(n) FROM counter WHERE is_current_version');
	$lost++ if $done < $told;
	$invented++ if $done > $told + $clients;
	$told = $done;

	push @problems, $node->safe_psql('postgres', <<'END');
SELECT format('%s %s: %s', key, version, problem) FROM versioned_rows.verify('counter');
SELECT format('%s versions of %s', count(*), id) FROM counter
	GROUP BY id HAVING count(*) <> max(n) + 1 OR max(version_id) <> max(n) + 1;
SELECT format('follower %s', id) FROM follower AS f
	WHERE NOT EXISTS (SELECT FROM counter AS c WHERE c.id = f.counter_id
					  AND c.version_id = f.counter_version_id AND c.is_current_version);
SELECT format('pin %s %s', counter_id, counter_version_id) FROM pin AS p
	WHERE NOT EXISTS (SELECT FROM counter AS c WHERE c.id = p.counter_id
					  AND c.version_id = p.counter_version_id);
SELECT format('%s: %s', c.oid::regclass, h.msg)
	FROM pg_class AS c, verify_heapam(c.oid) AS h
	WHERE c.relname IN ('counter', 'follower', 'pin');
SELECT bt_index_check(i.indexrelid, true)::text
	FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid
		 JOIN pg_am AS a ON a.oid = x.relam AND a.amname = 'btree'
	WHERE i.indrelid IN ('counter'::regclass, 'follower'::regclass);
END
}

cmp_ok($told, '>', 100 * $rounds, 'there was load');
is($lost, 0, 'no update is lost that a client was told of');
is($invented, 0, 'no update is there that no client asked for');
is(join("\n", grep { /\S/ } @problems), '', 'tables and indexes are whole');

# Statements that are cancelled and backends that are terminated leave nothing.
my @running = start_clients();
for (1 .. 50)
{
	$node->safe_psql('postgres', <<'END');
SELECT CASE WHEN random() < 0.5 THEN pg_cancel_backend(pid) ELSE pg_terminate_backend(pid) END
FROM pg_stat_activity WHERE backend_type = 'client backend' AND state = 'active'
	AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1;
END
	@running = (@running, start_clients()) if $_ % 10 == 0;
}
$node->safe_psql('postgres',
	"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
);
eval { $_->{handle}->finish } for @running;
$node->poll_query_until('postgres',
	"SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'client backend'"
);
is( $node->safe_psql(
		'postgres',
		"SELECT count(*) FROM pg_locks l WHERE (locktype IN ('userlock', 'tuple') OR relation = 'counter'::regclass)
		 AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid = l.pid AND backend_type = 'autovacuum worker')"
	),
	0,
	'no lock is left');
is($node->safe_psql('postgres', 'SELECT * FROM versioned_rows.verify()'),
	'', 'verify() is quiet');
unlike(slurp_file($node->logfile), qr/WARNING:  (?!.*crash|.*connection|.*shared memory|.*terminating)/,
	'the server has nothing to warn of');

$node->stop;
done_testing();

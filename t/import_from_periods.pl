# The recipe of doc/migrating.md for the extension "periods", word for word, on
# what that extension really leaves.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\ntimezone = 'UTC'");
$node->start;

sub query
{
	return $node->safe_psql('postgres', $_[0]);
}

plan skip_all => 'the extension "periods" is not installed'
  if query("SELECT count(*) FROM pg_available_extensions WHERE name = 'periods'") eq '0';

# The commands of the recipe: those that end the other extension's work, which
# are indented, and the block that moves the columns and imports.
my $doc = slurp_file('doc/migrating.md');
my ($section) = $doc =~ /^## From periods,(.*?)^## /ms
  or die 'the section is not there';
my ($end) = $section =~ /^(    SELECT periods\..*?)\n\n/ms
  or die 'the commands for periods are not there';
my ($move) = $section =~ /^```sql\n(BEGIN;\n.*?^COMMIT;)/ms
  or die 'the migration is not there';
like($move, qr/versioned_rows\.import/, 'the recipe imports');

# A history: updates, a deletion, a row that came back, one left alone.
query('CREATE EXTENSION btree_gist; CREATE EXTENSION periods;
	CREATE EXTENSION versioned_rows');
query("CREATE TABLE item (id int PRIMARY KEY, name text, price numeric);
	SELECT periods.add_system_time_period('item');
	SELECT periods.add_system_versioning('item')");
my @instants;
foreach my $command (
	"INSERT INTO item VALUES (1, 'a', 1), (2, 'a', NULL), (3, 'a', 1.10)",
	"UPDATE item SET name = 'b' WHERE id = 1",
	"DELETE FROM item WHERE id = 2",
	"UPDATE item SET price = 2 WHERE id = 1",
	"INSERT INTO item VALUES (2, 'back', 3)",
	"UPDATE item SET name = upper(name) WHERE id < 3",
	"DELETE FROM item WHERE id = 1")
{
	push @instants, query("$command; SELECT clock_timestamp()");
}
is(query('SELECT count(*) FROM item_history'), 6,
	'periods has written history');

sub at_all_instants
{
	my ($function) = @_;

	return join "\n--\n", map {
		query("SELECT id, name, price FROM $function('$_') ORDER BY id")
	} @instants;
}

my $before = at_all_instants('item__as_of');
like($before, qr/1\|a\|1.*1\|b\|1.*1\|b\|2.*1\|B\|2/s,
	'periods knows the past');

query("BEGIN; $end; COMMIT");
query($move);

is(at_all_instants('item_as_of'), $before,
	'every instant shows what it showed before');
is(query('SELECT id, version_id, is_current_version, name, price FROM item ORDER BY 1, 2'),
	"1|1|f|a|1\n1|2|f|b|1\n1|3|f|b|2\n1|4|f|B|2\n"
	  . "2|1|f|a|\n2|2|f|back|3\n2|3|t|BACK|3\n3|1|t|a|1.10",
	'every row of the history is a version');
is(query('SELECT * FROM versioned_rows.verify()'), '', 'verify() is content');

# It goes on from there, without the other extension.
query('DROP EXTENSION periods CASCADE');
query("UPDATE item SET price = 4 WHERE id = 2; INSERT INTO item VALUES (1, 'new', 5)");
is(query('SELECT id, version_id, name, price FROM item WHERE is_current_version ORDER BY 1'),
	"1|5|new|5\n2|4|BACK|4\n3|1|a|1.10",
	'new versions follow those that were imported');

$node->stop;
done_testing();

#!/usr/bin/perl
#
# The bus loses everything, and a node that had revoked is gone for good: the
# others put its records back, each about once, and a new node learns of them.
# A server that only restarts makes nobody send anything again.
#
#   OAUTH_GONE   records of each node, 300

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use Time::HiRes qw(time);

use OAuth::Test;
use OAuth::Test::Fleet;
use OAuth::Test::Record qw(new_key);
use OAuth::Test::RedisData;

use constant {
    COUNT    => $ENV{OAUTH_GONE} // 300,
    RESTARTS => 5,
    DELAY    => 60,                     # seconds, at most
    STREAM   => OAuth::Test::Fleet::STREAM,
};

plan(skip_all => 'there is no redis-server')
    unless OAuth::Test::Redis::available();

my $key = new_key();
my $friend = OAuth::Test::Record->new($key);
my $server = OAuth::Test::RedisData->new;
my $fleet = OAuth::Test::Fleet->new(port => $server->port, keys => $key)->start;
my @subjects;

for my $i (0 .. 2) {
    my @own = map { "node$i-$_" } 1 .. COUNT;

    like($fleet->revoker($i)->revoke(map { { subject => $_ } } @own),
         qr/\A20[24]\z/, "node $i revokes");
    push @subjects, @own;
}

ok(wait_until(sub { $fleet->is_in_sync
                    && !grep { @$_ } $fleet->missing(@subjects) }, 30),
   'all nodes know all');
is(on_stream(), 3 * COUNT, 'each record is on the stream once');

# restarts

for (1 .. RESTARTS) {
    $server->kill('KILL');
    $server->start;
    ok(wait_until(sub { $fleet->is_in_sync }, 30), 'in sync after a restart');
}

is(on_stream(), 3 * COUNT, 'nothing was sent again');

# a node goes, and then the data

ok($fleet->node(2)->stop, 'a node is gone');
$server->command('FLUSHALL');

my $began = time;

ok(wait_until(sub { !lacking() }, DELAY), 'the others put everything back')
    or diag(lacking() . " records are not there\n");
note(sprintf 'after %.1f s', time - $began);
ok($fleet->wait_for_sync(30, 0, 1), 'they are in sync');

my $records = on_stream();

note("$records records for " . 3 * COUNT . ' entries');
cmp_ok($records, '<=', 4 * COUNT, 'each is there once, or twice');

# a new node

unlink glob "$fleet->{node}[2]{STORE}/*";
$fleet->start_again(2);
ok($fleet->wait_for_sync(60, 2), 'a new node is in sync');
is(scalar $fleet->revoker(2)->missing(@subjects), 0, 'and knows everything');

# the new node alone: what it learned is what counts now

ok($fleet->node($_)->stop, "node $_ is gone, too") for 0, 1;
$server->command('FLUSHALL');
ok(wait_until(sub { !lacking() }, DELAY), 'the last one puts everything back')
    or diag(lacking() . " records are not there\n");

finish();


# How many records of revocations there are

sub on_stream {
    return scalar grep { ($friend->read($_->[1]))[0] eq 'revocation' }
        stream();
}


sub stream {
    my $client = $server->client;
    my @records = eval { $client->records(STREAM) };

    $client->close;

    return @records;
}


# How many entries are not on the stream

sub lacking {
    my %there = map { (($friend->read($_->[1]))[2] // '') => 1 } stream();
    our %keys;

    $keys{$_} //= $friend->key(OAuth::Test::Fleet::AS, $_) for @subjects;

    return scalar grep { !$there{ $keys{$_} } } @subjects;
}

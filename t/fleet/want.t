#!/usr/bin/perl
#
# A record is removed from the bus before a node has read it, and the node asks
# the others for what it may have missed, although another node has asked a
# moment before: that want was older than the loss, and answers it only by
# accident.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use OAuth::Test;
use OAuth::Test::Fleet;
use OAuth::Test::Record qw(new_key);
use OAuth::Test::Redis;
use OAuth::Test::RedisData;

use constant STREAM => OAuth::Test::Fleet::STREAM;

plan(skip_all => 'there is no redis-server')
    unless OAuth::Test::Redis::available();

my $key = new_key();
my $server = OAuth::Test::RedisData->new;
my $fleet = OAuth::Test::Fleet->new(port => $server->port, nodes => 1,
                                    relay => 1, keys => $key)->start;
my $redis = $server->client;
my $friend = OAuth::Test::Record->new($key);

# another node asks, and this one compares

my $comparisons = $fleet->status(0)->{comparisons};

is($redis->add(STREAM, $friend->want(0)), 0, 'another node wants');
ok(wait_until(sub { $fleet->status(0)->{comparisons} > $comparisons }, 20),
   'and this one compares');

my $before = wants();

# nobody but the other node has read what is removed

$fleet->relay(0)->hold;
ok(wait_until(sub { $fleet->status(0)->{state} eq 'offline' }, 20),
   'the node is cut off');
is($redis->add(STREAM, $friend->revocations(issuer => OAuth::Test::Fleet::AS,
                                            prefix => 'gone')), 0,
   'a record is added');

my ($last) = ($redis->records(STREAM))[-1];

is($server->command('XDEL', STREAM, $last->[0]), 1, 'and is removed');
$fleet->relay(0)->normal;

ok(wait_until(sub { $fleet->status(0)->{losses} }, 20), 'the node notices');
ok(wait_until(sub { wants() > $before }, 20), 'and asks the others');

finish();


# How many wants of the node are on the bus

sub wants {
    return scalar grep {
        my @words = $friend->read($_->[1]);
        $words[0] eq 'want' && $words[1] ne OAuth::Test::Record::NODE;
    } $redis->records(STREAM);
}

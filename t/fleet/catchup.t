#!/usr/bin/perl
#
# A node that was away for an hour: 360,000 records were added meanwhile.  How
# many of them it reads and writes in a second, once it is back, is noted; and the
# same for a new node, which has nothing.
#
#   OAUTH_CATCHUP   records, 360000

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use Time::HiRes qw(time);

use OAuth::Test;
use OAuth::Test::Fleet;
use OAuth::Test::Process qw(memory);
use OAuth::Test::Record qw(new_key);
use OAuth::Test::RedisData;

use constant {
    COUNT => $ENV{OAUTH_CATCHUP} // 360_000,
    BATCH => 10_000,
    LEAST => 5000,                      # records a second, on any machine
    SOME  => 300,
};

plan(skip_all => 'there is no redis-server')
    unless OAuth::Test::Redis::available();

my $key = new_key();
my $server = OAuth::Test::RedisData->new;
my $fleet = OAuth::Test::Fleet->new(port => $server->port, nodes => 2,
                                    keys => $key, size => '1g')->start;
my $friend = OAuth::Test::Record->new($key);

is($fleet->revoker(0)->revoke({ subject => 'first' }), 204, 'a revocation');
ok($fleet->wait_for_sync(20), 'all nodes are in sync');
ok($fleet->node(1)->stop, 'a node ends');

my $redis = $server->client;
my $began = time;

for (my $first = 1; $first <= COUNT; $first += BATCH) {
    my @records = $friend->revocations(
        issuer => OAuth::Test::Fleet::AS, prefix => 'away', first => $first,
        count => BATCH, time => time - 3600 * (1 - $first / COUNT));

    is($redis->add(OAuth::Test::Fleet::STREAM, @records), 0,
       "records from $first on");
}

note(sprintf 'added %.0f records a second', COUNT / (time - $began));
ok($fleet->wait_for_sync(120, 0), 'the other node knows them');
note(sprintf 'node 0 was in sync %.1f s after the first was added',
     time - $began);
measure('a node that was away');

is($fleet->status(1)->{comparisons}, 0, 'without a comparison');
is($fleet->status(1)->{losses}, 0, 'without an alarm');

# a new node

ok($fleet->node(1)->stop, 'the node ends');
unlink glob "$fleet->{node}[1]{STORE}/*";
measure('a new node');

finish();


sub measure {
    my ($what) = @_;

    my $began = time;

    $fleet->start_again(1);

    my $up = time;
    my $memory = 0;

    ok(wait_until(sub {
        my $status = $fleet->status(1);
        my $now = $status->{leader} ? resident($status->{leader}) : 0;
        $memory = $now if $now > $memory;
        return ($status->{state} // '') eq 'online' && !$status->{unsent};
    }, 120), "$what: is in sync") or diag($fleet->describe);

    my $took = time - $began;
    my @cpu = cpu($fleet->leader(1));

    note(sprintf '%s: %d records in %.2f s (of which %.2f s until nginx was up)'
         . ': %.0f records a second; the leader had %d MB', $what, COUNT, $took,
         $up - $began, COUNT / $took, $memory / 1024);
    note(sprintf 'its leader used %.2f s of a processor: %.2f s in its first '
         . 'thread, %.2f s in others; the machine has %d of them', $cpu[0] +
         $cpu[1], @cpu, scalar(() = glob '/sys/devices/system/cpu/cpu[0-9]*'));
    cmp_ok(COUNT / $took, '>', LEAST, 'that is fast enough for any machine');

    my @some = map { 'away' . (1 + int rand COUNT) } 1 .. SOME;

    is(scalar $fleet->revoker(1)->missing(@some), 0, 'it knows them');
    is($fleet->node(1)->http->get('/page',
       token => $fleet->token($some[0]))->status, 401, 'and refuses a token');

    return;
}


# Seconds of the first thread of a process, and of its others

sub cpu {
    my ($pid) = @_;

    my @seconds = (0, 0);

    for my $path (glob "/proc/$pid/task/*") {
        open my $in, '<', "$path/stat" or next;

        my @fields = split ' ', <$in> =~ s/\A.*\) //sr;

        $seconds[ $path =~ m{/$pid\z} ? 0 : 1 ] += ($fields[11] + $fields[12])
                                                  / 100;
    }

    return @seconds;
}


# kB, without the mapped store, which is a file

sub resident { return memory($_[0], 'RssAnon') // 0 }

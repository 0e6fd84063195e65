#!/usr/bin/perl
#
# Losses that one node alone notices, and that come at a bad moment: after another
# node has asked, before the leader is killed, while a peer is still away, under
# load.  A node that says that it is in sync has what a live node has revoked.
#
#   OAUTH_LOSSES   a pattern for the names of the cases; all

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use Time::HiRes qw(sleep time);

use OAuth::Test;
use OAuth::Test::Disk;
use OAuth::Test::Fleet;
use OAuth::Test::Process qw(spawn stop_process);
use OAuth::Test::Record qw(new_key);
use OAuth::Test::RedisCaller;
use OAuth::Test::RedisData;

use constant {
    STREAM => OAuth::Test::Fleet::STREAM,
    AWAY   => 7,        # seconds after which a peer no longer counts as alive
};

plan(skip_all => 'there is no redis-server')
    unless OAuth::Test::Redis::available();

my $key = new_key();
my $friend = OAuth::Test::Record->new($key);
my ($server, $redis);

my @cases = (
    [ 'an old question', \&old_question ],
    [ 'a question that the leader had yet to ask', \&killed ],
    [ 'a peer that comes back later', \&late_peer ],
    [ 'a stream that never rests', \&load ],
    [ 'the same with a slow disk', \&load, delay => 20 ],
    [ 'another stream of the same server', \&other_stream ],
    [ 'a question of a while ago', \&late_answer ],
    [ 'a clock of another node', \&clock ],
    [ 'a store that is full', \&full ],
);

for my $case (@cases) {
    my ($name, $run, @options) = @$case;

    next if $ENV{OAUTH_LOSSES} && $name !~ $ENV{OAUTH_LOSSES};

    note($name);
    $server = OAuth::Test::RedisData->new;
    $redis = $server->client;
    $run->($name, @options);
    $server->stop;
}

finish();


sub fleet {
    return OAuth::Test::Fleet->new(port => $server->port, keys => $key,
                                   relay => 1, nodes => 2, @_)->start;
}


# Node 0 revokes; the record is removed before node 1 can read it.

sub lose {
    my ($fleet, $subject) = @_;

    $fleet->relay(1)->target(0);
    is($fleet->revoker(0)->revoke({ subject => $subject }), 204,
       "$subject: a revocation that one node does not read");

    my ($id) = map { $_->[0] } ($redis->records(STREAM))[-1];

    is($redis->command('XDEL', STREAM, $id), 1, "$subject: and nobody can");

    return;
}


sub comparisons { return $_[0]->status($_[1])->{comparisons} // 0 }


# Whoever has noticed a loss asks, also if another one has asked before.

sub old_question {
    my ($name) = @_;

    my $fleet = fleet();

    is($redis->add(STREAM, $friend->want(0)), 0, "$name: another node asks");
    ok(wait_until(sub { comparisons($fleet, 1) > 1 }, 20), "$name: is answered");
    ok($fleet->wait_for_sync(30), "$name: in sync");
    lose($fleet, 'asked');
    $fleet->relay(1)->target($server->port);
    ok(wait_until(sub { $fleet->status(1)->{losses} > 0 }, 20),
       "$name: the node notices the loss");
    ok($fleet->wait_for_sync(40, 1), "$name: in sync again");
    is(scalar $fleet->revoker(1)->missing('asked'), 0,
       "$name: with what was lost");

    return;
}


# Between two questions is a pause, in which the leader is killed.

sub killed {
    my ($name) = @_;

    my $fleet = fleet();

    for my $n (1 .. 2) {
        my $before = comparisons($fleet, 1);

        lose($fleet, "killed-$n");
        $fleet->relay(1)->target($server->port);
        ok(wait_until(sub { comparisons($fleet, 1) > $before }, 20),
           "$name: the node compares");
        last if $n == 2;
        ok($fleet->wait_for_sync(40), "$name: in sync again");
    }

    my $leader = $fleet->leader(1);

    sleep 0.2;
    kill KILL => $leader;
    ok(wait_until(sub {
        my $now = $fleet->leader(1);
        return $now && $now != $leader && $fleet->is_in_sync(1);
    }, 60), "$name: another leader is in sync");
    is(scalar $fleet->revoker(1)->missing('killed-2'), 0,
       "$name: with what was lost");

    return;
}


# The server is replaced.  Only a peer that reaches the new one later knows what
# was revoked last.

sub late_peer {
    my ($name) = @_;

    my $fleet = fleet();

    $fleet->relay(1)->target(0);
    is($fleet->revoker(0)->revoke({ subject => 'late' }), 204,
       "$name: a revocation that one node does not read");
    $fleet->relay(0)->target(0);
    $server->stop;
    $server->wipe;
    sleep AWAY;
    $server->start;
    $fleet->relay(1)->target($server->port);
    ok(wait_until(sub { comparisons($fleet, 1) > 1 }, 20),
       "$name: that node compares with the new server");
    ok(!wait_until(sub { $fleet->is_in_sync(1) }, 4),
       "$name: and waits for its peer");
    $fleet->relay(0)->target($server->port);
    ok($fleet->wait_for_sync(40), "$name: in sync");
    is(scalar $fleet->revoker(1)->missing('late'), 0,
       "$name: with what the peer knew");

    return;
}


# A comparison ends also while records come without a pause.

sub load {
    my ($name, %disk) = @_;

    my @records = $friend->revocations(issuer => OAuth::Test::Fleet::AS,
                                       prefix => 'load', count => 60_000);
    my @first = $friend->revocations(issuer => OAuth::Test::Fleet::AS,
                                     prefix => 'first', count => 60_000);
    my $port = $server->port;

    $redis->add(STREAM, @first);

    my $pid = spawn(sub {
        my $client = OAuth::Test::RedisCaller->new(port => $port);

        while (my @part = splice @records, 0, 5) {
            $client->add(STREAM, @part);
            sleep 0.003;
        }
    });
    my $fleet = OAuth::Test::Fleet->new(port => $port, keys => $key,
                                        nodes => 1);
    my $began = time;

    $fleet->node(0)->{env} = OAuth::Test::Disk->new(%disk)->env if %disk;
    $fleet->launch;

    ok($fleet->wait_for_sync(15), "$name: in sync")
        or diag($fleet->describe);
    note(sprintf '%s: in sync after %.1f s, %d records', $name, time - $began,
         $redis->command('XLEN', STREAM));
    stop_process($pid, 'KILL');

    return;
}


# The position of a node is that of one stream.

sub other_stream {
    my ($name) = @_;

    my @records = $friend->revocations(issuer => OAuth::Test::Fleet::AS,
                                       prefix => 'other', count => 3);

    $redis->add('bus:other', @records[0, 1]);

    my $fleet = fleet(nodes => 1);

    is($fleet->revoker(0)->revoke({ subject => 'mine' }), 204,
       "$name: a revocation");
    ok($fleet->wait_for_sync(20), "$name: in sync");
    is(added(STREAM), added('bus:other'), "$name: both have as many records");
    $redis->add('bus:other', $records[2]);
    $fleet->node(0)->stop;
    $fleet->node(0)->{STREAM} = 'bus:other';
    $fleet->node(0)->write_conf;
    $fleet->start_again(0);
    ok($fleet->wait_for_sync(40), "$name: in sync with the other");
    is(join(' ', $fleet->revoker(0)->missing(map { "other$_" } 1 .. 3)), '',
       "$name: with all of it");

    return;
}


sub added {
    my ($stream) = @_;

    my %info = @{ $redis->command('XINFO', 'STREAM', $stream) }[0 .. 13];

    return $info{'entries-added'};
}


# A node that was away when another one asked answers when it comes back.

sub late_answer {
    my ($name) = @_;

    my $fleet = fleet(nodes => 1);
    my $before = comparisons($fleet, 0);

    # What the node itself has asked is gone.

    $server->command('FLUSHALL');
    ok(wait_until(sub { comparisons($fleet, 0) > $before }, 20),
       "$name: the node compares");
    ok($fleet->wait_for_sync(40), "$name: in sync");
    $before = comparisons($fleet, 0);
    $redis->command('XADD', STREAM, int(1000 * time) - 120_000 . '-0', 'r',
                    $friend->want(0));
    ok(wait_until(sub { comparisons($fleet, 0) > $before }, 10),
       "$name: is answered");

    return;
}


# The clock of the node that asks is ahead: what it wants is older, by that.

sub clock {
    my ($name) = @_;

    my $fleet = fleet();

    is($fleet->revoker(0)->revoke({ subject => 'clock' }), 204,
       "$name: a revocation");

    my ($id) = map { $_->[0] } ($redis->records(STREAM))[-1];

    is($redis->command('XDEL', STREAM, $id), 1, "$name: is removed");
    is($redis->add(STREAM, $friend->want(time + 3600)), 0,
       "$name: somebody wants it");
    ok(wait_until(sub {
        grep { (($friend->read($_->[1]))[2] // '')
               eq $friend->key(OAuth::Test::Fleet::AS, 'clock')
        } $redis->records(STREAM) }, 10), "$name: it is put back");

    return;
}


# What cannot be marked as sent is not sent for ever.

sub full {
    my ($name) = @_;

    my $fleet = fleet(nodes => 1, size => '1m');

    $fleet->node(0)->{allow} = qr/it is full: write a larger/;

    $fleet->relay(0)->target(0);
    ok(wait_until(sub { $fleet->status(0)->{state} eq 'offline' }, 20),
       "$name: the node has no bus");
    is($fleet->revoker(0)->revoke(map { { subject => "u$_" } } 1 .. 100), 202,
       "$name: what is revoked has to be sent");
    $redis->add(STREAM, $friend->revocations(
        issuer => OAuth::Test::Fleet::AS, prefix => 'full', count => 8_000));
    $fleet->relay(0)->target($server->port);
    ok(wait_until(sub { $fleet->status(0)->{last_error}
        && $fleet->status(0)->{last_error}{text} =~ /cannot take/ }, 20),
       "$name: the store is full") or diag($fleet->describe);
    sleep 2;

    my $before = $redis->command('XLEN', STREAM);

    sleep 6;
    cmp_ok($redis->command('XLEN', STREAM) - $before, '<=', 100,
           "$name: the stream does not grow");

    return;
}

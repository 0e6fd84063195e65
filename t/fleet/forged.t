#!/usr/bin/perl
#
# Somebody who may write to the bus, but does not have the key of the fleet, can
# neither revoke nor take a revocation back: records without the key, with bits
# changed, of another key, of no form, old ones again, and a flood of them.  A
# record of the second key counts, and while keys are replaced on one node after
# the other no record is lost.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use OAuth::Test;
use OAuth::Test::Fleet;
use OAuth::Test::Record qw(new_key);
use OAuth::Test::RedisData;

use constant {
    AS     => OAuth::Test::Fleet::AS,
    STREAM => OAuth::Test::Fleet::STREAM,
    FLOOD  => $ENV{OAUTH_FLOOD} // 20_000,
};

plan(skip_all => 'there is no redis-server')
    unless OAuth::Test::Redis::available();

my ($first, $second) = (new_key(), new_key());
my $server = OAuth::Test::RedisData->new;
my $fleet = OAuth::Test::Fleet->new(port => $server->port, nodes => 2,
                                    keys => "$first$second")->start;
my $redis = $server->client;
my $friend = OAuth::Test::Record->new($first);
my $stranger = OAuth::Test::Record->new(new_key());
my $revoker = $fleet->revoker(0);

# what is real

is($revoker->revoke({ subject => 'real1' }), 204, 'a revocation on the bus');
ok(arrives('real1'), 'is on all nodes');

my @real = grep { ($friend->read($_->[1]))[0] eq 'revocation' }
           $redis->records(STREAM);

is(scalar @real, 1, 'it is one record');
is(($friend->read($real[0][1]))[2], $friend->key(AS, 'real1'),
   'with the key of its entry');
is(($stranger->read($real[0][1]))[0], 'bad', 'that only the key can read');

add($friend->revocations(issuer => AS, prefix => 'friend', count => 1));
ok(arrives('friend1'), 'a record that was made with the key counts');
add(OAuth::Test::Record->new($second)
    ->revocations(issuer => AS, prefix => 'second', count => 1));
ok(arrives('second1'), 'so does one that was made with the second key');

# what is not

bad('with another key',
    $stranger->revocations(issuer => AS, prefix => 'no', count => 20));

my ($good) = $friend->revocations(issuer => AS, prefix => 'bit', count => 1);

bad('with one bit changed',
    map { my $copy = $good; vec($copy, $_, 1) ^= 1; $copy }
    0 .. 8 * length($good) - 1);
bad('cut off', map { substr $good, 0, $_ } 1 .. length($good) - 1);
bad('with more behind it', "$good\0", $good . 'x' x 300, $good x 2);
bad('that are no records', 'hello', 'x' x 192, 'x' x 100_000, "\0" x 90);
bad('a want of a stranger', $stranger->want(0));
is_deeply([ missing('no1', 'no20', 'bit1') ], [ 'no1 no20 bit1' ],
          'nothing of it is in a store');

# other forms of an entry of the stream

counts_as_bad('without the field', sub {
    $redis->command('XADD', STREAM, '*', 'other', $good) });
counts_as_bad('with an empty one', sub {
    $redis->command('XADD', STREAM, '*', 'r', '') });
is_deeply([ missing('bit1') ], [ 'bit1' ], 'these are not read');

# heartbeats of strangers are no peers

my $peers = $fleet->status(0)->{peers};

counts_as_bad('a heartbeat of a stranger', sub {
    $redis->command('XADD', STREAM . ':heartbeats', '*', 'r',
               $stranger->heartbeat) });
is(scalar @{ $fleet->status(0)->{peers} }, scalar @$peers, 'it is no peer');

# a record that is old, again and again, and one of the future

my $cut = $revoker->send($revoker->{http}->bytes('GET',
    '/admin?issuer=https%3A%2F%2Fas.test&subject=real1'))->json;

add(($real[0][1]) x 100);
add($friend->revocations(issuer => AS, prefix => 'real', count => 1,
                         cut => time - 900, time => time - 900));
add($friend->revocations(issuer => AS, prefix => 'ended', count => 1,
                         cut => time - 2_000_000, end => time - 1_000_000,
                         time => time - 2_000_000));
add($friend->revocations(issuer => AS, prefix => 'future', count => 1,
                         cut => time + 86_400, time => time + 86_400));
ok(arrives('future1'), 'what came after old records arrives');
is_deeply($revoker->send($revoker->{http}->bytes('GET',
    '/admin?issuer=https%3A%2F%2Fas.test&subject=real1'))->json, $cut,
    'an old record takes nothing back');
is_deeply([ missing('ended1') ], [ 'ended1' ], 'one that has ended is left out');
is($fleet->node(1)->http->get('/page', token => $fleet->token('real1'))->status,
   401, 'its token is refused as before');

# a flood

my $bad = $fleet->status(1)->{bad};
my @flood = $stranger->revocations(issuer => AS, prefix => 'flood',
                                   count => FLOOD);

is($redis->add(STREAM, @flood), 0, FLOOD . ' records of a stranger');
ok(wait_until(sub { $fleet->status(1)->{bad} >= $bad + FLOOD }, 30),
   'all are counted');
is($revoker->revoke({ subject => 'after1' }), 204, 'the bus works as before');
ok(arrives('after1'), 'and a record arrives');
cmp_ok(scalar(my @lines = $fleet->node(1)->log_lines(qr/bus|record/i)), '<', 200,
       'the log is not flooded');

# records so large that a page of them is more than a node reads at once

ok($fleet->node(1)->stop, 'a node ends');
is($redis->add(STREAM, ('x' x 20_000) x 600), 0, '600 records of 20 kB');
$fleet->start_again(1);
ok($fleet->wait_for_sync(30), 'the node reads smaller pages');
is($revoker->revoke({ subject => 'large1' }), 204, 'the bus works as before');
ok(arrives('large1'), 'and a record arrives');

# the keys are replaced: a third one is made known, then it signs, then the old
# ones go

my $third = new_key();
my $n = 0;

for my $keys ("$first$third", "$third$first", "$third") {
    for my $i (0, 1) {
        $fleet->write_keys($fleet->node($i), $keys);
        ok($fleet->node($i)->reload, 'a reload with other keys');
        ok($fleet->wait_for_sync(20), 'the nodes are in sync');
        rotate_one($_) for 0, 1;
    }
}

add($friend->revocations(issuer => AS, prefix => 'late', count => 1));
is($fleet->revoker(0)->revoke({ subject => 'last1' }), 204, 'with the new key');
ok(arrives('last1'), 'a record arrives');
is_deeply([ missing('late1') ], [ 'late1' ], 'one of the old key does not');

finish();


sub rotate_one {
    my ($i) = @_;

    my $subject = 'turn' . ++$n;

    is($fleet->revoker($i)->revoke({ subject => $subject }), 204,
       "node $i revokes meanwhile");
    ok(arrives($subject), 'and all nodes know');

    return;
}


sub add {
    my (@records) = @_;

    is($redis->add(STREAM, @records), 0, 'the server takes the records');

    return;
}


# Adds records that must be counted as bad, and waits for that.

sub bad {
    my ($what, @records) = @_;

    my @before = map { $fleet->status($_)->{bad} } 0, 1;

    add(@records);
    ok(wait_until(sub {
        my @now = map { $fleet->status($_)->{bad} } 0, 1;
        return $now[0] == $before[0] + @records
               && $now[1] == $before[1] + @records;
    }), "$what: " . @records . ' are counted as bad')
        or note("@before, now ", map { $fleet->status($_)->{bad} . ' ' } 0, 1);

    return;
}


sub counts_as_bad {
    my ($what, $act) = @_;

    my $before = $fleet->status(0)->{bad};

    $act->();
    ok(wait_until(sub { $fleet->status(0)->{bad} > $before }), "$what: is bad");

    return;
}


sub missing {
    my (@subjects) = @_;

    my %all = map { join(' ', @$_) => 1 } $fleet->missing(@subjects);

    return sort keys %all;
}


sub arrives {
    my (@subjects) = @_;

    return wait_until(sub { join('', missing(@subjects)) eq '' }, 10);
}

#!/usr/bin/perl
#
# Three nginx with a bus: what one of them revokes, all of them refuse; records of
# strangers are ignored; a node without its bus goes on, and catches up; the bus
# may forget everything.  What takes longer is in t/fleet/.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Fleet;
use OAuth::Test::Record qw(new_key);
use OAuth::Test::RedisData;

plan(skip_all => 'there is no redis-server')
    unless OAuth::Test::Redis::available();

my $key = new_key();
my $server = OAuth::Test::RedisData->new;
my $fleet = OAuth::Test::Fleet->new(port => $server->port, relay => 1,
                                    keys => $key)->start;

# one revokes, all refuse

for my $i (0 .. 2) {
    my $token = $fleet->token("user-$i");
    my $other = $fleet->token("other-$i");

    is(statuses($token), '200 200 200', 'a token is good everywhere');
    is($fleet->revoker($i)->revoke({ subject => "user-$i" }), 204,
       "node $i revokes it: the record is on the bus");
    ok(wait_until(sub { statuses($token) eq '401 401 401' }),
       'all nodes refuse it');
    is(statuses($other), '200 200 200', 'and no other');
}

# what names its client by azp, and its jti by a number

{
    my @agent = (client_id => undef, azp => 'agent-azp', jti => 4711);
    my $token = $fleet->token('azp', @agent);
    my $twin = $fleet->token('azp', @agent, azp => 'other', jti => 4712);
    my $third = $fleet->token('azp', @agent, azp => 'third', jti => 4713);

    is($fleet->revoker(0)->revoke({ client_id => 'agent-azp' }), 204,
       'a client that is in azp is revoked');
    is($fleet->revoker(1)->revoke({ token_id => '4712' }), 204,
       'and a jti that is a number');
    ok(wait_until(sub { statuses($token) eq '401 401 401'
                        && statuses($twin) eq '401 401 401' }),
       'all nodes refuse both');
    is(statuses($third), '200 200 200', 'and no other');
}

my $status = $fleet->status(0);

is($status->{state}, 'online', 'the status says that the bus is there');
is(scalar @{ $status->{peers} }, 2, 'and that there are two other nodes');
is($status->{bad}, 0, 'no record was bad');

# the input "token", by which a holder gives a token up

my $given = $fleet->token('giver');

is($fleet->node(0)->http->request('POST', '/give', 'Content-Type',
   'application/x-www-form-urlencoded', body => "token=$given")->status, 200,
   'a holder gives a token up');
ok(wait_until(sub { statuses($given) eq '401 401 401' }),
   'all nodes refuse it, too');
is(statuses($fleet->token('giver')), '200 200 200',
   'but not another one of the same subject');

# strangers

my $friend = OAuth::Test::Record->new($key);
my $stranger = OAuth::Test::Record->new(new_key());
my @wrong = $stranger->revocations(issuer => $fleet->AS, prefix => 'forged',
                                   count => 50);
my $redis = $server->client;

is($redis->add($fleet->STREAM, @wrong, 'nonsense'), 0, 'records of a stranger');
is($redis->add($fleet->STREAM, $friend->revocations(
    issuer => $fleet->AS, prefix => 'real')), 0, 'one that has the key');
ok(wait_until(sub { statuses($fleet->token('real1')) eq '401 401 401' }),
   'that one counts');
is(statuses($fleet->token('forged1')), '200 200 200', 'theirs do not');
ok(wait_until(sub { $fleet->status(1)->{bad} == 51 }), 'they are counted');

# a node without its bus

$fleet->relay(2)->target(0);
is($fleet->revoker(0)->revoke({ subject => 'missed' }), 204,
   'a revocation that a node does not hear of');
is($fleet->revoker(2)->revoke({ subject => 'queued' }), 202,
   'that node has no bus: it queues its own');
is(statuses($fleet->token('queued')), '200 200 401', 'and refuses the token');
is(statuses($fleet->token('missed')), '401 401 200', 'but not the other one');
$fleet->relay(2)->target($server->port);
ok(wait_until(sub {
    statuses($fleet->token('queued')) eq '401 401 401'
    && statuses($fleet->token('missed')) eq '401 401 401' }, 20),
   'with its bus again, it sends and hears');

# the bus forgets

$server->command('FLUSHALL');
is($fleet->revoker(1)->revoke({ subject => 'after' }), 204,
   'a revocation after the bus has lost all');
ok(wait_until(sub {
    my %keys = map { (($friend->read($_->[1]))[2] // '') => 1 }
               $redis->records($fleet->STREAM);
    return !grep { !$keys{ $friend->key($fleet->AS, $_) } }
        'user-0', 'user-1', 'user-2', 'missed', 'queued', 'after';
}, 20), 'the nodes put back what they had revoked');
ok($fleet->wait_for_sync(20), 'and are in sync');
is($fleet->status($_)->{losses}, 1, "node $_ has noticed") for 0 .. 2;

finish();


sub statuses {
    my ($token) = @_;

    return join ' ', map { $_->http->get('/page', token => $token)->status }
                     $fleet->nodes;
}

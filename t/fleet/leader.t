#!/usr/bin/perl
#
# The worker that speaks to the bus, the leader, is killed at random moments while
# all nodes revoke: another one takes over within 1.5 seconds, and nothing is lost.
# The same with reloads and restarts; a leader that exits gives its role up at
# once, and a node that starts again goes on where it was.
#
#   OAUTH_LEADER   kills, 20

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use Time::HiRes qw(sleep time);

use OAuth::Test;
use OAuth::Test::Fleet;
use OAuth::Test::FleetLoad;
use OAuth::Test::RedisData;

use constant {
    KILLS    => $ENV{OAUTH_LEADER} // 20,
    RELOADS  => 5,
    RESTARTS => 3,
    TAKEOVER => 1.5,                    # seconds
    SLOW     => 1.5,                    # for a busy machine
};

plan(skip_all => 'there is no redis-server')
    unless OAuth::Test::Redis::available();

my $seed = $ENV{OAUTH_LEADER_SEED} // time;

note("OAUTH_LEADER_SEED=$seed");
srand $seed;

my $server = OAuth::Test::RedisData->new;
my $fleet = OAuth::Test::Fleet->new(port => $server->port, workers => 3)
            ->start;

my ($all, @times) = (0);

# kill -9

my $load = OAuth::Test::FleetLoad->new(fleet => $fleet)->start;

for my $n (1 .. KILLS) {
    ok($load->wait_for(20), 'the nodes revoke');
    sleep rand 0.1;
    push @times, take_over($n % 3, sub { kill KILL => $_[0] });
}

note('another leader after ', join ' ', map { sprintf '%.2f', $_ } @times);
cmp_ok((sort { $a <=> $b } @times)[-1], '<', TAKEOVER + SLOW,
       'another worker takes over, each time');
ends_well($load, 'killed leaders');

# reloads: the old leader exits, and gives its role up

@times = ();
$load = OAuth::Test::FleetLoad->new(fleet => $fleet)->start;

for my $n (1 .. RELOADS) {
    ok($load->wait_for(20), 'the nodes revoke');
    push @times, take_over($n % 3, sub { kill HUP => $fleet->node($n % 3)->pid });
}

note('after reloads ', join ' ', map { sprintf '%.2f', $_ } @times);
ends_well($load, 'reloads');

# a restart: what was added meanwhile is read from the position in the store,
# without a comparison

for my $n (1 .. RESTARTS) {
    ok($fleet->wait_for_sync(20), 'the nodes are in sync');
    ok($fleet->node(2)->stop, 'a node ends');

    my @subjects = map { "restart-$n-$_" } 1 .. 50;

    is($fleet->revoker(0)->revoke(map { { subject => $_ } } @subjects), 204,
       'another one revokes');
    $fleet->start_again(2);
    ok(wait_until(sub {
        !$fleet->revoker(2)->missing(@subjects) && $fleet->is_in_sync(2) }, 20),
       'the node starts, and learns of it');

    my $status = $fleet->status(2);

    is($status->{comparisons}, 0, 'without a comparison');
    is($status->{losses}, 0, 'without an alarm');
    cmp_ok($status->{received}, '<', 400, 'it did not read everything');
}

# all workers at once, and the master

for my $n (1 .. RESTARTS) {
    my $nginx = $fleet->node(1);
    my @before = $nginx->workers;

    is($fleet->revoker(1)->revoke({ subject => "all-$n" }), 204, 'a revocation');
    kill KILL => @before;
    ok(wait_until(sub {
        my %old = map { $_ => 1 } @before;
        my @now = grep { !$old{$_} } $nginx->workers;
        return @now == 3 && $fleet->is_in_sync(1) }, 20),
       'all workers are killed, and there is a leader again');
    is(join(' ', map { scalar @$_ } $fleet->missing("all-$n")), '0 0 0',
       'nothing is lost');
}

finish();


# Returns the seconds until the status names another leader.

sub take_over {
    my ($i, $end) = @_;

    my $old = $fleet->leader($i);
    my $began = time;

    ok($old, "node $i has a leader");
    $end->($old);
    ok(wait_until(sub {
        my $now = $fleet->leader($i);
        return $now && $now != $old;
    }, 20), 'and then another one');

    return time - $began;
}


sub ends_well {
    my ($load, $what) = @_;

    my $seen = $load->finish;
    my @subjects = $load->subjects;

    ok(wait_until(sub { $fleet->is_in_sync
                        && !grep { @$_ } $fleet->missing(@subjects) }, 30),
       "$what: nothing of " . @subjects . ' records was lost')
        or diag($fleet->describe);
    is($seen->{reopened}, 0, "$what: no token was accepted again");
    cmp_ok($seen->{refused}, '>', 0, "$what: $seen->{refused} were refused");
    note(sprintf '%s: %s; slowest answer %.2f s, worst page %.0f ms', $what,
         join(', ', map { "$_: $load->{statuses}{$_}" }
                    sort keys %{ $load->{statuses} }),
         $load->{slowest}, 1000 * $seen->{worst});

    return;
}

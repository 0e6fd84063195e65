#!/usr/bin/perl
#
# Three nodes revoke without a pause, while something happens to the bus.  What a
# node has acknowledged is known to all nodes in the end, no token that a node
# has refused is ever accepted there again, and nobody who asks for a page waits.
# How long it took to heal, once the fault was over, is noted.
#
#   OAUTH_FAULTS   their names, all; with spaces between them
#   OAUTH_FAULT    seconds that each lasts, 3

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use Time::HiRes qw(sleep time);

use OAuth::Test;
use OAuth::Test::Faults;
use OAuth::Test::Fleet;
use OAuth::Test::FleetLoad;
use OAuth::Test::RedisData;

use constant {
    SECONDS => $ENV{OAUTH_FAULT} // 3,
    BEFORE  => 100,                     # records
    HEAL    => 60,                      # seconds, at most
    WORST   => 1,                       # second, for a page, on a busy machine
};

plan(skip_all => 'there is no redis-server')
    unless OAuth::Test::Redis::available();

my @names = split ' ', $ENV{OAUTH_FAULTS}
                       // join ' ', 'none', OAuth::Test::Faults::names();
my $seed = $ENV{OAUTH_FAULTS_SEED} // time;

note("OAUTH_FAULTS_SEED=$seed");
srand $seed;
run($_) for @names;
finish();


sub run {
    my ($name) = @_;

    my $server = OAuth::Test::RedisData->new;
    my $fleet = OAuth::Test::Fleet->new(port => $server->port, relay => 1)
                ->start;
    my $faults = OAuth::Test::Faults->new(fleet => $fleet, server => $server);
    my $load = OAuth::Test::FleetLoad->new(fleet => $fleet)->start;

    ok($load->wait_for(BEFORE), "$name: the nodes revoke");

    if ($name eq 'none') {
        sleep SECONDS;

    } else {
        $faults->prepare($name);
        ok($load->wait_for(BEFORE), "$name: and go on");
        last_for($faults, $name);
    }

    my $ended = time;
    my $healed = heals($load, $fleet);
    my $seconds = time - $ended;

    ok($healed, "$name: what was acknowledged during the fault is everywhere")
        or diag($fleet->describe);

    my $seen = $load->finish;
    my @missing = missing($fleet, $load->subjects);

    is("@missing", '0 0 0', "$name: and all that was acknowledged later, too")
        or diag($fleet->describe);
    cmp_ok($seen->{refused}, '>', 0, "$name: nodes refused tokens");
    is($seen->{reopened}, 0, "$name: and never accepted them again");
    is($seen->{others}, 0, "$name: other tokens were always accepted");
    cmp_ok($seen->{worst}, '<', WORST, "$name: no page was late");

    note(sprintf '%-9s healed in %5.2f s; %d records (%s), slowest answer '
         . '%.2f s; %d pages, worst %.0f ms, %d later than 250 ms', $name,
         $seconds, scalar $load->subjects,
         join(' ', map { "$_: $load->{statuses}{$_}" }
                   sort keys %{ $load->{statuses} }),
         $load->{slowest}, @$seen{qw(asked)}, 1000 * $seen->{worst},
         $seen->{late});
    note(join '; ', map { my $status = $fleet->status($_);
        "$_: " . join ' ', map { "$_ " . ($status->{$_} // 'none') }
                           qw(comparisons losses connects bad sent) } 0 .. 2);

    ok($_->stop, "$name: nginx ends when asked to") for $fleet->nodes;

    return;
}


sub last_for {
    my ($faults, $name) = @_;

    my $end = time + SECONDS;
    my $again = $faults->again($name) // SECONDS;

    while (time < $end) {
        $faults->begin($name);
        sleep $again;
    }

    $faults->end($name);

    return;
}


# Waits until all nodes know what was acknowledged until now, and say so.

sub heals {
    my ($load, $fleet) = @_;

    $load->count;

    my @left = map { [ $load->subjects ] } 1 .. 3;

    return wait_until(sub {
        for my $i (0 .. 2) {
            $left[$i] = [ $fleet->revoker($i)->missing(@{ $left[$i] }) ];
        }

        return !(grep { @$_ } @left) && is_online($fleet);
    }, HEAL);
}


sub is_online {
    my ($fleet) = @_;

    return !grep { ($fleet->status($_)->{state} // '') ne 'online' } 0 .. 2;
}


sub missing {
    my ($fleet, @subjects) = @_;

    my @left = map { [ @subjects ] } 0 .. 2;

    wait_until(sub {
        $left[$_] = [ $fleet->revoker($_)->missing(@{ $left[$_] }) ] for 0 .. 2;
        return !grep { @$_ } @left;
    }, HEAL);

    return map { scalar @$_ } @left;
}

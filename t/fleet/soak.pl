#!/usr/bin/perl
#
# For each seed: three nodes that lag at random revoke for 20 seconds, while 21 to
# 28 random faults happen to the bus and to the nodes.  Then all is well again,
# and the records that a node has acknowledged and another one never learns are
# counted.  There may be none.
#
# What one fault has lost may be put back because of another one, which is easier
# to notice.  So two of three seeds have only a few kinds of faults.
#
# usage: t/fleet/soak.pl [-j jobs] [-v] seed...       t/fleet/soak.pl 1-100
#
#   -j jobs   so many seeds at the same time, 2
#   -v        says which faults there were, and when

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use Getopt::Long qw(:config bundling);
use Time::HiRes qw(sleep time);

use OAuth::Test::Faults;
use OAuth::Test::Fleet;
use OAuth::Test::FleetLoad;
use OAuth::Test::Nginx;
use OAuth::Test::Process qw(wait_until);
use OAuth::Test::RedisData;

use constant {
    SECONDS => 20,
    LEAST   => 21,                      # faults
    MOST    => 28,
    FEW     => 4,                       # kinds, of most seeds
    HEAL    => 90,                      # seconds, at most
};

# Those of the bus, and what happens to a node: its leader is killed, or stopped
# for a while, or what the server says to it is held back.

use constant FAULTS => (qw(
    flushall del del_all restart empty old failover split reload trimmed deleted
    full frozen silent dropped cut garbage slow evicted readonly
), (qw(killed stopped lagging)) x 3);

my $jobs = 2;
my $verbose;

GetOptions('j=i' => \$jobs, v => \$verbose)
    or die "usage: t/fleet/soak.pl [-j jobs] [-v] seed...\n";

my @seeds = map { /\A(\d+)-(\d+)\z/ ? $1 .. $2 : $_ } @ARGV ? @ARGV : 1;

die "there is no redis-server\n" unless OAuth::Test::Redis::available();
exit(@seeds == 1 ? soak(@seeds) : run_all(@seeds));


# --- many seeds -------------------------------------------------------------

# Each has a process of its own, which ends what it has started.

sub run_all {
    my (@all) = @_;

    my $failed = 0;
    my (%running, @left);

    local $SIG{INT} = local $SIG{TERM} = sub {
        kill TERM => keys %running;
        exit 1;
    };

    @left = @all;

    while (@left || %running) {
        if (@left && keys %running < $jobs) {
            my $seed = shift @left;
            my $pid = fork // die "fork: $!\n";

            exec $^X, $0, $verbose ? '-v' : (), $seed if $pid == 0;
            $running{$pid} = $seed;
            next;
        }

        my $pid = wait;
        $failed++ if delete $running{$pid} && $?;
    }

    printf "%d passed, %d failed\n", @all - $failed, $failed;

    return $failed ? 1 : 0;
}


# --- one seed ---------------------------------------------------------------

my @later;                      # what ends by itself: pairs of a time and code

sub soak {
    my ($seed) = @_;

    local $SIG{INT} = local $SIG{TERM} = sub { exit 1 };
    srand $seed;

    my $count = LEAST + int rand MOST - LEAST + 1;
    my @moments = sort { $a <=> $b } map { rand SECONDS } 1 .. $count;
    my @kinds = (FAULTS);

    @kinds = map { $kinds[ rand @kinds ] } 1 .. FEW if $seed % 3;

    my @names = map { $kinds[ rand @kinds ] } @moments;

    my $server = OAuth::Test::RedisData->new;
    my $fleet = OAuth::Test::Fleet->new(port => $server->port, relay => 1)
                ->start;
    my $faults = OAuth::Test::Faults->new(fleet => $fleet, server => $server);
    my $load = OAuth::Test::FleetLoad->new(fleet => $fleet, tokens => 10)
               ->start;
    my $began = time;

    for my $i (0 .. $#moments) {
        pass($began + $moments[$i] - time);
        happen($fleet, $faults, $names[$i]);
    }

    pass($began + SECONDS - time);
    $_->[1]->() for splice @later;

    my $seen = $load->finish;
    my $ended = time;
    my @missing = missing($fleet, $load->subjects);
    my $healed = time - $ended;
    my @complaints = complaints($fleet);

    printf "seed %d: %d faults, %d records, %d missing for good, healed in "
        . "%.1f s%s\n", $seed, $count, scalar $load->subjects,
        scalar @missing, $healed,
        $seen->{reopened} ? ", $seen->{reopened} tokens accepted again" : '';

    my $bad = @missing || $seen->{reopened} || @complaints;

    print "seed $seed: @names\n", (map { "$_\n" } @complaints),
        $fleet->describe, @missing ? "@missing[0 .. min(9, $#missing)]\n" : ''
        if $bad;

    return $bad ? 1 : 0;
}


sub min { return $_[0] < $_[1] ? $_[0] : $_[1] }


# Lets time pass, and does what is due meanwhile.

sub pass {
    my ($seconds) = @_;

    my $end = time + $seconds;

    for (;;) {
        my $now = time;

        $_->[1]->() for grep { $_->[0] <= $now } @later;
        @later = grep { $_->[0] > $now } @later;
        return if $now >= $end;
        sleep min(0.02, $end - $now);
    }
}


sub later {
    my ($seconds, $code) = @_;

    push @later, [ time + $seconds, $code ];

    return;
}


sub happen {
    my ($fleet, $faults, $name) = @_;

    printf STDERR "%.2f %s\n", time, $name if $verbose;

    my $i = int rand 3;
    my $long = 0.1 + rand 1.4;

    if ($name eq 'lagging') {
        $fleet->relay($i)->hold;
        later($long, sub { $fleet->relay($i)->normal });
        return;
    }

    if ($name eq 'killed' || $name eq 'stopped') {
        my $leader = $fleet->leader($i) or return;

        kill KILL => $leader if $name eq 'killed';
        return if $name eq 'killed';

        kill STOP => $leader;
        later($long, sub { kill CONT => $leader });
        return;
    }

    $faults->prepare($name);
    pass(0.05 + rand 0.4);

    for (1 .. ($faults->again($name) ? 3 : 1)) {
        $faults->begin($name);
        pass(0.05 + rand 0.4);
    }

    $faults->end($name);

    return;
}


# The subjects that a node does not know in the end

sub missing {
    my ($fleet, @subjects) = @_;

    my @left = map { [ @subjects ] } 0 .. 2;

    wait_until(sub {
        $left[$_] = [ $fleet->revoker($_)->missing(@{ $left[$_] }) ] for 0 .. 2;
        return !(grep { @$_ } @left) && $fleet->is_in_sync;
    }, HEAL);

    return map { my $i = $_; map { "$i:$_" } @{ $left[$i] } } 0 .. 2;
}


sub complaints {
    my ($fleet) = @_;

    return map { my $i = $_; my $nginx = $fleet->node($i);
        ($nginx->stop ? () : "node $i does not end"),
        map { "node $i: $_" } $nginx->complaints } 0 .. 2;
}

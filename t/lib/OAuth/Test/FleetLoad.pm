package OAuth::Test::FleetLoad;

# Clients that revoke on every node of a fleet until they are told to stop, and
# one that watches the nodes meanwhile: how long it takes to answer an unrelated
# request, and whether a token that a node has refused is ever accepted there
# again.

use strict;
use warnings;

use IO::Select;
use Time::HiRes qw(sleep time);

use OAuth::Test::Connection;
use OAuth::Test::Process qw(reap spawn wait_until);

use constant {
    CONNECTIONS => 4,                   # of the watcher, to each node
    TURN        => 0.05,                # seconds
    EVERY       => 3,                   # one in so many requests is about a
                                        # token that the watcher has
    CHECKED     => 3,                   # tokens, each turn
};


# options: fleet; pause, in seconds, between the requests of a client (0.03);
# batch, the number of records of a request, at most (5); clients, of a node (2);
# tokens, for how many requests of the first client of a node there are (40);
# nodes, that get requests (all)

sub new {
    my ($class, %options) = @_;

    my $self = bless { pause => 0.03, batch => 5, clients => 2, tokens => 40,
                       buffer => '', records => [], statuses => {},
                       %options }, $class;
    my $fleet = $self->{fleet};

    $self->{nodes} //= [ 0 .. $fleet->{nodes} - 1 ];
    $self->{flag} = $fleet->node(0)->dir . '/enough';
    unlink $self->{flag};
    $self->{mark} = time;

    for my $i (@{ $self->{nodes} }) {
        push @{ $self->{watched} }, map {
            my $subject = $self->subject($i, 0, $_ * EVERY, 1);
            { token => $fleet->token($subject) };
        } 1 .. $self->{tokens};
    }

    $self->{good} = $fleet->token('nobody');

    return $self;
}


# Each client writes what was acknowledged into the pipe.

sub start {
    my ($self) = @_;

    pipe $self->{from}, my $to or die "pipe: $!\n";
    $self->{from}->blocking(0);

    for my $i (@{ $self->{nodes} }) {
        for my $client (0 .. $self->{clients} - 1) {
            push @{ $self->{processes} },
                spawn(sub { $self->revoke($i, $client, $to) });
        }
    }

    pipe $self->{seen}, my $see or die "pipe: $!\n";
    $self->{watcher} = spawn(sub { $self->watch($see) });

    return $self;
}


sub subject {
    my ($self, @words) = @_;

    return join '-', 'u', int($self->{mark} * 1000), @words;
}


sub revoke {
    my ($self, $i, $client, $to) = @_;

    my $revoker = $self->{fleet}->revoker($i);

    srand $$;

    for (my $n = 1; !-e $self->{flag}; $n++) {
        my $size = 1 + int rand $self->{batch};
        my $began = time;
        my $status = $revoker->revoke(map {
            { subject => $self->subject($i, $client, $n, $_) } } 1 .. $size);

        syswrite $to, sprintf "%d %d %d %d %d %.3f\n", $i, $client, $n, $size,
            $status, time - $began;
        sleep $self->{pause};
    }

    return;
}


# How many records were acknowledged so far

sub count {
    my ($self) = @_;

    while (sysread $self->{from}, $self->{buffer}, 65_536,
           length $self->{buffer}) { }

    while ($self->{buffer} =~ s/\A(.*)\n//) {
        my ($i, $client, $n, $size, $status, $time) = split ' ', $1;

        $self->{statuses}{$status}++;
        $self->{slowest} = $time if $time > ($self->{slowest} // 0);

        push @{ $self->{records} },
            map { $self->subject($i, $client, $n, $_) } 1 .. $size
            if $status =~ /\A2/;
    }

    return scalar @{ $self->{records} };
}


# Waits until so many more were acknowledged.

sub wait_for {
    my ($self, $more, $seconds) = @_;

    my $goal = $self->count + $more;

    return wait_until(sub { $self->count >= $goal }, $seconds // 30);
}


# Ends all; returns what the watcher has seen: worst, the longest time of an
# unrelated request; late, the number of those that took longer than "limit";
# asked; reopened, the number of times that a refused token was accepted; refused,
# the number of those that were refused on a node; others, statuses of the
# unrelated requests that are not 200.

sub finish {
    my ($self) = @_;

    open my $out, '>', $self->{flag} or die "no flag: $!\n";
    close $out;

    for my $pid (@{ $self->{processes} }) {
        wait_until(sub { $self->count; reap($pid) }, 70)
            or die "a client does not end\n";
    }

    $self->count;

    my $from = $self->{seen};
    my $said = <$from> // die "the watcher has died\n";

    wait_until(sub { reap($self->{watcher}) }, 10);

    my %seen;
    @seen{qw(asked worst late reopened refused others)} = split ' ', $said;

    return \%seen;
}


# The records that were acknowledged

sub subjects { return @{ $_[0]{records} } }


# --- the watcher ------------------------------------------------------------

sub watch {
    my ($self, $to) = @_;

    my $fleet = $self->{fleet};
    my %seen = map { $_ => 0 } qw(asked worst late reopened refused others);
    my @watched = @{ $self->{watched} };
    my (@probes, $turn);

    for my $i (0 .. $fleet->{nodes} - 1) {
        my $http = $fleet->node($i)->http('main', timeout => 10);

        push @probes, map { { node => $i, http => $http } } 1 .. CONNECTIONS;
    }

    my $good = $probes[0]{http}->bytes('GET', '/page', token => $self->{good});

    until (-e $self->{flag}) {
        my $next = time + TURN;

        $_->{time} = ask($_, $good) for @probes;

        for my $probe (@probes) {
            my $status = answer($probe) // next;
            my $time = time - $probe->{time};

            $seen{asked}++;
            $seen{others}++ if $status != 200;
            $seen{worst} = $time if $time > $seen{worst};
            $seen{late}++ if $time > ($self->{limit} // 0.25);
        }

        check($watched[ $turn++ % @watched ], \%seen, @probes)
            for 1 .. CHECKED;

        my $rest = $next - time;
        sleep $rest if $rest > 0;
    }

    printf $to "%d %.3f %d %d %d %d\n",
        @seen{qw(asked worst late reopened refused others)};
    close $to;

    return;
}


sub check {
    my ($watched, $seen, @probes) = @_;

    my $bytes = $probes[0]{http}->bytes('GET', '/page',
                                        token => $watched->{token});
    my %refused = %$watched;

    ask($_, $bytes) for @probes;

    # These requests are under way together, so only a refusal before them counts.

    for my $probe (@probes) {
        my $status = answer($probe) // next;
        my $node = $probe->{node};

        if ($status == 401) {
            $seen->{refused}++ unless $watched->{$node}++;
        } elsif ($status == 200 && $refused{$node}) {
            $seen->{reopened}++;
        }
    }

    return;
}


# A node may have been stopped, so a connection may be gone at any time.

sub ask {
    my ($probe, $bytes) = @_;

    delete $probe->{connection}
        if $probe->{connection} && $probe->{connection}->closed;
    $probe->{connection} //= $probe->{http}->connect;
    $probe->{connection}->send($bytes);

    return time;
}


sub answer {
    my ($probe) = @_;

    my $response = $probe->{connection}->finish;

    return $response->status || undef;
}

1;

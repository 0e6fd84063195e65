package OAuth::Test::Relay;

# A relay between a client and a server, which does to the bytes what the test
# asks for.  It is one process with one loop, so that it costs little.

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use Socket qw(AF_UNIX IPPROTO_TCP PF_UNSPEC SOCK_STREAM SOL_SOCKET SO_LINGER
              TCP_NODELAY);
use Time::HiRes qw(time);

use OAuth::Test::Port qw(listen_socket);
use OAuth::Test::Process qw(spawn stop_process);

use constant {
    SIZE => 65_536,
    MOST => 4_000_000,                  # bytes that wait for one side
    TURN => 0.2,                        # seconds of one wait, at most
};


# options: target, a port; 0: connections are closed at once

sub new {
    my ($class, %options) = @_;

    my $self = bless { target => 0, delay => 0, garbage => '', cut => 0,
                       %options }, $class;
    my $listen = listen_socket();
    my $parent = $$;

    $self->{port} = $listen->sockport;
    socketpair $self->{control}, my $other, AF_UNIX, SOCK_STREAM, PF_UNSPEC
        or die "socketpair: $!\n";

    $self->{pid} = spawn(sub {
        close $self->{control};
        $self->loop($listen, $other, $parent);
    });

    close $other;

    return $self;
}


sub port { return $_[0]{port} }


# Each returns when the relay obeys.
#
# target: where new connections go; those that are there are closed.
# delay: for how many seconds bytes of the server are held back.
# cut: the next so many chunks of the server end with their half, and with the
# connection.  garbage: bytes that take the place of the server's next chunk, so
# many times.  hold: nothing passes, in either direction.  drop: all connections
# are reset.  normal: none of these.

sub target { return $_[0]->tell("target $_[1]") }
sub delay { return $_[0]->tell("delay $_[1]") }
sub cut { return $_[0]->tell('cut ' . ($_[1] // 1)) }
sub hold { return $_[0]->tell('hold 1') }
sub drop { return $_[0]->tell('drop 1') }
sub normal { return $_[0]->tell('normal 1') }

sub garbage {
    my ($self, $bytes, $times) = @_;

    return $self->tell('garbage ' . ($times // 1) . ' ' . unpack 'H*', $bytes);
}


# How many connections there are, and how many there ever were.

sub connections { return (split ' ', $_[0]->tell('count 1'))[0] }
sub accepted { return (split ' ', $_[0]->tell('count 1'))[1] }


sub stop {
    my ($self) = @_;

    stop_process(delete $self->{pid}, 'KILL') if $self->{pid};

    return;
}


sub tell {
    my ($self, $line) = @_;

    syswrite $self->{control}, "$line\n" or die "the relay is gone\n";
    sysread $self->{control}, my $answer, 200 or die "the relay is gone\n";
    chomp $answer;

    return $answer;
}


# --- in the child -----------------------------------------------------------

sub loop {
    my ($self, $listen, $control, $parent) = @_;

    local $SIG{PIPE} = 'IGNORE';
    local $SIG{INT} = 'IGNORE';

    @$self{qw(pairs garbages accepted hold)} = ({}, 0, 0, 0);

    while (getppid == $parent) {
        my ($read, $write, $wait) = $self->interests($listen, $control);
        my ($readable, $writable) = IO::Select::select($read, $write, undef,
                                                       $wait);

        for my $socket (@{ $readable || [] }) {
            if ($socket == $control) {
                $self->obey($control) or return;
            } elsif ($socket == $listen) {
                $self->accept($listen);
            } else {
                $self->read_from($socket);
            }
        }

        $self->write_to($_) for @{ $writable || [] };
    }

    return;
}


# A side of a connection: its socket, the side at the other end, and what waits
# to be written to it, as pairs of a time and bytes.

sub interests {
    my ($self, $listen, $control) = @_;

    my $read = IO::Select->new($listen, $control);
    my $write = IO::Select->new;
    my ($now, $wait) = (time, TURN);

    return ($read, $write, $wait) if $self->{hold};

    for my $side (values %{ $self->{pairs} }) {
        $read->add($side->{socket})
            if !$side->{ended} && $side->{peer}{waiting} < MOST;

        my $first = $side->{queue}[0] or next;

        if ($first->[0] <= $now) {
            $write->add($side->{socket});
        } elsif ($first->[0] - $now < $wait) {
            $wait = $first->[0] - $now;
        }
    }

    return ($read, $write, $wait);
}


sub obey {
    my ($self, $control) = @_;

    sysread $control, my $line, SIZE or return 0;

    my ($verb, $value, $more) = split ' ', $line;

    if ($verb eq 'garbage') {
        @$self{qw(garbages garbage)} = ($value, pack 'H*', $more // '');
    } elsif ($verb eq 'normal') {
        @$self{qw(delay cut hold garbages)} = (0, 0, 0, 0);
    } elsif ($verb ne 'count' && $verb ne 'drop') {
        $self->{$verb} = $value;
    }

    if ($verb eq 'drop' || $verb eq 'target') {
        $self->end($_, 1) for my @all = values %{ $self->{pairs} };
    }

    my $n = keys(%{ $self->{pairs} }) / 2;
    syswrite $control, "$n $self->{accepted}\n";

    return 1;
}


sub accept {
    my ($self, $listen) = @_;

    my $client = $listen->accept or return;

    $self->{accepted}++;

    my $server = $self->{target} && IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $self->{target}, Proto => 'tcp',
        Timeout => 1);

    return $client->close unless $server;

    setsockopt $_, IPPROTO_TCP, TCP_NODELAY, 1 for $client, $server;
    $_->blocking(0) for $client, $server;

    my ($one, $two) = map { { socket => $_, queue => [], waiting => 0 } }
                      $client, $server;

    @$one{qw(peer server)} = ($two, 0);
    @$two{qw(peer server)} = ($one, 1);
    $self->{pairs}{ fileno $_->{socket} } = $_ for $one, $two;

    return;
}


# An event may be about a connection that was closed a moment ago.

sub side_of {
    my ($self, $socket) = @_;

    return defined fileno $socket ? $self->{pairs}{ fileno $socket } : undef;
}


sub read_from {
    my ($self, $socket) = @_;

    my $side = $self->side_of($socket) or return;
    my $n = sysread $socket, my $bytes, SIZE;

    return if !defined $n && $!{EAGAIN};

    if (!$n) {
        $side->{ended} = 1;
        $self->queue($side->{peer}, $side->{server}, undef);
        return;
    }

    if ($side->{server} && $self->{garbages} > 0) {
        $self->{garbages}--;
        $bytes = $self->{garbage};

    } elsif ($side->{server} && $self->{cut} > 0 && $n > 1) {
        $self->{cut}--;
        $self->queue($side->{peer}, 1, substr $bytes, 0, $n / 2);
        $self->queue($side->{peer}, 1, undef);
        $side->{ended} = 1;
        return;
    }

    $self->queue($side->{peer}, $side->{server}, $bytes);

    return;
}


sub queue {
    my ($self, $side, $is_reply, $bytes) = @_;

    push @{ $side->{queue} },
        [ time + ($is_reply ? $self->{delay} : 0), $bytes ];
    $side->{waiting} += length($bytes // '');

    return;
}


sub write_to {
    my ($self, $socket) = @_;

    my $side = $self->side_of($socket) or return;
    my $now = time;

    while (my $first = $side->{queue}[0]) {
        return if $first->[0] > $now;
        return $self->end($side) unless defined $first->[1];

        my $n = syswrite $socket, $first->[1];

        if (!defined $n) {
            return $!{EAGAIN} ? undef : $self->end($side);
        }

        substr $first->[1], 0, $n, '';
        $side->{waiting} -= $n;
        return if length $first->[1];
        shift @{ $side->{queue} };
    }

    return;
}


# Ends the connections of both sides.  One that is reset leaves no state behind
# in the kernel; the others deliver what was written to them.

sub end {
    my ($self, $side, $reset) = @_;

    for my $one (grep { defined } $side, delete $side->{peer}) {
        my $socket = delete $one->{socket} or next;

        delete $one->{peer};
        delete $self->{pairs}{ fileno $socket };
        setsockopt $socket, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0
            if $reset || $one->{ended};
        close $socket;
    }

    return;
}

1;

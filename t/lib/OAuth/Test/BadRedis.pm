package OAuth::Test::BadRedis;

# A server that is in the place of a Redis server, and does with each connection
# what the test says: a list of steps.
#
#   [ read => ]             waits for a command, and records its words
#   [ write => $bytes ]
#   [ drip => $bytes ]      one byte after the other
#   [ flood => $bytes, $n ] writes the bytes up to n times
#   [ 'reset' ]             closes the connection with RST
#   [ 'close' ]
#   [ 'wait' ]              does not even read
#   [ 'hang' ]              does nothing, and records the bytes that still come;
#                           also what is done after the last step

use strict;
use warnings;

use parent 'OAuth::Test::Server';

use IO::Select;
use Socket qw(IPPROTO_TCP SOL_SOCKET SO_LINGER TCP_NODELAY);
use Time::HiRes qw(sleep);


sub steps {
    my ($self, @steps) = @_;

    $self->{state}{steps} = \@steps;
    unlink "$self->{folder}/seen";

    return $self->save;
}


# What it was sent since steps was called.

sub commands { return map { $_->{words} || () } $_[0]->seen }

sub rest { return join '', map { $_->{rest} // '' } $_[0]->seen }


sub serve {
    my ($self, $client) = @_;

    my $buffer = '';

    setsockopt $client, IPPROTO_TCP, TCP_NODELAY, 1;

    for my $step (@{ $self->load->{steps} }, ['hang']) {
        my ($name, @values) = @$step;
        my $method = $self->can("do_$name") or die "no step $name\n";

        $self->$method($client, \$buffer, @values);
    }

    return;
}


sub do_read {
    my ($self, $client, $buffer) = @_;

    my $need = sub {
        for (;;) {
            return $1 if $$buffer =~ s/\A\Q$_[0]\E(\d+)\r\n//;
            $self->read_some($client, $buffer) or die "gone: closed\n";
        }
    };

    my @words = map {
        my $length = $need->('$');
        substr $self->need($client, $buffer, $length + 2), 0, $length;
    } 1 .. $need->('*');

    $self->record({ words => \@words });

    return;
}


sub do_write {
    my ($self, $client, $buffer, $bytes) = @_;

    $self->write_all($client, $bytes);

    return;
}


sub do_drip {
    my ($self, $client, $buffer, $bytes) = @_;

    for my $byte (split //, $bytes) {
        $self->write_all($client, $byte);
        sleep 0.001;
    }

    return;
}


sub do_flood {
    my ($self, $client, $buffer, $bytes, $n) = @_;

    $self->write_all($client, $bytes) for 1 .. $n;
    $self->record({ flooded => 1 });

    return;
}


sub do_reset {
    my ($self, $client) = @_;

    setsockopt $client, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0;

    return $self->do_close($client);
}


sub do_close {
    my ($self, $client) = @_;

    close $client;
    die "gone: closed by a step\n";
}


sub do_wait { return $_[0]->wait_for_flag('never', 60) }


sub do_hang {
    my ($self, $client, $buffer) = @_;

    $self->record({ rest => $$buffer }) if length $$buffer;
    $$buffer = '';

    while (IO::Select->new($client)->can_read(60)) {
        sysread $client, $$buffer, 65_536 or return;
        $self->record({ rest => $$buffer });
    }

    return;
}

1;

package OAuth::Test::HostileRedis;

# A server in the place of Redis that breaks the protocol.  What it does is in
# its state:
#
#   mode    silent (reads, and never answers), close (closes at once), bytes
#           (answers whatever comes with "bytes"), greet (writes "bytes" before
#           anything comes), endless (answers with "bytes", and then with "more"
#           without an end), slow (answers with "bytes", one byte each 50 ms)

use strict;
use warnings;

use parent 'OAuth::Test::Server';

use Time::HiRes qw(sleep);


sub init { $_[0]{state}{mode} = 'silent' }


# Another behaviour from the next connection on.

sub act {
    my ($self, $mode, %options) = @_;

    $self->{state} = { mode => $mode, %options };

    return $self->save;
}


sub serve {
    my ($self, $client) = @_;

    my $state = $self->load;
    my ($mode, $bytes) = @$state{qw(mode bytes)};
    my $buffer = '';

    $self->record({ mode => $mode });

    return if $mode eq 'close';
    return $self->hang($client) if $mode eq 'silent';

    $self->write_all($client, $bytes) if $mode eq 'greet';

    while ($self->read_some($client, \$buffer)) {
        $buffer = '';
        next if $mode eq 'greet';

        if ($mode eq 'slow') {
            for my $byte (split //, $bytes) {
                $self->write_all($client, $byte);
                sleep 0.05;
            }
            next;
        }

        $self->write_all($client, $bytes);
        $self->write_all($client, $state->{more}) while $mode eq 'endless';
    }

    return;
}

1;

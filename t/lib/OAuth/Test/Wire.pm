package OAuth::Test::Wire;

# An app that follows a script.  The first segment of the path selects a list of
# steps.  All bytes that arrived are kept exactly as they came.
#
#   send => bytes       writes them
#   flag => name        waits until the test raises that
#   raise => name       raises that flag for the test
#   read => pattern     reads until all bytes so far match
#   end => 1            reads until the peer closes the connection

use strict;
use warnings;

use parent 'OAuth::Test::Server';

use OAuth::Test::Process qw(wait_until);


sub script {
    my ($self, $name, @steps) = @_;

    $self->{state}{$name} = \@steps;

    return $self->save;
}


# What the last connection for this name had brought when it ended: the bytes,
# and whether the peer left first.  Only connections since the last call count.

sub received {
    my ($self, $name) = @_;

    my $record = wait_until(sub {
        my @seen = grep { $_->{name} eq $name } $self->seen;
        return @seen > ($self->{known}{$name} // 0) ? $seen[-1] : undef;
    }) or return {};

    $self->{known}{$name}++;

    return $record;
}


sub lower_flag {
    my ($self, $name) = @_;

    unlink "$self->{folder}/flag-$name";

    return;
}


sub serve {
    my ($self, $client) = @_;

    my $bytes = '';
    my $left = 0;

    until ($bytes =~ /\r\n\r\n/) {
        $self->read_some($client, \$bytes) or return;
    }

    my ($name) = $bytes =~ m{\A\S+ /(\w+)} or die "no name in $bytes\n";
    my $steps = $self->load->{$name} or die "no script for $name\n";

    eval {
        $self->step($client, \$bytes, @$steps[$_, $_ + 1])
            for grep { $_ % 2 == 0 } 0 .. $#$steps;
        1;
    } or $left = 1;

    $self->record({ name => $name, bytes => $bytes, left => $left });

    return;
}


sub step {
    my ($self, $client, $bytes, $verb, $what) = @_;

    if ($verb eq 'send') {
        $self->write_all($client, $what);

    } elsif ($verb eq 'flag') {
        $self->wait_for_flag($what);

    } elsif ($verb eq 'raise') {
        $self->raise_flag($what);

    } elsif ($verb eq 'read') {
        until ($$bytes =~ /$what/s) {
            $self->read_some($client, $bytes) or die "gone\n";
        }

    } elsif ($verb eq 'end') {
        1 while $self->read_some($client, $bytes);
        die "gone\n";
    }

    return;
}

1;

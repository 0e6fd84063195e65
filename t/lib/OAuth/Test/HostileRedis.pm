package OAuth::Test::HostileRedis;

# A server in the place of Redis that breaks the protocol.  What it does is in
# its state:
#
#   mode    silent (reads, and never answers), close (closes at once), bytes
#           (answers whatever comes with "bytes"), greet (writes "bytes" before
#           anything comes), endless (answers with "bytes", and then with "more"
#           without an end), slow (answers with "bytes", one byte each 50 ms), lie
#           (answers each command as a server with an empty stream would, but for
#           those in "lies": name of a command => bytes)

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
    return $self->lie($client, $state->{lies}) if $mode eq 'lie';

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


my %truth = (
    INFO  => text("# Server\r\nredis_version:7.0.15\r\nrun_id:" . 'a' x 40
                  . "\r\n"),
    XINFO => array(text('length'), ":0\r\n", text('last-generated-id'),
                   text('0-0'), text('max-deleted-entry-id'), text('0-0'),
                   text('entries-added'), ":0\r\n"),
    XADD  => text('1-1'),
    XREAD => "*-1\r\n",
    XTRIM => ":0\r\n",
    PING  => "+PONG\r\n",
);

sub text { return '$' . length($_[0]) . "\r\n$_[0]\r\n" }
sub array { return '*' . @_ . "\r\n" . join '', @_ }


# What XREAD would say about one stream.  Each entry is an id and fields.

sub stream {
    my ($name, @entries) = @_;

    return array(text($name), array(map {
        my ($id, @fields) = @$_;
        array(text($id), array(map { text($_) } @fields));
    } @entries));
}


sub lie {
    my ($self, $client, $lies) = @_;

    my $buffer = '';

    while (my @words = $self->command($client, \$buffer)) {
        my $name = uc $words[0];
        my $reply = $lies->{$name} // $truth{$name} // "+OK\r\n";

        # A server would wait for a record.

        sleep 0.2 if $name eq 'XREAD';
        $self->write_all($client, $reply);
    }

    return;
}


# Nothing if the client has left.

sub command {
    my ($self, $client, $buffer) = @_;

    my $count = $self->number($client, $buffer, '*') or return;
    my @words;

    for (1 .. $count) {
        my $size = $self->number($client, $buffer, '$') // return;

        push @words, substr $self->need($client, $buffer, $size + 2), 0, $size;
    }

    return @words;
}


sub number {
    my ($self, $client, $buffer, $type) = @_;

    until ($$buffer =~ /\r\n/) {
        $self->read_some($client, $buffer) or return;
    }

    $$buffer =~ s/\A(.)(\d+)\r\n//;
    die "not a command\n" unless $1 eq $type;

    return $2;
}

1;

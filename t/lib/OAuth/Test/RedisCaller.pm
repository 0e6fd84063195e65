package OAuth::Test::RedisCaller;

# A client of a Redis server: sends commands, and reads replies (RESP2).  A
# string and a status are a string, an integer a number, nil is undef, an array
# a reference.  A reply that is an error is thrown as its text.

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(time);

use OAuth::Test::Mode qw(seconds);

use constant TOGETHER => 1000;          # records that are under way


# options: port; timeout, in seconds

sub new {
    my ($class, %options) = @_;

    my $socket = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $options{port}, Proto => 'tcp',
        Timeout => seconds(5)) or die "cannot connect to redis: $!\n";

    return bless { socket => $socket, buffer => '',
                   timeout => seconds($options{timeout} // 10) }, $class;
}


sub command {
    my ($self, @words) = @_;

    return $self->send(@words)->reply;
}


# Only sends; each command then needs a call of reply.

sub send {
    my ($self, @words) = @_;

    return $self->send_bytes(bytes_of(@words));
}


sub bytes_of {
    my (@words) = @_;

    return join '', '*' . @words . "\r\n",
        map { '$' . length($_) . "\r\n$_\r\n" } @words;
}


# Adds records to a stream, many at a time.  Returns how many were refused.

sub add {
    my ($self, $stream, @records) = @_;

    my $refused = 0;

    while (my @part = splice @records, 0, TOGETHER) {
        $self->send_bytes(join '', map { bytes_of('XADD', $stream, '*', 'r',
                                                  $_) } @part);
        eval { $self->reply; 1 } or $refused++ for @part;
    }

    return $refused;
}


# The records of a stream as pairs of id and bytes.

sub records {
    my ($self, $stream) = @_;

    return map { [ $_->[0], $_->[1][1] ] }
        @{ $self->command('XRANGE', $stream, '-', '+') };
}


sub send_bytes {
    my ($self, $data) = @_;

    local $SIG{PIPE} = 'IGNORE';

    while (length $data) {
        my $n = syswrite $self->{socket}, $data;
        die "cannot send to redis: $!\n" unless $n;
        substr $data, 0, $n, '';
    }

    return $self;
}


sub reply {
    my ($self) = @_;

    my $line = $self->line;
    my ($type, $rest) = (substr($line, 0, 1), substr $line, 1);

    return $rest if $type eq '+' || $type eq ':';
    die "$rest\n" if $type eq '-';

    return if $rest eq '-1';

    return $self->bytes($rest) if $type eq '$';
    return [ map { scalar $self->reply } 1 .. $rest ] if $type eq '*';

    die "not a reply: $line\n";
}


sub line {
    my ($self) = @_;

    $self->more until $self->{buffer} =~ /\r\n/;
    $self->{buffer} =~ s/\A(.*?)\r\n//s;

    return $1;
}


sub bytes {
    my ($self, $length) = @_;

    $self->more while length $self->{buffer} < $length + 2;

    return substr substr($self->{buffer}, 0, $length + 2, ''), 0, $length;
}


sub close {
    my ($self) = @_;

    close $self->{socket};

    return;
}


sub more {
    my ($self) = @_;

    IO::Select->new($self->{socket})->can_read($self->{timeout})
        or die "redis does not answer\n";

    sysread $self->{socket}, $self->{buffer}, 65_536, length $self->{buffer}
        or die "redis closed the connection\n";

    return;
}

1;

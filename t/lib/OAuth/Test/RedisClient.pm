package OAuth::Test::RedisClient;

# A client of a Redis or Valkey server: it sends commands, one or many at once,
# and reads their replies.  A null reply is undef, an error is an object of this
# package's Error, and an array is a reference.

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use Socket qw(IPPROTO_TCP TCP_NODELAY);
use Time::HiRes qw(time);

use OAuth::Test::Mode qw(seconds);

use constant TOGETHER => 1000;          # commands that are under way


sub new {
    my ($class, %options) = @_;

    my $socket = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $options{port}, Proto => 'tcp',
        Timeout => seconds(5)) or return;

    setsockopt $socket, IPPROTO_TCP, TCP_NODELAY, 1;

    return bless { buffer => '', timeout => seconds(20), %options,
                   socket => $socket }, $class;
}


# Sends a command, and returns its reply; dies if there is none.

sub command {
    my ($self, @words) = @_;

    $self->send(encode(@words));

    return $self->reply;
}


# The same, but dies with the text of an error.

sub ok {
    my ($self, @words) = @_;

    my $reply = $self->command(@words);

    die "redis: $words[0]: $$reply\n" if is_error($reply);

    return $reply;
}


# Adds these records to the stream, many at a time.  Returns how many were not
# accepted.

sub add {
    my ($self, $stream, @records) = @_;

    my $refused = 0;

    while (my @part = splice @records, 0, TOGETHER) {
        $self->send(join '', map { encode('XADD', $stream, '*', 'r', $_) }
                             @part);
        $refused += grep { is_error($self->reply) } @part;
    }

    return $refused;
}


# The records of a stream as pairs of id and bytes.

sub records {
    my ($self, $stream, $from, $to) = @_;

    return map { [ $_->[0], $_->[1][1] ] }
        @{ $self->ok('XRANGE', $stream, $from // '-', $to // '+') };
}


# A field of XINFO STREAM; nothing if there is no stream.

sub stream_info {
    my ($self, $stream, $name) = @_;

    my $reply = $self->command('XINFO', 'STREAM', $stream);
    my %fields = is_error($reply) ? () : @$reply;

    return $fields{$name};
}


sub is_error { return ref $_[0] eq 'OAuth::Test::RedisClient::Error' }


sub encode {
    my (@words) = @_;

    return join "\r\n", '*' . @words,
        (map { ('$' . length $_, $_) } @words), '';
}


sub send {
    my ($self, $bytes) = @_;

    local $SIG{PIPE} = 'IGNORE';

    while (length $bytes) {
        my $n = syswrite $self->{socket}, $bytes
            or die "redis: cannot write: $!\n";
        substr $bytes, 0, $n, '';
    }

    return;
}


sub reply {
    my ($self) = @_;

    my $line = $self->line;
    my $rest = substr $line, 1;
    my $type = substr $line, 0, 1;

    return $rest if $type eq '+' || $type eq ':';
    return bless \$rest, 'OAuth::Test::RedisClient::Error' if $type eq '-';
    return if $rest < 0;

    if ($type eq '*') {
        my @array;
        push @array, $self->reply for 1 .. $rest;
        return \@array;
    }

    die "redis: a reply begins with $type\n" unless $type eq '$';

    return substr $self->bytes($rest + 2), 0, $rest;
}


sub line {
    my ($self) = @_;

    my $at;

    $self->fill while ($at = index $self->{buffer}, "\r\n") < 0;

    my $line = substr $self->{buffer}, 0, $at;
    substr $self->{buffer}, 0, $at + 2, '';

    return $line;
}


sub bytes {
    my ($self, $n) = @_;

    $self->fill while length $self->{buffer} < $n;

    return substr $self->{buffer}, 0, $n, '';
}


sub fill {
    my ($self) = @_;

    IO::Select->new($self->{socket})->can_read($self->{timeout})
        or die "redis: no reply in time\n";

    sysread $self->{socket}, $self->{buffer}, 262_144, length $self->{buffer}
        or die "redis: the connection was closed\n";

    return;
}


sub close {
    my ($self) = @_;

    close $self->{socket};

    return;
}

1;

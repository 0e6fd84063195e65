package OAuth::Test::Connection;

# The connection of a client: it sends any bytes, and reads responses or bytes.

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use Socket qw(IPPROTO_TCP TCP_NODELAY);
use Time::HiRes qw(time);

use OAuth::Test::Mode qw(seconds);
use OAuth::Test::Response;

sub new {
    my ($class, %options) = @_;

    my $socket = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $options{port}, Proto => 'tcp',
        Timeout => seconds(5));

    if ($socket) {
        setsockopt $socket, IPPROTO_TCP, TCP_NODELAY, 1;
    }

    return bless {
        socket => $socket, buffer => '', closed => !$socket, method => 'GET',
        began => time, timeout => seconds($options{timeout} // 15),
        error => $socket ? '' : "cannot connect: $!",
    }, $class;
}


sub socket { return $_[0]{socket} }
sub buffer { return $_[0]{buffer} }
sub closed { return $_[0]{closed} }


# The method decides whether the response to it has a body.

sub send {
    my ($self, $data, $method) = @_;

    $self->{method} = $method // 'GET';
    $self->{began} = time;

    local $SIG{PIPE} = 'IGNORE';

    while (length $data && !$self->{closed}) {
        my $n = syswrite $self->{socket}, $data;

        # The server may have answered early and closed.
        last unless $n;

        substr $data, 0, $n, '';
    }

    return $self;
}


# Reads what is there, or waits for it; returns false if nothing came in time.

sub pump {
    my ($self, $seconds) = @_;

    return 0 if $self->{closed};
    return 0 unless IO::Select->new($self->{socket})->can_read($seconds);

    my $n = sysread $self->{socket}, $self->{buffer}, 65_536,
        length $self->{buffer};

    if (!$n) {
        $self->{closed} = 1;
    }

    return 1;
}


sub read_until {
    my ($self, $pattern, $seconds) = @_;

    my $end = time + (defined $seconds ? seconds($seconds)
                                       : $self->{timeout});

    until ($self->{buffer} =~ $pattern) {
        return 0 if $self->{closed} || time > $end;
        $self->pump(0.2);
    }

    return 1;
}


# Returns true if the peer closes within the time.

sub is_closed {
    my ($self, $seconds) = @_;

    my $end = time + seconds($seconds // 5);
    $self->pump(0.1) until $self->{closed} || time > $end;

    return $self->{closed};
}


# Waits for the next complete response.

sub finish {
    my ($self) = @_;

    my $end = $self->{began} + $self->{timeout};
    my $response;

    until ($response = $self->take) {
        return $self->failure($self->{error} || 'closed') if $self->{closed};
        return $self->failure('timed out') if time > $end;
        $self->pump(0.2);
    }

    return $response;
}


sub failure {
    my ($self, $error) = @_;

    return OAuth::Test::Response->new(error => $error,
                                      elapsed => time - $self->{began},
                                      body => $self->{buffer});
}


# Takes a complete response off the buffer; nothing while it is incomplete.

sub take {
    my ($self) = @_;

    $self->{buffer} =~ s/\AHTTP\/1\.1 100 [^\n]*\r\n\r\n//;
    $self->{buffer} =~ /\A(.*?)\r\n\r\n/s or return;

    my ($head, $start) = ($1, $+[0]);
    my ($line, @fields) = split /\r\n/, $head;
    my ($status) = $line =~ /\AHTTP\/1\.[01] (\d{3})/;
    my @headers = map { [ /\A([^:]*):[ \t]*(.*?)[ \t]*\z/s ] } @fields;
    my %last = map { lc $_->[0] => $_->[1] } @headers;

    my ($body, $end) = $self->body($start, $status // 0, \%last);
    return unless defined $body;

    $self->{buffer} = substr $self->{buffer}, $end;

    return OAuth::Test::Response->new(
        status => $status // 0, line => $line, headers => \@headers,
        body => $body, elapsed => time - $self->{began});
}


# The body and where it ends, RFC 9112 section 6.3.

sub body {
    my ($self, $start, $status, $last) = @_;

    return ('', $start)
        if $self->{method} eq 'HEAD' || $status =~ /\A(?:1..|204|304)\z/;

    if (lc($last->{'transfer-encoding'} // '') eq 'chunked') {
        return $self->chunks($start);
    }

    if (defined $last->{'content-length'}) {
        my $end = $start + $last->{'content-length'};
        return if length $self->{buffer} < $end;
        return (substr($self->{buffer}, $start, $end - $start), $end);
    }

    return unless $self->{closed};

    return (substr($self->{buffer}, $start), length $self->{buffer});
}


sub chunks {
    my ($self, $start) = @_;

    my $body = '';
    pos $self->{buffer} = $start;

    while ($self->{buffer} =~ /\G([0-9a-fA-F]+)[^\r\n]*\r\n/gc) {
        my ($size, $at) = (hex $1, pos $self->{buffer});

        if ($size == 0) {
            $self->{buffer} =~ /\G(?:[^\r\n]+\r\n)*\r\n/gc or return;
            return ($body, pos $self->{buffer});
        }

        return if length $self->{buffer} < $at + $size + 2;

        $body .= substr $self->{buffer}, $at, $size;
        pos $self->{buffer} = $at + $size + 2;
    }

    return;
}


sub close {
    my ($self) = @_;

    close $self->{socket} if $self->{socket};
    $self->{closed} = 1;

    return;
}

1;

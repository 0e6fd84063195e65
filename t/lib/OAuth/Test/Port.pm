package OAuth::Test::Port;

# Free ports of the loopback interface.  They lie below the range that the
# system uses for outgoing connections, and each was bound once before it is
# returned.

use strict;
use warnings;

use Exporter qw(import);
use IO::Socket::INET;
use Socket qw(SOL_SOCKET SOMAXCONN SO_REUSEADDR);

our @EXPORT_OK = qw(free_port listen_socket);

use constant { LOWEST => 11_000, HIGHEST => 31_999, ATTEMPTS => 200 };

my %given;


# A port for another program.  Another process may take the port before that
# program listens, so the caller has to try again with another port.

sub free_port {
    my $socket = listen_socket();
    my $port = $socket->sockport;

    close $socket;

    return $port;
}


# A listening socket on a free port, or again on a known one.

sub listen_socket {
    my ($port) = @_;

    return bind_socket($port, 1) || die "cannot listen on $port: $!\n"
        if $port;

    for (1 .. ATTEMPTS) {
        $port = LOWEST + int rand HIGHEST - LOWEST + 1;
        next if $given{$port};

        my $socket = bind_socket($port, 0) or next;
        $given{$port} = 1;

        # From here on the kernel must not keep the port busy because of old
        # connections.
        setsockopt $socket, SOL_SOCKET, SO_REUSEADDR, 1;

        return $socket;
    }

    die "no free port\n";
}


sub bind_socket {
    my ($port, $reuse) = @_;

    return IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', LocalPort => $port, Proto => 'tcp',
        Listen => SOMAXCONN, ReuseAddr => $reuse);
}

1;

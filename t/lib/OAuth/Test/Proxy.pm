package OAuth::Test::Proxy;

# A proxy: it opens tunnels for CONNECT, and forwards requests for http URLs.
# It does not resolve names: "routes" says to which local port each "host:port"
# leads.
#
#   route('localhost:443' => $port)   also while it runs
#   answer(407)                       refuses every request with this status
#   answer(undef)                     and stops refusing

use strict;
use warnings;

use parent 'OAuth::Test::Server';

use IO::Select;
use IO::Socket::INET;


# option: routes

sub init {
    my ($self) = @_;

    $self->{state} = { routes => { %{ $self->{routes} || {} } } };

    return;
}


sub url { return "http://127.0.0.1:$_[0]{port}" }


sub route {
    my ($self, %routes) = @_;

    $self->{state}{routes} = { %{ $self->{state}{routes} }, %routes };

    return $self->save;
}


sub answer {
    my ($self, $status) = @_;

    $self->{state}{status} = $status;

    return $self->save;
}


# How many requests with this method came; CONNECT means a tunnel.

sub count {
    my ($self, $method) = @_;

    return scalar grep { $_->{line} =~ /\A\Q$method\E / } $self->seen;
}


sub serve {
    my ($self, $client) = @_;

    my $buffer = '';

    while (my $request = $self->read_request($client, \$buffer)) {
        my $state = $self->load;

        $self->record({ line => $request->{line},
                        headers => $request->{headers} });

        my ($method, $target) = split / /, $request->{line};
        my ($host, $path) = $target =~ m{\A(?:http://)?([^/]*)(.*)};
        my $port = $state->{routes}{$host};

        return $self->refuse($client, $state->{status}) if $state->{status};
        return $self->refuse($client, 502) unless $port;

        my $server = IO::Socket::INET->new(
            PeerAddr => '127.0.0.1', PeerPort => $port, Proto => 'tcp')
            or return $self->refuse($client, 504);

        return $self->tunnel($client, $server) if $method eq 'CONNECT';

        $self->forward($client, $server, "$method $path HTTP/1.1", $request);
    }

    return;
}


sub forward {
    my ($self, $client, $server, $line, $request) = @_;

    my $buffer = '';

    $self->write_all($server, message({ %$request, line => $line }));
    $self->write_all($client,
                     message($self->read_request($server, \$buffer)
                             || die "gone: no answer\n"));

    return;
}


sub message {
    my ($message) = @_;

    return join "\r\n", $message->{line},
        (map { "$_->[0]: $_->[1]" } grep { $_->[0] !~ /\AProxy-/i }
            @{ $message->{headers} }), '', $message->{body};
}


sub refuse {
    my ($self, $client, $status) = @_;

    $self->write_all($client, "HTTP/1.1 $status Status\r\n"
                     . "Content-Length: 0\r\nConnection: close\r\n\r\n");

    return;
}


# Copies bytes both ways until one side closes.

sub tunnel {
    my ($self, @sockets) = @_;

    $self->write_all($sockets[0], "HTTP/1.1 200 Established\r\n\r\n");

    my %other = ($sockets[0] => $sockets[1], $sockets[1] => $sockets[0]);
    my $select = IO::Select->new(@sockets);

    for (;;) {
        for my $socket ($select->can_read(60)) {
            my $data = '';

            sysread $socket, $data, 65_536 or return;
            $self->write_all($other{$socket}, $data);
        }
    }

    return;
}

1;

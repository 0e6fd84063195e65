package OAuth::Test::Http;

# A small HTTP/1.1 client that sends exactly what a test says.  Header fields
# are pairs and are sent in order.  The names "token" and "body" are not fields:
# they give the token and the body of the request.

use strict;
use warnings;

use Exporter qw(import);
use IO::Select;
use Time::HiRes qw(time);

use OAuth::Test::Connection;

our @EXPORT_OK = qw(finish_all);


sub new {
    my ($class, %options) = @_;

    return bless { host => 'app.test', %options }, $class;
}


sub connect {
    my ($self) = @_;

    return OAuth::Test::Connection->new(port => $self->{port},
                                        timeout => $self->{timeout});
}


sub get {
    my ($self, $path, @fields) = @_;

    return $self->request('GET', $path, @fields);
}


sub request {
    my ($self, $method, $path, @fields) = @_;

    my $connection = $self->start($method, $path, @fields);
    my $response = $connection->finish;

    $connection->close;

    return $response;
}


# Only sends the request; the response is read from the connection later.

sub start {
    my ($self, $method, $path, @fields) = @_;

    return $self->connect->send(
        $self->bytes($method, $path, 'Connection', 'close', @fields), $method);
}


# Bytes as they are, and the response to them.

sub raw {
    my ($self, $bytes, $method) = @_;

    my $connection = $self->connect->send($bytes, $method);
    my $response = $connection->finish;

    $connection->close;

    return $response;
}


sub bytes {
    my ($self, $method, $path, @fields) = @_;

    my (@lines, $body, $host);

    while (my ($name, $value) = splice @fields, 0, 2) {

        if ($name eq 'token') {
            push @lines, "Authorization: Bearer $value";

        } elsif ($name eq 'body') {
            $body = $value;
            push @lines, 'Content-Length: ' . length $body;

        } else {
            push @lines, "$name: $value";
            $host = 1 if lc $name eq 'host';
        }
    }

    unshift @lines, "Host: $self->{host}" unless $host;

    return join "\r\n", "$method $path HTTP/1.1", @lines, '', $body // '';
}


# Returns the responses to requests that are under way together, in the given
# order, and closes their connections.

sub finish_all {
    my (@connections) = @_;

    my @responses;
    my $select = IO::Select->new;
    my %index;

    for my $i (0 .. $#connections) {
        if ($connections[$i]->closed) {
            $responses[$i] = $connections[$i]->finish;
            next;
        }

        $index{ fileno $connections[$i]->socket } = $i;
        $select->add($connections[$i]->socket);
    }

    my $end = time + ($connections[0] ? $connections[0]{timeout} : 0);

    while ($select->count && time < $end) {
        for my $socket ($select->can_read(0.2)) {
            my $i = $index{ fileno $socket };

            $connections[$i]->pump(0);
            my $response = $connections[$i]->take;

            if ($response || $connections[$i]->closed) {
                $responses[$i] = $response || $connections[$i]->finish;
                $select->remove($socket);
            }
        }
    }

    $responses[$_] ||= $connections[$_]->failure('timed out')
        for 0 .. $#connections;
    $_->close for @connections;

    return @responses;
}

1;

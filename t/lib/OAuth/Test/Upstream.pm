package OAuth::Test::Upstream;

# The app behind nginx.  It answers with JSON that holds what it was sent: the
# request line and every header line in order.  The query asks for more:
#
#   status=403        that status
#   field=Name:value  a header line of the answer
#   wait=flag         the answer comes after the flag
#   events=flag       an event stream: one event, and the next after the flag
#   upgrade           101, then every byte comes back in upper case

use strict;
use warnings;

use parent 'OAuth::Test::Server';

use Digest::SHA qw(sha256_hex);
use JSON::PP ();

use constant SHORT => 4096;

my $json = JSON::PP->new->canonical->latin1;


# How many requests reached the app; which ones.

sub count { return scalar $_[0]->requests }

sub requests { return grep { $_->{line} } $_[0]->seen }


sub serve {
    my ($self, $client) = @_;

    my $buffer = '';
    my $on_data = sub {
        my ($request, $data) = @_;
        $self->record({ data => substr($data, 0, 80),
                        of => $request->{line} });
    };

    while (my $request
           = $self->read_request($client, \$buffer, $on_data))
    {
        my $body = delete $request->{body};

        $request->{length} = length $body;
        $request->{sha256} = sha256_hex($body);
        $request->{body} = $body if length $body <= SHORT;

        $self->record($request);

        my $query = query($request->{line});

        if (defined $query->{wait}) {
            $self->wait_for_flag($query->{wait}, 60);
        }

        if (defined $query->{events}) {
            return $self->send_events($client, $query->{events});
        }

        if (exists $query->{upgrade}) {
            return $self->send_upgrade($client, $buffer);
        }

        $self->send_echo($client, $request, $query);
    }

    return;
}


sub query {
    my ($line) = @_;

    my ($text) = $line =~ /\A\S+ [^ ?]*\?(\S*)/ or return {};
    my %query;

    for (split /&/, $text) {
        my ($name, $value) = split /=/, $_, 2;
        $value //= '';
        $value =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge;
        push @{ $query{fields} }, $value if $name eq 'field';
        $query{$name} = $value;
    }

    return \%query;
}


sub send_echo {
    my ($self, $client, $request, $query) = @_;

    my $status = $query->{status} // 200;
    my $body = $json->encode({ from => 'upstream', %$request });
    my ($method) = $request->{line} =~ /\A(\S+)/;

    my $head = join "\r\n", "HTTP/1.1 $status Status",
        'Content-Type: application/json', @{ $query->{fields} || [] },
        'Content-Length: ' . length $body, '', '';

    $self->write_all($client, $method eq 'HEAD' ? $head : $head . $body);

    return;
}


sub send_events {
    my ($self, $client, $flag) = @_;

    $self->write_all($client, join "\r\n", 'HTTP/1.1 200 OK',
        'Content-Type: text/event-stream', 'Connection: close', '',
        "data: first\n\n");

    $self->wait_for_flag($flag);
    $self->write_all($client, "data: second\n\n");

    return;
}


sub send_upgrade {
    my ($self, $client, $buffer) = @_;

    $self->write_all($client, join "\r\n", 'HTTP/1.1 101 Switching Protocols',
        'Upgrade: websocket', 'Connection: Upgrade', '', '');

    do {
        $self->write_all($client, uc $buffer);
        $buffer = '';
    } while ($self->read_some($client, \$buffer));

    return;
}

1;

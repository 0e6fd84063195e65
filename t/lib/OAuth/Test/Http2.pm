package OAuth::Test::Http2;

# An app behind grpc_pass, with as much of HTTP/2 (RFC 9113) as it needs to
# answer each request with the fields and the body of the request.  If the path
# contains "chat", each message goes back at once.  Every answer ends with a
# trailer.  The client of the tests uses the frames of this file, too.

use strict;
use warnings;

use parent 'OAuth::Test::Server';

use JSON::PP ();

use OAuth::Test::Hpack qw(encode_field decode_fields);

use constant { DATA => 0, HEADERS => 1, SETTINGS => 4, PING => 6,
               CONTINUATION => 9 };
use constant { END_STREAM => 1, ACK => 1, END_HEADERS => 4, PADDED => 8,
               PRIORITY => 32 };

my $json = JSON::PP->new->canonical->latin1;

sub serve {
    my ($self, $client) = @_;

    my $buffer = '';
    my %requests;

    $self->need($client, \$buffer, length "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    $self->write_all($client, frame(SETTINGS, 0, 0, ''));

    while (my ($type, $flags, $stream, $data)
           = $self->read_frame($client, \$buffer))
    {
        if ($type == SETTINGS && !($flags & ACK)) {
            $self->write_all($client, frame(SETTINGS, ACK, 0, ''));
        }

        if ($type == PING && !($flags & ACK)) {
            $self->write_all($client, frame(PING, ACK, 0, $data));
        }

        next unless $stream;

        my $request = $requests{$stream} ||= { block => '', body => '' };

        if ($type == HEADERS || $type == CONTINUATION) {
            $request->{block} .= fields_of($type, $flags, $data);
            $self->head($client, $stream, $request) if $flags & END_HEADERS;
        }

        $self->take($client, $stream, $request, $data) if $type == DATA;

        if (($type == HEADERS || $type == DATA) && $flags & END_STREAM) {
            $self->answer($client, $stream, $request);
            delete $requests{$stream};
        }
    }

    return;
}


# Called when the fields of a request, or those of a trailer, have arrived.

sub head {
    my ($self, $client, $stream, $request) = @_;

    return if $request->{fields};

    $request->{fields} = decode_fields($request->{block});
    ($request->{path}) = map { $_->[1] }
        grep { $_->[0] eq ':path' } @{ $request->{fields} };

    $self->write_all($client,
        frame(HEADERS, END_HEADERS, $stream,
              "\x88" . encode_field('content-type', 'application/grpc')));

    return;
}


sub take {
    my ($self, $client, $stream, $request, $data) = @_;

    if ($request->{path} =~ /chat/) {
        $self->write_all($client, frame(DATA, 0, $stream, $data));

    } else {
        $request->{body} .= $data;
    }

    return;
}


sub frame {
    my ($type, $flags, $stream, $data) = @_;

    return substr(pack('N', length $data), 1)
           . pack('C C N', $type, $flags, $stream) . $data;
}


sub read_frame {
    my ($self, $client, $buffer) = @_;

    my $head = $self->need($client, $buffer, 9);
    my ($high, $low, $type, $flags, $stream) = unpack 'C n C C N', $head;

    return ($type, $flags, $stream & 0x7fffffff,
            $self->need($client, $buffer, $high << 16 | $low));
}


sub fields_of {
    my ($type, $flags, $data) = @_;

    return $data if $type == CONTINUATION;

    if ($flags & PADDED) {
        my $padding = unpack 'C', substr $data, 0, 1, '';
        substr $data, -$padding, $padding, '' if $padding;
    }

    substr $data, 0, 5, '' if $flags & PRIORITY;

    return $data;
}


sub answer {
    my ($self, $client, $stream, $request) = @_;

    if ($request->{path} !~ /chat/) {
        my $body = $json->encode({ from => 'grpc', body => $request->{body},
                                   headers => $request->{fields} });

        $self->write_all($client, frame(DATA, 0, $stream, $body));
    }

    $self->write_all($client,
        frame(HEADERS, END_HEADERS | END_STREAM, $stream,
              encode_field('grpc-status', '0')
              . encode_field('grpc-message', 'fine')));

    return;
}

1;

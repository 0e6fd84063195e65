package OAuth::Test::Http2Client;

# A client of HTTP/2 (RFC 9113) over one connection without TLS, one request
# after the other.  What the server says comes as the same kind of response as
# with HTTP/1.1; a stream or connection that ends by an error has status 0.

use strict;
use warnings;

use OAuth::Test::Connection;
use OAuth::Test::Hpack qw(encode_field decode_fields);
use OAuth::Test::Http2;
use OAuth::Test::Mode qw(seconds);
use OAuth::Test::Response;

use constant { DATA => 0, HEADERS => 1, RST_STREAM => 3, SETTINGS => 4,
               GOAWAY => 7, WINDOW_UPDATE => 8, CONTINUATION => 9 };
use constant { END_STREAM => 1, ACK => 1, END_HEADERS => 4 };

sub new {
    my ($class, %options) = @_;

    my $connection = OAuth::Test::Connection->new(port => $options{port});

    $connection->send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                      . frame(SETTINGS, 0, 0, ''));

    return bless { connection => $connection, stream => -1,
                   timeout => $options{timeout} // seconds(5) }, $class;
}


sub frame { return OAuth::Test::Http2::frame(@_) }

sub get {
    my ($self, $path, @fields) = @_;

    return $self->request('GET', $path, @fields);
}


# The fields as pairs, in order; "token" and "body" are what they say.

sub request {
    my ($self, $method, $path, @fields) = @_;

    my @list = ([ ':method', $method ], [ ':scheme', 'http' ],
                [ ':path', $path ], [ ':authority', 'app.test' ]);
    my $body;

    while (my ($name, $value) = splice @fields, 0, 2) {
        if ($name eq 'body') {
            $body = $value;

        } elsif ($name eq 'token') {
            push @list, [ 'authorization', "Bearer $value" ];

        } else {
            push @list, [ $name, $value ];
        }
    }

    return $self->exchange(\@list, $body);
}


sub exchange {
    my ($self, $fields, $body) = @_;

    my $stream = $self->{stream} += 2;
    my $block = join '', map { encode_field(@$_) } @$fields;
    my @parts = unpack '(a16000)*', $block;
    my $end = defined $body ? 0 : END_STREAM;
    my $bytes = '';

    for my $i (0 .. $#parts) {
        $bytes .= frame($i ? CONTINUATION : HEADERS,
                        ($i ? 0 : $end) | ($i == $#parts ? END_HEADERS : 0),
                        $stream, $parts[$i]);
    }

    $bytes .= frame(DATA, END_STREAM, $stream, $body) if defined $body;
    $self->{connection}->send($bytes);

    return $self->answer($stream);
}


sub answer {
    my ($self, $stream) = @_;

    my ($block, $body, $error) = ('', '', '');

    for (;;) {
        my ($type, $flags, $id, $data) = $self->read_frame
            or return OAuth::Test::Response->new(error => 'closed');

        if ($type == SETTINGS && !($flags & ACK)) {
            $self->{connection}->send(frame(SETTINGS, ACK, 0, ''));
        }

        if ($type == DATA && length $data) {
            $self->{connection}->send(frame(WINDOW_UPDATE, 0, 0,
                                            pack 'N', length $data));
        }

        if ($type == GOAWAY || ($type == RST_STREAM && $id == $stream
                                && $block eq ''))
        {
            return OAuth::Test::Response->new(error => "frame $type");
        }

        next unless $id == $stream;

        $block .= $data if $type == HEADERS || $type == CONTINUATION;
        $body .= $data if $type == DATA;

        last if ($type == HEADERS || $type == DATA) && $flags & END_STREAM;
    }

    my @fields = @{ decode_fields($block) };
    my ($status) = map { $_->[1] } grep { $_->[0] eq ':status' } @fields;

    return OAuth::Test::Response->new(status => $status, body => $body,
                                      headers => \@fields);
}


sub read_frame {
    my ($self) = @_;

    my $connection = $self->{connection};

    for (;;) {
        my $buffer = \$connection->{buffer};

        if (length $$buffer >= 9) {
            my ($high, $low, $type, $flags, $stream) = unpack 'C n C C N',
                $$buffer;
            my $size = $high << 16 | $low;

            if (length $$buffer >= 9 + $size) {
                my $data = substr substr($$buffer, 0, 9 + $size, ''), 9;
                return ($type, $flags, $stream & 0x7fffffff, $data);
            }
        }

        $connection->pump($self->{timeout}) or return;
    }
}


sub close { return $_[0]{connection}->close }

1;

package OAuth::Test::Http2Client;

# A client of HTTP/2 (RFC 9113), with one connection and without TLS.  It
# returns the same kind of response as the client of HTTP/1.1.  If a stream or
# the connection ends with an error, the status is 0.

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


# The fields as pairs, in order; "token" and "body" are those of the request.

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

    my $stream = $self->begin($fields, !defined $body);

    $self->send_data($stream, $body, 1) if defined $body;

    return $self->answer($stream);
}


# Opens a stream with these fields; the request may end with them.

sub begin {
    my ($self, $fields, $end) = @_;

    my $stream = $self->{stream} += 2;
    my $block = join '', map { encode_field(@$_) } @$fields;
    my @parts = unpack '(a16000)*', $block;
    my $bytes = '';

    for my $i (0 .. $#parts) {
        $bytes .= frame($i ? CONTINUATION : HEADERS,
                        (!$i && $end ? END_STREAM : 0)
                        | ($i == $#parts ? END_HEADERS : 0),
                        $stream, $parts[$i]);
    }

    $self->{connection}->send($bytes);
    $self->{answers}{$stream} = { block => '', body => '', error => '',
                                  ended => 0 };

    return $stream;
}


sub send_data {
    my ($self, $stream, $data, $end) = @_;

    $self->{connection}->send(frame(DATA, $end ? END_STREAM : 0, $stream,
                                    $data));

    return;
}


# The whole answer; the fields of a trailer are its last ones.

sub answer {
    my ($self, $stream) = @_;

    my $answer = $self->{answers}{$stream};

    $self->wait_for(sub { $answer->{ended} });

    return OAuth::Test::Response->new(error => $answer->{error})
        if $answer->{error};

    my @fields = @{ decode_fields($answer->{block}) };
    my ($status) = map { $_->[1] } grep { $_->[0] eq ':status' } @fields;

    return OAuth::Test::Response->new(status => $status, headers => \@fields,
                                      body => $answer->{body});
}


# The part of the body that has arrived, once it matches.

sub body_until {
    my ($self, $stream, $pattern) = @_;

    my $answer = $self->{answers}{$stream};

    $self->wait_for(sub { $answer->{ended} || $answer->{body} =~ $pattern });

    return $answer->{body};
}


# Handles frames until the condition holds, or until no more arrive.

sub wait_for {
    my ($self, $condition) = @_;

    until ($condition->()) {
        my @frame = $self->read_frame or return $self->fail('closed');
        $self->handle(@frame);
    }

    return;
}


sub fail {
    my ($self, $error) = @_;

    for my $answer (grep { !$_->{ended} } values %{ $self->{answers} }) {
        $answer->{error} = $error;
        $answer->{ended} = 1;
    }

    return;
}


sub handle {
    my ($self, $type, $flags, $stream, $data) = @_;

    if ($type == SETTINGS && !($flags & ACK)) {
        $self->{connection}->send(frame(SETTINGS, ACK, 0, ''));
    }

    if ($type == DATA && length $data) {
        $self->{connection}->send(frame(WINDOW_UPDATE, 0, 0,
                                        pack 'N', length $data));
    }

    return $self->fail("frame $type") if $type == GOAWAY;

    my $answer = $self->{answers}{$stream} or return;

    if ($type == RST_STREAM && !$answer->{ended}) {
        $answer->{error} = "frame $type";
        $answer->{ended} = 1;
    }

    $answer->{block} .= $data if $type == HEADERS || $type == CONTINUATION;
    $answer->{body} .= $data if $type == DATA;
    $answer->{ended} = 1
        if ($type == HEADERS || $type == DATA) && $flags & END_STREAM;

    return;
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

package OAuth::Test::Http2;

# An app behind grpc_pass: as much of HTTP/2 (RFC 9113) and HPACK (RFC 7541) as
# it takes to answer each request with the fields that it had.

use strict;
use warnings;

use parent 'OAuth::Test::Server';

use JSON::PP ();

use constant { DATA => 0, HEADERS => 1, SETTINGS => 4, PING => 6,
               CONTINUATION => 9 };
use constant { END_STREAM => 1, ACK => 1, END_HEADERS => 4, PADDED => 8,
               PRIORITY => 32 };

my $json = JSON::PP->new->canonical->latin1;

# RFC 7541 appendix A, as far as a request of nginx's needs it.

my @static = (undef, [ ':authority' ], [ ':method', 'GET' ],
              [ ':method', 'POST' ], [ ':path', '/' ],
              [ ':path', '/index.html' ], [ ':scheme', 'http' ],
              [ ':scheme', 'https' ]);

# RFC 7541 appendix B for printable text.  The code is canonical: the symbols
# of each length, in order, are enough.

my %symbols = (
    5 => '012aceiost', 6 => ' %-./3456789=A_bdfghlmnpru',
    7 => ':BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz', 8 => '&*,;XZ', 10 => '!"()?',
    11 => "'+|", 12 => '#>', 13 => "\0\$@[]~", 14 => '^}', 15 => '<`{',
    19 => '\\',
);

my %huffman;
my $code = 0;

for my $length (5 .. 19) {
    for my $symbol (split //, $symbols{$length} // '') {
        $huffman{ sprintf '%0*b', $length, $code++ } = $symbol;
    }
    $code *= 2;
}


sub serve {
    my ($self, $client) = @_;

    my $buffer = '';
    my $block = '';

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

        if ($type == HEADERS || $type == CONTINUATION) {
            $block .= fields_of($type, $flags, $data);
        }

        if (($type == HEADERS || $type == DATA) && $flags & END_STREAM) {
            $self->answer($client, $stream, $block);
            $block = '';
        }
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
    my ($self, $client, $stream, $block) = @_;

    my $body = $json->encode({ from => 'grpc', headers => decode($block) });

    $self->write_all($client,
        frame(HEADERS, END_HEADERS, $stream,
              "\x88" . field('content-type', 'application/json'))
        . frame(DATA, 0, $stream, $body)
        . frame(HEADERS, END_HEADERS | END_STREAM, $stream,
                field('grpc-status', '0')));

    return;
}


# A literal without indexing, RFC 7541 section 6.2.2.

sub field {
    return "\0" . join '', map { pack 'C/a', $_ } @_;
}


sub decode {
    my ($block) = @_;

    my @fields;

    while (length $block) {
        my $first = ord $block;

        if ($first & 0x80) {
            push @fields, named(integer(\$block, 7));
            next;
        }

        if (($first & 0xe0) == 0x20) {
            integer(\$block, 5);
            next;
        }

        my $index = integer(\$block, $first & 0x40 ? 6 : 4);
        my $name = $index ? named($index)->[0] : string(\$block);
        push @fields, [ $name, string(\$block) ];
    }

    return \@fields;
}


sub named {
    my ($index) = @_;

    my ($name, $value) = @{ $static[$index] || [ "index $index" ] };

    return [ $name, $value // '' ];
}


sub integer {
    my ($block, $bits) = @_;

    my $mask = (1 << $bits) - 1;
    my $value = ord(substr $$block, 0, 1, '') & $mask;

    return $value if $value < $mask;

    for (my $shift = 0; ; $shift += 7) {
        my $byte = ord substr $$block, 0, 1, '';
        $value += ($byte & 0x7f) << $shift;
        return $value unless $byte & 0x80;
    }
}


sub string {
    my ($block) = @_;

    my $is_huffman = ord($$block) & 0x80;
    my $data = substr $$block, 0, integer($block, 7), '';

    return $data unless $is_huffman;

    my ($text, $bits) = ('', '');

    for my $bit (split //, unpack 'B*', $data) {
        $bits .= $bit;
        next unless defined $huffman{$bits};
        $text .= $huffman{$bits};
        $bits = '';
    }

    # What is left is padding: less than a byte, all ones.

    return $bits =~ /\A1{0,7}\z/ ? $text : 'not printable';
}

1;

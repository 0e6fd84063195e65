package OAuth::Test::Hpack;

# Header fields in HTTP/2 (RFC 7541), as much of it as nginx needs: the encoder
# has no dynamic table and writes only printable text.

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT_OK = qw(encode_field decode_fields);

# RFC 7541 appendix A: names, and the values of the first few.

my @static = (undef, [ ':authority' ], [ ':method', 'GET' ],
    [ ':method', 'POST' ], [ ':path', '/' ], [ ':path', '/index.html' ],
    [ ':scheme', 'http' ], [ ':scheme', 'https' ],
    (map { [ ':status', $_ ] } 200, 204, 206, 304, 400, 404, 500),
    map { [ $_ ] } qw(accept-charset accept-encoding accept-language
    accept-ranges accept access-control-allow-origin age allow authorization
    cache-control content-disposition content-encoding content-language
    content-length content-location content-range content-type cookie date
    etag expect expires from host if-match if-modified-since if-none-match
    if-range if-unmodified-since last-modified link location max-forwards
    proxy-authenticate proxy-authorization range referer refresh retry-after
    server set-cookie strict-transport-security transfer-encoding user-agent
    vary via www-authenticate));

# RFC 7541 appendix B, for printable text.  The code is canonical, so the
# symbols of each length in their order are enough.

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


# A literal without indexing, RFC 7541 section 6.2.2.

sub encode_field {
    return "\0" . join '', map { encode_length(length) . $_ } @_;
}


sub encode_length {
    my ($length) = @_;

    return chr $length if $length < 127;

    my $bytes = chr 127;

    for ($length -= 127; $length > 127; $length >>= 7) {
        $bytes .= chr($length & 0x7f | 0x80);
    }

    return $bytes . chr $length;
}


sub decode_fields {
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

    # The bits that are left are padding: fewer than eight, all of them 1.

    return $bits =~ /\A1{0,7}\z/ ? $text : 'not printable';
}

1;

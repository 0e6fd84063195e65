package Documents;

# The worst kinds of key sets that fit into 1 MiB, which is as much as nginx
# reads.

use strict;
use warnings;

use Exporter qw(import);
use JSON::PP ();
use MIME::Base64 qw(encode_base64url);

our @EXPORT_OK = qw(documents wide_keys);

use constant SIZE => 1 << 20;

my $json = JSON::PP->new->canonical->ascii;


# Pairs of name and text.  Only the last two have usable keys, those of
# wide_keys.

sub documents {
    my (%keys) = @_;

    my $p521 = $keys{ES512}->jwk;
    my $okp = { %{ $keys{EdDSA}->jwk }, x => '0' x 42 . 'A' };
    my $off = { %$p521, x => $p521->{y}, alg => undef };

    return (
        '10,000 keys' => set(10_000, { kty => 'EC', crv => 'P-256',
                                       x => 'A' x 20, y => 'A' x 20 }),
        'arrays' => filled('{"keys":[', '[],', '[]]}'),
        'objects' => filled('{"keys":[', '{},', '{}]}'),
        'numbers' => filled('{"keys":[', '1,', '1]}'),
        'long numbers' => filled('{"keys":[', '1.7976931348623157e308,',
                                 '1]}'),
        'strings' => filled('{"keys":[', '"",', '""]}'),
        'within all bounds' => members(16_000, '{}'),
        'nested' => filled('{"keys":[', '[' x 29 . ']' x 29 . ',', '1]}'),
        'escapes' => filled('{"keys":[],"x":"', '\u00e9', '"}'),
        'members' => members(16_383),
        'too many members' => members(60_000),
        'backslashes' => filled('{"keys":[],"x":"', '\\\\', ''),
        'quotes' => filled('{"keys":[],"x":"', '\\"', ''),
        'brackets' => '[' x SIZE,
        'P-521, off the curve' => set(1024, $off),
        'P-521, other alg' => set(1024, { %$p521, alg => 'ES256' }),
        'P-521, bad kid' => set(1024, { %$p521, kid => 7 }),
        'Ed25519, no point' => set(1024, { %$okp, alg => undef }),
        'RSA, bad kid' => set(700, { %{ wide_key() }, kid => 7 }),
        'RSA, other alg' => set(700, { %{ wide_key() }, alg => 'ES256' }),
        '64 wide keys' => $json->encode({ keys => [ wide_keys(64) ] }),
        '64 keys and many odd' => $json->encode({ keys => [
            (map { { %$p521, kid => "k$_" } } 1 .. 64), ($off) x 960 ] }),
    );
}


# RSA of 8192 bits with the longest exponent; nobody knows the factors.

sub wide_key {
    my $n = "\xa5" . join '', map { chr 1 + 2 * ($_ % 127) } 1 .. 1023;

    return { kty => 'RSA', n => encode_base64url($n), e => '_____w' };
}


sub wide_keys {
    my ($n, %members) = @_;

    return map { { %{ wide_key() }, kid => "wide-$_", %members } } 1 .. $n;
}


sub set {
    my ($n, $jwk) = @_;

    my %jwk = %$jwk;
    delete @jwk{ grep { !defined $jwk{$_} } keys %jwk };

    my $key = $json->encode(\%jwk);

    return '{"keys":[' . join(',', ($key) x $n) . ']}';
}


# Repeats the middle part as often as there is room.

sub filled {
    my ($start, $middle, $end) = @_;

    my $room = SIZE - length($start) - length $end;

    return $start . $middle x ($room / length $middle) . $end;
}


sub members {
    my ($n, $value) = @_;

    $value //= 1;

    return '{"keys":[],' . join(',', map { "\"m$_\":$value" } 2 .. $n) . '}';
}

1;

package Inputs;

# Hostile requests, in one row for each kind of attack.  The first rows attack
# what is in a token before its signature is checked, the others what an issuer
# may have signed.  All have sizes that reach the module.

use strict;
use warnings;

use Digest::SHA qw(hmac_sha256);
use Exporter qw(import);
use JSON::PP ();
use MIME::Base64 qw(decode_base64url encode_base64url);

our @EXPORT_OK = qw(array claims_of inputs noise);

# The number of bytes of JSON that fit into a token with a small header and a
# signature.

use constant PAYLOAD => 48_700;

my $json = JSON::PP->new->canonical->utf8;


# [ row, name, expected status, fields ] for a request to "/"; a path may stand
# before the fields; see OAuth::Test::Http.  world: issuer, many, silent, keys,
# http
#
# Documents.pm makes the rows "JWKS keys" and "JWKS document".

sub inputs {
    my ($world) = @_;

    return (
        form($world), headers($world), algorithms($world),
        dates($world), claims($world), scopes($world), texts($world),
        signatures($world), carriage($world), others($world),
    );
}


# A good payload, except for members that replace its own or are added; text is
# inserted as it is.

sub claims_of {
    my ($world, $text, %members) = @_;

    my $now = time;
    my %claims = (iss => $world->{issuer}->url, aud => 'https://app.test',
                  sub => 'alice', iat => $now, exp => $now + 3000, %members);

    delete @claims{ grep { !defined $claims{$_} } keys %claims };

    my $claims = $json->encode(\%claims);

    return $claims unless length $text;

    return $claims =~ s/\}\z/,$text}/r;
}


sub token {
    my ($world, $text, %members) = @_;

    return token => $world->{issuer}->mint(
        claims => claims_of($world, $text, %members));
}


sub header_token {
    my ($world, %header) = @_;

    return token => $world->{issuer}->mint(header => \%header);
}


# A member that fills the room there is: an array with copies of this.

# An array of as many items as the size permits, or as the reader of JSON does:
# a token may have 4,096 objects and arrays.

sub array {
    my ($name, $item, $size) = @_;

    my $n = int((($size // PAYLOAD) - 400) / (length($item) + 1));
    my $containers = () = $item =~ /[\[{]/g;
    my $most = $containers ? int(4090 / $containers) : $n;

    $n = $most if $n > $most;

    return "\"$name\":[" . join(',', ($item) x $n) . ']';
}


sub form {
    my ($world) = @_;

    my ($h, $p, $s) = split /\./, $world->{issuer}->token;
    my $jwe = $json->encode({ alg => 'PBES2-HS512+A256KW', enc => 'A256GCM',
                              p2c => 2147483647, p2s => 'c2FsdA' });
    my $e = encode_base64url($jwe);

    return (
        (map { [ form => $_->[0], 401, token => $_->[1] ] }
            [ '4000 dots', '.' x 4000 ], [ '1 MB of dots', '.' x 1_000_000 ],
            [ 'padding', "$h.$p.$s==" ], [ 'one byte less', "$h.$p" ],
            [ 'standard alphabet', '+/' x 30_000 . ".$p.$s" ]),
        (map { [ JWE => $_->[0], 401, token => $_->[1] ] }
            [ 'five parts', "$e.$p.$p.$p.$s" ], [ 'three parts', "$e.$p.$s" ],
            [ '64 kB of five parts', join '.', ('A' x 13_000) x 5 ],
            [ 'JSON serialisation', '{"payload":"x","signatures":[]}' ]),
        (map { [ size => "$_->[0] bytes$_->[1]", qr/\A4(?:00|01|31)\z/,
                 token => $_->[2] ] }
            [ '7 kB', '', 'x' x 7000 ], [ '64 kB', '', 'x' x 65_536 ],
            [ '64 kB', ', three parts', "$h." . 'A' x 65_000 . ".$s" ],
            [ '1 MB', '', 'x' x 1_000_000 ],
            [ '1 MB', ', three parts', "$h." . 'A' x 1_000_000 . ".$s" ],
            [ '60 kB', ' of signature', "$h.$p." . 'A' x 60_000 ],
            [ '1 MB', ', too long', 'x' x 1_100_000 ]),
    );
}


sub headers {
    my ($world) = @_;

    my $n = PAYLOAD - 400;
    my $own = { jwk => $world->{keys}{RS256}->jwk };
    my $url = 'http://192.0.2.1/' . 'x' x 8000;

    return (
        [ 'keys in the header' => 'jwk', 200, header_token($world, %$own) ],
        [ 'keys in the header' => 'jku, x5u of 8 kB', 200,
          header_token($world, jku => $url, x5u => $url) ],
        [ 'keys in the header' => 'x5c of 45 kB', 200,
          header_token($world, x5c => [ ('A' x 1500) x 30 ]) ],
        [ kid => '6 kB', 401, header_token($world, kid => 'k' x 6000) ],
        [ kid => '1 kB, unknown', 401,
          header_token($world, kid => "\n" x 1024) ],
        [ kid => '45 kB', 401, header_token($world, kid => 'k' x 45_000) ],
        [ kid => 'an array of 45 kB', 401, token =>
          $world->{issuer}->mint(header => header_text($world, 'kid', '1')) ],
        [ 'crit, b64' => 'crit of 45 kB', 401, header_token($world,
            crit => [ ('exp') x 7000 ]) ],
        [ 'crit, b64' => 'b64', 401,
          header_token($world, b64 => JSON::PP::false) ],
        [ typ => '45 kB', 401, header_token($world, typ => 'x' x 45_000) ],
        [ typ => 'logout+jwt', 401,
          header_token($world, typ => 'logout+jwt') ],
        (map { [ JSON => "header of $_", 401, token =>
                 $world->{issuer}->mint(header => header_text(
                     $world, 'alg', $_)) ] } '{}', '[]', '1', '""'),
    );
}


sub header_text {
    my ($world, $name, $item) = @_;

    my $text = array($name, $item, PAYLOAD - 600);

    return $name eq 'alg' ? "{$text}"
        : sprintf '{"alg":"ES256",%s}', $text;
}


sub algorithms {
    my ($world) = @_;

    my %keys = %{ $world->{keys} };
    my ($input) = $world->{issuer}->mint(
        header => { alg => 'HS256', kid => $keys{RS256}->kid }) =~ /\A(.*)\./;
    my $mac = encode_base64url(hmac_sha256($input, $keys{RS256}->pem));

    return (
        (map { [ alg => 'alg ' . substr($_, 0, 8), 401,
                 header_token($world, alg => $_) ] }
            'none', 'ES256 ', 'x' x 1000, 'x' x 40_000),
        [ alg => 'alg twice', 401, token => $world->{issuer}->mint(
            header => '{"alg":"none","alg":"ES256"}') ],
        [ HMAC => 'the PEM as key', 401, token => "$input.$mac" ],
        [ pinning => 'PS256 by a key for RS256', 401, token =>
          $world->{issuer}->mint(key => $keys{RS256}, alg => 'PS256',
                                 header => { alg => 'PS256' }) ],
        [ pinning => 'ES384 by a key on P-256', 401,
          header_token($world, alg => 'ES384') ],
    );
}


sub dates {
    my ($world) = @_;

    my @cases;

    for my $value ('9' x 4000, '9' x 45_000, '0.' . '1' x 45_000,
                   '1e-99999999999', '1e99999999999', '1e309', '"1"')
    {
        for my $name (qw(exp nbf iat)) {
            push @cases, [ "exp nbf iat" => "$name " . (
                    length $value > 30 ? length($value) . ' digits' : $value),
                401, token($world, "\"$name\":$value", $name => undef) ];
        }
    }

    return @cases, [ 'exp nbf iat' => '20 bounded numbers of 64 digits', 401,
        token($world, array('exp', '0.' . '1' x 62), exp => undef) ];
}


sub claims {
    my ($world) = @_;

    my $below = 'https://app.test/r399/x';

    return (
        [ iss => '45 kB', 401, token($world, '', iss => 'x' x 45_000) ],
        [ iss => 'array', 401, token($world, array('iss', '"x"'),
                                     iss => undef) ],
        [ aud => '200, ours the last', 200, token($world, '',
            aud => [ ('https://b.test/') x 199, 'https://app.test' ]) ],
        [ aud => 'thousands, one byte each', 401, token($world,
            array('aud', '"a"'), aud => undef) ],
        [ aud => 'numbers', 401, token($world, array('aud', '1'),
                                       aud => undef) ],
        [ aud => 'another resource of 400', 401, token($world,
            array('aud', "\"$below\""), aud => undef),
          Host => 'many.test' ],
        [ aud => 'as long as the resource', 401, token($world,
            array('aud', '"https://app.tesu"'), aud => undef) ],
        [ aud => 'a slash more', 401, token($world,
            array('aud', '"https://app.test/a/../"'), aud => undef) ],
        [ aud => 'one of 45 kB', 401, token($world, '',
            aud => 'https://app.test/' . 'a/' x 22_000 . '..') ],
        [ aud => 'against 200 listed', 401, token($world,
            array('aud', '"https://aud-x.test/z"'), aud => undef),
          Host => 'listed.test' ],
        [ cnf => 'jkt', 401, token($world, '', cnf => { jkt => 'x' }) ],
        [ cnf => 'objects', 401, token($world, array('cnf', '{}')) ],
        [ sub => 'number', 401, token($world, '', sub => 7) ],
        [ sub => '45 kB', 200, '/header', token($world, '',
                                               sub => 'x' x 45_000) ],
        (map { [ claims => "required, array of $_", 403, '/require',
                 token($world, array('roles', $_)) ] }
            '1', '"a"', '1.5', 'true', '{}', '[]'),
        (map { [ claims => "forwarded, array of $_", 200, '/header',
                 token($world, array('roles', $_)) ] }
            '1', '"a"', '1.5', 'true', '{}', '[]', '","',
            '1.7976931348623157e308'),
        [ claims => 'forwarded, arrays in arrays', 200, '/header',
          token($world, array('roles', '[' x 28 . ']' x 28)) ],
        [ claims => 'forwarded, object of 500', 200, '/header', token(
            $world, '"roles":{' . join(',', map {
                "\"m$_\":\"" . 'x' x 80 . '"' } 1 .. 490) . '}') ],
        [ claims => 'a path of 20 names', 200, '/path',
          token($world, '"a":' . '{"b":' x 20 . '1' . '}' x 20) ],
    );
}


sub scopes {
    my ($world) = @_;

    my @words = map { sprintf 'w%x', $_ } 1 .. 7500;
    my $long = join ' ', @words;

    return (
        [ scope => 'tab, comma', 403, '/scope',
          token($world, '', scope => "a\tb,c") ],
        (map { [ scope => "$_->[0], $_->[1]", 403, "/$_->[1]",
                 token($world, '', scope => $_->[2]) ] }
            map { my $path = $_; map { [ $_->[0], $path, $_->[1] ] }
                [ 'one byte words', substr('a ' x 25_000, 0, 48_000) ],
                [ 'spaces', ' ' x 48_000 ],
                [ 'one word', 'a' x 48_000 ],
                [ '7500 words', $long ] } qw(scope dense chain terms)),
        [ scope => 'array', 403, '/dense', token($world,
            array('scope', '"a"'), scope => undef) ],
        [ scope => 'the last 50 of 6550', 200, '/terms', token($world, '',
            scope => join ' ', @words[0 .. 6500], map { "t$_" } 1 .. 50) ],
        (map { [ scope => "$_ words asked by a variable", $_ > 128 ? 403
                 : 200, '/asked', token($world, '',
                                        scope => join ' ', @words[0 .. 6000]),
                 'X-Scope' => join ' ', @words[6000 - $_ .. 5999] ] }
            128, 6000),
        [ scope => '180,000 words asked by a variable', 403, '/asked',
          token($world, ''), 'X-Scope' => join ' ', map { sprintf '%x', $_ }
          1 .. 180_000 ],
    );
}


sub texts {
    my ($world) = @_;

    my $bad = sub { [ JSON => $_[0], 401, token($world, $_[1]) ] };
    my $good = sub { [ JSON => $_[0], 200, token($world, $_[1]) ] };

    return (
        $bad->('700 members', join ',', map { "\"m$_\":1" } 1 .. 700),
        $good->('500 members', join ',', map { "\"m$_\":1" } 1 .. 490),
        $bad->('same member 490 times', join ',', ('"m":1') x 490),
        $bad->('depth 3000', '"x":' . '[' x 3000 . ']' x 3000),
        $bad->('depth 20,000, open', '"x":' . '[' x 20_000),
        $good->('depth 31, again and again', array('x',
            '[' x 29 . ']' x 29)),
        $good->('4,090 arrays', array('x', '[]')),
        $good->('4,090 objects', array('x', '{}')),
        $bad->('15,000 arrays', '"x":[' . join(',', ('[]') x 15_000) . ']'),
        $bad->('15,000 objects', '"x":[' . join(',', ('{}') x 15_000) . ']'),
        $good->('numbers', array('x', '1')),
        $good->('numbers of 64 digits', array('x', '0.' . '1' x 62)),
        $good->('small numbers', array('x', '1e-99999999999')),
        $bad->('numbers of 4000 digits', array('x', '1' x 4000)),
        $good->('escapes', '"x":"' . '\u00e9' x 8000 . '"'),
        $good->('backslashes', '"x":"' . '\\\\' x 24_000 . '"'),
        $good->('quotes', '"x":"' . '\\"' x 24_000 . '"'),
        $bad->('backslashes, open', '"x":"' . '\\' x 48_001),
        $bad->('bad UTF-8 at the end', '"x":"' . 'a' x 48_000 . "\xff\""),
        $bad->('lone surrogates', '"x":"' . '\ud800' x 8000 . '"'),
        [ JSON => 'UTF-16', 401, token => $world->{issuer}->mint(
            claims => join '', map { "$_\0" } split //, ' ' x 24_000) ],
        [ JSON => 'BOM', 401, token => $world->{issuer}->mint(
            claims => "\xef\xbb\xbf" . claims_of($world, '')) ],
    );
}


# Random signatures, so that the verification does all of its arithmetic.

sub signatures {
    my ($world) = @_;

    my @cases;
    my %sizes = (ES256 => 64, ES384 => 96, ES512 => 132, RS256 => 256,
                 PS256 => 256, EdDSA => 64);

    for my $alg (sort keys %sizes) {
        my $token = $world->{issuer}->mint(key => $world->{keys}{$alg});
        my ($input) = $token =~ /\A(.*)\./;
        my $random = encode_base64url(noise($sizes{$alg}));

        push @cases, [ signatures => "$alg, random", 401,
                       token => "$input.$random" ],
                     [ signatures => "$alg, zeros", 401, token => "$input."
                       . encode_base64url("\0" x $sizes{$alg}) ];

        my $long = $world->{issuer}->mint(key => $world->{keys}{$alg},
            claims => claims_of($world, '"x":"' . 'x' x 47_000 . '"'));

        push @cases, [ signatures => "$alg, 64 kB, changed", 401,
                       token => $long =~ s/\.[^.]*\z/.$random/r ];
    }

    for my $alg (qw(ES384 ES512 RS512 PS512 EdDSA)) {
        my $size = $sizes{$alg} // 1024;
        my $token = $world->{many}->mint(
            key => $world->{keys}{ES256}, header => { alg => $alg,
                                                      kid => undef });

        push @cases, [ signatures => "$alg, no kid, 8 keys tried", 401, token
            => $token =~ s/[^.]*\z/encode_base64url(noise($size))/er ];
    }

    return @cases;
}


# One or two numbers below every order and modulus: the first byte of a
# big-endian number is 0, and so is the last byte of a little-endian one.

sub noise {
    my ($size) = @_;

    my @bytes = map { 1 + int rand 255 } 1 .. $size;

    @bytes[0, $size / 2, $size - 1] = (0, 0, 0);

    return pack 'C*', @bytes;
}


sub carriage {
    my ($world) = @_;

    my $token = $world->{issuer}->token;
    my %good = (token => $token);
    my $refused = qr/\A4(?:00|01)\z/;

    return (
        [ control => 'no token', 401 ],
        [ control => 'a good token', 200, %good ],
        [ carriage => 'two headers', $refused, %good, %good ],
        [ carriage => 'commas', $refused,
          Authorization => "Bearer $token, a" ],
        [ carriage => '1 MB of spaces', $refused,
          Authorization => 'Bearer ' . ' ' x 1_000_000 . 'x y' ],
        [ carriage => '1 MB of another scheme', 401,
          Authorization => 'Basic ' . 'A' x 1_000_000 ],
        [ carriage => 'preflight with 1 MB of names', qr/\A(?:204|401)\z/,
          'OPTIONS', '/', 'Origin' => 'https://a.test',
          'Access-Control-Request-Method' => 'GET',
          'Access-Control-Request-Headers' => 'a,' x 499_000 . 'b' ],
        [ carriage => 'preflight with 1 MB of commas', qr/\A(?:204|401)\z/,
          'OPTIONS', '/', 'Origin' => 'https://a.test',
          'Access-Control-Request-Method' => 'GET',
          'Access-Control-Request-Headers' => ',' x 1_000_000 ],
        [ 'identity headers' => '60 copies', 200, '/header', %good,
          map { ('X-User', 'mallory') } 1 .. 60 ],
        [ 'identity headers' => '980 copies', 200, '/header', %good,
          map { ('X-User', 'mallory') } 1 .. 980 ],
        [ 'identity headers' => '20,000 copies', qr/\A[24]00\z/, '/header',
          %good, map { ('X-User', 'mallory') } 1 .. 20_000 ],
        [ 'identity headers' => '980 others', 200, '/header', %good,
          map { ("X-Use$_", 'm') } map { chr 97 + $_ % 26 } 1 .. 980 ],
        [ 'identity headers' => '1 MB of Connection', 200, '/header', %good,
          Connection => 'x-use,' x 160_000 . 'x-user' ],
        [ 'identity headers' => '1 MB of short names', 200, '/header', %good,
          Connection => 'a,' x 499_000 . 'x-user' ],
    );
}


sub others {
    my ($world) = @_;

    my $known = '/.well-known/oauth-protected-resource';
    my $token = $world->{issuer}->token;
    my ($h, $p, $s) = split /\./, $token;

    return (
        [ metadata => 'Authorization of 1 MB', 200, $known,
          token => 'x' x 1_000_000 ],
        [ metadata => 'query of 1 MB', 200, "$known?" . 'x=y&' x 240_000 ],
        [ metadata => 'path of 1 MB', 404, "$known/" . 'a/' x 490_000 ],
        [ caches => 'signature of another token', 401, token => "$h.$p."
          . (split /\./, $world->{issuer}->token(sub => 'bob'))[2] ],
        [ caches => 'no signature', 401, token => "$h.$p." ],
        [ storms => 'unknown kid', 401,
          header_token($world, kid => 'unknown') ],
        [ storms => 'unknown issuer', 401, token($world, '',
                                                 iss => 'https://x.test') ],
        [ issuers => "another issuer's key", 401, token =>
          $world->{many}->mint(key => $world->{keys}{ES256}) ],
        [ 'TLS to the AS' => 'no handshake', 503, token($world, '',
            iss => $world->{silent}) ],
    );
}

1;

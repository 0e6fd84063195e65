#!/usr/bin/perl
#
# Tokens: every algorithm, and every way in which a token can fail to be a valid
# access token for this resource.  RFC 7515, RFC 7519, RFC 8725, RFC 9068.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Digest::SHA qw(hmac_sha256 hmac_sha384 hmac_sha512);
use JSON::PP ();
use MIME::Base64 qw(decode_base64url encode_base64url);

use OAuth::Test;
use OAuth::Test::Token qw(assemble remember_token);

my %keys = map { $_ => key($_) } qw(RS256 RS384 RS512 PS256 PS384 PS512
                                    ES256 ES384 ES512 EdDSA Ed448);

$keys{Ed25519} = $keys{EdDSA}->copy('Ed25519', kid => 'ed');
$keys{'EdDSA, Ed448'} = $keys{Ed448}->copy('EdDSA', kid => 'ed448');

my $free = $keys{RS256}->copy('RS256', kid => 'free', alg => undef);
my $es256 = $keys{ES256};
my $rs256 = $keys{RS256};
my $unknown = key('ES256');

my $issuer = issuer(keys => [ $es256, $free, grep { $_ != $es256 }
                              values %keys ]);
my $strict = issuer(keys => [ $es256, $rs256, $keys{PS256} ]);
my $lonely = issuer(keys => [ key('ES384', jwk => { kid => undef }),
                              key('ES256', jwk => { kid => undef }),
                              key('ES256', jwk => { kid => undef }) ]);

my $nginx = nginx(<<'EOT', AS => $issuer->url, STRICT => $strict->url,
    oauth_issuer corp { issuer %%AS%%; }
    oauth_issuer lonely { issuer %%LONELY%%; }

    oauth_issuer strict {
        issuer %%STRICT%%;
        algorithms ES256 PS256;
        token_type at+jwt;
        leeway 5s;
        max_token_lifetime 1h;
    }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp strict lonely;
        oauth_resource https://app.test;
        oauth_audience 7;

        large_client_header_buffers 4 32k;

        location / {
            oauth_scope none;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /user {
            oauth_header X-User sub;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\n";
    }
EOT
    LONELY => $lonely->url);

my $http = $nginx->http;


sub accepted {
    my ($token, $name, $path) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is($http->get($path // '/', token => $token)->status, 200, $name);
}


# The token is refused, and the log has this reason code.

sub refused {
    my ($token, $reason, $name, $path) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    $nginx->mark;
    my $response = $http->get($path // '/', token => $token);
    my ($line) = $nginx->wait_for_log(qr/oauth: refused/, 1, 5);
    my ($code) = ($line // '') =~ /oauth: refused: (\w+)/;

    return is(join(' ', $response->status,
                   $response->challenge->{fields}{error} // '', $code // '-'),
              "401 invalid_token $reason", $name);
}


# every algorithm

accepted($issuer->mint(key => $keys{$_}), $_) for sort keys %keys;

accepted($issuer->mint(key => $free, alg => $_, header => { alg => $_ }),
         "$_ by a key without alg") for qw(RS256 PS256 RS512);

# a key is used with one algorithm only

refused($issuer->mint(key => $rs256, alg => 'PS256', header =>
        { alg => 'PS256' }), 'key_mismatch', 'PS256 by a key for RS256');
refused($issuer->mint(key => $rs256, alg => 'RS512', header =>
        { alg => 'RS512' }), 'key_mismatch', 'RS512 by a key for RS256');
refused($issuer->mint(key => $es256, header => { alg => 'ES384' }),
        'key_mismatch', 'ES384 by a key on P-256');
refused($issuer->mint(key => $keys{Ed448}, header => { alg => 'Ed25519' }),
        'key_mismatch', 'Ed25519 by a key for Ed448');
refused($issuer->mint(key => $keys{Ed448}, header =>
        { alg => 'EdDSA', kid => $keys{EdDSA}->kid }), 'bad_signature',
        'EdDSA on Ed448, the kid of a key on Ed25519');
refused($issuer->mint(key => $es256, header => { kid => $rs256->kid }),
        'key_mismatch', 'the kid of a key of another type');
refused($issuer->mint(key => $keys{ES384}, header =>
        { kid => $es256->kid, alg => 'ES256' }),
        'bad_signature', 'another key with that kid');
refused($issuer->mint(key => $free, alg => 'RS512', header =>
        { alg => 'RS256' }), 'bad_signature', 'signed with another digest');

# algorithms that are not in the configured list

accepted($strict->mint(key => $keys{PS256}), 'PS256, in the list');
refused($strict->mint(key => $rs256), 'wrong_algorithm',
        'RS256, not in the list');

# "none", and values that look like it

for my $alg ('none', 'None', 'NONE', 'nOnE', '', 'es256', 'ES256 ',
             'ES256K', 'RS1', 'x' x 1000, 'dir')
{
    my $name = length $alg > 20 ? '1000 characters' : "\"$alg\"";
    my $header = { alg => $alg };

    refused($issuer->mint(header => $header), 'wrong_algorithm',
            "alg $name");
    refused($issuer->mint(header => $header) =~ s/[^.]*\z//r,
            'wrong_algorithm', "alg $name, no signature")
        if $alg =~ /none/i;
}

for my $alg (JSON::PP::null, 7, [ 'ES256' ], { alg => 'ES256' },
             JSON::PP::true)
{
    my $header = JSON::PP->new->encode({ typ => 'at+jwt',
                                         kid => $es256->kid, alg => $alg });
    is($http->get('/', token => $issuer->mint(header => $header))->status,
       401, 'alg of another type: ' . $header =~ s/.*"alg":([^,}]*).*/$1/r);
}

is($http->get('/', token => $issuer->mint(header => { alg => undef }))->status,
   401, 'no alg');

# a NUL byte does not end a comparison early

refused($issuer->mint(header => { alg => "ES256\0" }), 'malformed_token',
        'alg with a NUL');
refused($issuer->mint(header => { kid => $es256->kid . "\0x" }),
        'malformed_token', 'kid with a NUL');
refused($issuer->mint(header => { kid => $_ }), 'malformed_token',
        'a kid that is empty') for '', [];
refused($issuer->mint(header => '{"alg":"ES256","kid":null}'),
        'malformed_token', 'a kid that is null');
refused($issuer->mint(header => '{"alg":"ES256","typ":null}'),
        'malformed_token', 'a typ that is null');
accepted($issuer->mint(header => '{"alg":"ES256"}'), 'neither');
refused($issuer->mint(header => { typ => "at+jwt\0" }), 'malformed_token',
        'typ with a NUL');
refused($issuer->token(iss => $issuer->url . "\0"), 'malformed_token',
        'iss with a NUL');

# HMAC with data that is public

my %secrets = (
    'PEM' => $rs256->pem, 'n' => $rs256->jwk->{n}, 'kid' => $rs256->kid,
    'the bytes of n' => decode_base64url($rs256->jwk->{n}), 'nothing' => '',
    'zeros' => "\0" x 32, 'JWK' => JSON::PP->new->encode($rs256->jwk),
);

my %hmac = (HS256 => \&hmac_sha256, HS384 => \&hmac_sha384,
            HS512 => \&hmac_sha512);

for my $alg (sort keys %hmac) {
    for my $name (sort keys %secrets) {
        my $token = $issuer->mint(header => { alg => $alg,
                                              kid => $rs256->kid });
        my ($input) = $token =~ /\A(.*)\./;
        my $mac = $hmac{$alg}->($input, $secrets{$name});

        refused(remember_token("$input." . encode_base64url($mac)),
                'wrong_algorithm', "$alg with $name");
    }
}

# keys in the token's header are ignored: only keys of the issuer count

my $sent = $issuer->count;

for my $member (
    [ jwk => $unknown->jwk ], [ jku => $issuer->url . '/evil' ],
    [ x5u => $issuer->url . '/evil' ], [ x5c => [ 'MIIB' ] ],
    [ x5t => 'abc' ])
{
    refused($issuer->mint(key => $unknown, header =>
            { kid => $es256->kid, @$member }), 'bad_signature',
            "$member->[0] with a key of its own");
    accepted($issuer->mint(header => { @$member }),
             "$member->[0] beside a good signature");
}

is($issuer->count, $sent, 'and nothing was fetched');

# kid must match exactly

accepted($issuer->token, 'the right kid');

for my $kid ('../../etc/passwd', "' OR 1=1 --", '$(id)', uc $es256->kid,
             substr($es256->kid, 0, -1),
             $es256->kid . '0', ' ' . $es256->kid, "a\r\nX: y",
             $unknown->kid)
{
    refused($issuer->mint(header => { kid => $kid }), 'unknown_key',
            'kid "' . $kid =~ s/[\r\n]/?/gr . '"');
}

for my $kid (7, [ $es256->kid ], { kid => $es256->kid }, JSON::PP::true) {
    is($http->get('/', token => $issuer->mint(header => { kid => $kid }))
       ->status, 401, 'kid of another type: ' . (ref $kid || $kid));
}

is($http->get('/', token => $issuer->mint(header => { kid => 'k' x 6000 }))
   ->status, 401, 'kid of 6 kB');

# no kid: every key that fits the algorithm is tried

accepted($issuer->mint(header => { kid => undef }), 'no kid');
accepted($lonely->mint(key => $_, header => { kid => undef }),
         'no kid, a set without kids') for @{ $lonely->{keys} };
refused($lonely->mint(key => $unknown, header => { kid => undef }),
        'bad_signature', 'no kid, a key that is not in the set');

# keys of another issuer

refused($lonely->mint(key => $es256, header => { kid => undef }),
        'bad_signature', 'a key of another issuer');
refused($strict->mint(key => $unknown, header => { kid => $es256->kid }),
        'bad_signature', 'an unknown key with a good kid');

# crit and b64

for my $members ([ crit => [ 'exp' ] ], [ crit => [] ], [ crit => [ 'b64' ],
                 b64 => JSON::PP::false ], [ b64 => JSON::PP::false ],
                 [ crit => 'exp' ], [ crit => [ 'x' ], x => 1 ])
{
    is($http->get('/', token => $issuer->mint(header => { @$members }))
       ->status, 401, 'header with ' . JSON::PP->new->canonical->encode(
           { @$members }));
}

# typ

accepted($issuer->mint(header => { typ => $_ }), 'typ ' . ($_ // 'absent'))
    for 'at+jwt', 'application/at+jwt', 'AT+JWT', 'JWT', 'application/jwt', 'JOSE',
        'application/jose', undef;

refused($issuer->mint(header => { typ => $_ }), 'wrong_type',
        "typ $_")
    for qw(logout+jwt secevent+jwt dpop+jwt statuslist+jwt kb+jwt none
           at+jw at+jwtx application/jwt+at at+jwt;x=y application/
           JOSE+JSON application/jose+json),
        ' at+jwt', ' JOSE', '';

is($http->get('/', token => $issuer->mint(header => { typ => $_ }))->status,
   401, 'typ of another type') for 7, [ 'at+jwt' ], [], JSON::PP::true;

accepted($strict->mint(header => { typ => $_ }), "token_type at+jwt: $_")
    for 'at+jwt', 'application/at+jwt';
refused($strict->mint(header => { typ => $_ }), 'wrong_type',
        'token_type at+jwt: ' . ($_ // 'absent'))
    for 'JWT', 'JOSE', 'application/jose', '', undef;

refused($issuer->mint(header => { typ => 'JWT' }, claims =>
        { nonce => 'n-1', at_hash => 'abc', scope => undef,
          client_id => undef }), 'wrong_type', 'an ID token for our audience');

# iss

my $url = $issuer->url;

for my $iss ("$url/", "$url/x", substr($url, 0, -1), "${url}0", uc $url,
             " $url", '', "$url\@evil.test")
{
    refused($issuer->token(iss => $iss), 'unknown_issuer',
            qq{iss "$iss"});
}

for my $iss (undef, [ $url ], { iss => $url }, 7, JSON::PP::null) {
    is($http->get('/', token => $issuer->token(iss => $iss))->status, 401,
       'iss of another type: ' . (ref $iss || $iss // 'absent'));
}

# exp, nbf, iat

my $now = time;

accepted($issuer->token(exp => $now - 10), 'exp within the leeway');
refused($issuer->token(exp => $now - 60), 'expired', 'exp beyond the leeway');
refused($strict->token(exp => $now - 10), 'expired', 'exp, leeway 5s');
accepted($issuer->token(nbf => $now + 10), 'nbf within the leeway');
refused($issuer->token(nbf => $now + 120), 'not_yet_valid', 'nbf later');
accepted($issuer->token(iat => $now + 10), 'iat within the leeway');
refused($issuer->token(iat => $now + 120), 'not_yet_valid', 'iat later');
accepted($issuer->token(iat => undef), 'no iat');
accepted($issuer->token(iat => $now - 3000, exp => $now + 3000.5),
         'a fraction of a second');
refused($issuer->token(exp => undef), 'no_expiry', 'no exp');
refused($issuer->token(exp => $now + 2 * 86_400), 'lifetime_too_long',
        'two days');
refused($strict->token(exp => $now + 7000), 'lifetime_too_long',
        'max_token_lifetime 1h');
accepted($strict->token(exp => $now + 3500), 'just below it');
refused($issuer->token(exp => $now + 2 * 86_400, iat => $now + 2 * 86_400),
        'not_yet_valid', 'iat does not make it short');

my $nine = '9' x 4000;

for my $value ('"' . ($now + 60) . '"', 'null', 'true', '[' . ($now + 60) . ']',
               '{}', '0', '-1', '1e309', '1e400', '9223372036854775808',
               '18446744073709551616', $nine, '1e-99999999999', 'NaN',
               'Infinity', '0x7fffffff', '0' . ($now + 60),
               '1e1000000000000', '')
{
    for my $member (qw(exp nbf iat)) {
        my %times = (exp => $now + 60, iat => $now, nbf => $now,
                     $member => $value);
        my $claims = sprintf '{"iss":"%s","aud":"https://app.test",'
            . '"sub":"a","exp":%s,"iat":%s,"nbf":%s}', $url,
            @times{qw(exp iat nbf)};
        my $response = $http->get('/', token =>
                                  $issuer->mint(claims => $claims));
        my $name = length $value > 30 ? '4000 digits' : $value;

        # Except for exp, a time long ago is no reason to refuse; and null
        # counts as absent.

        my $past = $member ne 'exp' && $value =~ /\A(?:0|-1)\z/;

        if ($member ne 'exp' && $value eq 'null') {
            is($response->status, 200, "$member $name");

        } elsif ($past) {
            like($response->status, qr/\A(?:200|401)\z/, "$member $name");

        } else {
            is($response->status, 401, "$member $name");
        }
    }
}

# sub, if it is to be forwarded

accepted($issuer->token(sub => undef), 'no sub, where nobody needs it');
accepted($issuer->token, 'sub, where it is forwarded', '/user');

for my $sub (undef, '', JSON::PP::null, [], 7, [ 'alice' ], JSON::PP::true) {
    my $name = ref $sub || $sub // 'absent';
    is($http->get('/user', token => $issuer->token(sub => $sub))->status, 401,
       "sub \"$name\", where it is forwarded");
}

accepted($issuer->token(sub => $_, nbf => $_, iat => $_, jti => $_,
                        client_id => $_), 'optional claims that are empty')
    for '', JSON::PP::null, [];

refused($issuer->token(sub => $_), 'malformed_claims',
        'sub of another type, where nobody needs it')
    for 7, [ 'alice' ], {}, JSON::PP::true;

# tokens that are bound to a key of the client

my $thumbprint = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I';

refused($issuer->token(cnf => $_), 'sender_constrained',
        'cnf ' . JSON::PP->new->allow_nonref->canonical->encode($_))
    for { jkt => 'abc' }, { 'x5t#S256' => 'abc' }, { jkt => $thumbprint },
        { 'x5t#S256' => $thumbprint },
        { jkt => $thumbprint, 'x5t#S256' => $thumbprint }, {}, 'x',
        [], { kid => 'a' };

# JSON

my $claims = sprintf '"iss":"%s","aud":"https://app.test","sub":"alice",'
    . '"exp":%d', $url, $now + 300;
my $header = sprintf '"typ":"at+jwt","alg":"ES256","kid":"%s"', $es256->kid;

accepted($issuer->mint(header => "{$header}", claims => "{$claims}"),
         'written by hand');
accepted($issuer->mint(header => " { $header } ", claims => "\n{$claims}\t"),
         'white space');
accepted($issuer->mint(header => "{$header}", claims => "{$claims,"
         . '"deep":' . '[' x 20 . ']' x 20 . '}'), 'depth 20');

my %payloads = (
    'exp twice' => "{$claims,\"exp\":" . ($now + 400) . '}',
    'iss twice' => "{$claims,\"iss\":\"$url\"}",
    'sub twice, deep' => "{$claims,\"a\":{\"b\":1,\"b\":2}}",
    'escaped name twice' => "{$claims,\"\\u0065xp\":" . ($now + 400) . '}',
    'exp\\u0000' => "{$claims,\"exp\\u0000\":" . ($now + 400) . '}',
    'trailing bytes' => "{$claims}x",
    'trailing object' => "{$claims}{}",
    'trailing NUL' => "{$claims}\0",
    'trailing comma' => "{$claims,}",
    'comment' => "{/* x */$claims}",
    'BOM' => "\xef\xbb\xbf{$claims}",
    'UTF-16' => join('', map { "$_\0" } split //, "{$claims}"),
    'bad UTF-8' => "{$claims,\"x\":\"\xff\"}",
    'overlong UTF-8' => "{$claims,\"x\":\"\xc0\xaf\"}",
    'surrogate in UTF-8' => "{$claims,\"x\":\"\xed\xa0\x80\"}",
    'lone surrogate' => "{$claims,\"x\":\"\\ud800\"}",
    'depth 33' => "{$claims,\"x\":" . '[' x 33 . ']' x 33 . '}',
    'depth 3000' => "{$claims,\"x\":" . '[' x 3000 . ']' x 3000 . '}',
    '700 members' => "{$claims," . join(',', map { "\"m$_\":1" } 1 .. 700)
        . '}',
    'single quotes' => "{$claims,'x':1}",
    'unquoted name' => "{$claims,x:1}",
    'raw newline in a string' => "{$claims,\"x\":\"a\nb\"}",
    'NaN' => "{$claims,\"x\":NaN}",
    'array' => "[{$claims}]",
    'string' => '"text"',
    'null' => 'null',
    'number' => '1',
    'empty' => '',
    'cut off' => "{$claims",
);

for my $name (sort keys %payloads) {
    is($http->get('/', token => $issuer->mint(
        header => "{$header}", claims => $payloads{$name}))->status, 401,
       "payload: $name");
}

my %headers = (
    'alg twice' => "{$header,\"alg\":\"ES256\"}",
    'kid twice' => "{$header,\"kid\":\"x\"}",
    'trailing bytes' => "{$header}x",
    'BOM' => "\xef\xbb\xbf{$header}",
    'bad UTF-8' => "{$header,\"x\":\"\xff\"}",
    'depth 40' => "{$header,\"x\":" . '[' x 40 . ']' x 40 . '}',
    'array' => "[{$header}]",
    'empty' => '',
    'enc' => "{$header,\"enc\":\"A128GCM\"}",
);

for my $name (sort keys %headers) {
    is($http->get('/', token => $issuer->mint(
        header => $headers{$name}, claims => "{$claims}"))->status, 401,
       "header: $name");
}

# the form of a JWS

my $good = $issuer->token;
my ($h, $p, $s) = split /\./, $good;

accepted($good, 'a good token');

my @forms = (
    "$h.$p", "$h.$p.", "$h..$s", ".$p.$s", "$h.$p.$s.", ".$h.$p.$s",
    "$h.$p.$s.$s", "$h.$p.$s.$s.$s", '..', '.', '....', '.' x 4000,
    "$h.$p.$s=", "$h=.$p.$s", "$h.$p.$s==", "$h.$p+.$s", "$h.$p.$s/",
    "$h.$p." . substr($s, 0, -1), "$h.$p.$s" . 'A', "$h.$p.$s" . 'AA',
    "$h.${p}A.$s", "$h.${p}AA.$s", "$h.$p.\"$s\"", "$h.$p.$s,x",
    "$h.$p.$s;x", "$h.$p.$s$s", "$h.$p." . 'A' x 86, "$h.$p." . 'A' x 5000,
    'x' x 7000, "$h.$p.$s" =~ s/^./~/r,
    '{"payload":"x","signatures":[]}',
);

for my $form (@forms) {
    my $name = length $form > 40 ? length($form) . ' bytes, '
        . ($form =~ tr/.//) . ' dots' : $form;
    is($http->get('/', token => $form)->status, 401, "form: $name");
}

for my $size (40_000, 1_000_000) {
    like($http->get('/', token => 'x' x $size)->status, qr/\A4(?:00|01|31)\z/,
         "form: $size bytes");
}

# The last character of a signature of 64 bytes carries four unused bits.

my $last = substr $s, -1;
my $alphabet = join '', 'A' .. 'Z', 'a' .. 'z', 0 .. 9, '-', '_';
my $index = index $alphabet, $last;

is($http->get('/', token => "$h.$p." . substr($s, 0, -1)
              . substr $alphabet, $index | 1, 1)->status, 401,
   'form: unused bits that are set');

# signatures

my $raw = decode_base64url($s);
my ($r_part, $s_part) = unpack 'a32 a32', $raw;
my $n = pack 'H*', 'ffffffff00000000ffffffffffffffff'
                 . 'bce6faada7179e84f3b9cac2fc632551';
my $zero = "\0" x 32;

my %signatures = (
    'first bit' => $raw ^ ("\x80" . "\0" x 63),
    'last bit' => $raw ^ ("\0" x 63 . "\x01"),
    'one byte less' => substr($raw, 0, -1),
    'one byte more' => "$raw\0",
    'one byte before' => "\0$raw",
    'doubled' => $raw . $raw,
    'zeros' => "\0" x 64,
    'r = 0' => $zero . $s_part,
    's = 0' => $r_part . $zero,
    'r = n' => $n . $s_part,
    's = n' => $r_part . $n,
    'r and s exchanged' => $s_part . $r_part,
    'empty' => '',
);

for my $name (sort keys %signatures) {
    is($http->get('/', token => remember_token("$h.$p."
        . encode_base64url($signatures{$name})))->status, 401,
       "ECDSA signature: $name");
}

refused($issuer->mint(der => JSON::PP::true), 'bad_signature',
        'ECDSA signature: as DER');

my $again = $issuer->token(sub => 'mallory');
my (undef, $p2, $s2) = split /\./, $again;

refused(remember_token("$h.$p2.$s"), 'bad_signature',
        'the payload of another token');
refused(remember_token("$h.$p.$s2"), 'bad_signature',
        'the signature of another token');
accepted($again, 'which is good itself');

refused($issuer->mint(key => $keys{PS256}, salt => $_), 'bad_signature',
        "PSS with a salt of $_") for 0, 20, 33, 64;

for my $alg (qw(RS256 PS256 EdDSA Ed448)) {
    my ($ah, $ap, $as) = split /\./, $issuer->mint(key => $keys{$alg});
    my $bytes = decode_base64url($as);

    for my $changed ([ 'a bit' => $bytes ^ ("\0" x 20 . "\x01") ],
                     [ 'one byte less' => substr $bytes, 0, -1 ],
                     [ 'one byte more' => "$bytes\0" ],
                     [ 'a leading zero' => "\0$bytes" ],
                     [ 'zeros' => "\0" x length $bytes ])
    {
        is($http->get('/', token => remember_token("$ah.$ap."
            . encode_base64url($changed->[1])))->status, 401,
           "$alg signature: $changed->[0]");
    }
}

# after all of this a good token is still accepted

accepted($issuer->token, 'a good token is still good');

finish();

package Features;

# Hostile requests for what comes with a token or instead of one: DPoP proofs,
# certificates, orders to revoke, what an authorization server says about an
# opaque token; and tokens with actors, and those that an assertion is made of.
# All have sizes that reach the module.

use strict;
use warnings;

use Digest::SHA qw(sha256);
use Exporter qw(import);
use JSON::PP ();
use MIME::Base64 qw(decode_base64url encode_base64 encode_base64url);

use Documents qw(wide_keys);
use Inputs qw(array claims_of noise);
use OAuth::Test::Certificate qw(certificate);
use OAuth::Test::Proof qw(proof public_jwk thumbprint);
use OAuth::Test::Token qw(assemble);

our @EXPORT_OK = qw(features);

use constant {
    PROOF => 8192,              # bytes of a proof, at most
    CERTIFICATE => 65_536,      # of a certificate's text
    ORDER => 1 << 20,           # of an order to revoke
    EVENT => 65_536,            # of a signed one
    ANSWER => 65_536,           # about an opaque token
};

my $json = JSON::PP->new->canonical->utf8;
my $count = 0;


# As Inputs::inputs.  In place of the fields there may be code, which returns new
# ones for each request.

sub features {
    my ($world) = @_;

    return (
        proofs($world), certificates($world), orders($world), forms($world),
        events($world), answers($world), actors($world), assertions($world),
    );
}


# --- DPoP proofs -----------------------------------------------------------

sub proofs {
    my ($world) = @_;

    my %keys = %{ $world->{keys} };
    my $room = 5900;            # bytes of JSON in the header or the claims

    my @texts = (
        [ 'numbers', array('x', '1', $room) ],
        [ 'arrays', array('x', '[]', $room) ],
        [ 'objects', array('x', '{}', $room) ],
        [ 'arrays in arrays', array('x', '[' x 29 . ']' x 29, $room) ],
        [ 'members', join ',', map { "\"m$_\":1" } 1 .. 490 ],
        [ 'escapes', '"x":"' . '\u00e9' x 900 . '"' ],
        [ 'a string', '"x":"' . 'x' x 5400 . '"' ],
        [ 'brackets', '"x":' . '[' x 5400 ],
    );

    my @cases = map { [ "good, $_", 200, made($world, $keys{$_}) ] }
        sort keys %keys;

    push @cases, map { [ "$_, random signature", 401,
                         made($world, $keys{$_}, signature => 1) ] }
        sort keys %keys;

    for my $text (@texts) {
        my ($name, $json) = @$text;
        my $status = $name eq 'brackets' ? 401 : 200;

        push @cases, [ "header of $name", $status,
                       made($world, $keys{ES256}, header => $json) ],
                     [ "claims of $name", $status,
                       made($world, $keys{ES256}, claims => $json) ];
    }

    my ($wide) = wide_keys(1);

    push @cases,
        [ 'RSA of 8192 bits', 401, sub { foreign($world, $wide, 'RS512',
                                                 1024) } ],
        [ 'P-521, off the curve', 401, sub { foreign($world, {
            %{ public_jwk($keys{ES512}) }, x => $keys{ES512}->jwk->{y} },
            'ES512', 132) } ],
        [ 'one byte too long', 401, sub { fields($world, $keys{ES256},
                                                 'x' x (PROOF + 1)) } ],
        [ '8 kB of dots', 401, sub { fields($world, $keys{ES256},
                                            '.' x PROOF) } ],
        [ '1 MB', qr/\A4(?:00|01)\z/, sub { fields($world, $keys{ES256},
                                                   'x' x 1_000_000) } ],
        [ '900 proofs', qr/\A4(?:00|01)\z/, sub { fields(
            $world, $keys{ES256}, map { 'x' } 1 .. 900) } ];

    return map { my ($name, $status, $fields) = @$_;
                 [ 'DPoP proofs', $name, $status, '/bound', $fields ] } @cases;
}


# A proof by this key, with more in its header or claims.

sub made {
    my ($world, $key, %more) = @_;

    return sub {
        my $token = bound($world, $key);
        my @proof = split /\./, proof(key => $key, token => $token,
                                      url => 'https://app.test/bound');

        for my $part ([ 0, 'header' ], [ 1, 'claims' ]) {
            my ($i, $name) = @$part;

            $proof[$i] = encode_base64url(
                decode_base64url($proof[$i])
                    =~ s/\}\z/,$more{$name}}/r) if $more{$name};
        }

        my $signature = $key->sign("$proof[0].$proof[1]");

        $signature = encode_base64url(noise(length
            decode_base64url($signature))) if $more{signature};

        return fields($world, $key, "$proof[0].$proof[1].$signature");
    };
}


# A proof by a key of which nobody has the private part.

sub foreign {
    my ($world, $jwk, $alg, $size) = @_;

    my %jwk = map { defined $jwk->{$_} ? ($_ => $jwk->{$_}) : () }
        qw(crv e kty n x y);
    my $token = bound($world, $world->{keys}{ES256},
        encode_base64url(sha256($json->encode(\%jwk))));

    my $proof = assemble(
        $json->encode({ typ => 'dpop+jwt', alg => $alg, jwk => \%jwk }),
        $json->encode({ jti => 'j' . ++$count, htm => 'GET', iat => time,
                        htu => 'https://app.test/bound',
                        ath => encode_base64url(sha256($token)) }),
        sub { return encode_base64url(noise($size)) });

    return (Authorization => "DPoP $token", DPoP => $proof);
}


sub bound {
    my ($world, $key, $thumbprint) = @_;

    my $id = $thumbprint // thumbprint($key);

    return $world->{bound}{$id} //= $world->{issuer}->token(
        cnf => { jkt => $id });
}


sub fields {
    my ($world, $key, @proofs) = @_;

    return (Authorization => 'DPoP ' . bound($world, $key),
            map { (DPoP => $_) } @proofs);
}


# --- certificates in a header ----------------------------------------------

sub certificates {
    my ($world) = @_;

    my $client = certificate();
    my $pem = slurp($client->{certificate});
    my ($base64) = $pem =~ /CERTIFICATE-----(.*?)-----END/s;
    my $escaped = $pem =~ s/([^A-Za-z0-9])/sprintf '%%%02X', ord $1/ger;
    my $token = $world->{issuer}->token(
        cnf => { 'x5t#S256' => $client->{thumbprint} });

    $base64 =~ s/\s//g;

    # A sequence that contains 48 kB of sequences or of one octet string.

    my $nested = "\x30\x82\xbf\x00" . "\x30\x80" x 24_448;
    my $octets = "\x30\x82\xbf\x00\x04\x82\xbe\xfc" . "\0" x 48_892;

    my @cases = (
        [ 'good', 200, $escaped ], [ 'good, base64', 200, $base64 ],
        [ 'many', 401, $escaped x (60_000 / length $escaped) ],
        [ 'many, base64', 401, join ',', ($base64) x
                               (60_000 / length $base64) ],
        [ 'escapes', 401, '%41' x 21_000 ],
        [ 'bad escapes', 401, '%' x 65_000 ],
        [ 'base64 of 64 kB', 401, 'MIIC' . 'A' x 65_000 ],
        [ 'padding', 401, '=' x 65_000 ],
        [ 'sequences', 401, encode_base64($nested, '') ],
        [ 'an octet string', 401, encode_base64($octets, '') ],
        [ 'tabs', 401, '-----BEGIN CERTIFICATE-----' . "\t" x 65_000 . 'x' ],
        [ 'an element of quotes', 401, 'Cert="' . '\\"' x 32_000 . '"' ],
        [ 'elements', 401, 'Cert="",' x 8000 ],
        [ 'members', 401, 'By=a;' x 13_000 . "Cert=\"$escaped\"" ],
        [ 'one byte too long', 401, 'A' x (CERTIFICATE + 1) ],
        [ '900 kB', 401, 'A' x 900_000 ],
    );

    return map { [ certificates => @$_[0, 1], '/certified', token => $token,
                   'X-Cert' => $_->[2] ] } @cases;
}


sub slurp {
    my ($path) = @_;

    open my $in, '<', $path or die "cannot read $path: $!\n";
    local $/;

    return scalar <$in>;
}


# --- orders to revoke ------------------------------------------------------

# As JSON, from those who may.

sub orders {
    my ($world) = @_;

    my $issuer = $world->{issuer}->url;
    my $about = sub { qq({"issuer":"$issuer","subject":"u@{[ ++$count ]}"$_[0]}) };
    my $most = ORDER - 200;
    my $members = sub { join ',', map { "\"m$_\":$_[1]" } 1 .. $_[0] };
    my $many = sub { my ($n) = @_;
                     '[' . join(',', map { $about->('') } 1 .. $n) . ']' };

    my @cases = (
        [ 'a record', 204, sub { $about->('') } ],
        [ '1,000 records', 204, sub { $many->(1000) } ],
        [ '1,000 records of 1 kB', 204, sub { '[' . join(',', map {
            $about->(',"client_id":"' . 'c' x 900 . '"') } 1 .. 1000)
            . ']' } ],
        [ '1,001 records', 400, $many->(1001) ],
        [ 'the same record 1,000 times', 204,
          '[' . join(',', ($about->('')) x 1000) . ']' ],
        [ 'a string of 1 MB', 204, qq({"issuer":"$issuer","subject":")
                                   . 'x' x $most . '"}' ],
        [ 'escapes', 204, qq({"issuer":"$issuer","subject":")
                          . '\u00e9' x ($most / 6) . '"}' ],
        [ '15,000 members', 400, '{' . $members->(15_000, 1) . '}' ],
        [ '60,000 members', 400, '{' . $members->(60_000, 1) . '}' ],
        [ '1,000 objects of 100 members', 400, '[' . join(',', ('{'
            . $members->(100, 1) . '}') x 1000) . ']' ],
        [ 'arrays', 400, '[' . join(',', ('[]') x ($most / 3)) . ']' ],
        [ 'objects', 400, '[' . join(',', ('{}') x ($most / 3)) . ']' ],
        [ '1,000 objects', 400, '[' . join(',', ('{}') x 1000) . ']' ],
        [ 'numbers', 400, '[' . join(',', ('1') x ($most / 2)) . ']' ],
        [ 'brackets', 400, '[' x $most ],
        [ 'white space', 400, ' ' x $most ],
        [ 'a number of 1 MB', 400, '{"before":' . '1' x $most . '}' ],
        [ 'bad UTF-8 at the end', 400, '{"issuer":"' . 'a' x $most
                                       . "\xff\"}" ],
    );

    return map { order('revocation, JSON', 'application/json', '/admin', @$_) }
               @cases;
}


# The form of a client that gives a token back.

sub forms {
    my ($world) = @_;

    my $most = ORDER - 200;
    my $some = qr/\A(?:200|400|413)\z/;
    my ($h, $p, $s) = split /\./, $world->{issuer}->token;

    my @cases = (
        [ 'a good token', 200, sub { 'token=' . $world->{issuer}->token(
                                     jti => 'r' . ++$count) } ],
        [ 'a token of 64 kB', 200, 'token=' . 'x' x 65_000 ],
        [ '1 MB', $some, 'token=' . 'x' x $most ],
        [ 'escapes', $some, 'token=' . '%41' x ($most / 3) ],
        [ 'bad escapes', $some, 'token=' . '%' x $most ],
        [ 'members', $some, 'a=b&' x ($most / 4) . 'token=x' ],
        [ 'the same member', $some, 'token=x&' x ($most / 8) ],
        [ 'ampersands', $some, '&' x $most ],
        [ 'dots', $some, 'token=' . '.' x 65_000 ],
        [ 'a random signature', 200, sub { "token=$h.$p."
            . encode_base64url(noise(64)) } ],
        [ '4,090 objects', 200, sub { 'token=' . $world->{issuer}->mint(
            claims => claims_of($world, array('x', '{}'))) } ],
    );

    return map { order('revocation, form', 'application/x-www-form-urlencoded',
                       '/token', @$_) } @cases;
}


# Security events and logout tokens.

sub events {
    my ($world) = @_;

    my $event = 'https://schemas.openid.net/secevent/caep/event-type/'
                . 'session-revoked';
    my $iss = $world->{issuer}->url;

    my $signed = sub {
        my ($text, %options) = @_;

        return sub {
            my $claims = sprintf '{"iss":"%s","aud":"app","iat":%d,'
                . '"jti":"e%d",%s}', $iss, time, ++$count, $text;

            return $world->{issuer}->mint(claims => $claims,
                header => { typ => 'secevent+jwt', %options });
        };
    };

    my $about = qq("sub_id":{"format":"iss_sub","iss":"$iss","sub":"eve"});
    my $members = join ',', map { "\"m$_\":{}" } 1 .. 480;

    my @cases = (
        [ 'good', 202, $signed->("$about,\"events\":{\"$event\":{}}") ],
        [ 'good, 480 events', qr/\A(?:202|400)\z/,
          $signed->("$about,\"events\":{$members,\"$event\":{}}") ],
        [ 'arrays', qr/\A(?:202|400)\z/, $signed->(
            "$about,\"events\":{\"$event\":{}}," . array('x', '[]', 48_000)) ],
        [ '4,500 members', 400, $signed->(join ',', map { "\"m$_\":1" }
            1 .. 4500) ],
        [ 'depth 3000', 400, $signed->('"x":' . '[' x 3000 . ']' x 3000) ],
        [ 'a subject of 45 kB', qr/\A(?:202|400)\z/, $signed->(
            '"sub_id":{"format":"iss_sub","iss":"' . $iss . '","sub":"'
            . 'x' x 45_000 . "\"},\"events\":{\"$event\":{}}") ],
        [ 'dots', 400, '.' x EVENT ],
        [ 'too long', qr/\A4(?:00|13)\z/, 'x' x 1_000_000 ],
    );

    return map { order('revocation, event', 'application/secevent+jwt',
                       '/events', @$_) } @cases;
}


# body: text, or code that returns a new one.

sub order {
    my ($row, $type, $path, $name, $status, $body) = @_;

    return [ $row, $name, $status, 'POST', $path, sub {
        return (Host => 'local.test', 'Content-Type' => $type,
                body => ref $body ? $body->() : $body) } ];
}


# --- what an issuer says about an opaque token -----------------------------

sub answers {
    my ($world) = @_;

    my $issuer = $world->{opaque};
    my $room = ANSWER - 300;

    my @cases = (
        [ 'good', 200, '"x":1' ],
        [ 'arrays', 200, array('x', '[]', $room) ],
        [ 'objects', 200, array('x', '{}', $room) ],
        [ 'numbers', 200, array('x', '1', $room) ],
        [ 'long numbers', 200, array('x', '0.' . '1' x 62, $room) ],
        [ '490 members', 200, join ',', map { "\"m$_\":1" } 1 .. 490 ],
        [ '5,000 members', 503, join ',', map { "\"m$_\":1" } 1 .. 5000 ],
        [ 'escapes', 200, '"x":"' . '\u00e9' x 10_000 . '"' ],
        [ 'depth 31, again and again', 200,
          array('x', '[' x 29 . ']' x 29, $room) ],
        [ '60 kB of scopes', 200, '"scope":"' . 'a ' x 29_000 . 'b"' ],
        [ 'audiences', 200, '"aud":["https://app.test",'
          . join(',', ('"a"') x 15_000) . ']' ],
        [ 'brackets', 503, '"x":' . '[' x 60_000 ],
    );

    return (
        (map { my ($name, $status, $text) = @$_;
               [ introspection => $name, $status, '/', sub {
                   return opaque($world, body => answer($issuer, $text)) } ] }
             @cases),
        [ introspection => '4 MB', 503, '/',
          sub { return opaque($world, mode => 'huge') } ],
        [ introspection => 'a JWT of 60 kB', 503, '/', sub {
            return opaque($world, type => 'application/token-introspection+jwt',
                body => $issuer->mint(claims => claims_of($world,
                    array('x', '{}', 45_000)))) } ],
    );
}


sub answer {
    my ($issuer, $text) = @_;

    my $aud = $text =~ /\A"aud"/ ? '' : '"aud":"https://app.test",';

    return sprintf '{"active":true,"iss":"%s","sub":"alice",%s"exp":%d,%s}',
        $issuer->url, $aud, time + 300, $text;
}


# A new token, about which the issuer says this.  The bytes in the table are those
# of the request.

sub opaque {
    my ($world, %answer) = @_;

    $world->{opaque}->answer(introspect => %answer);

    return (Host => 'opaque.test', token => 'opaque-' . ++$count);
}


# --- tokens that are new to the worker -------------------------------------

sub actors {
    my ($world) = @_;

    my $chain = sub {
        my ($n, $more) = @_;

        return '"act":' . "{\"sub\":\"a\"$more,\"act\":" x ($n - 1)
               . "{\"sub\":\"a\"$more}" . '}' x ($n - 1);
    };

    my @cases = (
        [ '10 actors', 200, $chain->(10, '') ],
        [ '10 actors of 4 kB', 200, $chain->(10, ',"x":"' . 'x' x 4000 . '"') ],
        [ '10 actors of 45 members', 200, $chain->(10, join '', map {
            ",\"m$_\":1" } 1 .. 45) ],
        [ '11 actors', 401, $chain->(11, '') ],
        [ '29 actors', 401, $chain->(29, '') ],
        [ '3,000 actors', 401, $chain->(3000, '') ],
        [ 'an array', 401, array('act', '{}') ],
        [ 'a name of 45 kB', 200, '"act":{"sub":"' . 'x' x 45_000 . '"}' ],
        [ 'a name of controls', 200, '"act":{"sub":"' . '\u0001' x 7000
                                     . '"}' ],
    );

    return map { my ($name, $status, $text) = @$_;
                 [ actors => $name, $status, '/actors',
                   sub { return once($world, $text) } ] } @cases;
}


sub assertions {
    my ($world) = @_;

    my @cases = (
        [ 'good', '"x":1' ],
        [ 'a text of 45 kB', '"email":"' . 'x' x 45_000 . '"' ],
        [ 'arrays', array('groups', '[]') ],
        [ 'objects', array('groups', '{}') ],
        [ 'strings', array('groups', '"a"') ],
        [ 'numbers', array('groups', '1.5') ],
        [ 'escapes', '"email":"' . '\u00e9' x 7500 . '"' ],
        [ 'quotes', '"email":"' . '\\"' x 22_000 . '"' ],
    );

    return map { my ($name, $text) = @$_;
                 [ assertions => $name, 200, '/asserted',
                   sub { return once($world, $text) } ] } @cases;
}


# A token that no worker knows yet.

sub once {
    my ($world, $text) = @_;

    return token => $world->{issuer}->mint(
        claims => claims_of($world, $text, jti => 'once' . ++$count));
}

1;

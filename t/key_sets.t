#!/usr/bin/perl
#
# Key sets that are unusual but usable: the values that serializers write for
# members that are absent, coordinates of another length, keys without key ids,
# many keys.  Next to each case stands one with a real fault, which is refused.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use File::Temp qw(tempdir);
use JSON::PP ();
use MIME::Base64 qw(decode_base64url encode_base64url);

use OAuth::Test;
use OAuth::Test::File qw(write_file);
use OAuth::Test::Token qw(mint);

my $null = JSON::PP::null;
my %sets;


# Publishes a key set under this name, and names the key that signs its tokens.

sub set {
    my ($name, $key, @jwks) = @_;

    $sets{$name} = { key => $key, keys => \@jwks };

    return;
}


sub jwk {
    my ($key, %members) = @_;

    return { %{ $key->jwk }, %members };
}


# Returns a key whose x begins with exactly one zero byte.

sub zero_key {
    my ($alg) = @_;

    while (1) {
        my $key = key($alg, jwk => { alg => undef });
        my $x = decode_base64url($key->jwk->{x});

        return ($key, $x) if $x =~ /\A\0[^\0]/;
    }
}


sub with_x {
    my ($key, $x) = @_;

    return jwk($key, x => encode_base64url($x));
}


my ($es256, $other) = (key('ES256'), key('ES256'));

# members that are not there

set('none', $es256, jwk($es256));
set("null_$_", $es256, jwk($es256, $_ => $null)) for qw(use alg key_ops);
set("empty_$_", $es256, jwk($es256, $_ => '')) for qw(use alg key_ops);
set("list_$_", $es256, jwk($es256, $_ => [])) for qw(use alg key_ops);
set('null_kid', $es256, jwk($es256, kid => $null));
set('null_private', $es256, jwk($es256, d => $null, p => '', oth => []));

# coordinates

for my $alg (qw(ES256 ES384 EdDSA Ed448)) {
    my ($key, $x) = zero_key($alg);

    set(lc "short_$alg", $key, with_x($key, substr $x, 1));
    set(lc "long_$alg", $key, with_x($key, "\0$x"));
    set(lc "bad_cut_$alg", $key, with_x($key, substr $x, 0, -3), jwk($other));
    set(lc "bad_wrong_$alg", $key, with_x($key, "\1" . $x), jwk($other));
}

# key ids

my $nameless = jwk($es256);
delete $nameless->{kid};

set('nameless', $es256, jwk($other), $nameless);
set('bad_nameless', key('ES256'), jwk($other), $nameless);
set('bad_nameless_alg', key('ES384'), jwk($other), $nameless);

# many keys

my $off = { kty => 'EC', crv => 'P-256', 'x' => 'AQ', 'y' => 'AQ' };

set('many', $es256, (map { jwk($other, kid => "k$_") } 1 .. 255), jwk($es256));
set('bad_too_many', $es256, (map { jwk($other, kid => "k$_") } 1 .. 256),
    jwk($es256));
set('before_bad', $es256, jwk($es256), ($off) x 1000);
set('after_bad', $es256, ($off) x 1000, jwk($es256));
set('bad_given_up', $es256, jwk($other), ($off) x 100, jwk($es256));

# EdDSA does not say which curve

my ($ed25519, $ed448) = (key('Ed25519'), key('Ed448'));

set('ed448_as_eddsa', $ed448->copy('EdDSA'), jwk($ed448, alg => 'EdDSA'));
set('ed448_without_alg', $ed448->copy('EdDSA'), jwk($ed448, alg => $null));
set('bad_ed448_as_ed25519', $ed448->copy('EdDSA'),
    jwk($ed448, alg => 'Ed25519'), jwk($other));
set('bad_only_ed25519', $ed448->copy('EdDSA'), jwk($ed448, alg => 'EdDSA'),
    jwk($ed25519));

my $json = JSON::PP->new->canonical;
my $dir = tempdir(CLEANUP => 1);

for my $name (keys %sets) {
    write_file("$dir/$name.jwks",
               $json->encode({ keys => $sets{$name}{keys} }));
}

my $blocks = join '', map {
    "    oauth_issuer $_ { issuer https://$_.test; jwks_file $dir/$_.jwks; "
    . ($_ eq 'bad_only_ed25519' ? 'algorithms Ed25519; ' : '') . "}\n"
} sort keys %sets;

my $names = join ' ', sort keys %sets;

my $nginx = nginx(<<"CONF");
$blocks
    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        oauth $names;
        oauth_resource https://app.test;
        location / { proxy_pass http://127.0.0.1:%%PORT_app%%; }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\\n";
    }
CONF

my $http = $nginx->http;

for my $name (sort keys %sets) {
    my $token = mint(key => $sets{$name}{key},
                     claims => { iss => "https://$name.test" });

    is($http->get('/', token => $token)->status,
       $name =~ /\Abad_/ ? 401 : 200, $name);
}

finish();

#!/usr/bin/perl
#
# tools/oauth-check: what it says about authorization servers and about CORS.
# Each finding has a server that causes it and nothing else; t/oauth_check.t
# shows that the same servers without the fault cause none.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::More;

use OAuth::Test::Check qw(app finds server set_world run_check url);
use OAuth::Test::Mode qw(mode);

plan skip_all => 'does not depend on how nginx was built' if mode();

delete @ENV{qw(http_proxy HTTP_PROXY all_proxy ALL_PROXY OAUTH_TOKEN)};

my $oauth = '/.well-known/oauth-authorization-server';
my $openid = '/.well-known/openid-configuration';
my $no = { status => 404 };

# where its metadata is

finds('only RFC 8414', '', undef, server => { $openid => $no });
finds('only OpenID Connect', '', undef, server => { $oauth => $no });
finds('an issuer with a path', '', undef, real => 1,
      issuer => server->url . '/realms/a');
finds('neither', 'problem no_discovery',
      qr{$oauth: the answer is 404; \S+$openid: the answer is 404},
      server => { $oauth => $no, $openid => $no });
finds('redirects', 'problem no_discovery', qr{a redirect to /x},
      server => { $openid => $no,
          $oauth => { status => 301, headers => [ Location => '/x' ] } });
finds('a page at one of them', 'warning discovery_status',
      qr{\Aopenid-configuration of \S+: the answer is no JSON object},
      server => { $openid => { body => '<html>' } });
finds('an error at one of them', 'warning discovery_status',
      qr{\Aoauth-authorization-server of \S+: the answer is 500},
      server => { $oauth => { status => 500 } });

for ([ 'a path', 'login' => qr/does not begin with/ ],
     [ 'another scheme', 'urn:x' => qr/does not begin with/ ],
     [ 'a query', server->url . '?a=b' => qr/has a query/ ])
{
    my ($name, $issuer, $words) = @$_;

    finds("issuer: $name", 'problem issuer_url', $words, metadata => sub {
        $_->{authorization_servers} = [ $issuer ] });
}

finds('at most three are asked', 'warning several_servers, problem issuer_url',
      undef, metadata => sub { $_->{authorization_servers} = [ 'a' .. 'f' ] });
set_world(metadata => sub { $_->{authorization_servers} = [ 'a' .. 'f' ] });
is(() = run_check(url())->{out} =~ /^problem issuer_url:/mg, 3, 'three of six');

# what it says

finds('another issuer', 'problem issuer_differs',
      qr{openid-configuration of \S+: "issuer" is "\S+/": it has a slash},
      discovery => sub { $_->{issuer} .= '/' });
finds('without its slash', 'problem issuer_differs', qr/it lacks the slash/,
      issuer => server->url . '/a/',
      discovery => sub { chop $_->{issuer} });
finds('no issuer', 'problem issuer_differs', qr/"issuer" is ""/,
      discovery => sub { delete $_->{issuer} });

for my $name (qw(authorization_endpoint token_endpoint)) {
    finds("no $name", 'problem no_endpoint', qr/there is no "$name"/,
          discovery => sub { delete $_->{$name} });
    finds("$name: plain http", 'problem server_http'
          . ($name eq 'token_endpoint' ? ', warning server_hidden' : ''),
          qr/"$name" is plain http/,
          discovery => sub { $_->{$name} = 'http://as.test:1/x' });
}

finds('no jwks_uri', 'warning no_jwks_uri', undef,
      discovery => sub { delete $_->{jwks_uri} });
finds('no registration', 'problem no_registration', undef,
      discovery => sub { delete $_->{registration_endpoint} });
finds('client metadata documents', '', undef, discovery => sub {
    delete $_->{registration_endpoint};
    $_->{client_id_metadata_document_supported} = JSON::PP::true });
finds('no client metadata documents', 'problem no_registration', undef,
      discovery => sub {
    delete $_->{registration_endpoint};
    $_->{client_id_metadata_document_supported} = JSON::PP::false });
finds('a word instead of true', 'problem no_registration', undef,
      discovery => sub {
    delete $_->{registration_endpoint};
    $_->{client_id_metadata_document_supported} = 'false' });
finds('clients with secrets', 'warning no_public_client', undef,
      discovery => sub { $_->{token_endpoint_auth_methods_supported}
                             = [ 'client_secret_basic' ] });
finds('clients without secrets', '', undef,
      discovery => sub { $_->{token_endpoint_auth_methods_supported}
                             = [ 'client_secret_basic', 'none' ] });
finds('no word about PKCE', 'warning pkce_unstated', undef,
      discovery => sub { delete $_->{code_challenge_methods_supported} });
finds('PKCE by plain', 'problem no_s256', undef,
      discovery => sub { $_->{code_challenge_methods_supported} = ['plain'] });
finds('no device flow', 'warning no_device_flow', undef,
      discovery => sub { delete $_->{device_authorization_endpoint} });
finds('scopes', 'warning unknown_scope', qr/does not have read, write;/,
      discovery => sub { $_->{scopes_supported} = [ 'openid' ] });
finds('no list of scopes', '', undef,
      discovery => sub { delete $_->{scopes_supported} });

# its keys

finds('no keys', 'problem keys_unreadable', qr/the answer is 404/,
      server => { '/jwks' => $no });
finds('an empty set', 'problem no_usable_key', qr/it has no keys/,
      jwks => sub { $_->{keys} = [] });
finds('no set', 'problem no_usable_key', qr/it has no keys/,
      jwks => sub { $_->{keys} = {} });

for ([ 'for encryption', { use => 'enc' }, qr/"use": "enc"/ ],
     [ 'for another algorithm', { alg => 'ES256K' }, qr/a key is for ES256K/ ],
     [ 'another curve', { crv => 'secp256k1' }, qr/"crv": "secp256k1"/ ],
     [ 'a secret', { kty => 'oct', crv => undef }, qr/"kty": "oct"/ ],
     [ 'short', { kty => 'RSA', crv => undef, n => 'A' x 171, e => 'AQAB' },
       qr/less than 2048 bits/ ])
{
    my ($name, $members, $words) = @$_;

    finds("a key: $name", 'problem no_usable_key', $words,
          jwks => sub { my $key = $_->{keys}[0]; %$key = (%$key, %$members) });
}

finds('one of them', '', undef,
      jwks => sub { unshift @{ $_->{keys} }, 7, { kty => 'oct' } });
finds('an RSA key', '', undef,
      jwks => sub { $_->{keys} = [ { kty => 'RSA', n => 'A' x 342,
                                     e => 'AQAB', alg => 'RS256' } ] });
finds('five reasons', 'problem no_usable_key',
      qr/: (?:a key is no object; ){4}a key is no object\z/,
      jwks => sub { $_->{keys} = [ 1 .. 9 ] });

# browsers

my @any = ('Access-Control-Allow-Origin' => '*');
my @fields = ('Access-Control-Allow-Headers' => 'authorization, content-type,'
    . ' mcp-protocol-version, mcp-session-id, last-event-id, mcp-method,'
    . ' mcp-name');

for ([ 'is refused', { status => 401 }, qr/the answer is 401/ ],
     [ 'allows no origin', { status => 204, headers => [ @fields ] },
       qr/no valid Access-Control-Allow-Origin/ ],
     [ 'allows another origin', { status => 204, headers => [
           'Access-Control-Allow-Origin' => 'https://x', @fields ] },
       qr/no valid/ ],
     [ 'allows two', { status => 204, headers => [ @any, @any, @fields ] },
       qr/no valid/ ],
     [ 'allows few headers', { status => 204, headers => [ @any,
           'Access-Control-Allow-Headers' => 'content-type' ] },
       qr/not allowed: authorization, mcp-protocol-version,/ ],
     [ 'allows *', { status => 204, headers => [ @any,
           'Access-Control-Allow-Headers' => '*' ] },
       qr/not allowed: authorization\z/ ])
{
    my ($name, $answer, $words) = @$_;

    finds("a preflight $name", 'warning preflight_refused', $words,
          app => { 'OPTIONS /mcp' => $answer });
}

finds('a preflight that names the origin', '', undef,
      app => { 'OPTIONS /mcp' => { headers => [
          'Access-Control-Allow-Origin' => 'https://agent.example',
          @fields ] } });

my @challenge = ('Cache-Control' => 'no-store', 'WWW-Authenticate' =>
                 'Bearer resource_metadata="' . app->url
                 . '/.well-known/oauth-protected-resource/mcp", scope="read"');

finds('a 401 that hides', 'warning refusal_hidden', qr/no valid/,
      refusal => { headers => [ @challenge ] });
finds('a hidden challenge', 'warning refusal_hidden',
      qr/does not name WWW-Authenticate/,
      refusal => { headers => [ @any, @challenge ] });
finds('a challenge in the open', '', undef,
      refusal => { headers => [ @any, @challenge,
          'Access-Control-Expose-Headers' => 'Link, www-authenticate' ] });

finds('no CORS at its token endpoint', 'warning server_hidden',
      qr/cannot use token_endpoint of/, server => { '/token' => $no });
finds('no CORS at its registration', 'warning server_hidden',
      qr/cannot use registration_endpoint of/,
      server => { '/register' => $no });
finds('no CORS at one of its documents', 'warning server_hidden',
      qr/cannot use openid-configuration of/, server => {
          $openid => { headers => [ 'Content-Type' => 'application/json' ],
                       body => JSON::PP::encode_json({ discovery() }) } });

# Names and addresses of other machines: the app is also a proxy.

$ENV{http_proxy} = app->url;
$ENV{no_proxy} = '127.0.0.1';

for ([ 'http://app.test/mcp', 'http://10.0.0.1',
       'problem plain_http, problem server_http, warning private_server' ],
     [ 'http://app.test/mcp', 'http://192.168.7.7',
       'problem plain_http, problem server_http, warning private_server' ],
     [ 'http://app.test/mcp', 'http://as.test',
       'problem plain_http, problem server_http' ],
     [ 'http://app.test/mcp', server->url,
       'problem plain_http, problem loopback_server' ])
{
    my ($url, $issuer, $expected) = @$_;
    my %document = (discovery(), issuer => $issuer);
    my $discovery = { body => JSON::PP::encode_json(\%document), headers => [
        @any, 'Content-Type' => 'application/json' ] };

    finds("$url with $issuer", $expected, undef, url => $url, real => 1,
          challenge => 'Bearer resource_metadata="http://app.test'
              . '/.well-known/oauth-protected-resource/mcp", scope="read"',
          metadata => sub { @$_{qw(resource authorization_servers)}
                                = ($url, [ $issuer ]) },
          discovery => sub { $_->{issuer} = $issuer },
          app => { $oauth => $discovery, $openid => $discovery });
}

done_testing;


sub discovery {
    my $url = server->url;

    return (issuer => $url, jwks_uri => "$url/jwks",
            authorization_endpoint => "$url/authorize",
            token_endpoint => "$url/token",
            registration_endpoint => "$url/register",
            device_authorization_endpoint => "$url/device",
            code_challenge_methods_supported => [ 'S256' ]);
}

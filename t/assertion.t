#!/usr/bin/perl
#
# Assertions: what nginx signs for the app, and who gets it.  Every kind of
# upstream receives exactly one, which the published keys verify.  What clients
# send under its name is removed.  It ends with the token, is minted once for
# half of its time, is never good as a credential, and appears in no log.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP ();
use MIME::Base64 qw(encode_base64url);

use OAuth::Test;
use OAuth::Test::Assertion qw(make_key parts);
use OAuth::Test::Gateway;
use OAuth::Test::Http2;
use OAuth::Test::Token qw(assemble);

my $issuer = issuer();
my $upstream = upstream();
my %gateways = map { $_ => OAuth::Test::Gateway->new(protocol => $_) }
    qw(fastcgi uwsgi scgi);
my $grpc = OAuth::Test::Http2->new;

my $nginx = OAuth::Test::Nginx->new(conf => <<'EOT', log => 'debug',
    oauth_issuer corp {
        issuer %%AS%%;
        leeway 30s;
        introspect opaque;
        introspection_endpoint %%AS%%/introspect;
        introspection_cache 0;
        client_auth none;
    }

    # what nginx publishes is the key set of an issuer, too

    oauth_issuer own {
        issuer https://app.test;
        jwks_uri http://127.0.0.1:%%PORT_main%%/.well-known/oauth-assertion-keys;
    }

    oauth_assertion X-Assertion;
    oauth_header X-Client $oauth_client_id;
    oauth_header X-Actor $oauth_actor;

    underscores_in_headers on;
    ignore_invalid_headers off;
    large_client_header_buffers 8 16k;
    fastcgi_param QUERY_STRING $query_string;
    uwsgi_param QUERY_STRING $query_string;
    scgi_param SCGI 1;
    add_header X-Request-Id $request_id always;

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        root %%DIR%%/html;
        default_type text/html;

        oauth_assertion_key ec.pem;
        oauth_assertion_key rsa.pem;
        oauth corp;
        oauth_resource https://app.test;

        location / { proxy_pass http://127.0.0.1:%%UP%%; }

        location /mcp {
            oauth_resource https://app.test/mcp;
            oauth_audience https://app.test;
            oauth_header X-User sub;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /named {
            oauth_assertion X-Own audience=urn:app:billing ttl=4s
                            claims=groups,https://example.com/team,org,none;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /big {
            oauth_assertion X-Assertion claims=big;
            error_page 503 = @page;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /any {
            satisfy any;
            allow all;
            oauth_assertion X-Assertion claims=big;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location @page {
            oauth off;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /off {
            oauth_assertion off;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /open {
            oauth off;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /jump {
            proxy_pass http://127.0.0.1:%%UP%%;
            error_page 418 = /open/after;
            proxy_intercept_errors on;
        }

        location /checked {
            oauth off;
            auth_request /check;
            auth_request_set $seen $upstream_http_x_seen;
            add_header X-Seen $seen;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location = /check {
            oauth_assertion X-Assertion claims=big;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /own {
            oauth own;
            oauth_audience off;
            oauth_assertion off;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /fastcgi { fastcgi_pass 127.0.0.1:%%FASTCGI%%; }
        location /uwsgi { uwsgi_pass 127.0.0.1:%%UWSGI%%; }
        location /scgi { scgi_pass 127.0.0.1:%%SCGI%%; }
        location /grpc { grpc_pass grpc://127.0.0.1:%%GRPC%%; }
    }

    server {
        listen 127.0.0.1:%%PORT_other%%;
        server_name other.test;

        location / { proxy_pass http://127.0.0.1:%%UP%%; }
    }
EOT
    AS => $issuer->url, UP => $upstream->port,
    (map { uc $_ => $gateways{$_}->port } keys %gateways),
    GRPC => $grpc->port);

my %private;

for (qw(ec.pem rsa.pem)) {
    make_key($nginx->dir . "/$_", 0600, /rsa/
             ? qw(-algorithm RSA -pkeyopt rsa_keygen_bits:2048) : ());
    $private{$_} = $nginx->read_file($_);
}

$nginx->start;

my $http = $nginx->http;
my $app = OAuth::Test::Assertion->new($http);
my $token = $issuer->token;

my @spellings = qw(X-Assertion x-assertion X-ASSERTION X_Assertion
                   x_assertion X.Assertion X~Assertion);


# All values that the upstream was sent under a name, in any spelling of it.

sub sent {
    my ($response, $name) = @_;

    my $fields = $response->json->{headers} || [ [ 'no answer', '' ] ];
    my $normal = lc($name // 'X-Assertion') =~ tr/a-z0-9/-/cr;

    return map { $_->[1] }
           grep { lc($_->[0]) =~ tr/a-z0-9/-/cr eq $normal } @$fields;
}


# The claims of the one assertion that the app was sent; it verifies them.

sub claims_of {
    my ($response, $name) = @_;

    my @sent = sent($response, $name);

    is(scalar @sent, 1, 'one assertion') or return {};

    my $claims = $app->claims($sent[0]);
    ok($claims, 'which the published keys verify') || diag($app->why);

    return $claims // {};
}


# what it says

my $response = $http->get('/', token => $token);
my $claims = claims_of($response);
my ($header) = parts(sent($response));

is($header->{typ}, 'oauth-assertion+jwt', 'typ');
is($header->{alg}, 'ES256', 'the first key signs');
is_deeply([ sort keys %$header ], [ qw(alg kid typ) ], 'nothing else');
is_deeply({ %$claims, map { $_ => 'any' } qw(iat exp jti) },
          { iss => 'https://app.test', aud => 'https://app.test',
            sub => 'alice', client_id => 'agent', scope => 'read',
            token_iss => $issuer->url, iat => 'any', exp => 'any',
            jti => 'any', txn => $response->header('X-Request-Id') },
          'its claims');
is($claims->{exp} - $claims->{iat}, 60, 'a minute');
cmp_ok(abs($claims->{iat} - time), '<', 10, 'from now');

my $other = claims_of($http->get('/mcp', token => $token));

is($other->{iss}, 'https://app.test', 'the origin is the issuer');
is($other->{aud}, 'https://app.test/mcp', 'the resource is the audience');
isnt($other->{jti}, $claims->{jti}, 'another resource has another one');

$response = $http->get('/named', token => $issuer->token(
    groups => [ 'a', { b => 1 } ], org => { level => 7 }, more => 'x',
    'https://example.com/team' => 'north'));
$claims = claims_of($response, 'X-Own');

is_deeply([ sent($response) ], [], 'the inner directive replaces the outer');
is($claims->{aud}, 'urn:app:billing', 'an audience of its own');
is($claims->{exp} - $claims->{iat}, 4, 'and a time');
is_deeply([ @$claims{qw(groups org https://example.com/team)} ],
          [ [ 'a', { b => 1 } ], { level => 7 }, 'north' ], 'named claims');
ok(!exists $claims->{none} && !exists $claims->{more}, 'and no others');

for ([ 'no sub', [ sub => undef ], sub => undef ],
     [ 'no scope', [ scope => undef ], scope => undef ],
     [ 'act', [ act => { sub => 'bot', act => { sub => 'b2' } } ],
       act => { sub => 'bot', act => { sub => 'b2' } } ],
     [ 'act null', [ act => JSON::PP::null ], act => undef ],
     [ 'azp', [ client_id => undef, azp => 'a' ], client_id => 'a' ],
     [ 'cid', [ client_id => undef, cid => 'c' ], client_id => 'c' ],
     [ 'no client', [ client_id => undef ], client_id => undef ])
{
    my ($name, $members, $claim, $expected) = @$_;

    $response = $http->get('/', token => $issuer->token(@$members));
    $claims = claims_of($response);

    is_deeply($claims->{$claim}, $expected, $name);
    is(exists $claims->{$claim}, defined $expected, 'there or not');
    is((sent($response, 'X-Client'))[0], $claims->{client_id},
       'the client is what $oauth_client_id shows');
}

# once for half of its time

my @two = map { (sent($http->get('/', token => $token)))[0] } 1, 2;

is($two[0], $two[1], 'a known token has the same one');

my $fresh = $issuer->token;
my ($first) = sent($http->get('/named', token => $fresh), 'X-Own');
my (%seen, $second);

wait_until(sub {
    ($second) = sent($http->get('/named', token => $fresh), 'X-Own');
    $seen{$second}++;
    return $second ne $first;
}, 10);

my ($before, $after) = map { (parts($_))[1] } $first, $second;

cmp_ok($after->{iat} - $before->{iat}, '>=', 2, 'half of its time');
cmp_ok($after->{iat} - $before->{iat}, '<=', 3, 'and no longer');
ok(($seen{$first} // 0) > 0, 'it was used again until then');

# it ends with the token

$claims = claims_of($http->get('/', token => $issuer->token(exp => time + 20)));
cmp_ok($claims->{exp} - $claims->{iat}, '<=', 20, 'not after the token');

my $late = time - 10;
$response = $http->get('/', token => $issuer->token(exp => $late));
is($response->status, 200, 'a token that lives on its leeway');
is(((parts(sent($response)))[1] // {})->{exp}, $late,
   'has an assertion that has ended');

# opaque tokens, which are not kept here

$issuer->opaque('opaque-1', { sub => 'bob', client_id => 'cli',
                              aud => 'https://app.test', scope => 'a' });
$claims = claims_of($http->get('/', token => 'opaque-1'));
is("$claims->{sub} $claims->{client_id}", 'bob cli', 'an opaque token');

$issuer->opaque('opaque-2', { sub => 'bob', exp => undef,
                              aud => 'https://app.test' });
$claims = claims_of($http->get('/', token => 'opaque-2'));
is($claims->{exp} - $claims->{iat}, 60, 'whose end is not known');

# the upstreams, and what clients send

my $acting = $issuer->token(act => { sub => 'agent' });

for my $protocol (qw(proxy fastcgi uwsgi scgi grpc)) {
    my ($name, $actor) = $protocol =~ /proxy|grpc/
        ? ('X-Assertion', 'X-Actor') : ('HTTP_X_ASSERTION', 'HTTP_X_ACTOR');

    $response = $http->get($protocol eq 'proxy' ? '/x' : "/$protocol",
                           token => $acting, 'X-Actor' => 'forged',
                           'x_actor' => 'forged',
                           map { ($_ => 'forged') } @spellings);
    $claims = claims_of($response, $name);

    is($claims->{sub}, 'alice', "$protocol: the app knows who it is");
    is($claims->{act}{sub}, 'agent', "$protocol: and who acts");
    is_deeply([ sent($response, $actor) ], [ 'agent' ],
              "$protocol: which a header says, too");
    unlike($response->body, qr/forged/, "$protocol: from nginx alone");
}

for my $path (qw(/open /off /named)) {
    $response = $http->get($path, token => $token, 'X-Own' => 'forged',
                           map { ($_ => 'forged') } @spellings);

    is($response->status, 200, "$path: answers");
    is_deeply([ sent($response) ], [], "$path: no assertion");
    unlike($response->body, qr/forged/, "$path: and none of the client's");
}

is_deeply([ sent($nginx->http('other')->get('/', 'X-Assertion' => 'x')) ], [],
          'what http { } names is removed in all servers');

is_deeply([ sent($http->get('/', token => $token,
                            Connection => 'close, X-Assertion')) ],
          [ $two[0] ], 'a Connection field does not remove it');

$response = $http->get('/any', map { ($_ => 'forged') } @spellings);
is($response->status, 200, 'satisfy any, without a token');
unlike($response->body, qr/forged/, 'no assertion of the client');

# a subrequest

$response = $http->get('/checked', token => $token, 'X-Assertion' => 'forged');
is($response->status, 200, 'a subrequest');
my ($check) = grep { $_->{line} =~ /check / } reverse $upstream->requests;
my @fields = grep { lc $_->[0] eq 'x-assertion' } @{ $check->{headers} };
is(scalar @fields, 1, 'has an assertion');
ok($app->claims($fields[0][1] // 'a.b.c'), 'that is good');
is_deeply([ sent($response) ], [], 'the request around it has none');

# another location

$response = $http->get('/jump?status=418', token => $token);
is((claims_of($response))->{sub}, 'alice',
   'an admitted request keeps it in an open location');

# too large

my $large = $issuer->token(big => 'x' x 3900);
$nginx->mark;
$response = $http->get('/big', token => $large, 'X-Assertion' => 'forged');

like($response->json->{line}, qr{^GET /big }, 'too large: the error page');
is_deeply([ sent($response) ], [], 'the error page gets none');
is(scalar $nginx->log_lines(qr/oauth: no assertion for "https:\/\/app\.test": its claims are longer than 4096 bytes: name fewer/),
   1, 'the log says why');
is(scalar $nginx->log_lines(qr/oauth: refused: server_error/), 1, 'and the reason');
is(scalar(() = $nginx->log_lines(qr/\[error\].*no assertion/)), 1,
   'at level error');
$http->get('/big', token => $large);
is(scalar(() = $nginx->log_lines(qr/\[error\].*no assertion/)), 1,
   'once a minute');

is($http->get('/checked', token => $large)->status, 500,
   'too large in a subrequest: refused');
$response = $http->get('/any', token => $large);
is_deeply([ sent($response) ], [], 'satisfy any: the request has none');
is((claims_of($http->get('/big', token => $issuer->token(big => 'x' x 3000))))
   ->{sub}, 'alice', 'a smaller one');

# it is no credential, even where the keys are an issuer's

my $keys = $http->get('/.well-known/oauth-assertion-keys');

my ($good) = sent($http->get('/', token => $token));
my $refused = qr/oauth: refused: wrong_type/;

$nginx->mark;
is_refused($http->get('/own', token => $good), 401, 'invalid_token',
           'an assertion as a token');
is(scalar $nginx->log_lines($refused), 1, 'for its typ');

# The same claims under other types: the key file signs them here.

sub signed {
    my ($type) = @_;

    my $payload = (parts($good))[1];
    my $head = { alg => 'RS256', kid => $keys->json->{keys}[1]{kid},
                 defined $type ? (typ => $type) : () };

    return assemble(JSON::PP::encode_json($head),
                    JSON::PP::encode_json($payload), \&rsa_signature);
}

sub rsa_signature {
    my ($input) = @_;

    $nginx->write_file('input', $input);
    my $dir = $nginx->dir;
    my $bytes = `openssl dgst -sha256 -sign $dir/rsa.pem $dir/input`;

    return encode_base64url($bytes);
}

for my $type ('oauth-assertion+jwt', 'OAuth-Assertion+JWT',
              'application/oauth-assertion+jwt',
              'APPLICATION/OAUTH-ASSERTION+JWT')
{
    $nginx->mark;
    is_refused($http->get('/own', token => signed($type)), 401,
               'invalid_token', "typ $type");
    is(scalar $nginx->log_lines($refused), 1, 'wrong_type');
}

is($http->get('/own', token => signed($_ || undef))->status, 200,
   'accepted with typ ' . ($_ || 'none')) for 'at+jwt', 'JWT', '';

# what is published

is($keys->status, 200, 'the keys');
is($keys->header('Content-Type'), 'application/json', 'as JSON');
is($keys->header('Access-Control-Allow-Origin'), '*', 'for everybody');
is($keys->header('Cache-Control'), 'public, max-age=300', 'may be kept');
is(scalar @{ $keys->json->{keys} }, 2, 'all of them');
is_deeply([ map { join ' ', sort keys %$_ } @{ $keys->json->{keys} } ],
          [ 'alg crv kid kty use x y', 'alg e kid kty n use' ],
          'public members only');
is($keys->json->{keys}[0]{kid}, $header->{kid}, 'the first one signs');

my $keys_path = '/.well-known/oauth-assertion-keys';

is($http->request('HEAD', $keys_path)->status, 200, 'HEAD');
$response = $http->request('OPTIONS', $keys_path, Origin => 'https://x.test',
                           'Access-Control-Request-Method' => 'GET');
is($response->status, 204, 'OPTIONS');
is($response->header('Access-Control-Allow-Origin'), '*', 'for everybody');
is($http->request('POST', $keys_path)->status, 405, 'POST');
is($http->get("$keys_path/")->status, 401, 'another path is another path');
is($nginx->http('other')->get($keys_path)->status, 200,
   'a server without keys: the app answers');
like($nginx->http('other')->get($keys_path)->json->{line},
     qr{^GET \Q$keys_path\E }, 'at its own path');

# where no token is kept, each request has an assertion of its own

my $forgetful = OAuth::Test::Nginx->new(conf => <<'EOT', AS => $issuer->url,
    oauth_cache 0;
    oauth_issuer corp { issuer %%AS%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        oauth_assertion_key key.pem;
        oauth corp;
        oauth_resource https://app.test;
        oauth_assertion X-Assertion;
        location / { proxy_pass http://127.0.0.1:%%UP%%; }
    }
EOT
    UP => $upstream->port);

make_key($forgetful->dir . '/key.pem');
$forgetful->start;

$app = OAuth::Test::Assertion->new($forgetful->http);
my %ids = map { (claims_of($forgetful->http->get('/', token => $token))->{jti}
                 => 1) } 1 .. 3;

is(scalar keys %ids, 3, 'oauth_cache 0: another one each time');

# no private key in any log; the harness looks for assertions and tokens

for my $name (sort keys %private) {
    my @found = grep { index($nginx->log . $nginx->errors, $_) >= 0 }
                grep { length > 20 } split /\n/, $private{$name};

    is(scalar @found, 0, "nothing of $name is in a log");
}

like($nginx->log, qr/oauth: /, 'which is at level debug');

finish();

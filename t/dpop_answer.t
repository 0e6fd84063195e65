#!/usr/bin/perl
#
# What agents are told about DPoP: the challenge (RFC 9449 section 7.1), the
# problem document, the metadata (RFC 9728 section 2) and CORS; and what nginx
# -t says about the directives.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Proof qw(proof_fields thumbprint);

my $key = key('ES256');
my $issuer = issuer(keys => [key('ES256')]);
my $second = issuer(keys => [key('ES256')]);

my $nginx = nginx(<<'EOT', AS => $issuer->url, AS2 => $second->url);
    oauth_issuer corp { issuer %%AS%%; algorithms ES256 Ed25519; }
    oauth_issuer more { issuer %%AS2%%; algorithms ES256 RS256; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        oauth corp;

        location /off {
            oauth_resource https://app.test/off;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /optional {
            oauth_resource https://app.test/optional;
            oauth_dpop optional;
            oauth_scope read;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /required {
            oauth_resource https://app.test/required;
            oauth_dpop required;
            oauth_scope read;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /both {
            oauth_resource https://app.test/both;
            oauth corp more;
            oauth_dpop required;
            proxy_pass http://127.0.0.1:%%PORT_app%%;

            location /both/any {
                oauth_dpop optional;
                proxy_pass http://127.0.0.1:%%PORT_app%%;
            }
        }

        location /mixed {
            oauth_resource https://app.test/mixed;
            oauth_dpop required;
            proxy_pass http://127.0.0.1:%%PORT_app%%;

            location /mixed/plain {
                oauth_dpop off;
                proxy_pass http://127.0.0.1:%%PORT_app%%;
            }
        }

        location /each {
            oauth_resource https://app.test/each reflect;
            oauth_dpop required;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /shared {
            oauth_resource https://app.test/shared;
            oauth_scope $arg_scope none;
            oauth_dpop required;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\n";
    }
EOT

my $http = $nginx->http;


sub bound {
    my ($aud, $scope) = @_;

    return $issuer->mint(claims => { cnf => { jkt => thumbprint($key) },
                                     aud => "https://app.test/$aud",
                                     scope => $scope // 'read' });
}


sub told {
    my ($path, @fields) = @_;

    my $response = $http->get("/$path", @fields);
    my $challenge = $response->challenge;

    is $challenge->{lines}, 1, "/$path: one challenge field";

    return $response->status . ' '
           . ($challenge->{text} =~ s/error_description="[^"]+"/e="..."/r);
}


my $metadata = 'resource_metadata="https://app.test'
    . '/.well-known/oauth-protected-resource';
my $algs = 'algs="ES256 EdDSA Ed25519"';

# without a token

is told('off'), qq(401 Bearer $metadata/off"), 'off';
is told('optional'),
    qq(401 Bearer $metadata/optional", scope="read", DPoP $algs), 'optional';
is told('required'),
    qq(401 DPoP $metadata/required", scope="read", $algs), 'required';
is told('both'),
    qq(401 DPoP $metadata/both", algs="RS256 ES256 EdDSA Ed25519"),
    'the algorithms of two issuers';
is told('each/page'), qq(401 DPoP $metadata/each/page", $algs),
    'a resource that reflects';

# an error of the token

my $foreign = bound('elsewhere');

is told('optional', token => 'x'), '401 Bearer error="invalid_token", e="...", '
    . qq($metadata/optional", scope="read", DPoP $algs),
    'optional: an error of the token';
is told('required', token => 'x'), '401 DPoP error="invalid_token", e="...", '
    . qq($metadata/required", scope="read", $algs),
    'required: an error of the token';

# an error of the proof

is told('optional', Authorization => 'DPoP ' . bound('optional')),
    qq(401 Bearer $metadata/optional", scope="read", DPoP )
    . qq(error="invalid_dpop_proof", e="...", $algs),
    'optional: an error of the proof';
is told('required', Authorization => 'DPoP ' . bound('required')),
    qq(401 DPoP error="invalid_dpop_proof", e="...", )
    . qq($metadata/required", scope="read", $algs),
    'required: an error of the proof';

# a scope is missing

for my $path (qw(optional required)) {
    my $poor = bound($path, 'write');
    my @fields = proof_fields(key => $key, token => $poor,
                              url => "https://app.test/$path");

    like told($path, @fields), qr/\A403 \w+ error="insufficient_scope"/,
        "$path: a scope is missing";
}

# the problem document

my $steps = join ' ', @{ $http->get('/required')->json->{how_to_authenticate} };

like $steps, qr/Authorization: DPoP <access_token> and the header DPoP:/,
    'required: the steps name the scheme DPoP';
unlike $steps, qr/Bearer/, '... and not Bearer';
like join(' ', @{ $http->get('/optional')->json->{how_to_authenticate} }),
    qr/Authorization: Bearer <access_token>\./, 'optional: Bearer';
like join(' ', @{ $http->get('/shared?scope=a')->json->{how_to_authenticate} }),
    qr/Authorization: DPoP <access_token>/, 'a text that is rendered later';
is $http->get('/required', Authorization => 'DPoP ' . bound('required'))
        ->json->{error}, 'invalid_dpop_proof', 'the error of the proof';

# metadata

sub document {
    my ($path) = @_;

    my $document = $http->get("/.well-known/oauth-protected-resource/$path")
        ->json;

    return join ' ', $document->{resource} ? () : 'none',
        join(',', @{ $document->{dpop_signing_alg_values_supported} || [] }),
        $document->{dpop_bound_access_tokens_required} // '-';
}


is document('off'), ' -', 'metadata: off';
is document('optional'), 'ES256,EdDSA,Ed25519 -', '... optional';
is document('required'), 'ES256,EdDSA,Ed25519 1', '... required';
is document('both'), 'RS256,ES256,EdDSA,Ed25519 -',
    '... one location requires it, another does not';
is document('mixed'), 'ES256,EdDSA,Ed25519 -', '... in another it is off';
is document('each/page'), 'ES256,EdDSA,Ed25519 1',
    '... of a resource that reflects';

# CORS

my $preflight = $http->request('OPTIONS', '/optional',
    Origin => 'https://page.test',
    'Access-Control-Request-Method' => 'POST',
    'Access-Control-Request-Headers' => 'authorization,dpop');

is $preflight->status, 204, 'preflight';
is $preflight->header('Access-Control-Allow-Headers'), 'authorization,dpop',
    '... permits DPoP';
like $http->get('/optional')->header('Access-Control-Expose-Headers'),
    qr/\bDPoP-Nonce\b/, 'a page may read DPoP-Nonce';
unlike $http->get('/off')->header('Access-Control-Expose-Headers'),
    qr/DPoP/, '... where DPoP is not off';

# nginx -t

my $tested = OAuth::Test::Nginx->new(conf => '');


sub configuration {
    my ($lines, $outside) = @_;

    return $tested->test_conf(<<"EOT");
    @{[ $outside // '' ]}
    oauth_issuer corp { issuer https://as.test; algorithms RS256; }
    oauth_issuer good { issuer https://good.test; algorithms ES256; }
    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        location / {
            oauth_resource https://app.test;
            $lines
            return 403;
        }
    }
EOT
}


sub complains {
    my ($name, $pattern, @conf) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    like((configuration(@conf))[1], $pattern, $name);

    return;
}


my ($good, $said) = configuration('oauth good; oauth_dpop required '
                                  . 'max_age=1h nonce;');
ok $good, 'nginx -t accepts all parameters' or diag $said;
unlike $said, qr/ES256/, '... without a warning';

complains('another mode', qr/\[emerg\] .*invalid value "on" of "oauth_dpop": write "off", "optional" or "required" in .*nginx\.conf:\d+/,
          'oauth good; oauth_dpop on;');
complains('another parameter', qr/\[emerg\] .*invalid parameter "nonces" of "oauth_dpop": write "max_age=TIME" or "nonce" in/,
          'oauth good; oauth_dpop optional nonces;');
complains("time $_", qr/\[emerg\] .*invalid time "max_age=$_" in "oauth_dpop": write a time from 1s to 1h, as in max_age=300s in/,
          "oauth good; oauth_dpop optional max_age=$_;")
    for qw(0 61m x -1 1.5s);
complains('a time twice', qr/\[emerg\] "oauth_dpop" directive has the parameter "max_age" twice/,
          'oauth good; oauth_dpop optional max_age=1m max_age=1m;');
complains('nonce twice', qr/"nonce" twice: remove one of them/,
          'oauth good; oauth_dpop optional nonce nonce;');
complains('parameters of off', qr/has parameters after "off": remove them/,
          'oauth good; oauth_dpop off nonce;');
complains('twice', qr/"oauth_dpop" directive is duplicate/,
          'oauth good; oauth_dpop off; oauth_dpop off;');
complains('without oauth', qr/"oauth_dpop" is in "\/" of server "app\.test", which no "oauth" protects/,
          'oauth_dpop required;');
complains('no ES256', qr/\[warn\] .*"oauth_dpop" accepts the algorithms of the issuers only, and ES256/,
          'oauth corp; oauth_dpop optional;');
complains('a small set', qr/\[emerg\] .*oauth_dpop_replay of 16384 bytes is too small, it needs at least 32k/,
          'oauth good; oauth_dpop optional;', 'oauth_dpop_replay 16k;');
complains('a set without a size', qr/\[emerg\] "oauth_dpop_replay" directive invalid value/,
          'oauth good; oauth_dpop optional;', 'oauth_dpop_replay big;');

finish();

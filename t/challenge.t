#!/usr/bin/perl
#
# What the module answers a client without a good token: status, challenge,
# headers and problem document.  RFC 6750 section 3, RFC 9728 section 5.1, RFC
# 9457.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $issuer = issuer();
my $upstream = upstream();
my $other = key('ES256');

my $nginx = nginx(<<'EOT', AS => $issuer->url, UP => $upstream->port,
    oauth_issuer corp {
        issuer %%AS%%;
    }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp;
        oauth_resource https://app.test;
        oauth_scope read;

        location / {
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /write {
            oauth_scope read;
            oauth_scope write method=POST;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /plain {
            oauth_scope none;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /admin {
            oauth_require role admin;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /file {
            alias %%DIR%%/html;
        }

        location /open {
            oauth off;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }
EOT
    nginx_logs_tokens => 1);

my $http = $nginx->http;
my $metadata = 'https://app.test/.well-known/oauth-protected-resource';
my $good = $issuer->token;
my $response;


sub delivered {
    my ($code) = @_;

    my $before = $upstream->count;
    $code->();

    return $upstream->count - $before;
}


# controls: requests that are let in

is($http->get('/', token => $good)->status, 200, 'a good token is let in');
is($http->get('/open')->status, 200, 'an open location needs none');

# no credentials

is(delivered(sub { $response = $http->get('/') }), 0, 'nothing is delivered');
is_refused($response, 401, '', 'no token');

my $challenge = $response->challenge;

is($challenge->{text},
   qq{Bearer resource_metadata="$metadata", scope="read"},
   'the challenge as a whole');

# other schemes, and fields that hold no credentials at all

for my $value ('Basic YTpi', 'Negotiate abc', 'Digest username="x"',
               'Bearerer abc', 'bear abc')
{
    $response = $http->get('/', Authorization => $value);
    is_refused($response, 401, '', "scheme: $value");
    is($response->challenge->{text}, $challenge->{text}, 'the same challenge');
}

is_refused($http->get("/?access_token=$good"), 401, '', 'token in the query');
is_refused($http->get('/', Cookie => "access_token=$good"), 401, '',
           'token in a cookie');
is_refused($http->request('POST', '/', 'Content-Type' =>
                          'application/x-www-form-urlencoded',
                          body => "access_token=$good"),
           401, '', 'token in the body');

# bad tokens

my ($head, $payload, $signature) = split /\./, $good;

my @bad = (
    [ 'expired', $issuer->token(exp => time - 3600, iat => time - 7200) ],
    [ 'foreign key', $issuer->mint(key => $other, header =>
        { kid => $issuer->{keys}[0]->kid }) ],
    [ 'unknown issuer', $issuer->token(iss => 'https://else.test') ],
    [ 'another audience', $issuer->token(aud => 'https://else.test') ],
    [ 'no signature', "$head.$payload." ],
    [ 'not a JWT', 'abc' ],
    [ 'two segments', "$head.$payload" ],
);

for (@bad) {
    my ($name, $token) = @$_;
    my $n = delivered(sub { $response = $http->get('/', token => $token) });

    is_refused($response, 401, 'invalid_token', $name);
    is($n, 0, 'nothing is delivered');
    is_deeply($response->challenge->{order},
              [ qw(error error_description resource_metadata scope) ],
              'the parameters, in this order');
    is($response->challenge->{fields}{resource_metadata}, $metadata,
       'with the metadata');
    is($response->challenge->{fields}{scope}, 'read', 'with the scope');
}

# a scope is missing

$response = $http->request('POST', '/write', token => $good, body => '');
is_refused($response, 403, 'insufficient_scope', 'scope is missing');
is($response->challenge->{fields}{scope}, 'read write',
   'all scopes of the request, granted or not');
is($response->challenge->{fields}{resource_metadata}, $metadata,
   'with the metadata');
is($http->get('/write', token => $good)->status, 200,
   'another method needs less');

$response = $http->get('/plain');
is($response->challenge->{text}, qq{Bearer resource_metadata="$metadata"},
   'no scope asked for, no scope member');

# a required claim that no scope could provide

$response = $http->get('/admin', token => $good);
is_refused($response, 403, undef, 'a requirement is not met: no challenge');
is($response->json->{status}, 403, 'but a problem document');

# malformed credentials

for my $value ('Bearer', 'Bearer ', 'Bearer a b', 'Bearer token="abc"',
               'Bearer a,b', 'Bearer a, Bearer b', "Bearer \xff",
               'Bearer a=b', "Bearer a\tb")
{
    $response = $http->get('/', Authorization => $value);
    like($response->status, qr/\A40[01]\z/, "malformed: $value");
    next unless $response->status == 401;
    is_refused($response, 401, 'invalid_request', 'as an invalid request');
}

is(delivered(sub {
    $response = $http->get('/', Authorization => 'Bearer one',
                           Authorization => 'Bearer two');
}), 0, 'two Authorization headers: nothing is delivered');
like($response->status, qr/\A40[01]\z/, 'and they are refused');

is($http->get('/', Authorization => "bearer $good")->status, 200,
   'the scheme has no case');

# what every refusal has

my %answers = (
    'no token' => [ $http->get('/'), 401 ],
    'bad token' => [ $http->get('/', token => $bad[0][1]), 401 ],
    'scope' => [ $http->request('POST', '/write', token => $good,
                                body => ''), 403 ],
    'requirement' => [ $http->get('/admin', token => $good), 403 ],
    'malformed' => [ $http->get('/', Authorization => 'Bearer a b'), 401 ],
);

for my $name (sort keys %answers) {
    my ($answer, $status) = @{ $answers{$name} };
    my $problem = $answer->json;

    is($answer->status, $status, "$name: status");
    is($answer->header('Cache-Control'), 'no-store', "$name: not cached");
    like($answer->header('Vary') // '', qr/\bAuthorization\b/,
         "$name: varies by Authorization");
    is($answer->header('Access-Control-Allow-Origin'), '*', "$name: CORS");
    like($answer->header('Access-Control-Expose-Headers') // '',
         qr/\bWWW-Authenticate\b/, "$name: challenge exposed");
    is($answer->header('Content-Type'), 'application/problem+json',
       "$name: type of the body");
    is($answer->header('Content-Length'), length $answer->body,
       "$name: length of the body");

    is($problem->{status}, $status, "$name: status in the body");
    ok(length($problem->{title} // ''), "$name: title");
    ok(length($problem->{detail} // ''), "$name: detail");
    is($problem->{resource}, 'https://app.test', "$name: resource");

    next if $name eq 'requirement';

    my $fields = $answer->challenge->{fields};

    is($problem->{resource_metadata}, $metadata, "$name: metadata");
    is($problem->{scope}, $fields->{scope}, "$name: scope as challenged");
    is($problem->{error}, $fields->{error}, "$name: error as challenged");

    my $text = $fields->{error_description} // 'none';
    like($text, qr/\A[\x20\x21\x23-\x5b\x5d-\x7e]+\z/,
         "$name: description is printable");
    unlike($text, qr/(?:scope|error|resource_metadata)=/,
           "$name: description misleads no parser");
}

my $problem = $answers{'no token'}[0]->json;
my $steps = $problem->{how_to_authenticate};

is(ref $steps, 'ARRAY', 'steps for a model with nothing but curl');

my $text = join "\n", @{ $steps || [] };

like($text, qr/\Q$metadata\E/, 'they name the metadata');
like($text, qr/\Q${\$issuer->url}\E/, 'and the authorization server');
like($text, qr/resource=/, 'and the parameter resource');
like($text, qr/\bregist/i, 'and the registration');
like($text, qr/PKCE|code_challenge/, 'and PKCE');
ok(!exists $problem->{error}, 'no error where there were no credentials');

# every method is refused before a content handler could answer 405

for my $method (qw(GET HEAD POST PUT PATCH DELETE OPTIONS PROPFIND MKCOL
                   FOO))
{
    for my $path ('/', '/file') {
        my $n = delivered(sub { $response = $http->request($method, $path) });

        is_refused($response, 401, '', "$method $path");
        is($n, 0, "$method $path: nothing is delivered");
    }
}

is($http->request('HEAD', '/')->header('Content-Length'),
   length $answers{'no token'}[0]->body, 'HEAD: the length of GET');
is($http->request('TRACE', '/')->status, 405, 'TRACE is nginx\'s own matter');

my $connection = $http->connect;
$connection->send($http->bytes('HEAD', '/'), 'HEAD');
is($connection->finish->status, 401, 'HEAD on a kept connection');
$connection->send($http->bytes('POST', '/', body => 'x' x 1000), 'POST');
is($connection->finish->status, 401, 'POST on the same connection');
$connection->send($http->bytes('GET', '/', token => $good));
is($connection->finish->status, 200, 'then with a token');
$connection->close;

# a refusal does not wait for the body, whatever its size

is_refused($http->request('POST', '/', body => 'x' x 200_000), 401, '',
           'a large body');
is_refused($http->raw("POST / HTTP/1.1\r\nHost: app.test\r\n"
                      . "Content-Length: 5\r\nExpect: 100-continue\r\n"
                      . "Connection: close\r\n\r\n"), 401, '',
           'Expect: 100-continue');

# answers of the upstream are not changed

$response = $http->get('/?status=401&field=WWW-Authenticate:%20Basic%20'
                       . 'realm=%22app%22', token => $good);
is($response->status, 401, 'the upstream\'s own 401');
is($response->challenge->{text}, 'Basic realm="app"', 'with its challenge');
is($response->json->{from}, 'upstream', 'and its body');
is($response->header('Cache-Control'), undef, 'nothing is added');

$response = $http->get('/?status=403', token => $good);
is($response->status, 403, 'the upstream\'s own 403');
is($response->json->{from}, 'upstream', 'with its body');
is($response->challenge->{lines}, 0, 'and no challenge');

finish();

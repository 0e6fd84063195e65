#!/usr/bin/perl
#
# HTTP/2: the same answers, metadata and identities as with HTTP/1.1.  Requests
# that only HTTP/2 can carry, such as one with two credentials, do not get in.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Http2Client;

my $issuer = issuer();
my $upstream = upstream();

my $nginx = nginx(<<'EOT', AS => $issuer->url, UP => $upstream->port,
    oauth_issuer corp { issuer %%AS%%; }

    server {
        listen 127.0.0.1:%%PORT_main%% http2;
        server_name app.test;

        oauth corp;
        oauth_resource https://app.test;
        oauth_scope read;
        oauth_header X-User sub;

        location / {
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /open {
            oauth off;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }
EOT
    nginx_logs_tokens => 1);

my $http = OAuth::Test::Http2Client->new(port => $nginx->port('main'));
my $metadata = 'https://app.test/.well-known/oauth-protected-resource';
my $good = $issuer->token;
my $response;

# the same answers

$response = $http->get('/', token => $good, 'x-user' => 'mallory');
is($response->status, 200, 'a good token');
is_deeply([ $response->echoed('X-User') ], [ 'alice' ], 'with its identity');
is_deeply([ $response->echoed('Authorization') ], [], 'without the token');

$response = $http->get('/open', 'x-user' => 'mallory');
is($response->status, 200, 'an open location');
is_deeply([ $response->echoed('X-User') ], [], 'nothing of the client\'s');

$response = $http->get('/');
is_refused($response, 401, '', 'no token');
is($response->challenge->{text},
   qq{Bearer resource_metadata="$metadata", scope="read"}, 'the challenge');
is($response->header('Content-Type'), 'application/problem+json', 'the type');
is($response->json->{status}, 401, 'the problem document');
is($response->header('Content-Length'), length $response->body, 'its length');

is_refused($http->get('/', token => $issuer->token(exp => time - 999)), 401,
           'invalid_token', 'expired');
is_refused($http->get('/', token => $issuer->token(scope => 'x')), 403,
           'insufficient_scope', 'too little scope');

for my $method (qw(HEAD POST PUT DELETE OPTIONS FOO)) {
    is_refused($http->request($method, '/'), 401, '', "$method: no token");
}

is_refused($http->request('POST', '/', body => 'x' x 5000), 401, '',
           'a body without a token');
$response = $http->request('POST', '/', body => 'x' x 2000, token => $good);
is($response->json->{length}, 2000, 'a body with one');

$response = $http->get('/.well-known/oauth-protected-resource');
is($response->status, 200, 'metadata');
is($response->json->{resource}, 'https://app.test', 'of the resource');
is($http->request('POST', '/.well-known/oauth-protected-resource',
                  body => 'x')->status, 405, 'POST to it');
is($http->request('OPTIONS', '/', origin => 'https://a.test',
                  'access-control-request-method' => 'GET',
                  'access-control-request-headers' => 'authorization')->status,
   204, 'preflight');

# bad requests, each on its own connection, because nginx may close it

for (
    [ 'two fields', [ authorization => 'Bearer a' ],
      [ authorization => 'Bearer b' ] ],
    [ 'a good one, then a bad one', [ authorization => "Bearer $good" ],
      [ authorization => 'Bearer b' ] ],
    [ 'a bad one, then a good one', [ authorization => 'Bearer b' ],
      [ authorization => "Bearer $good" ] ],
    [ 'Basic, then a good one', [ authorization => 'Basic YTpi' ],
      [ authorization => "Bearer $good" ] ],
    [ 'NUL in the value', [ authorization => "Bearer $good\0" ] ],
    [ 'CR LF in the value', [ authorization => "Bearer $good\r\nx: y" ] ],
    [ 'CR LF in another value', [ x => "y\r\nauthorization: Bearer $good" ] ],
    [ 'an upper-case name', [ Authorization => "Bearer $good" ] ],
    [ 'a pseudo field', [ ':authorization', "Bearer $good" ] ],
    [ '60 kB', [ authorization => 'Bearer ' . 'x' x 60_000 ] ],
    [ '60 kB elsewhere', [ x => 'x' x 60_000 ] ],
) {
    my ($name, @fields) = @$_;
    my $client = OAuth::Test::Http2Client->new(port => $nginx->port('main'));
    my $before = $upstream->count;

    $response = $client->exchange([
        [ ':method', 'GET' ], [ ':scheme', 'http' ], [ ':path', '/' ],
        [ ':authority', 'app.test' ], @fields ]);

    like($response->status, qr/\A(?:0|400|401|414|431|494)\z/, $name);
    is($upstream->count, $before, 'is not delivered');
    $client->close;
}

# many streams on one connection: each with one user's token, or without any

my @wrong;

for my $number (1 .. 100) {
    my $user = "user-" . $number % 7;
    my $answer = $http->get('/', token => $issuer->token(sub => $user));

    push @wrong, $number if join(' ', $answer->echoed('X-User')) ne $user;
    push @wrong, "none $number" if $http->get('/')->status != 401;
}

is_deeply(\@wrong, [], 'two hundred requests on one connection');

$http->close;

finish();

#!/usr/bin/perl
#
# The upstream sees a request as it would without the module: event streams,
# bodies in both directions as they arrive, upgrades, any method.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Digest::SHA qw(sha256_hex);

use OAuth::Test;

my $issuer = issuer();
my $upstream = upstream();

my $nginx = nginx(<<'EOT', AS => $issuer->url, UP => $upstream->port);
    oauth_issuer corp { issuer %%AS%%; }

    map $http_upgrade $connection_upgrade {
        default upgrade;
        ""      close;
    }

    client_max_body_size 10m;

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp;
        oauth_resource https://app.test;
        oauth_header X-User sub;

        proxy_http_version 1.1;
        proxy_buffering off;
        proxy_request_buffering off;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;

        location / {
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /buffered {
            proxy_buffering on;
            proxy_request_buffering on;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }
EOT

my $http = $nginx->http;
my $token = $issuer->token;
my $response;

# an event stream: the client gets the first event before there is a second one

my $stream = $http->start('GET', '/sse?events=second', token => $token,
                          Accept => 'text/event-stream');

ok($stream->read_until(qr/data: first\r?\n/, 5), 'the first event');
unlike($stream->buffer, qr/second/, 'while there is no second one');
like($stream->buffer, qr/text\/event-stream/, 'the type of the upstream');

$upstream->raise_flag('second');
ok($stream->read_until(qr/data: second\r?\n/, 5), 'the second event');
ok($stream->is_closed, 'and the end');

is_refused($http->get('/sse?events=third'), 401, '',
           'no stream without a token');

# an upload in chunks: the upstream has the first chunk before the second is
# sent

my $upload = $http->connect;
$upload->send(join "\r\n", 'POST /upload HTTP/1.1', 'Host: app.test',
    "Authorization: Bearer $token", 'Transfer-Encoding: chunked',
    'Connection: close', '', "5\r\nfirst\r\n");

my $has = sub {
    my ($text) = @_;
    return scalar grep { ($_->{data} // '') =~ /$text/ } $upstream->seen;
};

ok(wait_until(sub { $has->('first') }, 5), 'the first chunk has arrived');
$upload->send("6\r\nsecond\r\n0\r\n\r\n", 'POST');
$response = $upload->finish;
is($response->status, 200, 'the upload is answered');
is($response->json->{body}, 'firstsecond', 'as a whole');
is_deeply([ $response->echoed('X-User') ], [ 'alice' ], 'with the identity');
$upload->close;

# bodies

my $large = join '', map { sprintf "%07d\n", $_ } 1 .. 250_000;

for my $path ('/', '/buffered') {
    $response = $http->request('PUT', $path, token => $token, body => $large);
    is($response->status, 200, "2 MB to $path");
    is($response->json->{sha256}, sha256_hex($large), 'as they were');
}

is_refused($http->request('PUT', '/', body => 'x' x 100_000), 401, '',
           'no upload without a token');

$response = $http->raw(join "\r\n", 'POST / HTTP/1.1', 'Host: app.test',
    "Authorization: Bearer $token", 'Content-Length: 4',
    'Expect: 100-continue', 'Connection: close', '', 'body');
is($response->json->{body}, 'body', 'Expect: 100-continue');

# an upgrade: bytes in both directions

my $socket = $http->connect;
$socket->send($http->bytes('GET', '/socket?upgrade', token => $token,
                           Connection => 'Upgrade', Upgrade => 'websocket'));
ok($socket->read_until(qr/\r\n\r\n/, 5), 'an answer to the upgrade');
like($socket->buffer, qr/\AHTTP\/1\.1 101 /, 'which is granted');

for my $word ('hello', 'world') {
    $socket->send($word);
    ok($socket->read_until(qr/\U$word/, 5), "$word comes back");
}

$socket->close;

my $before = $upstream->count;

is_refused($http->get('/socket?upgrade', Connection => 'Upgrade',
                      Upgrade => 'websocket'), 401, '',
           'no upgrade without a token');
is_refused($http->get('/socket?upgrade', Connection => 'Upgrade',
                      Upgrade => 'websocket', token => 'a.b.c'), 401,
           'invalid_token', 'nor with a bad one');
is($upstream->count, $before, 'and nothing is delivered');

# the other parts of a request

for my $method (qw(GET POST PUT PATCH DELETE OPTIONS PROPFIND FOO)) {
    $response = $http->request($method, '/a%20b/./c//d?x=1&y=%2F',
                               token => $token, 'X-Extra' => 'one',
                               'X-Extra' => 'two', Range => 'bytes=0-1');
    is($response->json->{line}, "$method /a%20b/./c//d?x=1&y=%2F HTTP/1.1",
       "$method: the line as it was");
    is_deeply([ $response->echoed('X-Extra') ], [ 'one', 'two' ],
              "$method: fields in order");
    is_deeply([ $response->echoed('Range') ], [ 'bytes=0-1' ],
              "$method: Range");
}

# the module does not change answers of the upstream

for my $status (200, 201, 204, 304, 400, 404, 409, 418, 500, 502) {
    $response = $http->get("/?status=$status&field=X-From:app"
                           . '&field=Cache-Control:private', token => $token);
    is($response->status, $status, "status $status");
    is($response->header('X-From'), 'app', 'with its fields');
    is($response->header('Cache-Control'), 'private', 'unchanged');
    is($response->header('Vary'), undef, 'and nothing added');
}

finish();

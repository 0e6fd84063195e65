#!/usr/bin/perl
#
# The upstream sees a request, and the client an answer, as if the module were
# not there: event streams, uploads as they come, upgrades, its own refusals.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $issuer = issuer();
my $upstream = upstream();

my $nginx = nginx(<<'EOT', AS => $issuer->url, UP => $upstream->port);
    oauth_issuer corp { issuer %%AS%%; }

    map $http_upgrade $connection_upgrade {
        default upgrade;
        ''      close;
    }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp;
        oauth_resource https://app.test;
        oauth_header X-User sub;

        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;

        location / {
            proxy_buffering off;
            proxy_request_buffering off;
            client_max_body_size 8m;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }
EOT

my $http = $nginx->http;
my $token = $issuer->token;
my $response;

# an event stream: the first event is here before the second is sent

my $stream = $http->start('GET', '/?events=more', token => $token);

ok($stream->read_until(qr/data: first/), 'the first event');
unlike($stream->buffer, qr/data: second/, 'and not yet the second');

$upstream->raise_flag('more');
$response = $stream->finish;
like($response->body, qr/data: second/, 'the second');
$stream->close;

# an upload in parts: the app has the first before the last is sent

my $upload = $http->connect->send(join("\r\n", 'POST /up HTTP/1.1',
    'Host: app.test', 'Connection: close', 'Transfer-Encoding: chunked',
    "Authorization: Bearer $token", '', '5', 'first', ''), 'POST');

ok(wait_until(sub {
    grep { ($_->{data} // '') =~ /first/ } $upstream->seen
}), 'the app reads what is sent first');

$upload->send("4\r\nlast\r\n0\r\n\r\n");
$response = $upload->finish;
is($response->json->{body}, 'firstlast', 'the whole body arrives');
$upload->close;

# a large body, whole

my $body = 'x' x 500_000;
$response = $http->request('PUT', '/', token => $token, body => $body);
is(length($response->json->{body} // ''), length $body, 'a large upload');

is_refused($http->request('PUT', '/', body => 'small'), 401, '',
           'an upload without a token');

# an upgrade

my $socket = $http->connect->send(join("\r\n", 'GET /?upgrade HTTP/1.1',
    'Host: app.test', 'Connection: Upgrade', 'Upgrade: websocket',
    "Authorization: Bearer $token", '', ''), 'GET');

ok($socket->read_until(qr{\AHTTP/1.1 101}), 'an upgrade');

$socket->send('hello');

ok($socket->read_until(qr/HELLO/), 'and bytes both ways');
$socket->close;

is_refused($http->get('/?upgrade', Upgrade => 'websocket'), 401, '',
           'an upgrade without a token');

# the app's own refusals are its own

for my $status (401, 403, 503) {
    $response = $http->get("/?status=$status&field=WWW-Authenticate:%20App",
                           token => $token);

    is($response->status, $status, "the app's $status");
    is($response->json->{from}, 'upstream', "the app's body of $status");
    is($response->header('WWW-Authenticate'), 'App', "its challenge");
    is($response->header('Cache-Control'), undef, 'nothing of ours');
}

# 100-continue

$response = $http->request('POST', '/', token => $token,
                           Expect => '100-continue', body => 'after');
is($response->json->{body}, 'after', 'Expect: 100-continue');

finish();

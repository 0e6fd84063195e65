#!/usr/bin/perl
#
# Request bodies.  Large ones arrive unchanged.  nginx does not wait for the
# body of a refused request, and the connection stays usable.  The body of a
# request that waits for keys waits with it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Digest::SHA qw(sha256_hex);

use OAuth::Test;
use OAuth::Test::Mode qw(mode);

my $megabytes = mode() eq 'valgrind' ? 5 : 50;

my $issuer = issuer();
my $cold = issuer();
my $upstream = upstream();

$cold->answer(jwks => hold => 'go');

my $nginx = nginx(<<'EOT', AS => $issuer->url, COLD => $cold->url,
    oauth_issuer corp { issuer %%AS%%; }
    oauth_issuer cold { issuer %%COLD%%; timeout 120s; }

    client_max_body_size 0;

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp cold;
        oauth_resource https://app.test;
        oauth_header X-User sub;

        proxy_http_version 1.1;

        location /buffered {
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /streamed {
            proxy_request_buffering off;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location = /status {
            oauth off;
            stub_status;
        }
    }
EOT
    UP => $upstream->port);

my $http = $nginx->http;
my $token = $issuer->token;
my @places = qw(/buffered /streamed);
my @close = ('Connection' => 'close');
my @chunked = ('Transfer-Encoding' => 'chunked');
my @expect = ('Expect' => '100-continue');
my $response;


sub chunks {
    my ($body) = @_;

    return join '', (map { sprintf "%x\r\n%s\r\n", length, $_ }
                         unpack '(a30000)*', $body), "0\r\n\r\n";
}


# large bodies

my $large = join '', map { sprintf "%07d\n", $_ } 1 .. $megabytes << 17;
my $digest = sha256_hex($large);

is(length $large, $megabytes << 20, "$megabytes MB");

for my $place (@places) {
    $response = $http->request('PUT', $place, token => $token,
                               body => $large);
    is($response->status, 200, "$place: is sent");
    is($response->json->{sha256}, $digest, "$place: as it was");
    is_deeply([ $response->echoed('X-User') ], [ 'alice' ],
              "$place: with the identity");

    $response = $http->raw(
        $http->bytes('PUT', $place, @close, @chunked, token => $token)
        . chunks($large), 'PUT');
    is($response->json->{sha256}, $digest, "$place: in chunks");
}

# a refused upload is answered before its body has arrived

my $before = $upstream->count;

for (
    [ 'with a length', [ 'Content-Length' => length $large ],
      substr $large, 0, 1 << 20 ],
    [ 'in chunks', [ @chunked ], substr chunks($large), 0, 1 << 20 ],
    [ 'that did not begin', [ 'Content-Length' => length $large ], '' ],
) {
    my ($name, $fields, $part) = @$_;

    for my $place (@places) {
        my $client = $http->connect;

        $client->send($http->bytes('PUT', $place, @$fields) . $part, 'PUT');
        is_refused($client->finish, 401, '', "$place: refused $name");
        $client->close;
    }
}

ok(wait_until(sub { $nginx->connected == 0 }), 'who leaves then is gone');

# the refusal leaves the connection usable

for (
    [ 'with a length', [ 'Content-Length' => 1 << 20 ],
      substr $large, 0, 1 << 20 ],
    [ 'in chunks', [ @chunked ], chunks(substr $large, 0, 1 << 20) ],
) {
    my ($name, $fields, $body) = @$_;

    for my $place (@places) {
        my $client = $http->connect;

        $client->send($http->bytes('PUT', $place, @$fields) . $body, 'PUT');
        is_refused($client->finish, 401, '', "$place: refused $name");

        $client->send($http->bytes('PUT', $place, @$fields, token => $token)
                      . $body, 'PUT');
        is($client->finish->json->{sha256},
           sha256_hex(substr $large, 0, 1 << 20),
           "$place: then sent on the same connection");
        $client->close;
    }
}

is($upstream->count, $before + 4, 'nothing of the refused ones arrived');

# Expect: nginx asks for the body only if the app may have it

for my $place (@places) {
    my $client = $http->connect;

    $client->send($http->bytes('POST', $place, @expect,
                               'Content-Length' => 4), 'POST');
    ok($client->read_until(qr/\r\n\r\n/), "$place: Expect, without a token");
    like($client->buffer, qr/\AHTTP\/1\.1 401 /, 'is refused at once');
    $client->close;

    for my $bad ($issuer->token(exp => time - 999), 'a.b.c') {
        $client = $http->connect;
        $client->send($http->bytes('POST', $place, @expect, token => $bad,
                                   'Content-Length' => 4), 'POST');
        ok($client->read_until(qr/\r\n\r\n/), "$place: with a bad token");
        like($client->buffer, qr/\AHTTP\/1\.1 401 /, 'too');
        $client->close;
    }

    $client = $http->connect;
    $client->send($http->bytes('POST', $place, @expect, @close,
                               token => $token, 'Content-Length' => 4),
                  'POST');
    ok($client->read_until(qr/\r\n\r\n/), "$place: with a good one");
    is($client->buffer, "HTTP/1.1 100 Continue\r\n\r\n", 'it is asked for');
    $client->send('body', 'POST');
    is($client->finish->json->{body}, 'body', 'and arrives');
    $client->close;
}

# Requests that wait for keys.  They wait for five seconds at most, so all that
# is sent is prepared first.

my $body = substr $large, 0, 1 << 20;
my $in_chunks = chunks($body);
my $waiting = $cold->token(sub => 'waiter');
my $expired = $cold->token(exp => time - 999);

my (@whole, @halves);

for my $place (@places) {
    push @whole, $http->start('POST', $place, token => $waiting,
                              body => $body);
    push @whole, $http->connect->send(
        $http->bytes('POST', $place, @close, @chunked, token => $waiting)
        . $in_chunks, 'POST');

    # these send the second half when the keys are there

    push @halves, $http->connect->send(
        $http->bytes('POST', $place, @close, token => $waiting,
                     'Content-Length' => length $body)
        . substr($body, 0, 1 << 19), 'POST');
}

my @asking = map {
    $http->connect->send($http->bytes('POST', $_, @expect, @close,
                                      token => $waiting,
                                      'Content-Length' => length $body),
                         'POST')
} @places;

my @leaving = map {
    $http->connect->send(
        $http->bytes('POST', $_, token => $waiting,
                     'Content-Length' => length $body)
        . substr($body, 0, 1 << 16), 'POST')
} @places;

my $refused = $http->connect->send(
    $http->bytes('POST', '/streamed', token => $expired, @chunked)
    . $in_chunks, 'POST');

$before = $upstream->count;

my $staying = @whole + @halves + @asking + 1;

ok(wait_until(sub { $nginx->pending == $staying + @leaving }), 'bodies wait');
is($_->pump(0), 0, 'Expect is not answered yet') for @asking;

$_->close for @leaving;
ok(wait_until(sub { $nginx->pending == $staying }), 'who leaves is gone');
is($upstream->count, $before, 'nothing is delivered meanwhile');

$cold->raise_flag('go');

is_refused($refused->finish, 401, 'invalid_token', 'the bad token');
$refused->send($http->bytes('GET', '/buffered', token => $token));
is($refused->finish->status, 200, 'its connection goes on');
$refused->close;

for my $client (@asking) {
    ok($client->read_until(qr/\r\n\r\n/), 'Expect is answered');
    is($client->buffer, "HTTP/1.1 100 Continue\r\n\r\n", 'with 100');
    $client->send($body, 'POST');
}

$_->send(substr($body, 1 << 19), 'POST') for @halves;

for my $client (@whole, @halves, @asking) {
    $response = $client->finish;
    is($response->json->{sha256}, sha256_hex($body), 'a body that has waited');
    is_deeply([ $response->echoed('X-User') ], [ 'waiter' ],
              'with its identity');
    $client->close;
}

# of a refused one, the next request on its connection

is($upstream->count, $before + $staying, 'and nothing else has arrived');

finish();

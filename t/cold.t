#!/usr/bin/perl
#
# A cold start: 50 requests reach 4 workers before there are any keys.  The
# workers start a single fetch for all of them, and every request is answered.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Digest::SHA qw(sha256_hex);

use OAuth::Test;

my $issuer = issuer();
my $upstream = upstream();

$issuer->answer(jwks => hold => 'go');

my $nginx = nginx(<<'EOT', AS => $issuer->url, UP => $upstream->port,
    oauth_issuer corp { issuer %%AS%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp;
        oauth_resource https://app.test;
        oauth_header X-User sub;
        proxy_http_version 1.1;

        location / {
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
    workers => 4);

my $http = $nginx->http;

ok(wait_until(sub { $issuer->count('jwks') >= 1 }),
   'the first fetch starts without any request');

# requests of every kind

my @requests = map { $http->start('GET', "/get-$_", token =>
                                  $issuer->token(sub => "user-$_")) } 1 .. 46;
my $body = join '', map { "line $_\n" } 1 .. 20_000;

push @requests, map { $http->start('POST', $_, body => $body,
                                   token => $issuer->token(sub => 'poster')) }
    '/post', '/streamed';
push @requests, $http->start('HEAD', '/head', token => $issuer->token);
push @requests, $http->start('GET', '/bad', token =>
    $issuer->token(exp => time - 999));

ok(wait_until(sub { $nginx->pending == 50 }), '50 requests wait');
is($upstream->count, 0, 'nothing is delivered meanwhile');

# one client closes its connection

my $leaving = $http->start('GET', '/leaves', token => $issuer->token);
ok(wait_until(sub { $nginx->pending == 51 }), 'another one waits');
$leaving->close;
ok(wait_until(sub { $nginx->pending == 50 }), 'and leaves');

# the issuer sends the keys

$issuer->raise_flag('go');
my @responses = finish_all(@requests);

is_deeply([ map { $_->status } @responses ],
          [ (200) x 49, 401 ], 'each gets its answer');
is_deeply([ map { $_->echoed('X-User') } @responses[0 .. 45] ],
          [ map { "user-$_" } 1 .. 46 ], 'and its identity');
is($responses[$_]->json->{sha256}, sha256_hex($body),
   "the whole body: request $_")
    for 46, 47;

is($issuer->count('discovery'), 1, 'one discovery');
is($issuer->count('jwks'), 1, 'one key set');
is($issuer->count('openid'), 0, 'and nothing else');
is(scalar(my @lines = $nginx->log_lines(qr/keys fetched/)), 1,
   'one line about it');
is(scalar(grep { $_->{line} =~ m{/leaves} } $upstream->requests), 0,
   'who has left is not served');

# now every worker has the keys

is_deeply([ map { $_->status } finish_all(map {
    $http->start('GET', '/', token => $issuer->token) } 1 .. 50) ],
          [ (200) x 50 ], '50 more');
is($issuer->count, 2, 'need no further fetch');

finish();

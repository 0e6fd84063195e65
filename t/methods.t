#!/usr/bin/perl
#
# Every kind of refusal for every method, whatever the location would answer
# otherwise.  The refusal comes before a 405, a redirect or a content handler,
# and the app gets nothing.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $issuer = issuer();
my $upstream = upstream();

my $nginx = nginx(<<'EOT', AS => $issuer->url, UP => $upstream->port);
    oauth_issuer corp { issuer %%AS%%; }
    oauth_issuer down { issuer http://127.0.0.1:%%PORT_none%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        root %%DIR%%/html;

        oauth corp down;
        oauth_resource https://app.test;
        oauth_scope read;

        location / { proxy_pass http://127.0.0.1:%%UP%%; }
        location /file { }
        location /folder { autoindex on; }
        location /gif { empty_gif; }
        location /stub { stub_status; }
        location /dav { dav_methods PUT DELETE MKCOL COPY MOVE; }
        location /limit {
            limit_except GET { deny all; }
            proxy_pass http://127.0.0.1:%%UP%%;
        }
        location /tried { try_files /none @app; }
        location @app { proxy_pass http://127.0.0.1:%%UP%%; }

        location /slash/ { proxy_pass http://127.0.0.1:%%UP%%; }

        location /required { oauth_require role admin; }
    }
EOT

$nginx->write_file('html/file', 'a file');
mkdir $nginx->dir . '/html/folder';

my $http = $nginx->http;
my $metadata = 'https://app.test/.well-known/oauth-protected-resource';
my $because = qr/error_description="[^"\\]+"/;
my $place = qq{resource_metadata="$metadata", scope="read"};

my @methods = (qw(GET HEAD POST PUT PATCH DELETE OPTIONS PROPFIND MKCOL LOCK
                  QUERY FOO), 'X-LONG-' . 'X' x 60);
my @paths = qw(/ /file /folder /folder/ /gif /stub /dav /limit /tried
               /slash);

my %token = (
    bad => $issuer->token(exp => time - 3600, iat => time - 7200),
    scope => $issuer->token(scope => 'x'),
    down => $issuer->token(iss => 'http://127.0.0.1:' . $nginx->port('none')),
    good => $issuer->token,
);

# The table: what the client sends, the status, and the whole challenge.

my @table = (
    [ 'no token', [], 401, qr/\ABearer \Q$place\E\z/ ],
    [ 'another scheme', [ Authorization => 'Basic YTpi' ], 401,
      qr/\ABearer \Q$place\E\z/ ],
    [ 'a bad token', [ token => $token{bad} ], 401,
      qr/\ABearer error="invalid_token", $because, \Q$place\E\z/
    ],
    [ 'a malformed request', [ Authorization => 'Bearer a b' ], 401,
      qr/\ABearer error="invalid_request", $because, \Q$place\E\z/
    ],
    [ 'a missing scope', [ token => $token{scope} ], 403,
      qr/\ABearer error="insufficient_scope", $because, \Q$place\E\z/
    ],
    [ 'no keys', [ token => $token{down} ], 503, qr/\A\z/ ],
);

for my $row (@table) {
    my ($name, $fields, $status, $challenge) = @$row;

    # while keys may still come, nginx's redirect to the slash is not refused

    my @here = grep { $_ ne '/slash' || $status != 503 } @paths;

    for my $method (@methods) {
        for my $path (@here) {
            my $before = $upstream->count;
            my $response = $http->request($method, $path, @$fields);
            my @wrong;

            push @wrong, $response->status unless $response->status == $status;
            push @wrong, $response->error if $response->error;
            push @wrong, $response->challenge->{text}
                unless $response->challenge->{text} =~ $challenge;
            push @wrong, 'delivered' if $upstream->count > $before;

            push @wrong, grep { defined $response->header($_) }
                qw(Location Allow);
            push @wrong, 'Retry-After'
                if ($status == 503) ne defined $response->header('Retry-After');
            push @wrong, 'stored'
                if ($response->header('Cache-Control') // '') ne 'no-store';
            push @wrong, 'type'
                if ($response->header('Content-Type') // '')
                   ne 'application/problem+json';
            push @wrong, 'body'
                if $method eq 'HEAD' ? $response->body ne ''
                                     : $response->json->{status} != $status;

            is_deeply(\@wrong, [], "$name: $method $path");
        }
    }
}

for my $method (@methods) {
    my $response = $http->request($method, '/required', token => $token{good});

    is_refused($response, 403, undef, "a requirement: $method");
    is($response->json->{status}, 403, 'with its document')
        unless $method eq 'HEAD';
}

# controls: with a good token the location answers in its own way

is($http->request('POST', '/file', token => $token{good}, body => '')->status,
   405, 'POST to a file');
is($http->request('FOO', '/gif', token => $token{good})->status, 405,
   'a method that nobody has');
is($http->get('/folder', token => $token{good})->status, 301, 'a folder');
is($http->request('POST', '/limit', token => $token{good}, body => '')->status,
   403, 'a method that is denied');
is($http->request('FOO', '/', token => $token{good})->status, 200,
   'an app that takes every method');

# OPTIONS is a preflight only with the fields of one

for my $fields ([ Origin => 'https://a.test' ],
                [ Origin => 'https://a.test',
                  'Access-Control-Request-Headers' => 'authorization' ],
                [ 'Access-Control-Request-Method' => 'GET',
                  'Access-Control-Request-Headers' => 'authorization' ])
{
    is_refused($http->request('OPTIONS', '/file', @$fields), 401, '',
               'OPTIONS with ' . @$fields / 2 . ' fields: no preflight');
}

is($http->request('OPTIONS', '/file', Origin => 'https://a.test',
                  'Access-Control-Request-Method' => 'PROPFIND',
                  'Access-Control-Request-Headers' => 'authorization')
   ->status, 204, 'a preflight');

# requests that nginx refuses before any module; nginx 1.30 says 400 to CONNECT

my $before = $upstream->count;

for ([ 'TRACE', 405 ], [ 'CONNECT', 405, 400 ], [ 'get', 400 ], [ 'G(T', 400 ])
{
    my ($method, @statuses) = @$_;

    for my $fields ([], [ token => $token{good} ]) {
        my $answer = $http->request($method, '/', @$fields);
        my ($status) = grep { $_ == $answer->status } @statuses;

        is_refused($answer, $status // $statuses[0], undef,
                   "$method is nginx's own matter");
    }
}

is($upstream->count, $before, 'and is not delivered');

# a request is refused at once, however its body is sent

for my $framing ("Content-Length: 1000000\r\n",
                 "Transfer-Encoding: chunked\r\n",
                 "Content-Length: 9\r\nExpect: 100-continue\r\n")
{
    is_refused($http->raw("PUT / HTTP/1.1\r\nHost: app.test\r\n$framing"
                          . "Connection: close\r\n\r\n"), 401, '',
               $framing =~ s/\r\n.*//sr);
}

is_refused($http->raw("GET / HTTP/1.0\r\n\r\n"), 401, '', 'HTTP/1.0');

finish();

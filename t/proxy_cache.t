#!/usr/bin/perl
#
# proxy_cache and slice in a protected location.  Only a request that is let in
# gets what is cached.  Requests that nginx makes by itself (slices, background
# updates) belong to the request that caused them.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $issuer = issuer();
my $upstream = upstream();

my $nginx = nginx(<<'EOT', AS => $issuer->url, UP => $upstream->port);
    oauth_issuer corp { issuer %%AS%%; }
    proxy_cache_path %%DIR%%/cache keys_zone=pages:1m;

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth_resource https://app.test;
        oauth_header X-User sub;

        proxy_cache pages;
        proxy_cache_valid 200 1h;
        add_header X-Cache $upstream_cache_status always;

        location /shared {
            oauth corp;
            oauth_scope read;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /own {
            oauth corp;
            oauth_scope read;
            proxy_cache_key $uri$oauth_issuer$oauth_sub;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        # stale at once; nginx updates it in the background, after the answer

        location /stale {
            oauth corp;
            oauth_scope read;
            proxy_cache_valid 200 1s;
            proxy_cache_use_stale updating;
            proxy_cache_background_update on;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /slices {
            oauth corp;
            oauth_scope read;
            slice 1k;
            proxy_cache_key $uri$slice_range;
            proxy_set_header Range $slice_range;
            proxy_http_version 1.1;
            proxy_cache_valid 200 206 1h;
            proxy_pass http://127.0.0.1:%%PORT_files%%;
        }

        # parts that a page includes, cached

        location /page {
            oauth corp;
            ssi on;
            root %%DIR%%/html;
        }

        location /inner {
            oauth corp;
            oauth_scope write;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }

    log_format files '$http_x_user $http_authorization $http_range';

    server {
        listen 127.0.0.1:%%PORT_files%%;
        root %%DIR%%/html;
        access_log %%DIR%%/files.log files;
    }
EOT

my $text = join '', map { sprintf "%07d\n", $_ } 1 .. 1000;

mkdir $nginx->dir . '/html/slices';
$nginx->write_file('html/slices/file', $text);
mkdir $nginx->dir . '/html/page';
$nginx->write_file('html/page/x.html', '[<!--#include virtual="/inner/x" -->]');

my $http = $nginx->http;
my $alice = $issuer->token(scope => 'read', sub => 'alice');
my $bob = $issuer->token(scope => 'read', sub => 'bob');
my $response;


# A request without a good token gets nothing from the cache.

sub closed {
    my ($path) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $before = $upstream->count;

    is_refused($http->get($path), 401, '', "$path: no token");
    is_refused($http->get($path, token => $issuer->token(
        scope => 'read', exp => time - 999)), 401, 'invalid_token',
        "$path: expired");
    is_refused($http->get($path, token => $issuer->token(scope => 'x')), 403,
               'insufficient_scope', "$path: too little scope");
    is_refused($http->get($path, 'X-User' => 'alice', Range => 'bytes=0-9'),
               401, '', "$path: a part of it");

    return is($upstream->count, $before, 'nothing is asked for');
}


# one answer for everybody who is let in

$response = $http->get('/shared', token => $alice);
is($response->header('X-Cache'), 'MISS', 'fetched');
$response = $http->get('/shared', token => $bob);
is($response->header('X-Cache'), 'HIT', 'and kept');
is_deeply([ $response->echoed('X-User') ], [ 'alice' ],
          'with one key for all, it is the first one\'s');
closed('/shared');

# one answer for each person

for my $user (qw(alice bob)) {
    my $token = $issuer->token(scope => 'read', sub => $user);

    for my $status (qw(MISS HIT)) {
        $response = $http->get('/own', token => $token);
        is($response->header('X-Cache'), $status, "$user: $status");
        is_deeply([ $response->echoed('X-User') ], [ $user ], 'its own');
    }
}

closed('/own');

# a stale answer

is($http->get('/stale', token => $alice)->status, 200, 'to become stale');
my $before = $upstream->count;

ok(wait_until(sub { $http->get('/stale', token => $alice)
                    ->header('X-Cache') eq 'STALE' }), 'it does');
ok(wait_until(sub { $upstream->count > $before }), 'and is updated');

my ($update) = (grep { $_->{line} =~ m{/stale} } $upstream->requests)[-1];

is_deeply([ map { $_->[1] } grep { lc $_->[0] eq 'x-user' }
            @{ $update->{headers} } ], [ 'alice' ],
          'in the name of who asked');
is_deeply([ grep { lc $_->[0] eq 'authorization' } @{ $update->{headers} } ],
          [], 'without the token');
closed('/stale');

# slices

for my $turn ('fetched', 'from the cache') {
    $response = $http->get('/slices/file', token => $alice,
                           'X-User' => 'mallory');
    is($response->status, 200, "slices: $turn");
    is($response->body, $text, 'the whole');
}

$response = $http->get('/slices/file', token => $bob,
                       Range => 'bytes=1020-2055');
is($response->status, 206, 'a range of them');
is($response->body, substr($text, 1020, 1036), 'as it is');

my @asked;

ok(wait_until(sub { (@asked = split /\n/, $nginx->read_file('files.log'))
                    >= 8 }), 'what was asked for');
is_deeply(\@asked, [ map { 'alice - bytes=' . $_ * 1024 . '-'
                           . ($_ * 1024 + 1023) } 0 .. 7 ],
          'every slice once, in the name of who asked, without the token');

closed('/slices/file');
is(scalar(split /\n/, $nginx->read_file('files.log')), scalar @asked,
   'no slice is asked for');

# a cached part of a page

my $writer = $issuer->token(scope => 'write');

for my $turn (1, 2) {
    like($http->get('/page/x.html', token => $writer)->body,
         qr/\[\{.*"from":"upstream".*\}\]/, "an include, $turn");
}

unlike($http->get('/page/x.html', token => $alice)->body, qr/upstream/,
       'not for who may not have it');

# the module's own answers are not cached

is_refused($http->get('/shared/new'), 401, '', 'a refusal');
is($http->get('/shared/new', token => $alice)->header('X-Cache'), 'MISS',
   'is not kept');
is($http->get('/shared/new', token => $alice)->header('X-Cache'), 'HIT',
   'the answer after it is');

finish();

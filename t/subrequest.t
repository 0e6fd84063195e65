#!/usr/bin/perl
#
# Subrequests skip nginx's access phase.  One that reaches a protected location
# is decided by the main request's token and that location's policy, or it is
# refused with 403.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $issuer = issuer();
my $broken = issuer();
my $upstream = upstream();

$broken->answer(discovery => status => 500);
$broken->answer(openid => status => 500);

my $nginx = nginx(<<'EOT', AS => $issuer->url, BROKEN => $broken->url,
    oauth_issuer corp { issuer %%AS%%; }
    oauth_issuer broken { issuer %%BROKEN%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth_resource https://app.test;
        oauth_header X-User sub;

        # open, and with subrequests to places that are not

        location /include/ {
            root %%DIR%%/html;
            ssi on;
            ssi_types *;
        }

        location /guarded/include/ {
            oauth corp;
            alias %%DIR%%/html/include/;
            ssi on;
            ssi_types *;
        }

        location /add {
            root %%DIR%%/html;
            add_after_body /read;
            addition_types *;
        }

        location /guarded/add {
            oauth corp;
            alias %%DIR%%/html/add;
            add_after_body /read;
            addition_types *;
        }

        location /mirror {
            mirror /admin;
            proxy_pass http://127.0.0.1:%%UP%%/mirrored;
        }

        location /guarded/mirror {
            oauth corp;
            mirror /admin;
            proxy_pass http://127.0.0.1:%%UP%%/mirrored;
        }

        location /checked {
            auth_request /read;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /unavailable {
            auth_request /broken;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        # protected

        location /read {
            oauth corp;
            oauth_scope read;
            proxy_pass http://127.0.0.1:%%UP%%/read;
        }

        location /admin {
            oauth corp;
            oauth_scope admin;
            proxy_pass http://127.0.0.1:%%UP%%/admin;
        }

        location /broken {
            oauth broken;
            proxy_pass http://127.0.0.1:%%UP%%/broken;
        }
    }
EOT
    UP => $upstream->port);

mkdir $nginx->dir . '/html/include';
$nginx->write_file('html/include/read', '[<!--#include virtual="/read" -->]');
$nginx->write_file('html/include/admin',
                   '[<!--#include virtual="/admin" -->]');
$nginx->write_file('html/add', 'body ');

my $http = $nginx->http;
my $token = $issuer->token(scope => 'read');
my $admin = $issuer->token(scope => 'admin read');
my $delivered = qr/"from":"upstream"/;
my $response;

# a subrequest does not wait for keys

$nginx->wait_for_log(qr/issuer "corp": keys fetched/);

# SSI

for my $way ('/include', '/guarded/include') {

    $response = $http->get("$way/read", token => $token, 'X-User' => 'root');
    like($response->body, $delivered, "$way/read with a token");
    like($response->body, qr/\["X-User","alice"\]/, "$way/read: identity");
    unlike($response->body, qr/root|Bearer/, "$way/read: nothing else");

    $response = $http->get("$way/admin", token => $token);
    unlike($response->body, $delivered, "$way/admin, a scope is missing");

    $response = $http->get("$way/admin", token => $admin);
    like($response->body, $delivered, "$way/admin with the scope");
}

$response = $http->get('/include/read');
unlike($response->body, $delivered, 'without a token nothing is included');

$response = $http->get('/include/read', token => 'a.b.c');
unlike($response->body, $delivered, 'nor with a bad one');

$response = $http->get('/include/read', token => $token . 'A');
unlike($response->body, $delivered, 'nor with a bad signature');

# addition

$response = $http->get('/guarded/add', token => $token);
like($response->body, $delivered, 'addition with a token');

$response = $http->get('/add');
is($response->status, 200, 'addition to an open page');
unlike($response->body, $delivered, 'adds nothing without a token');

# mirror: the copy is delivered only where the token is good for it

sub mirrored {
    return scalar grep { $_->{line} =~ m{^GET /admin } } $upstream->requests;
}

my $before = mirrored();

for ([ '/mirror' ], [ '/guarded/mirror', token => $token ]) {
    my ($path, @fields) = @$_;

    is($http->get($path, @fields)->status, 200, "$path itself is served");
}

$http->get('/guarded/mirror', token => $admin);
ok(wait_until(sub { mirrored() == $before + 1 }),
   'mirrored with the scope, and never without it');

# auth_request: the protected place is the judge

is($http->get('/checked', token => $token)->status, 200,
   'auth_request to a protected place');
is($http->get('/checked')->status, 403, 'auth_request without a token');
is($http->get('/checked', token => 'a.b.c')->status, 403,
   'auth_request with a bad token');

$nginx->wait_for_log(qr/issuer "broken": cannot fetch keys/);
is($http->get('/unavailable', token => $broken->token)->status, 500,
   'auth_request that cannot be decided is no yes');

finish();

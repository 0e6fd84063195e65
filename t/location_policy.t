#!/usr/bin/perl
#
# The rules of the location in which a request ends up apply, not the rules of
# the one that it came from.  These rules may differ for the same issuer.  Their
# scopes may come from a map, whose value nginx keeps across redirects and
# shares with subrequests.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $issuer = issuer();
my $other = issuer();
my $upstream = upstream();

my $nginx = nginx(<<'EOT', AS => $issuer->url, OTHER => $other->url,
    oauth_issuer corp { issuer %%AS%%; }
    oauth_issuer brief { issuer %%AS%%; max_token_lifetime 10s; }
    oauth_issuer other { issuer %%OTHER%%; }

    map $uri $need {
        ~^/public  none;
        default    admin;
    }

    map $uri $place {
        ~^/public  public;
        default    inner;
    }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        oauth_resource https://app.test;

        set $early "$oauth_result/$oauth_sub";
        add_header X-Early $early always;

        location / {
            oauth corp;
            oauth_scope $need;
            oauth_header X-Place $place;
            root %%DIR%%/html;

            location /public/ {
                ssi on;
                ssi_types *;
                error_page 404 = /admin/page;
            }

            location /public/app {
                proxy_pass http://127.0.0.1:%%UP%%;
            }

            location /admin/ {
                proxy_pass http://127.0.0.1:%%UP%%;
            }
        }

        location /from/ {
            rewrite ^/from(/.*)$ $1 last;
        }

        location /brief {
            oauth brief;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /corp/brief {
            oauth corp;
            try_files /none /brief;
        }

        location /corp/other {
            oauth corp;
            try_files /none /other;
        }

        location /other {
            oauth other;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }
EOT
    UP => $upstream->port);

mkdir $nginx->dir . '/html/public';
$nginx->write_file('html/public/page', '[<!--#include virtual="/admin/x" -->]');

my $http = $nginx->http;
my $token = $issuer->token;
my $admin = $issuer->token(scope => 'admin');
my $delivered = qr/"from":"upstream"/;
my $response;

is_refused($http->get('/admin/x', token => $token), 403, 'insufficient_scope',
           'admin needs a scope');
is($http->get('/public/page', token => $token)->status, 200,
   'public does not');

# the map was read before, in the public location

$response = $http->get('/public/page', token => $token);
unlike($response->body, $delivered, 'an include is judged by its own place');

is_refused($http->get('/public/none', token => $token), 403,
           'insufficient_scope', 'and so is an error page');

is_refused($http->get('/public/app?field=X-Accel-Redirect:%20/admin/x',
                      token => $token),
           403, 'insufficient_scope', 'and X-Accel-Redirect');

$response = $http->get('/public/page', token => $admin);
like($response->body, $delivered, 'with the scope it is delivered');
like($response->body, qr/\["X-Place","inner"\]/,
     'a header is of the place, too');

$response = $http->get('/public/app', token => $token);
is_deeply([ $response->echoed('X-Place') ], [ 'public' ], 'each in its place');

# the level of the server reads the variable first

is($http->get('/public/app', token => $token)->header('X-Early'), '/',
   'where nothing is served, nothing is decided');

# other rules for the same issuer

for my $way ('/from/brief', '/corp/brief') {
    is_refused($http->get($way, token => $token), 401, 'invalid_token',
               "$way: too long a life there");
    is($http->get($way, token => $issuer->token(exp => time + 5))->status,
       200, "$way: short enough");
}

is_refused($http->get('/corp/other', token => $token), 401, 'invalid_token',
           'another issuer there');

finish();

#!/usr/bin/perl
#
# Internal redirects wipe the module's context and run the phases again: each
# location's own policy holds, its own identity goes to the upstream, and none
# goes along to a place that is not protected.

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
    oauth_issuer strict { issuer %%AS%%; max_token_lifetime 10s; }
    oauth_issuer other { issuer %%OTHER%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp;
        oauth_resource https://app.test;
        oauth_header X-User sub;

        location / {
            root %%DIR%%/html;
            index page;
        }

        location /app {
            oauth_scope read;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /admin {
            oauth_scope admin;
            oauth_header X-User client_id;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /open {
            oauth off;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /strict {
            oauth strict;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /other {
            oauth other;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /token {
            oauth_pass_token on;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location @open {
            oauth off;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location @admin {
            oauth_scope admin;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location = /page { proxy_pass http://127.0.0.1:%%UP%%; }

        # one way into each kind of place

        location /try/ {
            location /try/app { try_files /none /app; }
            location /try/admin { try_files /none /admin; }
            location /try/open { try_files /none /open; }
            location /try/strict { try_files /none /strict; }
            location /try/other { try_files /none /other; }
            location /try/token { try_files /none /token; }
            location /try/named { try_files /none @open; }
            location /try/guarded { try_files /none @admin; }
        }

        location /from/ {
            oauth off;
            rewrite ^/from(/.*)$ $1 last;
        }

        location /accel {
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /error {
            error_page 404 /admin;
            return 404;
        }

        location /refused/named {
            oauth_scope admin;
            error_page 401 403 @open;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /refused/uri {
            oauth_scope admin;
            error_page 401 403 /open/page;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /refused/status {
            oauth_scope admin;
            error_page 401 403 =200 /open/page;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }
EOT
    UP => $upstream->port);

my $http = $nginx->http;
my $token = $issuer->token(scope => 'read', client_id => 'agent');
my $admin = $issuer->token(scope => 'read admin', client_id => 'agent');
my $response;


sub sent {
    my ($response, $name) = @_;

    return join ',', map { $_->[1] } grep { lc $_->[0] eq lc $name }
        @{ $response->json->{headers} || [] };
}


# index: a plain GET / runs the access phase twice

$nginx->write_file('html/page', "static\n");

is($http->get('/', token => $token)->status, 200, 'index, with a token');
is_refused($http->get('/'), 401, '', 'index, without one');

# the policy of where it ends up

for my $way ('/try', '/from') {

    $response = $http->get("$way/app", token => $token);
    is($response->status, 200, "$way/app");
    is(sent($response, 'X-User'), 'alice', "$way/app: identity");
    is(sent($response, 'Authorization'), '', "$way/app: no token");

    is_refused($http->get("$way/admin", token => $token), 403,
               'insufficient_scope', "$way/admin with too small a scope");

    $response = $http->get("$way/admin", token => $admin, 'X-User' => 'root');
    is($response->status, 200, "$way/admin");
    is(sent($response, 'X-User'), 'agent', "$way/admin: its own identity");

    is_refused($http->get("$way/strict", token => $token), 401,
               'invalid_token', "$way/strict: other rules, same issuer");
    is_refused($http->get("$way/other", token => $token), 401,
               'invalid_token', "$way/other: another issuer");

    $response = $http->get("$way/token", token => $token);
    is(sent($response, 'Authorization'), "Bearer $token",
       "$way/token: the token, where it is wanted");
    is(sent($response, 'X-User'), 'alice', "$way/token: once");

    is_refused($http->get("$way/app"), 401, '', "$way/app without a token");
}

is_refused($http->get('/try/strict', token => $issuer->token(
    exp => time + 5, iat => time)), 200, undef, 'good by both rules');

# no identity where nothing is protected

for my $path ('/try/open', '/try/named') {
    $response = $http->get($path, token => $token, 'X-User' => 'root');
    is($response->status, 200, $path);
    is(sent($response, 'X-User'), '', "$path: no identity goes along");
}

$response = $http->get('/from/open', 'X-User' => 'root');
is($response->status, 200, '/from/open without a token');
is(sent($response, 'X-User'), '', '/from/open: nobody');

# named locations are checked, too

is_refused($http->get('/try/guarded', token => $token), 403,
           'insufficient_scope', 'a protected named location');
is($http->get('/try/guarded', token => $admin)->status, 200,
   'and with the scope');

# X-Accel-Redirect

is_refused($http->get('/accel?field=X-Accel-Redirect:%20/admin',
                      token => $token),
           403, 'insufficient_scope', 'X-Accel-Redirect to a stricter place');

$response = $http->get('/accel?field=X-Accel-Redirect:%20/app',
                       token => $token);
is(sent($response, 'X-User'), 'alice', 'X-Accel-Redirect, identity');

$response = $http->get('/accel?field=X-Accel-Redirect:%20/open',
                       token => $token);
is(sent($response, 'X-User'), '', 'X-Accel-Redirect to an open place');

# error_page: for an error of the app, and for the refusal itself

is_refused($http->get('/error', token => $token), 403, 'insufficient_scope',
           'an error page that is protected');

for my $path ('/refused/named', '/refused/uri') {

    $response = $http->get($path);
    is_refused($response, 401, '', "$path keeps status and challenge");
    is($response->json->{from}, 'upstream', "$path has its own body");

    $response = $http->get($path, token => $token, 'X-User' => 'root');
    is_refused($response, 403, 'insufficient_scope', "$path, 403");
    is(sent($response, 'X-User'), '', "$path: no identity");
}

$response = $http->get('/refused/status');
is_refused($response, 200, undef, 'error_page that changes the status');

finish();

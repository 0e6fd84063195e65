#!/usr/bin/perl
#
# nginx itself redirects to a protected location whose name ends with a slash.
# A request that the location would refuse is refused before this redirect,
# whatever else the location has.  A preflight is answered.  If the location has
# an error page for the very refusal, nginx redirects as before.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Http2Client;

my $issuer = issuer();
my $upstream = upstream();

my $nginx = nginx(<<'EOT', AS => $issuer->url, UP => $upstream->port);
    oauth_issuer corp { issuer %%AS%%; }

    client_max_body_size 0;
    error_page 500 502 503 504 /50x.html;

    server {
        listen 127.0.0.1:%%PORT_main%%;
        listen 127.0.0.1:%%PORT_h2%% http2;
        server_name app.test;
        root %%DIR%%/html;

        oauth corp;
        oauth_resource https://app.test;
        set $who $oauth_sub;

        location /pages/ { proxy_pass http://127.0.0.1:%%UP%%; }

        location /limit/ {
            proxy_pass http://127.0.0.1:%%UP%%;
            limit_except GET { deny all; }
        }

        location /scope/ {
            oauth_scope write;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /no_cors/ {
            oauth_cors off;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /strict/ {
            oauth_strict_uri on;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /page401/ {
            error_page 401 /50x.html;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /page403/ {
            oauth_scope write;
            error_page 403 404 /50x.html;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /any/ {
            satisfy any;
            allow 127.0.0.1;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /tried { try_files /none /scope; }
        location /open/ { oauth off; proxy_pass http://127.0.0.1:%%UP%%; }
    }
EOT

my $http = $nginx->http;
my $reader = $issuer->token(scope => 'read');
my $writer = $issuer->token(scope => 'read write');
my @preflight = (Origin => 'https://page.test',
                 'Access-Control-Request-Method' => 'POST',
                 'Access-Control-Request-Headers' => 'content-type');
my $response;

# whatever else is in the location, and around it

for my $name (qw(pages limit scope no_cors strict page403)) {

    for my $method (qw(GET HEAD POST DELETE OPTIONS FOO)) {
        $response = $http->request($method, "/$name?x=y");
        is_refused($response, 401, '', "$method /$name: refused");
        is($response->header('Location'), undef, 'without a redirect');
    }

    is_refused($http->get("/$name", token => 'a.b.c'), 401, 'invalid_token',
               "/$name: a bad token");

    $response = $http->get("/$name", token => $writer);
    is($response->status, 301, "/$name: a good one is redirected");
    like($response->header('Location'), qr{/$name/\z}, 'to the slash');
}

is_refused($http->get('/scope', token => $reader), 403, 'insufficient_scope',
           'a scope is missing');
is_refused($http->get('/tried', token => $reader), 403, 'insufficient_scope',
           'a scope is missing where another location leads to');
is($http->get('/tried', token => $writer)->status, 301, 'it is not missing');

# other directives decide what happens to this refusal, so nginx redirects

is($http->get('/page401')->status, 301, 'an error page for 401: redirected');
is($http->get('/page403', token => $reader)->status, 301,
   'an error page for 403: redirected');
is($http->get('/any')->status, 301, 'satisfy any: redirected');
is($http->get('/open')->status, 301, 'an open location: redirected');

# a page of another origin sends a preflight first

for my $name (qw(pages limit scope page403)) {
    $response = $http->request('OPTIONS', "/$name", @preflight);
    is($response->status, 204, "/$name: a preflight");
    is($response->header('Access-Control-Allow-Origin'), '*', 'is answered');
    is($response->header('Access-Control-Allow-Headers'), 'content-type',
       'as it asked');
    is($response->header($_), undef, "without $_")
        for qw(Location Content-Length Content-Type WWW-Authenticate);
    is($response->body, '', 'and a body');
}

is_refused($http->request('OPTIONS', '/no_cors', @preflight), 401, '',
           'oauth_cors off: no preflight');
is($http->request('OPTIONS', '/any', @preflight)->status, 301,
   'satisfy any: no preflight');
is($http->request('OPTIONS', '/open', @preflight)->status, 301,
   'an open location: no preflight');

# the connection stays usable after a body that nobody read

my $connection = $http->connect;

$connection->send(
    "POST /pages HTTP/1.1\r\nHost: a\r\nContent-Length: 220000\r\n\r\n"
    . "GET /open HTTP/1.1\r\n\r\n" x 10000
    . "OPTIONS /pages HTTP/1.1\r\nHost: a\r\nOrigin: null\r\n"
    . "Access-Control-Request-Method: POST\r\n\r\n"
    . "GET /open/ HTTP/1.1\r\nHost: a\r\n\r\n");
is_deeply([ map { $connection->finish->status } 1 .. 3 ], [ 401, 204, 200 ],
          'pipelined, behind a body');
$connection->close;

# HTTP/2

my $h2 = OAuth::Test::Http2Client->new(port => $nginx->port('h2'));

is_refused($h2->request('POST', '/pages', body => 'x' x 40000), 401, '',
           'HTTP/2');
is($h2->request('OPTIONS', '/pages', map { lc } @preflight)->status, 204, 'HTTP/2: a preflight');
is($h2->get('/pages', token => $reader)->status, 301, 'HTTP/2: a good token');

finish();

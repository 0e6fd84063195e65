#!/usr/bin/perl
#
# Kinds of locations: nested and regex ones, "if", limit_except, alias, and
# nginx's redirect to a missing slash.  The location that nginx picks decides,
# whatever is inside it or around it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $issuer = issuer();
my $upstream = upstream();

my $nginx = nginx(<<'EOT', AS => $issuer->url, UP => $upstream->port,
    oauth_issuer corp { issuer %%AS%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        root %%DIR%%/html;

        oauth_resource https://app.test;
        oauth_header X-User sub;

        location / {
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        # nested locations inherit, and may have rules of their own

        location /nested/ {
            oauth corp;
            oauth_scope read;
            proxy_pass http://127.0.0.1:%%UP%%;

            location /nested/same/ {
                proxy_pass http://127.0.0.1:%%UP%%;

                location /nested/same/deep/ {
                    proxy_set_header X-Other 1;
                    proxy_pass http://127.0.0.1:%%UP%%;
                }
            }

            location /nested/write/ {
                oauth_scope write;
                proxy_pass http://127.0.0.1:%%UP%%;
            }

            location = /nested/exact {
                oauth_scope write;
                proxy_pass http://127.0.0.1:%%UP%%;
            }

            location ~ \.cgi$ {
                oauth_scope write;
                proxy_pass http://127.0.0.1:%%UP%%;
            }

            location /nested/free/ {
                oauth off;
                proxy_pass http://127.0.0.1:%%UP%%;
            }
        }

        # a regex wins over a prefix, and ^~ over a regex

        location ~ \.txt$ {
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /regex/ {
            oauth corp;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location ^~ /firm/ {
            oauth corp;
            oauth_scope read;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location ~* ^/any/(?<rest>[a-z]+)/$ {
            oauth corp;
            oauth_scope $rest;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        # to nginx, an "if" is a location without a name

        location /if/ {
            oauth corp;
            oauth_scope read;
            oauth_scope write method=POST;
            set $kind plain;

            if ($arg_proxy) {
                proxy_pass http://127.0.0.1:%%UP%%;
            }

            if ($arg_set) {
                set $kind "$oauth_sub";
            }

            if ($arg_scope) {
                set $kind scope;
                proxy_pass http://127.0.0.1:%%UP%%;
            }

            proxy_set_header X-Kind $kind;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        # to nginx, limit_except is a location for some of the methods

        location /limit/ {
            oauth corp;
            oauth_scope read;
            oauth_scope write method=DELETE;
            proxy_pass http://127.0.0.1:%%UP%%;

            location /limit/deny {
                proxy_pass http://127.0.0.1:%%UP%%;
                limit_except GET DELETE { deny all; }
            }

            location /limit/allow {
                proxy_pass http://127.0.0.1:%%UP%%;
                limit_except GET { allow all; }
            }

            location /limit/proxy {
                return 404;

                limit_except PUT {
                    proxy_pass http://127.0.0.1:%%UP%%;
                }
            }

            location /limit/basic {
                proxy_pass http://127.0.0.1:%%UP%%;
                satisfy any;
                limit_except GET { allow 127.0.0.2; deny all; }
            }
        }

        location /open_limit/ {
            proxy_pass http://127.0.0.1:%%UP%%;
            limit_except GET { deny all; }
        }

        # files

        location /files/ {
            oauth corp;
            autoindex on;
        }

        location /dav/ {
            oauth corp;
            dav_methods PUT DELETE MKCOL COPY MOVE;
        }

        location /aliased/ {
            oauth corp;
            alias %%DIR%%/html/files/;
        }

        location /inner/ {
            internal;
            oauth corp;
            alias %%DIR%%/html/files/;
        }

        location /gif { oauth corp; empty_gif; }
        location /stub { oauth corp; stub_status; }

        # nginx itself redirects to the name of a proxied location, adding the
        # slash

        location /slash/ {
            oauth corp;
            oauth_resource https://app.test/slash;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /slashed/ {
            oauth corp;
            oauth_resource https://app.test/slashed/;
            absolute_redirect off;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /slash_any/ {
            oauth corp;
            satisfy any;
            allow 127.0.0.1;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /slash_page/ {
            oauth corp;
            error_page 401 /open_limit/;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /slash_open/ { proxy_pass http://127.0.0.1:%%UP%%; }

        location /slash_scope/ {
            oauth corp;
            oauth_scope write;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        # other directives that act on a refusal

        location /delayed {
            oauth corp;
            oauth_scope read;
            auth_delay 50ms;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_asked%%;
        server_name asked.test;

        oauth corp;
        oauth_resource https://app.test;
        set $who $oauth_sub;

        location /slash/ { proxy_pass http://127.0.0.1:%%UP%%; }
    }

    server {
        listen 127.0.0.1:%%PORT_slashes%%;
        server_name slashes.test;
        merge_slashes off;
        oauth corp;
        oauth_resource https://app.test;

        location / { proxy_pass http://127.0.0.1:%%UP%%; }
        location /open/ { oauth off; proxy_pass http://127.0.0.1:%%UP%%; }
    }
EOT
    allow => qr/"oauth" directive is not allowed here/);

mkdir $nginx->dir . "/html/$_" for qw(files files/folder dav);
chmod 0777, $nginx->dir . "/html/$_" for qw(dav);
$nginx->write_file('html/files/page', 'a page');
$nginx->write_file('html/dav/page', 'a page');

my $http = $nginx->http;
my $reader = $issuer->token(scope => 'read');
my $writer = $issuer->token(scope => 'read write');
my $response;


# A request with this token is refused, and the app does not get it.

sub refused {
    my ($method, $path, $token, @expected) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $before = $upstream->count;

    is_refused($http->request($method, $path, 'X-User' => 'mallory',
                              $token ? (token => $token) : ()),
               @expected, "$method $path: refused");

    return is($upstream->count, $before, 'and not delivered');
}


sub delivered {
    my ($method, $path, $token) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $got = $http->request($method, $path, 'X-User' => 'mallory',
                             token => $token);

    is($got->status, 200, "$method $path: let in");
    is_deeply([ $got->echoed('X-User') ], [ 'alice' ], 'with the identity');

    return $got;
}


sub open_to_all {
    my ($path) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $got = $http->get($path, 'X-User' => 'mallory');

    is($got->status, 200, "$path: open");

    return is_deeply([ $got->echoed('X-User') ], [], 'without an identity');
}


# nested locations

for my $path (map { "/nested/$_" } qw(x same/x same/deep/x)) {
    refused('GET', $path, undef, 401, '');
    refused('GET', $path, $issuer->token(scope => 'x'), 403,
            'insufficient_scope');
    delivered('GET', $path, $reader);
}

for my $path (map { "/nested/$_" } qw(write/x exact x.cgi same/x.cgi)) {
    refused('GET', $path, undef, 401, '');
    refused('GET', $path, $reader, 403, 'insufficient_scope');
    delivered('GET', $path, $issuer->token(scope => 'write'));
}

open_to_all('/nested/free/x');

# regex locations

refused('GET', '/regex/x', undef, 401, '');
open_to_all('/regex/x.txt');
refused('GET', '/firm/x.txt', undef, 401, '');
delivered('GET', '/firm/x.txt', $reader);
refused('GET', '/any/read/', undef, 401, '');
refused('GET', '/ANY/write/', $reader, 403, 'insufficient_scope');
delivered('GET', '/ANY/read/', $reader);

# "if"

for my $query ('', '?proxy=1', '?set=1', '?scope=1', '?proxy=1&set=1&scope=1')
{
    refused('GET', "/if/$query", undef, 401, '');
    refused('GET', "/if/$query", $issuer->token(scope => 'x'), 403,
            'insufficient_scope');
    refused('POST', "/if/$query", $reader, 403, 'insufficient_scope');
    delivered('GET', "/if/$query", $reader);
    delivered('POST', "/if/$query", $writer);
}

is_deeply([ $http->get('/if/?set=1', token => $reader)->echoed('X-Kind') ],
          [ 'alice' ], 'a variable that is set there');

# limit_except

for my $method (qw(GET HEAD POST PUT DELETE OPTIONS PROPFIND FOO)) {
    refused($method, "/limit/$_", undef, 401, '') for qw(deny allow basic);
}

delivered('GET', '/limit/deny', $reader);
refused('DELETE', '/limit/deny', $reader, 403, 'insufficient_scope');
delivered('DELETE', '/limit/deny', $writer);

for my $method (qw(POST PUT FOO)) {
    is_refused($http->request($method, '/limit/deny', token => $writer), 403,
               undef, "$method: denied by limit_except itself");
    delivered($method, '/limit/allow', $reader);
    refused($method, '/limit/allow', $issuer->token(scope => 'x'), 403,
            'insufficient_scope');
    delivered($method, '/limit/basic', $reader);
}

refused('DELETE', '/limit/allow', $reader, 403, 'insufficient_scope');
refused('GET', '/limit/proxy', undef, 401, '');
delivered('GET', '/limit/proxy', $reader);
is_refused($http->request('PUT', '/limit/proxy'), 404, undef,
           'what is around a limit_except is for its methods');

is($http->get('/open_limit/')->status, 200, 'limit_except where it is open');
is_refused($http->request('POST', '/open_limit/'), 403, undef,
           'which the module leaves alone');

# files

for my $path (qw(files/ files/page files/folder files/none aliased/page
                 aliased/ aliased/../files/page gif stub))
{
    is_refused($http->get("/$path"), 401, '', "/$path: no token");
}

is($http->get('/files/page', token => $reader)->body, 'a page', 'a file');
is($http->get('/aliased/page', token => $reader)->body, 'a page', 'an alias');
like($http->get('/files/', token => $reader)->body, qr/page/, 'an index');
is($http->get('/files/folder', token => $reader)->status, 301,
   'a folder without a slash is a redirect, with a token only');
is($http->get('/inner/page', token => $reader)->status, 404,
   'an internal one is nowhere');
is($http->request('POST', '/files/page', token => $reader)->status, 405,
   'a method that files do not have, with a token only');
is_refused($http->request('POST', '/files/page'), 401, '', 'not without');

for my $method (qw(PUT DELETE MKCOL COPY MOVE)) {
    is_refused($http->request($method, '/dav/page', body => 'changed',
                              Destination => '/files/copy'), 401, '',
               "$method of a file: no token");
}

is($nginx->read_file('html/dav/page'), 'a page', 'it is as it was');

# a missing slash

my $metadata = '/.well-known/oauth-protected-resource';

for my $name (qw(slash slashed)) {
    $response = $http->get("/$name", token => $issuer->token(
        aud => "https://app.test/$name" . ($name eq 'slash' ? '' : '/')));
    is($response->status, 301, "/$name: nginx itself redirects a good token");
    like($response->header('Location'), qr{/$name/\z}, 'to the slash');

    for my $method (qw(GET HEAD POST DELETE OPTIONS FOO)) {
        $response = $http->request($method, "/$name?x=y");
        is_refused($response, 401, '', "$method /$name: refused before that");
        is($response->header('Location'), undef, 'no redirect');
        is($response->header('Content-Type'), 'application/problem+json',
           'our document');
        is($response->json->{status}, 401, 'all of it')
            unless $method eq 'HEAD';
    }

    is_refused($http->get("/$name", token => 'a.b.c'), 401, 'invalid_token',
               "/$name: a bad token");
    refused('GET', "/$name/", undef, 401, '');

    my ($path) = $http->get("/$name/")->challenge->{fields}{resource_metadata}
        =~ m{\Ahttps://app\.test(/.*)\z};

    is($http->get($path)->status, 200, 'metadata is never redirected');
    like($http->get($path)->json->{resource}, qr{/$name/?\z}, 'and is its own');
}

is($http->get("$metadata/slash/")->status, 200, 'an extra slash');
is($http->get("$metadata/slashed")->json->{from}, 'upstream',
   'a missing one: another resource, which the open location answers for');
is($http->get('/slashed', token => $issuer->token(
    aud => 'https://app.test/slashed/'))->header('Location'), '/slashed/',
   'absolute_redirect off');
is($http->get('/slash_any')->status, 301, 'others may let it in: redirected');
is($http->get('/slash_page')->status, 301, 'an error page: redirected');
is($http->get('/slash_open')->status, 301, 'an open one: redirected');
is_refused($http->get('/slash_scope', token => $reader), 403,
           'insufficient_scope', 'a scope is missing');

# auth_delay

is_refused($http->get('/delayed'), 401, '', 'auth_delay');
is($http->get('/delayed')->json->{status}, 401, 'with our document');
is_refused($http->get('/delayed', token => $issuer->token(scope => 'x')),
           403, 'insufficient_scope', 'which 403 does not know');
delivered('GET', '/delayed', $reader);

# a variable of the module is read before nginx has found the location

is_refused($nginx->http('asked')->get('/slash'), 401, '',
           'asked before: refused instead of redirected');
is($nginx->http('asked')->get('/slash', token => $reader)->status, 301,
   'asked before: redirected with a token');

# merge_slashes off

my $slashes = $nginx->http('slashes');

for my $path ('/x', '//x', '//open/', '/x//open/', '/open/../x', '///') {
    is_refused($slashes->get($path), 401, '', "$path: refused");
    is($slashes->get($path, token => $reader)->status, 200, "$path: let in");
}

is($slashes->get('/open//x')->status, 200, '/open//x: open');

# contexts in which the directive is not allowed

my ($good, $said) = $nginx->test_conf(<<'CONF');
    oauth_issuer corp { issuer %%AS%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        location / {
            if ($arg_x) { oauth corp; }
        }
    }
CONF

ok(!$good, 'no "oauth" inside of if');
like($said, qr/"oauth" directive is not allowed here/, 'which is said');

finish();

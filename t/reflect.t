#!/usr/bin/perl
#
# oauth_resource with "reflect".  The challenge for a URL below the resource
# names a document, and this document names exactly that URL.  Issuers and
# scopes are those of the location that nginx itself would pick.  No other URL
# has such a document.  RFC 9728 section 3.3.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $issuer = issuer();
my $second = issuer();
my $upstream = upstream();

my $nginx = nginx(<<'EOT', AS => $issuer->url, SECOND => $second->url,
    oauth_issuer corp { issuer %%AS%%; }
    oauth_issuer partner { issuer %%SECOND%%; algorithms ES256; }

    map $http_x_tool $tool { default none; some tools:some; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        root %%DIR%%/html;

        oauth corp;
        oauth_resource https://app.test reflect;
        oauth_scope top;
        oauth_metadata resource_name Wiki;

        rewrite ^/server/old$ /prefix/new;

        location /prefix {
            oauth_scope prefix;
            proxy_pass http://127.0.0.1:%%UP%%;

            location /prefix/nested { oauth_scope prefix:nested; }
            location = /prefix/exact { oauth_scope prefix:exact; }

            location ~ \.nested$ {
                oauth_scope prefix:regex;
                location ~ ^/prefix/deep { oauth_scope prefix:deep; }
            }
        }

        location /prefix/longer { oauth_scope longer; }
        location /prefixlonger { oauth_scope prefixlonger; }
        location = /exact { oauth_scope exact; }
        location /exact/ { oauth_scope exact:below; }
        location ^~ /firm/ { oauth_scope firm; }
        location ~ \.(?<kind>txt|md)$ { oauth_scope regex; }
        location ~* ^/any/[a-z]+/$ { oauth_scope any; }
        location ~ ^/nest { oauth_scope nest;
            location ~ inner/ { oauth_scope nest:inner; }
            location ~ inner\.x$ { oauth_scope nest:regex; }
        }
        location "/with space/" { oauth_scope space; }
        location /umlaut/ { oauth_scope umlaut;
            location /umlaut/ä { oauth_scope umlaut:ae; }
        }

        location /denied { oauth_scope denied; deny all; }
        location /basic { oauth_scope basic; satisfy all; auth_basic x;
                          auth_basic_user_file %%DIR%%/users; }
        location /returns { oauth_scope returns; return 302 /elsewhere; }
        location /if { oauth_scope if; if ($arg_x) { set $y 1; } }
        location /limit { oauth_scope limit; limit_except GET { deny all; } }
        location /slashed/ {
            oauth_scope slashed;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /methods {
            oauth_scope get method=GET;
            oauth_scope post|put method=POST,PUT;
            oauth_scope_advertise more;
        }
        location /tools { oauth_scope $tool; }
        location /both { oauth corp partner; oauth_scope both; }

        # URLs that do not belong to this resource

        location /open { oauth off; proxy_pass http://127.0.0.1:%%UP%%; }
        location /inner { internal; oauth_scope inner; }

        location /docs {
            oauth_resource https://app.test/docs;
            oauth_scope docs;
            location /docs/elsewhere {
                oauth_resource https://app.test reflect;
                oauth_scope elsewhere;
            }
        }

        location /foreign {
            oauth_resource https://foreign.test/foreign reflect;
            oauth_scope foreign;
        }

        location /taken {
            location /taken/by {
                oauth_resource https://other.test/taken/by/other;
                oauth_scope other;
            }
            location /taken/by/other { oauth_scope taken; }
        }

        # paths that nginx takes to another location

        location /rewritten { oauth off; rewrite ^ /prefix/new last; }
        location /moved { oauth_scope moved; rewrite ^ /prefix/new last; }
        location /tried { oauth off; try_files /none @tried; }
        location @tried {
            oauth_scope tried;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
        location /paged { oauth_scope paged; error_page 401 /open/page; }

        location /app {
            oauth_scope app;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }

    # a resource with a path, at a port that clients do not see

    server {
        listen 127.0.0.1:%%PORT_path%%;
        server_name path.test;

        oauth corp;

        location / {
            oauth_resource https://path.test:8443/app reflect;
            oauth_scope root;
        }

        location /app/deep { 
            oauth_resource https://path.test:8443/app reflect;
            oauth_scope deep;
        }

        location /app/slash/ {
            oauth_resource https://path.test:8443/app/slash/ reflect;
            oauth_scope slash;
        }
    }

    # without reflect

    server {
        listen 127.0.0.1:%%PORT_plain%%;
        server_name plain.test;
        oauth corp;
        oauth_resource https://plain.test;
    }

    server {
        listen 127.0.0.1:%%PORT_raw%%;
        server_name raw.test;
        merge_slashes off;
        oauth corp;
        oauth_resource https://raw.test reflect;
    }
EOT
    UP => $upstream->port);

$nginx->write_file('users', "someone:{PLAIN}else\n");

my $host = 'https://app.test';
my $known = '/.well-known/oauth-protected-resource';
my $http = $nginx->http;


sub metadata_of {
    my ($response) = @_;

    return $response->challenge->{fields}{resource_metadata} // 'none';
}


# The challenge for this path names a document, the document names the URL, and
# both name the scopes of the location.

sub reflects {
    my ($path, $scope, %options) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $from = $options{from} // $http;
    my $origin = $options{origin} // $host;
    my $response = $from->get("$path?a=b");

    is(metadata_of($response), "$origin$known$path",
       "$path: the challenge names its document");
    is($response->challenge->{fields}{scope} // '', $scope, "$path: scopes");

    return document($path, $scope, %options);
}


sub document {
    my ($path, $scope, %options) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $response = ($options{from} // $http)->get("$known$path");
    my $document = $response->json;

    is($response->status, 200, "$path: its document");
    is($document->{resource}, ($options{origin} // $host) . $path,
       "$path: which names it");
    is(join(' ', @{ $document->{scopes_supported} || [] }), $scope,
       "$path: and the scopes of its location");

    return $document;
}


# The challenge names the document of the whole resource, and the path has none.

sub falls_back {
    my ($path, $status, %options) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $from = $options{from} // $http;
    my $metadata = $options{metadata} // "$host$known";

    is(metadata_of($from->get($path)), $metadata,
       "$path: the challenge names the document of the resource");

    return is($from->get($known . $path)->status, $status,
              "$path: its own is not there");
}


# the resource itself

my $whole = $http->get($known)->json;

is($whole->{resource}, $host, 'the document of the resource');
ok((grep { $_ eq 'prefix:deep' } @{ $whole->{scopes_supported} }),
   'with the scopes of all of it');
is(metadata_of($http->get('/')), "$host$known", '/ is the resource itself');
is($http->get("$known/")->json->{resource}, $host, 'with an extra slash');

# nginx's own search picks the location, as the challenge shows

reflects(@$_) for (
    [ '/x', 'top' ],
    [ '/x/', 'top' ],
    [ '/prefix', 'prefix' ],
    [ '/prefix/', 'prefix' ],
    [ '/prefi', 'top' ],
    [ '/prefixes', 'prefix' ],
    [ '/prefix/x', 'prefix' ],
    [ '/prefix/nested', 'prefix:nested' ],
    [ '/prefix/nested/x', 'prefix:nested' ],
    [ '/prefix/exact', 'prefix:exact' ],
    [ '/prefix/exact/x', 'prefix' ],
    [ '/prefix/x.nested', 'prefix:regex' ],
    [ '/prefix/nested/x.nested', 'prefix:regex' ],
    [ '/prefix/deep.nested', 'prefix:deep' ],
    [ '/x.nested', 'top' ],
    [ '/prefix/longer', 'longer' ],
    [ '/prefix/longer/x.nested', 'longer' ],
    [ '/prefixlonger/x', 'prefixlonger' ],
    [ '/exact', 'exact' ],
    [ '/exact/', 'exact:below' ],
    [ '/exact/x', 'exact:below' ],
    [ '/exactly', 'top' ],
    [ '/firm/x.txt', 'firm' ],
    [ '/x.txt', 'regex' ],
    [ '/prefix/x.md', 'regex' ],
    [ '/exact/x.txt', 'regex' ],
    [ '/any/abc/', 'any' ],
    [ '/ANY/abc/', 'any' ],
    [ '/any/abc', 'top' ],
    [ '/nest', 'nest' ],
    [ '/nest/inner/x', 'nest:inner' ],
    [ '/nest/inner.x', 'nest:regex' ],
    [ '/nest/inner/inner.x', 'nest:inner' ],
    [ '/with%20space/x', 'space' ],
    [ '/umlaut/%C3%A4', 'umlaut:ae' ],
    [ '/umlaut/%c3%a4x', 'umlaut:ae' ],
    [ '/umlaut/%C3', 'umlaut' ],
    [ '/denied', 'denied' ],
    [ '/if', 'if' ],
    [ '/limit/x', 'limit' ],
    [ "/a-b._~!\$&'()*+;:\@c", 'top' ],
    [ '/%22%3C%5C%7F', 'top' ],
    [ '/%0d%0aX-Evil:%20yes', 'top' ],
    [ '/%25', 'top' ],
    [ '/' . 'a' x 2047, 'top' ],
);

for my $path ('/returns/x', '/basic/x') {
    document($path, substr $path, 1, -2);
}

is($http->get('/returns/x')->status, 302, 'where a location answers itself');

# with a good token nginx redirects to the slash

reflects('/slashed', 'slashed');
is($http->get('/slashed', token => $issuer->token(scope => 'slashed'))
   ->status, 301, '/slashed: redirected');
reflects('/slashed/', 'slashed');
reflects('/slashed/x', 'slashed');

# all settings of the location are in the document

my $document = document('/methods', 'more get post put');

is($http->get('/methods')->challenge->{fields}{scope}, 'more get',
   'the challenge: of the method');
is($http->request('PUT', '/methods')->challenge->{fields}{scope}, 'more post',
   'another method');
is(metadata_of($http->request('PUT', '/methods')), "$host$known/methods",
   'which has the same document');
is_deeply($document->{authorization_servers}, [ $issuer->url ], 'issuer');
is($document->{resource_name}, 'Wiki', 'further members');
is_deeply($document->{bearer_methods_supported}, [ 'header' ], 'methods');

$document = reflects('/both/x', 'both');
is_deeply($document->{authorization_servers}, [ $issuer->url, $second->url ],
          'issuers of the location');

document('/tools/x', '');

my $response = $http->get('/tools/x', 'X-Tool' => 'some');
is($response->challenge->{fields}{scope}, 'tools:some', 'scopes by request');
is(metadata_of($response), "$host$known/tools/x", 'with a document');

# every part of the answer names the URL

my $problem = $http->get('/prefix/x?q=1')->json;

is($problem->{resource}, "$host/prefix/x", 'resource');
is($problem->{resource_metadata}, "$host$known/prefix/x", 'metadata');
like(join("\n", @{ $problem->{how_to_authenticate} }),
     qr{resource=\Q$host\E/prefix/x\b}, 'steps');

# the document itself

$response = $http->get("$known/prefix/x?resource=evil");
is($response->header('Content-Type'), 'application/json', 'type');
is($response->header('Cache-Control'), 'public, max-age=300', 'lifetime');
is($response->header('Content-Length'), length $response->body, 'length');
is($response->json->{resource}, "$host/prefix/x", 'the query is ignored');
is($http->request('HEAD', "$known/prefix/x")->header('Content-Length'),
   length $http->get("$known/prefix/x")->body, 'HEAD');
is($http->request('POST', "$known/prefix/x", body => 'x')->status, 405,
   'POST');
is($http->request('POST', "$known/open/x", body => 'x')->status, 404,
   'POST to what is not there');
is($http->request('OPTIONS', "$known/prefix/x", Origin => 'https://a.test',
                  'Access-Control-Request-Method' => 'GET')->status, 204,
   'preflight');
is($http->get("$known/prefix/x", Authorization => 'Bearer x')->status, 200,
   'a token is not looked at');

# of the request, only the path changes the document

my $body = $http->get("$known/prefix/x")->body;

for my $fields ([ Host => 'evil.test' ], [ Host => 'app.test:1' ],
                [ 'X-Forwarded-Host' => 'evil.test' ],
                [ 'X-Forwarded-Proto' => 'http' ],
                [ Forwarded => 'host=evil.test;proto=http' ],
                [ 'X-Original-URL' => '/docs' ])
{
    is($http->get("$known/prefix/x", @$fields)->body, $body,
       "$fields->[0]: the same document");
    is(metadata_of($http->get('/prefix/x', @$fields)),
       "$host$known/prefix/x", "$fields->[0]: the same challenge");
}

for my $target ("http://evil.test$known/prefix/x",
                "http://evil.test:1$known/prefix/x?y")
{
    is($http->raw("GET $target HTTP/1.1\r\nHost: evil.test\r\n"
                  . "Connection: close\r\n\r\n")->body, $body, $target);
}

is(metadata_of($http->raw("GET http://evil.test/prefix/x HTTP/1.1\r\n"
                          . "Host: evil.test\r\nConnection: close\r\n\r\n")),
   "$host$known/prefix/x", 'a challenge to the absolute form');

# paths that are not clean: a URL has only one spelling

falls_back($_, 404) for ('/a/../x', '/./x', '/a/%2e%2e/x', '/%2e/x', '//x',
                         '/a//b', '/%41', '/a%2fb', '/a%2Fb', '/a%3Bb',
                         '/%7Ex', '/x"y', '/x<y', '/x\\y', "/x\xe4y", '/x|y',
                         '/x^y`z', '/x{y}', '/a#b', '/' . 'a' x 2048);
falls_back($_, 200) for '/a/..', '/a/%2E.', '/.';

for my $target ("/x/..$known/prefix/x", "/%2ewell-known/" . substr($known, 13)
                . '/prefix/x', "$known/prefix/../prefix/x", "/$known/prefix/x",
                "$known//prefix/x", "$known/prefix%2Fx")
{
    is($http->get($target)->status, 404, "$target: no document");
}

# the URL of a metadata document has no document of its own

is($http->get($known . $_)->status, 404, "$_: no document of a document")
    for $known, "$known/", "$known/x", "$known/open/x";
reflects($_, 'top') for "${known}s", '/.well-known/other';

my $raw = $nginx->http('raw');

reflects('/x', '', from => $raw, origin => 'https://raw.test');
falls_back($_, 404, from => $raw, metadata => "https://raw.test$known")
    for '//x', '/a//b';

is($http->get('/x%00y')->status, 400, 'NUL is nginx\'s own matter');

for my $bytes ('x' x 3000, '%22' x 1000, '%0d%0a' x 300) {
    $response = $http->get("/$bytes");
    is($response->status, 401, 'long or odd: refused as ever');
    is($response->challenge->{lines}, 1, 'one challenge');
    unlike($response->head, qr/^x|evil/im, 'no other header');
    is(ref $response->json->{how_to_authenticate}, 'ARRAY', 'a document');
}

# a link cannot add a parameter to the challenge, even for a naive parser

for my $words ('scope=all', ',scope="all', 'x,error="insufficient_scope',
               'error=invalid_token', 'realm=x,resource_metadata=https:',
               'a,b')
{
    $response = $http->get("/prefix/$words");

    my $text = $response->challenge->{text};

    is(metadata_of($response), "$host$known", "$words: not reflected");
    is(join(' ', $text =~ /\b(\w+)=/g), 'resource_metadata scope',
       'two parameters, whoever counts');
    is($http->get("$known/prefix/$words")->status, 404, 'no document');
}

# URLs that no resource with reflect contains

is($http->get("$known$_")->status, 404, "$_: no document")
    for '/open', '/open/x', '/inner', '/inner/x', '/docs/x', '/docs/elsewhere',
        '/foreign/../foreignx', '/rewritten', '/tried/x', '/foreignx';

is(metadata_of($http->get('/docs/x')), "$host$known/docs",
   'a more specific resource, without reflect');
falls_back('/docs/elsewhere/x', 404);
is($http->get("$known/docs/")->json->{resource}, "$host/docs",
   'which keeps its extra slash');

reflects('/foreign/x', 'foreign', origin => 'https://foreign.test');
is(metadata_of($http->get('/foreign')),
   "https://foreign.test$known/foreign", 'another origin');
is(metadata_of($http->get('/foreignx')),
   "https://foreign.test$known/foreign", 'what is not below it');

is($http->get("$known/taken/by/other")->json->{resource},
   'https://other.test/taken/by/other', 'a path that has a document');
is(metadata_of($http->get('/taken/by/other')), "$host$known",
   'is not challenged with another\'s');
reflects('/taken/by/other/x', 'taken');

# nginx takes these paths elsewhere: the challenge names a document that exists

falls_back($_, 404) for '/rewritten', '/tried/x';

$response = $http->get('/moved');
is(metadata_of($response), "$host$known/moved", 'rewritten within it');
is($response->challenge->{fields}{scope}, 'prefix', 'scopes of the request');
is($http->get("$known/moved")->json->{resource}, "$host/moved", 'its document');
is(metadata_of($http->get('/server/old')), "$host$known/server/old",
   'rewritten by the server');

$response = $http->get('/paged/x');
is($response->status, 401, 'an error page');
is(metadata_of($response), "$host$known/paged/x", 'keeps the challenge');
is(metadata_of($http->get('/if?x=1')), "$host$known/if", 'inside of an if');
is(metadata_of($http->request('POST', '/limit/x')), "$host$known/limit/x",
   'inside of limit_except');

# tokens

for ([ "$host/app", 200 ], [ "$host/app/x", 200 ], [ $host, 200 ],
     [ "$host/docs/x", 401 ], [ "$host/app?x", 401 ], [ "$host/a/../app", 401 ],
     [ 'https://evil.test/app', 401 ])
{
    my ($aud, $status) = @$_;

    is($http->get('/app/x', token => $issuer->token(
                      aud => $aud, scope => 'app'))->status, $status,
       "aud $aud");
}

$response = $http->get('/app/x', token => $issuer->token(
    aud => "$host/app/x", scope => 'read'));
is_refused($response, 403, 'insufficient_scope', 'a scope is missing');
is(metadata_of($response), "$host$known/app/x", 'with the document of the URL');

$response = $http->get('/app/x', token => $issuer->token(exp => time - 999));
is_refused($response, 401, 'invalid_token', 'a bad token');
is(metadata_of($response), "$host$known/app/x", 'with the document, too');

# a resource with a path

my $path = $nginx->http('path', host => 'path.test');
my %path = (from => $path, origin => 'https://path.test:8443');

is(metadata_of($path->get('/app')), "$path{origin}$known/app", 'itself');
is($path->get("$known/app")->json->{resource}, "$path{origin}/app",
   'its document');
reflects('/app/x', 'root', %path);
reflects('/app/', 'root', %path);
reflects('/app/deep/x', 'deep', %path);
reflects('/app/slash/x', 'slash', %path);
is($path->get("$known/app/slash/")->json->{resource},
   "$path{origin}/app/slash/", 'a resource with a slash');
falls_back($_, 404, from => $path, metadata => "$path{origin}$known/app")
    for '/', '/x', '/apple', '/App/x';

# without the word "reflect"

my $plain = $nginx->http('plain', host => 'plain.test');

is(metadata_of($plain->get('/x')), "https://plain.test$known", 'no reflect');
is($plain->get("$known/x")->status, 404, 'no document');

finish();

#!/usr/bin/perl
#
# The protected resource metadata of RFC 9728 section 3: where the document is,
# what it says, and that no other part of a configuration hides it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $issuer = issuer();
my $second = issuer();
my $third = issuer();
my $upstream = upstream();

my $nginx = nginx(<<'EOT', AS => $issuer->url, SECOND => $second->url,
    oauth_issuer corp { issuer %%AS%%; }
    oauth_issuer partner { issuer %%SECOND%%; algorithms ES256; }
    oauth_issuer fronted {
        issuer               %%AS%%;
        authorization_server https://app.test/idp;
    }
    oauth_issuer fronted_too {
        issuer               %%THIRD%%;
        authorization_server https://app.test/idp;
    }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth_scope read;
        oauth_metadata resource_name "Wiki";
        oauth_metadata resource_name#de "Das Wiki";
        oauth_metadata resource_documentation https://app.test/help;

        # the resource that a server has by default: its origin

        location / {
            oauth corp;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /docs {
            oauth corp partner;
            oauth_resource https://app.test/docs;
            oauth_scope docs:read;
            oauth_scope docs:write docs:admin|docs:root method=POST;
            oauth_metadata off;
        }

        location /docs/deep {
            oauth corp partner;
            oauth_resource https://app.test/docs;
            oauth_scope docs:deep;
            oauth_metadata off;
        }

        location /slash/ {
            oauth corp;
            oauth_resource https://app.test/slash/;
            oauth_scope none;
            oauth_metadata off;
        }

        location /more {
            oauth corp;
            oauth_resource https://app.test/more;
            oauth_scope_advertise more:read more:all;
            oauth_metadata resource_signing_alg_values_supported ES256 RS256;
        }

        location /fronted {
            oauth fronted partner fronted_too;
            oauth_resource https://app.test/fronted;
            oauth_scope read;
            oauth_metadata off;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /denied {
            deny all;
            oauth corp;
            oauth_resource https://app.test/denied;
            oauth_metadata off;
        }

        location = /moved {
            oauth corp;
            oauth_resource https://app.test/moved;
            oauth_metadata off;
            return 301 https://app.test/elsewhere;
        }

        location ~ ^/regex/\d+$ {
            oauth corp;
            oauth_resource https://app.test/regex;
            oauth_metadata off;
        }

        location ~ /\. {
            deny all;
        }

        location ^~ /.well-known/ {
            return 301 https://app.test/well-known;
        }
    }

    # a server whose own rules would hide it, some of them in the rewrite phase

    server {
        listen 127.0.0.1:%%PORT_strict%%;
        server_name strict.test;

        deny all;
        auth_basic "closed";
        auth_basic_user_file %%DIR%%/users;

        oauth corp;
        oauth_resource https://strict.test;

        location / {
            return 301 https://elsewhere.test$request_uri;
        }
    }

    # a server that redirects everything, on its own level

    server {
        listen 127.0.0.1:%%PORT_moved%%;
        server_name moved.test;

        oauth corp;
        oauth_resource https://moved.test;
        rewrite ^ https://elsewhere.test$request_uri permanent;
        if ($request_uri) { return 302 https://elsewhere.test; }
        return 301 https://elsewhere.test$request_uri;
    }

    # without any resource the path is an ordinary path

    server {
        listen 127.0.0.1:%%PORT_other%%;
        location / { return 200 "ordinary\n"; }
    }
EOT
    THIRD => $third->url, UP => $upstream->port);

$nginx->write_file('users', "someone:{PLAIN}else\n");

my $http = $nginx->http;
my $path = '/.well-known/oauth-protected-resource';
my $origin = 'http://app.test:' . $nginx->port('main');
my $response = $http->get($path);

# the document of the default resource

is($response->status, 200, 'the document');
is($response->header('Content-Type'), 'application/json', 'its type');
is($response->header('Cache-Control'), 'public, max-age=300', 'its lifetime');
is($response->header('Access-Control-Allow-Origin'), '*', 'CORS');
is($response->header('Content-Length'), length $response->body, 'its length');

my $document = $response->json;

is($document->{resource}, $origin, 'resource: scheme, name and port');
is_deeply($document->{authorization_servers}, [ $issuer->url ],
          'authorization servers, byte for byte');
is_deeply($document->{scopes_supported}, [ 'read' ], 'scopes');
is_deeply($document->{bearer_methods_supported}, [ 'header' ],
          'bearer methods');
is($document->{resource_name}, 'Wiki', 'a further member');
is($document->{'resource_name#de'}, 'Das Wiki', 'one with a language');
is($document->{resource_documentation}, 'https://app.test/help',
   'one that is a URL');

my %empty = map { $_ => 1 } grep {
    my $value = $document->{$_};
    !defined $value || $value eq '' || (ref $value eq 'ARRAY' && !@$value)
} keys %$document;

is_deeply(\%empty, {}, 'no empty member');

my $challenge = $http->get('/')->challenge->{fields}{resource_metadata};
is($challenge, "$origin$path", 'the challenge names it');

# other resources

$document = $http->get("$path/docs")->json;
is($document->{resource}, 'https://app.test/docs', 'a resource with a path');
is_deeply($document->{authorization_servers}, [ $issuer->url, $second->url ],
          'two authorization servers');
is_deeply([ sort @{ $document->{scopes_supported} } ],
          [ qw(docs:admin docs:deep docs:read docs:root docs:write) ],
          'the scopes of all its locations');
ok(!exists $document->{resource_name}, 'oauth_metadata off');
ok(!exists $document->{resource_signing_alg_values_supported},
   'nothing about signed answers, which the module does not make');

$document = $http->get("$path/slash/")->json;
is($document->{resource}, 'https://app.test/slash/', 'a slash at the end');
ok(!exists $document->{scopes_supported}, 'scope none: no empty list');
is($http->get("$path/slash")->status, 404, 'without the slash: another one');

$document = $http->get("$path/more")->json;
is_deeply([ sort @{ $document->{scopes_supported} } ],
          [ qw(more:all more:read read) ], 'scopes that are advertised');
is_deeply($document->{resource_signing_alg_values_supported},
          [ qw(ES256 RS256) ], 'an app that signs its answers');

# clients are sent to the server in front of an issuer, and tokens are still the
# issuer's

$document = $http->get("$path/fronted")->json;
is_deeply($document->{authorization_servers},
          [ 'https://app.test/idp', $second->url ],
          'the server in front, once, and the one without');

my $steps = join "\n", @{ $http->get('/fronted')->json->{how_to_authenticate} };
my %claims = (aud => 'https://app.test/fronted', scope => 'read');

like($steps, qr{https://app\.test/idp\b}, 'the steps name the server in front');
unlike($steps, qr/\Q@{[ $issuer->url ]}\E/, 'and not the issuer');
is($http->get('/fronted', token => $issuer->token(%claims))->status, 200,
   'a token of the issuer');
is($http->get('/fronted', token => $issuer->token(%claims,
       iss => 'https://app.test/idp'))->status, 401,
   'none of the server in front');

for my $name (qw(denied moved regex)) {
    $response = $http->get("$path/$name");
    is($response->status, 200, "$name: reachable");
    is($response->json->{resource}, "https://app.test/$name",
       "$name: resource");
}

is($http->get('/denied', token => $issuer->token(
                  aud => 'https://app.test/denied'))->status, 403,
   'where the location is denied');
is($http->get('/moved')->status, 301, 'where it redirects');

# the path

is($http->get("$path/")->json->{resource}, $origin,
   'one extra slash is tolerated');
is($http->get("$path/docs/")->json->{resource}, 'https://app.test/docs',
   'behind a path, too');
is($http->get("$path/docs//")->status, 200, 'slashes are merged by nginx');
is($http->get("$path/unknown")->status, 404, 'unknown');
is($http->get("$path/docs/unknown")->status, 404, 'below a known one');
is($http->get("$path/doc")->status, 404, 'a prefix of a known one');
is($http->get("${path}s")->status, 301, 'another name is none of ours');
is($http->get("$path/%64ocs")->json->{resource}, 'https://app.test/docs',
   'escaped');
is($http->get("$path?resource=x&y")->body, $http->get($path)->body,
   'a query is ignored');

# methods

my $get = $http->get($path);
$response = $http->request('HEAD', $path);
is($response->status, 200, 'HEAD');
is_deeply([ $response->headers('Content-Length') ],
          [ $get->headers('Content-Length') ], 'HEAD: the length of GET');
is($response->header('Content-Type'), 'application/json', 'HEAD: the type');

for ([ 'If-None-Match' => '*' ], [ 'If-Match' => '"x"' ],
     [ 'If-Unmodified-Since' => 'Thu, 01 Jan 1970 00:00:00 GMT' ])
{
    is($http->get($path, @$_)->status, 200, "$_->[0] changes nothing");
}

for my $method (qw(POST PUT PATCH DELETE PROPFIND FOO)) {
    $response = $http->request($method, $path, body => 'x');
    is($response->status, 405, "$method: not allowed");
    like($response->header('Allow') // '', qr/\bGET\b.*\bHEAD\b/,
         "$method: what is");
}

is($http->request('POST', "$path/unknown", body => 'x')->status, 404,
   'POST to an unknown one');

$response = $http->request('OPTIONS', $path, Origin => 'https://agent.test',
    'Access-Control-Request-Method' => 'GET',
    'Access-Control-Request-Headers' => 'mcp-protocol-version');
is($response->status, 204, 'preflight');
is($response->header('Access-Control-Allow-Origin'), '*', 'for everybody');
is($response->header('Access-Control-Allow-Methods'), 'GET, HEAD, OPTIONS',
   'the methods that a document has');
is($response->header('Allow'), 'GET, HEAD, OPTIONS', 'without CORS, too');
is($response->header('Vary'), 'Access-Control-Request-Headers',
   'they do not depend on the method that is asked for');
like($response->header('Access-Control-Allow-Headers') // '',
     qr/mcp-protocol-version/i, 'and the field asked for');

my $connection = $http->connect;
$connection->send($http->bytes('POST', $path, body => 'x' x 5000), 'POST');
is($connection->finish->status, 405, 'a body that nobody reads');
$connection->send($http->bytes('GET', $path));
is($connection->finish->status, 200, 'does not spoil the connection');
$connection->close;

# nothing in the request changes the document

for my $fields ([ Authorization => 'Bearer garbage' ],
                [ Authorization => 'Basic YTpi' ],
                [ token => $issuer->token(exp => time - 999) ],
                [ token => $issuer->token ],
                [ Host => 'evil.test' ],
                [ Host => "app.test:1" ],
                [ 'X-Forwarded-Host' => 'evil.test' ],
                [ 'X-Forwarded-Proto' => 'https' ],
                [ Forwarded => 'host=evil.test;proto=https' ],
                [ Accept => 'text/html' ],
                [ 'Sec-Fetch-Mode' => 'navigate' ])
{
    $response = $http->get($path, @$fields);
    is($response->status, 200, "$fields->[0]: $fields->[1]" =~ s/eyJ\S+/JWT/r);
    is($response->body, $get->body, 'the same document');
}

is($http->get("$path/docs\"x")->status, 404, 'a quote in the path');
is($http->get("$path/docs%0d%0aX-Evil:%201")->status, 404, 'CR LF in the path');

# whatever the server redirects

my $strict = $nginx->http('strict', host => 'strict.test');

is($strict->get('/')->status, 301, 'the server redirects everything');
$response = $strict->get($path);
is($response->status, 200, 'but the metadata');
is($response->json->{resource}, 'https://strict.test', 'which are its own');
is($strict->get("$path/docs")->status, 404, 'and no other server\'s');

my $moved = $nginx->http('moved', host => 'moved.test');

is($moved->get('/')->status, 301, 'a server that moves everything');
$response = $moved->get($path);
is($response->status, 200, 'but the metadata');
is($response->json->{resource}, 'https://moved.test', 'which are its own');

# other forms of a request

for my $line ("GET $path HTTP/1.0\r\n",
              "GET http://evil.test$path HTTP/1.1\r\nHost: app.test\r\n",
              "GET http://app.test$path HTTP/1.1\r\nHost: evil.test\r\n",
              "GET $path HTTP/1.1\r\nHost: app.test\r\n"
              . "X-Forwarded-Port: 1\r\nX-Original-URL: /docs\r\n"
              . "X-Forwarded-Prefix: /docs\r\n",
              "GET /docs/..$path HTTP/1.1\r\nHost: app.test\r\n")
{
    $response = $http->raw("${line}Connection: close\r\n\r\n");
    is($response->status, 200, $line =~ s/\r\n.*//sr);
    is($response->body, $get->body, 'the same document');
}

for my $fields ([ Host => 'evil.test' ], [ 'X-Forwarded-Host' => 'evil.test' ],
                [ Forwarded => 'host=evil.test' ])
{
    is($http->get('/', @$fields)->challenge->{fields}{resource_metadata},
       "$origin$path", "the challenge does not look at $fields->[0]");
}

is($nginx->http('other')->get($path)->body, "ordinary\n",
   'a server without a resource');

finish();

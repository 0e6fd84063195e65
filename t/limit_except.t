#!/usr/bin/perl
#
# "oauth" inside limit_except: everybody may read, and writing needs a token.
# What is outside the block applies only to the methods that the block names,
# and what is inside to all others.  Clients cannot set identity headers for
# either.

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
    oauth_issuer partner { issuer %%SECOND%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        root %%DIR%%/html;

        location / {
            limit_except GET {
                oauth          corp;
                oauth_resource https://app.test;
                oauth_scope    write;
                oauth_scope    erase method=DELETE;
                oauth_header   X-User sub;
            }

            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /around {
            oauth_resource https://app.test/around;
            oauth_scope    around;
            oauth_header   X-Around sub;

            limit_except GET PUT { oauth corp; oauth_require team blue; }

            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /both {
            oauth          corp;
            oauth_resource https://app.test/both;
            oauth_scope    read;

            limit_except GET { oauth corp partner; oauth_scope write; }

            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /inner {
            oauth          corp;
            oauth_resource https://app.test/inner;

            limit_except POST { oauth off; }

            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /audience {
            oauth_resource https://app.test/audience;

            limit_except GET {
                oauth            corp;
                oauth_audience   api://x;
                oauth_pass_token on;
                oauth_strict_uri on;
                oauth_cors       off;
            }

            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /slash/ {
            limit_except GET { oauth corp; oauth_resource https://app.test; }
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /if {
            if ($arg_x) { set $y 1; }
            limit_except GET { oauth corp; oauth_resource https://app.test; }
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /tried {
            try_files /none @named;
        }

        location @named {
            limit_except GET {
                oauth          corp;
                oauth_resource https://app.test;
                oauth_header   X-Named sub;
            }

            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }

    # URLs below the resource are resources, too

    server {
        listen 127.0.0.1:%%PORT_reflect%%;
        server_name reflect.test;
        oauth_resource https://reflect.test reflect;

        location / {
            oauth_metadata resource_name Pages;
            limit_except GET { oauth corp; oauth_scope write; }
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /both {
            oauth          corp;
            oauth_metadata resource_name Pages;
            oauth_scope    read;
            limit_except GET { oauth partner; oauth_scope write; }
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }

    # the level of the server serves requests, and is open

    server {
        listen 127.0.0.1:%%PORT_level%%;
        server_name level.test;
        oauth          corp;
        oauth_resource https://level.test;

        location /x {
            location /x/y { limit_except GET { oauth off; } }
        }
    }
EOT
    UP => $upstream->port);

my $http = $nginx->http;
my $known = '/.well-known/oauth-protected-resource';
my @forged = ('X-User' => 'root', 'x_user' => 'root', 'X-Around' => 'root',
              'X-Named' => 'root');
my $response;


sub identity {
    my ($response) = @_;

    return join ' ', map { $response->echoed($_) }
        'X-User', 'x_user', 'X-Around', 'X-Named';
}


sub token {
    my ($path, %claims) = @_;

    return $issuer->token(aud => "https://app.test$path", sub => 'alice',
                          %claims);
}


# everybody may read, and the app is told no identity

for my $method (qw(GET HEAD)) {
    for my $path ('/', '/x', '/slash/', '/if', '/if?x=1', '/around',
                  '/audience', '/tried')
    {
        is($http->request($method, $path, @forged)->status, 200,
           "$method $path: open");
    }
}

for my $path ('/', '/around', '/tried', '/inner') {
    $response = $http->get($path, @forged);
    is(identity($response), '', "GET $path: no identity of the client's");
    $response = $http->get($path, @forged, token => token('', scope => 'write'));
    is(identity($response), '', "GET $path: no identity with a token either");
}

# writing needs a token with the scope

for my $method (qw(POST PUT PATCH DELETE OPTIONS PROPFIND FOO)) {

    my $needs = $method eq 'DELETE' ? 'write erase' : 'write';

    $response = $http->request($method, '/', @forged);
    is_refused($response, 401, '', "$method: refused without a token");
    is($response->challenge->{fields}{scope}, $needs, 'which names the scope');
    is($response->challenge->{fields}{resource_metadata},
       "https://app.test$known", 'and the document');

    is_refused($http->request($method, '/', token => 'a.b.c'), 401,
               'invalid_token', "$method: a bad token");
    is_refused($http->request($method, '/', token => token('')), 403,
               'insufficient_scope', "$method: a scope is missing");

    $response = $http->request($method, '/', @forged,
                               token => token('', scope => $needs));
    is($response->status, 200, "$method: with a token");
    is(identity($response), 'alice', 'and its identity');
    is_deeply([ $response->echoed('Authorization') ], [], 'but not the token');
}

# the block inherits what is outside

is_refused($http->request('POST', '/around', token => token('/around',
    team => 'blue')), 403, 'insufficient_scope', 'around: a scope');
is_refused($http->request('POST', '/around', token => token('/around',
    scope => 'around')), 403, undef, 'around: a claim');
$response = $http->request('POST', '/around', @forged, token =>
    token('/around', scope => 'around', team => 'blue'));
is($response->status, 200, 'around: both');
is(identity($response), 'alice', 'around: a header');
is($http->request('PUT', '/around')->status, 200, 'around: a second method');
is_refused($http->request('POST', '/around', token => token('',
    scope => 'around', team => 'blue')), 401, 'invalid_token',
    'around: the resource');

# both are protected, each by its own rules

is_refused($http->get('/both'), 401, '', 'both: reading');
is($http->get('/both', token => token('/both', scope => 'read'))->status, 200,
   'both: reading with its scope');
is_refused($http->request('POST', '/both', token => token('/both',
    scope => 'read')), 403, 'insufficient_scope', 'both: writing');
is($http->request('POST', '/both', token => token('/both',
    scope => 'write'))->status, 200, 'both: writing with its scope');
is($http->request('POST', '/both', token => $second->token(scope => 'write',
    aud => 'https://app.test/both'))->status, 200, 'both: another issuer');
is_refused($http->get('/both', token => $second->token(scope => 'read',
    aud => 'https://app.test/both')), 401, 'invalid_token',
    'both: which is not for reading');

# protected outside, open inside

is_refused($http->request('POST', '/inner'), 401, '', 'off inside: POST');
is($http->request($_, '/inner', @forged)->status, 200, "off inside: $_")
    for qw(GET PUT DELETE);
is(identity($http->get('/inner', @forged)), '', 'off inside: no identity');

# the directives that belong to oauth

is_refused($http->request('POST', '/audience/x;y'), 400, undef,
           'oauth_strict_uri');
is($http->get('/audience/x;y')->status, 200, 'not around it');
$response = $http->request('POST', '/audience', token => $issuer->token(
    aud => 'api://x'));
is($response->status, 200, 'oauth_audience');
like(join('', $response->echoed('Authorization')), qr/\ABearer /,
     'oauth_pass_token');

# preflights

my @preflight = (Origin => 'https://page.test',
                 'Access-Control-Request-Method' => 'POST');

is($http->request('OPTIONS', '/', @preflight)->status, 204, 'a preflight');
is_refused($http->request('OPTIONS', '/audience', @preflight), 401, '',
           'oauth_cors off');

# other ways into the location

is_refused($http->request('POST', '/slash'), 401, '',
           'no redirect to the slash without a token');
is($http->get('/slash')->status, 301, 'but for reading');
is_refused($http->request('POST', $_), 401, '', "POST $_")
    for '/if', '/if?x=1', '/slash/', '/x/../if';

# a named location

is_refused($http->request('POST', '/tried', @forged), 401, '',
           'a named location: writing');
$response = $http->request('POST', '/tried', @forged, token => token(''));
is($response->status, 200, 'a named location: with a token');
is(identity($response), 'alice', 'and its identity');

# metadata documents

my $document = $http->get($known)->json;

is($document->{resource}, 'https://app.test', 'the document');
is(join(' ', sort @{ $document->{scopes_supported} }), 'erase write',
   'its scopes');
is(join(' ', sort @{ $http->get("$known/both")->json->{scopes_supported} }),
   'read write', 'of both');
is(scalar @{ $http->get("$known/both")->json->{authorization_servers} }, 2,
   'and the issuers of both');
is($http->get("$known/inner")->json->{resource}, 'https://app.test/inner',
   'off inside: a document');

# metadata documents with reflect

my $reflect = $nginx->http('reflect');

$response = $reflect->request('POST', '/page/x');
is_refused($response, 401, '', 'reflect: refused');
is($response->challenge->{fields}{resource_metadata},
   "https://reflect.test$known/page/x", 'reflect: the page');
$document = $reflect->get("$known/page/x")->json;
is($document->{resource}, 'https://reflect.test/page/x', 'has a document');
is_deeply($document->{scopes_supported}, [ 'write' ], 'with its scopes');
is($reflect->get('/page/x')->status, 200, 'reflect: open for reading');
is($reflect->request('POST', '/page/x', token => $issuer->token(
    aud => 'https://reflect.test/page/x', scope => 'write'))->status, 200,
   'a token for the page');

for my $method (qw(GET POST)) {
    is($reflect->request($method, '/both/x')->challenge
       ->{fields}{resource_metadata}, "https://reflect.test$known/both/x",
       "reflect: both, $method");
}

$document = $reflect->get("$known/both/x")->json;
is_deeply([ sort @{ $document->{scopes_supported} } ], [ 'read', 'write' ],
          'one document for all methods');
is_deeply([ sort @{ $document->{authorization_servers} } ],
          [ sort $issuer->url, $second->url ], 'and all issuers');

# the level of the server around the locations

is_refused($nginx->http('level')->get($_), 401, '', "its server's own: $_")
    for '/', '/x', '/x/y';
is_refused($nginx->http('level')->request('POST', '/x'), 401, '',
           "its server's own: POST");
isnt($nginx->http('level')->request('POST', '/x/y')->status, 401,
     'open for other methods');

finish();

#!/usr/bin/perl
#
# oauth_strict_uri: the module refuses a path that nginx and the app may read
# differently, so that the app cannot take the request for one to another
# location.

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
    oauth_strict_uri on;
    log_format result "result=$oauth_result";

    server {
        listen 127.0.0.1:%%PORT_main%%;
        listen 127.0.0.1:%%PORT_h2%% http2;
        server_name app.test;
        root %%DIR%%/html;
        access_log %%DIR%%/access.log result;

        oauth_resource https://app.test;
        oauth_header X-User sub;

        location / {
            oauth corp;
            oauth_scope read;
            set $early "$oauth_result/$oauth_sub";
            add_header X-Early $early always;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /lax {
            oauth corp;
            oauth_strict_uri off;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /open {
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        # what the documents recommend for an open location of the same app

        location /recipe {
            if ($request_uri ~* "^(//|[^?]*([;#\x5c]|%2f|%3b|%5c|%25|/(\.|%2e){1,2}(/|\?|$)))") {
                return 400;
            }

            proxy_pass http://127.0.0.1:%%UP%%;
        }

        # redirects inside nginx: the path that the client sent stays the same

        location /moved {
            rewrite ^ /inner last;
        }

        location /leaves {
            oauth corp;
            oauth_strict_uri off;
            try_files /none /inner;
        }

        location /named {
            oauth corp;
            oauth_strict_uri off;
            try_files /none @inner;
        }

        location @inner {
            oauth corp;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        # the path of a subrequest comes from the server, not from the client

        location /ssi {
            ssi on;
            ssi_types *;
            try_files /page =404;
        }

        location /part {
            internal;
            oauth corp;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /any {
            oauth corp;
            satisfy any;
            allow all;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /page400 {
            oauth corp;
            error_page 400 /inner;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_slashes%%;
        server_name slashes.test;
        merge_slashes off;

        oauth corp;
        oauth_resource https://slashes.test;

        location / { proxy_pass http://127.0.0.1:%%UP%%; }
    }

    # without the directive

    server {
        listen 127.0.0.1:%%PORT_default%%;
        server_name default.test;

        oauth corp;
        oauth_strict_uri off;
        oauth_resource https://default.test;

        location / { proxy_pass http://127.0.0.1:%%UP%%; }
    }
EOT

$nginx->write_file('html/page', '[<!--#include virtual="/part;x%2fy" -->]');

my $http = $nginx->http;
my $token = $issuer->token(scope => 'read');
my @preflight = (Origin => 'https://a.test',
                 'Access-Control-Request-Method' => 'GET',
                 'Access-Control-Request-Headers' => 'authorization');

my @ambiguous = ('/;', '/a;b', '/a/..;/b', '/a\\b', '/..\\b', '/a%2fb',
                 '/a%2Fb', '/a%5cb', '/a%5Cb', '/a%25b', '/%252e%252e/b',
                 '/a;?b', '/a%2f?b=c',
                 '/a%3bb', '/a/..%3B/b', '/a#b', '/a#/../b',
                 '/./a', '/a/../b', '/a/.', '/a/..', '/a/%2e%2e/b',
                 '/b/.%2E/a?b', '//', '//a', '//a//b', '///a', '//a?b');
my @plain = ('/', '/a.b-c_d~e', '/a//b', '/a//', '/.../a.', '/.a/..b', '/a%20b',
             '/a%3Ab', '/a%3Fb', '/a%23b', '/a,b=c&d+e!', '/?a=;',
             '/?a=%2f%5c%25', '/?a\\b', '/a?b?c;', '/%c3%bc');


# The app gets nothing, and the answer says what is wrong with the request.

sub is_ambiguous {
    my ($response, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    is_refused($response, 400, undef, $name);

    return is($response->json->{title}, 'Ambiguous URL', 'with our document');
}


# every kind of request, with and without a token

for my $path (@ambiguous) {
    my $before = $upstream->count;

    is_ambiguous($http->get($path, token => $token), "$path with a token");
    is_ambiguous($http->get($path), "$path without one");
    is_ambiguous($http->get($path, token => 'x.y.z'), "$path with a bad one");
    is_ambiguous($http->request('OPTIONS', $path, @preflight),
                 "$path, a preflight");
    is($upstream->count, $before, 'nothing is delivered');
}

for my $path (@plain) {
    is($http->get($path, token => $token)->status, 200, "$path with a token");
    is_refused($http->get($path), 401, '', "$path without one");
    is($http->request('OPTIONS', $path, @preflight)->status, 204,
       "$path, a preflight");
}

# the answer

$nginx->mark;

my $response = $http->get('/a;b', token => $token);

is($response->header('Content-Type'), 'application/problem+json', 'the type');
is($response->header('Cache-Control'), 'no-store', 'not cached');
is($response->json->{status}, 400, 'the status');
like($response->json->{detail}, qr/two slashes.*semicolon/,
     'what is wrong');
is($response->json->{resource}, 'https://app.test', 'the resource');
is($response->json->{how_to_authenticate}, undef, 'a token would not help');
is($response->header('X-Early'), 'ambiguous_uri/',
   'variables that are asked for before');
is($http->get('/a', token => $token)->header('X-Early'), 'ok/alice',
   'and of a plain path');

my @lines = $nginx->wait_for_log(qr/oauth: refused/);
is(scalar @lines, 1, 'one line');
like($lines[0], qr/\[info\].*refused: ambiguous_uri: /, 'with the reason');
ok(wait_until(sub { $nginx->read_file('access.log')
                    =~ /^result=ambiguous_uri$/m }),
   'for the access log, too');

is($http->request('HEAD', '/a;b', token => $token)->status, 400, 'HEAD');

# oauth_strict_uri off, and locations that are not protected

for my $path ((map { s{\A/}{/lax/}r } @ambiguous), '//lax/x') {
    is($http->get($path, token => $token)->status, 200, "$path: off");
}

is($http->get('/open;a%2fb')->status, 200, 'an open location');
is($http->get('/recipe/x')->status, 200, 'the recipe: a plain path');
is($http->get('/recipe//x')->status, 200, 'the recipe: slashes inside');
is($http->get('/recipe/x?a=;%2f')->status, 200, 'the recipe: a query');

my $before = $upstream->count;

for my $path ((map { s{\A/}{/recipe/}r } grep { !m{\A//} } @ambiguous),
              '//recipe', '//recipe/x', '///recipe/x?y', '//x/../recipe/x')
{
    is($http->get($path)->status, 400, "the recipe: $path");
}

is($upstream->count, $before, 'nothing is delivered');
is($nginx->http('default')->get('/a;b', token => $issuer->token(
       aud => 'https://default.test'))->status, 200,
   'a server that has it off');

# other forms of a request

my $port = $nginx->port('main');


sub raw {
    my ($line) = @_;

    return $http->raw("$line\r\nHost: app.test\r\n"
                      . "Authorization: Bearer $token\r\n"
                      . "Connection: close\r\n\r\n");
}


is_ambiguous(raw("GET http://app.test:$port/a;b HTTP/1.1"), 'absolute form');
is_ambiguous(raw('GET http://app.test/a%2fb?c HTTP/1.1'),
             'absolute form, escaped');
is_ambiguous(raw("GET http://app.test:$port//x/a HTTP/1.1"),
             'absolute form, two slashes');
is(raw('GET http://app.test HTTP/1.1')->status, 200,
   'absolute form, no path');
is(raw('GET http://app.test/a?b;c HTTP/1.1')->status, 200,
   'absolute form, plain');
is_ambiguous(raw('GET /a;b HTTP/1.0'), 'HTTP/1.0');
is(raw('GET /a HTTP/1.0')->status, 200, 'HTTP/1.0, plain');

my $slashes = $nginx->http('slashes');
my $other = $issuer->token(aud => 'https://slashes.test');

is_ambiguous($slashes->get('//a;//b', token => $other), 'merge_slashes off');
is_ambiguous($slashes->get('//a', token => $other),
             'merge_slashes off, two slashes in front');
is($slashes->get('/a//b', token => $other)->status, 200,
   'merge_slashes off, plain');

# HTTP/2

for my $path (@ambiguous) {
    my $client = OAuth::Test::Http2Client->new(port => $nginx->port('h2'));

    is_ambiguous($client->get($path, token => $token), "HTTP/2: $path");
    is($client->get('/a?;', token => $token)->status, 200, 'HTTP/2: plain');
    $client->close;
}

# redirects and subrequests inside nginx

for my $way (qw(moved leaves named)) {
    $before = $upstream->count;
    is_ambiguous($http->get("/$way;x", token => $token), "/$way;x");
    is($upstream->count, $before, 'nothing is delivered');
    is($http->get("/$way", token => $token)->status, 200, "/$way");
}

for my $path ('/ssi', '/ssi;x') {
    $response = $http->get($path, token => $token);
    like($response->body, qr/"from":"upstream"/,
         "$path: an include, by a path of the server's own");
}

# other modules

is_ambiguous($http->get('/any;x', token => $token), 'satisfy any');
is_ambiguous($http->get('/any;x'), 'satisfy any, no token');
is($http->get('/any')->status, 200, 'satisfy any, plain');

$nginx->mark;
is_refused($http->get('/page400;x', token => $token), 400, undef,
           'an error page that is strict, too');
is(scalar(@lines = $nginx->wait_for_log(qr/oauth: refused/)), 1,
   'is refused in one line');

finish();

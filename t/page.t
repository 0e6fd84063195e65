#!/usr/bin/perl
#
# A refused request from the window of a browser gets a page of HTML, and no
# other request does.  Status, challenge and header fields are those of every
# refusal.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $issuer = issuer();
my $upstream = upstream();

my $conf = <<'EOT';
    oauth_issuer corp { issuer %%AS%%; }
    oauth_issuer down { issuer http://127.0.0.1:%%PORT_none%%; }
    gzip on;
    gzip_min_length 1;
    map $arg_scope $wanted { default none; x x:y; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp;
        oauth_resource https://app.test;
        oauth_scope read;
        oauth_metadata resource_name Wiki;
        oauth_metadata resource_documentation "https://app.test/help?a=1&b=2";

        location / {
            oauth_scope read;
            oauth_scope write method=POST;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /admin {
            oauth_require role admin;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /strict { oauth_strict_uri on; }
        location /variable { oauth_scope $wanted; }
        location /reflect {
            oauth_resource https://app.test/reflect reflect;
            oauth_metadata off;
        }

        location /down {
            oauth down;
            oauth_resource https://app.test/down;
            oauth_metadata off;
        }

        location /own { error_page 401 /page; }
        location = /page { oauth off; proxy_pass http://127.0.0.1:%%UP%%; }

        location /charset {
            charset x-other;
            override_charset on;
            source_charset x-some;
            charset_types *;
        }
    }

    charset_map x-some x-other { 41 42; 68 78; }
    charset_map %%FROM_UTF8%%
EOT

# A map from utf-8 changes a text where it stands.  Newer versions of nginx
# refuse it and want a map to utf-8, which they use in both directions.

my $nginx = eval { start('utf-8 x-other { 41 42; 68 78; }') }
    || start('x-other utf-8 { C0 D18E; }');

my $http = $nginx->http;
my $good = $issuer->token;
my $known = 'https://app.test/.well-known/oauth-protected-resource';
my @window = ('Sec-Fetch-Mode' => 'navigate');


sub start {
    my ($map) = @_;

    return nginx($conf, AS => $issuer->url, UP => $upstream->port,
                 FROM_UTF8 => $map);
}


sub is_page {
    my ($response, $title, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $body = $response->body;
    my ($style) = $body =~ m{<style>(.*?)</style>}s;
    my $policy = $response->header('Content-Security-Policy') // '';

    is($response->header('Content-Type'), 'text/html; charset=utf-8',
       "$name: type");
    is($response->header('Content-Length'), length $body, "$name: length");
    is($response->header('Cache-Control'), 'no-store', "$name: not stored");
    is($response->header('Vary'), 'Authorization, Sec-Fetch-Mode',
       "$name: varies");
    like($policy, qr/\Adefault-src 'none'; style-src 'sha256-[^']+'; /,
         "$name: policy");
    unlike($policy, qr/unsafe|\*/, "$name: nothing else");
    like($body, qr/\A<!DOCTYPE html>\n<html lang="en">/, "$name: HTML");
    like($body, qr{<title>\d+ \Q$title\E</title>}, "$name: title");
    like($body, qr{<h1>\Q$title\E</h1>}, "$name: heading");
    like($body, qr/What you can do/, "$name: what to do");
    unlike($body, qr/<script|\bsrc=|<link|url\(|\bon\w+=/,
           "$name: runs and fetches nothing");

    return like($body, qr{</html>\n\z}, "$name: whole");
}


sub is_problem {
    my ($response, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    is($response->header('Content-Security-Policy'), undef, "$name: no policy");
    is($response->header('Vary'), 'Authorization', "$name: varies");

    return is($response->header('Content-Type'), 'application/problem+json',
              "$name: the problem document");
}


# the refusal is the same, except for its body

my $problem = $http->get('/');
my $page = $http->get('/', @window);

is_problem($problem, 'an agent');
is_page($page, 'This address needs an access token', 'a window');
is_refused($page, 401, '', 'the refusal');
is($page->challenge->{text}, $problem->challenge->{text}, 'its challenge');

for my $name ('Access-Control-Allow-Origin', 'Access-Control-Expose-Headers',
              'Link', 'Cache-Control')
{
    is($page->header($name), $problem->header($name), $name);
}

is($page->header('Link'),
   '<https://app.test/help?a=1&b=2>; rel="service-doc"', 'the documentation');
like($page->body, qr{<dd>https://app\.test</dd>}, 'the resource');
like($page->body, qr{<dd>read</dd>}, 'the scope');
like($page->body, qr{<dd>\Q${\$issuer->url}\E</dd>}, 'the server');
like($page->body, qr{<a href="\Q$known\E">}, 'the metadata');
like($page->body, qr{<a href="https://app\.test/help\?a=1&amp;b=2">},
     'the documentation');

my $head = $http->request('HEAD', '/', @window);

is($head->header('Content-Length'), length $page->body, 'HEAD: the length');
is($head->header('Content-Type'), 'text/html; charset=utf-8', 'HEAD: type');

# every kind of refusal has a page

my $expired = $issuer->token(exp => time - 3600, iat => time - 7200);

for (
    [ 'bad token', [ '/', token => $expired ], 401, 'invalid_token',
      'The access token was refused', qr/has expired/ ],
    [ 'malformed', [ '/', Authorization => 'Bearer a b' ], 401,
      'invalid_request', 'The request cannot be read', qr/malformed/ ],
    [ 'requirement', [ '/admin', token => $good ], 403, undef,
      'You may not open this', qr/Ask those who run/ ],
    [ 'path', [ '/strict;x' ], 400, undef, 'This address is ambiguous',
      qr/semicolon/ ],
    [ 'no keys', [ '/down', token => $issuer->token(
            iss => 'http://127.0.0.1:' . $nginx->port('none')) ], 503, undef,
      'This cannot be checked at the moment', qr/reload the page/ ],
) {
    my ($name, $request, $status, $error, $title, $text) = @$_;
    my $response = $http->get(@$request, @window);

    is_refused($response, $status, $error, "$name: the refusal");
    is_page($response, $title, $name);
    like($response->body, $text, "$name: what is wrong");
    like($response->body, qr{<dt>Protected resource</dt><dd>https://app\.test},
         "$name: the resource");
    is(defined $response->header('Retry-After'), $status == 503,
       "$name: Retry-After");
}

my $more = $http->request('POST', '/', @window, token => $good, body => '');

is_refused($more, 403, 'insufficient_scope', 'scope: the refusal');
is_page($more, 'The access token is not sufficient', 'scope');
like($more->body, qr{<dd>read write</dd>}, 'scope: which');

# the parts of the page that depend on the request

$page = $http->get('/variable?scope=x', @window);
is_page($page, 'This address needs an access token', 'scopes by request');
like($page->body, qr{<dd>x:y</dd>}, 'the scope of the request');
like($page->body, qr{help\?a=1&amp;b=2}, 'the documentation, too');

$page = $http->get("/reflect/&'%3Cscript%3E", @window);
is_page($page, 'This address needs an access token', 'reflect');
like($page->body, qr{<dd>https://app\.test/reflect/&amp;&#39;%3Cscript%3E</dd>},
     'the URL is escaped');
is($page->header('Link'), undef, 'no documentation, no link');

# only this value of this field asks for a page

for my $fields ([ 'Sec-Fetch-Mode' => 'cors' ],
                [ 'Sec-Fetch-Mode' => 'no-cors' ],
                [ 'Sec-Fetch-Mode' => 'same-origin' ],
                [ 'Sec-Fetch-Mode' => 'websocket' ],
                [ 'Sec-Fetch-Mode' => 'Navigate' ],
                [ 'Sec-Fetch-Mode' => 'navigate, cors' ],
                [ 'Sec-Fetch-Mode' => 'navigate2' ],
                [ 'Sec-Fetch-Mode' => '' ],
                [ 'Sec-Fetch-Dest' => 'document' ],
                [ 'Sec_Fetch_Mode' => 'navigate' ],
                [ 'X-Sec-Fetch-Mode' => 'navigate' ],
                [ Accept => 'text/html' ],
                [ Accept => 'text/html,application/xhtml+xml;q=0.9' ],
                [ 'User-Agent' => 'Mozilla/5.0 (X11) Chrome/130 Safari/537' ],
                [ 'Upgrade-Insecure-Requests' => 1 ])
{
    is_problem($http->get('/', @$fields), "$fields->[0]: $fields->[1]");
}

is_page($http->get('/', 'sec-fetch-mode' => 'navigate', Accept => '*/*',
                   'User-Agent' => 'curl'),
        'This address needs an access token', 'whatever else is there');

# other features that change bodies

my $own = $http->get('/own', @window);

is($own->json->{from}, 'upstream', 'an error page keeps its body');
is($own->header('Content-Security-Policy'), undef, 'and gets no policy');
is_refused($own, 401, '', 'but the challenge');

my $zipped = $http->get('/admin', @window, token => $good,
                        'Accept-Encoding' => 'gzip');

is($zipped->status, 403, 'what nginx compresses of refusals');
is($zipped->header('Content-Encoding'), 'gzip', 'is compressed');

my $before = $http->get('/', @window)->body;

$http->get('/charset', @$_) for [], [ @window ];

is($http->get('/', @window)->body, $before, 'a charset changes no other page');
is($http->get('/')->body, $problem->body, 'nor another document');

is($http->get('/', token => $good, @window)->json->{from}, 'upstream',
   'a good token is let in');

finish();

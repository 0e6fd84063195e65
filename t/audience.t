#!/usr/bin/perl
#
# Audience: which values of "aud" open which resource.  RFC 7519 section 4.1.3,
# RFC 8707.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $issuer = issuer();

my $nginx = nginx(<<'EOT', AS => $issuer->url);
    oauth_issuer corp { issuer %%AS%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp;
        oauth_resource https://app.test;

        location / {
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /docs {
            oauth_resource https://app.test/docs;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /docs/deep {
            oauth_resource https://app.test/docs/deep;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /slash/ {
            oauth_resource https://app.test/slash/;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /listed {
            oauth_audience api://wiki 0000-1111;
            oauth_audience other;
            proxy_pass http://127.0.0.1:%%PORT_app%%;

            location /listed/inner {
                oauth_audience inner;
                proxy_pass http://127.0.0.1:%%PORT_app%%;
            }
        }

        location /any {
            oauth_audience off;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_default%%;
        server_name default.test;
        oauth corp;
        location / { proxy_pass http://127.0.0.1:%%PORT_app%%; }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\n";
    }
EOT

my $http = $nginx->http;
my $host = 'https://app.test';

for (
    [ '/x', $host, 1 ],
    [ '/x', "$host/", 1, 'a slash of a pathless URL' ],
    [ '/x', "$host/other", 1, 'a URL below it' ],
    [ '/x', "$host/other/deep", 1 ],
    [ '/x', "$host/docs", 0, 'which belongs to another resource' ],
    [ '/x', "$host/docs/", 0 ],
    [ '/x', "$host/docs/deep/er", 0 ],
    [ '/x', "$host/documents", 1, 'which does not' ],
    [ '/x', "$host?x=1", 0, 'with a query' ],
    [ '/x', "$host/#x", 0, 'with a fragment' ],
    [ '/x', "$host/../x", 0, 'with a dot segment' ],
    [ '/x', "$host:443", 0, 'with the port of its scheme' ],
    [ '/x', "$host.evil.test", 0, 'longer host' ],
    [ '/x', 'https://app.tes', 0, 'shorter host' ],
    [ '/x', 'http://app.test', 0, 'another scheme' ],
    [ '/x', 'HTTPS://app.test', 0, 'upper-case scheme' ],
    [ '/x', 'https://APP.test', 0, 'upper-case host' ],
    [ '/x', "$host ", 0, 'a space' ],
    [ '/x', "$host\@evil.test", 0, 'as user information' ],
    [ '/x', 'app.test', 0, 'the host alone' ],
    [ '/x', '*', 0 ],
    [ '/x', '', 0 ],
    [ '/x', "else $host", 0, 'a list in a string' ],
    [ '/x', "$host,https://else.test", 0, 'with a comma' ],

    [ '/docs', "$host/docs", 1 ],
    [ '/docs', "$host/docs/page", 1 ],
    [ '/docs', "$host/docs/deep", 0, 'of a more specific resource' ],
    [ '/docs', "$host/docsx", 0, 'no path segment' ],
    [ '/docs', "$host/Docs", 0, 'case' ],
    [ '/docs', $host, 0, 'above it' ],
    [ '/docs/deep', "$host/docs/deep", 1 ],
    [ '/docs/deep', "$host/docs", 0, 'above it' ],
    [ '/slash/', "$host/slash/", 1 ],
    [ '/slash/', "$host/slash/x", 1 ],
    [ '/slash/', "$host/slash", 0, 'without its slash' ],

    [ '/listed', 'api://wiki', 1 ],
    [ '/listed', '0000-1111', 1 ],
    [ '/listed', 'other', 1, 'from a second directive' ],
    [ '/listed', $host, 1, 'the resource is still good' ],
    [ '/listed', 'api://wiki/x', 0, 'below a listed value' ],
    [ '/listed', 'api://wik', 0 ],
    [ '/listed/inner', 'inner', 1 ],
    [ '/listed/inner', 'other', 0, 'an inner list replaces the outer one' ],
    [ '/x', 'other', 0, 'listed elsewhere' ],

    [ '/any', 'https://else.test', 1 ],
    [ '/any', undef, 1, 'no aud' ],
    [ '/x', undef, 0, 'no aud' ],
) {
    my ($path, $aud, $good, $why) = @$_;
    my $response = $http->get($path, token => $issuer->token(aud => $aud));
    my $name = join ' ', $path, 'with', $aud // '-', $why ? "($why)" : ();

    if ($good) {
        is($response->status, 200, $name);

    } else {
        is_refused($response, 401, 'invalid_token', $name);
    }
}

# arrays and other types

my @many = map { "https://else.test/$_" } 1 .. 199;

for (
    [ [ $host ], 1, 'an array of one' ],
    [ [ 'https://else.test', $host ], 1, 'an array with ours' ],
    [ [ @many, $host ], 1, '200 entries with ours' ],
    [ \@many, 0, '199 entries without' ],
    [ [], 0, 'an empty array' ],
    [ [ [ $host ] ], 0, 'a nested array' ],
    [ [ $host, 7 ], 0, 'a number among them' ],
    [ [ $host, undef ], 0, 'a null among them' ],
    [ { $host => 1 }, 0, 'an object' ],
    [ 7, 0, 'a number' ],
    [ \1, 0, 'true' ],
) {
    my ($aud, $good, $name) = @$_;
    my $response = $http->get('/x', token => $issuer->token(aud => $aud));

    if ($good) {
        is($response->status, 200, $name);

    } else {
        is_refused($response, 401, 'invalid_token', $name);
    }
}

my $null = $issuer->mint(claims => sprintf
    '{"iss":"%s","aud":null,"sub":"a","exp":%d}', $issuer->url, time + 60);
is_refused($http->get('/x', token => $null), 401, 'invalid_token', 'null');

# the resource that a server has by default

my $default = $nginx->http('default', host => 'default.test');
my $url = 'http://default.test:' . $nginx->port('default');

is($default->get('/x', token => $issuer->token(aud => $url))->status, 200,
   'the origin of the server');
is($default->get('/x', token => $issuer->token(aud => "$url/"))->status, 200,
   'with a slash');
is_refused($default->get('/x', token => $issuer->token(
               aud => 'http://default.test')), 401, 'invalid_token',
           'without its port');
is_refused($default->get('/x', Host => 'app.test', token => $issuer->token),
           401, 'invalid_token', 'the Host of the request changes nothing');

# reasons

ok($nginx->log_lines(qr/oauth: .*\bno_audience\b/), 'reason: no_audience');
ok($nginx->log_lines(qr/oauth: .*\bwrong_audience\b/),
   'reason: wrong_audience');

my ($good, $said) = OAuth::Test::Nginx->new(conf => '', %$nginx)->test_conf(
    $nginx->{conf});
ok($good, 'oauth_audience off is accepted');
like($said, qr/\[warn\].*oauth_audience.*:\d+/, 'with a warning');

finish();

#!/usr/bin/perl
#
# nginx runs return and rewrite before any module that protects.  What they do
# in a protected location, and that nginx -t warns where they answer.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $issuer = issuer();
my $upstream = upstream();

my $nginx = nginx(<<'EOT', AS => $issuer->url, UP => $upstream->port);
    oauth_issuer corp { issuer %%AS%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp;
        oauth_resource https://app.test;
        oauth_scope read;
        oauth_header X-User sub;

        location / { proxy_pass http://127.0.0.1:%%UP%%; }

        location = /text { return 200 "text\n"; }
        location = /moved { return 301 https://elsewhere.test/; }
        location = /away { rewrite ^ /elsewhere permanent; }
        location = /forbidden { return 403; }

        location = /teapot {
            error_page 418 = @app;
            return 418;
        }

        location @app { proxy_pass http://127.0.0.1:%%UP%%; }

        location = /last { rewrite ^ /write/x last; }

        location = /break {
            rewrite ^ /broken break;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /write/ {
            oauth_scope write;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }
EOT

my $http = $nginx->http;
my $token = $issuer->token(scope => 'read');

# they answer in nginx's usual way

is($http->get('/text')->body, "text\n", 'return with a text');
is($http->get('/moved')->status, 301, 'return with a URL');
is($http->get('/away')->status, 301, 'rewrite permanent');
is_refused($http->get('/forbidden'), 403, undef, 'a bare return');
is($upstream->count, 0, 'the app has seen nothing of it');

# they lead to another location, where the module decides

for ([ '/teapot' ], [ '/last', 403, 'insufficient_scope' ], [ '/break' ]) {
    my ($path, @refused) = @$_;

    is_refused($http->get($path), 401, '', "$path: no token");

    if (@refused) {
        is_refused($http->get($path, token => $token), @refused,
                   "$path: too little scope where it ends");
    }

    my $response = $http->get($path, token => $issuer->token(
        scope => 'read write'));

    is($response->status, 200, "$path: a good token");
    is_deeply([ $response->echoed('X-User') ], [ 'alice' ],
              'with its identity');
}

is($upstream->count, 3, 'delivered with a good token only');

# what nginx -t says


# Returns the warnings for a server with this content, in order.

sub warned {
    my ($server) = @_;

    my ($good, $said) = $nginx->test_conf(<<"CONF");
    oauth_issuer corp { issuer %%AS%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        oauth_resource https://app.test;

        $server
    }
CONF

    ok($good, 'accepted') or diag($said);

    return [ map { s/\Anginx: //r } grep { /\[warn\]/ } split /\n/, $said ];
}


sub warns {
    my ($content, $directive) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $warnings = warned("location /x {\noauth corp;\n$content\n}");
    my $file = $nginx->dir . '/nginx.conf:' . $nginx->line_of('oauth corp;');

    is_deeply($warnings,
        [ "[warn] \"$directive\" in the protected location \"/x\" of server "
          . '"app.test" answers before nginx checks a token: write "oauth off" '
          . 'there if everybody may get that answer; "oauth" is in '
          . $file ], "warns: $content");

    return is_deeply(warned("location /x {\n$content\n}"), [],
                     'not where nothing is protected');
}


sub silent {
    my ($content) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return is_deeply(warned($content), [], "silent: $content");
}


warns($_, 'return')
    for 'return 200;', 'return 200 text;', 'return 200 $arg_x;', 'return 204;',
        'return 301 /y;', 'return https://app.test;',
        'return $scheme://app.test;', 'return 302 $arg_x;', 'return 404 text;',
        'return 404 $arg_x;', 'return 200 "";',
        'if ($arg_x) { return 200 text; }',
        'set $y "$arg_x/$arg_y"; if ($y ~ "^(a+)") { return 302 /$1; }',
        'if ($arg_x) { return 403; } return 204;',
        'return 403; return 200 text;', 'return 200 text; return 204;';

warns($_, 'rewrite')
    for 'rewrite ^ /y redirect;', 'rewrite ^ /y permanent;',
        'rewrite ^ http://app.test/y;', 'rewrite ^/(.*)$ https://app.test/$1;',
        'rewrite ^ $scheme://app.test;', 'rewrite ^ https://a.test/ last;',
        'rewrite ^/a$ /b last; rewrite ^/(.*)/(.*)$ /$2/$1? redirect;',
        'if ($arg_x) { rewrite ^ /y permanent; }',
        'rewrite ^ /y redirect; return 200 text;';

silent("location /x { oauth corp; $_ }")
    for 'return 403;', 'return 404;', 'error_page 418 = @y; return 418;',
        'return 444;', 'return 503;', 'rewrite ^ /y;', 'rewrite ^ /y last;',
        'rewrite ^/(.*)$ /y/$1 break;', 'rewrite ^ /http://x last;',
        'set $y 200;', 'set $y "return 200 text";', 'break;', '',
        'if ($request_uri ~* "^[^?]*([;\x5c]|%2f|%5c|%25)") { return 400; }';

# inherited, cancelled, in another place

is(scalar @{ warned('oauth corp; location / { } location /x { return 204; }') },
   1, 'protected by its server');
silent('oauth corp; location / { } location /x { oauth off; return 204; }');
is(scalar @{ warned('oauth corp; location / { } location @x { return 204; }') },
   1, 'a named location');
is(scalar @{ warned('location ~ ^/\d+$ { oauth corp; return 204; }') },
   1, 'a regex location');
is(scalar @{ warned('location /a { oauth corp; location /a/b { return 204; } '
                    . 'location /a/c { return 204; } return 204; }') }, 3,
   'one for each of nested ones');
silent('location /x { return 204; } location / { oauth corp; }');
silent('oauth corp; location / { } if ($arg_x) { return 301 /y; }');
silent('oauth corp; location / { } return 301 https://app.test/;');

finish();

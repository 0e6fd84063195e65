#!/usr/bin/perl
#
# Another app of the server has metadata documents of its own, next to those of
# the module.  The location that nginx finds for such a path answers, unless the
# location is protected.  Every other path gets 404, without a redirect and
# without a challenge.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $issuer = issuer();
my $upstream = upstream();
my $well_known = '/.well-known/oauth-protected-resource';

my $nginx = nginx(<<'EOT', AS => $issuer->url, UP => $upstream->port,
    oauth_issuer corp { issuer %%AS%%; }
    oauth_header X-Tenant tenant;

    # only the documents of the other app are open

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp;
        oauth_resource https://app.test;

        location / {
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /mcp {
            oauth_resource https://app.test/mcp;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /reflect {
            oauth_resource https://app.test/reflect reflect;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /reflect/other {
            oauth off;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location = %%WELL%%/other {
            oauth off;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location = %%WELL%%/reflect/other {
            oauth off;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location ~ ^%%WELL%%/regex/(?<name>[a-z]+)$ {
            oauth off;
            return 200 "regex $name\n";
        }

        location %%WELL%%/slash/ {
            oauth off;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location %%WELL%%/closed/ {
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location %%WELL%%/internal {
            internal;
            oauth off;
            return 200 "internal\n";
        }

        location %%WELL%%/moved {
            oauth off;
            return 308 https://elsewhere.test;
        }

        location %%WELL%%/last {
            oauth off;
            rewrite ^ /mcp last;
        }

        location %%WELL%%/tries {
            oauth off;
            try_files /none @closed;
        }

        location %%WELL%%/tried {
            oauth off;
            try_files /none %%WELL%%/internal;
        }

        location %%WELL%%/paged {
            oauth off;
            error_page 403 = @closed;
            return 403;
        }

        location %%WELL%%/basic {
            oauth off;
            auth_basic other;
            auth_basic_user_file %%DIR%%/users;
        }

        location %%WELL%%/write {
            oauth off;
            limit_except GET { deny all; }
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location @closed {
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location = /to-internal {
            oauth off;
            try_files /none %%WELL%%/internal;
        }
    }

    # everything is open except one location

    server {
        listen 127.0.0.1:%%PORT_open%%;
        server_name open.test;

        location / {
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location = /mcp {
            oauth corp;
            oauth_resource https://open.test/mcp;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }

    # no location for the path: a file

    server {
        listen 127.0.0.1:%%PORT_file%%;
        server_name file.test;
        root %%DIR%%/html;

        location /mcp {
            oauth corp;
            oauth_resource https://file.test/mcp;
        }
    }

    # rules on the level of the server run before nginx finds a location

    server {
        listen 127.0.0.1:%%PORT_rewrite%%;
        server_name rewrite.test;

        set $app 127.0.0.1:%%UP%%;
        rewrite ^%%WELL%%/here$ /documents/here;
        rewrite ^%%WELL%%/there$ /mcp;
        rewrite ^%%WELL%%/away$ https://elsewhere.test permanent;
        if ($arg_away) { return 302 https://elsewhere.test; }

        location /documents/ { proxy_pass http://$app; }
        location %%WELL%%/ { proxy_pass http://$app; }

        location /mcp {
            oauth corp;
            oauth_resource https://rewrite.test/mcp;
            proxy_pass http://$app;
        }
    }
EOT
    WELL => $well_known);

$nginx->write_file('users', "someone:{PLAIN}else\n");
mkdir $nginx->dir . "/html$_"
    for '/.well-known', $well_known, "$well_known/folder";
$nginx->write_file("html$well_known/other", "a file\n");

my $http = $nginx->http;
my $response;


# The other app has answered; returns what that app was sent.

sub is_others {
    my ($got, $name) = @_;

    is($got->status, 200, $name);
    is($got->json->{from}, 'upstream', 'the app answers');

    return $got->json;
}


# The answer is a plain 404 that leads nowhere else.

sub is_missing {
    my ($got, $name) = @_;

    is($got->status, 404, $name);
    is($got->body, '', 'it says no more');
    is($got->header($_), undef, "no $_")
        for qw(Location WWW-Authenticate Set-Cookie Refresh);
    is($got->header('Access-Control-Allow-Origin'), '*', 'for everybody');

    return;
}


# the module answers for its own documents, the app for all others

is($http->get($well_known)->json->{resource}, 'https://app.test', 'our own');
is($http->get("$well_known/mcp")->json->{resource}, 'https://app.test/mcp',
   'of two');
is($http->get("$well_known/reflect/x")->json->{resource},
   'https://app.test/reflect/x', 'one that is reflected');
is($upstream->count, 0, 'the app is not asked for them');

is_others($http->get("$well_known/other"), 'of an app that is not protected');
is_others($http->get("$well_known/other?a=b"), 'with a query');
is_others($http->get("$well_known/%6fther"), 'escaped');
is_others($http->get("$well_known/reflect/other"),
          'below a resource that reflects, where nothing is protected');
is($http->get("$well_known/regex/x")->body, "regex x\n", 'by a regex');
is_others($http->get("$well_known/slash/x"), 'below a prefix');

# every method goes to the app

for my $method (qw(POST PUT DELETE PROPFIND OPTIONS)) {
    my $sent = is_others($http->request($method, "$well_known/other",
        body => 'text', Origin => 'https://agent.test',
        'Access-Control-Request-Method' => 'GET'), $method);
    is($sent->{body}, 'text', 'with its body');
    like($sent->{line}, qr/\A$method /, 'and its method');
}

my $before = $upstream->count;
is($http->request('HEAD', "$well_known/other")->status, 200, 'HEAD');
is($upstream->count, $before + 1, 'is the app\'s');

is($http->get("$well_known/other?status=401&"
              . 'field=WWW-Authenticate:%20Basic%20realm=x')
   ->header('WWW-Authenticate'), 'Basic realm=x', 'its own challenge');
is($http->get("$well_known/other?status=404")->json->{from}, 'upstream',
   'its own 404');
is($http->get("$well_known/other?status=304")->status, 304, 'its own 304');
is($http->get("$well_known/basic")->header('WWW-Authenticate'),
   'Basic realm="other"', 'who else protects it');
is($http->get("$well_known/write")->status, 200, 'limit_except: GET');
is($http->request('DELETE', "$well_known/write")->status, 403,
   'limit_except: DELETE');

# the module removes identity headers here as well

for my $token (undef, $issuer->token(tenant => 'a')) {
    my $sent = is_others($http->get("$well_known/other", X_Tenant => 'evil',
        'X-Tenant' => 'evil', $token ? (token => $token) : ()),
        'with a header of the client\'s');
    ok(!grep({ /\Ax[-_]tenant/i } @{ $sent->{headers} }),
       'which is taken off');
}

# no location, or a protected one: 404 for everybody

for my $path ('/unknown', '/mcp/unknown', '/reflectx', '/closed/x', '/other/',
              '/other/x', '/last', '/tries', '/paged')
{
    is_missing($http->get("$well_known$path"), $path);
    is_missing($http->get("$well_known$path", token => $issuer->token),
               "$path with a token");
}

for my $method (qw(POST OPTIONS PROPFIND)) {
    is_missing($http->request($method, "$well_known/unknown", body => 'x',
                              Origin => 'https://agent.test',
                              'Access-Control-Request-Method' => 'GET'),
               "$method where there is nothing");
}

is($http->request('HEAD', "$well_known/unknown")->status, 404, 'HEAD');
is($http->get("$well_known/internal$_")->status, 404, 'internal: nginx\'s 404')
    for '', '/x';

# an internal location stays internal

is($http->get('/to-internal')->body, "internal\n",
   'an internal redirect to such a path');
is($http->get("$well_known/tried")->body, "internal\n",
   'from another one, too');
is_refused($http->get('/unknown'), 401, '', 'other paths stay protected');

# redirects: nginx's own to a slash, one of the location, one of the app

is_missing($http->get("$well_known/slash"), 'without the slash of a location');
is_missing($http->get("$well_known/closed"), 'of a protected location, too');
is_missing($http->get("$well_known/moved"), 'a location that redirects');

for my $status (301, 302, 303, 307, 308) {
    is_missing($http->get("$well_known/other?status=$status"
        . '&field=Location:%20https://elsewhere.test'
        . '&field=Set-Cookie:%20a=b&field=Refresh:%200'), "the app says $status");
}

is($http->get('/mcp?status=302&field=Location:%20https://elsewhere.test',
              token => $issuer->token(aud => 'https://app.test/mcp'))
   ->header('Location'), 'https://elsewhere.test',
   'where other paths keep theirs');

my $connection = $http->connect;

for my $path ('/moved', '/slash', '/other?status=302', '/unknown') {
    $connection->send($http->bytes('POST', "$well_known$path",
                                   body => 'x' x 5000), 'POST');
    is($connection->finish->status, 404, "$path: a body that nobody reads");
}

$connection->send($http->bytes('GET', $well_known));
is($connection->finish->status, 200, 'does not spoil the connection');
$connection->close;

# a server that is open

my $open = $nginx->http('open', host => 'open.test');

is_others($open->get("$well_known/other"), 'a location for everything');
is_others($open->get($well_known), 'for the document of the whole server');
is($open->get("$well_known/mcp")->json->{resource}, 'https://open.test/mcp',
   'the module\'s own stays its own');
is($open->request('POST', "$well_known/mcp")->status, 405,
   'with its own methods');
is_missing($open->get("$well_known?status=302"), 'the app redirects');

# a server without a location for the path

my $file = $nginx->http('file', host => 'file.test');

is($file->get("$well_known/other")->body, "a file\n", 'a file');
is($file->get("$well_known/unknown")->status, 404, 'no file');
is_missing($file->get("$well_known/folder"), 'a folder without its slash');

# rules on the level of the server

my $rewrite = $nginx->http('rewrite', host => 'rewrite.test');

like(is_others($rewrite->get("$well_known/other"), 'a variable of the server')
     ->{line}, qr{\AGET \Q$well_known\E/other HTTP/}, 'the path as it was');
like(is_others($rewrite->get("$well_known/here"), 'a path that it rewrites')
     ->{line}, qr{\AGET /documents/here HTTP/}, 'is looked up rewritten');
is_missing($rewrite->get("$well_known/there"), 'to a protected location');
is_missing($rewrite->get("$well_known/away"), 'to another server');
is_missing($rewrite->get("$well_known/other?away=1"), 'a return');
is($rewrite->get("$well_known/mcp?away=1")->status, 200,
   'which is not in the way of the module\'s own');
is($rewrite->get('/documents/x?away=1')->status, 302, 'but of all others');

finish();

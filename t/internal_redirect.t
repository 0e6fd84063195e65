#!/usr/bin/perl
#
# Internal redirects: the rules of the location where a request ends up decide,
# with the token that the client sent.  If the request was let in and goes on to
# an open location, its identity goes along, and its token does not.  A
# protected location sets its own identity, or refuses the request and leaves
# none.

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
        root %%DIR%%/html;

        oauth_resource https://app.test;

        location / {
            oauth corp;
            oauth_scope read;
        }

        location /open {
            index index.html;
        }

        location = /open/index.html {
            oauth corp;
            oauth_scope write;
        }

        location /try {
            oauth corp;
            oauth_scope read;
            oauth_header X-User sub;
            try_files /none @named;
        }

        location @named {
            oauth corp;
            oauth_scope write;
            oauth_header X-Writer sub;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /try_file {
            try_files /none /protected/page.html;
        }

        location /protected/ {
            oauth corp;
            oauth_scope write;
        }

        location /leave {
            oauth corp;
            oauth_header X-User sub;
            try_files /none @open;
        }

        location /leave_refused {
            oauth corp;
            oauth_scope read;
            oauth_header X-User sub;
            try_files /none @refuses;
        }

        location @refuses {
            oauth corp;
            oauth_scope write;
            error_page 403 =200 @open;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location @open {
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /rewritten {
            rewrite ^ /protected/page.html last;
        }

        location /accel {
            oauth corp;
            oauth_scope read;
            oauth_header X-User sub;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location @accel {
            oauth corp;
            oauth_scope write;
            oauth_header X-Writer sub;
            rewrite ^ /accelerated? break;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /open_accel {
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /internal/ {
            internal;
            oauth corp;
            oauth_scope write;
            alias %%DIR%%/html/protected/;
        }

        location /error {
            error_page 404 /protected/page.html;
            alias %%DIR%%/html/none/;
        }

        location /named_error {
            error_page 404 = @named;
            alias %%DIR%%/html/none/;
        }

        location /pages {
            oauth corp;
            oauth_scope read;
            error_page 401 403 /page.html;
        }

        location = /page.html { }

        location /login {
            oauth corp;
            oauth_scope read;
            error_page 401 = @login;
        }

        location @login {
            return 302 https://login.test/;
        }

        location /own_page {
            oauth corp;
            oauth_scope read;
            error_page 401 /protected/page.html;
        }

        location /pass {
            oauth corp;
            oauth_pass_token on;
            try_files /none @pass;
        }

        location /nopass {
            oauth corp;
            try_files /none @pass;
        }

        location @pass {
            oauth corp;
            oauth_pass_token on;
            oauth_header X-User sub;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }
EOT

for my $folder ('open', 'protected', 'dir') {
    mkdir $nginx->dir . "/html/$folder";
}

$nginx->write_file('html/index.html', 'the index');
$nginx->write_file('html/page.html', 'the page');
$nginx->write_file('html/dir/index.html', 'the index of dir');
$nginx->write_file('html/open/index.html', 'the open index');
$nginx->write_file('html/protected/page.html', 'the protected page');

my $http = $nginx->http;
my $reader = $issuer->token(scope => 'read');
my $writer = $issuer->token(scope => 'read write');
my $response;

# index

for my $path ('/', '/dir/') {
    like($http->get($path, token => $reader)->body, qr/the index/,
         "index of $path");
    is_refused($http->get($path), 401, '', "index of $path: no token");
    is_refused($http->get($path, token => $issuer->token(scope => 'x')), 403,
               'insufficient_scope', "index of $path: too little scope");
}

is($http->get('/open/', token => $writer)->body, 'the open index',
   'an index that is protected');
is_refused($http->get('/open/'), 401, '', 'without a token');
is_refused($http->get('/open/', token => $reader), 403, 'insufficient_scope',
           'with too little scope');

# try_files

$response = $http->get('/try', token => $writer, 'X-Writer' => 'mallory');
is($response->status, 200, 'try_files to a named location');
is_deeply([ $response->echoed('X-Writer') ], [ 'alice' ],
          'its headers are those of the last location');
is_deeply([ $response->echoed('X-User') ], [], 'and of no other');

is_refused($http->get('/try', token => $reader), 403, 'insufficient_scope',
           'whose rules hold');
is_refused($http->get('/try'), 401, '', 'no token');

is($http->get('/try_file', token => $writer)->body, 'the protected page',
   'try_files to a file');
is_refused($http->get('/try_file'), 401, '', 'no token');

$response = $http->get('/leave', token => $reader, 'X-User' => 'mallory');
is($response->status, 200, 'from a protected location to an open one');
is_deeply([ $response->echoed('X-User') ], [ 'alice' ],
          'the identity goes along, and not the client\'s');
is_deeply([ $response->echoed('Authorization') ], [],
          'the token stays behind');
is_refused($http->get('/leave'), 401, '', 'no token');

$response = $http->get('/leave_refused', token => $reader,
                       'X-User' => 'mallory');
is($response->status, 200, 'to a location that refuses, and its error page');
is_deeply([ $response->echoed('X-User') ], [], 'no identity is left');
is_deeply([ $response->echoed('Authorization') ], [], 'and no token');

for my $path ('/pass', '/nopass') {
    $response = $http->get($path, token => $reader);
    is_deeply([ $response->echoed('Authorization') ], [ "Bearer $reader" ],
              "$path: the last location passes the token");
    is_deeply([ $response->echoed('X-User') ], [ 'alice' ],
              "$path: and the identity");
}

# rewrite

is($http->get('/rewritten', token => $writer)->body, 'the protected page',
   'rewrite last');
is_refused($http->get('/rewritten'), 401, '', 'no token');
is_refused($http->get('/rewritten', token => $reader), 403,
           'insufficient_scope', 'too little scope');

# X-Accel-Redirect

my $accel = 'field=X-Accel-Redirect:/internal/page.html';

is($http->get("/accel?$accel", token => $writer)->body, 'the protected page',
   'X-Accel-Redirect');
is_refused($http->get("/accel?$accel", token => $reader), 403,
           'insufficient_scope', 'too little scope for the second location');
is_refused($http->get("/open_accel?$accel"), 401, '',
           'from an open location, no token');
is($http->get("/open_accel?$accel", token => $writer)->body,
   'the protected page', 'from an open location, with one');

$response = $http->get('/accel?field=X-Accel-Redirect:/open_accel',
                       token => $reader);
is($response->status, 200, 'X-Accel-Redirect to an open location');
is_deeply([ $response->echoed('X-User') ], [ 'alice' ],
          'the identity goes along');
is_deeply([ $response->echoed('Authorization') ], [],
          'the token stays behind');

$accel = 'field=X-Accel-Redirect:@accel';

$response = $http->get("/open_accel?$accel", token => $writer);
is_deeply([ $response->echoed('X-Writer') ], [ 'alice' ],
          'X-Accel-Redirect to a named location');
is_refused($http->get("/open_accel?$accel", token => $reader), 403,
           'insufficient_scope', 'with too little scope');
is_refused($http->get("/open_accel?$accel"), 401, '', 'without a token');

is($http->get('/internal/page.html', token => $writer)->status, 404,
   'what is internal cannot be asked for');

# error_page leads to a protected location

is($http->get('/error/x', token => $writer)->body, 'the protected page',
   'an error page that is protected');
$response = $http->get('/error/x');
unlike($response->body, qr/the protected page/, 'no token: no page');

$response = $http->get('/named_error/x', token => $writer);
is($response->json->{from}, 'upstream', 'a named location for an error');
$response = $http->get('/named_error/x');
isnt($response->json->{from} // '', 'upstream', 'no token: not delivered');

# error_page for a refusal: the answer keeps the challenge

$response = $http->get('/pages');
is_refused($response, 401, '', 'a page for 401');
is($response->body, 'the page', 'with its own body');
is($response->header('Content-Type'), 'text/html', 'of its own type');
is($response->header('Cache-Control'), 'no-store', 'not cached');

$response = $http->get('/pages', token => $issuer->token(scope => 'x'));
is_refused($response, 403, 'insufficient_scope', 'a page for 403');
is($response->body, 'the page', 'with its own body');

$response = $http->get('/own_page');
is($response->status, 401, 'a page for 401 that is protected itself');
is($response->challenge->{lines}, 1, 'one challenge');
unlike($response->body, qr/the protected page/, 'is not shown');

is($http->get('/login')->status, 302,
   'another status by a named location is the administrator\'s wish');

# one refusal leaves one line in the log

$nginx->mark;
$http->get('/dir/');
is(scalar(my @lines = $nginx->log_lines(qr/oauth: refused/)), 1,
   'one line for a refusal before an index');

finish();

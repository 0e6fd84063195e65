#!/usr/bin/perl
#
# error_page and refusals.  Whoever writes the error page, the client gets the
# refusal of its own request; and what nginx or other modules refuse stays
# theirs.

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
        oauth_header X-User sub;
        set $early "$oauth_result";

        location / {
            oauth corp;
            oauth_scope read;
            oauth_scope write method=POST;
            proxy_pass http://127.0.0.1:%%UP%%;

            # the error page is in the same protected location

            location /same {
                error_page 403 /same/page;
                proxy_pass http://127.0.0.1:%%UP%%;
            }

            location /static { error_page 403 /static/page; root %%DIR%%/html; }

            # an open page, from another server

            location /open { error_page 401 403 /page; }
            location /named { error_page 401 403 @page; }
            location /app { error_page 401 /refusing; }
            location /status { error_page 401 =200 /page; }

            # an app that refuses; its error pages come from nginx

            location /intercept {
                proxy_intercept_errors on;
                proxy_pass http://127.0.0.1:%%UP%%;
            }

            location /intercept/page {
                proxy_intercept_errors on;
                error_page 401 403 /page;
                proxy_pass http://127.0.0.1:%%UP%%;
            }

            location /intercept/same {
                proxy_intercept_errors on;
                error_page 401 403 /same/page;
                proxy_pass http://127.0.0.1:%%UP%%;
            }
        }

        location = /page { proxy_pass http://127.0.0.1:%%UP%%; }
        location @page { proxy_pass http://127.0.0.1:%%UP%%; }

        location = /refusing {
            proxy_pass http://127.0.0.1:%%UP%%/?status=401&field=WWW-Authenticate:App;
        }

        # clients that are let in by their address

        location /address {
            satisfy any;
            allow all;
            oauth corp;
            oauth_scope write;

            location /address/files { root %%DIR%%/html; }

            location /address/app {
                proxy_intercept_errors on;
                error_page 401 403 /page;
                proxy_pass http://127.0.0.1:%%UP%%;
            }
        }

        location /basic {
            satisfy any;
            auth_basic app;
            auth_basic_user_file %%DIR%%/users;
            oauth corp;
            oauth_scope write;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }
EOT

mkdir $nginx->dir . '/html/static';
mkdir $nginx->dir . '/html/address';
mkdir $nginx->dir . '/html/address/files';
$nginx->write_file('html/static/page', "a page\n");
$nginx->write_file('users', "user:{PLAIN}word\n");
chmod 0644, $nginx->dir . '/users';

my $http = $nginx->http;
my $token = $issuer->token(scope => 'read');
my $response;


sub post {
    my ($path) = @_;

    return $http->request('POST', $path, token => $token, body => 'x');
}


# nginx fetches the page of a POST with a GET, which may need fewer scopes

for my $path ('/none', '/same', '/static', '/open', '/named') {

    $response = post($path);
    is_refused($response, 403, 'insufficient_scope', "$path: the refusal");
    is($response->challenge->{fields}{scope}, 'read write',
       "$path: every scope of the request");
}

is(post('/none')->json->{error}, 'insufficient_scope', 'our document');
is(post('/same')->json->{from}, 'upstream', 'the page of the same place');
is(post('/static')->body, "a page\n", 'a static page');
is(post('/open')->json->{from}, 'upstream', 'an open page');
is_deeply([ post('/same')->echoed('X-User') ], [ 'alice' ],
          'a protected page knows who');
is_deeply([ post('/open')->echoed('X-User') ], [], 'an open page does not');

# without a token the page in the same location is refused as well

$response = $http->request('POST', '/same', body => 'x');
is_refused($response, 401, '', 'no token');

# a page whose app refuses

$response = $http->get('/app');
is($response->status, 401, 'an app that refuses its own page');
is($response->challenge->{scheme}, 'Bearer', 'the challenge is there');
is($response->challenge->{rest}, 'App', 'then that of the app');

is_refused($http->get('/status'), 200, undef, 'another status on purpose');

# an app refuses a good token: the client gets the answer of the app

for my $path ('/intercept', '/intercept/page', '/intercept/same') {
    for my $status (401, 403) {
        $response = $http->get("$path?status=$status"
                               . '&field=WWW-Authenticate:App',
                               token => $token);
        is($response->status, $status, "$path: the app's own $status");
        is($response->header('WWW-Authenticate'),
           $status == 401 || $path eq '/intercept' ? 'App' : undef,
           'its challenge or none');
        is($response->header('Cache-Control'), undef, 'nothing of ours');
        unlike($response->body, qr/how_to_authenticate|"title"/,
               'nor our document');
    }

    is_refused($http->get("$path?status=401"), 401, '',
               "$path: without a token the refusal is ours");
}

is($http->get('/intercept?status=403', token => $token)->json->{from},
   'upstream', 'without a page it is the app\'s as a whole');

# another module let the request in, so the module does not refuse it

$response = $http->get('/address/files/', token => $token);
is_refused($response, 403, undef, 'a directory');
like($response->header('Content-Type'), qr{text/html},
     'refused by nginx itself');

$response = $http->get('/address/app?status=401&field=WWW-Authenticate:App',
                       token => $token);
is($response->status, 401, 'an app that refuses');
is($response->header('WWW-Authenticate'), 'App', 'its challenge alone');
is($response->header('Cache-Control'), undef, 'nothing of ours');

# both modules refuse: Basic's 401 wins, and the challenge says what is missing

$response = $http->get('/basic', token => $token);
is($response->status, 401, 'neither token nor password');
is($response->challenge->{lines}, 1, 'one line');
is($response->challenge->{fields}{error}, 'insufficient_scope',
   'with what the token lacks');

finish();

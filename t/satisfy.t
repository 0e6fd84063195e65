#!/usr/bin/perl
#
# satisfy any: another module may let a request in, which then has no identity.
# The challenges are in one line, ours first.  satisfy all: both modules must
# agree.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $issuer = issuer();
my $broken = issuer();
my $upstream = upstream();

$broken->answer(jwks => status => 500);

my $nginx = nginx(<<'EOT', AS => $issuer->url, BROKEN => $broken->url,
    oauth_issuer corp { issuer %%AS%%; }
    oauth_issuer broken { issuer %%BROKEN%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        auth_basic "app";
        auth_basic_user_file %%DIR%%/users;

        oauth corp broken;
        oauth_resource https://app.test;
        oauth_scope read;
        oauth_header X-User sub;

        location / {
            satisfy any;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /address {
            satisfy any;
            allow 127.0.0.1;
            deny all;
            auth_basic off;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /denied {
            satisfy any;
            deny all;
            auth_basic off;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /all {
            satisfy all;
            auth_basic off;
            allow 127.0.0.1;
            deny all;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /all/denied {
            auth_basic off;
            deny all;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }
EOT
    UP => $upstream->port);

$nginx->write_file('users', "user:{PLAIN}word\n");
chmod 0644, $nginx->dir . '/users';

my $http = $nginx->http;
my $token = $issuer->token;
my $metadata = 'https://app.test/.well-known/oauth-protected-resource';
my @basic = (Authorization => 'Basic dXNlcjp3b3Jk');
my $response;

# one of the two lets the request in

$response = $http->get('/', token => $token);
is($response->status, 200, 'a token');
is_deeply([ $response->echoed('X-User') ], [ 'alice' ], 'with its identity');

$response = $http->get('/', @basic, 'X-User' => 'mallory');
is($response->status, 200, 'a password');
is_deeply([ $response->echoed('X-User') ], [],
          'without an identity, the client\'s own is removed');
is_deeply([ $response->echoed('Authorization') ], [ $basic[1] ],
          'its credentials are another module\'s');

# neither lets the request in

$response = $http->get('/');
is($response->status, 401, 'neither');
is($response->challenge->{lines}, 1, 'one line');
is($response->challenge->{text},
   qq{Bearer resource_metadata="$metadata", scope="read", }
   . 'Basic realm="app"', 'Bearer first');
is($response->json->{status}, 401, 'the problem document');

$response = $http->get('/', Authorization => 'Basic dXNlcjp3cm9uZw==');
is($response->status, 401, 'a wrong password');
is($response->challenge->{lines}, 1, 'one line');
is($response->challenge->{scheme}, 'Bearer', 'Bearer first');
is($response->challenge->{fields}{error}, undef, 'without an error');

$response = $http->get('/', token => $issuer->token(exp => time - 999));
is($response->status, 401, 'an expired token');
is($response->challenge->{lines}, 1, 'one line');
is($response->challenge->{scheme}, 'Bearer', 'Bearer first');
is($response->challenge->{fields}{error}, 'invalid_token', 'with an error');
is($response->challenge->{rest}, 'Basic realm="app"', 'then Basic');

# the address is enough, whatever the token is

for ([ 'no token' ], [ 'an expired token', token =>
                       $issuer->token(exp => time - 999) ])
{
    my ($name, @fields) = @$_;

    $response = $http->get('/address', @fields, 'X-User' => 'mallory');
    is($response->status, 200, "the address lets in: $name");
    is_deeply([ $response->echoed('X-User') ], [], 'without an identity');
    is_deeply([ $response->echoed('Authorization') ], [],
              'a token is not passed on');
    is($response->header('WWW-Authenticate'), undef, 'without a challenge');
}

# no other module lets the request in

is_refused($http->get('/denied'), 401, '', 'denied, no token');
is($http->get('/denied', token => $token)->status, 200, 'denied, a token');
is_refused($http->get('/denied', token => $issuer->token(scope => 'x')), 403,
           'insufficient_scope', 'denied, too little scope');

# without a decision the request ends, even if another module would let it in

is_refused($http->get('/', token => $broken->token), 503, undef,
           'keys that are not available');

# both must agree

is($http->get('/all', token => $token)->status, 200, 'all: both');
is_refused($http->get('/all'), 401, '', 'all: the address alone');
is($http->get('/all/denied', token => $token)->status, 403,
   'all: the token alone');

finish();

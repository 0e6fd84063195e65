#!/usr/bin/perl
#
# oauth_require: claims that must hold one of the values, else 403 without a
# challenge.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP ();

use OAuth::Test;

my $issuer = issuer();
my $true = JSON::PP::true;

my $nginx = nginx(<<'EOT', AS => $issuer->url);
    oauth_issuer corp { issuer %%AS%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp;
        oauth_resource https://app.test;

        location /role {
            oauth_require role admin owner;
            proxy_pass http://127.0.0.1:%%PORT_app%%;

            location /role/inner {
                oauth_require role guest;
                proxy_pass http://127.0.0.1:%%PORT_app%%;
            }
        }

        location /both {
            oauth_require role admin;
            oauth_require team blue;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /path {
            oauth_require realm.access.roles admin;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /dotted {
            oauth_require https://claims.test/team blue;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /flag {
            oauth_require email_verified true;
            oauth_require level 3;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /scope {
            oauth_require role admin;
            oauth_scope special;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\n";
    }
EOT

my $http = $nginx->http;

for (
    [ '/role', { role => 'admin' }, 1, 'the first value' ],
    [ '/role', { role => 'owner' }, 1, 'the second value' ],
    [ '/role', { role => [ 'user', 'owner' ] }, 1, 'an array is searched' ],
    [ '/role', { role => 'user' }, 0, 'another value' ],
    [ '/role', { role => [ 'user', 'guest' ] }, 0, 'an array without it' ],
    [ '/role', { role => [] }, 0, 'an empty array' ],
    [ '/role', {}, 0, 'no such claim' ],
    [ '/role', { role => 'Admin' }, 0, 'case' ],
    [ '/role', { role => 'admin owner' }, 0, 'two in a string' ],
    [ '/role', { role => 'administrator' }, 0, 'a longer value' ],
    [ '/role', { role => '' }, 0, 'an empty value' ],
    [ '/role', { role => { admin => 1 } }, 0, 'an object' ],
    [ '/role', { role => $true }, 0, 'true' ],
    [ '/role/inner', { role => 'guest' }, 1, 'an inner list' ],
    [ '/role/inner', { role => 'admin' }, 0, 'replaces the outer one' ],
    [ '/both', { role => 'admin', team => 'blue' }, 1, 'both' ],
    [ '/both', { role => 'admin' }, 0, 'the first of two' ],
    [ '/both', { team => 'blue' }, 0, 'the second of two' ],
    [ '/path', { realm => { access => { roles => [ 'admin' ] } } }, 1,
      'a path' ],
    [ '/path', { realm => { access => { roles => [ 'user' ] } } }, 0,
      'a path with another value' ],
    [ '/path', { realm => { access => [ 'admin' ] } }, 0, 'half a path' ],
    [ '/path', { realm => 'admin' }, 0, 'less than half a path' ],
    [ '/path', { 'realm.access.roles' => 'admin' }, 1,
      'a name with dots in it' ],
    [ '/dotted', { 'https://claims.test/team' => 'blue' }, 1, 'a URL' ],
    [ '/dotted', { 'https://claims' => { 'test/team' => 'red' } }, 0,
      'not that URL' ],
    [ '/flag', { email_verified => $true, level => 3 }, 1,
      'booleans and numbers' ],
    [ '/flag', { email_verified => JSON::PP::false, level => 3 }, 0,
      'false' ],
    [ '/flag', { email_verified => $true, level => 4 }, 0,
      'another number' ],
) {
    my ($path, $claims, $good, $name) = @$_;
    my $response = $http->get($path, token => $issuer->token(%$claims));

    if ($good) {
        is($response->status, 200, "$path: $name");

    } else {
        is_refused($response, 403, undef, "$path: $name");
    }
}

# a token that lacks a scope, too: asking for it would not help

is_refused($http->get('/scope', token => $issuer->token), 403, undef,
           'neither the role nor the scope');
is_refused($http->get('/scope', token => $issuer->token(role => 'admin')),
           403, 'insufficient_scope', 'the role without the scope');
is($http->get('/scope', token => $issuer->token(role => 'admin',
                                                scope => 'special'))->status,
   200, 'both');

my $problem = $http->get('/role', token => $issuer->token)->json;
is($problem->{status}, 403, 'problem document');
ok(!exists $problem->{how_to_authenticate}, 'without steps to another token');
ok($nginx->log_lines(qr/oauth: .*\brequirement_not_met\b/), 'reason');

is_refused($http->get('/role'), 401, '', 'without a token it is a 401');

finish();

#!/usr/bin/perl
#
# oauth_require: a claim must have one of the values, or the answer is 403
# without a challenge.

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

        location ~ ^/tenants/(?<tenant>[^/]*)/ {
            oauth_require tenant $tenant;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /part {
            oauth_require tenant t-$arg_t;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /or {
            oauth_require tenant root $arg_a ${arg_b};
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /itself {
            oauth_require tenant $oauth_claim_home;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /price {
            oauth_require price 5$ $;
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

    # variables

    [ '/tenants/acme/x', { tenant => 'acme' }, 1, 'the one of the path' ],
    [ '/tenants/acme/x', { tenant => [ 'a', 'acme' ] }, 1, 'one of several' ],
    [ '/tenants/acme/x', { tenant => 'evil' }, 0, 'another one' ],
    [ '/tenants/acme/x', { tenant => 'acm' }, 0, 'a shorter one' ],
    [ '/tenants/acme/x', { tenant => '$tenant' }, 0, 'the name itself' ],
    [ '/tenants/acme/x', {}, 0, 'none' ],
    [ '/tenants/acme%20evil/x', { tenant => 'evil' }, 0, 'two words' ],
    [ '/tenants/acme|evil/x', { tenant => 'evil' }, 0, 'no alternatives' ],
    [ '/tenants/acme,evil/x', { tenant => [ 'acme', 'evil' ] }, 0,
      'no list' ],
    [ '/part?t=1', { tenant => 't-1' }, 1, 'a part of a value' ],
    [ '/part?t=1', { tenant => '1' }, 0, 'is not the whole' ],
    [ '/part', { tenant => 't-' }, 1, 'the rest of a value' ],
    [ '/or?a=x&b=y', { tenant => 'root' }, 1, 'one without variables' ],
    [ '/or?a=x&b=y', { tenant => 'x' }, 1, 'the first variable' ],
    [ '/or?a=x&b=y', { tenant => 'y' }, 1, 'the second variable' ],
    [ '/or?a=x&b=y', { tenant => 'z' }, 0, 'none of them' ],
    [ '/or?b=y', { tenant => 'y' }, 1, 'an empty one before it' ],
    [ '/or', { tenant => '' }, 0, 'an empty value and an empty claim' ],
    [ '/or', { tenant => [ '' ] }, 0, 'an empty value and an empty member' ],
    [ '/or', {}, 0, 'an empty value and no claim' ],
    [ '/or', { tenant => undef }, 0, 'an empty value and null' ],
    [ '/itself', { tenant => 'acme', home => 'acme' }, 1,
      'a variable of the same token' ],
    [ '/itself', { tenant => 'acme', home => 'evil' }, 0,
      'which says something else' ],
    [ '/itself', { tenant => 'acme' }, 0, 'or nothing' ],
    [ '/price', { price => '5$' }, 1, 'a "$" that names no variable' ],
    [ '/price', { price => '$' }, 1, 'a "$" alone' ],
    [ '/price', { price => '5' }, 0, 'without it' ],
) {
    my ($path, $claims, $good, $name) = @$_;
    my $response = $http->get($path, token => $issuer->token(%$claims));

    if ($good) {
        is($response->status, 200, "$path: $name");

    } else {
        is_refused($response, 403, undef, "$path: $name");
    }
}

# the same if a scope is missing as well, because asking for it would not help

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

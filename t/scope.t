#!/usr/bin/perl
#
# Scopes: what a location requires, by method and by variable; which scopes
# another scope implies; and which ones a refusal names.  RFC 6749 section 3.3.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $issuer = issuer();
my $custom = issuer();

my $nginx = nginx(<<'EOT', AS => $issuer->url, CUSTOM => $custom->url);
    oauth_issuer corp { issuer %%AS%%; }
    oauth_issuer custom { issuer %%CUSTOM%%; scope_claim perms realm.roles; }

    oauth_scope_implies root everything;

    map $arg_tool $tool_scope {
        default         "";
        list            tools:list;
        run             "tools:list tools:run";
        pipe            "tools:list|tools:all";
        free            none;
        bad             "a\"b";
    }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp custom;
        oauth_resource https://app.test;

        location / {
            oauth_scope a;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /two {
            oauth_scope a b;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /lists {
            oauth_scope a;
            oauth_scope b;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /either {
            oauth_scope a|b|c d;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /method {
            oauth_scope a;
            oauth_scope w method=POST,PUT;
            oauth_scope h method=GET;
            oauth_scope f method=FOO;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /none {
            oauth_scope none;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /nothing {
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /variable {
            oauth_scope $tool_scope;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /prefix {
            oauth_scope tools:$arg_name;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /chosen {
            oauth_scope $arg_a|$arg_b;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /mixed {
            oauth_scope x:$arg_c|y;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location ~ ^/t/(?<tenant>[^/]+) {
            oauth_scope tenant:$tenant;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /asked {
            oauth_scope $http_x_asked;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /implied {
            oauth_scope_implies admin write;
            oauth_scope_implies write read list;
            oauth_scope read;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /everything {
            oauth_scope everything;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /advertised {
            oauth_scope a;
            oauth_scope_advertise a b c;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /outer {
            oauth_scope a;
            proxy_pass http://127.0.0.1:%%PORT_app%%;

            location /outer/inner {
                oauth_scope b;
                proxy_pass http://127.0.0.1:%%PORT_app%%;
            }

            location /outer/same {
                proxy_pass http://127.0.0.1:%%PORT_app%%;
            }
        }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\n";
    }
EOT

my $http = $nginx->http;


sub decision {
    my ($method, $path, $scope) = @_;

    my $response = $http->request($method, $path,
                                  token => $issuer->token(scope => $scope));
    my $status = $response->status;

    return $status == 200 ? 'yes'
        : $status == 403 ? 'no: '
            . ($response->challenge->{fields}{scope} // 'no scope')
        : $status;
}


for (
    # path, granted, decision

    [ '/', 'a', 'yes' ],
    [ '/', 'b a c', 'yes' ],
    [ '/', 'b', 'no: a' ],
    [ '/', '', 'no: a' ],
    [ '/', undef, 'no: a' ],

    # a scope is a whole word, case matters, and only SP separates scopes

    [ '/', 'aa', 'no: a' ],
    [ '/', 'a:all', 'no: a' ],
    [ '/', 'A', 'no: a' ],
    [ '/', 'a,b', 'no: a' ],
    [ '/', "a\tb", 'no: a' ],
    [ '/', "a\nb", 'no: a' ],
    [ '/', "b  a", 'yes' ],

    [ '/two', 'a b', 'yes' ],
    [ '/two', 'a', 'no: a b' ],
    [ '/two', 'b', 'no: a b' ],
    [ '/lists', 'b a', 'yes' ],
    [ '/lists', 'a', 'no: a b' ],

    [ '/either', 'a d', 'yes' ],
    [ '/either', 'c d', 'yes' ],
    [ '/either', 'a b c', 'no: a d' ],
    [ '/either', 'd', 'no: a d' ],

    [ '/none', '', 'yes' ],
    [ '/none', undef, 'yes' ],
    [ '/nothing', undef, 'yes' ],

    [ '/variable?tool=list', 'tools:list', 'yes' ],
    [ '/variable?tool=list', 'tools:run', 'no: tools:list' ],
    [ '/variable?tool=run', 'tools:list tools:run', 'yes' ],
    [ '/variable?tool=run', 'tools:list', 'no: tools:list tools:run' ],
    [ '/variable?tool=free', undef, 'yes' ],
    [ '/variable', 'tools:list tools:run tools:all', 'no: no scope' ],
    [ '/variable?tool=bad', 'a"b', 'no: no scope' ],
    [ '/prefix?name=x', 'tools:x', 'yes' ],
    [ '/prefix?name=x', 'tools:y', 'no: tools:x' ],

    # a "|" in the value of a variable is part of the scope's name

    [ '/variable?tool=pipe', 'tools:all', 'no: tools:list|tools:all' ],
    [ '/variable?tool=pipe', 'tools:list tools:all',
      'no: tools:list|tools:all' ],
    [ '/variable?tool=pipe', 'tools:list|tools:all', 'yes' ],
    [ '/prefix?name=x|mine', 'mine', 'no: tools:x|mine' ],
    [ '/prefix?name=x|mine', 'tools:x', 'no: tools:x|mine' ],
    [ '/prefix?name=x|mine', 'tools:x|mine', 'yes' ],
    [ '/prefix?name=|mine', 'mine', 'no: tools:|mine' ],
    [ '/t/acme/x', 'tenant:acme', 'yes' ],
    [ '/t/acme%7cmine/x', 'mine', 'no: tenant:acme|mine' ],
    [ '/t/acme|mine/x', 'mine', 'no: tenant:acme|mine' ],

    # a "|" in the configuration separates alternatives, each with its own value

    [ '/chosen?a=p&b=q', 'p', 'yes' ],
    [ '/chosen?a=p&b=q', 'q', 'yes' ],
    [ '/chosen?a=p&b=q', 'p|q', 'no: p' ],
    [ '/chosen?a=p&b=q', 'r', 'no: p' ],
    [ '/chosen?a=p|r&b=q', 'r', 'no: p|r' ],
    [ '/chosen?a=p', 'p', 'yes' ],
    [ '/chosen?b=q', 'q', 'yes' ],
    [ '/chosen?b=q', 'r', 'no: q' ],
    [ '/chosen', 'r', 'no: no scope' ],
    [ '/chosen?a=none&b=q', 'r', 'no: none' ],
    [ '/mixed?c=z', 'x:z', 'yes' ],
    [ '/mixed?c=z', 'y', 'yes' ],
    [ '/mixed?c=z', 'z', 'no: x:z' ],
    [ '/mixed?c=z|w', 'w', 'no: x:z|w' ],

    [ '/implied', 'read', 'yes' ],
    [ '/implied', 'write', 'yes' ],
    [ '/implied', 'admin', 'yes' ],
    [ '/implied', 'list', 'no: read' ],
    [ '/everything', 'root', 'yes' ],
    [ '/everything', 'write', 'no: everything' ],
    [ '/implied', 'root', 'no: read' ],

    [ '/advertised', 'a', 'yes' ],
    [ '/advertised', 'b c', 'no: a' ],

    [ '/outer', 'a', 'yes' ],
    [ '/outer/inner', 'b', 'yes' ],
    [ '/outer/inner', 'a', 'no: b' ],
    [ '/outer/same', 'a', 'yes' ],
    [ '/outer/same', 'b', 'no: a' ],
) {
    my ($path, $scope, $expected) = @$_;
    my $name = defined $scope ? "\"$scope\"" : 'no scope';
    $name =~ s/[\t\n]/ /g;

    is(decision('GET', $path, $scope), $expected, "$path with $name");
}

for (
    [ 'GET', 'a h', 'yes' ],
    [ 'GET', 'a', 'no: a h' ],
    [ 'GET', 'a w', 'no: a h' ],
    [ 'HEAD', 'a h', 'yes' ],
    [ 'HEAD', 'a', 'no: a h' ],
    [ 'POST', 'a w', 'yes' ],
    [ 'POST', 'a h', 'no: a w' ],
    [ 'PUT', 'w', 'no: a w' ],
    [ 'DELETE', 'a', 'yes' ],
    [ 'FOO', 'a f', 'yes' ],
    [ 'FOO', 'a', 'no: a f' ],
) {
    my ($method, $scope, $expected) = @$_;
    is(decision($method, '/method', $scope), $expected,
       "$method with \"$scope\"");
}

# a value with too many scopes denies, and the challenge does not repeat them

for (
    [ 128, 200 ], [ 129, 403 ], [ 1000, 403 ],
) {
    my ($n, $status) = @$_;
    my @scopes = map { sprintf 's%d', $_ } 1 .. $n;
    my @asked = ('X-Asked' => "@scopes");
    my $name = "$n scopes asked";

    is($http->get('/asked', token => $issuer->token(scope => "@scopes"),
                  @asked)->status, $status, $name);

    my $scope = $http->get('/asked', @asked)->challenge->{fields}{scope};
    is(defined $scope, $status == 200, "$name: in the challenge");
}

# a "|" that the client sends makes one scope, however many parts it has

for my $n (2, 128, 129, 1000) {
    my @scopes = map { sprintf 's%d', $_ } 1 .. $n;

    is($http->get('/asked', token => $issuer->token(scope => "@scopes"),
                  'X-Asked' => join '|', @scopes)->status, 403,
       "$n scopes asked with \"|\"");
}

# claims that hold the scopes of a token

my $path = '/two';

for (
    [ { scope => undef, scp => 'a b' }, 200, 'scp as a string' ],
    [ { scope => undef, scp => [ 'a', 'b' ] }, 200, 'scp as an array' ],
    [ { scope => [ 'b', 'a' ] }, 200, 'scope as an array' ],
    [ { scope => 'a', scp => 'a b' }, 403, 'the first claim that is there' ],
    [ { scope => 'a b', scp => 'a' }, 200, 'whatever the second says' ],
    [ { scope => undef, perms => 'a b' }, 403, 'a claim that is none' ],
    [ { scope => { a => 1, b => 1 } }, 403, 'an object' ],
    [ { scope => [ 'a b' ] }, 403, 'a member with a space' ],
    [ { scope => [ 'a', [ 'b' ] ] }, 403, 'a nested array' ],
    [ { scope => 7 }, 403, 'a number' ],
) {
    my ($claims, $status, $name) = @$_;
    my $response = $http->get($path, token => $issuer->token(%$claims));

    is($response->status, $status, $name);
}

for (
    [ { scope => 'a b' }, 403, 'scope_claim: others are named' ],
    [ { perms => 'a b' }, 200, 'scope_claim: the first' ],
    [ { realm => { roles => [ 'a', 'b' ] } }, 200, 'scope_claim: a path' ],
    [ { 'realm.roles' => 'a b' }, 200, 'scope_claim: a name with a dot' ],
    [ { perms => 'c', realm => { roles => [ 'a', 'b' ] } }, 403,
      'scope_claim: the first that is there' ],
    [ { perms => '', realm => { roles => [ 'a', 'b' ] } }, 200,
      'scope_claim: an empty one is not there' ],
    [ { perms => {}, realm => { roles => [ 'a', 'b' ] } }, 403,
      'scope_claim: one of another type is there' ],
) {
    my ($claims, $status, $name) = @$_;
    is($http->get($path, token => $custom->token(scope => undef, %$claims))
       ->status, $status, $name);
}

# the challenge for a request without a token names the scopes, too

is($http->request('POST', '/method')->challenge->{fields}{scope}, 'a w',
   'no token: the scopes of this method');
is($http->get('/advertised')->challenge->{fields}{scope}, 'a b c',
   'no token: what is advertised');
is($http->get('/variable?tool=run')->challenge->{fields}{scope},
   'tools:list tools:run', 'no token: by variable');
is($http->get('/chosen?a=p|x&b=q')->challenge->{fields}{scope}, 'p|x',
   'no token: the first of two');
is($http->get('/chosen?b=q')->challenge->{fields}{scope}, 'q',
   'no token: the first that has a value');
is_deeply([ sort grep { /[xyz]/ } @{ $http->get(
                '/.well-known/oauth-protected-resource')
                ->json->{scopes_supported} } ], [ 'everything', 'y' ],
          'metadata: an alternative without variables');
is($http->get('/variable?tool=bad')->challenge->{text},
   'Bearer resource_metadata='
   . '"https://app.test/.well-known/oauth-protected-resource"',
   'no token: a value that is no scope is not sent');

finish();

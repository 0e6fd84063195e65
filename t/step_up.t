#!/usr/bin/perl
#
# Step-up: the scopes that a refusal names are enough.  If an agent comes
# without a token, or with one that lacks a scope, the refusal names all scopes
# of the request at once.  A token with these scopes is let in, and one with
# fewer is not.  Scopes that are only advertised are named to an agent without a
# token, but not to one that lacks a scope, and no request needs them.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $issuer = issuer();

my $nginx = nginx(<<'EOT', AS => $issuer->url);
    oauth_issuer corp { issuer %%AS%%; }

    oauth_scope_implies admin write audit;
    oauth_scope_implies write read;
    oauth_scope_implies loop_a loop_b;
    oauth_scope_implies loop_b loop_a;

    map $arg_tool $tool {
        default  "";
        some     "t:some read";
        pipe     "t:one|t:two write";
        free     none;
    }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp;
        oauth_resource https://app.test;

        location /lists {
            oauth_scope read a;
            oauth_scope b;
            oauth_scope c d method=POST,PUT;
            oauth_scope e method=POST;
            oauth_scope f method=GET;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /either {
            oauth_scope a|b c|d|e a;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /variable {
            oauth_scope $tool;
            oauth_scope a t:$arg_tool|t:any;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /implied {
            oauth_scope read audit;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /loop {
            oauth_scope loop_b;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        # a resource of its own, so that it has a metadata document of its own

        location /more {
            oauth_resource https://app.test/more;
            oauth_scope write;
            oauth_scope_advertise read extra;
            oauth_scope_advertise last read;
            proxy_pass http://127.0.0.1:%%PORT_app%%;

            location /more/same {
                oauth_scope write method=POST;
                proxy_pass http://127.0.0.1:%%PORT_app%%;
            }

            location /more/less {
                oauth_scope_advertise other;
                proxy_pass http://127.0.0.1:%%PORT_app%%;
            }

            location /more/off {
                oauth_scope_advertise off;
                proxy_pass http://127.0.0.1:%%PORT_app%%;
            }
        }

        location /nothing {
            oauth_resource https://app.test/nothing;
            oauth_scope_advertise extra;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /tools {
            oauth_resource https://app.test/tools;
            oauth_scope $tool;
            oauth_scope a|b method=POST;
            oauth_scope_advertise read t:some;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /own {
            oauth_scope_implies write b;
            oauth_scope read b;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\n";
    }
EOT

my $http = $nginx->http;
my @resources = map { "https://app.test$_" } '', qw(/more /nothing /tools);


sub ask {
    my ($method, $path, $scope) = @_;

    return $http->request($method, $path) unless defined $scope;
    return $http->request($method, $path, token => $issuer->token(
        scope => length $scope ? $scope : undef, aud => \@resources));
}


# Returns the scopes of the challenge, after checking that the body has the
# same.

sub named {
    my ($response) = @_;

    my $scope = $response->challenge->{fields}{scope} // '';
    my $again = $response->json->{scope} // '';

    return $scope eq $again ? $scope : "\"$scope\" and \"$again\"";
}


for (
    # method, path, what is required, what is advertised besides

    [ 'GET', '/lists', 'read a b f' ],
    [ 'HEAD', '/lists', 'read a b f' ],
    [ 'POST', '/lists', 'read a b c d e' ],
    [ 'PUT', '/lists', 'read a b c d' ],
    [ 'DELETE', '/lists', 'read a b' ],
    [ 'GET', '/either', 'a c' ],
    [ 'GET', '/variable?tool=some', 't:some read a' ],
    [ 'GET', '/variable?tool=pipe', 't:one|t:two write a t:pipe' ],
    [ 'GET', '/variable?tool=free', 'a t:free' ],
    [ 'GET', '/implied', 'read audit' ],
    [ 'GET', '/loop', 'loop_b' ],
    [ 'GET', '/more', 'write', 'read extra last' ],
    [ 'GET', '/more/same', '', 'read extra last' ],
    [ 'POST', '/more/same', 'write', 'read extra last' ],
    [ 'POST', '/more/less', 'write', 'other' ],
    [ 'GET', '/more/off', 'write' ],
    [ 'GET', '/nothing', '', 'extra' ],
    [ 'GET', '/tools?tool=some', 't:some read', '' ],
    [ 'POST', '/tools?tool=free', 'a', 'read t:some' ],
) {
    my ($method, $path, $required, $more) = @$_;
    my @required = split ' ', $required;
    my @more = split ' ', $more // '';
    my $name = "$method $path";
    my $first = ask($method, $path);
    my @all = split ' ', $first->challenge->{fields}{scope} // '';
    my %times;

    is_refused($first, 401, '', "$name: without a token");
    is_deeply([ sort @all ], [ sort @required, @more ],
              "$name: what is named");
    $times{$_}++ for @all;
    is(join(' ', grep { $times{$_} > 1 } @all), '', "$name: once each");
    is(named($first), "@all", "$name: in the body as well")
        unless $method eq 'HEAD';

    is(ask($method, $path, "@all")->status, 200,
       "$name: what is named is enough");
    is(ask($method, $path, $required)->status, 200,
       "$name: what is required is enough");

    for my $missing (@required) {
        my @rest = grep { $_ ne $missing } @required, @more;
        my $response = ask($method, $path, "@rest");

        is_refused($response, 403, 'insufficient_scope',
                   "$name: without $missing");
        is_deeply([ sort split ' ', $response->challenge->{fields}{scope} ],
                  [ sort @required ],
                  "$name: what is required is named, granted or not, no more");
        is(named($response), $response->challenge->{fields}{scope},
           "$name: and in the body") unless $method eq 'HEAD';
    }
}

# after a bad token the agent starts anew: the advertised scopes are named again

is(join(' ', sort split ' ', $http->get('/more', token => 'a.b.c')
        ->challenge->{fields}{scope}), 'extra last read write',
   'a token that is none');

# scopes that imply others

for (
    [ '/implied', 'admin', 200, 'what a scope implies, and what that implies' ],
    [ '/implied', 'write audit', 200, 'one of two by implication' ],
    [ '/implied', 'write', 403, 'the other is missing' ],
    [ '/implied', 'audit', 403, 'implied ones imply nothing upwards' ],
    [ '/loop', 'loop_a', 200, 'two that imply each other' ],
    [ '/either', 'a e', 200, 'another alternative' ],
    [ '/either', 'b c', 403, 'an alternative where it is no choice' ],
    [ '/more', 'admin', 200, 'what is advertised needs no grant' ],
    [ '/variable?tool=some', 't:some read a t:any', 200,
      'an alternative to a variable' ],
    [ '/own', 'write', 403, 'a list of its own replaces the outer one' ],
    [ '/own', 'read write', 200, 'and counts' ],
) {
    my ($path, $scope, $status, $name) = @$_;

    is(ask('GET', $path, $scope)->status, $status, "$name: $scope");
}

# metadata: all scopes that any method may need, and the advertised ones

my %documents = (
    '' => 'a b audit c d e f loop_b read t:any',
    '/more' => 'extra last other read write',
    '/nothing' => 'extra',
    '/tools' => 'a b read t:some',
);

for my $path (sort keys %documents) {
    my $document = $http->get("/.well-known/oauth-protected-resource$path")
        ->json;

    is(join(' ', sort @{ $document->{scopes_supported} || [] }),
       join(' ', sort split ' ', $documents{$path}),
       "scopes_supported of \"$path\"");
}

finish();

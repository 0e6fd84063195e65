#!/usr/bin/perl
#
# Scopes that depend on claims: a variable in oauth_scope gets the claims of the
# verified token, even if the variable was read before the token was verified.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $issuer = issuer();
my $late = issuer();

$late->answer(jwks => hold => 'go');

my $nginx = nginx(<<'EOT', AS => $issuer->url, LATE => $late->url);
    oauth_issuer corp { issuer %%AS%%; }
    oauth_issuer late { issuer %%LATE%%; }

    map $oauth_claim_dept $dept {
        default none;
        finance finance:read;
    }

    map $oauth_claim_tier $tier {
        default none;
        gold    gold:read;
    }

    map $oauth_sub $own {
        alice   wiki:alice;
    }

    map $uri $place {
        default none;
        /admin  admin;
    }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        root %%DIR%%/html;

        oauth corp late;
        oauth_resource https://app.test;

        location /one {
            oauth_scope user:$oauth_sub;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /own {
            oauth_scope $own;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /two {
            oauth_scope $dept $tier;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /early {
            set $seen $tier;
            oauth_scope $tier;
            add_header X-Seen $seen always;
            add_header X-Tier $tier always;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /ssi {
            ssi on;
            ssi_types *;
            oauth_scope page;
            try_files /page =404;
        }

        location /part {
            oauth_scope $tier;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /alias {
            oauth off;
            set $seen $place;
            rewrite ^ /admin last;
        }

        location /admin {
            oauth_scope $place;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location = /status {
            oauth off;
            stub_status;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app";
    }
EOT

$nginx->write_file('html/page', '[<!--#include virtual="/part" -->]');

my $http = $nginx->http;


sub decision {
    my ($path, %claims) = @_;

    my $response = $http->get($path, token => $issuer->token(%claims));

    return join ' ', $response->status,
        $response->challenge->{fields}{scope} // ();
}


my %both = (dept => 'finance', tier => 'gold');

for (
    # path, claims, decision

    [ '/one', { scope => 'user:alice' }, '200' ],
    [ '/one', { scope => 'user:bob' }, '403 user:alice' ],
    [ '/one', { scope => 'user:' }, '403 user:alice' ],
    [ '/own', { scope => 'wiki:alice' }, '200' ],
    [ '/own', { scope => 'wiki:bob' }, '403 wiki:alice' ],
    [ '/two', { scope => 'x' }, '200' ],
    [ '/two', { %both, scope => 'finance:read gold:read' }, '200' ],
    [ '/two', { %both, scope => 'finance:read' },
      '403 finance:read gold:read' ],
    [ '/two', { %both, scope => 'gold:read' }, '403 finance:read gold:read' ],
    [ '/early', { scope => 'x' }, '200' ],
    [ '/early', { %both, scope => 'gold:read' }, '200' ],
    [ '/early', { %both, scope => 'finance:read' }, '403 gold:read' ],
    [ '/admin', { scope => 'admin' }, '200' ],
    [ '/admin', { scope => 'x' }, '403 admin' ],
    [ '/alias', { scope => 'admin' }, '200' ],
    [ '/alias', { scope => 'x' }, '403 admin' ],
) {
    my ($path, $claims, $expected) = @$_;

    is(decision($path, %$claims), $expected,
       "$path: " . join ', ', map { "$_=$claims->{$_}" } sort keys %$claims);
}

# a subrequest

is($http->get('/ssi', token => $issuer->token(
       tier => 'gold', scope => 'page gold:read'))->body, '[app]',
   'an include, granted');
unlike($http->get('/ssi', token => $issuer->token(
           tier => 'gold', scope => 'page'))->body, qr/app/,
       'an include, not granted');
is($http->get('/ssi', token => $issuer->token(scope => 'page'))->body,
   '[app]', 'an include that needs nothing');

# a variable is read before there are keys, so it has not seen the claims

my @waiting = map {
    $http->start('GET', '/early', token => $late->token(tier => 'gold',
                                                        scope => $_))
} 'gold:read', 'x';

ok(wait_until(sub { $nginx->pending == 2 }), 'two wait for keys');

$late->raise_flag('go');

my @responses = finish_all(@waiting);

is_deeply([ map { $_->status } @responses ], [ 200, 403 ],
          'granted, and not granted');
is($responses[0]->header('X-Seen'), 'gold:read',
   '"set" runs when the keys are there');
is($responses[0]->header('X-Tier'), 'gold:read', 'and has the map\'s value');

finish();

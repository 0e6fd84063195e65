#!/usr/bin/perl
#
# nginx runs rewrite rules before the access phase.  If a rule reads a claim,
# the request waits for the keys before the rules run, both at a cold start and
# when its token has a new key.  If there are no keys, the answer is 503.  So no
# rule is decided on the empty claims of a token that nobody could verify.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my ($old, $new, $again) = map { key('ES256') } 1 .. 3;
my $upstream = upstream();

my %issuer = map { $_ => issuer(keys => [ $old ]) }
    qw(if rewrite set map limit plain post server);
my $down = issuer(keys => [ $old ]);
my $unkeyed = issuer(keys => [ $old ]);

$_->answer(jwks => hold => 'go') for values %issuer;
$down->answer(jwks => mode => 'hang');

my $issuers = join '', map {
    "oauth_issuer $_ { issuer " . $issuer{$_}->url . '; key_refetch 1s; }'
} sort keys %issuer;

my $nginx = nginx($issuers . <<'EOT',
    oauth_issuer down { issuer %%DOWN%%; }
    oauth_issuer unkeyed { issuer %%UNKEYED%%; key_refetch 1s; }

    map $oauth_claim_role $banned { default 0; banned 1; }
    limit_req_zone $oauth_sub zone=users:1m rate=1r/m;

    oauth_header X-User sub;

    server {
        listen 127.0.0.1:%%PORT_main%%;
        oauth_resource https://app.test;

        location /if/ {
            oauth if;
            if ($oauth_claim_role = banned) { return 403; }
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /rewrite/ {
            oauth rewrite;
            rewrite ^ /u/$oauth_sub/x break;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /set/ {
            oauth set;
            set $whose "$oauth_sub";
            proxy_set_header X-Whose "<$whose>";
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /map/ {
            oauth map;
            if ($banned) { return 403; }
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /limit/ {
            oauth limit;
            limit_req zone=users;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /plain/ {
            oauth plain;
            rewrite ^/plain/(.*)$ /$1 break;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /post/ {
            oauth post;
            if ($oauth_claim_role = banned) { return 403; }
            post_action /after;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /after {
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /down/ {
            oauth down;
            if ($oauth_claim_role = "") { return 204; }
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /down_any/ {
            oauth down;
            satisfy any;
            allow 127.0.0.1;
            deny all;
            if ($oauth_claim_role = "") { return 204; }
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /unkeyed/ {
            oauth unkeyed;
            if ($oauth_claim_role = banned) { return 403; }
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }

    # the error page of a refusal runs through the same rules

    server {
        listen 127.0.0.1:%%PORT_page%%;
        oauth down;
        oauth_resource https://app.test;
        error_page 503 /sorry;

        if ($oauth_claim_role = banned) { return 403; }

        location /sorry {
            oauth off;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /x {
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }

    # no location matches: the rules of the server apply

    server {
        listen 127.0.0.1:%%PORT_server%%;
        oauth server;
        oauth_resource https://app.test;
        root %%DIR%%/html;

        if ($oauth_claim_role = banned) { return 403; }
    }
EOT
    UP => $upstream->port, DOWN => $down->url, UNKEYED => $unkeyed->url);

my $http = $nginx->http;

mkdir $nginx->dir . '/html';
$nginx->write_file('html/page', 'the page');


sub token {
    my ($name, %claims) = @_;

    return $issuer{$name}->token(%claims);
}


# cold start: each request waits, and then its rule is decided

my %request;

for my $name (qw(if map post)) {
    for my $role ('banned', 'good') {
        $request{$name}{$role} = $http->start('GET', "/$name/$role", token =>
                                              token($name, role => $role));
    }
}

$request{rewrite} = $http->start('GET', '/rewrite/', token => token('rewrite'));
$request{set} = $http->start('GET', '/set/', token => token('set'));
$request{plain} = $http->start('GET', '/plain/x', token => token('plain'));
$request{limit} = [ map {
    $http->start('GET', '/limit/', token => token('limit', sub => 'dora'))
} 1, 2 ];
$request{server} = $nginx->http('server')
    ->start('GET', '/page', token => token('server', role => 'banned'));

for my $name (sort keys %issuer) {
    ok(wait_until(sub { $issuer{$name}->count('jwks') >= 1 }),
       "$name: keys are asked for");
}

# a request without a token does not wait

is_refused($http->get('/if/x'), 401, '', 'no token: no waiting');
is_refused($http->get('/if/x', token => 'a.b.c'), 401, 'invalid_token',
           'a token without an issuer: no waiting');

$issuer{$_}->raise_flag('go') for sort keys %issuer;

for my $name (qw(if map post)) {
    is($request{$name}{banned}->finish->status, 403, "$name, cold: banned");
    is($request{$name}{good}->finish->status, 200, "$name, cold: let in");
    is($http->get("/$name/", token => token($name, role => 'banned'))->status,
       403, "$name, warm: banned");
}

like($request{rewrite}->finish->json->{line}, qr{ /u/alice/x }, 'rewrite, cold');
is_deeply([ $request{set}->finish->echoed('X-Whose') ], [ '<alice>' ],
          'set, cold');
is($request{plain}->finish->status, 200, 'a rule without claims, cold');
is_deeply([ sort map { $_->finish->status } @{ $request{limit} } ],
          [ 200, 503 ], 'limit_req, cold: the second one of the same user');
is($request{server}->finish->status, 403, 'the server\'s own rule, cold');
is($nginx->http('server')->get('/page', token => token('server'))->body,
   'the page', 'who may see it');

# the first tokens of a new key, under a new key id and under the old one

for my $name (qw(if map rewrite limit)) {
    for my $key ($new, $again->copy('ES256', kid => $new->kid)) {
        my $response;

        $issuer{$name}->keys($key);

        # until key_refetch has passed

        wait_until(sub {
            $response = $http->get("/$name/", token =>
                                   token($name, role => 'banned',
                                         sub => 'eve'));
            return $response->status != 401;
        }, 5);

        if ($name eq 'rewrite') {
            like($response->json->{line}, qr{ /u/eve/x },
                 'rewrite, a new key');

        } elsif ($name eq 'limit') {
            is($response->status, $key == $new ? 200 : 503,
               'limit_req, a new key');

        } else {
            is($response->status, 403, "$name, a new key: banned");
        }
    }
}

# no keys at all: no rule is decided without them

for my $path ('/down/', '/down_any/') {
    my $response = $http->get($path, token => $down->token(role => 'x'));

    is($response->status, 503, "$path: no keys");
    ok($response->header('Retry-After'), 'come again');
    ok(!defined $response->header('WWW-Authenticate'), 'with that token');
    is($http->get($path)->status, 204, "$path: no token, no claim");
}

my $page = $nginx->http('page')->get('/x', token => $down->token);
is($page->status, 503, 'the error page of that refusal');
is($page->json->{from}, 'upstream', 'is shown');
is_deeply([ $page->echoed('Authorization') ], [], 'without the token');

# a client that closes its connection while its request waits

$unkeyed->answer(jwks => hold => 'gone');
$unkeyed->keys($new);

my $leaves = $http->start('GET', '/unkeyed/x', token => $unkeyed->token);
ok(wait_until(sub { $unkeyed->count('jwks') >= 2 }), 'a request waits');
$leaves->close;
$unkeyed->raise_flag('gone');
is($http->get('/unkeyed/x', token => $unkeyed->token)->status, 200,
   'the next one is served');

is_deeply([ $nginx->log_lines(qr/\[(alert|crit|emerg)\]/) ], [],
          'nothing alarming in the log');

finish();

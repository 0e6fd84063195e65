#!/usr/bin/perl
#
# Who acts for whom: the claim act (RFC 8693 section 4.1) of JWTs and of what an
# issuer says about an opaque token.  Malformed chains are refused, the outermost
# actor decides, the others are only shown.  And a client_id that is a URL.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP ();

use OAuth::Test;

my $issuer = issuer();
my $upstream = upstream();
my $null = JSON::PP::null;
my $client = 'https://agents.test/client.json?v=1';

$issuer->metadata(introspection_endpoint => $issuer->url . '/introspect');

my $conf = <<'EOT';
    oauth_issuer corp {
        issuer %%AS%%;
        introspect opaque;
        client_auth none;
    }

    oauth_claim_set $actor_issuer act iss;
    oauth_claim_set $inner act.act.sub;

    map $oauth_actor $actor_scope {
        default       none;
        https://a.test a:use;
    }

    log_format actor '$uri $oauth_result [$oauth_actor] [$oauth_actors]';

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        access_log %%DIR%%/access.log actor;

        oauth corp;
        oauth_resource https://app.test;
        oauth_header X-Actor $oauth_actor;
        oauth_header X-Actors $oauth_actors;
        oauth_header X-Sub act.sub;
        oauth_header X-Issuer $actor_issuer;
        oauth_header X-Inner $inner;
        oauth_header X-Client $oauth_client_id;
        oauth_header X-Client-Claim client_id;

        location / { proxy_pass http://127.0.0.1:%%UP%%; }

        location /agent {
            oauth_require act.sub agent-7 $arg_agent;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /issuer {
            oauth_require act.iss https://as-a.test;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /map {
            oauth_scope $actor_scope;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /client {
            oauth_require client_id https://agents.test/client.json?v=1;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }
EOT

my $nginx = OAuth::Test::Nginx->new(conf => $conf, AS => $issuer->url,
                                    UP => $upstream->port);

$nginx->start;

my $http = $nginx->http;
my $number = 0;


# Each token is new, so that none is known to the worker.

sub jwt {
    my (@claims) = @_;

    return $issuer->token(jti => 'j' . ++$number, @claims);
}


sub opaque {
    my (@claims) = @_;

    return $issuer->opaque('o' . ++$number, {
        sub => 'alice', aud => 'https://app.test', @claims
    });
}


my %kinds = (jwt => \&jwt, opaque => \&opaque);


# The values of a header field of the last request that the app got.

sub sent {
    my ($name) = @_;

    return join '|', map { $_->[1] } grep { lc $_->[0] eq lc $name }
                     @{ ($upstream->requests)[-1]{headers} };
}


sub refused {
    my ($path, $token, $status, $said, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $before = $upstream->count;

    $nginx->mark;

    is($http->get($path, token => $token)->status, $status, "$name: $status");
    is($upstream->count, $before, "$name: the app gets nothing");
    ok(scalar($nginx->wait_for_log(qr/refused: $said/)), "$name: $said");

    return;
}


# The log says what is malformed: for an opaque token, in the line about what its
# issuer has answered.

sub malformed {
    my ($kind, $act, $why, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    refused('/', $kinds{$kind}->(act => $act), 401, 'malformed_claims: ',
            "$kind: $name");

    my $line = $kind eq 'jwt' ? qr/malformed_claims: .*: \Q$why\E/
        : qr/its answer is not accepted \(malformed_claims\): \Q$why\E/;

    ok(scalar($nginx->wait_for_log($line)), "$kind: $name: $why");

    return;
}


sub accepted {
    my ($path, $token, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return is($http->get($path, token => $token)->status, 200, $name);
}


# A chain of actors with these subs, the outermost first.

sub chain {
    my ($sub, @inner) = @_;

    return { sub => $sub, @inner ? (act => chain(@inner)) : () };
}


my $two = { sub => 'agent-7', iss => 'https://as-a.test',
            act => { sub => 'portal', iss => 'https://as-b.test' } };

for my $kind (sort keys %kinds) {
    my $token = $kinds{$kind};

    # what is shown

    accepted('/', $token->(act => $two), "$kind: two actors");
    is(sent('X-Actor'), 'agent-7', "$kind: \$oauth_actor");
    is(sent('X-Sub'), 'agent-7', "$kind: act.sub");
    is(sent('X-Actors'), 'agent-7,portal', "$kind: \$oauth_actors");
    is(sent('X-Issuer'), 'https://as-a.test', "$kind: act iss");
    is(sent('X-Inner'), 'portal', "$kind: an inner actor by path");

    accepted('/', $token->(act => chain('a,b', '5%', 'c')),
             "$kind: actors with , and %");
    is(sent('X-Actor'), 'a,b', "$kind: one is written as it is");
    is(sent('X-Actors'), 'a%2Cb,5%25,c', "$kind: all are a list");

    accepted('/', $token->(act => chain("M\x{fc}ller")),
             "$kind: an actor outside ASCII");
    is(sent('X-Actors'), "M\xc3\xbcller", "$kind: is in UTF-8");

    accepted('/', $token->(act => chain("a\r\nX-Evil: 1", 'b')),
             "$kind: an actor with CR LF");
    is(sent('X-Actor') . sent('X-Actors') . sent('X-Evil'), '',
       "$kind: is not shown");

    for ([ 'no act' ], [ 'null', act => $null ],
         [ 'only may_act', may_act => { sub => 'agent-7' } ],
         [ 'may_act that is malformed', may_act => [ 7 ] ],
         [ 'a claim whose name is act.sub', 'act.sub' => 'agent-7' ])
    {
        my ($name, @claims) = @$_;

        accepted('/', $token->(@claims), "$kind, $name: accepted");
        is(sent('X-Actor') . sent('X-Actors') . sent('X-Sub'), '',
           "$kind, $name: no actor");
        refused('/agent', $token->(@claims), 403,
                'requirement_not_met: .*"act\.sub"',
                "$kind, $name: and none decides");
    }

    # forms

    my @ten = map { "actor-$_" } 1 .. 10;

    accepted('/', $token->(act => chain(@ten)), "$kind: 10 actors");
    is(sent('X-Actors'), join(',', @ten), "$kind: all of them");
    malformed($kind, chain(@ten, 'actor-11'), 'act has more than 10 actors',
              '11 actors');

    accepted('/', $token->(act => { sub => 'a' }), "$kind: an object");
    malformed($kind, $_->[1], 'act is not an object', "act is $_->[0]")
        for [ 'a string', 'a' ], [ 'an empty string', '' ],
            [ 'an array', [ { sub => 'a' } ] ], [ 'a number', 7 ],
            [ 'true', JSON::PP::true ];

    malformed($kind, $_->[1], 'act has no sub that is a string', $_->[0])
        for [ 'no sub', { iss => 'https://as-a.test' } ],
            [ 'an empty sub', { sub => '' } ], [ 'sub null', { sub => $null } ],
            [ 'sub a number', { sub => 7 } ],
            [ 'sub an array', { sub => [ 'a' ] } ],
            [ 'an inner actor without sub',
              { sub => 'a', act => { act => { sub => 'b' } } } ];

    accepted('/', $token->(act => { sub => 'a', iss => $null }),
             "$kind: iss of act is null");
    malformed($kind, { sub => 'a', iss => [ 'https://as-a.test' ] },
              'iss of act is not a string', 'iss of act is an array');
    malformed($kind, { sub => 'a', act => 'b' }, 'act is not an object',
              'an inner actor is a string');

    # the outermost actor decides

    accepted('/agent', $token->(act => chain('agent-7', 'portal')),
             "$kind: oauth_require act.sub, the outermost");
    accepted('/agent?agent=robot', $token->(act => chain('robot')),
             "$kind: oauth_require act.sub with a variable");
    refused('/agent', $token->(act => chain('portal', 'agent-7')), 403,
            'requirement_not_met: .*"act\.sub"', "$kind: an inner actor");
    refused('/agent', $token->(act => chain('agent-77')), 403,
            'requirement_not_met', "$kind: another actor");
    refused('/agent', $token->(act => chain('portal'), 'act.sub' => 'agent-7'),
            403, 'requirement_not_met',
            "$kind: another claim whose name is act.sub");

    accepted('/issuer', $token->(act => $two), "$kind: act.iss");
    refused('/issuer', $token->(act => { %$two, iss => 'https://as-b.test' }),
            403, 'requirement_not_met', "$kind: another act.iss");
    refused('/issuer', $token->(act => { sub => 'a', act => $two }), 403,
            'requirement_not_met', "$kind: act.iss of an inner actor");

    accepted('/map', $token->(act => chain('b')), "$kind: in a map");
    refused('/map', $token->(act => chain('https://a.test'), scope => 'x'),
            403, 'insufficient_scope', "$kind: in a map, another actor");

    # a client that is named by the URL of its metadata document

    accepted('/client', $token->(client_id => $client),
             "$kind: client_id is a URL");
    is(sent('X-Client'), $client, "$kind: \$oauth_client_id");
    is(sent('X-Client-Claim'), $client, "$kind: oauth_header client_id");
    refused('/client', $token->(client_id => $_), 403, 'requirement_not_met',
            "$kind: client_id $_")
        for "$client&x", 'https://agents.test/client.json',
            'https://agents.test/Client.json?v=1';
}

# a known token

my $known = jwt(act => $two);

for (1 .. 2) {
    accepted('/agent', $known, 'a known token');
    is(sent('X-Actors'), 'agent-7,portal', 'has its actors');
}

# the access log names the actor of a verified token that is refused here

refused('/agent/log', jwt(act => chain('portal', 'agent-7')), 403,
        'requirement_not_met', 'for the log');
ok(wait_until(sub { $nginx->read_file('access.log') =~
    m{^/agent/log requirement_not_met \[portal\] \[portal,agent-7\]$}m }, 5),
   'access log: who was refused');

refused('/log', jwt(act => { sub => 7 }), 401, 'malformed_claims',
        'malformed, for the log');
ok(wait_until(sub { $nginx->read_file('access.log') =~
    m{^/log malformed_claims \[-?\] \[-?\]$}m }, 5),
   'access log: nothing of a malformed token');

# nginx -t

my $other = OAuth::Test::Nginx->new(conf => '', AS => $issuer->url,
                                    UP => $upstream->port);

for my $path ('act.act', 'act.act.sub', 'act.act.act.iss') {
    my ($ok, $said) = $other->test_conf($conf =~ s/act\.iss https/$path https/r);

    ok(!$ok, "oauth_require $path is refused");
    like($said, qr/\[emerg\] .*"\Q$path\E" .*write act\.sub or act\.iss.*:\d+$/m,
         'and why');
}

ok(($other->test_conf($conf =~ s/act\.iss https/act.actor https/r))[0],
   'oauth_require act.actor is accepted');

finish();

#!/usr/bin/perl
#
# The authorization server that is asked about opaque tokens is down, hangs, is
# slow, or comes and goes.  Requests that it would have to decide get 503.  All
# others are served meanwhile, by the same single worker: JWTs of that server
# and of others, and opaque tokens of another server.  A request that is still
# unanswered, while others have their answers, shows that nothing blocks.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $as = issuer();
my $second = issuer();

$_->metadata(introspection_endpoint => $_->url . '/introspect')
    for $as, $second;

my $nginx = nginx(<<'EOT', AS => $as->url, SECOND => $second->url);
    oauth_issuer as {
        issuer %%AS%%; introspect opaque; client_auth none;
        introspection_cache 1s; timeout 3s;
    }
    oauth_issuer second {
        issuer %%SECOND%%; introspect opaque; client_auth none;
    }
    oauth_issuer patient {
        issuer %%AS%%; introspect opaque; client_auth none;
        introspection_cache 0; timeout 30s;
    }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth_resource https://app.test;
        oauth_audience off;

        location / { oauth as second; proxy_pass http://127.0.0.1:%%PORT_app%%; }
        location /as { oauth as; proxy_pass http://127.0.0.1:%%PORT_app%%; }
        location /second { oauth second; proxy_pass http://127.0.0.1:%%PORT_app%%; }
        location /patient { oauth patient; proxy_pass http://127.0.0.1:%%PORT_app%%; }
        location = /status { stub_status; }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\n";
    }
EOT

my $http = $nginx->http;
my $jwt = $as->token(sub => 'jim');
my $their_jwt = $second->token(sub => 'joan');

$second->opaque('theirs', { sub => 'carol' });

my $tokens = 0;


sub status { return $http->get($_[0], token => $_[1])->status }


# A token that nobody knows yet, and that is active at this server.

sub new_token {
    my ($server) = @_;

    return $server->opaque('token-' . ++$tokens, { sub => 'user' });
}


sub asked {
    my ($server, $token) = @_;

    return scalar grep { $_->{token} eq $token } $server->questions;
}


# A refusal for which the client is not to blame.

sub is_unavailable {
    my ($response, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    is($response->status, 503, "$name: 503");
    is($response->header('WWW-Authenticate'), undef, "$name: no challenge");

    return like($response->header('Retry-After'), qr/\A\d+\z/,
                "$name: with Retry-After");
}


sub others_are_served {
    my ($name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    is(status('/as', $jwt), 200, "$name: a JWT of that server");
    is(status('/as', 'a.b.c'), 401, "$name: a bad JWT");
    is(status('/', $their_jwt), 200, "$name: a JWT of the other server");
    is(status('/second', 'theirs'), 200, "$name: a known opaque token");
    is(status('/second', new_token($second)), 200,
       "$name: a new one of the other server");

    return is(status('/second', 'nobodys'), 401, "$name: one that is inactive");
}


# A request waits for the server, and others have their answers before it.  On a
# machine that is busy its time may be over before that, so it is tried again.

sub waits_alone {
    my ($name, $path, $token) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $waiting;

    for (1 .. 5) {
        $waiting = $http->start('GET', $path, token => $token);

        ok(wait_until(sub { $nginx->pending == 1 }), "$name: a request waits");
        others_are_served($name);

        last if $nginx->pending == 1;

        $waiting->close;
        undef $waiting;
    }

    ok($waiting, "$name: it still waits");

    return $waiting;
}


# Everything is there, and no request of the first fault waits for documents.

is(status('/as', new_token($as)), 200, 'an opaque token');
is(status('/as', 'nobodys'), 401, 'one that is inactive');
others_are_served('before');

# refused connections

my $token = new_token($as);

$as->down;
is_unavailable($http->get('/as', token => $token), 'down');
is_unavailable($http->get('/as', token => $token), 'down, again');
ok(scalar($nginx->wait_for_log(qr/nginx has no answer from issuer "as" about a token/)),
   'down: the log says why');
others_are_served('down');
$as->up;
is(status('/as', $token), 200, 'up: the same token');
is(status('/as', 'nobodys-2'), 401, 'up: one that is inactive');

# a known token, while the server is down for longer than its answer is kept

$token = new_token($as);
is(status('/as', $token), 200, 'kept: before');
$as->down;
ok(wait_until(sub { status('/as', $token) == 503 }), 'kept: not for ever');
$as->up;
is(status('/as', $token), 200, 'kept: after');

# connections are accepted, and nothing comes

for ([ 'mute', sub { $as->silent } ],
     [ 'hangs', sub { $as->answer(introspect => mode => 'hang') } ],
     [ 'drips', sub { $as->answer(introspect => mode => 'drip_head') } ])
{
    my ($name, $begin) = @$_;

    $token = new_token($as);
    $begin->();

    # what was connected before is gone

    if ($name eq 'mute') {
        $as->down;
        $as->up;
    }

    my $waiting = waits_alone($name, '/as', $token);

    is_unavailable($waiting->finish, $name);
    $waiting->close;

    $as->normal;
    $as->metadata(introspection_endpoint => $as->url . '/introspect');
    is(status('/as', $token), 200, "$name: the same token afterwards");
}

# The server needs longer than a request may wait, and its own limit allows it.
# Its answer is kept for those who ask later.

$token = new_token($as);
$as->answer(introspect => hold => 'patient');

my $waiting = waits_alone('patient', '/patient', $token);

is_unavailable($waiting->finish, 'patient');
$waiting->close;

my @later = map { $http->start('GET', '/patient', token => $token) } 1, 2;

ok(wait_until(sub { $nginx->pending == 2 }), 'patient: others wait');
$as->raise_flag('patient');
is($_->status, 200, 'patient: they get the answer') for finish_all(@later);
is(asked($as, $token), 1, 'patient: to the first question');
$as->answer('introspect');

# slow, and within the limit

$token = new_token($as);
$as->answer(introspect => hold => 'slow');
$waiting = waits_alone('slow', '/as', $token);
$as->raise_flag('slow');
is($waiting->finish->status, 200, 'slow: the answer counts');
$waiting->close;

# comes and goes: each answer counts for its own request

my @faults = ([ status => 500 ], [ mode => 'reset' ], [ mode => 'close' ],
              [ mode => 'short' ], [ status => 200, body => '<html>' ],
              [ status => 429 ], [ status => 401 ]);

for my $fault (@faults) {
    my $name = "flaps, @$fault";

    $as->answer('introspect');
    is(status('/as', new_token($as)), 200, "$name: it answers");

    $token = new_token($as);
    $as->answer(introspect => @$fault);
    is_unavailable($http->get('/as', token => $token), $name);
    is_unavailable($http->get('/as', token => 'nobodys'), "$name, inactive");
    others_are_served($name);

    $as->answer('introspect');
    is(status('/as', $token), 200, "$name: it answers again");
}

# Two servers in one location: one that fails does not decide.  The order of
# "oauth" is that of the questions.

for my $first ($as, $second) {
    my $name = $first == $as ? 'the first fails' : 'the second fails';
    my $other = $first == $as ? $second : $as;

    $token = new_token($other);
    my $unknown = new_token($first);

    $first->down;
    is(status('/', $token), 200, "$name: the other says active");
    is_unavailable($http->get('/', token => $unknown),
                   "$name: the other says inactive");
    is(status('/', $jwt), 200, "$name: a JWT");
    $first->up;
    is(status('/', $unknown), 200, "$name: and up again");
    is(status('/', "nobodys-$name" =~ tr/ /-/r), 401,
       "$name: both say inactive");
}

# The first one hangs for less time than a request may wait.

$token = new_token($second);
$as->answer(introspect => mode => 'hang');
is(status('/', $token), 200, 'the first hangs: the other says active');
is_unavailable($http->get('/', token => 'nobodys-3'),
               'the first hangs: the other says inactive');
$as->answer('introspect');

$_->down for $as, $second;
$token = new_token($as);
is_unavailable($http->get('/', token => $token), 'both fail');
is(status('/', $their_jwt), 200, 'both fail: a JWT');
$_->up for $as, $second;
is(status('/', $token), 200, 'both are up again');

# A token that its server has ended is refused once the last answer is older
# than introspection_cache, and not before the server has been asked.

$token = new_token($as);
is(status('/as', $token), 200, 'ended: before');

my $asked = asked($as, $token);

$as->opaque($token, undef);
ok(wait_until(sub { status('/as', $token) == 401 }), 'ended: refused');
is(asked($as, $token), $asked + 1, 'ended: after one more question');
is(status('/as', $token), 401, 'ended: it stays refused');

finish();

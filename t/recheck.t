#!/usr/bin/perl
#
# oauth_session_recheck: responses that are running end when their token is
# revoked, and with "expiry" when it has expired; on HTTP/1.1 and HTTP/2, with
# and without buffering, event streams, WebSockets, downloads and requests whose
# app has not answered.  The app sees its connection closed, others go on.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP ();

use OAuth::Test;
use OAuth::Test::Http2Client;

my $json = JSON::PP->new->canonical;
my $as = issuer();
my $upstream = upstream();

my $conf = <<'EOT';
    oauth_revocation_store %%STORE%% size=8m;
    oauth_issuer as { issuer %%AS%%; leeway 0; }

    log_format oauth '$uri $oauth_result';

    map $http_upgrade $connection_upgrade { default upgrade; "" close; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        listen 127.0.0.1:%%PORT_h2%% http2;
        server_name app.test;
        access_log %%DIR%%/access.log oauth;

        oauth as;
        oauth_resource https://app.test;
        oauth_session_recheck 400ms;

        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;

        location / { proxy_buffering off; proxy_pass http://127.0.0.1:%%UP%%; }
        location /buffered { proxy_pass http://127.0.0.1:%%UP%%; }
        location /off { oauth_session_recheck off; proxy_buffering off; proxy_pass http://127.0.0.1:%%UP%%; }
        location /expiry { oauth_session_recheck 400ms expiry; proxy_buffering off; proxy_pass http://127.0.0.1:%%UP%%; }
        location /slow.bin { limit_rate 1k; root %%DIR%%/html; }
        location /after { post_action /late; proxy_buffering off; proxy_pass http://127.0.0.1:%%UP%%; }
        location /late { proxy_pass http://127.0.0.1:%%UP%%; }
        location /unwatched { try_files /none /off?events=never; }
        location /dry { oauth_dry_run on; proxy_buffering off; proxy_pass http://127.0.0.1:%%UP%%; }
        location /denied { oauth_dry_run on; oauth_scope none-has; proxy_buffering off; proxy_pass http://127.0.0.1:%%UP%%; }
        location /any { satisfy any; allow all; oauth_scope none-has; proxy_buffering off; proxy_pass http://127.0.0.1:%%UP%%; }
        location /moved { oauth_session_recheck 1h; try_files /none /stream?events=never; }
    }

    server {
        listen 127.0.0.1:%%PORT_local%%;
        location = /admin { oauth_revoke admin; }
        location = /json { oauth_status; }
        location = /status { stub_status; }
    }
EOT

my $nginx = OAuth::Test::Nginx->new(conf => $conf, AS => $as->url,
                                    UP => $upstream->port, workers => 1);

$nginx->{STORE} = $nginx->make_folder('store');
$nginx->write_file('html/slow.bin', 'x' x 100_000);
$nginx->start;

my $http = $nginx->http;
my $local = $nginx->http('local');

my $number = 0;


sub token {
    my (%claims) = @_;

    return $as->token(sub => 'user-' . ++$number, %claims);
}


sub revoke {
    my ($sub) = @_;

    return $local->request('POST', '/admin',
        'Content-Type' => 'application/json',
        body => $json->encode({ issuer => $as->url, subject => $sub }))->status;
}


sub access_has {
    my ($path, $result) = @_;

    return wait_until(sub {
        $nginx->read_file('access.log') =~ m{^\Q$path $result\E$}m
    });
}


# Each kind of response on HTTP/1.1: one whose token is revoked ends, one of
# another subject goes on.

for my $case (
    [ 'an event stream', '/stream?events=never', qr/data: first/ ],
    [ 'a buffered event stream', '/buffered?events=never', undef ],
    [ 'a WebSocket', '/ws?upgrade', qr/101 /, 'Upgrade', 'websocket' ],
    [ 'a request without an answer', '/wait?wait=never', undef ],
    [ 'a post_action', '/after?events=never', qr/data: first/ ],
    [ 'a redirect to a shorter interval', '/moved', qr/data: first/ ],
    [ 'a slow download', '/slow.bin', qr/200 OK.*x/s ],
) {
    my ($name, $path, $begin, @fields) = @$case;

    my ($victim, $witness) = map {
        $http->connect->send($http->bytes('GET', $path, token => token(),
                                          @fields), 'GET')
    } 1, 2;

    for ($victim, $witness) {
        ok($_->read_until($begin), "$name: it has begun") if $begin;
    }

    wait_until(sub { $nginx->pending('local') >= 2 });

    is(revoke('user-' . ($number - 1)), 204, "$name: accepted");
    ok($victim->is_closed(3), "$name: it ends");

    my ($plain) = $path =~ /([^?]*)/;

    $plain = '/stream' if $plain eq '/moved';

    ok(access_has($plain, 'revoked'), "$name: the access log says why");
    ok(!$witness->is_closed(0.6), "$name: another one goes on");

    $_->close for $victim, $witness;
    ok(wait_until(sub { $nginx->pending('local') == 0 }),
       "$name: nothing is left");
}


# The app sees its connection closed.

{
    my $ws = $http->connect->send($http->bytes('GET', '/app?upgrade',
        token => token(), 'Upgrade', 'websocket'), 'GET');

    ok($ws->read_until(qr/101 /), 'app: it has begun');
    $ws->send('echo');
    ok($ws->read_until(qr/ECHO/), 'app: both directions work');
    revoke("user-$number");
    ok($ws->is_closed(3), 'app: the client is closed');
    ok(wait_until(sub { $nginx->connected('local') == 0 }),
       'app: its connection is closed, too');
    $ws->close;
}


# HTTP/2: the stream ends, and others on the same connection go on.

{
    my $client = OAuth::Test::Http2Client->new(port => $nginx->port('h2'));
    my ($victim, $witness) = map {
        $client->begin([ [ ':method', 'GET' ], [ ':scheme', 'http' ],
                         [ ':path', '/h2?events=h2' ],
                         [ ':authority', 'app.test' ],
                         [ 'authorization', 'Bearer ' . token() ] ], 1)
    } 1, 2;

    for ($victim, $witness) {
        like($client->body_until($_, qr/first/), qr/first/, 'h2: it has begun');
    }

    revoke('user-' . ($number - 1));

    is($client->answer($victim)->error, 'frame 3', 'h2: the stream ends');

    $upstream->raise_flag('h2');
    like($client->answer($witness)->body, qr/second/,
         'h2: the other one goes on to its end');
    $client->close;
}


# off, and expiry

{
    my ($on, $off) = map {
        $http->connect->send($http->bytes('GET', "$_?events=never",
                                          token => token()), 'GET')
    } '/stream', '/off';

    ok($_->read_until(qr/first/), 'off: it has begun') for $on, $off;

    revoke("user-$_") for $number - 1, $number;

    ok($on->is_closed(3), 'on: it ends');
    ok(!$off->is_closed(1), 'off: it goes on');
    is($http->get('/off', token => token(sub => "user-$number"))->status, 401,
       'off: a new request is refused all the same');
    $_->close for $on, $off;

    # The location that answers counts, from the beginning and later: after the
    # first look at the response.

    my $wait = '/wait?wait=moved&field=X-Accel-Redirect:%20';

    my @moved = map {
        $http->connect->send($http->bytes('GET', $_, token => token()), 'GET')
    } '/unwatched', (map { "$wait/$_%3Fevents=never" }
                         qw(off dry denied any stream));

    ok($moved[0]->read_until(qr/first/), 'moved: it has begun');
    ok(!$moved[5]->is_closed(0.6), 'moved: the others wait');
    $upstream->raise_flag('moved');
    ok($_->read_until(qr/first/), 'moved: it has begun') for @moved[1 .. 5];

    revoke("user-$_") for $number - 5 .. $number;

    ok((pop @moved)->is_closed(3), 'moved to a location that looks: it ends');
    ok(!$moved[0]->is_closed(1), 'moved to "off" at once: it goes on');
    ok(!$moved[1]->is_closed(0.1), 'moved to "off" later: it goes on');
    ok(!$moved[2]->is_closed(0.1), 'moved to a dry run: it goes on');
    ok(!$moved[3]->is_closed(0.1), 'which would have refused it, too');
    ok(!$moved[4]->is_closed(0.1), 'moved to "satisfy any", without the token');
    $_->close for @moved;

    my ($with, $without, $later) = map {
        $http->connect->send($http->bytes('GET', "$_->[0]?events=never",
            token => token(exp => time + $_->[1])), 'GET')
    } [ '/expiry', 3 ], [ '/stream', 3 ], [ '/expiry', 300 ];

    ok($_->read_until(qr/first/), 'expiry: it has begun')
        for $with, $without, $later;
    ok($with->is_closed(6), 'expiry: it ends when the token has expired');
    ok(access_has('/expiry', 'expired'), 'expiry: the access log says why');
    ok(!$without->is_closed(1), 'without expiry: it goes on');
    ok(!$later->is_closed(0.1), 'expiry: one that is still good goes on');
    $_->close for $with, $without, $later;
}


# short responses are left alone, and all are counted

{
    my $token = token();

    is(join(' ', map { $http->get('/', token => $token)->status } 1 .. 50),
       join(' ', (200) x 50), 'short responses');
    cmp_ok($local->get('/json')->json->{responses_ended}, '>=', 8,
           'the status counts those that were ended');
    ok(wait_until(sub { $nginx->connected('local') == 0 }),
       'no connection is left');
}

finish();

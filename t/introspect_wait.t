#!/usr/bin/perl
#
# Requests that wait for the same answer of an authorization server, in one
# worker.  When it comes, one of them may be redirected internally, wait again,
# or be gone; the others get their answer all the same, and one that was
# redirected is decided by the rules of its last location.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Socket qw(SOL_SOCKET SO_LINGER);
use Time::HiRes qw(sleep);

use OAuth::Test;
use OAuth::Test::Http2Client;

use constant WAIT_LIMIT => 5;           # seconds; of the module

my $as = issuer();
my $second = issuer();
my $upstream = upstream();

$_->metadata(introspection_endpoint => $_->url . '/introspect')
    for $as, $second;

my $nginx = nginx(<<'EOT', AS => $as->url, SECOND => $second->url,
    oauth_issuer as {
        issuer %%AS%%; introspect opaque; client_auth none;
        introspection_cache 60s;
    }
    oauth_issuer second {
        issuer %%SECOND%%; introspect opaque; client_auth none;
        introspection_cache 60s;
    }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        listen 127.0.0.1:%%PORT_h2%% http2;
        server_name app.test;
        root %%DIR%%/html;

        oauth as;
        oauth_resource https://app.test;
        oauth_audience off;
        oauth_header X-User $oauth_sub;

        location / { proxy_pass http://127.0.0.1:%%UP%%; }

        location /page {
            error_page 401 503 = /second/page;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
        location /named {
            error_page 401 503 = @second;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
        location /again {
            error_page 503 = /as/again;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
        location /tried { try_files /none /second/tried; }
        location /rewritten { rewrite ^ /second/rewritten last; }

        location /as/ { proxy_pass http://127.0.0.1:%%UP%%; }
        location /second/ { oauth second; proxy_pass http://127.0.0.1:%%UP%%; }
        location @second { oauth second; proxy_pass http://127.0.0.1:%%UP%%; }

        location = /status { oauth off; stub_status; }
    }

    # rules of the server itself read a claim

    server {
        listen 127.0.0.1:%%PORT_ruled%%;
        server_name app.test;

        oauth as;
        oauth_resource https://app.test;
        oauth_audience off;
        oauth_header X-User $oauth_sub;
        post_action /second/ruled;

        if ($oauth_sub = nobody) { return 204; }

        location / { proxy_pass http://127.0.0.1:%%UP%%; }
        location /second/ruled { proxy_pass http://127.0.0.1:%%UP%%; }
    }
EOT
    UP => $upstream->port);

my $http = $nginx->http;
my $tokens = 0;


# A token, and what the two servers say about it: "active" with this subject, or
# not active.

sub token {
    my ($first, $other) = @_;

    my $token = 'token-' . ++$tokens;

    $as->opaque($token, $first && { sub => $first });
    $second->opaque($token, $other && { sub => $other });

    return $token;
}


sub start { return map { $http->start('GET', $_->[1], token => $_->[0]) } @_ }


# Starts requests with a token, and returns them once all of them wait.

sub park {
    my ($token, @paths) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my @waiting;

    for (@paths) {
        push @waiting, start([ $token, $_ ]);
        wait_until(sub { $nginx->pending == @waiting });
    }

    ok(wait_until(sub { asked($as, $token) == 1 }),
       "$token: one question for @paths");
    is($nginx->pending, scalar @paths, "$token: all wait");

    return @waiting;
}


sub hold {
    my ($token, @answer) = @_;

    return $as->answer(introspect => hold => $token, @answer);
}


sub asked {
    my ($server, $token) = @_;

    return scalar grep { $_->{token} eq $token } $server->questions;
}


sub statuses { return join ' ', map { $_->status } @_ }


# The subjects that the app got with a path.

sub users {
    my ($path) = @_;

    return map { $_->[1] }
           grep { lc $_->[0] eq 'x-user' }
           map { @{ $_->{headers} } }
           grep { $_->{line} =~ m{\A\S+ \Q$path\E[ ?]} } $upstream->requests;
}


# Everything is there.

is(statuses(map { $http->get($_, token => token('first', 'first')) }
                '/', '/second/'), '200 200', 'both servers answer');

# One that is redirected, before one that is not, after it, and between; what
# the first server says decides where it goes, and the second server decides
# there.

for (
    [ '/page', undef, 'there', 200, 401 ],
    [ '/page', undef, undef, 401, 401 ],
    [ '/page', 'here', undef, 200, 200 ],
    [ '/named', undef, 'there', 200, 401 ],
    [ '/named', undef, undef, 401, 401 ],
    [ '/tried', 'here', 'there', 200, 200 ],
    [ '/tried', 'here', undef, 401, 200 ],
    [ '/accel?field=X-Accel-Redirect:/second/accel', 'here', 'there', 200,
      200 ],
    [ '/accel?field=X-Accel-Redirect:/second/accel', 'here', undef, 401, 200 ],
) {
    my ($path, $first, $other, $redirected, $status) = @$_;

    my $name = join ', ', $path, map { $_ // 'inactive' } $first, $other;

    for my $paths ([ $path, '/' ], [ '/', $path ], [ $path, '/', $path ]) {
        my $token = token($first, $other);

        hold($token);
        my @waiting = park($token, @$paths);
        $as->raise_flag($token);

        is(statuses(finish_all(@waiting)),
           join(' ', map { $_ eq $path ? $redirected : $status } @$paths),
           "$name: @$paths");
        is(asked($as, $token), 1, "$name: one question");
    }
}

is_deeply({ map { $_ => 1 } map { users("/second/$_") } qw(tried accel) },
          { there => 1 }, 'redirected ones have the identity of the last');

# a rewrite rule: the first location does not decide at all

my $token = token(undef, 'there');

is($http->get('/rewritten', token => $token)->status, 200, 'rewritten');
is(asked($as, $token), 0, 'the first server is not asked');
is(join(' ', users('/second/rewritten')), 'there', 'the last one decides');

# The server fails.  One request is redirected, and its new question is about
# the same text, while others still get the failure of the first.

for my $paths ([ '/again', '/' ], [ '/', '/again' ], [ '/', '/again', '/' ]) {
    $token = token('here', undef);

    hold($token, status => 500);

    my @waiting = park($token, @$paths);

    $as->answer(introspect => hold => "$token-again");
    $as->raise_flag($token);

    my @others = grep { $paths->[$_] eq '/' } 0 .. $#$paths;
    my ($again) = grep { $paths->[$_] eq '/again' } 0 .. $#$paths;

    is(statuses(finish_all(@waiting[@others])), join(' ', (503) x @others),
       "@$paths: the others get the failure");
    ok(wait_until(sub { asked($as, $token) == 2 }),
       "@$paths: one asks once more");

    my @late = start([ $token, '/' ]);

    ok(wait_until(sub { $nginx->pending == 2 }), "@$paths: another one waits");
    $as->raise_flag("$token-again");
    is(statuses(finish_all($waiting[$again], @late)), '200 200',
       "@$paths: both get the good answer");
    is(asked($as, $token), 2, "@$paths: to one question");
}

is_deeply({ map { $_ => 1 } users('/as/again') }, { here => 1 },
          'with the identity');

# clients that leave while they wait

for my $leaving ([ 0 ], [ 1 ], [ 2 ], [ 0, 1 ], [ 1, 2 ], [ 0, 2 ]) {
    $token = token('here', undef);
    hold($token);

    my @waiting = park($token, ('/') x 3);

    $waiting[$_]->close for @$leaving;
    ok(wait_until(sub { $nginx->pending == 3 - @$leaving }),
       "@$leaving: they have left");
    $as->raise_flag($token);

    is(statuses(finish_all(grep { !$_->closed } @waiting)),
       join(' ', (200) x (3 - @$leaving)), "@$leaving: the others are served");
    is(asked($as, $token), 1, "@$leaving: by one question");
}

# All leave: the answer is kept for the next one.

$token = token('here', undef);
hold($token);
$_->close for park($token, '/', '/page');
ok(wait_until(sub { $nginx->pending == 0 }), 'all have left');

my @next = start([ $token, '/' ]);

ok(wait_until(sub { $nginx->pending == 1 }), 'the next one waits');
$as->raise_flag($token);
is(statuses(finish_all(@next)), '200', 'and is served');
is(asked($as, $token), 1, 'by the same question');

# The answer and the end of connections reach the worker in the same moment,
# because it sleeps until both are there.

my ($worker) = $nginx->workers;

for my $leaving ([ 0 ], [ 1 ], [ 2 ], [ 0, 1, 2 ]) {
    $token = token('here', undef);
    hold($token);

    my @waiting = park($token, '/', '/page', '/');

    kill STOP => $worker;
    $as->raise_flag($token);

    ok($as->wait_for_flag("$token-answered"), "@$leaving: the answer is sent");

    for (@$leaving) {
        setsockopt $waiting[$_]->socket, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0;
        $waiting[$_]->close;
    }

    kill CONT => $worker;

    my @left = grep { !$_->closed } @waiting;

    is(statuses(finish_all(@left)), join(' ', (200) x @left),
       "@$leaving: left when the answer came");
}

# Streams of one HTTP/2 connection, next to another connection.

sub streams {
    my ($client, $token, @paths) = @_;

    return map {
        $client->begin([ [ ':method', 'GET' ], [ ':scheme', 'http' ],
                         [ ':path', $_ ], [ ':authority', 'app.test' ],
                         [ 'authorization', "Bearer $token" ] ], 1)
    } @paths;
}


sub h2 { return OAuth::Test::Http2Client->new(port => $nginx->port('h2')) }


for my $leaves (0, 1) {
    $token = token('here', undef);
    hold($token);

    my ($client, $stays) = (h2(), h2());
    my @streams = streams($client, $token, '/', '/page', '/second/');
    my @others = streams($stays, $token, '/', '/');

    ok(wait_until(sub { $nginx->pending == 4 }), 'HTTP/2: four streams wait');

    if ($leaves) {
        kill STOP => $worker;
        setsockopt $client->{connection}->socket, SOL_SOCKET, SO_LINGER,
            pack 'ii', 1, 0;
    }

    $as->raise_flag($token);
    $as->wait_for_flag("$token-answered");

    if ($leaves) {
        $client->close;
        kill CONT => $worker;

    } else {
        is(statuses(map { $client->answer($_) } @streams), '200 200 401',
           'HTTP/2: each stream has its answer');
        $client->close;
    }

    is(statuses(map { $stays->answer($_) } @others), '200 200',
       'HTTP/2: so has the other connection');
    $stays->close;
}

# Rules of the server itself read a claim, so that its requests wait before a
# location is found.  When a client leaves, nginx goes on with the post_action,
# which has to wait again, for the same question.  nginx repeats a post_action
# whose location has one, too.

my $ruled = $nginx->http('ruled');

for my $count (1, 2, 3) {
    $token = token('here', undef);
    hold($token);

    my $before = () = users('/second/ruled');
    my @waiting = map { $ruled->start('GET', '/', token => $token) }
                      0 .. $count;

    ok(wait_until(sub { $nginx->pending == $count + 1 }),
       "$count: requests wait in the rewrite phase");
    $nginx->mark;
    $waiting[$_]->close for 1 .. $count;
    ok(scalar($nginx->wait_for_log(qr/prematurely closed/, $count)),
       "$count: clients leave");
    $as->raise_flag($token);

    is($waiting[0]->finish->status, 200, "$count: the one that stays");
    $waiting[0]->close;
    ok(wait_until(sub { users('/second/ruled') > $before + $count }),
       "$count: and each has its action");
    ok(wait_until(sub { $nginx->pending == 0 }), "$count: nothing is left");
    is(asked($as, $token), 1, "$count: after one question");
    is($ruled->get('/', token => $token)->status, 200,
       "$count: the next one");
}

# The time that an app needs is not time that a request has waited: after a long
# answer it may still wait for the server of its last location.

$token = token('here', 'there');
hold($token);

my ($slow) = park($token, '/slow?wait=slow&field=X-Accel-Redirect:/second/slow');

$as->raise_flag($token);
ok(wait_until(sub { grep { $_->{line} =~ m{ /slow} } $upstream->requests }),
   'slow: the app has the request');
sleep WAIT_LIMIT + 0.5;
$upstream->raise_flag('slow');
is(statuses(finish_all($slow)), '200', 'slow: and the redirect is decided');
is(join(' ', users('/second/slow')), 'there', 'slow: by the last location');

# A worker that shuts down waits for those who wait.

$token = token('here', undef);
hold($token);

my @last = park($token, '/', '/page');

ok($nginx->reload, 'a reload');
$as->raise_flag($token);
is(statuses(finish_all(@last)), '200 200', 'those who waited are served');
is($http->get('/', token => $token)->status, 200, 'and the next one');
is(scalar(my @lines = $nginx->log_lines(qr/exited on signal/)), 0,
   'no worker has crashed');

finish();

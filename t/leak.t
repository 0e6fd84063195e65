#!/usr/bin/perl
#
# One worker runs under valgrind and handles requests of every kind, clients
# that close their connections, fetches that fail, and five reloads.  It loses
# no memory, and it reads and writes only memory of its own.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Mode qw(mode);
use OAuth::Test::Valgrind qw(findings has_valgrind logs);

plan(skip_all => 'valgrind is not installed') unless has_valgrind();
plan(skip_all => 'valgrind cannot run what was built with ASan')
    if mode() eq 'asan';

my $issuer = issuer();
my $failing = issuer();

my $nginx = nginx(<<'EOT', valgrind => 1, AS => $issuer->url,
    oauth_issuer corp { issuer %%AS%%; key_refetch 1s; }

    oauth_issuer failing {
        issuer %%FAILING%%;
        key_refresh 1s;
        key_stale 2s;
        timeout 1s;
    }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp failing;
        oauth_resource https://app.test;
        oauth_header X-User sub;
        location / { proxy_pass http://127.0.0.1:%%PORT_app%%; }

        location /scope/ {
            oauth_scope write;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /moved/ {
            error_page 418 = @moved;
            return 418;
        }

        location @moved { proxy_pass http://127.0.0.1:%%PORT_app%%; }

        location /index/ { index page.html; }

        location = /status {
            oauth off;
            stub_status;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "$http_x_user";
    }
EOT
    FAILING => $failing->url);

mkdir $nginx->dir . '/html/index';
$nginx->write_file('html/index/page.html', 'page');

my $http = $nginx->http('main', timeout => 30);


sub get {
    my ($path, $token, $expected) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $answer = $http->get($path, $token ? (token => $token) : ());

    return is($answer->status, $expected, "$path: $expected");
}


sub active {
    return $http->get('/status')->body =~ /connections: (\d+)/ ? $1 - 1 : -1;
}


# All that happens to a worker in its life

sub requests {
    my $good = $issuer->token;

    get('/', $good, 200) for 1 .. 4;

    # A fetch may take longer than its timeout, where the machine is busy.

    ok(wait_until(sub {
           $http->get('/', token => $failing->token)->status == 200 }),
       'a token of the issuer that will fail');
    get('/', undef, 401) for 1 .. 4;
    get('/', $_, 401) for 'x', 'x.y.z', $good . 'x',
        $issuer->token(exp => time - 600), $issuer->token(aud => 'https://b'),
        $issuer->token(iss => 'https://nobody.test'),
        $issuer->mint(header => { kid => 'no' }),
        $issuer->mint(header => { alg => 'none' }),
        $issuer->mint(claims => '[]');
    get('/scope/', $good, 403);
    get('/scope/', $issuer->token(scope => 'read write'), 200);
    get('/moved/', $good, 200);
    get('/moved/', undef, 401);
    get('/index/', $good, 200);
    get('/.well-known/oauth-protected-resource', undef, 200);

    return;
}


# A request that waits for a fetch; it starts the fetch itself once key_refetch
# is over

sub start_fetch {
    my ($flag) = @_;

    my $before = $issuer->count('jwks');
    my $request;

    $issuer->keys(key('ES256'), key('RS256'));
    $issuer->answer(jwks => hold => $flag);

    my $token = $issuer->token;

    ok(wait_until(sub {
        $request = $http->start('GET', '/', token => $token)
            if !$request || $request->pump(0);
        return $issuer->count('jwks') > $before;
    }, 20), 'the keys are asked for');

    return $request;
}


# Keys rotate while requests wait, and some of their clients close the
# connection

sub rotation {
    my ($flag) = @_;

    my @waiting = (start_fetch($flag), map {
        $http->start('GET', '/', token => $issuer->token)
    } 1 .. 7);

    ok(wait_until(sub { active() >= 8 }, 20), 'requests wait');
    $_->close for splice @waiting, 0, 4;
    ok(wait_until(sub { active() <= 4 }, 20), 'half of them leave');
    $issuer->raise_flag($flag);
    is($_->status, 200, 'another one is served') for finish_all(@waiting);
    $issuer->normal;

    return;
}


sub outage {
    my $token = $failing->token;

    for my $fault ([ mode => 'reset' ], [ body => '{"keys":[1]}' ]) {
        my $before = $failing->count('jwks');

        $failing->answer(jwks => @$fault);
        ok(wait_until(sub { $failing->count('jwks') > $before }, 20),
           "asked during: @$fault");
    }

    ok(wait_until(sub { $http->get('/', token => $token)->status == 503 }, 20),
       'no keys any more');

    return;
}


for my $count (1 .. 5) {
    requests();
    rotation($count);
    ok($nginx->reload, "reload $count");
}

requests();
rotation('last');
outage();

# nginx tells the worker to end while a request waits, and its client then
# leaves

my $last = start_fetch('never');

kill QUIT => $nginx->pid;
$last->close;
ok($nginx->stop, 'nginx ends when asked to');

my @logs = logs($nginx->dir);

is(scalar @logs, 7, 'a master and six workers');
is_deeply([ findings($nginx->dir) ], [], 'no errors, nothing is lost');
is(scalar(grep { /ERROR SUMMARY: 0 errors/ } @logs), 7, 'says each of them');

finish();

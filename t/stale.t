#!/usr/bin/perl
#
# A bus that is silent: which tokens each mode of oauth_revocation_stale accepts
# then, what is said about it, that revocations of this node still hold and are
# sent later, and that all of it ends when the bus is heard again.  The silence
# is a Redis server that is stopped by a signal; the same after a start of nginx
# that has not heard it at all.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP ();
use MIME::Base64 qw(encode_base64);

use OAuth::Test;
use OAuth::Test::Redis;

plan(skip_all => 'redis-server is not installed')
    unless OAuth::Test::Redis::available();

my $json = JSON::PP->new->canonical;
my $redis = OAuth::Test::Redis->new;
my $as = issuer();
my $upstream = upstream();

my $conf = <<'EOT';
    oauth_revocation_store %%STORE%% size=8m;
    oauth_revocation_bus redis://127.0.0.1:%%REDIS%% key_file=fleet.key;
    oauth_issuer as { issuer %%AS%%; leeway 0; }

    log_format oauth '$uri $oauth_result';

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        access_log %%DIR%%/access.log oauth;

        oauth as;
        oauth_resource https://app.test;
        oauth_revocation_stale 2s fresh=300s;
        oauth_session_recheck 200ms;
        proxy_buffering off;

        location / { proxy_pass http://127.0.0.1:%%UP%%; }
        location /deny { oauth_revocation_stale 2s deny; empty_gif; }
        location /serve { oauth_revocation_stale 2s serve; empty_gif; }
        location /later { oauth_revocation_stale 1h deny; empty_gif; }
        location /dry { oauth_dry_run on; oauth_revocation_stale 2s deny; empty_gif; }
        location /open { oauth off; empty_gif; }

        location /method {
            limit_except GET { oauth_revocation_stale 2s deny; }
            oauth_revocation_stale 2s serve;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_local%%;
        location = /admin { oauth_revoke admin; }
        location = /token { oauth_revoke token; }
        location = /json { oauth_status; }
    }
EOT

my $nginx = OAuth::Test::Nginx->new(conf => $conf, AS => $as->url,
                                    UP => $upstream->port, workers => 2,
                                    REDIS => $redis->port);

$nginx->{STORE} = $nginx->make_folder('store');
$nginx->write_file('fleet.key', encode_base64('k' x 32));
chmod 0600, $nginx->dir . '/fleet.key';
$nginx->start;

my $http = $nginx->http;
my $local = $nginx->http('local', timeout => 20);
my $number = 0;
my $now = time;

# Each is used more than once, so later it is a known token.

my %tokens = (new   => token(),
              old   => token(iat => $now - 400),
              no    => token(iat => undef));


sub token {
    my (%claims) = @_;

    return $as->token(sub => 'user-' . ++$number, exp => time + 3000, %claims);
}


sub bus { return $local->get('/json')->json->{bus} }


sub is_online { return wait_until(sub { bus()->{state} eq 'online' }, 20) }


sub is_silent {
    return wait_until(sub {
        my $silence = bus()->{silence};
        return !defined $silence || $silence > 2;
    }, 20);
}


sub get {
    my ($path, $name) = @_;

    return $http->get($path, token => $tokens{$name});
}


sub revoke {
    my ($sub) = @_;

    return $local->request('POST', '/admin',
        'Content-Type' => 'application/json',
        body => $json->encode({ issuer => $as->url, subject => $sub }));
}


# What every location does with every token, while the bus is heard and while it
# is silent.

sub is_heard {
    my ($when) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    for my $path (qw(/ /deny /serve /later /dry /open /method)) {
        my @statuses = map { get($path, $_)->status } qw(new old no);

        is("@statuses", '200 200 200', "$when: $path accepts every token");
    }

    return;
}


sub is_stale {
    my ($when) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my %expected = ('/'      => '200 401 401', '/deny' => '503 503 503',
                    '/serve' => '200 200 200', '/dry'  => '200 200 200',
                    '/open'  => '200 200 200', '/method' => '200 200 200');

    for my $path (sort keys %expected) {
        my @statuses = map { get($path, $_)->status } qw(new old no);

        is("@statuses", $expected{$path}, "$when: $path");
    }

    my $refused = get('/', 'old');

    is_refused($refused, 401, 'invalid_token', "$when: a token that is old");
    like($refused->challenge->{fields}{error_description},
         qr/issued a short time ago; get a new one/,
         "$when: the challenge says what to do");
    is_refused(get('/', 'no'), 401, 'invalid_token',
               "$when: a token without iat");

    my $denied = get('/deny', 'new');

    is_refused($denied, 503, undef, "$when: deny");
    like($denied->header('Retry-After'), qr/^\d+$/,
         "$when: deny says to try again");

    is($http->request('POST', '/method', token => $tokens{new}, body => '')
           ->status, 503, "$when: limit_except has a directive of its own");

    return;
}


# --- in order ------------------------------------------------------------------

ok(is_online(), 'the bus is online');
is_heard('in order');

my $records = $redis->command(qw(XLEN oauth:revocations));

is(revoke('nobody-1')->status, 204, 'in order: a revocation is on the bus: 204');
is(bus()->{unsent}, 0, 'in order: nothing is unsent');
is($redis->command(qw(XLEN oauth:revocations)), $records + 1,
   'in order: the stream has the record');

# Its app does not answer, for longer than this test takes.

my $running = $http->connect->send($http->bytes('GET', '/wait?wait=never',
                                                token => $tokens{old}), 'GET');

ok(wait_until(sub { grep { $_->{line} =~ m{/wait} } $upstream->requests }),
   'a response is running');

# --- silence -------------------------------------------------------------------

$redis->kill('STOP');
ok(is_silent(), 'the bus is silent');

is_stale('silent');
is(get('/later', 'old')->status, 200, 'silent, for less than is allowed: 200');

my $line = 'refused: revocations_stale: the bus of revocations is silent, and '
    . 'access token is not new: for \\d+ ms, oauth_revocation_stale allows 2000 '
    . 'ms, iat was 4\\d\\d s ago, fresh is 300 s, issuer "as"';

ok($nginx->wait_for_log(qr/$line/), 'silent: the log line of an old token');
ok($nginx->wait_for_log(qr/revocations_stale: .* token has no iat, fresh is/),
   'silent: the log line of a token without iat');
ok($nginx->wait_for_log(
       qr/refused: revocations_silent: .*: for \d+ ms, .* allows 2000 ms, issuer/),
   'silent: the log line of deny');
ok($nginx->wait_for_log(qr/refused, dry run: revocations_silent: /),
   'silent: the log line of a dry run');

ok(wait_until(sub {
       my $log = $nginx->read_file('access.log');
       return $log =~ m{^/ revocations_stale$}m
              && $log =~ m{^/deny revocations_silent$}m;
   }), 'silent: $oauth_result has the reasons');

ok(!$running->is_closed(1), 'silent: the running response goes on');

my $queued = revoke('user-1');

is($queued->status, 202, 'silent: a revocation is stored, and sent later: 202');
cmp_ok($queued->elapsed, '<', 3, 'silent: the answer does not wait for long');
ok(wait_until(sub { bus()->{unsent} == 1 }), 'silent: one entry is unsent');

for my $path (qw(/ /serve)) {
    my $response = get($path, 'new');

    is_refused($response, 401, 'invalid_token',
               "silent: $path: revoked here at once");
    like($response->challenge->{fields}{error_description}, qr/was revoked/,
         "silent: $path: and the challenge says so");
}

is($local->request('POST', '/token',
       'Content-Type' => 'application/x-www-form-urlencoded',
       body => 'token=' . token())->status, 200,
   'silent: the other inputs answer as always');

# --- heard again ---------------------------------------------------------------

$redis->kill('CONT');
ok(is_online(), 'heard again: online');
ok(wait_until(sub { bus()->{unsent} == 0 }, 20),
   'heard again: what was unsent is sent');
$tokens{new} = token();
is_heard('heard again');
is(revoke('nobody-2')->status, 204, 'heard again: 204');
ok(!$running->is_closed(0.5), 'heard again: the running response still goes on');
is(revoke('user-2')->status, 204, 'heard again: its token is revoked');
ok($running->is_closed(5), 'heard again: and it ends');
$running->close;
$tokens{old} = token(iat => $now - 400);

# --- a start without the bus ---------------------------------------------------

$redis->kill('STOP');
ok($nginx->stop, 'nginx ends while the bus is silent');
$nginx->start;
$http = $nginx->http;
$local = $nginx->http('local', timeout => 20);

is_stale('started');
is(get('/later', 'new')->status, 503, 'started: /later does not wait for 1h');
ok($nginx->wait_for_log(
       qr/revocations_stale: .*: this node was not in sync since nginx was/),
   'started: the log line');
is(bus()->{silence}, undef, 'started: the status knows no time');
is(revoke('nobody-3')->status, 202, 'started: a revocation is stored: 202');

my ($finding) = grep { $_->{code} eq 'bus_silent' } @{ bus()->{readiness} };

like($finding->{text}, qr/since nginx was started/, 'started: a finding says it');

$redis->kill('CONT');
ok(is_online(), 'heard for the first time: online');
ok(wait_until(sub { bus()->{unsent} == 0 }, 20),
   'heard for the first time: all is sent');
is_heard('heard for the first time');

# --- a bus that is not there -----------------------------------------------------

$redis->stop;
ok(wait_until(sub { bus()->{state} eq 'offline' }, 20), 'gone: offline');

my $started = time;

is(revoke('nobody-4')->status, 202, 'gone: 202');
cmp_ok(time - $started, '<', 2, 'gone: at once');

finish();

#!/usr/bin/perl
#
# The wall clock is set forward and back by an hour while nginx runs.  The times
# in tokens are compared with the new time.  The age of keys, the pauses between
# fetches and the time that requests wait do not change.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Clock;

my $missing = OAuth::Test::Clock->is_missing;
plan(skip_all => $missing) if $missing;

my $key = key('ES256');
my $issuer = issuer(keys => [ $key ]);
my $periodic = issuer();
my $clock = OAuth::Test::Clock->new;

my $nginx = nginx(<<'EOT', AS => $issuer->url, PERIODIC => $periodic->url,
    oauth_issuer corp {
        issuer %%AS%%;
        key_refresh 5m;
        key_stale 10m;
        key_refetch 1s;
    }

    oauth_issuer periodic { issuer %%PERIODIC%%; key_refresh 1s; }

    server {
        listen 127.0.0.1:%%PORT_main%% reuseport;
        server_name app.test;

        oauth corp periodic;
        oauth_resource https://app.test;
        location / { proxy_pass http://127.0.0.1:%%PORT_app%%; }

        location = /clock {
            oauth off;
            return 200 $msec;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\n";
    }
EOT
    workers => 4, $clock->options);

my $http = $nginx->http;


sub step {
    my ($seconds) = @_;

    $clock->set($seconds);

    ok(wait_until(sub {
        abs($http->get('/clock')->body - time - $seconds) < 60
    }), "the clock is off by $seconds s");

    return;
}


# A token of this issuer, with times by the clock that nginx sees.

sub token {
    my ($as, $from, $to, @claims) = @_;

    my $now = time + $clock->offset;

    return $as->token(iat => $now + $from, exp => $now + $to, @claims);
}


# Sends 20 requests at once, so that each worker gets some of them.

sub all_are {
    my ($status, $token, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my %statuses;
    $statuses{ $_->status }++ for finish_all(map {
        $http->start('GET', '/', token => $token)
    } 1 .. 20);

    return is_deeply(\%statuses, { $status => 20 }, $name);
}


step(0);

my $token = token($issuer, 0, 600);
my $long = token($issuer, -7200, 7200);

all_are(200, $token, 'a token for ten minutes');
all_are(200, $long, 'one for hours');
is($issuer->count('jwks'), 1, 'one fetch of the keys');

my $before = $periodic->count('jwks');
my $began = time;

for my $seconds (3600, 0, -3600, 0, 3600, -3600) {
    step($seconds);

    # what is valid by the clock that nginx sees now

    all_are($seconds == 0 ? 200 : 401, $token,
            $seconds > 0 ? 'the first token has expired'
            : $seconds < 0 ? 'the first token is not valid yet'
            : 'the first token is valid again');
    all_are(200, $long, 'the long one is valid all the time');
    all_are(200, token($issuer, 0, 600), 'a new one is valid');
    all_are(200, token($periodic, 0, 600), 'the other issuer\'s, too');
    is_refused($http->get('/', token => token($issuer, -600, -60)), 401,
               'invalid_token', 'one that has expired is not');
}

is($issuer->count('jwks'), 1, 'no fetch because of a step');

# lifetimes of at least 0.8 s, and one that was about to end

cmp_ok($periodic->count('jwks') - $before, '<=',
       (time - $began + 1) / 0.8 + 1, 'no storm of fetches');

# fetches, pauses after failures and waiting are timed by the monotonic clock

for my $seconds (3600, -3600) {
    my $name = $seconds > 0 ? 'forward' : 'back';
    my $count = $periodic->count('jwks');

    step(0);
    $periodic->answer(jwks => status => 500);
    ok(wait_until(sub { $periodic->count('jwks') > $count }), 'a failure');

    my $jwks = $issuer->count('jwks');

    $issuer->keys(key('ES256'), $key);
    $issuer->answer(jwks => hold => $name);

    # until key_refetch is over, tokens of the new key are refused

    my $waiting;
    my $new = $issuer->token(iat => time - 7200, exp => time + 7200);

    ok(wait_until(sub {
        $waiting = $http->start('GET', '/', token => $new);
        $waiting->pump(0.1);
        return !length $waiting->buffer && $issuer->count('jwks') > $jwks;
    }), 'a request waits for a new key');

    step($seconds);
    $periodic->normal;
    $count = $periodic->count('jwks');
    ok(wait_until(sub { $periodic->count('jwks') > $count }),
       "$name: the next try comes in seconds");

    $issuer->raise_flag($name);
    is($waiting->finish->status, 200, 'who waits is served');
    is($issuer->count('jwks'), $jwks + 1, 'with one fetch');
    all_are(200, $long, 'the old key is still good');
}

finish();

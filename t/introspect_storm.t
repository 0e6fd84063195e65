#!/usr/bin/perl
#
# Hundreds of requests at once with one opaque token that no worker knows: each
# of the four workers asks the authorization server once at most.  "reuseport"
# and 200 connections make sure that all workers get requests, and the log says
# that they did.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Time::HiRes qw(time);

use OAuth::Test;

# An answer "inactive" is kept for KEPT seconds, so that a slow run may ask
# again.

use constant { WORKERS => 4, REQUESTS => 200, KEPT => 5 };

my $as = issuer();

$as->metadata(introspection_endpoint => $as->url . '/introspect');

my $nginx = nginx(<<'EOT', AS => $as->url, workers => WORKERS);
    oauth_issuer as {
        issuer %%AS%%;
        introspect opaque;
        client_auth none;
        introspection_cache 60s;
    }

    log_format oauth '$pid $uri $status';

    server {
        listen 127.0.0.1:%%PORT_main%% reuseport;
        server_name app.test;
        access_log off;

        oauth as;
        oauth_resource https://app.test;
        oauth_audience off;

        location / {
            access_log %%DIR%%/access.log oauth;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location = /status { oauth off; stub_status; }
    }

    server {
        listen 127.0.0.1:%%PORT_app%% reuseport;
        return 200 "app\n";
    }
EOT

my $http = $nginx->http;


sub start_all {
    my ($token) = @_;

    return map { $http->start('GET', "/$token", token => $token) }
               1 .. REQUESTS;
}


# How often the server was asked about a token.

sub asked {
    my ($token) = @_;

    return scalar grep { $_->{token} eq $token } $as->questions;
}


sub statuses {
    my %statuses;

    $statuses{ $_->status }++ for @_;

    return \%statuses;
}


# How many workers have answered requests with this token.

sub workers_with {
    my ($token, $status) = @_;

    my %pids;

    for (split /\n/, $nginx->read_file('access.log')) {
        $pids{$1} = 1 if m{\A(\d+) /\Q$token\E $status\z};
    }

    return scalar keys %pids;
}


# Every document is there before the first storm.

is($http->get('/', token => $as->opaque('first', { sub => 'first' }))->status,
   200, 'a first token');

for ([ 'new', { sub => 'new' }, 200 ], [ 'ended', undef, 401 ]) {
    my ($token, $members, $status) = @$_;

    $as->opaque($token, $members);
    $as->answer(introspect => hold => $token);

    my @storm = start_all($token);

    ok(wait_until(sub { $nginx->pending >= REQUESTS }, 20),
       "$token: all requests wait");
    ok(wait_until(sub { asked($token) == WORKERS }),
       "$token: each worker has asked once");
    is($nginx->pending, REQUESTS, "$token: nobody has an answer yet");

    my $began = time;

    $as->raise_flag($token);

    is_deeply(statuses(finish_all(@storm)), { $status => REQUESTS },
              "$token: all get $status");
    ok(wait_until(sub { workers_with($token, $status) == WORKERS }),
       "$token: all workers had requests");

    is_deeply(statuses(finish_all(start_all($token))), { $status => REQUESTS },
              "$token: once more");
    cmp_ok(asked($token), '<=',
           WORKERS * (1 + ($members ? 0 : int((time - $began) / KEPT))),
           "$token: and it is known");
}

# the same when the server answers at once

$as->answer('introspect');

for ([ 'fast', { sub => 'fast' }, 200 ], [ 'fast-ended', undef, 401 ]) {
    my ($token, $members, $status) = @$_;

    $as->opaque($token, $members);
    is_deeply(statuses(finish_all(start_all($token))), { $status => REQUESTS },
              "$token: all get $status");
    cmp_ok(asked($token), '>=', 1, "$token: the server was asked");
    cmp_ok(asked($token), '<=', WORKERS, "$token: at most once by a worker");
}

# The server's answer has to count, not the text of the token.

$as->opaque('fast', undef);
$as->opaque('other', { sub => 'other' });
is_deeply(statuses(finish_all(map {
    $http->start('GET', '/', token => $_) } ('other', 'ended') x 50)),
    { 200 => 50, 401 => 50 }, 'an active and an ended token at once');

finish();

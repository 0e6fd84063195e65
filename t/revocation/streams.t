#!/usr/bin/perl
#
# Many running responses end in time when their subject is revoked, and others
# go on.  After very many of them, nginx has as much memory and as many
# descriptors as before.
#
#   OAUTH_STREAMS_CLOSED    streams that are closed, 100000
#   OAUTH_STREAMS_SECONDS   that this may take, 180

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use IO::Poll qw(POLLERR POLLHUP POLLIN POLLNVAL);
use IO::Socket::INET;
use JSON::PP qw(encode_json);
use Socket qw(SOMAXCONN);
use Time::HiRes qw(time);

use OAuth::Test;
use OAuth::Test::Port qw(listen_socket);
use OAuth::Test::Process qw(memory spawn);
use OAuth::Test::Revoker;
use OAuth::Test::Token qw(mint);

use constant {
    CLOSED   => $ENV{OAUTH_STREAMS_CLOSED} // 100_000,
    SECONDS  => $ENV{OAUTH_STREAMS_SECONDS} // 180,
    EVENTS   => 1000,
    SOCKETS  => 100,
    OTHERS   => 20,
    WAVE     => 500,                    # streams of one subject
    WARM     => 4,                      # waves before memory is measured
    RECHECK  => 2,                      # seconds
    PATIENCE => 60,
    AS       => 'https://as.test',
};

my $listen = listen_socket();
my $app = $listen->sockport;
my $server = spawn(sub { serve($listen) });
my $key = key('ES256');
my $number = 0;

close $listen;

my $nginx = OAuth::Test::Nginx->new(conf => <<'EOT', AS => AS, APP => $app,
    oauth_revocation_store %%STORE%% size=64m;
    oauth_issuer as { issuer %%AS%%; jwks_file %%DIR%%/keys; }

    map $http_upgrade $connection_upgrade { default upgrade; "" close; }

    server {
        listen 127.0.0.1:%%PORT_main%% backlog=4096;
        server_name app.test;

        oauth as;
        oauth_resource https://app.test;
        oauth_session_recheck %%RECHECK%%s;

        proxy_http_version 1.1;
        proxy_buffering off;
        proxy_read_timeout 300s;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;

        location / { proxy_pass http://127.0.0.1:%%APP%%; }
        location /short {
            oauth_session_recheck 100ms;
            proxy_pass http://127.0.0.1:%%APP%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_local%%;
        location = /admin { oauth_revoke admin; }
        location = /json { oauth_status; }
        location = /status { stub_status; }
    }
EOT
    RECHECK => RECHECK, workers => 1, connections => 8192, log => 'warn',
    main => 'worker_rlimit_nofile 16384;');

$nginx->{STORE} = $nginx->make_folder('store');
$nginx->write_file('keys', encode_json({ keys => [ $key->jwk ] }));
$nginx->start;

my ($worker) = $nginx->workers;
my $revoker = OAuth::Test::Revoker->new(port => $nginx->port('local'),
                                        issuer => AS);
my $http = $nginx->http;

at_once();
without_growth();
finish();


# --- all at once -----------------------------------------------------------

sub at_once {
    my ($victim, $witness) = (token(), token());
    my @ending = ((map { open_stream('/events', $victim) } 1 .. EVENTS),
                  map { open_stream('/socket', $victim, 'Upgrade',
                                    'websocket') } 1 .. SOCKETS);
    my @staying = map { open_stream('/events', $witness) } 1 .. OTHERS;

    push @staying, map { open_stream('/socket', $witness, 'Upgrade',
                                     'websocket') } 1 .. OTHERS;

    is(begun(@ending, @staying), EVENTS + SOCKETS + 2 * OTHERS,
       'all have begun: ' . EVENTS . ' event streams, ' . SOCKETS
       . ' WebSockets, and others');
    is($nginx->pending('local'), EVENTS + SOCKETS + 2 * OTHERS,
       'nginx has all of them');

    my $before = ended_before();
    my $began = time;

    is(revoke("user-" . ($number - 1)), 204, 'their subject is revoked');
    is(closed(RECHECK + 3, @ending), EVENTS + SOCKETS, sprintf
       'all of them end, the last one after %.1f s', time - $began);
    is(closed(RECHECK + 0.5, @staying), 0, 'the others go on');
    is($nginx->pending('local'), 2 * OTHERS, 'nginx has only the others');
    is(ended_before() - $before, EVENTS + SOCKETS, 'the status counts them');

    revoke("user-$number");
    is(closed(RECHECK + 3, @staying), 2 * OTHERS, 'the others end, too');

    return;
}


# --- again and again -------------------------------------------------------

sub without_growth {
    wave() for 1 .. WARM;

    my ($memory, $descriptors) = (settled_memory(), descriptors());
    my $end = time + SECONDS;
    my $count = 0;

    while ($count < CLOSED && time < $end) {
        my $closed = wave();

        $count += $closed;
        last if $closed != WAVE;
    }

    my ($memory_now, $descriptors_now) = (settled_memory(), descriptors());

    is($count % WAVE, 0, "$count streams were ended");
    cmp_ok($count, '>=', CLOSED < 10 * WAVE ? CLOSED : 10 * WAVE,
           'which are enough to see a leak');
    is($descriptors_now, $descriptors, "descriptors: $descriptors");
    cmp_ok($memory_now, '<=', $memory + 1024,
           "memory: $memory kB before, $memory_now kB after");

    return;
}


# Opens streams of one subject, revokes it, and returns how many have ended.

sub wave {
    my $token = token();
    my @streams = map { open_stream('/short', $token) } 1 .. WAVE;

    begun(@streams) == WAVE or return 0;
    revoke("user-$number") == 204 or return 0;

    return closed(PATIENCE, @streams);
}


sub descriptors {
    wait_until(sub { $nginx->connected('local') == 0 });

    return scalar(() = glob "/proc/$worker/fd/*");
}


sub settled_memory {
    wait_until(sub { $nginx->connected('local') == 0 });

    return memory($worker, 'VmRSS') // die "the worker is gone\n";
}


# --- clients ---------------------------------------------------------------

sub token {
    return mint(key => $key, claims => { iss => AS, iat => int(time) - 1000,
                                         sub => 'user-' . ++$number });
}


sub revoke { return $revoker->revoke({ subject => $_[0] }) }

sub ended_before {
    return $nginx->http('local')->get('/json')->json->{responses_ended};
}


# Sends a request, and returns its socket.

sub open_stream {
    my ($path, $token, @fields) = @_;

    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $nginx->port('main')) or die "cannot connect: $!\n";

    syswrite $socket, $http->bytes('GET', $path, token => $token, @fields);

    return $socket;
}


# How many of the streams have brought their first event or 101

sub begun {
    my (@streams) = @_;

    my $begun = 0;

    watch(PATIENCE, sub {
        my ($bytes) = @_;

        return 0 unless $bytes =~ /101 |data: first/;
        return ++$begun;
    }, @streams);

    return $begun;
}


# How many of them the server closes within this time

sub closed {
    my ($seconds, @streams) = @_;

    my $closed = 0;

    watch($seconds, sub {
        return 0 if length $_[0];
        return ++$closed;
    }, @streams);

    return $closed;
}


# Reads what comes; a stream is done when the function says so about its bytes,
# which are none at its end.

sub watch {
    my ($seconds, $is_done, @streams) = @_;

    my $poll = IO::Poll->new;
    my $left = @streams;
    my $end = time + $seconds;

    $poll->mask($_ => POLLIN) for @streams;

    while ($left && time < $end) {
        $poll->poll(0.2) > 0 or next;

        for my $stream ($poll->handles(POLLIN|POLLHUP|POLLERR|POLLNVAL)) {
            sysread $stream, my $bytes, 4096;

            my $done = $is_done->($bytes // '');

            if ($done || !length($bytes // '')) {
                $poll->remove($stream);
                $left--;
            }
        }
    }

    return;
}


# --- the app ---------------------------------------------------------------

# One process for all connections.  It never ends a response.

sub serve {
    my ($socket) = @_;

    my $poll = IO::Poll->new;
    my $parent = getppid;

    local $SIG{PIPE} = 'IGNORE';

    listen $socket, SOMAXCONN;
    $socket->blocking(0);
    $poll->mask($socket => POLLIN);

    while (getppid == $parent) {
        $poll->poll(0.5) > 0 or next;

        for my $ready ($poll->handles(POLLIN|POLLHUP|POLLERR|POLLNVAL)) {
            if ($ready == $socket) {
                while (my $client = $socket->accept) {
                    $poll->mask($client => POLLIN);
                }

            } elsif (sysread $ready, my $bytes, 4096) {
                syswrite $ready, answer($bytes);

            } else {
                $poll->remove($ready);
                close $ready;
            }
        }
    }

    return;
}


sub answer {
    my ($request) = @_;

    return join "\r\n", 'HTTP/1.1 101 Switching Protocols',
        'Upgrade: websocket', 'Connection: Upgrade', '', ''
        if $request =~ /^Upgrade: websocket\r$/mi;

    return join "\r\n", 'HTTP/1.1 200 OK', 'Content-Type: text/event-stream',
        'Connection: close', '', "data: first\n\n";
}

#!/usr/bin/perl
#
# A server in the place of Redis that breaks the protocol, or is another one than
# it should be: no worker ends, none is busy with it for long, memory does not
# grow, and requests are answered as oauth_revocation_stale says.
#
#   OAUTH_HOSTILE   seconds for each kind of answer, 3

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use Time::HiRes qw(sleep time);

use OAuth::Test;
use OAuth::Test::Certificate qw(certificate);
use OAuth::Test::Fleet;
use OAuth::Test::HostileRedis;
use OAuth::Test::Process qw(grown);
use OAuth::Test::Redis;

use constant {
    SECONDS => $ENV{OAUTH_HOSTILE} // 3,
    WORST   => 1,                       # second, for a page, on a busy machine
    GROWTH  => 12 * 1024,               # kB, of a worker, in all
    LINES   => 60,                      # of the log, for each kind
};

plan(skip_all => 'there is no redis-server')
    unless OAuth::Test::Redis::available();

my $block = 'x' x 65_536;

my @kinds = (
    [ 'silence', 'silent' ],
    [ 'a closed connection', 'close' ],
    [ 'HTTP', bytes => bytes => "HTTP/1.1 400 Bad Request\r\n\r\n<html>" ],
    [ 'zeros', bytes => bytes => "\0" x 10_000 ],
    [ 'an error', bytes => bytes => "-ERR no\r\n" ],
    [ 'another error', bytes => bytes => '-' . 'E' x 3000 . "\r\n" ],
    [ 'OK for everything', bytes => bytes => "+OK\r\n" ],
    [ 'too many replies', bytes => bytes => "+OK\r\n" x 100 ],
    [ 'far too many replies', endless => bytes => '', more => "+OK\r\n" x 9000 ],
    [ 'a greeting', greet => bytes => "+OK\r\n" ],
    [ 'a long greeting', greet => bytes => ":1\r\n" x 20_000 ],
    [ 'a huge array', bytes => bytes => "*2147483647\r\n" ],
    [ 'a huge array with members', endless => bytes => "*2147483647\r\n",
      more => ":1\r\n" x 10_000 ],
    [ 'a huge string', bytes => bytes => "\$2147483647\r\n" ],
    [ 'a string without an end', endless => bytes => "\$536870912\r\n",
      more => $block ],
    [ 'a line without an end', endless => bytes => '+', more => $block ],
    [ 'deep arrays', bytes => bytes => "*1\r\n" x 10_000 ],
    [ 'wide and deep arrays', endless => bytes => '',
      more => "*1000000\r\n" x 5000 ],
    [ 'negative lengths', bytes => bytes => "*-5\r\n\$-7\r\n" ],
    [ 'null', bytes => bytes => "\$-1\r\n" ],
    [ 'a null array', bytes => bytes => "*-1\r\n" ],
    [ 'half a reply', bytes => bytes => "\$500\r\nhalf" ],
    [ 'a slow reply', slow => bytes => '+' . 'slow' x 1000 ],
    [ 'RESP 3', bytes => bytes => "%1\r\n+a\r\n~1\r\n#t\r\n,1.5\r\n(12345\r\n" ],
    [ 'INFO without a run id', bytes => bytes => "\$9\r\n# Server\n\r\n" ],
);

my $hostile = OAuth::Test::HostileRedis->new;
my $fleet = OAuth::Test::Fleet->new(port => $hostile->port, nodes => 1,
    bus => 'password_file=%%DIR%%/password',
    files => { password => "open-sesame\n" }, locations => <<'EOC')->launch;
        location /deny/ { oauth_revocation_stale 2s deny; alias %%DIR%%/html/; }
        location /fresh/ {
            oauth_revocation_stale 2s fresh=300s;
            alias %%DIR%%/html/;
        }
EOC
my $nginx = $fleet->node(0);
my $http = $nginx->http;
my %before = map { $_ => 0 } $nginx->workers;

run(@$_) for @kinds;

is(join(' ', sort $nginx->workers), join(' ', sort keys %before),
   'the workers are those of the beginning');
unlike($nginx->log, qr/sesame/, 'the password is not in the log');

# a real server then

ok(wait_until(sub { ($fleet->status(0)->{unsent} // 0) > 0 }),
   'what was revoked meanwhile is unsent');
tls();
finish();


sub run {
    my ($name, @act) = @_;

    $hostile->act(@act);
    $nginx->mark;

    my $seen = () = $hostile->seen;
    my ($worst, $end) = (0, time + SECONDS);
    my $revoked;

    while (time < $end) {
        my $began = time;
        my $status = $http->get('/page', token => $fleet->token('bob'))->status;
        my $took = time - $began;

        is($status, 200, "$name: serve") if $status != 200;
        $worst = $took if $took > $worst;
        sleep 0.05;
    }

    # The module waits for longer and longer until it connects again.

    ok(wait_until(sub { (() = $hostile->seen) > $seen }, 40), "$name: was met");

    my $began = time;

    is($fleet->revoker(0)->revoke({ subject => "for $name" }), 202,
       "$name: a revocation is queued");
    cmp_ok(time - $began, '<', 2, "$name: and answered in time");
    is($http->get('/deny/page', token => $fleet->token('bob'))->status, 503,
       "$name: deny");
    is($http->get('/fresh/page', token => $fleet->token('bob'))->status, 401,
       "$name: an old token");
    is($http->get('/fresh/page', token => $fleet->token('bob', iat => time - 60))
       ->status, 200, "$name: a fresh one");
    cmp_ok($worst, '<', WORST, "$name: no page was late");
    cmp_ok(scalar(my @lines = $nginx->log_lines(qr/./)), '<', LINES,
           "$name: the log is not flooded");

    my $growth = grown(\%before);

    cmp_ok($growth, '<', GROWTH, "$name: memory");

    my $status = $fleet->status(0);

    isnt($status->{state}, 'online', "$name: the bus is $status->{state}");
    note(sprintf '%s: worst page %.0f ms, memory +%d kB, "%s"', $name,
         1000 * $worst, $growth, $status->{last_error} ? $status->{last_error}{text}
                                 : 'no error');

    return;
}


# TLS: only a server with the name of the URL is spoken to.

sub tls {
    my $authority = certificate(authority => 1);
    my $good = certificate(ca => $authority, name => 'IP:127.0.0.1');
    my $wrong = certificate(ca => $authority, name => 'DNS:other.test');
    my $unknown = certificate(name => 'IP:127.0.0.1');
    my $past = certificate(ca => $authority, name => 'IP:127.0.0.1',
                           expired => 1);

    my %cases = (good => [ $good, 1 ], 'wrong name' => [ $wrong, 0 ],
                 'unknown authority' => [ $unknown, 0 ],
                 expired => [ $past, 0 ]);

    for my $case ('good', 'wrong name', 'unknown authority', 'expired') {
        my ($certificate, $accepted) = @{ $cases{$case} };
        my $server = OAuth::Test::Redis->new(certificate => $certificate);
        my $fleet = OAuth::Test::Fleet->new(port => $server->tls_port,
            nodes => 1,
            url => 'rediss://127.0.0.1',
            bus => "ca=$authority->{certificate}")->launch;

        if ($accepted) {
            ok($fleet->wait_for_sync(20), "TLS, $case: in sync")
                or diag($fleet->describe);
            is($fleet->revoker(0)->revoke({ subject => 'tls' }), 204,
               "TLS, $case: a revocation");
            next;
        }

        ok(wait_until(sub { $fleet->status(0)->{last_error} }), "TLS, $case: error");
        is($fleet->status(0)->{state}, 'offline', "TLS, $case: no connection");
        is($fleet->revoker(0)->revoke({ subject => 'tls' }), 202,
           "TLS, $case: a revocation is queued");
        like($server->command('INFO', 'stats'),
             qr/^total_commands_processed:[0-9]\r$/m,
             "TLS, $case: the server got no command but ours");
        note("TLS, $case: ", JSON::PP->new->allow_nonref->encode(
            $fleet->status(0)->{last_error}));
    }

    return;
}

#!/usr/bin/perl
#
# Workers are killed, stopped or replaced, and clients close their connections,
# while keys are being fetched.  Another worker takes the fetch over, and every
# request that waits is answered.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $issuer = issuer();
my $slow = issuer();

$slow->answer(jwks => hold => 'cold');

# with reuseport every worker gets connections, even if one is busy

my $nginx = nginx(<<'EOT', AS => $issuer->url, SLOW => $slow->url,
    oauth_zone %%ZONE%%;
    oauth_issuer corp { issuer %%AS%%; }
    oauth_issuer slow { issuer %%SLOW%%; key_refetch 1s; timeout 3s; }

    server {
        listen 127.0.0.1:%%PORT_main%% reuseport;
        server_name app.test;

        oauth corp slow;
        oauth_resource https://app.test;
        oauth_header X-User sub;
        location / { proxy_pass http://127.0.0.1:%%PORT_app%%; }

        location = /status {
            oauth off;
            stub_status;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_app%% reuseport;
        return 200 "$http_x_user";
    }
EOT
    ZONE => '4m', workers => 4);

$nginx->{allow} = qr/exited on signal 9/;

my $http = $nginx->http('main', timeout => 30);


sub active {
    return $http->get('/status')->body =~ /connections: (\d+)/ ? $1 - 1 : -1;
}


# Returns the id of the worker that has a connection to the issuer.

sub fetching {
    my ($as) = @_;

    my $remote = sprintf '0100007F:%04X', $as->port;
    my %inodes;

    open my $in, '<', '/proc/net/tcp' or die "no /proc/net/tcp: $!\n";

    while (<$in>) {
        my @fields = split;
        $inodes{"socket:[$fields[9]]"} = 1
            if $fields[2] eq $remote && $fields[3] eq '01';
    }

    for my $pid ($nginx->workers) {
        return $pid if grep { $inodes{ readlink($_) // '' } }
            glob "/proc/$pid/fd/*";
    }

    return 0;
}


sub statuses {
    my %count;

    $count{ $_->status }++ for @_;

    return \%count;
}


sub start_many {
    my ($count, $token) = @_;

    my $before = active();
    my @requests = map { $http->start('GET', '/', token => $token) }
        1 .. $count;

    ok(wait_until(sub { active() == $before + $count }),
       "$count requests wait");

    return @requests;
}


# Sends requests with a new key until a worker fetches, again if key_refetch is
# not over, and returns the id of that worker.

my $first;


sub hold_fetch {
    my $before = $slow->count('jwks');

    undef $first;

    return wait_until(sub {
        my $pid = fetching($slow);

        return $slow->count('jwks') > $before ? $pid : 0 if $pid;

        if (!$first || $first->pump(0)) {
            $first = $http->start('GET', '/', token => $slow->token);
        }

        return 0;
    });
}


sub serve_all {
    my ($name, @tokens) = @_;

    return is_deeply(statuses(finish_all(map {
        $http->start('GET', '/', token => $_)
    } map { (@tokens) } 1 .. 20)), { 200 => 20 * @tokens }, $name);
}


sub replaced {
    my ($pid) = @_;

    return wait_until(sub {
        my @now = $nginx->workers;
        return @now == 4 && !grep { $_ == $pid } @now;
    });
}


# clients close their connections while their requests wait

my @workers = sort $nginx->workers;
my @leaving = start_many(40, $slow->token);

ok(wait_until(sub { fetching($slow) }), 'the keys are asked for');
$_->close for @leaving;
ok(wait_until(sub { active() == 0 }), 'all leave: no connection is left');
ok(fetching($slow), 'while the fetch goes on');
$slow->raise_flag('cold');
ok(wait_until(sub { !fetching($slow) }), 'which ends');
serve_all('the key is there for others', $slow->token, $issuer->token);
is_deeply([ sort $nginx->workers ], \@workers, 'no worker has ended');

# a worker is killed during its fetch, twice

for my $flag (qw(killed again)) {
    $slow->keys(key('ES256'));
    $slow->answer(jwks => hold => $flag);

    my $before = $slow->count('jwks');
    my $pid = hold_fetch();
    my @waiting = start_many(40, $slow->token);

    ok($pid, "$flag: one worker fetches");
    is($slow->count('jwks'), $before + 1, 'once');
    kill KILL => $pid;

    ok(wait_until(sub { $slow->count('jwks') == $before + 2 }, 3),
       'it is killed: another one takes over');
    ok($nginx->wait_for_log(qr/issuer "slow": worker $pid did not end/),
       'and says so');
    $slow->raise_flag($flag);

    my $got = statuses(finish_all(@waiting));
    my $lost = delete $got->{0} // 0;

    is_deeply($got, { 200 => 40 - $lost },
              'who waits at another worker gets an answer');
    cmp_ok($lost, '<', 40, 'not all were at one');
    ok(replaced($pid), 'the killed worker is replaced');
    serve_all('all is well', $slow->token, $issuer->token);
    is($slow->count('jwks'), $before + 2, 'without another fetch');
}

# a worker is stopped during its fetch

$slow->keys(key('ES256'));
$slow->answer(jwks => hold => 'stop');

my $before = $slow->count('jwks');
my $stopped = hold_fetch();

ok($stopped, 'a worker fetches');
kill STOP => $stopped;

my $brief = $nginx->http('main', timeout => 0.3);
my $others = 0;

ok(wait_until(sub {
    $others++ if $brief->get('/', token => $issuer->token)->status == 200;
    return $others == 10;
}, 30), 'it is stopped: the others serve');

$slow->normal;
$brief->{timeout} = 1;
ok(wait_until(sub { $brief->get('/', token => $slow->token)->status == 200 },
              20), 'and one of them brings the new key');
cmp_ok($slow->count('jwks'), '>=', $before + 2, 'with a fetch of its own');

kill CONT => $stopped;
$slow->raise_flag('stop');
is($first->finish->status, 200, 'who waited first is answered');
serve_all('it goes on where it was', $slow->token, $issuer->token);

# a zone of another size is a new, empty zone

$before = $issuer->count('jwks');
$nginx->{ZONE} = '5m';
$nginx->write_conf;
ok($nginx->reload, 'reload with a larger zone');
ok($nginx->wait_for_log(
    qr/\[notice\].*oauth: .*"oauth_zone" changed from 4096k to 5120k/),
   'a notice');
serve_all('the keys are fetched again', $issuer->token, $slow->token);
is($issuer->count('jwks'), $before + 1, 'once');

finish();


END { kill CONT => $stopped if $stopped }

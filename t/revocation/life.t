#!/usr/bin/perl
#
# Reload, upgrade and end of nginx, while a slow disk has commits pending: every
# request is answered, and what was acknowledged stays.  Meanwhile a worker
# serves others in the usual time, and commits of several workers go together.
# Two instances of nginx on one store obey each other at once.
#
#   OAUTH_LIFE_REQUESTS   of each client during reloads and upgrade, 60

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use JSON::PP qw(encode_json);
use List::Util qw(max);
use Time::HiRes qw(sleep time);

use OAuth::Test;
use OAuth::Test::Disk;
use OAuth::Test::Process qw(reap spawn);
use OAuth::Test::Revoker;
use OAuth::Test::Token qw(mint);

use constant {
    REQUESTS => $ENV{OAUTH_LIFE_REQUESTS} // 60,
    CLIENTS  => 6,
    DELAY    => 50,                     # ms for a sync; a commit has two
    COMMIT   => 0.1,
    AS       => 'https://as.test',
};

my $key = key('ES256');
my $named = 0;

upgrade();
neighbours();
together();
two();
outlived();
finish();


sub slow_nginx {
    my (%options) = @_;

    my $nginx = OAuth::Test::Nginx->new(conf => <<'EOT', AS => AS,
    oauth_revocation_store %%STORE%% size=16m;
    oauth_issuer as { issuer %%AS%%; jwks_file %%DIR%%/keys; }

    keepalive_requests 1000000;

    server {
        listen 127.0.0.1:%%PORT_main%% reuseport;
        server_name app.test;

        oauth as;
        oauth_resource https://app.test;
        location / { root %%DIR%%/html; }
        location /proxied { proxy_pass http://127.0.0.1:%%PORT_app%%/page; }
    }

    server {
        listen 127.0.0.1:%%PORT_guarded%%;
        oauth as;
        oauth_resource https://app.test;
        oauth_session_recheck 100ms;
        location = /admin { oauth_scope read; oauth_revoke admin; }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        root %%DIR%%/html;
    }

    server {
        listen 127.0.0.1:%%PORT_local%% %%REUSE%%;
        add_header X-Worker $pid always;
        location = /admin { oauth_revoke admin; }
        location = /status { stub_status; }
    }
EOT
        main => 'env LD_PRELOAD; env DISK_DELAY;', log => 'notice',
        REUSE => '', %options);

    $nginx->{STORE} //= $nginx->make_folder('store');
    $nginx->write_file('html/page', 'page');
    $nginx->write_file('keys', encode_json({ keys => [ $key->jwk ] }));
    $nginx->{env} = OAuth::Test::Disk->new(delay => $options{delay} // DELAY)
        ->env;

    return $nginx;
}


sub revoker {
    my ($nginx) = @_;

    return OAuth::Test::Revoker->new(port => $nginx->port('local'),
                                     issuer => AS);
}


sub name { return 'user-' . ++$named }

sub token {
    my ($subject) = @_;

    return mint(key => $key, claims => { iss => AS, sub => $subject,
                                         iat => int(time) - 1000 });
}


# --- reload, QUIT of a worker, USR2, QUIT ----------------------------------

# Only a master that runs as a daemon obeys USR2.

sub upgrade {
    my $nginx = slow_nginx(workers => 2);
    my @masters;

    $nginx->write_conf;
    $nginx->write_file('nginx.conf', $nginx->read_file('nginx.conf')
                                     =~ s/daemon off/daemon on/r);

    my $start = spawn(sub { $nginx->become('stderr') });

    ok(wait_until(sub { reap($start) }), 'nginx becomes a daemon');

    my $old = new_master($nginx, \@masters);
    my @clients = map { client($nginx, $_) } 1 .. CLIENTS;

    for my $times (1 .. 3) {
        answered($nginx, $times * CLIENTS);
        ok($nginx->reload, 'a reload');
    }

    for my $times (4 .. 6) {
        answered($nginx, $times * CLIENTS);
        my ($worker) = $nginx->workers;
        kill QUIT => $worker;
        ok(wait_until(sub { ended($worker) }), 'QUIT: a worker ends');
    }

    answered($nginx, 7 * CLIENTS);
    kill USR2 => $old;
    my $new = new_master($nginx, \@masters);
    answered($nginx, 9 * CLIENTS);
    kill QUIT => $old;
    ok(wait_until(sub { ended($old) }), 'USR2, and QUIT: the old one ends');
    cmp_ok(scalar(answers($nginx)), '<', CLIENTS * REQUESTS,
           'the clients were at work until then');

    ok(wait_until(sub { reap($_) }, 120), 'a client ends') for @clients;

    my @answers = answers($nginx);

    is(scalar(@answers), CLIENTS * REQUESTS, scalar(@answers) . ' requests');
    is(join(' ', grep { !/ 204\z/ } @answers), '',
       'each of them was answered with 204');

    my @names = map { /\A(\S+)/ } @answers;
    my $began = time;

    revoker($nginx)->revoke({ subject => name() });
    cmp_ok(time - $began, '>=', COMMIT, 'the new binary has a slow disk, too');

    is(join(' ', revoker($nginx)->missing(@names)), '', 'none was lost');
    is(scalar(revoker($nginx)->missing('nobody')), 1, 'nobody else is there');

    push @names, quit_all($nginx, $new);

    is_deeply([ $nginx->complaints ], [], 'no alert, no token text');
    $nginx->write_conf;
    $nginx->launch;
    ok($nginx->is_up, 'it starts again');
    is(join(' ', revoker($nginx)->missing(@names)), '', 'none was lost');
    $nginx->stop;

    return;
}


# QUIT of nginx while these are pending

sub quit_all {
    my ($nginx, $master) = @_;

    my @names = map { name() } 1 .. 8;
    my $http = $nginx->http('local');
    my @pending = map { $http->start('POST', '/admin',
        'Content-Type' => 'application/json',
        body => encode_json({ issuer => AS, subject => $_ })) } @names;

    ok(wait_until(sub { $nginx->pending('local') >= 2 }), 'some are pending');
    kill QUIT => $master;

    is(join(' ', map { $_->status } finish_all(@pending)),
       join(' ', (204) x 8), 'QUIT: they are answered');
    ok(wait_until(sub { ended($master) }), 'and nginx ends');

    return @names;
}


sub client {
    my ($nginx, $n) = @_;

    return spawn(sub {
        open my $out, '>>', $nginx->dir . '/answers' or die "answers: $!\n";

        for my $i (1 .. REQUESTS) {
            my $revoker = revoker($nginx);
            my $status = $revoker->revoke({ subject => "client-$n-$i" });

            $revoker->close;
            syswrite $out, "client-$n-$i $status\n";
        }
    });
}


sub answers { return split /\n/, $_[0]->read_file('answers') }

sub answered {
    my ($nginx, $count) = @_;

    return wait_until(sub { answers($nginx) >= $count }, 30)
        || die "only ", scalar(answers($nginx)), " answers\n", $nginx->log;
}


sub new_master {
    my ($nginx, $masters) = @_;

    my $pid = wait_until(sub {
        my ($now) = $nginx->read_file('nginx.pid') =~ /\A(\d+)\n/ or return 0;

        return 0 if grep { $_ == $now } @$masters;

        $nginx->{pid} = $now;
        return $nginx->workers == 2 ? $now : 0;
    });

    push @$masters, $pid || die "nginx does not start:\n", $nginx->log;

    return $pid;
}


sub ended {
    my ($pid) = @_;

    open my $in, '<', "/proc/$pid/stat" or return 1;

    return (<$in> // '') =~ /\) Z /;
}


# --- what others notice ----------------------------------------------------

# One worker.  If its event loop waited for the disk, requests would take 50 ms
# or more, as those do that meet a worker which is stopped.

sub neighbours {
    my $nginx = slow_nginx(workers => 1)->start;
    my ($worker) = $nginx->workers;

    revoker($nginx)->revoke({ subject => name() });

    for my $path ('/page', '/proxied') {
        my ($alone, $beside, $commits);

        for (1 .. 3) {
            $alone = worst($nginx, $path);
            ($beside, $commits) = while_committing($nginx, $path);
            last if $beside < max(0.03, 2 * $alone);
        }

        cmp_ok($commits, '>=', 3, "$path: $commits revocations meanwhile");
        cmp_ok($beside, '<', max(0.03, 2 * $alone), sprintf
               '%s: at worst %.1f ms beside commits, %.1f ms without', $path,
               1000 * $beside, 1000 * $alone);
    }

    my $stopper = spawn(sub {
        for (1 .. 5) {
            kill STOP => $worker;
            sleep 2 * DELAY / 1000;
            kill CONT => $worker;
            sleep DELAY / 1000;
        }
    });

    cmp_ok(worst($nginx, '/page'), '>=', DELAY / 1000,
           'a worker that is stopped is noticed');
    wait_until(sub { reap($stopper) });

    return;
}


# The longest time of requests during a second

sub worst {
    my ($nginx, $path) = @_;

    my $http = $nginx->http;
    my $token = token('witness');
    my $connection = $http->connect;
    my $bytes = $http->bytes('GET', $path, token => $token);
    my $end = time + 1;
    my $worst = 0;

    while (time < $end) {
        my $response = $connection->send($bytes)->finish;

        die "a request failed\n" if $response->status != 200;
        $worst = max($worst, $response->elapsed);
    }

    $connection->close;

    return $worst;
}


sub while_committing {
    my ($nginx, $path) = @_;

    my $flag = $nginx->dir . '/enough';

    unlink $flag, $nginx->dir . '/done';

    my $committer = spawn(sub {
        my $revoker = revoker($nginx);
        my $done = 0;

        until (-e $flag) {
            $done++ if $revoker->revoke({ subject => "c-$$-$done" }) == 204;
        }

        $nginx->write_file('done', $done);
    });

    my $worst = worst($nginx, $path);

    $nginx->write_file('enough', '');
    wait_until(sub { reap($committer) });

    return ($worst, $nginx->read_file('done'));
}


# Four workers commit at once: one of them for itself, and the next for all that
# wait.

sub together {
    my $nginx = slow_nginx(workers => 4, REUSE => 'reuseport')->start;
    my %workers;

    for (1 .. 200) {
        my $revoker = revoker($nginx);
        my $response = $revoker->send($revoker->{http}->bytes('GET', '/status'));

        $workers{ $response->header('X-Worker') } //= $revoker;
        last if keys %workers == 4;
    }

    my @revokers = values %workers;
    my @alone = sort { $a <=> $b } map { timed($revokers[0]) } 1 .. 5;
    my @all = sort { $a <=> $b } map { timed(@revokers) } 1 .. 5;

    is(scalar(@revokers), 4, 'a connection to each worker');
    cmp_ok($alone[0], '>=', COMMIT, 'a commit is slow');
    cmp_ok($all[2], '<', 3 * $alone[2], sprintf
           '%.0f ms for one revocation, %.0f ms for one on each of 4 workers',
           1000 * $alone[2], 1000 * $all[2]);

    return;
}


sub timed {
    my (@revokers) = @_;

    my $began = time;

    $_->connection->send($_->bytes({ subject => name() }), 'POST')
        for @revokers;

    for (@revokers) {
        die "not accepted\n" if $_->connection->finish->status != 204;
    }

    return time - $began;
}


# --- two instances ---------------------------------------------------------

sub two {
    my $first = slow_nginx(workers => 2, delay => 0)->start;
    my $second = slow_nginx(workers => 2, delay => 0,
                            STORE => $first->{STORE})->start;
    my @both = ($first, $second);
    my (@wrong, @names, @clients);

    for my $i (1 .. 100) {
        my $subject = name();
        my $token = token($subject);
        my @before = map { statuses($_, $token) } @both;
        my $done = revoker($both[$i % 2])->revoke({ subject => $subject });
        my @after = map { statuses($_, $token) } @both;

        push @names, $subject;
        push @wrong, "$i: @before, $done, @after"
            if "@before, $done, @after" ne '200 200, 204, 401 401';
    }

    is(join("\n", @wrong), '', 'what one was told, the other obeys at once');

    for my $i (0, 1) {
        my @own = map { name() } 1 .. 200;

        push @names, @own;
        push @clients, spawn(sub {
            my $revoker = revoker($both[$i]);
            my @bad = grep { $revoker->revoke({ subject => $_ }) != 204 } @own;

            $both[$i]->write_file('bad', "@bad.");
        });
    }

    ok(wait_until(sub { reap($_) }, 60), 'a client ends') for @clients;

    for my $nginx (@both) {
        is($nginx->read_file('bad'), '.', 'all were accepted');
        is(join(' ', revoker($nginx)->missing(@names)), '',
           'it knows all of them');
    }

    return;
}


# The statuses of requests to both workers, each once

sub statuses {
    my ($nginx, $token) = @_;

    my %found = map { ($_->status => 1) } finish_all(map {
        $nginx->http->start('GET', '/page', token => $token) } 1 .. 4);

    return sort keys %found;
}


# --- requests that end while their commit is pending -----------------------

# The token of the requests is revoked by the first of them, so nginx wants to
# end the others, which must stay until their commits are done.  The C library
# overwrites memory that is freed.

sub outlived {
    my $nginx = slow_nginx(workers => 1, delay => 300);

    $nginx->{env}{MALLOC_PERTURB_} = 165;
    $nginx->start;

    my $guarded = $nginx->http('guarded');
    my $name = name();
    my @others = map { name() } 1 .. 6;
    my @requests;

    # The first commit of all creates the store.

    is($guarded->request('POST', '/admin', token => token(name()),
                         'Content-Type' => 'application/json',
                         body => encode_json({ issuer => AS,
                                               subject => name() }))->status,
       204, 'outlived: a commit before them');

    for my $subject ($name, @others) {
        push @requests, $guarded->start('POST', '/admin',
            token => token($name), 'Content-Type' => 'application/json',
            body => encode_json({ issuer => AS, subject => $subject }));
        sleep 0.02;
    }

    finish_all(@requests);

    my $local = $nginx->http('local');
    my $query = 'issuer=' . AS =~ s/:/%3A/r . '&subject=';

    is(join(' ', map { $local->get("/admin?$query$_")->status }
                 $name, @others),
       join(' ', (200) x (1 + @others)), 'outlived: every commit is done');
    ok(scalar($nginx->wait_for_log(qr/a revocation was accepted/,
                                   1 + @others)), 'outlived: and audited');
    is(scalar($nginx->workers), 1, 'outlived: the worker lives');
    ok(wait_until(sub { $nginx->pending('local') == 0 }),
       'outlived: nothing is left');

    return;
}

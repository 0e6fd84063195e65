#!/usr/bin/perl
#
# Clients revoke, while workers, the master or all processes are killed at
# random moments.  Whatever was acknowledged is there at the end.  The same
# holds on a disk that loses its power with each kill of all processes, and
# keeps of what was not synced nothing, or a random part.
#
#   OAUTH_KILLED_RECORDS   revocations that are acknowledged, 100000
#   OAUTH_KILLED_KILLS     200

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use JSON::PP qw(encode_json);
use Time::HiRes qw(sleep);

use OAuth::Test;
use OAuth::Test::Disk;
use OAuth::Test::Process qw(reap spawn);
use OAuth::Test::Revoker;
use OAuth::Test::Token qw(mint);

use constant {
    RECORDS => $ENV{OAUTH_KILLED_RECORDS} // 100_000,
    KILLS   => $ENV{OAUTH_KILLED_KILLS} // 200,
    BATCH   => 100,
    LOADERS => 3,
    WORKERS => 3,
    PAUSE   => 0.02,                    # seconds before a kill, at most
    SAMPLE  => 300,
    AS      => 'https://as.test',
};

my $seed = $ENV{OAUTH_KILLED_SEED} // time;
my $key = key('ES256');

note("OAUTH_KILLED_SEED=$seed");
srand $seed;

run('kill', RECORDS, KILLS);
run('power', RECORDS, KILLS, cut => 1);
lies();
finish();


sub run {
    my ($name, $records, $kills, %disk) = @_;

    my $test = start(%disk);
    my $end = time + 1800;

    begin($test);

    for my $n (1 .. $kills) {
        my $goal = int($records * $n / $kills);

        wait_until(sub { read_acknowledged($test) >= $goal || time > $end }, 60);
        die "$name: $test->{records} records after $n kills\n",
            $test->{nginx}->log if time > $end;
        kill_some($test);
    }

    end($test);

    my @lost = revoker($test)->missing(names($test));
    my $nginx = $test->{nginx};

    cmp_ok($test->{records}, '>=', $records,
           "$name: $test->{records} revocations were acknowledged");
    is(join(' ', @lost), '', "$name: none was lost in $kills kills");
    note("$name: $_ $test->{kinds}{$_}") for sort keys %{ $test->{kinds} };
    note("$name: other answers: ", encode_json($test->{others}));

    is(scalar(revoker($test)->missing(map { "nobody-$_" } 1 .. 10)), 10,
       "$name: there is no entry of anybody else");
    tokens($name, $test);

    cmp_ok($test->{disk}->dropped, '>', 10, "$name: " . $test->{disk}->dropped
           . ' writes were taken back') if $disk{cut};

    return;
}


# The same on a disk that says that data are written when they are not: here the
# test has to find something.

sub lies {
    my $test = start(cut => 1, lies => 1);

    $test->{nginx}{allow} = qr/exited on signal 9|cannot be used/;
    begin($test);
    wait_until(sub { read_acknowledged($test) >= 1000 }, 60);
    stop_all($test);
    end($test);

    my $there = eval { $test->{records} - revoker($test)->missing(names($test)) };

    ok(!defined $there || $there < $test->{records},
       'a disk that lies: the test finds what is lost');

    return;
}


sub start {
    my (%disk) = @_;

    my $nginx = OAuth::Test::Nginx->new(conf => <<'EOC', AS => AS,
    oauth_revocation_store %%STORE%% size=256m;
    oauth_issuer as { issuer %%AS%%; jwks_file %%DIR%%/keys; }

    keepalive_requests 1000000;

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth as;
        oauth_resource https://app.test;
        location / { root %%DIR%%/html; }
    }

    server {
        listen 127.0.0.1:%%PORT_local%%;
        location = /admin { oauth_revoke admin; }
    }
EOC
        workers => WORKERS, log => 'warn', allow => qr/exited on signal 9/);

    $nginx->{STORE} = $nginx->make_folder('store');
    $nginx->write_file('html/page', 'page');
    $nginx->write_file('keys', encode_json({ keys => [ $key->jwk ] }));

    my $disk = OAuth::Test::Disk->new(folder => $nginx->{STORE}, %disk);

    $nginx->{env} = $disk->env;
    $nginx->start;

    return { nginx => $nginx, disk => $disk, records => 0, batches => [],
             buffer => '', kinds => {}, others => {} };
}


sub revoker {
    my ($test) = @_;

    return OAuth::Test::Revoker->new(port => $test->{nginx}->port('local'),
                                     issuer => AS);
}


# --- the clients -----------------------------------------------------------

# Each writes what was acknowledged into the pipe.

sub begin {
    my ($test) = @_;

    pipe $test->{from}, my $to or die "pipe: $!\n";
    $test->{from}->blocking(0);

    for my $loader (1 .. LOADERS) {
        push @{ $test->{loaders} }, spawn(sub {
            srand $seed + $loader;
            load($test, $loader, $to);
        });
    }

    return;
}


sub load {
    my ($test, $loader, $to) = @_;

    my $revoker = revoker($test);
    my $folder = $test->{nginx}->dir;

    for (my $n = 1; !-e "$folder/enough"; $n++) {
        my $size = 1 + int rand BATCH;
        my $status = $revoker->revoke(map { { subject => $_ } }
                                      batch($loader, $n, $size));

        syswrite $to, "$loader $n $size $status\n";
        sleep 0.005 unless $status;
    }

    return;
}


sub batch {
    my ($loader, $n, $size) = @_;

    return map { "user-$loader-$n-$_" } 1 .. $size;
}


sub read_acknowledged {
    my ($test) = @_;

    while (sysread $test->{from}, $test->{buffer}, 65_536,
           length $test->{buffer}) { }

    while ($test->{buffer} =~ s/\A(\d+) (\d+) (\d+) (\d+)\n//) {
        if ($4 == 204) {
            push @{ $test->{batches} }, [ $1, $2, $3 ];
            $test->{records} += $3;
        } else {
            $test->{others}{$4}++;
        }
    }

    return $test->{records};
}


sub names {
    my ($test) = @_;

    return map { batch(@$_) } @{ $test->{batches} };
}


sub end {
    my ($test) = @_;

    $test->{nginx}->write_file('enough', '');

    for my $loader (@{ $test->{loaders} }) {
        wait_until(sub { read_acknowledged($test); reap($loader) }, 70)
            or die "a client does not end\n";
    }

    read_acknowledged($test);

    return;
}


# --- the kills -------------------------------------------------------------

sub kill_some {
    my ($test) = @_;

    my $kind = (('worker') x 3, 'master', 'all')[ rand 5 ];

    $test->{kinds}{$kind}++;
    sleep rand PAUSE;

    return kill_worker($test) if $kind eq 'worker';

    stop_all($test, $kind eq 'master');

    return;
}


sub kill_worker {
    my ($test) = @_;

    my @workers = $test->{nginx}->workers;

    kill KILL => $workers[ rand @workers ] if @workers;

    return;
}


# Kills all processes, the master a little earlier if so asked; workers without
# a master go on meanwhile.  Then starts nginx again.

sub stop_all {
    my ($test, $master_first) = @_;

    my $nginx = $test->{nginx};
    my $master = $nginx->pid;

    # A master that is stopped starts no workers that nobody knows.  One that was
    # just started has no title yet.

    kill STOP => $master;
    wait_until(sub { state_of($master) eq 'T' });
    my @workers = children($master);

    kill KILL => $master;
    sleep rand PAUSE if $master_first;
    kill KILL => @workers;

    wait_until(sub { reap($master) && !grep { !ended($_) } @workers })
        or die "processes that were killed do not end\n";

    $test->{disk}->cut(rand() < 0.5 ? 1 : 0.5) if $test->{disk}{cut};

    $nginx->launch;
    $nginx->is_up or die "nginx does not start:\n", $nginx->log;

    return;
}


sub children {
    my ($pid) = @_;

    open my $in, '<', "/proc/$pid/task/$pid/children" or return;

    return split ' ', <$in> // '';
}


# As in /proc: T is stopped, Z has ended; "": there is no such process

sub state_of {
    my ($pid) = @_;

    open my $in, '<', "/proc/$pid/stat" or return '';

    return (<$in> // '') =~ /\) (\w) / ? $1 : '';
}


# A process whose main thread has ended keeps its sockets until its other threads
# have, too, and these may be in the middle of a write to the disk.

sub ended {
    my ($pid) = @_;

    my @threads = glob "/proc/$pid/task/*";

    return @threads <= 1 && state_of($pid) =~ /\AZ?\z/;
}


# --- what must hold --------------------------------------------------------

sub tokens {
    my ($name, $test) = @_;

    my $http = $test->{nginx}->http;
    my @names = names($test);
    my @bad;

    for my $subject ((map { $names[ rand @names ] } 1 .. SAMPLE),
                     map { "nobody-$_" } 1 .. 10) {
        my $token = mint(key => $key, claims => { iss => AS,
            sub => $subject, iat => time - 1000 });
        my $status = $http->get('/page', token => $token)->status;
        my $wanted = $subject =~ /nobody/ ? 200 : 401;

        push @bad, "$subject: $status" if $status != $wanted;
    }

    is(join(', ', @bad), '', "$name: their tokens are refused, others are not");

    return;
}

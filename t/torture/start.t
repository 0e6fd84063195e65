#!/usr/bin/perl
#
# Some allocations of nginx's start fail, at equal steps: while nginx reads its
# configuration, and while it gets ready to serve.  nginx must either say what
# is wrong and end, or serve.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use OAuth::Test;
use OAuth::Test::Process qw(reap stop_process);
use OAuth::Test::Token qw(mint);
use OAuth::Test::Torture;

use constant SAMPLES => 250;            # of thousands of allocations

my @keys = (key('ES256'), key('RS256'));

# One process; its first allocation is the first that counts

my $torture = OAuth::Test::Torture->new(keys => \@keys, main => <<'EOT',
master_process off;
EOT
                                        conf => <<'EOT');
    oauth_issuer corp { issuer https://corp.test; jwks_file %%DIR%%/jwks; }
    oauth_issuer live { issuer %%ISSUER%%; algorithms ES256 RS256; }
    oauth_claim_set $team realm team;

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp live;
        oauth_resource https://app.test;
        oauth_metadata resource_name "The app";
        oauth_audience app;
        oauth_scope read;
        oauth_scope_implies write read;
        oauth_header X-User sub;
        oauth_header X-Team $team;
        location / { proxy_pass http://127.0.0.1:%%APP%%; }

        location /write {
            oauth_scope write method=POST;
            oauth_scope_advertise read write;
            oauth_require groups staff;
            proxy_pass http://127.0.0.1:%%APP%%;
        }
    }
EOT

my $nginx = $torture->nginx;
my @tokens = map { mint(key => $keys[0], claims => { iss => $_ }) }
    'https://corp.test', $torture->issuer;

$nginx->write_conf;
$torture->watch;


# Waits for the process to end by itself; undef for a signal, or if it does not
# end.

sub status {
    my ($pid) = @_;

    return wait_until(sub { reap($pid) }, 20) && !($? & 127) ? $? >> 8 : undef;
}


# One start in which the n-th allocation fails; returns what is wrong with it.
# If glibc has no memory for the thread-local data of a library, it ends the
# process by itself and says so.

sub test_conf {
    my ($n) = @_;

    $torture->arm($n);
    my ($good, $said) = $nginx->test_conf;
    my $status = $?;
    $torture->disarm;

    return if $good || $said =~ /^cannot allocate memory for thread-local /m;
    return "status $status" if $status & 127 || $status >> 8 != 1;
    return 'says nothing' unless $said =~ /\S/;
    return;
}


# nginx is ready when it has tried to fetch keys and answers requests.  Tokens
# come only after that: OpenSSL 3.0 does not recover if it lacks memory when it
# uses an algorithm for the first time.

sub start {
    my ($n) = @_;

    unlink map { $nginx->dir . "/$_" } qw(error.log stderr);
    $torture->arm($n);
    $nginx->launch;

    my $pid = $nginx->pid;
    my $ended = 0;

    my $ready = wait_until(sub {
        $ended = reap($pid);
        return $ended || is_ready();
    }, 20);

    $torture->disarm;

    return $? & 127 || !$nginx->log ? "status $?" : () if $ended;

    my $serves = $ready && wait_until(sub {
        $torture->skip(1);
        return served();
    }, 20);

    my $stopped = stop_process($pid, 'QUIT', 20);

    return !$ready ? 'does not get ready' : !$serves ? 'does not serve'
        : !$stopped || $? ? "ends with $?" : ();
}


sub is_ready {
    return ask('/.well-known/oauth-protected-resource') == 200
           && $nginx->log_lines(qr/"live": (?:keys fetched|cannot fetch)/);
}


sub served {
    return !grep { ask('/', token => $_) != 200 } @tokens;
}


sub ask {
    return $nginx->http('main', timeout => 1)->get(@_)->status;
}


is(join('', test_conf(0)), '', 'a good configuration');
my $conf = $torture->count;

is(join('', start(0)), '', 'a good start');
my $all = $torture->count;

each_of('configuration', \&test_conf, 1, $conf);
each_of('start', \&start, $conf, $all);

note($torture->summary);


# SAMPLES allocations between two numbers, at equal steps

sub each_of {
    my ($name, $try, $first, $last) = @_;

    my $step = int(($last - $first) / SAMPLES) || 1;
    my @wrong;

    for (my $n = $first; $n <= $last; $n += $step) {
        push @wrong, map { "$n: $_" } $try->($n);
    }

    is(join("\n", @wrong), '', "$name: allocations $first to $last, one in $step");

    return;
}

finish();

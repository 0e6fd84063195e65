#!/usr/bin/perl
#
# A fetch of keys in which every allocation fails once: a refresh by the timer,
# and a fetch for which requests wait.  Some keys must be usable at all times,
# and all new keys must be usable as soon as there is memory.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use OAuth::Test;
use OAuth::Test::Token qw(mint);
use OAuth::Test::Torture;

# two key sets, which the issuer publishes in turn

my @sets = map { [ key('ES256'), key('RS256') ] } 0, 1;
my $static = key('ES256');
my $turn = 0;

my $control = mint(key => $static, claims => { iss => 'https://corp.test' });

my $torture = OAuth::Test::Torture->new(keys => [ $static ],
                                        token => $control,
                                        conf => <<'EOT');
    oauth_issuer corp { issuer https://corp.test; jwks_file %%DIR%%/jwks; }

    oauth_issuer live {
        issuer %%ISSUER%%;
        key_refresh 100s;
        key_stale 200s;
        key_refetch 1s;
        timeout 2s;
    }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp live;
        oauth_resource https://app.test;
        oauth_header X-User sub;
        location / { proxy_pass http://127.0.0.1:%%APP%%; }
    }
EOT

my $nginx = $torture->nginx;

# The token does not expire during the test, and clocks that are set forward do
# not make it too old.

my %claims = (iss => $torture->issuer, exp => time + 86_000);

my @tokens = map { [ map { mint(key => $_, claims => \%claims) } @$_ ] } @sets;
my $unknown = mint(key => $static, claims => \%claims);

$torture->publish(@{ $sets[0] });
$torture->start;


sub ask {
    my ($token, $case) = @_;

    return $torture->finish($nginx->http->start(
        'GET', '/', token => $token, 'X-Case', $case // 'ask'));
}


# Waits until all keys of the current set are usable, for at most the longest
# pause between two attempts.

sub recover {
    for my $token (@{ $tokens[$turn] }) {
        $torture->wait_for(sub { ask($token)->status == 200 }, 0)
            or die "the keys do not come back\n", $nginx->log_lines(qr/live/);
    }

    return;
}


sub rotate {
    $turn = 1 - $turn;
    $torture->publish(@{ $sets[$turn] });

    return;
}


# Waits until the fetch has ended, with or without success.

sub fetched {
    return $nginx->log_lines(qr/"live": (?:keys fetched|cannot fetch keys)/);
}


# However the fetch ended: there are keys, and soon all of the new ones.

sub judge_refresh {
    my ($ended) = @_;

    my @wrong = $ended ? () : 'the fetch does not end';

    my @statuses;

    for my $set ($turn, 1 - $turn) {
        my $statuses = join ' ', map { ask($_)->status } @{ $tokens[$set] };
        return @wrong if $statuses eq '200 200';
        push @statuses, $statuses;
    }

    return @wrong, "new keys $statuses[0], old keys $statuses[1]";
}


sub judge_request {
    my ($response, @good) = @_;

    my $got = $response->status;

    return if grep { $_ == $got } @good, 500, 502, 503;

    return $got || $response->error eq 'timed out'
        ? "$got, " . $response->error : ();
}


sub check {
    my ($name, %do) = @_;

    recover();
    my ($count, @wrong) = $torture->each_allocation(%do);
    recover();

    my %seen = map { ("@$_" => 1) } $torture->seen;
    my @strange = grep { !/\A(?:control|ask|good) alice\|/ } keys %seen;

    is_deeply(\@wrong, [], "$name: each of $count allocations");
    is_deeply(\@strange, [], "$name: what the app sees");

    return;
}

check('refresh',
    prepare => sub {
        recover();
        rotate();
        $nginx->mark;
    },
    attempt => sub {
        $torture->pass(95);
        return $torture->wait_for(\&fetched);
    },
    judge => \&judge_refresh);

check('a request without keys',
    prepare => sub {
        recover();
        $torture->skip(250);
    },
    attempt => sub { ask($tokens[$turn][1], 'good') },
    judge => sub { judge_request($_[0], 200) });

check('a new key',
    prepare => sub {
        recover();
        rotate();
        $torture->skip(2);
    },
    attempt => sub { ask($tokens[$turn][0], 'good') },
    judge => sub { judge_request($_[0], 200, 401) });

check('an unknown key',
    prepare => sub {
        rotate();
        recover();
        $torture->skip(2);
    },
    attempt => sub { ask($unknown, 'bad') },
    judge => sub { judge_request($_[0], 401) });

is($nginx->log_lines(qr/worker process \d+ exited/), 0, 'one worker');
note($torture->summary);

finish();

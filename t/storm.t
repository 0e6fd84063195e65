#!/usr/bin/perl
#
# Hundreds of requests at once whose tokens fit no key, for an issuer that is
# slow, one that fails, and issuers that nobody configured.  Also an issuer that
# comes and goes, next to one that must not be affected.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Time::HiRes qw(time);

use OAuth::Test;
use OAuth::Test::Process qw(ending reap spawn);

my $issuer = issuer();
my $failing = issuer();
my $flapping = issuer();
my $steady = issuer();

my $nginx = nginx(<<'EOT', AS => $issuer->url, FAILING => $failing->url,
    oauth_issuer corp { issuer %%AS%%; key_refetch 1h; }
    oauth_issuer failing { issuer %%FAILING%%; key_refetch 1s; }

    oauth_issuer flapping {
        issuer %%FLAPPING%%;
        key_refresh 1s;
        key_refetch 1s;
        timeout 1s;
    }

    oauth_issuer steady { issuer %%STEADY%%; key_refresh 1s; }

    server {
        listen 127.0.0.1:%%PORT_main%% reuseport;
        server_name app.test;

        oauth corp failing flapping steady;
        oauth_resource https://app.test;
        location / { proxy_pass http://127.0.0.1:%%PORT_app%%; }

        location = /status {
            oauth off;
            stub_status;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_app%% reuseport;
        return 200 "app\n";
    }
EOT
    FLAPPING => $flapping->url, STEADY => $steady->url, workers => 4);

my $http = $nginx->http;


sub active {
    return $http->get('/status')->body =~ /connections: (\d+)/ ? $1 - 1 : -1;
}


sub start_all {
    return map { $http->start('GET', '/', token => $_) } @_;
}


sub are {
    my ($responses, $expected, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my %statuses;
    $statuses{ $_->status }++ for @$responses;

    return is_deeply(\%statuses, $expected, $name);
}


sub unknown {
    my ($as, $count) = @_;

    return map { $as->mint(header => { kid => "no-$_" }) } 1 .. $count;
}


# Sends 300 requests while the single fetch that they cause is under way.

sub storm {
    my ($as, $name, @answer) = @_;

    my @known = map { $as->token(sub => "user-$_") } 1 .. 40;
    my @unknown = unknown($as, 300);

    are([ finish_all(start_all(@known)) ], { 200 => 40 }, "$name: its tokens");
    is($as->count('jwks'), 1, 'one fetch for all workers');

    $as->answer(jwks => hold => 'storm', @answer);

    my $began = time;
    my @storm = start_all(@unknown);

    ok(wait_until(sub { $as->count('jwks') == 2 }), 'the keys are asked for');
    ok(wait_until(sub { active() >= 300 }), '300 unknown key ids wait');
    are([ finish_all(start_all(@known)) ], { 200 => 40 },
        'known ones do not wait');
    $as->raise_flag('storm');
    are([ finish_all(@storm) ], { 401 => 300 }, 'then 300 are refused');

    return (\@known, \@unknown, $began);
}


my ($known, $unknown) = storm($issuer, 'slow');

are([ finish_all(start_all(@$unknown, @$known)) ], { 401 => 300, 200 => 40 },
    'once more, and nobody waits');
is($issuer->count('jwks'), 2, 'one refetch in key_refetch');
is($issuer->count('discovery'), 1, 'of the key set alone');

# an issuer that answers 500 after its first good answer

($known, $unknown, my $began) = storm($failing, 'failing', status => 500);

for my $round (2, 3) {
    my $before = $failing->count('jwks');
    my @answers;

    ok(wait_until(sub {
        push @answers, finish_all(start_all(@$unknown[0 .. 99], @$known));
        return $failing->count('jwks') > $before;
    }), "storm $round: asked once more, when key_refetch is over");

    my $times = @answers / 140;
    are(\@answers, { 401 => 100 * $times, 200 => 40 * $times },
        'unknown ones are refused, known ones are served');
}

# the last fetch may belong to an interval of key_refetch that has just begun

cmp_ok($failing->count('jwks'), '<=', 2 + int(time - $began),
       'at most one refetch in key_refetch');
are([ finish_all(start_all(@$known)) ], { 200 => 40 }, 'its keys stay');
ok($nginx->log_lines(qr/\[(?:error|info)\].*issuer "failing": cannot.*500/), 'and the log says');

# issuers that nobody configured, at an address that counts requests

my $all = $issuer->count;

are([ finish_all(start_all(map {
    $issuer->token(iss => $issuer->url . "/tenant-$_")
} 1 .. 200)) ], { 401 => 200 }, '200 unknown issuers');
is($issuer->count, $all, 'are not asked for anything');

# an issuer that comes and goes


# Sends one request after the other until the test ends this, and reports every
# status that is not the expected one.

sub load {
    my ($name, %expected) = @_;

    my @tokens = keys %expected;
    my ($done, @failed) = (0);

    until (-e $nginx->dir . '/enough') {
        my $token = $tokens[$done++ % @tokens];
        my $answer = $http->get('/', token => $token);

        push @failed, join ' ', $answer->status, $answer->error
            if $answer->status != $expected{$token};
    }

    $nginx->write_file($name, "$done\n@failed\n");

    return;
}


my %expected = (
    steady => { map { $_ => 200 }
                map { $steady->token(sub => "user-$_") } 1 .. 20 },
    flapping => { (map { $_ => 200 }
                   map { $flapping->token(sub => "user-$_") } 1 .. 20),
                  (map { $_ => 401 } unknown($flapping, 20)) },
);

my @clients = map {
    my $name = $_;
    spawn(sub { load($name, %{ $expected{$name} }) });
} sort keys %expected;

for my $fault (([ mode => 'reset' ], [], [ status => 500 ], []) x 2,
               [ mode => 'hang' ], [])
{
    my $before = $flapping->count('jwks');

    $flapping->answer(jwks => @$fault);
    ok(wait_until(sub { $flapping->count('jwks') > $before }),
       'the flapping one is asked' . (@$fault ? ", @$fault" : ', good again'));
}

$nginx->write_file('enough', '');
ok(wait_until(sub { !grep { !reap($_) } @clients })
   && !(grep { ending($_) } @clients), 'the clients have ended');

for my $name (sort keys %expected) {
    my ($done, $failed) = split /\n/, $nginx->read_file($name);

    cmp_ok($done, '>', 20, "$name: $done requests");
    is($failed // '', '', 'none failed');
}

cmp_ok($steady->count('discovery'), '>', 2, 'and it was refreshed meanwhile');

finish();

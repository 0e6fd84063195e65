#!/usr/bin/perl
#
# Reload.  Under load no request fails.  A request that waits for keys is
# answered by the old worker.  The keys are not fetched again.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Process qw(ending spawn reap);

my $issuer = issuer();
my $late = issuer();

$late->answer(jwks => hold => 'go');

my $nginx = nginx(<<'EOT', AS => $issuer->url, LATE => $late->url,
    oauth_issuer corp { issuer %%AS%%; }
    oauth_issuer late { issuer %%LATE%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp late;
        oauth_resource https://app.test;
        oauth_header X-User sub;
        location / { proxy_pass http://127.0.0.1:%%PORT_app%%; }

        location = /status {
            oauth off;
            stub_status;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "$http_x_user";
    }
EOT
    workers => 4);

my $http = $nginx->http;

is($http->get('/', token => $issuer->token)->body, 'alice', 'before');

# a request that waits for keys while nginx is reloaded

my $waiting = $http->start('GET', '/', token => $late->token(sub => 'bob'));

ok(wait_until(sub { $nginx->pending == 1 }), 'a request waits for keys');

ok($nginx->reload, 'reload');
$late->raise_flag('go');

my $response = $waiting->finish;
is($response->status, 200, 'the waiting request gets its answer');
is($response->body, 'bob', 'and its identity');
$waiting->close;

# under load: two clients, each as fast as it can

my @tokens = map { $issuer->token(sub => "user-$_") } 1 .. 50;


sub load {
    my ($name) = @_;

    my ($done, @failed) = (0);

    until (-e $nginx->dir . '/enough' && $done > 50) {
        my $n = $done++ % 50;
        my $answer = $http->get('/', token => $tokens[$n]);
        my $got = join ' ', $answer->status, $answer->body, $answer->error;
        my $expected = '200 user-' . ($n + 1) . ' ';

        push @failed, $got if $got ne $expected;
    }

    $nginx->write_file("load-$name.new", "$done\n@failed\n");
    rename $nginx->dir . "/load-$name.new", $nginx->dir . "/load-$name";

    return;
}


my @clients = map { my $name = $_; spawn(sub { load($name) }) } 1, 2;

for (1 .. 5) {
    ok($nginx->reload, "reload under load $_");
}

$nginx->write_file('enough', '');
ok(wait_until(sub { reap($_) }, 20) && !ending($_), 'a client has ended')
    for @clients;

for my $name (1, 2) {
    my ($done, $failed) = split /\n/, $nginx->read_file("load-$name");

    cmp_ok($done, '>', 50, "client $name: $done requests");
    is($failed // '', '', 'none failed');
}

is($issuer->count('discovery'), 1, 'no second discovery');
is($issuer->count('jwks'), 1, 'nor another fetch of the keys');

# new workers parse the keys in the zone: the issuer may be down

$issuer->down;
ok($nginx->reload, 'reload without the issuer');
is_deeply([ map { $_->body } finish_all(map {
    $http->start('GET', '/', token => $issuer->token) } 1 .. 20) ],
          [ ('alice') x 20 ], 'its tokens are good');
$issuer->up;

# another configuration

my $with_scope = $nginx->{conf} =~ s/oauth_header/oauth_scope new;\n$&/r;

$nginx->write_conf($with_scope);
ok($nginx->reload, 'reload with another configuration');
is_refused($http->get('/', token => $tokens[0]), 403, 'insufficient_scope',
           'the new rules hold');

# a changed issuer starts anew, and the others keep their keys

my @before = map { $_->count('jwks') } $issuer, $late;

$nginx->write_conf($with_scope
                   =~ s/issuer %%AS%%;/$& algorithms RS256 RS512;/r);
ok($nginx->reload, 'reload with other algorithms');
is_refused($http->get('/', token => $issuer->token(scope => 'new')), 503,
           undef, 'none of its keys may be used');
ok($nginx->wait_for_log(qr/"corp": cannot fetch keys, there are none/),
   'which the log says');

$nginx->write_conf($with_scope);
ok($nginx->reload, 'reload with the former ones');
is($http->get('/', token => $issuer->token(scope => 'new'))->status, 200,
   'its keys are there again');
cmp_ok($issuer->count('jwks'), '>', $before[0], 'it was asked again');
is($late->count('jwks'), $before[1], 'the other was not');

$nginx->write_conf($with_scope =~ s/oauth corp late;/oauth nobody;/r);
kill HUP => $nginx->pid;
ok($nginx->wait_for_log(qr/\[emerg\].*"nobody"/), 'a bad configuration');
is_refused($http->get('/', token => $tokens[0]), 403, 'insufficient_scope',
           'the old rules stay');
$nginx->{allow} = qr/unknown issuer "nobody"/;

# a worker that is killed leaves nothing locked

my @workers = $nginx->workers;
kill KILL => $workers[0];
ok(wait_until(sub { my @now = $nginx->workers;
                    @now == 4 && !grep { $_ == $workers[0] } @now }),
   'a killed worker is replaced');
is_deeply([ map { $_->status } finish_all(map {
    $http->start('GET', '/', token => $issuer->token(scope => 'new')) }
    1 .. 20) ], [ (200) x 20 ], 'all is well');
$nginx->{allow} = qr/unknown issuer "nobody"|exited on signal 9/;

finish();

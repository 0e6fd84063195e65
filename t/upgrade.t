#!/usr/bin/perl
#
# An upgrade of the nginx binary under load.  USR2 starts the new binary, which
# fetches the keys again; WINCH and QUIT end the old one.  No request fails.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Process qw(ending reap spawn);

my $issuer = issuer();

# only a master that runs as a daemon obeys USR2 and WINCH

my $nginx = OAuth::Test::Nginx->new(conf => <<'EOT', AS => $issuer->url,
    oauth_issuer corp { issuer %%AS%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp;
        oauth_resource https://app.test;
        oauth_header X-User sub;
        location / { proxy_pass http://127.0.0.1:%%PORT_app%%; }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "$http_x_user";
    }
EOT
    workers => 2);

my @masters;


sub master { return $nginx->read_file('nginx.pid') =~ /\A(\d+)\n/ ? $1 : 0 }


sub workers {
    my ($pid) = @_;

    open my $in, '<', "/proc/$pid/task/$pid/children" or return;

    return grep { $nginx->state_of($_) } split ' ', <$in> // '';
}


sub ended {
    my ($pid) = @_;

    open my $in, '<', "/proc/$pid/stat" or return 1;

    return (<$in> // '') =~ /\) Z /;
}


# Returns the id of a master that is not in the list, when all its workers run.

sub new_master {
    my $pid = wait_until(sub {
        my $now = master();
        return 0 if !$now || grep { $_ == $now } @masters;
        return workers($now) == 2 ? $now : 0;
    });

    push @masters, $pid || die "nginx does not start:\n", $nginx->log;

    return $pid;
}


$nginx->write_conf;
$nginx->write_file('nginx.conf',
                   $nginx->read_file('nginx.conf') =~ s/daemon off/daemon on/r);

my $start = spawn(sub { $nginx->become('stderr') });

ok(wait_until(sub { reap($start) }) && !ending($start),
   'nginx becomes a daemon');

my $old = new_master();
my $http = $nginx->http;
my @tokens = map { $issuer->token(sub => "user-$_") } 1 .. 20;


sub load {
    my ($done, @failed) = (0);

    until (-e $nginx->dir . '/enough') {
        my $n = $done++ % 20;
        my $answer = $http->get('/', token => $tokens[$n]);
        my $got = join ' ', $answer->status, $answer->body, $answer->error;

        push @failed, $got if $got ne '200 user-' . ($n + 1) . ' ';
        $nginx->write_file('began', '') if $done == 20;
    }

    $nginx->write_file('load', join "\n", $done, scalar @failed,
                       $failed[0] // '', '');

    return;
}


my $client = spawn(\&load);

ok(wait_until(sub { -e $nginx->dir . '/began' }), 'a client is at work');
is($issuer->count('jwks'), 1, 'the keys were fetched');

kill USR2 => $old;
my $new = new_master();

ok(wait_until(sub { $issuer->count('jwks') == 2 }),
   'USR2: the new binary fetches the keys for itself');
is(scalar(workers($old)), 2, 'beside the old one');

kill WINCH => $old;
ok(wait_until(sub { !workers($old) }), 'WINCH: its workers end');

kill QUIT => $old;
ok(wait_until(sub { ended($old) }), 'QUIT: the old one ends');

is_deeply([ map { $_->status } finish_all(map {
    $http->start('GET', '/', token => $_) } @tokens) ], [ (200) x 20 ],
    'the new one serves');
is($issuer->count('jwks'), 2, 'with the keys that it has');

$nginx->write_file('enough', '');
ok(wait_until(sub { reap($client) }) && !ending($client),
   'the client has ended');

my ($done, $failed, $how) = split /\n/, $nginx->read_file('load');

cmp_ok($done, '>', 20, "$done requests");
is($failed, 0, 'none failed') or diag($how);

kill QUIT => $new;
ok(wait_until(sub { ended($new) }), 'the new one ends, too');
is_deeply([ $nginx->complaints ], [],
          'no alert, no sanitizer report, no token text');

finish();


# Daemons are not children of this test.

END {
    my $status = $?;

    kill TERM => grep { !ended($_) } @masters;
    $? = $status;
}

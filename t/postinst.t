#!/usr/bin/perl
#
# What Debian's package does when it is upgraded while nginx runs: its script
# postinst, with a real nginx, and with a stand-in for invoke-rc.d that takes the
# steps of Debian's init script.  While a stream keeps the nginx alive that was
# replaced, nginx cannot be replaced again, and the script has to say so.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Mode qw(mode);
use OAuth::Test::Process qw(reap spawn);

plan(skip_all => 'does not depend on how nginx was built') if mode();

my $source = "$FindBin::Bin/../debian/libnginx-mod-http-oauth.postinst";
my $old_module = qr/^WARNING: nginx still runs the old module/m;

my $nginx = OAuth::Test::Nginx->new(conf => <<'EOT', LONG => 'x' x 4000);
    server {
        listen 127.0.0.1:%%PORT_main%%;
        location / { return 200 nginx; }
        location /stream { limit_rate 20; return 200 %%LONG%%; }
    }
EOT

my $dir = $nginx->dir;
my @masters;                    # all that ever ran, the last one last


sub master { return $nginx->read_file('nginx.pid') =~ /\A(\d+)\n/ ? $1 : 0 }


sub ended {
    my ($pid) = @_;

    open my $in, '<', "/proc/$pid/stat" or return 1;

    return (<$in> // '') =~ /\) Z /;
}


sub serves { return ($nginx->http->get('/')->body // '') eq 'nginx' }


# Runs postinst with these arguments; returns what it said.

sub postinst {
    my ($arguments) = @_;

    local $ENV{PATH} = "$dir/bin:$ENV{PATH}";

    my $said = `sh $dir/postinst $arguments 2>&1 </dev/null`;
    my $now = master();

    push @masters, $now if $now && !grep { $_ == $now } @masters;

    return $said;
}


# A client that reads a response which takes minutes.

sub stream {
    my $connection = $nginx->http->start('GET', '/stream');

    $connection->read_until(qr/xx/) or die "there is no stream\n";

    return $connection;
}


# The script finds the pid file by nginx.conf.

open my $in, '<', $source or die "$source: $!\n";
my $script = do { local $/; <$in> };

ok($script =~ s{/etc/nginx/nginx\.conf}{$dir/nginx.conf}g, 'it asks nginx.conf');
is($script =~ s/^#DEBHELPER#$//mg, 1, 'and has a place for debhelper');
$nginx->write_file('postinst', $script);

# The actions of Debian's init script, with shorter waits; the file "policy" is
# a policy-rc.d that forbids all.

mkdir "$dir/bin" or die "mkdir: $!\n";
$nginx->write_file('bin/invoke-rc.d', <<"EOT");
#!/bin/sh
pid=$dir/nginx.pid
[ ! -e $dir/policy ] || exit 0
case "\$*" in
'--quiet nginx status')
    [ -s \$pid ] && kill -0 \$(cat \$pid)
    ;;
'nginx upgrade')
    kill -USR2 \$(cat \$pid) || exit 1
    count=0
    while [ ! -s \$pid.oldbin ] || [ ! -s \$pid ]; do
        count=\$((count + 1))
        [ \$count -lt 40 ] || exit 2
        sleep 0.05
    done
    kill -QUIT \$(cat \$pid.oldbin) || exit 3
    ;;
*)
    echo "there is no \$*"
    exit 103
    ;;
esac
EOT
chmod 0755, "$dir/bin/invoke-rc.d" or die "chmod: $!\n";

# nginx does not run

$nginx->write_conf;
my $conf = $nginx->read_file('nginx.conf') =~ s/daemon off/daemon on/r;
$nginx->write_file('nginx.conf', $conf);

is(postinst('configure 0.1.0-1'), '', 'nginx does not run: nothing is said');
is($?, 0, 'and the package is configured');

$nginx->write_file('policy', '');
unlike(postinst('configure 0.1.0-1'), qr/WARNING/,
       'nor where a policy-rc.d denies to say whether it runs');
unlink "$dir/policy" or die "unlink: $!\n";

# nginx runs

my $start = spawn(sub { $nginx->become('stderr') });

ok(wait_until(sub { reap($start) }), 'nginx becomes a daemon');
ok(wait_until(sub { master() && serves() }), 'and serves');
push @masters, master();

is(postinst('configure ""'), '', 'a first installation replaces nothing');
is(postinst('abort-upgrade 0.1.0-1'), '', 'nor does an upgrade that has failed');
is(scalar @masters, 1, 'nginx is the one that ran');

my $said = postinst('configure 0.1.0-1');

is($?, 0, 'an upgrade') or diag($said);
like($said, qr/\AReplacing nginx on the fly.*\n\z/, 'says what it does');
is(scalar @masters, 2, 'another nginx runs');
ok(wait_until(sub { ended($masters[0]) }), 'and the old one has ended');

# two upgrades while a stream runs

my $stream = stream();

unlike(postinst('configure 0.1.0-1'), $old_module, 'an upgrade during a stream');
is(scalar @masters, 3, 'another nginx runs');

$said = postinst('configure 0.2.0-1');
is($?, 0, 'the next one, during the same stream') or diag($said);
is(scalar @masters, 3, 'nginx is the one that ran');
ok(!ended($masters[1]), 'because the one before it has not ended');
like($said, $old_module, 'it says so');
like($said, qr/\bprocess $masters[2]\b.*\bprocess $masters[1]\b.*stream/s, 'why');
like($said, qr/"service nginx upgrade".*"service nginx restart"/s,
     'and what to do');
ok(serves(), 'and nginx serves');

$stream->close;
ok(wait_until(sub { ended($masters[1]) }), 'the stream and the old one end');

unlike(postinst('configure 0.2.0-1'), $old_module, 'then an upgrade');
is(scalar @masters, 4, 'starts another nginx');
ok(wait_until(sub { ended($masters[2]) }), 'and the old one ends');

# a configuration that nginx does not accept

$nginx->write_file('nginx.conf', "$conf\nno_such_directive;\n");
$said = postinst('configure 0.2.0-1');
is($?, 0, 'an upgrade with a broken configuration') or diag($said);
is(scalar @masters, 4, 'nginx is the one that ran');
like($said, $old_module, 'it says so');
like($said, qr/"nginx -t"/, 'and what shows why');
like($said, qr/"service nginx upgrade".*"service nginx restart"/s,
     'and what to do');
unlike($said, qr/stream/, 'and speaks of no stream');
ok(serves(), 'and nginx serves');
$nginx->write_file('nginx.conf', $conf);

# a policy-rc.d that forbids the upgrade

$nginx->write_file('policy', '');
like(postinst('configure 0.2.0-1'), $old_module, 'an upgrade that is denied');

kill QUIT => $masters[-1];
ok(wait_until(sub { ended($masters[-1]) }), 'nginx ends');

done_testing;


# Daemons are not children of this test.

END {
    my $status = $?;

    kill TERM => grep { !ended($_) } @masters;
    $? = $status;
}

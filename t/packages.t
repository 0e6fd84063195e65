#!/usr/bin/perl
#
# tools/packages.sh: how build.sh installs what is missing, with stand-ins for
# apt-get and dpkg, and in place of /usr/sbin a folder of this test.  Whatever
# ends an installation, the policy-rc.d that it had must go, and no other.  And
# what build.sh notes of lintian, which has looked at Debian's package.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Path qw(make_path);
use File::Temp ();
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use OAuth::Test::File qw(write_file);
use OAuth::Test::Mode qw(mode);
use OAuth::Test::Process qw(as_in_terminal reap spawn wait_until);

plan skip_all => 'does not depend on how nginx was built' if mode();

my $tools = abs_path("$FindBin::Bin/../tools");
my $root = File::Temp->newdir('oauth-packages-XXXXXX', TMPDIR => 1);
my $policy = "$root/sbin/policy-rc.d";
my $own = "#!/bin/sh\nexit 101\n";

make_path(map { "$root/$_" } qw(bin build sbin));
$ENV{PATH} = "$root/bin:$ENV{PATH}";
delete $ENV{APT};

# It shows the policy-rc.d that there is, and waits while there is a file "wait".

program('apt-get', <<"EOT");
echo "apt-get \$*" >>$root/called
cat $policy >$root/seen 2>/dev/null
echo begin >>$root/order
while [ -e $root/wait ]; do sleep 0.05; done
echo end >>$root/order
[ ! -e $root/fail ]
EOT


sub program {
    my ($name, $text) = @_;

    write_file("$root/bin/$name", "#!/bin/sh\n$text\n");
    chmod 0755, "$root/bin/$name" or die "chmod: $!\n";

    return;
}


# Runs commands where build.sh would run them; returns what they said.

sub run {
    my ($commands) = @_;

    write_file("$root/commands.$$", <<"EOT");
set -euo pipefail
top=$tools/..
build=$root/build
say() { echo "==> \$*"; }
die() { echo "build.sh: \$*" >&2; exit 1; }
as_root() { "\$@"; }
. $tools/packages.sh
policy=$policy
$commands
EOT

    return scalar `exec bash $root/commands.$$ 2>&1 </dev/null`;
}


# Starts the commands as the leader of a group of processes.

sub background {
    my ($commands) = @_;

    return spawn(sub {
        as_in_terminal();
        run($commands);
    });
}


sub content {
    my ($file) = @_;

    open my $in, '<', $file or return '';
    local $/;

    return scalar(<$in>) // '';
}


# What a file has; then it is gone.

sub taken {
    my ($name) = @_;

    my $text = content("$root/$name");
    unlink "$root/$name";

    return $text;
}


sub waits { return wait_until(sub { -s "$root/seen" }) }

sub denies {
    my ($text, $service) = @_;

    write_file("$root/policy", $text);

    return system("sh $root/policy $service start") >> 8 == 101;
}


# the services that are installed are not started, and then all is as before

run('apt_install nginx perl apache2');
is($?, 0, 'an installation with services');
like(taken('called'), qr/^apt-get .*DPkg::Lock::Timeout=\d+ install .* nginx perl/,
     'it calls apt-get, which waits for others');

my $seen = taken('seen');

ok(denies($seen, $_), "meanwhile $_ is not started") for qw(nginx apache2);
ok(!denies($seen, $_), "but $_ is") for qw(perl redis-server);
ok(!-e $policy, 'then there is no policy-rc.d');

run('apt_install perl');
is(taken('seen'), '', 'without services it writes none');

write_file("$root/fail", '');
run('apt_install nginx');
isnt($?, 0, 'an installation that fails');
isnt(taken('seen'), '', 'had one');
ok(!-e $policy, 'and it is removed');
unlink "$root/fail";

# the one of the machine stays

write_file($policy, $own);
run('apt_install nginx');
is($?, 0, 'an installation on a machine with a policy-rc.d of its own');
is(taken('seen'), $own, 'which is the one that counts');
is(content($policy), $own, 'and stays');
unlink $policy or die "unlink: $!\n";

# an installation that is ended

for my $signal (qw(TERM INT HUP)) {
    write_file("$root/wait", '');

    my $pid = background('apt_install nginx');

    ok(waits(), "$signal: an installation runs");
    kill $signal => -$pid;
    unlink "$root/wait";
    ok(wait_until(sub { reap($pid) && !-e $policy }), "$signal: none is left");
    unlink "$root/seen";
}

# a run that is killed leaves its file, and the next one takes it away

for my $next ('nginx', 'perl') {
    write_file("$root/wait", '');

    my $pid = background('apt_install nginx');

    ok(waits(), 'an installation runs');
    kill KILL => -$pid;
    ok(wait_until(sub { reap($pid) }), 'it is killed');
    ok(-e $policy, 'and has left its policy-rc.d');
    unlink map { "$root/$_" } qw(wait seen);

    run("apt_install $next");
    is($?, 0, "the next one, of $next");
    ok(!-e $policy, 'removes it');
    is(denies(taken('seen'), 'nginx'), $next eq 'nginx', 'and has its own');
}

# two at once

unlink "$root/order";
write_file("$root/wait", '');

my @pids = map { background('apt_install nginx') } 1, 2;

ok(waits(), 'two installations at once: one runs');
unlink "$root/wait";

ok(wait_until(sub { reap($_) }), 'both end') for @pids;
is(taken('order'), "begin\nend\nbegin\nend\n", 'one after the other');
ok(!-e $policy, 'and no policy-rc.d is left');

# packages for two architectures: the native one counts

program('dpkg', 'echo amd64');
program('dpkg-query', <<'EOT');
for package; do :; done
case $package in
both) printf '%s\n' 'i386 installed 1.0' 'amd64 installed 2.0' ;;
foreign) echo 'i386 installed 1.0' ;;
removed) echo 'amd64 config-files 1.0' ;;
all) echo 'all installed 3.0' ;;
*) echo "no packages found matching $package" >&2; exit 1 ;;
esac
EOT

my %version = (both => '2.0', all => '3.0', foreign => '', removed => '',
               none => '');

is(run("package_version $_"), $version{$_} && "$version{$_}\n",
   "the version of \"$_\" is \"$version{$_}\"") for sort keys %version;

taken('called');
is(run('need both all'), '', 'what is there is not installed');
is(taken('called'), '', 'and apt-get is not called');
run('lists=new; need both foreign removed');
like(taken('called'), qr/^apt-get .* foreign removed$/, 'what is missing is');

# apt-get may not be called, or is not there

my $without = 'command() { [ "$*" != "-v apt-get" ] && builtin command "$@"; }';

for ([ 'APT=no', 'APT=no' ], [ 'no apt-get', $without ]) {
    my ($name, $setting) = @$_;

    my $said = run("$setting\nneed both foreign removed; echo goes on");

    like($said, qr/must be there: foreign removed\ngoes on$/,
         "$name: what is missing is named");

    $said = run("$setting\n(unpack nginx-dev 1.0) || echo goes on");
    like($said, qr/nginx-dev is not fetched\ngoes on$/,
         "$name: what would be unpacked, too");

    make_path("$root/build/packages/here-1.0");
    is(run("$setting\nunpack here 1.0; echo \$unpacked"),
       "$root/build/packages/here-1.0\n", "$name: what was is used");
    is(taken('called'), '', "$name: apt-get is not called");
}

# no apt-cache, or a package that apt does not know

program('apt-cache', 'exit 127');
is(run('candidate prometheus'), "none\n", 'no apt-cache: no version');

my $said = run('need_promtool; need_njs; need_image_filter; echo goes on');

like($said, qr/apt-get has no package prometheus$/m, 'promtool is not there');
like($said, qr/apt-get has no package libnginx-mod-http-js$/m, 'nor njs');
like($said, qr/apt-get has no package libnginx-mod-http-image-filter$/m,
     'nor image_filter');
like($said, qr/^goes on$/m, 'and the tests go on');
is(taken('called'), '', 'apt-get is not called');

program('apt-cache', 'printf "pkg:\n  Candidate: 1.2-3\n"');
is(run('candidate prometheus'), "1.2-3\n", 'with apt-cache: the version');

# lintian's report, of which Debian's package has two (tools/deb.sh)

for (
    [ 0, '', 1 ], [ 2, 'E: it is bad', 1 ], [ 1, '', 0 ], [ 127, '', 0 ],
) {
    my ($status, $found, $works) = @$_;

    my $report = run(<<"EOT");
. $tools/deb.sh
in_root() {
    case "\$*" in
    'lintian --version') echo 'Lintian v2.116.3' ;;
    *'lintian --allow-root --info /deb/'*) echo '$found'; return $status ;;
    esac
}
if report_of_lintian /deb; then echo good; else echo bad; fi
EOT

    like($report, qr/\Astatus $status of Lintian v2\.116\.3\n\Q$found\E/,
         "lintian ends with $status: the report says so");
    like($report, $works ? qr/^good$/m : qr/^bad$/m,
         $works ? 'it has done its work' : 'no package is made');
}

done_testing;

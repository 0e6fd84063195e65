#!/usr/bin/perl
#
# tools/debian.sh: the folder in which a verb uses another Debian goes when the
# verb ends, also if a terminal is closed or Ctrl-C is typed; if the verb was
# killed, the next one removes it, but not the folder of one that still runs.  A
# folder with nothing in it stands for the Debian, and nothing is installed.
# This needs root, to mount.

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
plan skip_all => 'needs root' if $> != 0;

my $top = abs_path("$FindBin::Bin/..");
my $dir = File::Temp->newdir('oauth-verbs-XXXXXX', TMPDIR => 1);

make_path("$dir/build/debian/none/$_") for qw(dev etc proc);
make_path("$dir/tmp");

# In a container mounts may be forbidden, or an overlay over what is one.

make_path(map { "$dir/try/$_" } qw(upper work root));
system('unshare', '--mount', qw(mount -t overlay overlay -o),
       "lowerdir=$dir/build,upperdir=$dir/try/upper,workdir=$dir/try/work",
       "$dir/try/root") == 0
    or plan skip_all => 'an overlay cannot be mounted here';

chmod 0755, write_file("$dir/verb", <<"EOT");
#!/usr/bin/env bash
set -euo pipefail
self=\$0
build=$dir/build
TMPDIR=$dir/tmp
die() { echo "\$*" >&2; exit 1; }
need() { :; }
. $top/tools/debian.sh
as_on_this_machine() { :; }
deny_services() { :; }
in_root() { :; }
inside_wait() {
    open_root none
    echo "\$root_base" >"$dir/\$1"
    sleep 300
}
inside_end() { open_root none; }
case \$1 in
inside) "inside_\$2" "\${\@:3}" ;;
*)      in_namespaces "\$@" ;;
esac
EOT


# Starts the verb in a process group of its own, as a terminal does, and waits
# until it has its folder.

sub begin {
    my ($name) = @_;

    my $pid = spawn(sub {
        as_in_terminal();
        open STDERR, '>>', "$dir/said";
        exec "$dir/verb", 'wait', $name or die "exec: $!\n";
    });

    wait_until(sub { -s "$dir/$name" || reap($pid) }, 20);

    return $pid;
}


sub folders {
    my @folders = glob "$dir/tmp/oauth-debian-*";

    return @folders;
}


sub ended {
    my ($pid) = @_;

    return wait_until(sub { reap($pid) }, 20);
}


for my $signal (qw(HUP INT TERM)) {
    my $pid = begin($signal);

    is(scalar(folders()), 1, "$signal: there is a folder");
    kill "-$signal" => $pid;
    ok(ended($pid), "$signal: the verb ends");
    ok(wait_until(sub { !folders() }), "$signal: the folder is gone");
}

my $killed = begin('killed');
my $runs = begin('runs');
my @both = folders();

is(scalar(@both), 2, 'two at once have a folder each');
kill -KILL => $killed;
ok(ended($killed), 'one is killed');
make_path("$dir/tmp/oauth-debian-other");

is(system("$dir/verb", 'end'), 0, 'another one starts and ends');
is(join(' ', sort(folders())),
   join(' ', sort("$dir/tmp/oauth-debian-other", slurp("$dir/runs"))),
   'it has removed the folder of the one that was killed, and no other');

kill -TERM => $runs;
ok(ended($runs), 'the other one ends');
ok(wait_until(sub { folders() == 1 }), 'and its folder is gone');


sub slurp {
    my ($path) = @_;

    open my $in, '<', $path or return '';

    return <$in> =~ s/\n//r;
}

done_testing;

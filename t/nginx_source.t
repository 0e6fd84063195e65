#!/usr/bin/perl
#
# tools/nginx.sh: how nginx's source is fetched, with a stand-in for apt-get
# that copies a small tarball.  A download that was killed halfway is not taken for
# the source later, and neither is a file with other bytes.

use strict;
use warnings;

use Cwd qw(abs_path);
use Digest::SHA ();
use File::Path qw(make_path);
use File::Temp ();
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use OAuth::Test::File qw(write_file);
use OAuth::Test::Mode qw(mode);

plan skip_all => 'does not depend on how nginx was built' if mode();

my $top = abs_path("$FindBin::Bin/..");
my $dir = File::Temp->newdir('oauth-source-XXXXXX', TMPDIR => 1);
my $name = 'nginx_1.2.3.orig.tar.gz';

make_path(map { "$dir/$_" } qw(bin tree/nginx-1.2.3));
write_file("$dir/tree/nginx-1.2.3/configure", 'a' x 5000);
system('tar', '-czf', "$dir/$name", '-C', "$dir/tree", 'nginx-1.2.3') == 0
    or die "tar: $?\n";

my $sum = Digest::SHA->new(256)->addfile("$dir/$name", 'b')->hexdigest;

# The first time, the download ends the one who has called it.

program('apt-get', <<"EOT");
case "\$*" in
*--print-uris*)
    echo "'http://x.test/$name' $name 1 SHA256:$sum" ;;
*--download-only*)
    if [ -e $dir/kill ]; then
        head -c 50 $dir/$name >$name
        kill -KILL \$(cat $dir/pid)
        exit 1
    fi
    [ -e $name ] || cp $dir/served $name ;;
esac
EOT
program('apt-config', 'echo "list=/nonexistent"; echo "parts=/nonexistent"');

program('fetch', <<"EOT");
echo \$\$ >$dir/pid
set -euo pipefail
build=$dir/build
say() { :; }
die() { echo "\$*" >&2; exit 1; }
. $top/tools/packages.sh
. $top/tools/nginx.sh
nginx_source
cat "\$nginx_src/configure"
EOT


sub program {
    my ($file, $text) = @_;

    chmod 0755, write_file("$dir/bin/$file", "#!/bin/bash\n$text")
        or die "chmod: $!\n";

    return;
}


# What the source has, or "failed".

sub fetched {
    my $got = `PATH=$dir/bin:\$PATH NGINX_SRC= $dir/bin/fetch 2>$dir/said`;

    return $? ? 'failed' : $got;
}


write_file("$dir/kill", '');
is(fetched(), 'failed', 'a download that is killed halfway');
unlink "$dir/kill";

write_file("$dir/served", 'something else');
is(fetched(), 'failed', 'a tarball with other bytes is refused');
is(fetched(), 'failed', 'also a second time');

system('cp', "$dir/$name", "$dir/served") == 0 or die "cp: $?\n";
is(fetched(), 'a' x 5000, 'the right one is fetched after all of that');

write_file("$dir/served", 'something else');
is(fetched(), 'a' x 5000, 'and is kept');

done_testing;

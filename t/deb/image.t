#!/usr/bin/perl
#
# The files in docker/, as far as they can be tried without a registry of images,
# in the Debian that "./build.sh test --image" makes in $OAUTH_ROOT.  Buildah
# builds docker/Dockerfile on an image that is made of this Debian.  What the
# build of nginx's official image does with the folder docker/oauth is done
# step by step: it installs what build-deps names, takes the source from where
# the file source says, and builds it beside a source of nginx.
#
# The release is in /root/module, an archive with a bare Debian is /base.tar.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use CPAN::Meta::YAML ();
use Test::More;

use OAuth::Test::Debian qw(content debian root works);

my $module = '/root/module';
my $limits = '--ulimit nofile=1024:1024 --ulimit nproc=4096:4096';
my $apt = 'apt-get -q install -y --no-install-recommends';
my $official = '--with-compat --with-threads --with-http_ssl_module'
    . ' --with-http_v2_module';


sub buildah { return works("STORAGE_DRIVER=vfs buildah $_[0]", $_[1]) }


# The folder for nginx's official image.  Its build copies the folder to
# /modules/oauth, and the release is unpacked there as docs/packaging.md says.

works("mkdir /modules && cp -r $module/docker/oauth /modules"
      . ' && mkdir /modules/oauth/src'
      . " && tar -C $module --exclude=./build -cf - ."
      . ' | tar -C /modules/oauth/src -xf -', 'the folder is put into modules/');
works("$apt gcc make libc6-dev libpcre2-dev zlib1g-dev libssl-dev",
      'what every module of the image needs');
works("$apt \$(cat /modules/oauth/build-deps | xargs)", 'its build-deps');

# build_module.sh takes options, and last a folder or a URL

my @words = split ' ', content('/modules/oauth/source');

is(scalar @words, 3, 'source: an option, its value and a folder');
is($words[0], '-V', 'the option is the version of the module');
ok(-f root() . "$words[2]/config", 'the folder has the source');
like(content("$words[2]/config"), qr/^\. auto\/module$/m,
     'which is that of a dynamic module');

works("cd $module && BUILD=/root/build ./build.sh inside nginx_source"
      . ' && cp -r /root/build/src/nginx-* /root/nginx', 'a source of nginx');

for (
    [ dynamic => "--add-dynamic-module=$words[2]", 'modules' ],
    [ static => "--add-module=$words[2]", 'binary' ],
) {
    my ($name, $option, $goal) = @$_;

    works("cd /root/nginx && ./configure $official $option --builddir=$name",
          "$name: nginx's configure takes it");
    works("make -C /root/nginx -f $name/Makefile $goal", "$name: it builds");
}

ok(-f root() . '/root/nginx/dynamic/ngx_oauth_module.so', 'dynamic: the module');
works('echo "events {} http { oauth_issuer a { issuer https://as.test; } }"'
      . ' >/root/conf && /root/nginx/static/nginx -t -e /root/log -c /root/conf'
      . ' -g "pid /root/pid;"', 'static: nginx has its directives');

# the demo in a container

my $compose = CPAN::Meta::YAML->read_string(content("$module/docker/compose.yaml"));
my $build = $compose->[0]{services}{demo}{build};

ok(-f root() . "$module/docker/$build->{context}/$build->{dockerfile}",
   'compose.yaml names the Dockerfile');

works("$apt buildah netavark", 'buildah is installed');
works('export STORAGE_DRIVER=vfs; set -e; c=$(buildah from scratch)'
      . ' && buildah add -q $c /base.tar / && buildah commit -q --rm $c'
      . ' docker.io/library/debian:trixie-slim', 'an image of a bare Debian');
buildah("build $limits --isolation chroot --network host --pull=never"
        . " -f $module/docker/$build->{context}/$build->{dockerfile} -t demo"
        . " $module", 'the image is built, and the demo runs in it');
buildah("from --pull=never $limits --name again localhost/demo",
        'a container of it');

my $said = debian('STORAGE_DRIVER=vfs buildah run --isolation chroot'
                  . ' --network host again ./build.sh demo --once');

is($?, 0, 'the demo runs in the container') or diag($said);
like($said, qr/All as it should be/, 'and says so');
unlike($said, qr/npm ci|installing|configuring/, 'it needs nothing more');

done_testing;

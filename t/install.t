#!/usr/bin/perl
#
# ./build.sh install and uninstall, with an nginx whose folders belong to this
# test.  uninstall removes what install added and nothing else, and it removes
# nothing while nginx's configuration needs the module.  "make check" runs this, so
# nothing may be installed or downloaded.

use strict;
use warnings;

use File::Copy qw(copy);
use File::Path qw(make_path);
use File::Temp ();
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use OAuth::Test::File qw(write_file);
use OAuth::Test::Mode qw(mode);

plan skip_all => 'is not a matter of how nginx was built' if mode();

my $real = $ENV{OAUTH_NGINX} || '/usr/sbin/nginx';
my $root = File::Temp->newdir('oauth-install-XXXXXX', TMPDIR => 1);
my $conf = "$root/etc/nginx.conf";
my $so = "$root/lib/modules/ngx_oauth_module.so";
my $available = "$root/share/modules-available/mod-http-oauth.conf";
my $enabled = "$root/etc/modules-enabled";
my $load = 'load_module modules/ngx_oauth_module.so;';

make_path(map { "$root/$_" }
          qw(bin etc/modules-enabled lib share share/modules-available));
symlink '../lib/modules', "$root/share/modules" or die "symlink: $!\n";

program('sudo', 'exec "$@"');
program('dpkg-query', <<"EOT");
for file; do :; done
if [ "\$1" = -S ] && grep -qxF "\$file" $root/packaged 2>/dev/null; then
    echo "libnginx-mod-http-oauth: \$file"
else
    PATH=$ENV{PATH}
    exec dpkg-query "\$@"
fi
EOT
program('apt-get', "echo \"apt-get \$*\" >>$root/fetched; exit 1");
program('nginx', <<"EOT");
case "\$*" in
-V) echo "configure arguments: --with-compat --prefix=$root/share" \\
         "--conf-path=$conf --modules-path=$root/lib/modules" >&2 ;;
*)  exec $real -p $root/share -c $conf "\$@" ;;
esac
EOT

$ENV{PATH} = "$root/bin:$ENV{PATH}";
$ENV{APT} = 'no';


sub program {
    my ($name, $text) = @_;

    chmod 0755, write_file("$root/bin/$name", "#!/bin/sh\n$text\n")
        or die "chmod: $!\n";

    return;
}


# The whole configuration, except for the files in modules-enabled.

sub configure {
    my (%parts) = @_;

    return write_file($conf, <<"EOT");
${\($parts{main} // '')}
include $enabled/*.conf;
pid $root/pid;
error_log stderr;
events { }
http {
    access_log off;
    ${\($parts{http} // '')}
}
EOT
}


# Returns the output of the command, with its errors; its status is in $?.

sub build_sh {
    my ($verb) = @_;

    return scalar `$FindBin::Bin/../build.sh $verb 2>&1 </dev/null`;
}


# Does what install does, without building again.

sub put_there {
    my ($text) = @_;

    make_path("$root/lib/modules");
    copy("$root/copy.so", $so) or die "copy: $!\n";

    return write_file($available, $text);
}


sub bytes {
    my ($file) = @_;

    open my $in, '<', $file or return '';
    local $/;

    return scalar <$in>;
}


sub nginx_loads { return system("$root/bin/nginx -t -q 2>/dev/null") == 0 }


sub enable {
    my ($name) = @_;

    symlink $available, "$enabled/$name" or die "symlink: $!\n";

    return;
}


# Returns the files and links in the folder, by their names below it.

sub files {
    return join ' ', sort map { s/\A\Q$root\E\///r }
        grep { -l || -e } $so, $available, glob("$enabled/*"),
                          glob("$root/*/*.uninstalled"),
                          glob("$root/*/*/*.uninstalled");
}


my $both = 'lib/modules/ngx_oauth_module.so'
    . ' share/modules-available/mod-http-oauth.conf';
my $issuer = 'oauth_issuer corp { issuer https://login.example.com; }';
my $said;

configure();

# uninstall with nothing to remove

$said = build_sh('uninstall');
is($?, 0, 'uninstall where nothing is installed');
like($said, qr/nothing to remove/, 'says so');

# install, then uninstall

$said = build_sh('install');
is($?, 0, 'install') or diag($said);
is(files(), $both, 'puts two files there');
like($said, qr{ln -s \Q$available\E \Q$enabled\E/50-mod-http-oauth\.conf},
     'and says how to enable it');
like($said, qr/nginx -t && systemctl reload-or-restart nginx$/m,
     'and how nginx loads it, even if nginx does not run');

enable('50-mod-http-oauth.conf');
configure(http => $issuer);
ok(nginx_loads(), 'enabled, nginx knows its directives');

like(build_sh('install'), qr/it is enabled; restart nginx/, 'a second time');

copy($so, "$root/copy.so") or die "copy: $!\n";

# nothing is removed while the configuration needs the module

for (
    [ 'a directive', { http => $issuer }, qr/unknown directive "oauth_issuer"/ ],
    [ 'a load_module of its own', { main => $load }, qr/dlopen\(\) .* failed/,
      "$enabled/50-mod-http-oauth.conf" ],
) {
    my ($name, $parts, $why, $without) = @$_;

    unlink $without or die "unlink: $!\n" if $without;
    configure(%$parts);
    ok(nginx_loads(), "$name: nginx loads");

    my $before = files();

    $said = build_sh('uninstall');
    isnt($?, 0, "$name: uninstall refuses");
    like($said, $why, "$name: says why");
    like($said, qr/still needs the module, so nothing was removed/,
         "$name: and that it did nothing");
    is(files(), $before, "$name: all is as it was");
    ok(nginx_loads(), "$name: nginx loads as before");
}

# files of a package are neither removed nor replaced

for my $file ($so, $available) {
    configure();
    write_file("$root/packaged", "$file\n");

    for my $verb (qw(uninstall install)) {
        write_file($so, 'of a package');
        write_file($available, "$load\n# of a package\n");

        my $before = files();

        $said = build_sh($verb);
        isnt($?, 0, "$verb: a file of a package is refused");
        like($said, qr/\Q$file\E belongs to the package libnginx-mod-http-oauth/,
             "$verb: names the file and the package");
        is(files(), $before, "$verb: all is there");
        is(bytes($so), 'of a package', "$verb: the module as it was");
        is(bytes($available), "$load\n# of a package\n",
           "$verb: and the line that loads it");
    }

    unlink "$root/packaged" or die "unlink: $!\n";
}

put_there("$load\n");

# all files are removed, and the link under any name, but nothing else

write_file("$root/share/modules-available/other.conf", "# another\n");
symlink "$root/share/modules-available/other.conf", "$enabled/10-other.conf"
    or die "symlink: $!\n";

enable('99-oauth.conf');
configure();
ok(nginx_loads(), 'nothing needs it: nginx loads');

$said = build_sh('uninstall');
is($?, 0, 'uninstall') or diag($said);
is(files(), 'etc/modules-enabled/10-other.conf', 'removes all, and no other');
like($said, qr/removing \Q$_\E$/m, "says: $_")
    for $so, $available, "$enabled/99-oauth.conf";
ok(-e "$root/share/modules-available/other.conf", 'leaves other files');
ok(!-e "$root/lib/modules", 'removes a folder that is empty then');
ok(nginx_loads(), 'and nginx loads');

# a file that somebody has changed is kept

put_there("# mine\n$load\n");
enable('50-mod-http-oauth.conf');

$said = build_sh('uninstall');
is($?, 0, 'uninstall beside a changed file');
like($said, qr/leaving \Q$available\E/, 'says so');
is(files(), 'etc/modules-enabled/10-other.conf'
            . ' share/modules-available/mod-http-oauth.conf',
   'leaves that alone');
unlink $available;

# a configuration that was bad before, and that names the module

for (
    [ 'a directive before the error', { http =>
        "$issuer\nno_such_directive;" } ],
    [ 'a directive after the error', { http =>
        "no_such_directive;\n$issuer" } ],
    [ 'a variable', { http =>
        'log_format l $oauth_sub; no_such_directive;' } ],
    [ 'a load_module of its own', { main => $load,
        http => 'no_such_directive;' }, 1 ],
) {
    my ($name, $parts, $unlinked) = @$_;

    put_there("$load\n");
    unlink "$enabled/50-mod-http-oauth.conf" if $unlinked;
    configure(%$parts);
    ok(!nginx_loads(), "$name: nginx does not load");

    my $before = files();

    $said = build_sh('uninstall');
    isnt($?, 0, "$name: uninstall refuses");
    like($said, qr/still needs the module, so nothing was removed/,
         "$name: and says that it did nothing");
    is(files(), $before, "$name: all is as it was");
}

symlink $available, "$enabled/50-mod-http-oauth.conf" or die "symlink: $!\n";

# a configuration that was bad before, and that does not name the module

put_there("$load\n");
configure(http => 'no_such_directive;');
$said = build_sh('uninstall');
is($?, 0, 'uninstall where nginx does not load anyway');
like($said, qr/no_such_directive/, 'says why it does not');
like($said, qr/did not load before, and does not now/, 'and since when');
is(files(), 'etc/modules-enabled/10-other.conf', 'and removes all');

# where packages are missing, they are named, and no more

make_path("$root/bare");
for my $name (qw(dpkg-query make)) {
    program("../bare/$name", $name eq 'make' ? 'exit 0' : 'exit 1');
}

{
    local $ENV{PATH} = "$root/bare:$ENV{PATH}";
    local $ENV{BUILD} = "$root/build";
    delete local $ENV{NGINX_SRC};

    $said = build_sh('build');
    is($?, 0, 'a build without the packages') or diag($said);
    like($said, qr/must be there: gcc .*libjansson-dev/, 'names those');
    like($said, qr/libcurl4-openssl-dev is not fetched/, 'and libcurl\'s headers');
}

is(-e "$root/fetched", undef, 'nothing was installed or downloaded');

done_testing;

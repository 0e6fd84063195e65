#!/usr/bin/perl
#
# The Makefile as packagers use it: make, make install, make install-oauth-check,
# make dist and make clean, in a copy of the tree, with another build folder and a
# stand-in for nginx's source, whose configure script writes down its options.
# And in nginx's real Makefile: what is compiled again when a header has changed.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(basename);
use File::Path qw(make_path);
use File::Temp ();
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use OAuth::Test::File qw(write_file);
use OAuth::Test::Mode qw(mode);

plan skip_all => 'does not depend on how nginx was built' if mode();

my $top = abs_path("$FindBin::Bin/..");
my $root = File::Temp->newdir('oauth-package-XXXXXX', TMPDIR => 1);
my $module = 'ngx_oauth_module.so';

make_path(map { "$root/$_" } qw(bin tree nginx/src/core out));
system('cp', '-R', map({ "$top/$_" } qw(Makefile config tools ngx_oauth_module)),
       "$root/tree") == 0
    or die "cp: $?\n";

# What make must not call.

for my $name (qw(apt-get dpkg sudo)) {
    program("bin/$name", "echo $name >>$root/called");
}

# It "compiles" a module that has the time in it, so that another build differs.

program('nginx/configure', <<'EOT');
for option; do
    echo "$option" >>../options
    case $option in
    --builddir=*) dir=${option#*=} ;;
    --fail) echo "./configure: error: it does not fit"; exit 1 ;;
    esac
done
mkdir -p "$dir"
printf 'modules:\n\tdate +%%s.%%N >%s/ngx_oauth_module.so\n' "$dir" \
    >"$dir/Makefile"
printf 'binary:\n\techo nginx >%s/nginx\n' "$dir" >>"$dir/Makefile"
EOT

write_file("$root/nginx/src/core/nginx.h", "/* a version */\n");

$ENV{PATH} = "$root/bin:$ENV{PATH}";
delete @ENV{qw(MAKEFLAGS MFLAGS MAKELEVEL BUILD NGINX_SRC CC_OPT LD_OPT
               CURL_CC CURL_LD WERROR CFLAGS CPPFLAGS LDFLAGS DESTDIR
               MODULESDIR)};


sub program {
    my ($name, $text) = @_;

    chmod 0755, write_file("$root/$name", "#!/bin/sh\n$text\n")
        or die "chmod: $!\n";

    return;
}


# What make says, its errors included; then $? has its status.

sub make {
    my ($arguments) = @_;

    return scalar `make -C $root/tree BUILD=$root/out/build \\
                       NGINX_SRC=$root/nginx $arguments 2>&1 </dev/null`;
}


# The options that configure was given since the last call.

sub options {
    my $file = "$root/out/build/options";

    open my $in, '<', $file or return '';
    local $/;
    my $text = <$in>;

    unlink $file or die "unlink: $!\n";

    return $text;
}


# git in a folder, with a configuration of its own.

sub git {
    my ($folder, $arguments) = @_;

    local @ENV{qw(HOME GIT_CONFIG_NOSYSTEM)} = ("$root", 1);

    system("git -C $root/$folder -c user.name=a -c user.email=a\@b.test"
           . " $arguments") == 0
        or die "git $arguments: $?\n";

    return;
}


# make dist in a folder with the usual build folder: what it said, its file, the
# bytes, and the names in it, without those of folders.

sub dist {
    my ($folder) = @_;

    my $said = `make -C $root/$folder dist 2>&1 </dev/null`;
    my ($file) = $said =~ /==> packed (\S+)/ or BAIL_OUT($said);
    my @names = grep { !/\/\n\z/ } `tar -tzf $file`;

    open my $in, '<:raw', $file or die "$file: $!\n";
    local $/;

    return { said => $said, file => $file, bytes => scalar <$in>,
             files => listed('', @names) };
}


sub listed {
    my ($folder, @lines) = @_;

    return join '', sort map { $folder eq '' ? $_ : "$folder/$_" } @lines;
}


sub mode_of { return sprintf '%o', (stat $_[0])[2] & 07777 }


# make

my $said = make('');
my $options = options();

is($?, 0, 'make') or diag($said);
ok(-f "$root/out/build/$module", 'builds the module');
ok(!-e "$root/out/build/nginx", 'and not nginx');
ok(!-e "$root/tree/build", 'with BUILD, nothing goes to another folder');
like($options, qr/^--add-dynamic-module=\Q$root\E\/tree$/m,
     'configure: the module');
like($options, qr/^--with-cc-opt=.*-O2.*-Wno-error$/m,
     'configure: the usual options');

make('');
is(options(), '', 'a second time configure does not run');

write_file("$root/tree/ngx_oauth_module/core/oauth_new.c", "\n");
make('');
isnt(options(), '', 'it runs again when there is a new source');

make(q{CFLAGS='-O1 -DA="\"b c\""' CPPFLAGS=-DC LDFLAGS=-Wl,-O1}
     . q{ CC_OPT=-DD LD_OPT=-ld CC='gcc -pipe' NGINX_OPTIONS=--more WERROR=1});
$options = options();
like($options, qr/^--with-cc-opt=-DC -O1 -DA="\\"b c\\"" +-DD$/m,
     'configure: CPPFLAGS, CFLAGS, CC_OPT');
like($options, qr/^--with-ld-opt=-Wl,-O1 -ld$/m, 'configure: LDFLAGS, LD_OPT');
like($options, qr/^--with-cc=gcc -pipe$/m, 'configure: CC');
like($options, qr/^--more$/m, 'configure: NGINX_OPTIONS');

$said = make('NGINX_OPTIONS=--fail');
isnt($?, 0, 'make fails when configure does');
like($said, qr/it does not fit/, 'and says why');

$said = make("NGINX_SRC=$root/nowhere");
isnt($?, 0, 'make fails without a source of nginx');
like($said, qr{there is no nginx source in \Q$root\E/nowhere: set NGINX_SRC},
     'and says so');

make('testbed');
ok(-x "$root/out/build/nginx", 'the tests get an nginx of the same source');

# make -n

system('rm', '-rf', "$root/out/build");
$said = make('-n check');
is($?, 0, 'make -n check') or diag($said);
like($said, qr/t\/env \S+ t\/tap .*t\/\*\.t/, 'shows what it would run');
ok(!-e "$root/out/build", 'and does nothing');

# make install

my $installed = "$root/out/dest/usr/lib/nginx/modules/$module";

$said = make("install DESTDIR=$root/out/dest");
is($?, 0, 'make install where nothing is built') or diag($said);
ok(-f $installed, 'builds and installs');
is(mode_of($installed), '644', 'with the mode of a library');
is(join(' ', map { basename($_) } glob("$root/out/dest/usr/lib/nginx/modules/*")),
   $module, 'and nothing else');

options();
make("install DESTDIR=$root/out/dest MODULESDIR=/opt/modules");
ok(-f "$root/out/dest/opt/modules/$module", 'MODULESDIR is another folder');
is(options(), '', 'and nothing is built again');

# make install-oauth-check

my $check = "$root/out/dest/usr/bin/oauth-check";

$said = make("install-oauth-check DESTDIR=$root/out/dest");
is($?, 0, 'make install-oauth-check') or diag($said);
is(mode_of($check), '755', 'installs the script');
is_deeply([ map { basename($_) }
            glob("$root/out/dest/usr/share/oauth-check/OAuthCheck/*") ],
          [ map { basename($_) } glob("$top/tools/OAuthCheck/*") ],
          'and its modules');
is(options(), '', 'and builds nothing');
like(`cd / && $^X $check --help 2>&1`, qr/\Ausage: oauth-check /,
     'it runs where it is installed');
system('rm', '-r', "$root/out/dest/usr/share/oauth-check");
like(`cd / && $^X $check --help 2>&1`, qr/OAuthCheck/,
     'but not without its modules');

make("install-oauth-check DESTDIR=$root/out/dest PREFIX=/opt/x");
like(`$^X $root/out/dest/opt/x/bin/oauth-check --help 2>&1`, qr/\Ausage:/,
     'PREFIX is another folder');

# make clean

make_path(map { "$root/tree/t/e2e/$_" } qw(node_modules/a one/node_modules/b));
$said = make('clean');
is($?, 0, 'make clean') or diag($said);
ok(!-e "$root/out/build", 'removes the build folder');
ok(!-e "$root/tree/t/e2e/node_modules"
   && !-e "$root/tree/t/e2e/one/node_modules", 'and the packages of npm');
ok(-f $installed, 'and not what was installed');

ok(!-e "$root/called", 'no package manager and no sudo was called');

# make dist, in a git repository

write_file("$root/tree/CHANGES", "\n");
write_file("$root/tree/.gitignore", "/build/\n");
git('tree', 'init -q');
git('tree', 'add -A');
git('tree', 'commit -q -m first');

my $first = dist('tree');
my ($name) = $first->{file} =~ m{(ngx_oauth_module-\d+\.\d+\.\d+)\.tar\.gz\z};

ok(defined $name, 'make dist') or BAIL_OUT($first->{said});
is($first->{files}, listed($name, `git -C $root/tree ls-files`),
   'has every file of the commit, in a folder with the version');

sleep 1;
make_path("$root/elsewhere");
git('.', 'clone -q tree elsewhere/clone');
git('elsewhere/clone', 'config tar.umask 0077');
git('elsewhere/clone', 'config core.autocrlf true');
write_file("$root/elsewhere/clone/.git/info/attributes",
           "tools/* export-ignore\n");
make_path("$root/.config/git");
write_file("$root/.config/git/attributes", "config export-ignore\n");

local $ENV{HOME} = "$root";
my $umask = umask 0077;
my $second = dist('elsewhere/clone');
umask $umask;

ok($second->{bytes} eq $first->{bytes},
   'a second time, in another clone, with another umask and other attributes:'
   . ' the same bytes');
unlike($second->{said}, qr/not committed/, 'without a warning');

write_file("$root/tree/draft", "\n");
my $dirty = dist('tree');

ok($dirty->{bytes} eq $first->{bytes}, 'what is not committed is not in it');
like($dirty->{said}, qr/what is not committed is not in \S+\.tar\.gz/,
     'and a message says so');

git('tree', 'add -A');
git('tree', 'commit -q -m second');
ok(dist('tree')->{bytes} ne $first->{bytes},
   'another commit: not the same bytes');

git('tree', 'worktree add -q --detach ../elsewhere/worktree HEAD~1');
ok(dist('elsewhere/worktree')->{bytes} eq $first->{bytes},
   'a worktree packs its own commit');

# several at once, as the tests in folders of Debian do

is(system("for i in 1 2 3 4 5 6; do make -s -C $root/elsewhere/clone dist"
          . ' >/dev/null & pids="$pids $!"; done;'
          . ' for i in $pids; do wait $i || exit 1; done'), 0,
   'several at once pack it');
ok(dist('elsewhere/clone')->{bytes} eq $first->{bytes}, 'with the same bytes');
is(join(' ', map { basename($_) } glob("$root/elsewhere/clone/build/*")),
   "$name.tar.gz", 'and nothing else is left');

# the release, unpacked: it builds, and can be packed again

write_file("$root/release.tar.gz", $first->{bytes});
system('tar', '-xzf', "$root/release.tar.gz", '-C', "$root/out") == 0
    or die "tar: $?\n";

$said = `make -C $root/out/$name NGINX_SRC=$root/nginx 2>&1 </dev/null`;
is($?, 0, 'the release builds outside of git') or diag($said);
ok(-f "$root/out/$name/build/$module", 'and the module is there');

my $again = dist("out/$name");
is($again->{files}, $first->{files}, 'packed again, it has the same files');
ok($again->{bytes} eq dist("out/$name")->{bytes}, 'twice the same bytes');

# a space in a folder's name: make would take it for the end of the name

make_path("$root/sp ace", "$root/sp");
system('cp', "$root/tree/Makefile", "$root/sp ace") == 0 or die "cp: $?\n";

$said = qx{make -C '$root/sp ace' clean 2>&1};
isnt($?, 0, 'a folder with a space in its name is refused');
like($said, qr/has a space.* CURDIR/s, 'with the reason');
ok(-d "$root/sp", 'and no other folder is removed');

# a header that has changed

my $build = $ENV{BUILD} || "$top/build";

SKIP: {
    skip 'the module is not built in this folder', 2
        if !-f "$build/objs/Makefile";

    my $make = "make -n -C $build/nginx-src -f $build/objs/Makefile modules";

    unlike(`$make 2>&1`, qr/ -c /, 'nothing has changed: nothing is compiled');
    like(`$make -W $top/ngx_oauth_module/core/oauth.h 2>&1`,
         qr/-c .*\n?.*oauth_token\.o/,
         'a header has changed: what includes it is compiled again');
}

done_testing;

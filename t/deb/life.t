#!/usr/bin/perl
#
# The life of Debian's package in a fresh Debian: installed next to nothing,
# enabled, used, upgraded under load, removed and purged.  "./build.sh test
# --deb" makes the folder $OAUTH_ROOT, which has Debian in it, and puts old.deb,
# new.deb and what lintian said about them into its folder debs.  That Debian has
# a policy-rc.d that lets packages start nothing.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use Time::HiRes qw(time);

use OAuth::Test;
use OAuth::Test::Debian qw(content debian root works);
use OAuth::Test::File qw(write_file);
use OAuth::Test::Http;
use OAuth::Test::Port qw(free_port);
use OAuth::Test::Process qw(reap spawn);

my $root = root();
my $package = 'libnginx-mod-http-oauth';
my $link = '/etc/nginx/modules-enabled/50-mod-http-oauth.conf';
my $issuer = issuer();
my $port = free_port();
my $http = OAuth::Test::Http->new(port => $port);
my $token = $issuer->token;

use constant { LOADERS => 3, LIMIT => 120, ASKED => 180 };


sub status { return $http->get('/', @_)->status || 0 }

sub master { return content("/run/nginx.pid") =~ /\A(\d+)\n/ ? $1 : 0 }

sub installed { return debian("dpkg-query -W -f='\${Version}' $package") }


# The versions of the module that have fetched keys, each once.

sub versions {
    my %seen = map { ($_->[1] => 1) } grep { lc $_->[0] eq 'user-agent' }
               map { @{ $_->{headers} } } $issuer->seen;

    return join ' ', sort keys %seen;
}


# Requests with a token, one after the other, until the test has enough, but not
# for ever.  Writes to the file how many there were, how many failed, and how the
# first of these did.

sub load {
    my ($file) = @_;

    my $end = time + LIMIT;
    my ($done, $failed, $how) = (0, 0, '');

    until (-e "$root/enough" || time > $end) {
        my $answer = $http->get('/', token => $token);

        $done++;
        next if $answer->status == 200 && $answer->body =~ /nginx/;

        $failed++;
        $how ||= join ' ', 'status', $answer->status, $answer->error;
    }

    return write_file($file, "$done\n$failed\n$how\n");
}


# What happens while requests come: all of them are answered with 200.

sub under_load {
    my ($what, $code) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my @files = map { "/load-$_" } 1 .. LOADERS;
    my @pids = map { my $file = $_; spawn(sub { load("$root$file") }) } @files;

    $code->();

    write_file("$root/enough", '');
    ok(wait_until(sub { reap($_) }), "$what: a client has ended") for @pids;
    unlink "$root/enough";

    my ($done, $failed, @how) = (0, 0);

    for my $file (@files) {
        my ($some, $bad, $how) = split /\n/, content($file);

        $done += $some;
        $failed += $bad;
        push @how, $how if $bad;
    }

    cmp_ok($done, '>', 100, "$what: $done requests");
    is($failed, 0, "$what: none failed") or diag(join "\n", @how);

    return;
}


# lintian

for my $which (qw(old new)) {
    like(content("/debs/lintian.$which"), qr/\Astatus [02] of Lintian v?\d/,
         "lintian, $which: it has done its work");

    my @errors = content("/debs/lintian.$which") =~ /^(E: .*)$/mg;
    my @warnings = content("/debs/lintian.$which") =~ /^(W: .*)$/mg;

    is("@errors", '', "lintian, $which: no error");
    is("@warnings", '', "lintian, $which: no warning");
}

# from a Debian without nginx to the first 200

isnt(debian('nginx -v') && $?, 0, 'there is no nginx yet');

my $start = time;

works("apt-get -q update && apt-get -q install -y --no-install-recommends"
      . " /debs/old.deb nginx", 'apt-get install of the package and nginx');

unlink "$root/etc/nginx/sites-enabled/default" or die "unlink: $!\n";
write_file("$root/etc/nginx/conf.d/oauth.conf", <<"EOT");
oauth_issuer corp { issuer ${\$issuer->url}; }

server {
    listen 127.0.0.1:$port;
    location / {
        oauth          corp;
        oauth_resource https://app.test;
        try_files      /index.html =404;
    }
    location /stream { limit_rate 20; return 200 ${\('x' x 4000)}; }
}
EOT

works('nginx -t', 'nginx -t with ten lines of configuration');
works('/etc/init.d/nginx start', 'nginx starts');
ok(wait_until(sub { status(token => $token) == 200 }), 'a token: 200');

my $took = time - $start;

cmp_ok($took, '<', ASKED,
       sprintf 'from a bare Debian to the first 200: %.1f s', $took);
diag(sprintf '%s, from a bare Debian to the first 200: %.1f s',
     content("/etc/debian_version") =~ s/\n//r, $took);

# what it has installed, and what it does

is(readlink("$root$link"),
   '/usr/share/nginx/modules-available/mod-http-oauth.conf', 'it is enabled');
is(content("/usr/share/nginx/modules-available/mod-http-oauth.conf"),
   "load_module modules/ngx_oauth_module.so;\n", 'by this line');
like(debian("zcat /usr/share/doc/$package/changelog.gz"),
     qr/^Changes with ngx_oauth_module/m, 'its changes');
ok(-s "$root/usr/share/doc/$package/$_", "its documentation: $_")
    for qw(README.md docs/directives.md docs/agents/curl.md copyright);
like(debian("dpkg-query -W -f='\${Depends}' $package"),
     qr/(?=.*libcurl4)(?=.*libhiredis)(?=.*libjansson4)(?=.*liblmdb0)(?=.*libssl3)(?=.*nginx-abi-1\.)/,
     'it depends on its libraries and on the interface of nginx');

like(debian('oauth-check --help'), qr/\Ausage: oauth-check /, 'oauth-check runs');
like(debian("zcat /usr/share/man/man1/oauth-check.1.gz"), qr/^\.TH OAUTH-CHECK/,
     'and has its page');

is_refused($http->get('/'), 401, '', 'without a token: 401 and a challenge');
is_refused($http->get('/', token => $token =~ s/.{20}\z/"A" x 20/er), 401,
           'invalid_token', 'a broken token: 401');
is(versions(), 'ngx_oauth_module/' . installed() =~ s/-1\z//r,
   'the module that runs is this one');

# An upgrade under load.  From here on maintainer scripts may do to nginx what
# they do on a machine that has booted.

write_file("$root/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 0\n");

my ($version, $old) = (installed(), master());

under_load('upgrade', sub {
    works('dpkg -i /debs/new.deb', 'dpkg -i of a newer version');
    ok(wait_until(sub { master() && master() != $old && !-d "/proc/$old" }),
       'another nginx runs, and the old one has ended');
    ok(wait_until(sub { versions() =~ /\.1\z/ }), 'the newer module runs');
    is(status(), 401, 'and protects');
});

isnt(installed(), $version, 'the package is newer');

# two upgrades while a stream runs: after the second one nginx runs the old module

my $stream = $http->start('GET', '/stream');

ok($stream->read_until(qr/xx/), 'a stream runs');

$old = master();
unlike(debian('dpkg -i /debs/new.deb'), qr/WARNING: nginx/, 'an upgrade');
isnt(master(), $old, 'another nginx runs, beside the old one');

my $middle = master();

like(debian('dpkg -i /debs/new.deb'),
     qr/^WARNING: nginx still runs the old module, in process $middle\b/m,
     'the next upgrade says that nginx is not replaced');
is($?, 0, 'and succeeds');
is(master(), $middle, 'which is true');

$stream->close;
ok(wait_until(sub { !-d "/proc/$old" }), 'the stream ends, and its nginx');

# an upgrade when nginx does not accept its configuration

$old = master();
write_file("$root/etc/nginx/conf.d/broken.conf", "no_such_directive;\n");

under_load('a broken configuration', sub {
    works('dpkg -i /debs/new.deb', 'the package is installed again');
    is(master(), $old, 'nginx is the one that ran');
});

unlink "$root/etc/nginx/conf.d/broken.conf" or die "unlink: $!\n";

# a module that somebody has disabled stays so

unlink "$root$link" or die "unlink: $!\n";
works('dpkg -i /debs/new.deb', 'an upgrade of a module that is not enabled');
ok(!-l "$root$link", 'it is not enabled');
symlink '/usr/share/nginx/modules-available/mod-http-oauth.conf', "$root$link"
    or die "symlink: $!\n";

# the end

unlink "$root/etc/nginx/conf.d/oauth.conf" or die "unlink: $!\n";
works("apt-get -q remove -y $package", 'remove');
ok(!-l "$root$link" && -l "$root$link.removed", 'it is not enabled any more');
works('nginx -t', 'nginx loads without it');
works("apt-get -q purge -y $package", 'purge');
is(debian('find / -xdev -name "*oauth*"'), '', 'nothing is left');
works("apt-get -q install -y /debs/new.deb", 'installed again');
ok(-l "$root$link", 'it is enabled again');
works('/etc/init.d/nginx stop', 'nginx ends');

done_testing;

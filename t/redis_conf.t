#!/usr/bin/perl
#
# What nginx -t says about the URL of the bus, its password and its certificate
# authorities.  Next to each mistake is the same line without it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Build qw(build_path);
use OAuth::Test::Certificate qw(certificate);

my $probe = build_path('redis_probe.so');

plan(skip_all => "no $probe") unless -e $probe;

my $tested = OAuth::Test::Nginx->new(conf => '', module => 0,
                                     main => "load_module $probe;");
my $dir = $tested->dir;


sub file {
    my ($name, $text, $mode) = @_;

    $tested->write_file($name, $text);
    chmod $mode // 0600, "$dir/$name";

    return "$dir/$name";
}


sub checked {
    my ($line, $http) = @_;

    return $tested->test_conf(<<"CONF");
    @{[ $http // '' ]}
    server {
        listen 127.0.0.1:%%PORT_main%%;
        location / {
            redis_probe $line; # here
        }
    }
CONF
}


sub accepts {
    my ($line, $http) = @_;

    my ($good, $said) = checked($line, $http);

    ok($good, $line) or diag($said);

    return is(join('', $said =~ /^(.*\[(?:warn|emerg)\].*)/m), '', 'no warning');
}


# Ends with the place of the line.

sub refuses {
    my ($line, $pattern, $http) = @_;

    my ($good, $said) = checked($line, $http);
    my ($error) = $said =~ /\[emerg\] (.*)/;
    my $place = "in $dir/nginx.conf:" . $tested->line_of('# here');

    ok(!$good, "refused: $line");
    like($error, qr/$pattern.* \Q$place\E\z/, 'with a text and its place');
    unlike($said, qr/hunter2/, 'without the password');

    return;
}


my $good = file('good', "hunter2\n");
my $resolver = 'resolver 127.0.0.1;';
my $ca = certificate(authority => 1)->{certificate};

accepts($_) for 'redis://127.0.0.1', 'redis://127.0.0.1:6380', 'redis://[::1]/',
    'redis://[::1]:6380/15', 'redis://127.0.0.1/0', 'unix:/run/redis.sock',
    'unix:/run/redis.sock:3', "redis://bus\@127.0.0.1 password_file=$good",
    "redis://127.0.0.1 password_file=$good", 'rediss://127.0.0.1',
    "rediss://127.0.0.1 ca=$ca", "unix:/run/redis.sock password_file=$good";
accepts('redis://redis.test:6380/1', $resolver);

refuses('redis://redis.test', 'has the name of a host, and nginx has nobody to'
        . ' ask for its address: add "resolver"');

refuses($_, 'does not begin with "redis://", "rediss://" or "unix:"')
    for 'http://127.0.0.1', '127.0.0.1:6379', 'redis:127.0.0.1', 'REDIS://a';
refuses($_, 'has a password in it: .* add "password_file="')
    for 'redis://bus:hunter2@127.0.0.1', 'redis://:hunter2@127.0.0.1',
        'redis://bus:hunter2/with@127.0.0.1', 'rediss://b:hunter2@r.test/1',
        'valkey://bus:hunter2@127.0.0.1', 'redis://a:hunter2@b@127.0.0.1';
refuses($_, 'has no port from 1 to 65535 after the host')
    for 'redis://127.0.0.1:0', 'redis://127.0.0.1:65536', 'redis://127.0.0.1:',
        'redis://127.0.0.1:x', 'redis://::1';
refuses($_, 'names a database that is not a number')
    for 'redis://127.0.0.1/a', 'redis://127.0.0.1/1/2', 'redis://127.0.0.1/-1',
        'unix:/run/redis.sock:', 'unix:/run/redis.sock:a',
        'redis://127.0.0.1/99999999999';
refuses($_, 'has no host') for 'redis://', 'redis:///1', 'redis://:6379';
refuses('redis://[::1', 'has a "\[" without "\]"');
refuses('redis://re_dis!.test', 'neither a name nor an address', $resolver);
refuses('redis://@127.0.0.1', 'has no user in front of "@"');
refuses('redis://bus@127.0.0.1', 'has a user without a password: add "password');
refuses('unix:run/redis.sock', 'has no absolute path');
refuses('unix:/' . 'x' x 120, 'has a path that is too long');
refuses('redis://127.0.0.1?db=1', 'has a character that cannot be in it');
refuses('redis://b%40s@127.0.0.1', 'has a character that cannot be in it');
refuses("redis://127.0.0.1 ca=$ca", 'has no TLS, so "ca" has no effect');


# Files.

sub with_file { return "redis://127.0.0.1 password_file=$_[0]" }

accepts(with_file(file($_->[0], $_->[1])))
    for ['crlf', "hunter2\r\n"], ['bare', 'hunter2'];
refuses(with_file("$dir/nothing"), "cannot open \"$dir/nothing\": .* \\(2: No");
refuses(with_file($dir), 'is not a regular file');
refuses(with_file(file($_->[0], $_->[1])), "has $_->[2]: put the password there")
    for ['empty', '', 'no password'], ['line', "\n", 'no password'],
        ['two', "hunter2\nhunter2\n", 'more than one line'],
        ['more', "\nhunter2\n", 'more than one line'];
refuses("rediss://127.0.0.1 ca=$_", 'holds no usable certificate')
    for $good, "$dir/nothing";

for my $mode (0640, 0644, 0660) {
    my ($ok, $said) = checked(with_file(file('shown', "hunter2\n", $mode)));
    my $warning = $said =~ /\[warn\] "\Q$dir\E\/shown" holds a secret, and .*:\d+$/m;

    ok($ok, sprintf 'a password with the mode %o', $mode);
    is($warning || 0, $mode == 0640 ? 0 : 1, 'and whether that is a warning');
}

done_testing();

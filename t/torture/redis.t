#!/usr/bin/perl
#
# The connection to the server of the bus, in which every allocation fails once:
# with a login, by a name and by an address, with TLS and without.  Whatever
# fails, the connection is opened or closed with a sentence, the next one works,
# and no memory is lost.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use OAuth::Test;
use OAuth::Test::Build qw(build_path);
use OAuth::Test::Certificate qw(certificate);
use OAuth::Test::Dns;
use OAuth::Test::Redis;
use OAuth::Test::Torture;

use constant { MOST => 8000, LOST => 20 };

my %step = (tls => 7);              # OpenSSL allocates very often
my $probe = build_path('redis_probe.so');

plan(skip_all => "no $probe") unless -e $probe;
plan(skip_all => 'no redis-server') unless OAuth::Test::Redis->available;

my $authority = certificate(authority => 1);
my $dns = OAuth::Test::Dns->new('redis.test' => ['127.0.0.1']);
my $redis = OAuth::Test::Redis->new(
    users => ['bus on >secret ~* +@all'],
    certificate => certificate(name => 'DNS:redis.test', ca => $authority));
my $torture = OAuth::Test::Torture->new(keys => [ key('ES256') ], module => 0,
    allow => qr/(?:malloc|memalign)\(|SSL_\w+\(\) failed|\[crit\]/,
    main => "load_module $probe;", PORT => $redis->port,
    TLS => $redis->tls_port, DNS => $dns->port, CA => $authority->{certificate},
    conf => <<'CONF');
    resolver 127.0.0.1:%%DNS%% ipv6=off valid=1s;

    server {
        listen 127.0.0.1:%%PORT_main%%;

        location /address {
            redis_probe redis://bus@127.0.0.1:%%PORT%%/1
                password_file=%%DIR%%/password;
        }

        location /name {
            redis_probe redis://bus@redis.test:%%PORT%%/1
                password_file=%%DIR%%/password;
        }

        location /tls {
            redis_probe rediss://bus@redis.test:%%TLS%%/1
                password_file=%%DIR%%/password ca=%%CA%%;
        }
    }
CONF

my $nginx = $torture->nginx;

$nginx->write_file('password', "secret\n");
chmod 0600, $nginx->dir . '/password';
$nginx->start;

my $http = $nginx->http;
my ($worker) = $nginx->workers;


sub asked { return $http->get("/$_[0]?DEL,k;RPUSH,k,a,b;LRANGE,k,0,9")->body }


sub live { return $torture->field(OAuth::Test::Torture::LIVE) }


sub whole { return asked(@_) =~ /\Aready\n:\d\n:2\n\*2\n\$a\n\$b\n\z/ }


for my $path (qw(address name tls)) {
    my ($n, %said, @bad) = (0);

    $torture->watch($worker);
    ok(whole($path), "$path: a good connection") for 1 .. 3;

    my $live = live();

    for (;;) {
        $torture->arm($n += $step{$path} // 1);
        my $body = asked($path);
        my $failed = $torture->disarm;

        $said{ $body =~ s/\d+/N/gr =~ s/\n/ /gr }++;
        push @bad, $n unless whole($path);

        last if !$failed || $n > MOST || @bad;
    }

    is("@bad", '', "$path: the next one works");
    cmp_ok($n, '>', 20, "$path: $n allocations");
    cmp_ok($n, '<', MOST, "$path: all of them");
    ok(wait_until(sub { live() - $live < LOST }), "$path: no memory is lost")
        or diag(live() - $live, ' blocks');
    note(map { "$said{$_} x $_\n" } sort keys %said);
}

is(join(' ', $nginx->workers), $worker, 'the worker has lived through it');

$redis->stop;
$dns->stop;
finish();

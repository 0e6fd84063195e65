#!/usr/bin/perl
#
# How the connection to the bus finds its server: names, which nginx's resolver
# looks up, and the addresses behind them; and TLS, whose certificate has to be
# for the name or the address of the configuration.  The servers of TLS are
# nginx itself, which answers a command with an error page: where that is what
# cannot be read, TLS was accepted.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::BadRedis;
use OAuth::Test::Build qw(build_path);
use OAuth::Test::Certificate qw(certificate);
use OAuth::Test::Dns;

my $probe = build_path('redis_probe.so');

plan(skip_all => "no $probe") unless -e $probe;

my $dns = OAuth::Test::Dns->new(
    'redis.test' => ['127.0.0.1'], 'silent.test' => [],
    'two.test' => ['127.0.0.77', '127.0.0.1'], 'none.test' => ['127.0.0.77']);
my $plain = OAuth::Test::BadRedis->new;
my $authority = certificate(authority => 1);
my %certificate = (
    name    => certificate(name => 'DNS:redis.test', ca => $authority),
    other   => certificate(name => 'DNS:other.test', ca => $authority),
    address => certificate(name => 'IP:127.0.0.1', ca => $authority),
    expired => certificate(name => 'DNS:redis.test', ca => $authority,
                           expired => 1),
    self    => certificate(name => 'DNS:redis.test'),
    part    => certificate(name => 'DNS:re*.test', ca => $authority),
);

$plain->steps(['read'], [write => "+PONG\r\n"]);

my @servers = map { <<"CONF" } sort keys %certificate;
    server {
        listen 127.0.0.1:%%PORT_$_%% ssl;
        ssl_certificate $certificate{$_}{certificate};
        ssl_certificate_key $certificate{$_}{key};
    }
CONF

my @locations = map { <<"CONF" } sort keys %certificate;
        location /$_ {
            redis_probe rediss://redis.test:%%PORT_$_%%
                ca=$authority->{certificate};
        }

        location /ip_$_ {
            redis_probe rediss://127.0.0.1:%%PORT_$_%%
                ca=$authority->{certificate};
        }
CONF

my $nginx = nginx(<<"CONF", module => 0, main => "load_module $probe;",
    resolver 127.0.0.1:%%DNS%% ipv6=off;
    @servers
    server {
        listen 127.0.0.1:%%PORT_sni%% ssl;
        server_name redis.test;
        ssl_certificate $certificate{name}{certificate};
        ssl_certificate_key $certificate{name}{key};
    }

    server {
        listen 127.0.0.1:%%PORT_sni%% ssl default_server;
        ssl_certificate $certificate{other}{certificate};
        ssl_certificate_key $certificate{other}{key};
    }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        @locations

        location /sni {
            redis_probe rediss://redis.test:%%PORT_sni%%
                ca=$authority->{certificate};
        }

        location /system { redis_probe rediss://redis.test:%%PORT_name%%; }

        location /plain_tls {
            redis_probe rediss://redis.test:%%PLAIN%%
                ca=$authority->{certificate};
        }

        location /plain { redis_probe redis://redis.test:%%PLAIN%%; }
        location /two { redis_probe redis://two.test:%%PLAIN%%; }
        location /nobody { redis_probe redis://none.test:%%PLAIN%%; }
        location /silent { redis_probe redis://silent.test:%%PLAIN%%; }
        location /unknown { redis_probe redis://unknown.test:%%PLAIN%%; }
        location /status { stub_status; }
    }
CONF
    DNS => $dns->port, PLAIN => $plain->port);

my $http = $nginx->http;


sub says {
    my ($path, $expected, $name) = @_;

    return like($http->get("/$path?PING")->body, $expected, $name);
}


sub refused {
    my ($why) = @_;

    return qr/\Aclosed: the certificate of the server is not accepted: $why\n\z/;
}


# Names.

says('plain', qr/\Aready\n\+PONG\n\z/, 'a name');
says('plain', qr/\Aready\n\+PONG\n\z/, 'a name that nginx knows by now');
says('two', qr/\Aready\n\+PONG\n\z/, 'a name with an address where nobody is')
    for 1 .. 4;
says('nobody', qr/\Aclosed: 127\.0\.0\.77:\d+ cannot be connected to: /,
     'no address where anybody is');
says('unknown', qr/\Aclosed: the name "unknown\.test" was not found: Host not/,
     'a name that does not exist');
says('silent', qr/\Aclosed: 2000 ms were not enough to look up the name\n\z/,
     'a name server that does not answer');

my $leaver = $http->start('GET', '/silent?PING');
ok(wait_until(sub { $nginx->pending == 1 }), 'a request waits for a name');
$leaver->close;
ok(wait_until(sub { $nginx->pending == 0 }), 'and its client leaves');


# Certificates.

my $accepted = qr/\Aready\nclosed: what the server sends cannot be read: .*"H"/;

says('name', $accepted, 'a certificate for the name');
says('ip_address', $accepted, 'a certificate for the address');
says('sni', $accepted, 'the name is sent to the server (SNI)');
says('other', refused('hostname mismatch'), 'another name');
says('part', refused('hostname mismatch'), 'a part of the name');
says('address', refused('hostname mismatch'), 'an address instead of the name');
says('ip_name', refused('IP address mismatch'),
     'a name instead of the address');
says('expired', refused('certificate has expired'), 'expired');
says('self', refused('self-signed certificate'), 'it signs itself');
says('system', refused('unable to get local issuer certificate'),
     'an authority that the system does not know');


# No TLS there.

my $late = qr/\Aclosed: 2000 ms were not enough to begin with TLS\n\z/;

$plain->steps(['hang']);
says('plain_tls', $late, 'silence');
$plain->steps([write => "-ERR this is no TLS\r\n"]);
says('plain_tls', qr/\Aclosed: the TLS handshake failed\n\z/, 'no TLS');
$plain->steps(['close']);
says('plain_tls', qr/\Aclosed: the TLS handshake failed\n\z/, 'FIN');
$plain->steps([drip => "\x16\x03\x03\x40\x00"], ['hang']);
says('plain_tls', $late, 'half a record');

$leaver = $http->start('GET', '/plain_tls?PING');
ok(wait_until(sub { $nginx->pending == 1 }), 'a request waits for TLS');
$leaver->close;
ok(wait_until(sub { $nginx->pending == 0 }), 'and its client leaves');

is_deeply([$nginx->log_lines(qr/\[(?:error|warn|crit)\]/)], [],
          'nginx itself says nothing about the servers');

$dns->stop;
$plain->stop;
finish();

#!/usr/bin/perl
#
# The authorization server moves: its name now leads to another address, and the
# server at the old address still answers.  The next fetch must go to the new
# address.  The test gives nginx its own /etc/hosts in a mount namespace, which
# needs root.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use File::Temp ();

use OAuth::Test;
use OAuth::Test::Build qw(nginx_path);
use OAuth::Test::Certificate qw(certificate);
use OAuth::Test::File qw(write_file);
use OAuth::Test::Mode qw(mode);
use OAuth::Test::Port qw(free_port);

plan skip_all => 'nginx is started by valgrind' if mode() eq 'valgrind';
plan skip_all => 'no mount namespaces'
    if system('unshare -m mount --bind /etc/hosts /etc/hosts 2>/dev/null');

my $folder = File::Temp->newdir('oauth-moved-XXXXXX', TMPDIR => 1);
my $hosts = "$folder/hosts";
my $binary = nginx_path();


# Writes the file in place, because it is mounted.

sub point_to {
    my ($address) = @_;

    return write_file($hosts, "127.0.0.1 localhost\n$address as.test\n");
}


point_to('127.0.0.1');
write_file("$folder/nginx", <<"SH");
#!/bin/sh
exec unshare -m sh -c 'mount --bind $hosts /etc/hosts && exec $binary "\$@"' \\
     nginx "\$@"
SH
chmod 0755, "$folder/nginx" or die "chmod: $!\n";

my ($key, $new) = map { key('ES256') } 1, 2;
my $ca = certificate(name => 'DNS:ca.test', authority => 1);
my $server = certificate(ca => $ca, name => 'DNS:as.test');

# the same port at two addresses, with different keys

my $port = free_port();
my $url = "https://as.test:$port";
my @servers = map { issuer(keys => [ $_ ]) } $key, $new;
my @addresses = qw(127.0.0.1 127.0.0.2);

$_->metadata(issuer => $url, jwks_uri => "$url/jwks") for @servers;

my $front = nginx(join('', map { <<"CONF" } 0, 1), module => 0);
    server {
        listen $addresses[$_]:$port ssl;
        ssl_certificate $server->{certificate};
        ssl_certificate_key $server->{key};
        keepalive_timeout 600s;
        location / { proxy_pass http://127.0.0.1:${\$servers[$_]->port}; }
    }
CONF

local $ENV{OAUTH_NGINX} = "$folder/nginx";

my $nginx = nginx(<<"CONF");
    oauth_issuer corp {
        issuer $url;
        ssl_trusted_certificate $ca->{certificate};
        key_refresh 1s;
    }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        oauth corp;
        oauth_resource https://app.test;
        location / { proxy_pass http://127.0.0.1:%%PORT_app%%; }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\\n";
    }
CONF


sub ask {
    my ($with) = @_;

    return $nginx->http->get('/', token => $servers[0]->mint(
        key => $with, claims => { iss => $url }))->status;
}


ok(wait_until(sub { ask($key) == 200 }, 20), 'the keys of the first address');

# while fetches succeed: a refresh goes to the new address, though the old
# server still answers

point_to('127.0.0.2');
ok(wait_until(sub { ask($new) == 200 }, 20), 'the keys of the second one');

my $asked = $servers[0]->count;

ok(wait_until(sub { $servers[1]->count('jwks') >= 3 }, 20), 'further rounds');
is($servers[0]->count, $asked, 'ask nothing of the first one');

# while fetches fail with an answer, so that the last connection could be reused

$servers[1]->answer($_ => status => 404) for qw(discovery openid);
$nginx->mark;
ok($nginx->wait_for_log(qr/\[(?:error|info)\].*cannot fetch keys.*status 404/, 1, 20),
   'the second address has nothing any more');

point_to('127.0.0.1');
$servers[0]->keys($new, $key);
ok(wait_until(sub { ask($key) == 200 }, 20), 'the next attempt finds the first');

finish();

#!/usr/bin/perl
#
# A proxy on the way to the authorization server.  https goes through a tunnel
# and is verified end to end.  Plain http never goes to the proxy, because the
# proxy could answer with keys of its own.  Proxy variables of the environment
# are ignored.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Certificate qw(certificate);
use OAuth::Test::Port qw(free_port);
use OAuth::Test::Proxy;

my ($key, $new) = map { key('ES256') } 1, 2;
my $ca = certificate(name => 'DNS:ca.test', authority => 1);
my $trusted = certificate(ca => $ca);
my $untrusted = certificate();

my $issuer = issuer(keys => [ $key ]);
my $plain = issuer(keys => [ $key ]);
my $mixed = issuer(keys => [ $key ]);
my $direct = issuer(keys => [ $key ]);

# nobody listens at the addresses of the TLS servers: only the proxy reaches
# them

my %at = map { $_ => free_port() } qw(secure mixed unknown);
my %urls = (secure => "https://localhost:$at{secure}",
            mixed => "https://localhost:$at{mixed}",
            plain => $plain->url,
            unknown => "https://localhost:$at{unknown}");

$issuer->metadata(issuer => $urls{secure}, jwks_uri => "$urls{secure}/jwks");
$mixed->metadata(issuer => $urls{mixed});

# the keys that the proxy would send in place of the plain http servers

my $forger = issuer(keys => [ $new ]);

$forger->metadata(issuer => $urls{plain}, jwks_uri => $plain->jwks_url);

my $front = nginx(<<"CONF", module => 0);
    server {
        listen 127.0.0.1:%%PORT_good%% ssl;
        ssl_certificate $trusted->{certificate};
        ssl_certificate_key $trusted->{key};
        location / { proxy_pass http://127.0.0.1:${\$issuer->port}; }
    }

    server {
        listen 127.0.0.1:%%PORT_mixed%% ssl;
        ssl_certificate $trusted->{certificate};
        ssl_certificate_key $trusted->{key};
        location / { proxy_pass http://127.0.0.1:${\$mixed->port}; }
    }

    server {
        listen 127.0.0.1:%%PORT_forged%% ssl;
        ssl_certificate $untrusted->{certificate};
        ssl_certificate_key $untrusted->{key};
        location / { proxy_pass http://127.0.0.1:${\$issuer->port}; }
    }
CONF

my $proxy = OAuth::Test::Proxy->new(routes => {
    "localhost:$at{secure}" => $front->port('good'),
    "localhost:$at{mixed}" => $front->port('mixed'),
    map { ('127.0.0.1:' . $_->port => $forger->port) } $plain, $mixed,
});

# the environment names another proxy, which would reach every server

my $trap = OAuth::Test::Proxy->new(routes => {
    %{ $proxy->{routes} }, '127.0.0.1:' . $direct->port => $direct->port });

my @variables = map { ($_, uc) } qw(http_proxy https_proxy all_proxy);

local @ENV{@variables} = ($trap->url) x @variables;
local @ENV{qw(no_proxy NO_PROXY)} = ('localhost') x 2;

my $conf = <<"CONF";
    oauth_issuer secure {
        issuer $urls{secure};
        proxy ${\$proxy->url};
        ssl_trusted_certificate $ca->{certificate};
        key_refresh 1s;
    }

    oauth_issuer plain {
        issuer $urls{plain};
        proxy ${\$proxy->url};
        key_refresh 1s;
    }

    oauth_issuer mixed {
        issuer $urls{mixed};
        proxy ${\$proxy->url};
        ssl_trusted_certificate $ca->{certificate};
        key_refresh 1s;
    }

    oauth_issuer unknown {
        issuer $urls{unknown};
        proxy ${\$proxy->url};
    }

    oauth_issuer alone {
        issuer https://alone.test;
        jwks_uri $urls{secure}/jwks;
        ssl_trusted_certificate $ca->{certificate};
    }

    oauth_issuer direct { issuer ${\$direct->url}; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        oauth secure plain mixed unknown alone direct;
        oauth_resource https://app.test;
        location / { proxy_pass http://127.0.0.1:%%PORT_app%%; }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\\n";
    }
CONF

my $nginx = nginx($conf, workers => 2, main => join "\n",
                  map { "env $_;" } @variables, qw(no_proxy NO_PROXY));
my $http = $nginx->http;


sub ask {
    my ($url, $with) = @_;

    return $http->get('/', token => $issuer->mint(
        key => $with // $key, claims => { iss => $url }));
}


ok(wait_until(sub { ask($urls{secure})->status == 200 }), 'https by a tunnel');
is(ask($urls{plain})->status, 200, 'http goes directly');
is_refused(ask($urls{plain}, $new), 401, 'invalid_token',
           'and the proxy\'s key is not known');
is(ask($urls{mixed})->status, 200, 'so do keys that a document in a tunnel'
   . ' says are there');
is_refused(ask($urls{mixed}, $new), 401, 'invalid_token',
           'and here, too, the proxy\'s key is not known');
is(ask($direct->url)->status, 200, 'and one without a proxy');

cmp_ok($proxy->count('CONNECT'), '>=', 1, 'the proxy was asked for a tunnel');
is(scalar(grep { $_->{line} !~ /\ACONNECT localhost:\d+ / } $proxy->seen), 0,
   'nothing else is asked of it');

my ($warning) = grep { /\[warn\].*proxy/ } split /\n/, $nginx->errors;

like($warning // '', qr/proxy "\Q${\$proxy->url}\E".*"\Q$urls{plain}\E"/,
     'a proxy that is not used for an issuer is warned of');

is_refused(ask('https://alone.test'), 503, undef,
           'without the proxy there is no way');
is_refused(ask($urls{unknown}), 503, undef, 'nor with it to anywhere');

my ($line) = $nginx->wait_for_log(qr/issuer "unknown": cannot fetch/);
like($line // '', qr/502/, 'a refused tunnel: its status is named');

is_deeply([ $trap->seen ], [], 'the environment\'s proxy is not asked');

# the proxy is down, or refuses

$nginx->mark;
$proxy->down;

for my $name (qw(secure mixed)) {
    ($line) = $nginx->wait_for_log(qr/issuer "$name": cannot fetch/);
    like($line // '', qr/the last good ones stay.*(?:connect|refused)/i,
         "$name: that the proxy is down is logged");
    is(ask($urls{$name})->status, 200, "$name: the last good keys serve");
}

$proxy->answer(407);
$proxy->up;
$nginx->mark;

for my $name (qw(secure mixed)) {
    ($line) = $nginx->wait_for_log(qr/issuer "$name": cannot fetch.*407/);
    ok($line, "$name: that the proxy wants credentials is logged");
}

is(ask($urls{secure})->status, 200, 'the last good keys serve');

is(scalar($nginx->log_lines(qr/issuer "plain": cannot fetch/)), 0,
   'none of this is anything to plain http');

# the tunnel leads to another server

$issuer->keys($new);
$proxy->route("localhost:$at{secure}" => $front->port('forged'));
$proxy->answer(undef);
$nginx->mark;

($line) = $nginx->wait_for_log(
    qr/issuer "secure": cannot fetch.*certificate/i, 1, 20);
ok($line, 'a forged server behind the tunnel is not trusted');
is_refused(ask($urls{secure}, $new), 401, 'invalid_token',
           'nor is its key');
is(ask($urls{secure})->status, 200, 'the last good key serves');

$proxy->route("localhost:$at{secure}" => $front->port('good'));
ok(wait_until(sub { ask($urls{secure}, $new)->status == 200 }, 20),
   'all is well again');
is_deeply([ $trap->seen ], [], 'the environment\'s proxy was never asked');

finish();

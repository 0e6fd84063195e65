#!/usr/bin/perl
#
# An egress proxy: https goes through its tunnel and is verified end to end,
# http on loopback is forwarded; what the environment says counts for nothing.

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

# the issuers are where nobody listens: only the proxy knows the way

my %at = map { $_ => free_port() } qw(secure plain unknown);
my %urls = (secure => "https://localhost:$at{secure}",
            plain => "http://127.0.0.1:$at{plain}",
            unknown => "https://localhost:$at{unknown}");

my $issuer = issuer(keys => [ $key ]);
my $plain = issuer(keys => [ $key ]);
my $direct = issuer(keys => [ $key ]);

$issuer->metadata(issuer => $urls{secure}, jwks_uri => "$urls{secure}/jwks");
$plain->metadata(issuer => $urls{plain}, jwks_uri => "$urls{plain}/jwks");

my $front = nginx(<<"CONF", module => 0);
    server {
        listen 127.0.0.1:%%PORT_good%% ssl;
        ssl_certificate $trusted->{certificate};
        ssl_certificate_key $trusted->{key};
        location / { proxy_pass http://127.0.0.1:${\$issuer->port}; }
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
    "127.0.0.1:$at{plain}" => $plain->port,
});

# what the environment names is another one; it would know every way, too

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

    oauth_issuer unknown {
        issuer $urls{unknown};
        proxy ${\$proxy->url};
    }

    oauth_issuer alone {
        issuer https://alone.test;
        jwks_uri $urls{plain}/jwks;
    }

    oauth_issuer direct { issuer ${\$direct->url}; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        oauth secure plain unknown alone direct;
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
is(ask($urls{plain})->status, 200, 'http is forwarded');
is(ask($direct->url)->status, 200, 'and one without a proxy');

cmp_ok($proxy->count('CONNECT'), '>=', 1, 'the proxy was asked for a tunnel');
cmp_ok($proxy->count('GET'), '>=', 2, 'and for http documents');
is(scalar(grep { $_->{line} =~ m{\AGET http://localhost} } $proxy->seen), 0,
   'it does not see what is in the tunnel');
is(scalar(grep { $_->{line} !~ /\A(?:CONNECT localhost:\d+|GET http:\S+) / }
          $proxy->seen), 0, 'nothing else is asked of it');

is_refused(ask('https://alone.test'), 503, undef,
           'without the proxy there is no way');
is_refused(ask($urls{unknown}), 503, undef, 'nor with it to anywhere');

my ($line) = $nginx->wait_for_log(qr/\[warn\].*issuer "unknown":/);
like($line // '', qr/502/, 'a refused tunnel: its status is named');

is_deeply([ $trap->seen ], [], 'the environment\'s proxy is not asked');

# the proxy is down, or will not

$nginx->mark;
$proxy->down;

for my $name (qw(secure plain)) {
    ($line) = $nginx->wait_for_log(qr/\[warn\].*issuer "$name":/);
    like($line // '', qr/the last good ones stay.*(?:connect|refused)/i,
         "$name: that the proxy is down is logged");
    is(ask($urls{$name})->status, 200, "$name: the last good keys serve");
}

$proxy->answer(407);
$proxy->up;
$nginx->mark;

for my $name (qw(secure plain)) {
    ($line) = $nginx->wait_for_log(qr/\[warn\].*issuer "$name":.*407/);
    ok($line, "$name: that the proxy wants credentials is logged");
}

is(ask($urls{secure})->status, 200, 'the last good keys serve');

# the tunnel ends at somebody else

$issuer->keys($new);
$proxy->route("localhost:$at{secure}" => $front->port('forged'));
$proxy->answer(undef);
$nginx->mark;

($line) = $nginx->wait_for_log(
    qr/\[warn\].*issuer "secure":.*certificate/i, 1, 20);
ok($line, 'a forged server behind the tunnel is not trusted');
is_refused(ask($urls{secure}, $new), 401, 'invalid_token',
           'nor is its key');
is(ask($urls{secure})->status, 200, 'the last good key serves');

$proxy->route("localhost:$at{secure}" => $front->port('good'));
ok(wait_until(sub { ask($urls{secure}, $new)->status == 200 }, 20),
   'all is well again');
is_deeply([ $trap->seen ], [], 'the environment\'s proxy was never asked');

finish();

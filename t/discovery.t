#!/usr/bin/perl
#
# Discovery.  If the first address of the discovery document fails or does not
# answer, the second one is asked in the same round.  Which addresses a document
# may name for the keys.  If no key of a key set is usable, the log says why.
# RFC 8414, OpenID Connect Discovery.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP ();

use OAuth::Test;
use OAuth::Test::Certificate qw(certificate);
use OAuth::Test::Mode qw(seconds);
use OAuth::Test::Proxy;

my $json = JSON::PP->new->canonical;
my $key = key('ES256');
my $ca = certificate(name => 'DNS:ca.test', authority => 1);
my $server = certificate(ca => $ca, name => 'DNS:as.test, DNS:keys.test, '
                         . 'DNS:localhost, IP:127.0.0.1');

# ways in which the first address fails, while the second one is good

my %first = map { $_ => issuer(keys => [ $key ]) } qw(hang reset close drip
    short bad_chunk huge drip_head status html);

$first{$_}->answer(discovery => mode => $_)
    for grep { !/\A(?:status|html)\z/ } keys %first;
$first{status}->answer(discovery => status => 503);
$first{html}->answer(discovery => body => '<html>');

# the first address works and the second one fails, and other cases

my %other = map { $_ => issuer(keys => [ $key ]) }
    qw(slow dead configured);

$other{slow}->answer(discovery => hold => 'go');
$other{slow}->answer(openid => status => 404);
$other{dead}->answer($_ => mode => 'hang') for qw(discovery openid);
$other{configured}->answer('/doc' => mode => 'hang', type => 'text/plain');

# Issuers on other machines: a proxy leads to a server with TLS on this one.

my $tls = issuer(keys => [ $key ]);
my $front = nginx(<<"CONF", module => 0);
    server {
        listen 127.0.0.1:%%PORT_main%% ssl;
        ssl_certificate $server->{certificate};
        ssl_certificate_key $server->{key};
        proxy_set_header Host \$http_host;
        location / { proxy_pass http://127.0.0.1:${\$tls->port}; }
    }
CONF

my $port = $front->port('main');
my $proxy = OAuth::Test::Proxy->new(routes => {
    map { ("$_:443" => $port) } qw(as.test keys.test 127.0.0.1 localhost) });

# the jwks_uri that the document of https://as.test/NAME names

my $plain = $tls->jwks_url;

my %uris = (
    same => 'https://as.test/jwks',
    elsewhere => 'https://keys.test/jwks',
    plain => $plain,
    plain_name => $plain =~ s/127\.0\.0\.1/localhost/r,
    secure => 'https://127.0.0.1/jwks',
    secure_name => 'https://localhost/jwks',
    secure_port => "https://127.0.0.1:$port/jwks",
    number => 'https://2130706433/jwks',
    short => "http://127.1:${\$tls->port}/jwks",
    mapped => "https://[::ffff:127.0.0.1]:$port/jwks",
    below => "http://as.localhost:${\$tls->port}/jwks",
    remote => 'http://keys.test/jwks',
);

my %good = map { $_ => 1 } qw(same elsewhere);


sub publish {
    my ($at, $path, %document) = @_;

    return $at->answer($path, status => 200, type => 'application/json',
                       body => $json->encode(\%document));
}


publish($tls, "/.well-known/oauth-authorization-server/$_",
        issuer => "https://as.test/$_", jwks_uri => $uris{$_})
    for keys %uris;

# a document on loopback that describes an issuer which is not on loopback

my $mirror = issuer(keys => [ $key ]);

publish($mirror, '/mirrored', issuer => 'https://mirrored.test',
        jwks_uri => $mirror->jwks_url);

# Plain http off loopback.  A name of this machine has to stand for it here.

my $cluster = issuer(keys => [ $key ], host => 'as.localhost');
$cluster->metadata(jwks_uri => $cluster->url . '/jwks');

# key sets without a usable key

my $unusable = issuer(keys => [ $key ]);
my %enc = (%{ $key->jwk }, use => 'enc');

$unusable->answer(jwks => status => 200, type => 'application/json',
    body => $json->encode({ keys => [ \%enc, 7,
        map { { kty => 'oct' } } 1 .. 9 ] }));

my $common = "ssl_trusted_certificate $ca->{certificate};"
             . " proxy ${\$proxy->url};";
my $blocks = join '',
    (map { "oauth_issuer first_$_ { issuer ${\$first{$_}->url};"
           . ($_ =~ /drip|huge/ ? " timeout ${\seconds(3)}s;" : '')
           . " }\n" } sort keys %first),
    (map { "oauth_issuer uri_$_ { issuer https://as.test/$_; $common }\n" }
         sort keys %uris),
    "oauth_issuer slow { issuer ${\$other{slow}->url}; }\n",
    "oauth_issuer dead { issuer ${\$other{dead}->url};"
    . " timeout ${\seconds(3)}s; }\n",
    "oauth_issuer configured { issuer ${\$other{configured}->url};"
    . " config_url ${\$other{configured}->url}/doc;"
    . " timeout ${\seconds(3)}s; }\n",
    "oauth_issuer mirrored { issuer https://mirrored.test;"
    . " config_url ${\$mirror->url}/mirrored; }\n",
    "oauth_issuer cluster { issuer ${\$cluster->url}; allow_http on; }\n",
    "oauth_issuer unusable { issuer ${\$unusable->url}; }\n";

my $names = join ' ', $blocks =~ /oauth_issuer (\w+)/g;

my $nginx = nginx(<<"CONF", workers => 2);
$blocks
    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        oauth $names;
        oauth_resource https://app.test;
        location / { proxy_pass http://127.0.0.1:%%PORT_app%%; }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\\n";
    }
CONF

my $http = $nginx->http;


sub start {
    my ($iss) = @_;

    return $http->start('GET', '/', token => $tls->mint(
        claims => { iss => $iss }));
}


sub comes {
    my ($iss, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return ok(wait_until(sub { start($iss)->finish->status == 200 }, 40),
              $name);
}


sub says {
    my ($name, $pattern, $about) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my ($line) = $nginx->wait_for_log(
        qr/\[(?:error|info)\].*issuer "$name": cannot fetch keys.*$pattern/, 1, 40);

    return ok($line, $about) || diag($nginx->log_lines(qr/"$name"/));
}


# the second address

comes($first{$_}->url, "the second place, where the first is: $_")
    for sort keys %first;

# what a document may name

my $loopback = qr/its jwks_uri is on loopback, .*or set jwks_uri/;

comes("https://as.test/$_", "a remote document: $_") for sort keys %good;

for my $name (grep { !$good{$_} } sort keys %uris) {
    says("uri_$name", $name eq 'remote'
         ? qr/its jwks_uri is plain http: .*see allow_http/ : $loopback,
         "a remote document: $name: what is wrong, and what to do");
    is_refused(start("https://as.test/$name")->finish, 503, undef,
               'and its keys are not had');
}

is_deeply([ sort { $a cmp $b } keys %{ { map { $_->[1] => 1 }
            grep { lc $_->[0] eq 'host' } map { @{ $_->{headers} } }
            grep { $_->{path} eq '/jwks' } $tls->seen } } ],
          [ 'as.test', 'keys.test' ],
          'nothing that is not to be named was asked for');

comes('https://mirrored.test', 'what is on loopback may name loopback');
comes($cluster->url, 'allow_http: document and keys');

# why there is no usable key

says('unusable', qr/no\ usable\ key\ \(key\ 0:\ use\ is\ not\ sig;
     \ key\ 1:\ [^;]+;\ key\ 2:\ [^;]+;\ key\ 3:\ [^;]+;\ key\ 4:\ [^;]+;
     \ and\ 6\ more\),\ Content-Type\ is\ "application\/json"/x,
     'why no key is usable');

# a slow first address is not given up because the second one has no document

ok(wait_until(sub { $other{slow}->count('openid') >= 1 }, 20),
   'the second place is asked beside the first');
$other{slow}->raise_flag('go');
comes($other{slow}->url, 'the first one is good when it comes');

# both addresses are silent; and an issuer that has no second address

says('dead', qr{authorization-server:\ .*timed\ out.*;
     \ \S+openid-configuration:\ .*timed\ out}x, 'both are silent: both named');
says('configured', qr{/doc: [^;]*timed out[^;]*$},
     'config_url: there is one place only');
is($other{configured}->count($_), 0, "no other is asked: $_")
    for qw(discovery openid);

finish();

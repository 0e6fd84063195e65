#!/usr/bin/perl
#
# TLS to the authorization server.  If its certificate is not trusted, its keys
# are not taken, and the keys that nginx already has stay.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use File::Copy qw(copy);
use JSON::PP ();

use OAuth::Test;
use OAuth::Test::Certificate qw(certificate);
use OAuth::Test::Mode qw(seconds);
use OAuth::Test::Token qw(mint);

my ($key, $new) = map { key('ES256') } 1, 2;

my $ca = certificate(name => 'DNS:ca.test', authority => 1);
my $other_ca = certificate(name => 'DNS:other-ca.test', authority => 1);

my %certificates = (
    good => certificate(ca => $ca),
    address => certificate(ca => $ca, name => 'IP:127.0.0.1'),
    self_signed => certificate(),
    other_ca => certificate(ca => $other_ca),
    expired => certificate(ca => $ca, expired => 1),
    wrong_host => certificate(ca => $ca, name => 'DNS:other.test'),
    store => certificate(ca => $ca),
);

# only root can read this file: nginx reads it with the configuration

chmod 0600, $ca->{certificate} or die "cannot change the mode: $!\n";

my ($uid, $gid) = (getpwnam 'nobody')[2, 3];
my $user = $> ? '' : "user nobody @{[ scalar getgrgid $gid ]};";

my %urls;


# One server for each certificate, all with the same keys.

sub servers {
    my (@keys) = @_;

    my $jwks = JSON::PP->new->canonical->encode(
        { keys => [ map { $_->jwk } @keys ] });

    return join '', map {
        my $host = $_ eq 'address' ? '127.0.0.1' : 'localhost';
        my $url = "https://$host:%%PORT_$_%%";

        <<"CONF";
    server {
        listen 127.0.0.1:%%PORT_$_%% ssl;
        ssl_certificate $certificates{$_}{certificate};
        ssl_certificate_key $certificates{$_}{key};
        default_type application/json;

        location = /.well-known/oauth-authorization-server {
            return 200 '{"issuer":"$url","jwks_uri":"$url/jwks"}';
        }

        location = /jwks {
            access_log %%DIR%%/jwks.log;
            return 200 '$jwks';
        }
    }
CONF
    } sort keys %certificates;
}


my $as = nginx(servers($key), module => 0);
my $silent = issuer()->silent;

for my $name (keys %certificates) {
    my $host = $name eq 'address' ? '127.0.0.1' : 'localhost';
    $urls{$name} = "https://$host:" . $as->port($name);
}

$urls{silent} = 'https://localhost:' . $silent->port;

my $issuers = join '', map {
    my $trusted = $_ eq 'store' ? ''
        : "ssl_trusted_certificate $ca->{certificate};";

    "    oauth_issuer $_ { issuer $urls{$_}; key_refresh 1s; key_refetch 1s;"
    . " timeout ${\seconds(2)}s; $trusted }\n";
} sort keys %urls;

my $nginx = nginx(<<"CONF", workers => 2, main => $user);
$issuers
    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        oauth @{[ sort keys %urls ]};
        oauth_resource https://app.test;
        location / { proxy_pass http://127.0.0.1:%%PORT_app%%; }
    }

    # the default resource of a server with TLS

    server {
        listen 127.0.0.1:%%PORT_secure%% ssl;
        server_name secure.test;
        ssl_certificate $certificates{self_signed}{certificate};
        ssl_certificate_key $certificates{self_signed}{key};
        location / { oauth good; proxy_pass http://127.0.0.1:%%PORT_app%%; }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\\n";
    }
CONF

my $http = $nginx->http;


sub user_of {
    my ($pid) = @_;

    open my $in, '<', "/proc/$pid/status" or return '';

    return (map { /\AUid:\s+\d+\s+(\d+)/ ? $1 : () } <$in>)[0];
}


sub token {
    my ($name, $with) = @_;

    return mint(key => $with // $key, claims => { iss => $urls{$name} });
}


ok(wait_until(sub {
    my @users = map { user_of($_) } $nginx->workers;
    return @users == 2 && !grep { $_ != ($> || $uid) } @users;
}), 'workers without privileges');

is($http->get('/', token => token('good'))->status, 200,
   'a certificate of the CA');
is($http->get('/', token => token('address'))->status, 200,
   'one for an address');

my @bad = grep { $_ !~ /\A(?:good|address)\z/ } sort keys %urls;
my @answers = finish_all(map { $http->start('GET', '/', token => token($_)) }
                         @bad);

for my $i (0 .. $#bad) {
    my $name = $bad[$i];

    is_refused($answers[$i], 503, undef, "no keys: $name");

    my ($line) = $nginx->wait_for_log(
        qr/\[(?:error|info)\].*issuer "$name": cannot fetch keys, there are none/);

    ok($line, "$name: a warning");
    like($line // '', qr/certificate|SSL/i, "$name: which says why")
        unless $name eq 'silent';
    like($line // '', qr/, see ssl_trusted_certificate/,
         "$name: and which directive is about it") unless $name eq 'silent';
}

is($http->get('/', token => token('good'))->status, 200,
   'the others are not concerned');

# the server gets an untrusted certificate and other keys

$certificates{good} = $certificates{self_signed};
$as->write_conf(servers($new));
ok($as->reload, 'another certificate');
$nginx->mark;

ok($nginx->wait_for_log(qr/\[(?:error|info)\].*issuer "good": cannot fetch/),
   'is not trusted');
is($http->get('/', token => token('good'))->status, 200,
   'the last good keys serve');
is_refused($http->get('/', token => token('good', $new)), 401,
           'invalid_token', 'and the new ones do not');
is($http->get('/', token => token('address', $new))->status, 200,
   'where the certificate is good they do');

# what clients see over TLS

my $secure = 'https://secure.test:' . $nginx->port('secure');
my $url = 'https://127.0.0.1:' . $nginx->port('secure');
my @curl = ('curl', '-s', '-k', '-i', '-H',
            'Host: secure.test:' . $nginx->port('secure'));


sub curl {
    open my $out, '-|', @curl, @_ or die "cannot run curl: $!\n";
    local $/;

    return scalar(<$out>) // '';
}


like(curl("$url/.well-known/oauth-protected-resource"),
     qr/"resource":"\Q$secure\E"/, 'the default resource of a server with TLS');
like(curl("$url/"), qr{
    ^WWW-Authenticate:\ Bearer\ resource_metadata="
    \Q$secure\E/\.well-known/oauth-protected-resource"}mx,
    'is what its challenge names');

# another CA takes the place of the first: keys fetched under the first are not
# used

is($http->get('/', token => token('address', $new))->status, 200,
   'trusted by the first CA');

copy($other_ca->{certificate}, $ca->{certificate}) or die "copy: $!\n";
ok($nginx->reload, 'reload with another CA in the same file');
is_refused($http->get('/', token => token('address', $new)), 503, undef,
           'its keys are not trusted any more');

finish();

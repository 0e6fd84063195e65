#!/usr/bin/perl
#
# oauth_zone: what does not fit is said so, with the remedy, and disturbs no
# other issuer; a key set above 1 MiB is none.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use File::Temp ();
use JSON::PP ();

use OAuth::Test;
use OAuth::Test::File qw(write_file);

my $json = JSON::PP->new->canonical;
my $key = key('ES256');


# A key set of this many keys, 1.5 kB each; the real one is the last.

sub key_set {
    my ($count) = @_;

    return $json->encode({ keys => [
        (map { { %{ $key->jwk }, kid => "filler-$_", x5c => [ 'A' x 1400 ] } }
            2 .. $count),
        $key->jwk ] });
}


my $folder = File::Temp->newdir(TMPDIR => 1);
my %sets = (few => 5, half => 18, many => 60, masses => 1000);
my $issuer = issuer(keys => [ $key ]);

for my $name (sort keys %sets) {
    $issuer->answer("/$name", status => 200, type => 'application/json',
                    file => write_file("$folder/$name",
                                       key_set($sets{$name})));
}

my $conf = <<'EOT';
    %%ZONE%%

    oauth_issuer few { issuer https://few.test; jwks_uri %%URL%%/few; }
    oauth_issuer many { issuer https://many.test; jwks_uri %%URL%%/many; }
    oauth_issuer masses { issuer https://masses.test; jwks_uri %%URL%%/masses; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        oauth few many masses;
        oauth_resource https://app.test;
        location / { proxy_pass http://127.0.0.1:%%PORT_app%%; }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\n";
    }
EOT

my %zones = (
    'the usual size' => { conf => '', many => 200 },
    'a small one' => { conf => 'oauth_zone 64k;', many => 503 },
);

for my $name (sort keys %zones) {
    my $nginx = nginx($conf, URL => $issuer->url, ZONE => $zones{$name}{conf},
                      workers => 2);
    my %expected = (few => 200, many => $zones{$name}{many}, masses => 503);

    for my $set (sort keys %expected) {
        my $answer = $nginx->http->get('/', token => $issuer->token(
            iss => "https://$set.test"));

        is($answer->status, $expected{$set}, "$name: $set");

        next if $expected{$set} == 200;

        my ($line) = $nginx->wait_for_log(
            qr/\[warn\].*issuer "$set": cannot fetch/);

        ok($line, "$name: $set: a warning");
        like($line // '', qr/oauth_zone/, "$name: $set: with the remedy")
            if $set eq 'many';
    }
}


# Two that do not fit together: the one that is not configured any more makes
# room for the other.

sub with_issuers {
    my (@names) = @_;

    my $issuers = join '', map {
        "oauth_issuer $_ { issuer https://$_.test; jwks_uri %%URL%%/half; }\n"
    } @names;

    return <<"CONF";
    oauth_zone 64k;
    $issuers
    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        oauth @names;
        oauth_resource https://app.test;
        location / { proxy_pass http://127.0.0.1:%%PORT_app%%; }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\n";
    }
CONF
}


sub statuses {
    my ($nginx, @issuers) = @_;

    return join ' ', sort map {
        $nginx->http->get('/', token => $issuer->token(
            iss => "https://$_.test"))->status
    } @issuers;
}


my $both = nginx(with_issuers('one', 'two'), URL => $issuer->url);
is(statuses($both, 'one', 'two'), '200 503', 'one of them fits');

my $next = nginx(with_issuers('one'), URL => $issuer->url);
is(statuses($next, 'one'), '200', 'it alone');
$next->write_conf(with_issuers('two'));
ok($next->reload, 'reload with the other one');
is(statuses($next, 'two'), '200', 'which has its room');

finish();

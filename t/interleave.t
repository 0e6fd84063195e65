#!/usr/bin/perl
#
# Two people at once on one worker, a thousand times: never the other's
# identity, neither upstream nor in a variable.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $issuer = issuer();
my $upstream = upstream();

my $nginx = nginx(<<'EOT', AS => $issuer->url, UP => $upstream->port);
    oauth_issuer corp { issuer %%AS%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        keepalive_requests 10000;

        location / {
            oauth corp;
            oauth_resource https://app.test;
            oauth_header X-User sub;
            oauth_header X-Roles roles;
            add_header X-Variable "$oauth_sub $oauth_claim_roles";
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }
EOT

my $http = $nginx->http;
my @names = qw(alice bob carol);
my (%tokens, %connections, %wrong);

for my $name (@names) {
    $tokens{$name} = $issuer->token(sub => $name, roles => [ "of-$name" ]);
    $connections{$name} = $http->connect;
}


sub check {
    my ($name, $response) = @_;

    my %sent = map { lc $_->[0] => $_->[1] }
        @{ $response->json->{headers} || [] };

    return $response->status == 200
        && ($sent{'x-user'} // '') eq $name
        && ($sent{'x-roles'} // '') eq "of-$name"
        && ($response->header('X-Variable') // '') eq "$name of-$name";
}


# All send, then all read: the requests are under way together.

for my $round (1 .. 1000) {

    for my $name (@names) {
        $connections{$name}->send(
            $http->bytes('GET', "/$round", token => $tokens{$name}), 'GET');
    }

    for my $name (reverse @names) {
        my $response = $connections{$name}->finish;
        $wrong{$name}++ unless check($name, $response);
    }

    last if %wrong;
}

is_deeply(\%wrong, {}, 'three tokens, interleaved a thousand times');

# one connection, another token or none with each request

my $connection = $http->connect;
my $mixed = 0;

for my $round (1 .. 300) {
    my $name = $names[$round % 4] // '';

    $connection->send($http->bytes('GET', '/', $name ? (token => $tokens{$name})
                                               : ()), 'GET');
    my $response = $connection->finish;

    $mixed++ unless $name ? check($name, $response)
                          : $response->status == 401;
}

is($mixed, 0, 'one connection, 300 requests of four kinds');

$_->close for $connection, values %connections;

finish();

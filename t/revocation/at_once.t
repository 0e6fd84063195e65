#!/usr/bin/perl
#
# Four workers know a token, and are busy, also with this token while it is being
# revoked.  Every request that is sent after the answer is refused, whichever
# worker gets it.  This is so for each kind of entry.
#
#   OAUTH_AT_ONCE   revocations, 10000

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use JSON::PP qw(encode_json);

use OAuth::Test;
use OAuth::Test::Process qw(reap spawn);
use OAuth::Test::Revoker;
use OAuth::Test::Token qw(mint);

use constant {
    COUNT   => $ENV{OAUTH_AT_ONCE} // 10_000,
    KINDS   => 8,
    WORKERS => 4,
    CLIENTS => 2,                       # that keep the workers busy
    AS      => 'https://as.test',
    OTHER   => 'https://other.test',
    NAMED   => 'https://named.test',
};

# The iat of the first token; that of the last one is not in the future.

use constant START => int(time - COUNT / KINDS - 100);

# Each kind: the claims of the token, and the entry.  Where an entry is about
# many tokens, its cut moves on with each of them.

my %kinds = (
    possession => sub { ({}, undef) },
    subject => sub { ({ sub => "s$_[0]" }, { subject => "s$_[0]" }) },
    client => sub { ({ client_id => "c$_[0]" }, { client_id => "c$_[0]" }) },
    'subject and client' => sub {
        my %token = (sub => "sc$_[0]", client_id => "cs$_[0]");
        return (\%token, { subject => $token{sub},
                           client_id => $token{client_id} });
    },
    session => sub { ({ sid => "i$_[0]" }, { session => "i$_[0]" }) },
    resource => sub {
        ({ aud => [ 'https://app.test', "https://r$_[0].test" ] },
         { resource => "https://r$_[0].test" })
    },
    'issuer with before' => sub {
        my $iat = START + int $_[0] / KINDS;
        return ({ iss => OTHER, iat => $iat },
                { issuer => OTHER, before => $iat });
    },
    'key id' => sub {
        my $iat = START + int $_[0] / KINDS;
        return ({ iss => NAMED, iat => $iat },
                { issuer => NAMED, key_id => 'key', before => $iat });
    },
);

my $key = key('ES256', jwk => { kid => 'key' });

my $nginx = OAuth::Test::Nginx->new(conf => <<'EOT',
    oauth_revocation_store %%STORE%% size=64m;
    oauth_issuer as { issuer https://as.test; jwks_file %%DIR%%/keys; }
    oauth_issuer other { issuer https://other.test; jwks_file %%DIR%%/keys; }
    oauth_issuer named { issuer https://named.test; jwks_file %%DIR%%/keys; }

    keepalive_requests 1000000;

    server {
        listen 127.0.0.1:%%PORT_main%% reuseport;
        server_name app.test;

        add_header X-Worker $pid always;
        oauth as other named;
        oauth_resource https://app.test;
        location / { root %%DIR%%/html; }
        location = /revoke { oauth off; oauth_revoke token; }
    }

    server {
        listen 127.0.0.1:%%PORT_local%% reuseport;
        location = /admin { oauth_revoke admin; }
        location = /json { oauth_status; }
    }
EOT
    workers => WORKERS, log => 'warn');

$nginx->{STORE} = $nginx->make_folder('store');
$nginx->write_file('html/page', 'page');
$nginx->write_file('keys', encode_json({ keys => [ $key->jwk ] }));
$nginx->start;

my $http = $nginx->http('main', timeout => 60);
my $holder = $http->connect;
my $revoker = OAuth::Test::Revoker->new(port => $nginx->port('local'),
                                        issuer => AS);
my %connections = connections();

is(scalar(keys %connections), WORKERS, 'there is a connection to each worker');

my @busy = map { busy($_) } 1 .. CLIENTS;
my (%refused, %wrong, %meanwhile);
my $n = 0;

while ($n < COUNT) {
    revoke_one($_, ++$n) for sort keys %kinds;
}

$nginx->write_file('enough', '');

for my $kind (sort keys %kinds) {
    is($refused{$kind}, WORKERS * $n / KINDS,
       "$kind: every worker refused every token, after it was revoked");
    is($wrong{$kind}, undef, "$kind: and no earlier");
}

for my $client (1 .. CLIENTS) {
    ok(wait_until(sub { reap($busy[$client - 1]) }, 20), 'a client ends');

    my ($good, $bad) = split ' ', $nginx->read_file("busy-$client");

    cmp_ok($good, '>', 100, "$good requests of another client were good");
    is($bad, 0, 'none of them was refused');
}

cmp_ok($meanwhile{$_}, '>', 10, "while it was revoked: $_, $meanwhile{$_} times")
    for 200, 401;

note(encode_json($nginx->http('local')->get('/json')->json->{revocation}));

finish();


sub connections {
    my %found;

    for (1 .. 200) {
        my $connection = $http->connect->send(page());

        $found{ $connection->finish->header('X-Worker') } //= $connection;
        last if keys %found == WORKERS;
    }

    return %found;
}


sub page {
    my ($token) = @_;

    return $http->bytes('GET', '/page', $token ? (token => $token) : ());
}


# Sends a request to each worker at once; returns the statuses.

sub ask_all {
    my ($token) = @_;

    my $bytes = page($token);
    my @workers = sort keys %connections;
    my @statuses;

    $connections{$_}->send($bytes) for @workers;

    for my $worker (@workers) {
        my $response = $connections{$worker}->finish;

        push @statuses, ($response->header('X-Worker') // '') eq $worker
                        ? $response->status : 'from another worker';
    }

    return @statuses;
}


sub revoke_one {
    my ($kind, $i) = @_;

    my ($claims, $entry) = $kinds{$kind}->($i);
    my $token = mint(key => $key, claims => { iss => AS, iat => START,
                                              sub => 'x', %$claims });
    my @before = ask_all($token);
    my $connection = $entry ? $revoker->connection : $holder;

    $connection->send($entry ? $revoker->bytes($entry) : give_up($token),
                      'POST');

    my $done;

    until ($done) {
        $meanwhile{$_}++ for ask_all($token);
        $connection->pump(0);
        $done = $connection->take;
        die "$kind: the connection was closed\n" if $connection->closed;
    }

    $done = $done->status;

    my @after = ask_all($token);

    $refused{$kind} += grep { $_ eq '401' } @after;
    $wrong{$kind} //= "$i: @before, $done, @after"
        unless "@before $done" =~ /\A(?:200 ){${\WORKERS}}20[04]\z/;

    return;
}


sub give_up {
    my ($token) = @_;

    return $http->bytes('POST', '/revoke', 'Content-Type',
        'application/x-www-form-urlencoded', body => "token=$token");
}


# A client with tokens that nobody revokes

sub busy {
    my ($client) = @_;

    my @tokens = map { mint(key => $key, claims => { iss => AS,
                            sub => "busy-$client-$_" }) } 1 .. 20;

    return spawn(sub {
        my ($good, $bad) = (0, 0);
        my @own = map { $http->connect } 1 .. 8;

        until (-e $nginx->dir . '/enough') {
            for my $token (@tokens) {
                my $bytes = page($token);

                $_->send($bytes) for @own;
                $_->finish->status == 200 ? $good++ : $bad++ for @own;
            }
        }

        $nginx->write_file("busy-$client", "$good $bad");
    });
}

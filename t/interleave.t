#!/usr/bin/perl
#
# A thousand requests with two tokens, interleaved on one worker: no request
# gets the identity, the scopes or the verdict of the other token.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $issuer = issuer();

my $nginx = nginx(<<'EOT', AS => $issuer->url);
    oauth_issuer corp { issuer %%AS%%; }
    keepalive_requests 100000;

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp;
        oauth_resource https://app.test;
        oauth_header X-User sub;
        oauth_header X-Role role;

        location / {
            proxy_pass http://127.0.0.1:%%PORT_app%%;
            add_header V-Sub "$oauth_sub $oauth_scope $oauth_result" always;
        }

        location /write {
            oauth_scope write;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
            add_header V-Sub "$oauth_sub $oauth_scope $oauth_result" always;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "$http_x_user $http_x_role";
    }
EOT

my $http = $nginx->http;
my @people = (
    { sub => 'alice', scope => 'read', role => undef },
    { sub => 'bob', scope => 'read write', role => 'admin' },
);
my @expected = (
    { '/' => '200 alice |alice read ok',
      '/write' => '403 | insufficient_scope' },
    { '/' => '200 bob admin|bob read write ok',
      '/write' => '200 bob admin|bob read write ok' },
);

my @connections = map { $http->connect } 0 .. 1;
my @tokens = map { $issuer->token(%$_) } @people;


# One request with each token, both under way at once, in changing order.

sub round {
    my ($number, $path) = @_;

    my @order = $number % 2 ? (0, 1) : (1, 0);

    $connections[$_]->send($http->bytes('GET', $path->($_),
                                        token => $tokens[$_])) for @order;

    my @wrong;

    for my $i (reverse @order) {
        my $response = $connections[$i]->finish;
        my $body = $response->status == 200 ? $response->body : '';
        my $said = $response->header('V-Sub') // '';

        $said =~ s/\A +//;

        my $got = $response->status . ' ' . $body . '|'
            . ($body eq '' ? " $said" : $said);
        my $expected = $expected[$i]{ $path->($i) };

        push @wrong, "$got instead of $expected" if $got ne $expected;
    }

    return @wrong;
}


my $location = sub { '/' };

is_deeply([ map { round($_, $location) } 1 .. 1000 ], [],
          'the same two tokens, a thousand times');

my $both = sub { $_[0] ? '/write' : '/' };

is_deeply([ map { round($_, $both) } 1 .. 250 ], [], 'in two locations');

is_deeply([ map { round($_, sub { '/write' }) } 1 .. 250 ], [],
          'where only one of them may go');

my @wrong;

for my $number (1 .. 500) {
    @tokens = map { $issuer->token(%$_) } @people;
    push @wrong, round($number, $location);
}

is_deeply(\@wrong, [], 'new tokens every time');

# a good and a bad token in turn on one connection

@wrong = ();
my $good = $issuer->token(sub => 'carol');
my $bad = $issuer->token(sub => 'carol', exp => time - 999);

for my $number (1 .. 300) {
    for my $row ([ 200, token => $good ], [ 401, token => $bad ], [ 401 ]) {
        my ($status, @fields) = @$row;
        my $connection = $connections[ $number % 2 ];

        $connection->send($http->bytes('GET', '/', @fields));
        my $got = $connection->finish->status;
        push @wrong, "$got instead of $status" if $got != $status;
    }
}

is_deeply(\@wrong, [], 'good, bad, none, in turn');

# pipelined: the module decides each request by itself

my $piped = $http->connect;

$piped->send(join '', map { $http->bytes('GET', '/', @$_) }
    [ token => $good ], [], [ token => $bad ], [ token => $good ]);
is_deeply([ map { $piped->finish->status } 1 .. 4 ], [ 200, 401, 401, 200 ],
          'pipelined');

$_->close for @connections, $piped;

finish();

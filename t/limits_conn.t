#!/usr/bin/perl
#
# The limit for connections of docs/identity.md: a connection counts from the
# time when its client is known until the response has ended or the client has
# left.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Http2Client;
use OAuth::Test::Limits qw(
    APP CONNECTIONS app connections held hold left new_client pending said
    send_all token
);


check_connections();
check_waiting_connections();
check_long_names();

finish();


sub check_connections {
    my $nginx = connections(workers => 2);
    my @client = (client_id => new_client(), sub => 'ann');

    is(left($nginx, 1, client_id => new_client(), sub => 'bob'), '200 x 1',
       'the keys are there');

    my @held = hold($nginx, CONNECTIONS, 'first', token(@client));

    ok(wait_until(sub { held('first') == CONNECTIONS }),
       'the app has as many requests as a client may have');
    is(left($nginx, 3, @client), '429 x 3', 'and no more at a time');
    is(left($nginx, 1, client_id => new_client(), sub => 'ann'), '200 x 1',
       'another client is not limited');

    $held[0]->close;
    ok(wait_until(sub { left($nginx, 1, @client) eq '200 x 1' }, 5),
       'when one of them has left, the next may come');

    app()->raise_flag('first');
    is(said(finish_all(@held[1 .. $#held])), '200 x 9',
       'those that were held get their answer');

    @client = (client_id => new_client(), sub => 'dan');
    @held = hold($nginx, 2, 'none', token(@client));
    $_->close for @held;
    @held = hold($nginx, CONNECTIONS, 'second', token(@client));
    ok(wait_until(sub { held('second') == CONNECTIONS }),
       'after the end as many may come again');
    app()->raise_flag($_) for qw(second none);
    is(said(finish_all(@held)), '200 x 10', 'and get their answer');

    # streams of one connection

    my $http2 = OAuth::Test::Http2Client->new(port => $nginx->port('h2'));
    my $token = token(client_id => new_client(), sub => 'two');
    my @streams = map {
        $http2->begin([ [ ':method', 'GET' ], [ ':scheme', 'http' ],
            [ ':path', '/?wait=third' ], [ ':authority', 'wiki.example.com' ],
            [ 'authorization', "Bearer $token" ] ], 1) } 1 .. CONNECTIONS + 2;

    ok(wait_until(sub { held('third') == CONNECTIONS }), 'HTTP/2: as many');
    app()->raise_flag('third');
    is(said(map { $http2->answer($_) } @streams), '200 x 10, 429 x 2',
       'HTTP/2: each stream counts');
    $http2->close;

    return;
}


# Connections that wait for keys count when the keys are there.

sub check_waiting_connections {
    my $late = issuer(aud => APP);

    $late->answer(jwks => hold => 'go');

    my $nginx = connections(issuer => $late);
    my $token = $late->token(client_id => 'one', sub => 'ann',
                             scope => 'wiki:read');
    my @waiting = hold($nginx, CONNECTIONS + 5, 'fourth', $token);

    ok(wait_until(sub { pending($nginx) == @waiting }),
       'connections wait for keys');

    # These leave, and must not count.

    $_->close for splice @waiting, 0, 3;
    ok(wait_until(sub { pending($nginx) == @waiting }), 'three have left');
    $late->raise_flag('go');
    ok(wait_until(sub { held('fourth') == CONNECTIONS }),
       'the app gets as many as a client may have');
    app()->raise_flag('fourth');
    is(said(finish_all(@waiting)), '200 x 10, 429 x 2',
       'the others are refused');
    is(send_all($nginx, 5, token => $token), '200 x 5', 'nothing is left over');

    return;
}


# nginx does not count a key of more than 255 bytes in limit_conn.

sub check_long_names {
    my $nginx = connections();
    my $long = 'https://client.example/' . 'x' x 300;

    is(left($nginx, 1, client_id => new_client(), sub => 'bob'), '200 x 1',
       'the keys are there');

    my @held = map { hold($nginx, 1, 'fifth', token(client_id => "$long-$_",
                                                    sub => "long-$_")) }
        1 .. CONNECTIONS;

    ok(wait_until(sub { held('fifth') == CONNECTIONS }),
       'clients with long names');
    is(left($nginx, 1, client_id => "$long-0", sub => 'long'), '429 x 1',
       'share a limit');
    app()->raise_flag('fifth');
    is(said(finish_all(@held)), '200 x 10', 'and are served');
    unlike($nginx->log, qr/key.*more than/, 'no key is too long for nginx');

    return;
}

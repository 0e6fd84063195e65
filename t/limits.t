#!/usr/bin/perl
#
# The limits of docs/identity.md, exactly as they stand there but for their
# rates, when nothing has to be waited for.  A limit holds for a client, a person
# or an actor, and forged tokens, refused ones and none use up nothing of the
# client that they name.  t/limits_wait.t and t/limits_conn.t have the rest.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP ();
use MIME::Base64 qw(encode_base64url);

use OAuth::Test;
use OAuth::Test::Build qw(nginx_path);
use OAuth::Test::Http2Client;
use OAuth::Test::Limits qw(
    APP CLIENT as http left new_address new_client page rates said send_all
    token
);
use OAuth::Test::Proof qw(proof_fields thumbprint);
use OAuth::Test::Token qw(remember_token);


# How many requests of an address are let in where the page limits all of them.

use constant ADDRESS => 201;

my $json = JSON::PP->new->canonical->utf8;
my $debugs = qx{'@{[nginx_path()]}' -V 2>&1} =~ /--with-debug/;

check_warm();
check_actor();
check_forged();
check_room();
check_addresses();

finish();


# Nothing waits: clients, people, and those who are neither.

sub check_warm {
    my $nginx = rates(workers => 2);
    my ($one, $two) = (new_client(), new_client());

    is(left($nginx, 1, client_id => new_client(), sub => 'first'), '200 x 1',
       'the keys are there');
    is(left($nginx, 30, client_id => $one, sub => 'ann'), '200 x 21, 429 x 9',
       'a client');
    is(left($nginx, 1, client_id => $one, sub => 'bob'), '429 x 1',
       'for somebody else, too');
    is(left($nginx, 20, client_id => $two, sub => 'ann'), '200 x 20',
       'another client for the same person');
    is(left($nginx, 1, client_id => new_client(), sub => 'ann'), '429 x 1',
       'a third one: the limit of the person');
    is(left($nginx, 1, client_id => new_client(), sub => 'bob'), '200 x 1',
       'and for another person');

    my $address = new_address();

    is(send_all($nginx, 30, 'X-Address' => $address), '401 x 21, 429 x 9',
       'no token: the limit of the address');
    is(send_all($nginx, 1, 'X-Address' => new_address()), '401 x 1',
       'another address');
    is(send_all($nginx, 5, token => token(client_id => undef, sub => 'eve'),
                'X-Address' => $address), '429 x 5',
       'a token without a client counts for its address');
    is(send_all($nginx, 5, token => token(client_id => new_client(), sub =>
                'eve'), 'X-Address' => $address), '200 x 5',
       'one with a client does not');
    is(http($nginx)->get('/.well-known/oauth-protected-resource',
                         'X-Address' => $address)->status, 200,
       'the metadata are not limited');

    # An answer of the app that leads nginx to another location counts once.

    my $client = new_client();
    my @fields = (token => token(client_id => $client, sub => 'red'),
                  'X-Address' => new_address());

    is(said(map { http($nginx)->get('/?field=X-Accel-Redirect:/again',
                                    @fields) } 1 .. CLIENT + 1),
       '200 x 21, 429 x 1', 'redirected requests count once');

    # streams of one connection

    my $http2 = OAuth::Test::Http2Client->new(port => $nginx->port('h2'));
    my $token = token(client_id => new_client(), sub => 'two');
    my @streams = map {
        $http2->begin([ [ ':method', 'GET' ], [ ':scheme', 'http' ],
            [ ':path', '/' ], [ ':authority', 'wiki.example.com' ],
            [ 'authorization', "Bearer $token" ] ], 1) } 1 .. 25;

    is(said(map { $http2->answer($_) } @streams), '200 x 21, 429 x 4',
       'HTTP/2: each stream counts');
    $http2->close;

    return;
}


# Who acts for the person (RFC 8693 section 4.1), whatever the client is.

sub check_actor {
    my $nginx = rates();
    my $person = 0;
    my $send = sub {
        my ($count, $act, %fields) = @_;

        return said(finish_all(map { http($nginx)->start('GET', '/',
            token => token(client_id => new_client(), sub => 'person-'
                           . ++$person, act => $act),
            'X-Address' => $fields{from} // new_address()) } 1 .. $count));
    };

    is($send->(1), '200 x 1', 'the keys are there');
    is($send->(30, { sub => 'robot' }), '200 x 21, 429 x 9', 'an actor');
    is($send->(25, { sub => 'other', act => { sub => 'robot' } }),
       '200 x 21, 429 x 4', 'another one, which acts for the first');
    is($send->(25, { sub => 'third', act => { sub => 'inner' } }),
       '200 x 21, 429 x 4', 'a third one');
    is($send->(CLIENT, { sub => 'inner' }), '200 x 21',
       'inner actors are not counted');
    is($send->(25), '200 x 25', 'no actor: no such limit');
    is($send->(25, { name => 'fresh' }, from => new_address()),
       '401 x 21, 429 x 4', 'an actor without a name: the address');
    is($send->(CLIENT, { sub => 'fresh' }), '200 x 21', 'and never the actor');

    return;
}


# Tokens that name a client and are not good for it.

sub check_forged {
    my $nginx = rates();
    my $other = key('ES256', jwk => { kid => as()->{keys}[0]->kid });
    my $bound = key('ES256');
    my $stranger = issuer(aud => APP);

    is(left($nginx, 1, client_id => new_client(), sub => 'first'), '200 x 1',
       'the keys are there');

    for (
        [ 'another key', 401, sub { as()->mint(key => $other, claims => {
            scope => 'wiki:read', @_ }) } ],
        [ 'another payload', 401, sub { forged(@_) } ],
        [ 'an unknown key', 401, sub { as()->mint(header => { kid => 'none' },
            claims => { scope => 'wiki:read', @_ }) } ],
        [ 'another issuer', 401, sub { $stranger->token(scope => 'wiki:read',
                                                        @_) } ],
        [ 'expired', 401, sub { token(exp => time - 999, @_) } ],
        [ 'another audience', 401, sub { token(aud => 'https://x.test', @_) } ],
        [ 'without the scope', 403, sub { token(scope => 'x', @_) } ],
        [ 'stolen, without its key', 401, sub { token(cnf => {
            jkt => thumbprint($bound) }, @_) } ],
        [ 'not a JWT', 401, sub { 'nonsense' } ],
    ) {
        my ($name, $status, $make) = @$_;
        my $client = new_client();
        my @claims = (client_id => $client, sub => "victim of $client");
        my $address = new_address();

        is(send_all($nginx, 30, token => $make->(@claims),
                    'X-Address' => $address), "$status x 21, 429 x 9",
           "$name: the address is limited");
        is(left($nginx, CLIENT + 1, @claims), '200 x 21, 429 x 1',
           "$name: the client has all that it may");
    }

    # the owner of the key that was not there

    my @claims = (client_id => new_client(), sub => 'owner',
                  cnf => { jkt => thumbprint($bound) });

    is(said(map { my $token = token(@claims);
                  http($nginx)->get('/', proof_fields(key => $bound, token =>
                      $token, url => APP . '/'), 'X-Address' => '192.0.2.250')
                } 1 .. CLIENT + 1), '200 x 21, 429 x 1',
       'who has the key counts as the client');

    return;
}


# A token with other claims, under the signature of a good one.

sub forged {
    my (%claims) = @_;

    my ($head, $payload, $signature) = split /\./, token(%claims);

    return remember_token(join '.', $head, encode_base64url($json->encode(
        { iss => as()->url, aud => APP, scope => 'wiki:read', exp => time + 300,
          iat => time, jti => 'made-up', %claims })), $signature);
}


# Zones with room for few hundred keys: what strangers do takes none of the
# clients', and many good clients would.

sub check_room {
    my $nginx = rates(small => 1);
    my @victim = (client_id => new_client(), sub => 'victim');
    my $http = http($nginx);

    is(left($nginx, CLIENT + 1, @victim), '200 x 21, 429 x 1',
       'a client is at its limit');

    is(said(map { $http->get('/', token => forged(client_id => "made-up-$_",
                sub => "nobody-$_"), 'X-Address' => "198.51.100.$_") }
            1 .. 250, map { "$_" } 1 .. 250),
       '401 x 500', 'forged tokens of many clients, from many addresses');
    is(left($nginx, 1, @victim), '429 x 1', 'it is still at its limit');

    is(said(map { $http->get('/', token => token(client_id => "good-$_",
                sub => "somebody-$_")) } 1 .. 500), '200 x 500',
       'control: as many good clients');
    is(left($nginx, 1, @victim), '200 x 1', 'and nginx has forgotten it');

    return;
}


# A limit by address first: no token is verified for what it refuses.

sub check_addresses {
    my $nginx = page('What a forged token costs', log => 'debug');
    my $client = new_client();

    # This page has nginx's own status for it.

    is(left($nginx, CLIENT + 1, client_id => $client), '200 x 21, 503 x 1',
       'the limit of a client');

    my @fields = ('X-Address' => new_address());
    my $before = verified($nginx);

    is(send_all($nginx, ADDRESS, token => forged(client_id => $client),
                @fields), '401 x 201', 'forged tokens of an address');

    my $after = verified($nginx);

    is(send_all($nginx, 50, token => forged(client_id => $client), @fields),
       '503 x 50', 'above its limit');
    is(left($nginx, 1, client_id => new_client()), '200 x 1',
       'others are not limited');

    return ok(1, 'nginx is built without --with-debug: nobody has counted')
        unless $debugs;

    cmp_ok($after - $before, '>=', ADDRESS, 'the log tells of verifications');
    is(verified($nginx) - $after, 1, 'none above the limit');

    return;
}


# How many requests came as far as the step that verifies a token.

sub verified {
    my ($nginx) = @_;

    my %requests = map { $_ => 1 }
        $nginx->log =~ /\*(\d+) oauth: step verify:/g;

    return scalar keys %requests;
}

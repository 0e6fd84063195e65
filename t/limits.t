#!/usr/bin/perl
#
# The limits of docs/identity.md, exactly as they stand there but for their
# rates, which are so slow that every request of a test counts.  A limit holds
# for a client or a person whether the request has waited for keys or for an
# answer about its token or not; and forged tokens, refused ones and none use up
# nothing of the client that they name.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP ();
use MIME::Base64 qw(encode_base64url);

use OAuth::Test;
use OAuth::Test::Build qw(nginx_path);
use OAuth::Test::Document qw(conf);
use OAuth::Test::Http2Client;
use OAuth::Test::Proof qw(proof_fields thumbprint);
use OAuth::Test::Token qw(remember_token);

# What the page allows a client, a person and an address at once: one, and the
# burst.  An address may send ADDRESS requests where the page limits all of
# them, with introspection QUESTIONS.

use constant { PAGE => 'docs/identity.md', APP => 'https://wiki.example.com',
               CLIENT => 21, PERSON => 41, STRANGER => 21, CONNECTIONS => 10,
               ADDRESS => 201, QUESTIONS => 41 };

my $json = JSON::PP->new->canonical->utf8;
my $upstream = upstream();
my $as = issuer(aud => APP);
my $debugs = qx{'@{[nginx_path()]}' -V 2>&1} =~ /--with-debug/;
my $clients = 0;
my $addresses = 0;

check_warm();
check_forged();
check_room();
check_cold();
check_new_key();
check_opaque();
check_outage();
check_connections();
check_waiting_connections();
check_long_names();
check_addresses();
check_questions();

finish();


# An nginx with the block of a section.  The address of a client is what it says
# in X-Address.

sub start {
    my ($section, %options) = @_;

    my $issuer = delete $options{issuer} // $as;
    my $more = delete $options{of_issuer} // '';
    my $rates = delete $options{rates};
    my $block = conf(PAGE, section => $section, info => 'http');

    $block =~ s{rate=\d+r/s}{rate=1r/m}g;
    $block =~ s{:10m}{:32k}g if delete $options{small};
    $block =~ s{^        limit_conn .*\n}{}m if $rates;
    $block =~ s{^    server_name [^;]*;\K}
               {\n    access_log %%DIR%%/access.log seen;}mg;
    $block =~ s{listen 127[^;]*;\K}{ listen 127.0.0.1:%%PORT_h2%% http2;
                set_real_ip_from 127.0.0.1; real_ip_header X-Address;};
    $block =~ s{^ +oauth_resource.*\n}{}mg;
    $block =~ s{^        oauth  +\w+;\K}{ oauth_resource @{[ APP ]}; oauth_dpop optional;}mg;
    $block =~ s{^oauth_issuer asked .*?^\}}
               {oauth_issuer asked { issuer %%AS%%; @{[ opaque_rules() ]} }}ms;
    $block =~ s{/run/nginx-agents/}{%%DIR%%/}g;

    return nginx(<<"EOT", AS => $issuer->url, UP => $upstream->port, %options);
    oauth_issuer corp { issuer %%AS%%; $more }
    log_format seen '\$uri \$status "\$oauth_result"';
$block
    server {
        listen 127.0.0.1:%%PORT_status%%;
        location = /status { stub_status; }
    }
EOT
}


# The first block of the page: the rates alone, which are counted in bursts of
# requests; or with the limit for connections.

sub rates { return start('Limits', rates => 1, @_) }

sub connections { return start('Limits', @_) }

sub http {
    my ($nginx, $name) = @_;

    return $nginx->http($name, host => 'wiki.example.com');
}

sub new_client { return 'client-' . ++$clients }

sub new_address { return '192.0.2.' . ++$addresses }

sub pending { return $_[0]->pending('status') }

sub token { return $as->token(scope => 'wiki:read', @_) }


# Sends so many requests at once, and says how many got which status: "200 x 21,
# 429 x 9".

sub start_all {
    my ($nginx, $count, @fields) = @_;

    return map { http($nginx)->start('GET', '/', @fields) } 1 .. $count;
}


sub said {
    my %count;

    $count{$_}++ for map { $_->status } @_;

    return join ', ', map { "$_ x $count{$_}" } sort keys %count;
}


sub send_all { return said(finish_all(start_all(@_))) }


# How many requests of this client nginx still lets in.

sub left {
    my ($nginx, $count, @claims) = @_;

    return send_all($nginx, $count, token => token(@claims),
                    'X-Address' => new_address());
}


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


# Tokens that name a client and are not good for it.

sub check_forged {
    my $nginx = rates();
    my $other = key('ES256', jwk => { kid => $as->{keys}[0]->kid });
    my $bound = key('ES256');
    my $stranger = issuer(aud => APP);

    is(left($nginx, 1, client_id => new_client(), sub => 'first'), '200 x 1',
       'the keys are there');

    for (
        [ 'another key', 401, sub { $as->mint(key => $other, claims => {
            scope => 'wiki:read', @_ }) } ],
        [ 'another payload', 401, sub { forged(@_) } ],
        [ 'an unknown key', 401, sub { $as->mint(header => { kid => 'none' },
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
        my @claims = (client_id => new_client(), sub => "victim-$clients");
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
        { iss => $as->url, aud => APP, scope => 'wiki:read', exp => time + 300,
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


# The keys are being fetched.

sub check_cold {
    my $late = issuer(aud => APP);

    $late->answer(jwks => hold => 'go');

    my $nginx = rates(issuer => $late, workers => 2);
    my @one = (client_id => 'one', sub => 'ann', scope => 'wiki:read');
    my $one = $late->token(@one);
    my @few = (client_id => 'few', sub => 'bob', scope => 'wiki:read');
    my $few = $late->token(@few);
    my @waiting = ((map { start_all($nginx, 1, token => $one) } 1 .. 30),
                   (map { start_all($nginx, 1, token => $few) } 1 .. CLIENT));

    ok(wait_until(sub { pending($nginx) == @waiting }), 'cold: all wait');
    is(send_all($nginx, 1), '401 x 1', 'cold: without a token nobody waits');
    is(pending($nginx), scalar @waiting, 'cold: nobody has an answer');
    $late->raise_flag('go');

    my @answers = finish_all(@waiting);

    is(said(@answers[0 .. 29]), '200 x 21, 429 x 9',
       'cold: each counts, and none twice');
    is(said(@answers[30 .. $#answers]), '200 x 21', 'cold: another client');
    is(send_all($nginx, 1, token => $late->token(@few)), '429 x 1',
       'cold: which is at its limit now');
    is(send_all($nginx, 1, token => $late->token(@one)), '429 x 1',
       'cold: and so is the first, with another token');

    return;
}


# The token is by a key that nginx does not have yet.

sub check_new_key {
    my $turning = issuer(aud => APP);
    my $nginx = rates(issuer => $turning, of_issuer => 'key_refetch 1s;');
    my @claims = (client_id => 'one', sub => 'ann', scope => 'wiki:read');

    is(send_all($nginx, 1, token => $turning->token(@claims)), '200 x 1',
       'new key: the old one works');

    my $fetched = $turning->count('jwks');

    $turning->answer(jwks => hold => 'turned');
    $turning->keys(key('ES256'));

    my $token = $turning->token(@claims, client_id => 'two', sub => 'bob');

    # Requests that come before key_refetch has passed are refused.

    my $asked = wait_until(sub {
        my ($first) = start_all($nginx, 1, token => $token,
                                'X-Address' => new_address());

        wait_until(sub { $turning->count('jwks') > $fetched }, 0.5)
            and return $first;
        $first->close;
        return;
    }, 10);

    ok($asked, 'new key: one waits for it');

    my @waiting = ($asked, start_all($nginx, 29, token => $token));

    ok(wait_until(sub { pending($nginx) == 30 }), 'new key: all wait');
    $turning->raise_flag('turned');
    is(said(finish_all(@waiting)), '200 x 21, 429 x 9',
       'new key: each counts, and none twice');

    return;
}


# An opaque token, about which nginx asks.

sub check_opaque {
    my $asked = introspecting();
    my $nginx = rates(issuer => $asked, of_issuer => opaque_rules());

    for ([ 'good', { client_id => 'one', sub => 'ann', scope => 'wiki:read' },
           '200 x 21, 429 x 9', '429 x 1' ],
         [ 'ended', undef, '401 x 21, 429 x 9', '429 x 1' ])
    {
        my ($token, $members, $all, $next) = @$_;

        $members->{aud} = APP if $members;
        $asked->opaque($token, $members);
        $asked->answer(introspect => hold => "go-$token");

        my @waiting = start_all($nginx, 30, token => $token);

        ok(wait_until(sub { pending($nginx) == 30 }), "$token: all wait");
        $asked->raise_flag("go-$token");
        is(said(finish_all(@waiting)), $all,
           "$token: each counts, and none twice");
        is(send_all($nginx, 1, token => $token), $next, "$token: and the next");
        is(scalar(grep { $_->{token} eq $token } $asked->questions), 1,
           "$token: after one question");
    }

    return;
}


sub introspecting {
    my $asked = issuer(aud => APP);

    $asked->metadata(introspection_endpoint => $asked->url . '/introspect');

    return $asked;
}


sub opaque_rules {
    return 'introspect opaque; client_auth none; introspection_cache 60s;';
}


# Nobody can say whether a token is good.

sub check_outage {
    my $down = introspecting();
    my $nginx = rates(issuer => $down, of_issuer => opaque_rules());
    my %good = (aud => APP, client_id => 'one', sub => 'ann',
                scope => 'wiki:read');

    $down->opaque('good', \%good);
    $down->answer(introspect => status => 500);
    is(send_all($nginx, 30, token => 'good'), '429 x 9, 503 x 21',
       'outage: the address counts');
    $down->normal;
    $down->metadata(introspection_endpoint => $down->url . '/introspect');

    my $back;

    wait_until(sub {
        $back = said(http($nginx)->get('/', token => 'good', 'X-Address' =>
                                       new_address()));
        return $back ne '503 x 1';
    }, 10);

    is($back, '200 x 1', 'outage: it is over');
    is(send_all($nginx, CLIENT, token => 'good'), '200 x 20, 429 x 1',
       'outage: the client had not used up anything');

    return;
}


# Requests whose responses take their time.

sub hold {
    my ($nginx, $count, $flag, $token) = @_;

    return map { http($nginx)->start('GET', "/?wait=$flag", token => $token) }
               1 .. $count;
}


sub held {
    my ($flag) = @_;

    return scalar grep { $_->{line} =~ /wait=\Q$flag\E / } $upstream->requests;
}


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

    $upstream->raise_flag('first');
    is(said(finish_all(@held[1 .. $#held])), '200 x 9',
       'those that were held get their answer');

    @client = (client_id => new_client(), sub => 'dan');
    @held = hold($nginx, 2, 'none', token(@client));
    $_->close for @held;
    @held = hold($nginx, CONNECTIONS, 'second', token(@client));
    ok(wait_until(sub { held('second') == CONNECTIONS }),
       'after the end as many may come again');
    $upstream->raise_flag($_) for qw(second none);
    is(said(finish_all(@held)), '200 x 10', 'and get their answer');

    # streams of one connection

    my $http2 = OAuth::Test::Http2Client->new(port => $nginx->port('h2'));
    my $token = token(client_id => new_client(), sub => 'two');
    my @streams = map {
        $http2->begin([ [ ':method', 'GET' ], [ ':scheme', 'http' ],
            [ ':path', '/?wait=third' ], [ ':authority', 'wiki.example.com' ],
            [ 'authorization', "Bearer $token" ] ], 1) } 1 .. CONNECTIONS + 2;

    ok(wait_until(sub { held('third') == CONNECTIONS }), 'HTTP/2: as many');
    $upstream->raise_flag('third');
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
    $upstream->raise_flag('fourth');
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
    $upstream->raise_flag('fifth');
    is(said(finish_all(@held)), '200 x 10', 'and are served');
    unlike($nginx->log, qr/key.*more than/, 'no key is too long for nginx');

    return;
}


# A limit by address first: no token is verified for what it refuses.

sub check_addresses {
    my $nginx = start('What a forged token costs', log => 'debug');
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

    my %requests = map { $_ => 1 } $nginx->log =~ /\*(\d+) oauth: step verify:/g;

    return scalar keys %requests;
}


# Random credentials, and an issuer that nginx asks about each of them.

sub check_questions {
    my $section = 'With introspection, and with an audit log';
    my $asked = introspecting();
    my $nginx = start($section, issuer => $asked);
    my $random = sub {
        my ($address, $count) = @_;

        return map { http($nginx)->start('GET', '/', token =>
                     "random-$address-$_", 'X-Address' => $address) }
                   1 .. $count;
    };

    $asked->opaque('good', { aud => APP, client_id => 'one', sub => 'ann',
                             scope => 'wiki:read' });
    is(send_all($nginx, CLIENT + 1, token => 'good', 'X-Address' =>
                new_address()), '200 x 21, 429 x 1', 'the limit of a client');

    my $before = () = $asked->questions;

    is(said(finish_all($random->(new_address(), 60))), '401 x 41, 429 x 19',
       'random credentials');
    is(() = $asked->questions, $before + QUESTIONS,
       'no question above the limit');
    is(http($nginx)->get('/.well-known/oauth-protected-resource')
       ->json->{resource}, APP, 'the metadata');

    # Control: the inner server alone.  Its limit comes after the question.

    my $alone = rates(issuer => $asked, of_issuer => opaque_rules());

    $before = () = $asked->questions;
    $nginx = $alone;
    is(said(finish_all($random->(new_address(), 60))), '401 x 21, 429 x 39',
       'control: one server');
    is(() = $asked->questions, $before + 60, 'a question about each of them');

    return;
}


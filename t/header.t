#!/usr/bin/perl
#
# Identity headers.  The upstream sees exactly one value, set by the module, or
# none.  Nothing that a client sends under such a name gets through, in any
# spelling, and whatever protocol nginx speaks to the upstream.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP ();

use OAuth::Test;
use OAuth::Test::Gateway;
use OAuth::Test::Http2;

my $issuer = issuer();
my $upstream = upstream();
my %gateways = map { $_ => OAuth::Test::Gateway->new(protocol => $_) }
    qw(fastcgi uwsgi scgi);
my $grpc = OAuth::Test::Http2->new;

my $nginx = nginx(<<'EOT', AS => $issuer->url, UP => $upstream->port,
    oauth_issuer corp { issuer %%AS%%; }

    oauth_header X-User sub;
    oauth_header X-Kind outer;

    # headers whose names have an underscore reach the app, too

    underscores_in_headers on;
    ignore_invalid_headers off;
    large_client_header_buffers 8 16k;
    fastcgi_param QUERY_STRING $query_string;
    uwsgi_param QUERY_STRING $query_string;
    scgi_param SCGI 1;

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp;
        oauth_resource https://app.test;
        oauth_header X-Groups groups;

        location / {
            oauth_header X-Kind kind;
            oauth_header X-Path realm.name;
            oauth_header X-Text "id=$oauth_sub; via=$arg_via";
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /open {
            oauth off;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /set {
            proxy_set_header X-Other 1;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /hop {
            proxy_set_header Connection $http_connection;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /token {
            oauth_pass_token on;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /under_score {
            oauth_header X_Under sub;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /variable {
            oauth_header X-Sub $oauth_sub;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /fastcgi { fastcgi_pass 127.0.0.1:%%FASTCGI%%; }
        location /uwsgi { uwsgi_pass 127.0.0.1:%%UWSGI%%; }
        location /scgi { scgi_pass 127.0.0.1:%%SCGI%%; }
        location /grpc { grpc_pass grpc://127.0.0.1:%%GRPC%%; }

        location /open/fastcgi {
            oauth off;
            fastcgi_pass 127.0.0.1:%%FASTCGI%%;
        }

        location /open/uwsgi {
            oauth off;
            uwsgi_pass 127.0.0.1:%%UWSGI%%;
        }

        location /open/scgi {
            oauth off;
            scgi_pass 127.0.0.1:%%SCGI%%;
        }

        location /open/grpc {
            oauth off;
            grpc_pass grpc://127.0.0.1:%%GRPC%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_other%%;

        location / {
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }

EOT
    (map { uc $_ => $gateways{$_}->port } keys %gateways),
    GRPC => $grpc->port);

my $http = $nginx->http;
my $token = $issuer->token;

my @spellings = qw(X-User x-user X-USER X_User x_user X-user X_USER
                   X.User X~User X!User x.user);


# All values that the upstream was sent under a name, in any spelling of it.

sub sent {
    my ($response, $name) = @_;

    my $fields = $response->json->{headers} || [ [ 'no answer', '' ] ];
    my $normal = lc $name =~ tr/_/-/r;

    return [ map { $_->[1] } grep { lc $_->[0] =~ tr/_/-/r eq $normal }
             @$fields ];
}


sub names {
    my ($response) = @_;

    return join ' ', map { lc $_->[0] } @{ $response->json->{headers} || [] };
}


# what the app is sent

my $response = $http->get('/?via=x', token => $issuer->token(
    kind => 'human', groups => [ 'a', 'b' ], realm => { name => 'north' }),
    'X-Extra' => 'kept');

is_deeply(sent($response, 'X-User'), [ 'alice' ], 'a claim');
is_deeply(sent($response, 'X-Kind'), [ 'human' ], 'the inner one wins');
is_deeply(sent($response, 'X-Path'), [ 'north' ], 'a path');
is_deeply(sent($response, 'X-Groups'), [ 'a,b' ], 'an array');
is_deeply(sent($response, 'X-Text'), [ 'id=alice; via=x' ], 'variables');
is_deeply(sent($response, 'X-Extra'), [ 'kept' ],
          'other fields of the client are kept');
is_deeply(sent($response, 'Authorization'), [], 'the token is not passed on');
like(names($response), qr/x-user.*/, 'the name as it is configured');

# a claim that is absent, or whose value cannot be sent in a header

for ([ 'absent', kind => undef ], [ 'null', kind => JSON::PP::null ],
     [ 'empty', kind => '' ], [ 'with CR LF', kind => "a\r\nX-Evil: 1" ],
     [ 'with LF', kind => "a\nb" ], [ 'with DEL', kind => "a\x7fb" ],
     [ 'with U+0085', kind => "a\x{85}b" ],
     [ 'with U+009B', kind => "\x{9b}31m" ],
     [ 'array with U+0080', kind => [ 'a', "\x{80}" ] ],
     [ 'object with U+009F', kind => { a => "\x{9f}" } ],
     [ 'with a tab', kind => "a\tb" ], [ 'blank', kind => ' ' ],
     [ 'with a space before', kind => ' admin' ],
     [ 'with a space behind', kind => 'admin ' ],
     [ 'array with CR LF', kind => [ 'a', "b\r\nX-Evil: 1" ] ])
{
    my ($name, @claims) = @$_;

    $response = $http->get('/', 'X-Kind' => 'client', 'X_Kind' => 'client',
                           token => $issuer->token(@claims));

    is($response->status, 200, "claim $name: the request goes on");
    is_deeply(sent($response, 'X-Kind'), [], "claim $name: nothing is sent");
    is_deeply(sent($response, 'X-Evil'), [], "claim $name: nor anything else");
}

is_refused($http->get('/', token => $issuer->token(kind => "a\0b")), 401,
           'invalid_token', 'NUL anywhere: no token at all');

for ([ 7, '7' ], [ JSON::PP::true, 'true' ], [ [ 'a,b', '100%' ],
     'a%2Cb,100%25' ], [ { b => 1, a => [ 'x' ] }, qr/\A\{.*\}\z/ ],
     [ "M\xfcnchen", "M\xfcnchen" ], [ "a\x{a0}b", "a\x{a0}b" ], [ 'a b"c\\d', 'a b"c\\d' ])
{
    my ($value, $expected) = @$_;

    my ($got) = @{ sent($http->get('/', token => $issuer->token(
        kind => $value)), 'X-Kind') };

    like($got // '(none)', ref $expected ? $expected : qr/\A\Q$expected\E\z/,
         "as text: $expected" =~ s/\xfc/ue/r);
}

# what a client sends

for my $spelling (@spellings) {
    is_deeply(sent($http->get('/', $spelling => 'mallory', token => $token),
                   'X-User'), [ 'alice' ], "$spelling with a token");
    is_deeply(sent($http->get('/open', $spelling => 'mallory'), 'X-User'), [],
              "$spelling on an open location");
    is_deeply(sent($http->get('/open', $spelling => 'mallory',
                              token => $token), 'X-User'), [],
              "$spelling with a token on an open location");
}

my @many = map { ($spellings[ $_ % @spellings ] => "mallory$_") } 1 .. 60;

is_deeply(sent($http->get('/', @many, token => $token), 'X-User'),
          [ 'alice' ], '60 copies with a token');
is_deeply(sent($http->get('/open', @many), 'X-User'), [],
          '60 copies on an open location');

is_deeply(sent($http->get('/open', 'X-Groups' => 'admin', 'X-Sub' => 'root',
                          'X_Kind' => 'x', 'X-Under' => 'x'), $_), [],
          "$_: used anywhere in the server, removed everywhere")
    for qw(X-Groups X-Sub X-Kind X-Under);

is_deeply(sent($nginx->http('other')->get('/', 'X-Groups' => 'a'),
               'X-Groups'), [ 'a' ], 'another server keeps what is its own');
is_deeply(sent($nginx->http('other')->get('/', 'X-User' => 'a'), 'X-User'),
          [], 'what http { } names is removed in all servers');

# With this Connection field alone, to a location that passes it on.

sub hop {
    my ($value) = @_;

    return $http->raw($http->bytes('GET', '/hop', Connection => $value,
                                   token => $token));
}

# a client asks the next hop to remove the module's header

for my $value ('X-User', 'close, x-user', 'X_User', 'keep-alive, X-User, TE') {
    $response = $http->get('/', Connection => $value, token => $token);
    is_deeply(sent($response, 'X-User'), [ 'alice' ], "Connection: $value");
    unlike(join(',', @{ sent($response, 'Connection') }), qr/user/i,
           'is not passed on');

    $response = hop($value);
    is_deeply(sent($response, 'X-User'), [ 'alice' ],
              "Connection: $value, where the client's is passed on");
    is_deeply(sent($response, 'Connection'), [], 'the field is removed');
}

is_deeply(sent(hop('close, X-Users'), 'Connection'), [ 'close, X-Users' ],
          'a field with other names is passed on');

# other ways to set headers do not interfere

$response = $http->get('/set', 'X-User' => 'mallory', token => $token);
is_deeply(sent($response, 'X-User'), [ 'alice' ], 'beside proxy_set_header');
is_deeply(sent($response, 'X-Other'), [ 1 ], 'which works as ever');

is_deeply(sent($http->get('/under_score', 'X-Under' => 'mallory',
                          'x_under' => 'm', token => $token), 'X_Under'),
          [ 'alice' ], 'a name with an underscore');
is_deeply(sent($http->get('/variable', 'X-Sub' => 'mallory',
                          token => $token), 'X-Sub'),
          [ 'alice' ], 'a variable');

# the token

is_deeply(sent($http->get('/token', token => $token), 'Authorization'),
          [ "Bearer $token" ], 'oauth_pass_token on');
is_deeply(sent($http->get('/token', token => $token, DPoP => 'x'), 'DPoP'),
          [ 'x' ], 'and DPoP');
is_deeply(sent($http->get('/', token => $token, DPoP => 'x'), 'DPoP'), [],
          'which is taken off otherwise');
is_deeply(sent($http->get('/open', Authorization => 'Basic YTpi'),
               'Authorization'), [ 'Basic YTpi' ],
          'an open location keeps its credentials');

# the other protocols to an upstream

for my $protocol (qw(fastcgi uwsgi scgi grpc)) {
    my $name = $protocol eq 'grpc' ? 'X-User' : 'HTTP_X_USER';
    my $authorization = $protocol eq 'grpc' ? 'authorization'
        : 'HTTP_AUTHORIZATION';

    $response = $http->get("/$protocol", token => $token, 'X-Extra' => 'kept',
                           map { ($_ => 'mallory') } @spellings);

    is($response->json->{from}, $protocol, "$protocol: answers");
    is_deeply(sent($response, $name), [ 'alice' ], "$protocol: one value");
    is_deeply(sent($response, $authorization), [], "$protocol: no token");
    is_deeply(sent($response, $name =~ s/USER/EXTRA/ir), [ 'kept' ],
              "$protocol: other fields are kept");
    unlike($response->body, qr/mallory/, "$protocol: nothing of the client's");

    $response = $http->get("/open/$protocol",
                           map { ($_ => 'mallory') } @spellings);

    is($response->json->{from}, $protocol, "$protocol, open: answers");
    unlike($response->body, qr/mallory/, "$protocol, open: nothing is sent");

    is_deeply(sent($http->get("/$protocol", token => $token,
                              Connection => 'close, X-User'), $name),
              [ 'alice' ], "$protocol: Connection: X-User");
}

finish();

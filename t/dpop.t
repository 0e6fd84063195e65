#!/usr/bin/perl
#
# DPoP (RFC 9449): what a proof has to say about the request as the client sent
# it, where a location accepts or requires it, and what the app gets of it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Http2Client;
use OAuth::Test::Process qw(wait_until);
use OAuth::Test::Proof qw(ath proof proof_fields public_jwk thumbprint);

my $key = key('ES256');
my $other = key('ES256');

my $issuer = issuer();
my $narrow = issuer(keys => [key('ES256')]);

my $nginx = nginx(<<'EOT', AS => $issuer->url, NARROW => $narrow->url);
    oauth_issuer corp { issuer %%AS%%; leeway 5s; }
    oauth_issuer narrow { issuer %%NARROW%%; algorithms ES256 Ed25519; }

    log_format binding '$uri "$oauth_binding" $oauth_result';
    proxy_set_header X-Binding $oauth_binding;

    server {
        listen 127.0.0.1:%%PORT_main%%;
        listen 127.0.0.1:%%PORT_h2%% http2;
        server_name app.test;
        access_log %%DIR%%/access.log binding;

        oauth corp;
        oauth_resource https://app.test;
        oauth_dpop optional;

        location / {
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /off {
            oauth_dpop off;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /required {
            oauth_dpop required;
            oauth_scope read;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /young {
            oauth_dpop optional max_age=10s;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /narrow {
            oauth corp narrow;
            oauth_dpop required;
            oauth_resource https://app.test/narrow;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /only {
            oauth narrow;
            oauth_dpop optional;
            oauth_resource https://app.test/only;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /pass {
            oauth_pass_token on;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /writes {
            limit_except GET {
                oauth_dpop required;
            }
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /port {
            oauth_resource https://app.test:8443/port;
            oauth_audience https://app.test;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /six {
            oauth_resource https://[::1]/six;
            oauth_audience https://app.test;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "a=$http_authorization d=$http_dpop b=$http_x_binding\n";
    }
EOT

my $http = $nginx->http;
my $bound = bound($key);
my $free = $issuer->mint;


# A token that is bound to a key.

sub bound {
    my ($to, %options) = @_;

    my $from = delete $options{issuer} // $issuer;
    my $claims = delete $options{claims} // {};

    return $from->mint(claims => { cnf => { jkt => thumbprint($to) },
                                   %$claims }, %options);
}


# The fields of a request for this path.  options: as of proof, and token.

sub fields {
    my ($path, %options) = @_;

    return proof_fields(key => $key, token => $bound,
                        url => "https://app.test$path", %options);
}


sub accepted {
    my ($name, $path, @fields) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return is($http->get($path, @fields)->status, 200, $name);
}


# The request is refused, and the log has this reason code.  Returns the line.

sub refused {
    my ($reason, $name, $path, @fields) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    $nginx->mark;
    my $response = $http->get($path, @fields);
    my ($line) = $nginx->wait_for_log(qr/oauth: refused/, 1, 5);
    my ($code) = ($line // '') =~ /oauth: refused: (\w+)/;

    is($response->status . ' ' . ($code // '-'), "401 $reason", $name);

    return $line // '';
}


# what the location accepts

accepted('optional: a proof', '/a', fields('/a'));
accepted('optional: a token that is not bound', '/a', token => $free);
accepted('required: a proof', '/required', fields('/required'));
accepted('off: a token that is not bound', '/off', token => $free);

refused('no_proof', 'optional: no proof', '/a',
        Authorization => "DPoP $bound");
refused('sender_constrained', 'optional: a bound token as Bearer', '/a',
        token => $bound);
refused('sender_constrained', 'optional: the same, with a proof', '/a',
        token => $bound, DPoP => { fields('/a') }->{DPoP});
like refused('not_bound', 'optional: another token with the scheme DPoP', '/a',
             fields('/a', token => $free)),
    qr/needed here: it was sent with the scheme DPoP, and its cnf has no jkt \(key of DPoP\), issuer/,
    '... the log says what is missing';
like refused('not_bound', 'required: a token that is not bound', '/required',
             token => $free),
    qr/needed here: oauth_dpop is required, and its cnf has no jkt \(key of DPoP\), issuer/,
    '... the log says what is missing';
like refused('sender_constrained', 'off: a proof', '/off', fields('/off')),
    qr/: access token is bound in a way, or was sent with a scheme, that is not accepted here: the scheme of its Authorization header is DPoP, Bearer is wanted, issuer/,
    '... the log names the scheme';
refused('sender_constrained', 'off: a bound token as Bearer', '/off',
        token => $bound);
refused('sender_constrained', 'bound in a way that nobody knows', '/a',
        fields('/a', token => $issuer->mint(claims =>
               { cnf => { jkt => thumbprint($key), kid => 'x' } })));

is $http->get('/writes', token => $free)->status, 200,
    'limit_except: GET without a proof';
is $http->request('POST', '/writes', token => $free)->status, 401,
    'limit_except: POST without one';
is $http->request('POST', '/writes', fields('/writes', method => 'POST'))
        ->status, 200, 'limit_except: POST with one';

# spellings of the scheme and of the field

accepted('dpop in lower case', '/a', Authorization => "dpop $bound",
         dpop => { fields('/a') }->{DPoP});
accepted('DPOP in upper case', '/a', Authorization => "DPOP $bound",
         DPOP => { fields('/a') }->{DPoP});

# exactly one field

my $line = refused('proof_malformed', 'two fields', '/a', fields('/a'),
                   DPoP => { fields('/a') }->{DPoP});
like $line, qr/the request has 2 DPoP header fields/, '... the log says so';
refused('proof_malformed', 'two fields in two spellings', '/a', fields('/a'),
        dpop => { fields('/a') }->{DPoP});
refused('proof_malformed', 'two proofs in one field', '/a',
        Authorization => "DPoP $bound",
        DPoP => { fields('/a') }->{DPoP} . ', ' . { fields('/a') }->{DPoP});
refused('proof_malformed', 'an empty field', '/a',
        Authorization => "DPoP $bound", DPoP => '');
refused('proof_malformed', 'not a JWS', '/a',
        Authorization => "DPoP $bound", DPoP => 'proof');

# the proof itself; t/unit/proof_test.c has the rest

$line = refused('proof_type', 'another type', '/a',
                fields('/a', header => { typ => 'JWT' }));
like $line, qr/proof claims to be of type "JWT", expected "dpop\+jwt"/,
    '... the log says so';

$line = refused('proof_key', 'no key', '/a',
                fields('/a', header => { jwk => undef }));
unlike $line, qr/names a key/, '... the log does not speak of another name';

accepted('a kid', '/a', fields('/a', header => { kid => 'k' }));
$line = refused('proof_key', 'a certificate', '/a',
                fields('/a', header => { x5c => [ 'MIIB' ] }));
like $line, qr/: its header names a key by x5c, and only jwk may,/,
    '... the log says so';

$line = refused('proof_other_key', 'another key than that of the token', '/a',
                fields('/a', key => $other));
$line = refused('proof_signature', 'signed by another key', '/a',
                fields('/a', key => $other,
                       header => { jwk => public_jwk($key) }));

$line = refused('proof_claims', 'no jti', '/a',
                fields('/a', claims => { jti => undef, ath => undef }));
like $line, qr/it has no jti, ath,/, '... the log says so';

$line = refused('proof_claims', 'jti is a number', '/a',
                fields('/a', claims => { jti => 7 }));
like $line, qr/one of them is of the wrong type/, '... the log says so';

refused('proof_token', 'for another token', '/a',
        fields('/a', claims => { ath => ath($free) }));

# the method, as the client sent it

$line = refused('proof_method', 'for another method', '/a',
                fields('/a', method => 'POST'));
like $line, qr/its htm is "POST", the method of the request is "GET"/,
    '... the log says so';
refused('proof_method', 'in lower case', '/a', fields('/a', method => 'get'));

is $http->request('HEAD', '/a', fields('/a', method => 'HEAD'))->status, 200,
    'HEAD';
is $http->request('HEAD', '/a', fields('/a', method => 'GET'))->status, 401,
    'HEAD with a proof for GET';
is $http->request('OPTIONS', '/a', fields('/a', method => 'OPTIONS'))->status,
    200, 'OPTIONS';
is $http->request('PURGE', '/a', fields('/a', method => 'PURGE'))->status, 200,
    'a method that nginx does not know';

is $http->get('/a', fields('/a'), Upgrade => 'websocket',
              Connection => 'upgrade')->status, 200,
    'an upgrade to WebSocket is a GET';

# the URL

accepted('with a query in the request', '/a?b=c', fields('/a'));
accepted('with another query and a fragment in htu', '/a?b=c',
         fields('/a?d#e'));
accepted('host in upper case, and the port of the scheme', '/a',
         fields('', url => 'HTTPS://APP.test:443/a'));
accepted('escapes as they were sent', '/a%2Fb%7ec//d',
         fields('/a%2Fb%7ec//d'));
accepted('no path', '/', fields(''));

$line = refused('proof_uri', 'another path', '/a', fields('/b'));
like $line, qr{its htu is "https://app\.test/b", the request is for "https://app\.test/a"},
    '... the log says so';
refused('proof_uri', 'escapes that mean the same', '/a%7ec',
        fields('/a~c'));
refused('proof_uri', 'dot segments that mean the same', '/x/../a',
        fields('/a'));
refused('proof_uri', 'a slash more', '/a', fields('/a/'));
refused('proof_uri', 'another host', '/a',
        fields('', url => 'https://app2.test/a'));
refused('proof_uri', 'the host of nginx itself', '/a',
        fields('', url => "http://127.0.0.1:@{[$nginx->port('main')]}/a"));
refused('proof_uri', 'another scheme', '/a',
        fields('', url => 'http://app.test/a'));
refused('proof_uri', 'another port', '/a',
        fields('', url => 'https://app.test:8443/a'));
refused('proof_uri', 'the Host field does not count', '/a',
        fields('', url => 'https://evil.test/a'), Host => 'evil.test');

accepted('a resource with a port', '/port',
         fields('', url => 'https://app.test:8443/port'));
refused('proof_uri', '... without it', '/port', fields('/port'));

accepted('a resource with an IPv6 address', '/six',
         fields('', url => 'https://[::1]:443/six'));
refused('proof_uri', '... another address', '/six',
        fields('', url => 'https://[::2]/six'));

is $http->raw("GET http://app.test HTTP/1.1\r\nHost: app.test\r\n"
              . "Connection: close\r\n" . join('', map { "$_\r\n" }
              fields_as_lines(fields('/'))) . "\r\n")->status, 200,
    'a request for an absolute URL without a path';


sub fields_as_lines {
    my (%fields) = @_;

    return map { "$_: $fields{$_}" } sort keys %fields;
}


# the time: max_age and leeway

accepted('290 seconds old', '/a',
         fields('/a', claims => { iat => time - 290 }));
$line = refused('proof_time', '400 seconds old', '/a',
                fields('/a', claims => { iat => time - 400 }));
like $line, qr/it was made 40\d seconds ago, max_age is 300 seconds and the leeway 5 seconds/,
    '... the log says so';

accepted('ahead by 3 seconds', '/a',
         fields('/a', claims => { iat => time + 3 }));
$line = refused('proof_time', 'ahead by 60 seconds', '/a',
                fields('/a', claims => { iat => time + 60 }));
like $line, qr/it was made (?:60|59) seconds from now/, '... the log says so';

accepted('max_age=10s: 8 seconds old', '/young',
         fields('/young', claims => { iat => time - 8 }));
refused('proof_time', 'max_age=10s: 60 seconds old', '/young',
        fields('/young', claims => { iat => time - 60 }));

# algorithms: those of the issuers of the location, together

my %of = map { $_ => key($_) } qw(ES256 Ed25519 RS256);

for my $alg (sort keys %of) {
    accepted("proof of $alg", '/a',
             fields('/a', key => $of{$alg}, token => bound($of{$alg})));
    accepted("proof of $alg, of one of two issuers", '/narrow',
             fields('/narrow', key => $of{$alg}, token => bound($of{$alg},
             claims => { aud => 'https://app.test/narrow' })));
}

for my $alg (qw(ES256 Ed25519)) {
    accepted("proof of $alg, which is in the list", '/only',
             fields('/only', key => $of{$alg}, token => bound($of{$alg},
             issuer => $narrow, claims =>
             { aud => 'https://app.test/only' })));
}

$line = refused('proof_algorithm', 'proof of RS256, which is not', '/only',
                fields('/only', key => $of{RS256}, token => bound($of{RS256},
                issuer => $narrow,
                claims => { aud => 'https://app.test/only' })));
like $line, qr/proof claims to be of algorithm "RS256", expected ES256, Ed25519/,
    '... the log says so';

# HTTP/2

my $h2 = OAuth::Test::Http2Client->new(port => $nginx->port('h2'));

is $h2->get('/a?q', map { ref $_ ? $_ : lc $_ eq 'dpop'
            || lc $_ eq 'authorization' ? lc : $_ } fields('/a'))->status, 200,
    'HTTP/2: a proof';
is $h2->get('/a', map { lc $_ eq 'dpop' || lc $_ eq 'authorization' ? lc : $_ }
            fields('/b'))->status, 401, 'HTTP/2: a proof for another path';
$h2->close;

# what the app gets

like $http->get('/a', fields('/a'))->body, qr/^a= d= b=dpop$/m,
    'the app gets neither the token nor the proof';
like $http->get('/a', token => $free)->body, qr/^a= d= b=none$/m,
    '... and hears that a token is not bound';
like $http->get('/pass', fields('/pass'))->body, qr/^a=DPoP \S+ d=\S+ b=dpop$/m,
    'oauth_pass_token: the app gets both';
like $http->get('/a', token => $free, DPoP => 'x')->body, qr/^a= d= b=none$/m,
    'a DPoP field goes with a Bearer token, too';

# the variable, in the log phase

$http->get('/logged', fields('/logged'));
$http->get('/logged', token => $free);
$http->get('/logged', Authorization => "DPoP $bound");

wait_until(sub { 3 == (() = $nginx->read_file('access.log')
                             =~ m{^/logged }gm) });

is_deeply [grep { m{^/logged } } split /\n/, $nginx->read_file('access.log')],
    ['/logged "dpop" ok', '/logged "none" ok', '/logged "" no_proof'],
    '$oauth_binding in a log';

finish();

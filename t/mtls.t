#!/usr/bin/perl
#
# Access tokens that are bound to a client's TLS certificate (RFC 8705 section
# 3): the certificate of nginx's own connection, and that of the connection to
# another nginx, which ends TLS in front.  Every check is on a request of its
# own: no connection, session, redirect or known token lets another client in.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Certificate qw(certificate);
use OAuth::Test::Response;

my $issuer = issuer();
my $upstream = upstream();

my $server = certificate(name => 'DNS:app.test');
my $client = certificate();

my %clients = (
    client => $client,
    other => certificate(),
    same_key => certificate(as => $client),
    expired => certificate(expired => 1),
    none => undef,
);

my $tls = <<"EOT";
        ssl_certificate $server->{certificate};
        ssl_certificate_key $server->{key};
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_verify_client optional_no_ca;
EOT

my $nginx = nginx(<<'EOT', AS => $issuer->url, UP => $upstream->port,
    oauth_issuer corp { issuer %%AS%%; }

    add_header X-Result $oauth_result always;
    add_header X-Reused $ssl_session_reused always;
    add_header X-Version "$ssl_protocol $server_protocol" always;

    server {
        listen 127.0.0.1:%%PORT_main%% ssl http2;
        listen 127.0.0.1:%%PORT_plain%%;
        server_name app.test;
%%TLS%%
        ssl_session_cache shared:tls:1m;
        oauth corp;
        oauth_resource https://app.test;
        oauth_mtls on;

        location / { proxy_pass http://127.0.0.1:%%UP%%; }

        location /required {
            oauth_mtls required;
            oauth_dpop optional;
            oauth_resource https://app.test/required;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /both {
            oauth_mtls required;
            oauth_dpop required;
            oauth_resource https://app.test/both;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /off {
            oauth_mtls off;
            oauth_resource https://app.test/off;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /limited {
            oauth_mtls off;
            oauth_resource https://app.test/limited;
            limit_except GET { oauth_mtls required; }
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /moved { oauth off; try_files /nothing /landed; }

        location = /check {
            internal;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /asked {
            oauth off;
            auth_request /check;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_behind%%;
        server_name behind.test;
        oauth corp;
        oauth_resource https://app.test;
        oauth_mtls on certificate=$http_x_client_cert;

        location / { proxy_pass http://127.0.0.1:%%UP%%; }
    }
EOT
    TLS => $tls);

my $front = nginx(<<'EOT', TLS => $tls, TO => $nginx->port('behind'),
    server {
        listen 127.0.0.1:%%PORT_main%% ssl http2;
        server_name app.test;
%%TLS%%
        location / {
            proxy_set_header X-Client-Cert $ssl_client_escaped_cert;
            proxy_pass http://127.0.0.1:%%TO%%;
        }
    }
EOT
    module => 0);


# The responses to requests with this client's certificate, one for each path,
# from one run of curl.

sub get {
    my ($who, $token, $path, %options) = @_;

    my $port = $options{port} // $nginx->port('main');
    my $scheme = $options{plain} ? 'http' : 'https';
    my @certificate = $clients{$who}
        ? ('--cert', $clients{$who}{certificate}, '--key', $clients{$who}{key})
        : ();

    my @command = ('curl', '-s', '-k', '-D', '-', '--max-time', 20,
                   @certificate, '-H', 'Host: app.test',
                   '-H', "Authorization: Bearer $token",
                   @{ $options{curl} || [ '--http1.1' ] },
                   map { ('-o', '/dev/null', "$scheme://127.0.0.1:$port$_") }
                   ref $path ? @$path : $path);

    open my $out, '-|', @command or die "cannot run curl: $!\n";
    local $/;

    my @responses = map { response($_) } split /(?<=\r\n)\r\n/, <$out> // '';

    return ref $path ? @responses
        : $responses[0] // OAuth::Test::Response->new;
}


sub response {
    my ($head) = @_;

    my ($line, @fields) = split /\r\n/, $head;
    my ($status) = $line =~ /\AHTTP\S+ (\d+)/;

    return OAuth::Test::Response->new(line => $line, status => $status // 0,
        headers => [ map { [ split /: /, $_, 2 ] } @fields ]);
}


sub is_result {
    my ($response, $result, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $status = $result eq 'ok' ? 200 : 401;

    return is($response->status . ' ' . ($response->header('X-Result') // ''),
              "$status $result", $name);
}


sub bound {
    my ($who, %claims) = @_;

    return $issuer->token(cnf => { 'x5t#S256' => $clients{$who}{thumbprint} },
                          aud => 'https://app.test', %claims);
}


sub pem {
    my ($who) = @_;

    open my $in, '<', $clients{$who}{certificate} or die "no PEM: $!\n";
    local $/;

    return <$in> =~ s/\n/ /gr =~ s/ \z//r;
}


my $token = bound('client');
my $plain = $issuer->token;
my $metadata = 'https://app.test/.well-known/oauth-protected-resource';

# each version of TLS and HTTP

my %versions = (
    'TLSv1.2 HTTP/1.1' => [ '--http1.1', '--tls-max', '1.2' ],
    'TLSv1.3 HTTP/1.1' => [ '--http1.1', '--tlsv1.3' ],
    'TLSv1.3 HTTP/2.0' => [ '--http2', '--tlsv1.3' ],
);

for my $version (sort keys %versions) {
    my @with = (curl => $versions{$version});
    my $good = get('client', $token, '/', @with);

    is_result($good, 'ok', "$version: the client's certificate");
    is($good->header('X-Version'), $version, 'is the version');
    is_result(get('other', bound('other'), '/', @with), 'ok',
              "$version: another client, with its own token");
    is_result(get('other', $token, '/', @with), 'wrong_certificate',
              "$version: another client");
    is_result(get('none', $token, '/', @with), 'no_certificate',
              "$version: no certificate");
    is_result(get('none', $plain, '/', @with), 'ok',
              "$version: a token that is not bound needs none");
}

# certificates that are alike

is_result(get('same_key', $token, '/'), 'wrong_certificate',
          'another certificate with the same key');
is_result(get('same_key', bound('same_key'), '/'), 'ok',
          'with the token for that one');

my $before = $upstream->count;

is(get('expired', bound('expired'), '/')->status, 400,
   'nginx itself refuses one that has expired');
is($upstream->count, $before, 'and does not ask the app');

# resumed sessions, in which the client sends no certificate

for my $version ('TLSv1.2 HTTP/1.1', 'TLSv1.3 HTTP/1.1') {
    my @with = (curl => [ @{ $versions{$version} }, '-H',
                          'Connection: close' ]);
    my @good = get('client', $token, [ '/1', '/2' ], @with);
    my @bad = get('other', $token, [ '/1', '/2' ], @with);

    is_deeply([ map { $_->header('X-Reused') } @good ], [ '.', 'r' ],
              "$version: the second connection resumes the session");
    is_result($good[1], 'ok', 'and has its certificate');
    is($bad[1]->header('X-Reused'), 'r', 'so does that of another client');
    is_result($bad[1], 'wrong_certificate', 'which is another certificate');
}

# many requests on one connection

my @one = get('client', $token, [ '/1', '/2' ],
              curl => [ '--http1.1', '-w', '%{num_connects}\r\n\r\n' ]);

is_deeply([ map { $_->line } @one[1, 3] ], [ 1, 0 ], 'one connection');
is_result($one[$_], 'ok', 'each request has the certificate') for 0, 2;

my @two = get('client', $token, [ '/1' ],
              curl => [ '--http1.1', '-o', '/dev/null',
                        "https://127.0.0.1:@{[ $nginx->port('main') ]}/0",
                        '--next', '-s', '-k', '-D', '-', '--http1.1', '--cert', $client->{certificate},
                        '--key', $client->{key}, '-H', 'Host: app.test', '-w',
                        '%{num_connects}\r\n\r\n',
                        '-H', "Authorization: Bearer ${\bound('other')}" ]);

is_result($two[0], 'ok', 'one token on a connection');
is_result($two[1], 'wrong_certificate', 'another token on the same one');
is($two[2]->line, 0, 'it is the same one');

# what the location says

is_result(get('client', bound('client', aud => 'https://app.test/required'),
              '/required'), 'ok', 'required: a bound token');

for my $case (
    [ 'one that is not bound', '/required', {},
      'oauth_mtls is required, and its cnf has no x5t#S256 (certificate)' ],
    [ 'one that is bound to a key', '/required', { jkt => 'k' x 43 },
      'oauth_mtls is required, and its cnf has no x5t#S256 (certificate)' ],
    [ 'one that is not bound', '/both', {},
      'oauth_mtls is required, and its cnf has no x5t#S256 (certificate); '
      . 'oauth_dpop is required, and its cnf has no jkt (key of DPoP)' ],
    [ 'one that is bound to a certificate', '/both',
      { 'x5t#S256' => $client->{thumbprint} },
      'oauth_dpop is required, and its cnf has no jkt (key of DPoP)' ])
{
    my ($name, $path, $cnf, $why) = @$case;

    $nginx->mark;
    is_result(get('client',
                  $issuer->token(aud => "https://app.test$path",
                                 %$cnf ? (cnf => $cnf) : ()),
                  $path), 'not_bound', "$path required: $name");

    my ($line) = $nginx->wait_for_log(qr/refused: not_bound/);

    like($line, qr/needed here: \Q$why\E, issuer/, 'the log says what is missing');
}

is_result(get('client', bound('client', aud => 'https://app.test/off'),
              '/off'), 'sender_constrained', 'off: a bound token');
is_result(get('client', $issuer->token(aud => 'https://app.test/off'),
              '/off'), 'ok', 'off: one that is not bound');

my $limited = $issuer->token(aud => 'https://app.test/limited');
my @post = (curl => [ '--http1.1', '-d', 'x' ]);

is_result(get('client', $limited, '/limited'), 'ok', 'limit_except: GET');
is_result(get('client', $limited, '/limited', @post), 'not_bound',
          'limit_except: POST with a token that is not bound');
is_result(get('client', bound('client', aud => 'https://app.test/limited'),
              '/limited', @post), 'ok', 'limit_except: POST with a bound one');

my %cnf = ('x5t#S256' => $client->{thumbprint});

is_result(get('client', $issuer->token(cnf => { %cnf, kid => 'k' }), '/'),
          'sender_constrained', 'bound to something unknown, too');
is_result(get('client', $issuer->token(cnf => { %cnf, jkt =>
              $client->{thumbprint} }), '/'),
          'sender_constrained', 'bound to a key, too, and not proved');

# a header field, where none is configured

for my $who ('none', 'other') {
    my $result = $who eq 'none' ? 'no_certificate' : 'wrong_certificate';

    is_result(get($who, $token, '/', curl => [ '--http1.1',
                  map { ('-H', "$_: ${\pem('client')}") }
                  qw(X-Client-Cert Client-Cert X-SSL-Client-Cert) ]),
              $result, "$who: the client's own header means nothing");
}

is_result(get('none', $token, '/', plain => 1, port => $nginx->port('plain')),
          'no_certificate', 'without TLS there is none');
is_result(get('none', $plain, '/', plain => 1, port => $nginx->port('plain')),
          'ok', 'and a token that is not bound needs none');

# other ways to a location

$before = $upstream->count;

for my $path ('/moved', '/asked') {
    my $status = $path eq '/asked' ? 403 : 401;

    is(get('client', $token, $path)->status, 200, "$path: the certificate");
    is(get('other', $token, $path)->status, $status, "$path: another one");
    is(get('none', $token, $path)->status, $status, "$path: none");
}

is($upstream->count, $before + 3, 'the app saw the good ones');

# behind another nginx, which ends TLS

my @front = (port => $front->port('main'));

for my $version (sort keys %versions) {
    my @with = (@front, curl => $versions{$version});

    is_result(get('client', $token, '/', @with), 'ok',
              "behind, $version: the client's certificate");
    is_result(get('other', $token, '/', @with), 'wrong_certificate',
              "behind, $version: another one");
    is_result(get('same_key', $token, '/', @with), 'wrong_certificate',
              "behind, $version: another one with the same key");
    is_result(get('none', $token, '/', @with), 'no_certificate',
              "behind, $version: none");
}

for my $who ('none', 'other') {
    my $result = $who eq 'none' ? 'no_certificate' : 'wrong_certificate';

    is_result(get($who, $token, '/', @front, curl => [ '--http1.1', '-H',
                  "X-Client-Cert: ${\pem('client')}" ]),
              $result, "behind, $who: the client's own header is replaced");
}

# the metadata

my %has = ('' => 1, '/required' => 1, '/off' => undef, '/limited' => 1);
my $http = $nginx->http('plain');

for my $path (sort keys %has) {
    my $document = $http->get('/.well-known/oauth-protected-resource' . $path);

    is($document->json->{resource}, "https://app.test$path", 'the document of '
                                                             . "\"$path\"");
    is($document->json->{tls_client_certificate_bound_access_tokens},
       $has{$path}, 'and whether it speaks of certificates');
}

# what clients and the log are told

my $refused = get('other', $token, '/');

is($refused->challenge->{fields}{error}, 'invalid_token', 'the challenge');
is($refused->challenge->{fields}{resource_metadata}, $metadata,
   'with the metadata');

ok($nginx->wait_for_log(qr/\[info\].*refused:\ wrong_certificate:\ .*\ bound\ to
                           \ the\ one\ with\ the\ thumbprint
                           \ "\Q$client->{thumbprint}\E",\ the\ client\ has
                           \ "\Q$clients{other}{thumbprint}\E"/x),
   'the log has both thumbprints');
ok($nginx->wait_for_log(qr/refused: no_certificate: .* "\Q$client->{thumbprint}\E", and certificate= in oauth_mtls is "\$http_x_client_cert"/),
   'and where the certificate should have been');
unlike($nginx->log, qr/BEGIN CERTIFICATE/, 'and no certificate');

finish();

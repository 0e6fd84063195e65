#!/usr/bin/perl
#
# oauth_dry_run changes nothing for the app and for the client.  Requests that
# the module would refuse, and one that it would admit, go through an nginx in a
# dry run and through one without the module.  Both sides get the same bytes,
# but for the identity headers.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Http2Client;
use OAuth::Test::Proof qw(proof_fields thumbprint);
use OAuth::Test::Wire;

my $issuer = issuer();
my $app = OAuth::Test::Wire->new;
my $echo = upstream();
my $key = key('ES256');

my $template = <<'EOT';
    %%ISSUER%%

    server {
        listen 127.0.0.1:%%PORT_main%%;
        listen 127.0.0.1:%%PORT_http2%% http2;
        server_name app.test;
        error_page 404 = @missing;
        port_in_redirect off;

        %%OAUTH%%

        location / {
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /dpop {
            %%DPOP%%
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /static {
            root %%DIR%%/html;
        }

        location /slash/ {
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /echo {
            proxy_pass http://127.0.0.1:%%ECHO%%;
        }

        location /fallback {
            root %%DIR%%/html;
            try_files $uri @app;
        }

        location @app {
            %%OPEN%%
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location @missing {
            %%OPEN%%
            return 404 "missing\n";
        }

        location /basic {
            satisfy any;
            auth_basic app;
            auth_basic_user_file %%DIR%%/users;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }
EOT

my $dry = nginx($template, UP => $app->port, ECHO => $echo->port,
    log => 'info',
    ISSUER => 'oauth_issuer corp { issuer ' . $issuer->url . '; }',
    OAUTH => 'oauth corp; oauth_resource https://app.test; '
        . 'oauth_dry_run on; oauth_scope read; oauth_strict_uri on; '
        . 'oauth_header X-User sub; oauth_header X-Scope $oauth_scope;',
    DPOP => 'oauth_dpop required nonce;', OPEN => 'oauth off;');
my $plain = nginx($template, UP => $app->port, ECHO => $echo->port,
                  module => 0, ISSUER => '', OAUTH => '', DPOP => '',
                  OPEN => '');

for my $nginx ($dry, $plain) {
    $nginx->make_folder('html/static');
    $nginx->write_file('html/static/file', "a file\n");
    $nginx->write_file('users', "user:{PLAIN}word\n");
    chmod 0644, $nginx->dir . '/users';
}

my $good = $issuer->token;
my $identity = qr/^X-(?:User|Scope): [^\r]*\r\n/mi;


# Sends the same lines through both.  options: body; script, what the app does;
# reason, of the dry run; user, who the app is told it is (undef: nobody);
# unasked, the app is not asked.

sub same {
    my ($title, $name, $lines, %options) = @_;

    my @script = $options{script} ? @{ $options{script} }
        : (send => "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                   . "X-App: 1\r\nContent-Length: 2\r\n\r\nok");

    $app->script($name, @script);
    $dry->mark;

    my ($got, $expected) = map { through($_, $name, $lines, %options) }
        $dry, $plain;

    is($got->{client}, $expected->{client}, "$title: to the client");
    isnt($got->{client}, '', "$title: which is something");

    is($got->{app} =~ s/$identity//gr, $expected->{app} =~ s/$identity//gr,
       "$title: to the app") unless $options{unasked};
    is_deeply([ $got->{app} =~ /^X-User: ([^\r]*)/mig ],
              [ $options{user} // () ], "$title: who it is")
        unless $options{unasked};

    if (defined $options{reason}) {
        my ($line) = $dry->wait_for_log(qr/oauth: refused/);

        like($line, qr/oauth: refused, dry run: $options{reason}: /,
             "$title: the log");
    }

    return $got;
}


sub through {
    my ($nginx, $name, $lines, %options) = @_;

    my ($first, @fields) = @$lines;
    my $client = $nginx->http->connect;

    $client->send(join "\r\n", "$first HTTP/1.1", 'Host: app.test', @fields,
                  'Connection: close', '', $options{body} // '');
    $client->is_closed(10);
    $client->close;

    my $received = $options{unasked} ? {} : $app->received($name);

    return { app => $received->{bytes} // '',
             client => $client->buffer =~ s/^(?:Date|Last-Modified|ETag): 
                                            [^\r]*\r\n//mgxr };
}


sub bearer { return "Authorization: Bearer $_[0]" }

# what the module would refuse

my %bad = (
    'no token' => [ 'no_token' ],
    'another scheme' => [ 'no_token', 'Authorization: Basic dTpw' ],
    'garbage' => [ 'malformed_token', bearer('a.b.c') ],
    'a malformed header' => [ 'malformed_request', 'Authorization: Bearer' ],
    'an expired token' => [ 'expired',
                            bearer($issuer->token(exp => time - 999)) ],
    'a wrong audience' => [ 'wrong_audience',
                            bearer($issuer->token(aud => 'https://b.test')) ],
    'a missing scope' => [ 'insufficient_scope',
                           bearer($issuer->token(scope => 'x')) ],
    'no subject' => [ 'no_subject', bearer($issuer->token(sub => undef)) ],
    'a forged token' => [ 'bad_signature',
                          bearer($good =~ s/.{8}\z/AAAAAAAA/r) ],
    'a token bound to a key' => [ 'sender_constrained', bearer($issuer->token(
        cnf => { jkt => thumbprint($key) })) ],
);

for my $title (sort keys %bad) {
    my ($reason, @lines) = @{ $bad{$title} };

    same($title, 'bad', [ 'GET /bad', 'X-User: mallory', 'Accept: */*', @lines,
                          'x_scope: all', 'X-Last: 1' ], reason => $reason);
}

# a good token: the identity comes with it, and the token stays

my $got = same('a good token', 'good', [ 'GET /good?a=b', bearer($good),
                                         'X-User: mallory', 'X-Last: 1' ],
               user => 'alice');

like($got->{app}, qr/^Authorization: Bearer \Q$good\E\r$/m, 'the token stays');
like($got->{app}, qr/^X-Scope: read\r$/m, 'another identity header');

# methods, bodies, and what a browser sends

for my $method (qw(HEAD POST PUT DELETE OPTIONS PROPFIND FOO)) {
    my $answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
                 . ($method eq 'HEAD' ? '' : 'ok');

    same($method, 'method', [ "$method /method", 'X-A: b' ],
         reason => 'no_token', script => [ send => $answer ]);
}

same('a body', 'body', [ 'POST /body', 'Content-Length: 4' ], body => 'body',
     reason => 'no_token', script => [ read => 'body', send =>
     "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n" ]);
same('a body in chunks', 'chunks',
     [ 'POST /chunks', 'Transfer-Encoding: chunked',
       bearer($issuer->token(exp => 1)) ],
     body => "3\r\nabc\r\n0\r\n\r\n", reason => 'expired',
     script => [ read => 'abc', send =>
     "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" ]);
same('Expect', 'expect', [ 'POST /expect', 'Expect: 100-continue',
                           'Content-Length: 1' ], body => 'x',
     script => [ read => 'x', send =>
                 "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" ]);
same('a navigation', 'navigate', [ 'GET /navigate', 'Accept: text/html',
                                   'Sec-Fetch-Mode: navigate',
                                   'Cookie: session=1' ],
     reason => 'no_token');
same('an ambiguous path', 'path', [ 'GET /path/..;/admin' ],
     reason => 'ambiguous_uri');

# a preflight is the app's, and would not have been refused

$got = same('a preflight', 'preflight',
    [ 'OPTIONS /preflight', 'Origin: https://agent.test',
      'Access-Control-Request-Method: POST',
      'Access-Control-Request-Headers: authorization' ],
    script => [ send => "HTTP/1.1 200 OK\r\n"
                . "Access-Control-Allow-Origin: https://agent.test\r\n"
                . "Content-Length: 0\r\n\r\n" ]);
is_deeply([ $dry->log_lines(qr/oauth:/) ], [], 'a preflight: nothing is logged');

# what the app answers

same("the app's $_", 'answer', [ 'GET /answer', 'Origin: https://agent.test' ],
     reason => 'no_token',
     script => [ send => "HTTP/1.1 $_ No\r\nWWW-Authenticate: Basic realm=a\r\n"
                 . "Set-Cookie: a=1\r\nLocation: /login\r\nVary: Origin\r\n"
                 . "DPoP-Nonce: of-the-app\r\nContent-Length: 2\r\n\r\nno" ])
    for 302, 401, 403, 503;

# DPoP: no nonce is handed out, and the app's stays

my $bound = $issuer->token(cnf => { jkt => thumbprint($key) });
my %fields = proof_fields(key => $key, token => $bound,
                          url => 'https://app.test/dpop');
my @nonce = (script => [ send => "HTTP/1.1 200 OK\r\nDPoP-Nonce: of-the-app\r\n"
                                 . "Content-Length: 0\r\n\r\n" ]);

$got = same('a proof', 'dpop', [ 'GET /dpop', "Authorization: DPoP $bound",
                                 "DPoP: $fields{DPoP}" ],
            user => 'alice', @nonce);
like($got->{app}, qr/^DPoP: \Q$fields{DPoP}\E\r$/m, 'the proof stays');
same('a proof that was used', 'dpop',
     [ 'GET /dpop', "Authorization: DPoP $bound", "DPoP: $fields{DPoP}" ],
     reason => 'proof_replayed', @nonce);
same('no proof', 'dpop', [ 'GET /dpop', bearer($bound) ],
     reason => 'sender_constrained', @nonce);

# what nginx answers by itself

for my $path ('/static/file', '/static/none', '/static', '/slash') {
    same("nginx's own: $path", 'none', [ "GET $path" ], unasked => 1);
    same("nginx's own: $path, HEAD", 'none', [ "HEAD $path" ], unasked => 1);
}

same('another module refuses', 'basic', [ 'GET /basic' ], unasked => 1,
     reason => 'no_token');
same('another module refuses a good token', 'basic',
     [ 'GET /basic', bearer($good) ], unasked => 1);
same('another module lets it in', 'basic',
     [ 'GET /basic', 'Authorization: Basic dXNlcjp3b3Jk' ],
     reason => 'no_token');

# after an internal redirect

same('a named location', 'fallback', [ 'GET /fallback/x', bearer('a.b.c'),
                                       'X-User: mallory' ],
     reason => 'malformed_token');
$got = same('a named location, a good token', 'fallback',
            [ 'GET /fallback/x', bearer($good) ], user => 'alice');

# HTTP/2

my ($got2, $expected2) = map {
    my $http = OAuth::Test::Http2Client->new(port => $_->port('http2'));
    my $response = $http->request('POST', '/echo', body => 'abc',
                                  token => 'a.b.c', 'x-user' => 'mallory');
    my %headers = map { $_ => [ $response->headers($_) ] }
        qw(content-type www-authenticate cache-control vary link
           access-control-allow-origin content-length);
    my $json = $response->json;

    $json->{headers} = [ grep { lc $_->[0] ne 'x-user' }
                         @{ $json->{headers} } ];
    delete $headers{'content-length'};
    { status => $response->status, headers => \%headers, app => $json };
} $dry, $plain;

is_deeply($got2, $expected2, 'HTTP/2: both sides');
is($got2->{status}, 200, 'HTTP/2: let in');
is($got2->{app}{length}, 3, 'HTTP/2: with its body');

finish();

#!/usr/bin/perl
#
# Browsers: the module answers a preflight without a token, whatever the
# preflight asks for.  No other request is answered without one.

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

        oauth corp;
        oauth_resource https://app.test;
        oauth_scope read;

        location / {
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /closed {
            oauth_cors off;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /open {
            oauth off;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /any {
            satisfy any;
            allow 127.0.0.1;
            deny all;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /any/none {
            satisfy any;
            deny all;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /paged {
            error_page 401 @page;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location @page {
            oauth off;
            rewrite ^ /?field=Access-Control-Allow-Origin:%20https://a.test
                    break;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }
EOT

my $http = $nginx->http;
my $response;

my @origin = (Origin => 'https://agent.test');
my @method = ('Access-Control-Request-Method' => 'POST');
my @headers = ('Access-Control-Request-Headers' =>
               'content-type, Authorization,mcp-protocol-version');

# a preflight

$response = $http->request('OPTIONS', '/', @origin, @method, @headers);
is($response->status, 204, 'preflight');
is($response->header('Access-Control-Allow-Origin'), '*', 'origin');
like($response->header('Access-Control-Allow-Methods') // '',
     qr/\bPOST\b.*\bDELETE\b/, 'methods');

my $allowed = $response->header('Access-Control-Allow-Headers') // '';
like($allowed, qr/\b$_\b/i, "field $_")
    for qw(authorization content-type mcp-protocol-version);

like($response->header('Access-Control-Max-Age') // '', qr/\A\d+\z/,
     'lifetime');
is($response->challenge->{lines}, 0, 'no challenge');
is($upstream->count, 0, 'the upstream sees nothing of it');

is($response->header('Vary'),
   'Access-Control-Request-Method, Access-Control-Request-Headers',
   'it depends on both questions');

# the answer allows the method that was asked for, whatever it is


sub methods_for {
    my ($path, $method) = @_;

    $response = $http->request('OPTIONS', $path, @origin,
                               'Access-Control-Request-Method' => $method);
    is($response->status, 204, 'asked for: ' . ($method =~ s/[^ -~]/?/gr));

    return $response->header('Access-Control-Allow-Methods');
}


my $usual = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

is(methods_for('/', $_), $usual, 'a usual one is named once')
    for qw(GET HEAD POST PUT PATCH DELETE OPTIONS);

is(methods_for('/', $_), "$usual, $_", 'one more is named, too')
    for (qw(PROPFIND QUERY MKCOL M-SEARCH patch Get GE GETS POS T), 'X' x 300,
         q{!#$%&'*+-.^_`|~0aZ});

# a method is a token (RFC 9110, section 5.6.2); "*" is reserved (18.2)

for my $method ('GET, TRACE', 'A B', 'A,B', "A\x01", "A\xe9", "A\x7f", 'A"',
                'A(b)', 'A/B', 'A:B', 'A;B', 'A<B', 'A=B', 'A>B', 'A?B', 'A@B',
                'A[B', 'A\\B', 'A]B', 'A{B', 'A}B', "A\tB", '*', '')
{
    is(methods_for('/', $method), $usual, 'and is not sent back');
}

is($upstream->count, 0, 'the upstream sees nothing of these');

# the answer repeats only valid names of header fields

for my $list ("authorization, x\x01y", 'authorization, "x"',
              "authorization, \xff", 'authorization, <x>')
{
    $response = $http->request('OPTIONS', '/', @origin, @method,
                               'Access-Control-Request-Headers' => $list);
    is($response->header('Access-Control-Allow-Headers'), undef,
       'not sent back: ' . ($list =~ s/[^ -~]/?/gr));
}

# The first request of a client has no token, so its preflight does not ask for
# "authorization".  It is answered, so that the page can read the refusal.

$response = $http->request('OPTIONS', '/', @origin, @method,
    'Access-Control-Request-Headers' => 'content-type, mcp-protocol-version');
is($response->status, 204, 'a preflight of a request without a token');
is($response->header('Access-Control-Allow-Headers'),
   'content-type, mcp-protocol-version', 'its fields');

$response = $http->request('OPTIONS', '/', @origin,
                           'Access-Control-Request-Method' => 'DELETE');
is($response->status, 204, 'a preflight for the method alone');
is($response->header('Access-Control-Allow-Headers'), undef, 'no fields');
is($upstream->count, 0, 'the upstream sees nothing of these');

# requests that are not preflights

my @none = (
    [ 'no Origin', @method, @headers ],
    [ 'no method', @origin, @headers ],
);

for (@none) {
    my ($name, @fields) = @$_;
    is_refused($http->request('OPTIONS', '/', @fields), 401, '', $name);
}

is_refused($http->get('/', @origin, @method, @headers), 401, '',
           'another method');
is($upstream->count, 0, 'the upstream has seen nothing');

is($http->request('OPTIONS', '/', @origin, token => $issuer->token)->status,
   200, 'OPTIONS with a token is the upstream\'s');

# a preflight that carries a token is still a preflight

is($http->request('OPTIONS', '/', @origin, @method, @headers,
                  token => $issuer->token)->status, 204,
   'preflight with a token');

# oauth_cors off, and locations that are not protected

is_refused($http->request('OPTIONS', '/closed', @origin, @method, @headers),
           401, '', 'oauth_cors off');
is($http->get('/closed')->header('Access-Control-Allow-Origin'), undef,
   'no CORS field');
is($http->get('/')->header('Access-Control-Allow-Origin'), '*',
   'which are there otherwise');

my $before = $upstream->count;
is($http->request('OPTIONS', '/open', @origin, @method, @headers)->status, 200,
   'an open location');
is($upstream->count, $before + 1, 'answers its own preflights');

# an answer of the upstream has only the CORS fields of the upstream

$response = $http->get('/?field=Access-Control-Allow-Origin:%20https://a.test',
                       token => $issuer->token, @origin);
is($response->header('Access-Control-Allow-Origin'), 'https://a.test',
   'the upstream\'s own field');
is($http->get('/', token => $issuer->token)
   ->header('Access-Control-Allow-Origin'), undef, 'none is added to it');

# an error page of the upstream has its own CORS fields, and gets no second ones

$response = $http->get('/paged', @origin);
is_refused($response, 401, '', 'an error page of the upstream');
is_deeply([ $response->headers('Access-Control-Allow-Origin') ],
          [ 'https://a.test' ], 'keeps its field');
is_deeply([ $response->headers('Access-Control-Expose-Headers') ],
          [ 'WWW-Authenticate, Retry-After, Link' ],
          'the challenge can be read');

# where a client is let in by its address, no page may send what it likes

$before = $upstream->count;
is($http->request('OPTIONS', '/any', @origin, @method, @headers)->status, 200,
   'satisfy any: a preflight');
is($upstream->count, $before + 1, 'is the upstream\'s');
is_refused($http->request('OPTIONS', '/any/none', @origin, @method, @headers),
           401, '', 'or refused, where nothing lets it in');

finish();

#!/usr/bin/perl
#
# A request enters a named location after the phase in which the module removes
# the client's copies of identity headers.  If nginx refuses a request before
# all phases, the request must come to the named location without these
# headers.  If a request was let in, it keeps its identity on the way there
# (try_files in front of an app), and the client's copies never come back.  The
# identity of a protected subrequest does not go along.

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
        root %%DIR%%/html;
        default_type text/html;

        oauth_resource https://app.test;
        oauth_header X-User sub;
        error_page 400 404 405 501 = @app;

        location / {
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /missing {
            return 404;
        }

        location /page {
            ssi on;
            oauth corp;
        }

        location /part {
            oauth corp;
            try_files /none @app;
        }

        location /own {
            oauth corp;
            try_files /none @own;
        }

        location @app {
            set $seen "$http_x_user";
            proxy_set_header X-Seen "seen=$seen";
            proxy_pass http://127.0.0.1:%%UP%%;
            limit_except GET { allow all; }
        }

        location @own {
            oauth corp;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }

EOT

my $http = $nginx->http;
my $token = $issuer->token;

$nginx->write_file('html/page.html', '<!--#include virtual="/part/x" -->');


sub sent {
    my ($response, $name) = @_;

    my $fields = $response->json->{headers} || [ [ $name, 'no answer' ] ];

    return [ map { $_->[1] } grep { lc $_->[0] eq lc $name } @$fields ];
}


# nginx refuses the request before any phase, or after some of them

for ([ 'status 404', 'GET /missing HTTP/1.1', 'Host: app.test' ],
     [ 'no Host', 'GET / HTTP/1.1' ],
     [ 'TRACE', 'TRACE / HTTP/1.1', 'Host: app.test' ],
     [ 'an unknown transfer coding', 'GET / HTTP/1.1', 'Host: app.test',
       'Transfer-Encoding: none' ])
{
    my ($name, @lines) = @$_;

    my $response = $http->raw(join("\r\n", @lines, 'X-User: mallory',
                                   'x-user: mallory', 'X-Extra: kept',
                                   'Connection: close, X-User', '', ''));

    is_deeply(sent($response, 'X-Extra'), [ 'kept' ], "$name: is delivered");
    is_deeply(sent($response, 'X-User'), [], "$name: nobody's identity");
    is_deeply(sent($response, 'X-Seen'), [ 'seen=' ],
              "$name: nor does the location see one");
}

# a protected named location sets its own identity

is_deeply(sent($http->get('/own', 'X-User' => 'mallory', token => $token),
               'X-User'), [ 'alice' ], 'a protected one: its identity');

# from a protected location: only a request that was let in has an identity

my $response = $http->get('/part/x', 'X-User' => 'mallory', token => $token);
is($response->json->{from}, 'upstream', 'try_files: is delivered');
is_deeply(sent($response, 'X-User'), [ 'alice' ],
          'try_files: with the identity');
is_deeply(sent($response, 'Authorization'), [], 'try_files: without the token');

is_refused($http->get('/part/x', 'X-User' => 'mallory'), 401, '',
           'try_files: no token');

# from a protected subrequest

$response = $http->get('/page.html', 'X-User' => 'mallory', token => $token);
is($response->json->{from}, 'upstream', 'a subrequest: is delivered');
is_deeply(sent($response, 'X-User'), [],
          'a subrequest: its identity does not go along');

finish();

#!/usr/bin/perl
#
# The HTTP client by itself, in a small module of nginx: a fetch sends the
# method, header fields and body that it is given, and takes a response up to
# its limit.  The module's log has none of what was sent.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Build qw(build_path);

my $probe = build_path('fetch_probe.so');

plan(skip_all => "no $probe") unless -e $probe;

my $upstream = upstream();

my $nginx = nginx(<<'CONF', UP => $upstream->port, module => 0,
    server {
        listen 127.0.0.1:%%PORT_main%%;
        location /get { fetch_probe GET http://127.0.0.1:%%UP%%/read 4k; }
        location /post { fetch_probe POST http://127.0.0.1:%%UP%%/token 4k; }
        location /delete { fetch_probe DELETE http://127.0.0.1:%%UP%%/it 4k; }
        location /small { fetch_probe POST http://127.0.0.1:%%UP%%/token 2k; }

        location /refused {
            fetch_probe POST http://127.0.0.1:%%UP%%/token?status=403 4k;
        }

        location /closed { fetch_probe POST http://127.0.0.1:%%PORT_no%%/ 4k; }
    }
CONF
    main => "load_module $probe;", log => 'debug');

my $http = $nginx->http;


# What the server was sent last.

sub sent { return ($upstream->requests)[-1] }


sub fields {
    my ($name) = @_;

    return [ map { $_->[1] } grep { lc $_->[0] eq lc $name }
             @{ sent()->{headers} } ];
}


like($http->get('/get')->body, qr/\A200 ok\n\{/, 'GET');
is(sent()->{line}, 'GET /read HTTP/1.1', 'its request line');
is(sent()->{length}, 0, 'no body');
is_deeply(fields('Content-Length'), [], 'and no length of one');
is_deeply(fields('Accept'), [ 'application/json' ], 'a header field');
is_deeply(fields('Authorization'), [ 'Basic Y2xpZW50OnNlY3JldA==' ],
          'and another');
like(fields('User-Agent')->[0], qr{\Angx_oauth_module/\d+\.\d+\.\d+\z},
     'the name and the version of the module');

my $body = 'token=' . 'hidden-in-the-body' x 50 . '%00&hint=access_token';

like($http->get("/post?$body")->body, qr/\A200 ok\n\{/, 'POST');
is(sent()->{line}, 'POST /token HTTP/1.1', 'its request line');
is(sent()->{body}, $body, 'the body as it was given');
is_deeply(fields('Content-Length'), [ length $body ], 'its length');
is_deeply(fields('Content-Type'), [ 'application/x-www-form-urlencoded' ],
          'its type');
is_deeply(fields('Authorization'), [ 'Basic Y2xpZW50OnNlY3JldA==' ],
          'with the header field');

like($http->get('/delete')->body, qr/\A200 ok\n\{/, 'another method');
is(sent()->{line}, 'DELETE /it HTTP/1.1', 'its request line');

is($http->get('/refused?a=b')->body, "403 answered with status 403\n",
   'a status that is not 200');
is($http->get('/small?' . 'x' x 3000)->body,
   "200 the document is larger than 2k\n", 'a response above its limit');
like($http->get('/closed?a=b')->body, qr/\A0 .*connect/i, 'nobody listens');

my @lines = grep { /oauth: / } split /\n/, $nginx->log;

cmp_ok(scalar @lines, '>', 10, 'the log has lines about it');
is_deeply([ grep { /hidden-in|Y2xpZW50/ } @lines ], [],
          'and none of what was sent');

finish();

#!/usr/bin/perl
#
# An app and a client talk through nginx with the module, and through nginx
# without it.  Each side must see the same bytes at the same moments in both
# cases.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Wire;

my $issuer = issuer();
my $app = OAuth::Test::Wire->new;
my $token = $issuer->token;

my $template = <<'EOT';
    %%ISSUER%%

    map $http_upgrade $connection_upgrade {
        default upgrade;
        ""      close;
    }

    large_client_header_buffers 8 16k;

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        %%OAUTH%%

        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;

        location / {
            proxy_buffering off;
            proxy_request_buffering off;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /buffered {
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /http10 {
            proxy_http_version 1.0;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /passed {
            %%PASS%%
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }
EOT

my $protected = nginx($template, UP => $app->port,
    ISSUER => 'oauth_issuer corp { issuer ' . $issuer->url . '; }',
    OAUTH => 'oauth corp; oauth_resource https://app.test;',
    PASS => 'oauth_pass_token on;');
my $plain = nginx($template, UP => $app->port, module => 0,
                  ISSUER => '', OAUTH => '', PASS => '');

is($protected->http->get('/', token => 'a.b.c')->status, 401,
   'one of them protects');


# same(title, name, lines, options) sends a request with these lines, which
# include the token, through both.  Options: body; script, the steps of the app;
# talk, what the client does after it has sent the request.  Returns the bytes
# that the client got.

sub same {
    my ($title, $name, $lines, %options) = @_;

    $app->script($name, @{ $options{script} });

    my ($got, $expected) = map { through($_, $name, $lines, %options) }
        $protected, $plain;

    is($got->{client}, $expected->{client}, "$title: to the client");
    is($got->{app}, $expected->{app}, "$title: to the app");
    is($got->{left}, $expected->{left}, "$title: who ends it");
    isnt($got->{app} // '', '', "$title: the app was asked");

    return $got->{client};
}


sub through {
    my ($nginx, $name, $lines, %options) = @_;

    my $passes = $options{passes} || $nginx == $protected;
    my ($first, @rest) = @$lines;
    my @fields = ("Host: app.test", @rest);

    splice @fields, @fields / 2, 0, "Authorization: Bearer $token" if $passes;
    $app->lower_flag($_) for qw(begun next);

    my $client = $nginx->http->connect;

    $client->send(join "\r\n", "$first HTTP/1.1", @fields, '',
                  $options{body} // '');
    $options{talk}->($client) if $options{talk};
    $client->is_closed(10) unless $client->closed;
    $client->close;

    my $received = $app->received($name);

    return { app => $received->{bytes}, left => $received->{left},
             client => $client->buffer =~ s/^Date: [^\r]*\r\n//mr };
}


my @close = ('Connection: close');
my $ok = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";
my $answer = "${ok}Content-Length: 2\r\n\r\nok";
my $got;

# the parts of a request

same('many fields', 'fields',
     [ 'GET /fields//a%20b/./c/..?x=1&y=%2F', @close,
       (map { "X-Field-$_: value $_" } 1 .. 60), 'X-Twice: one',
       'x-twice: two', 'Cookie: a=1', 'Cookie: b=2', 'X-Empty:',
       'X-Long: ' . 'l' x 12_000, 'TE: trailers', 'Accept-Encoding: gzip' ],
     script => [ send => $answer ]);

for my $method (qw(GET HEAD POST PUT DELETE OPTIONS PROPFIND FOO)) {
    same($method, 'method', [ "$method /method", @close, 'X-A: b' ],
         script => [ send => $method eq 'HEAD' ? $answer =~ s/ok\z//r
                                               : $answer ]);
}

same('ranges', 'range',
     [ 'GET /range', @close, 'Range: bytes=2-4,7-', 'If-Range: "tag"' ],
     script => [ send => "HTTP/1.1 206 Partial Content\r\nETag: \"tag\"\r\n"
                         . "Content-Range: bytes 2-4/9\r\n"
                         . "Content-Length: 3\r\n\r\n234" ]);

same('a range that nginx cuts', 'buffered_range',
     [ 'GET /buffered_range', @close, 'Range: bytes=2-4' ],
     script => [ send => "${ok}Accept-Ranges: bytes\r\n"
                         . "Content-Length: 9\r\n\r\n012345678" ]);

same('not modified', 'condition',
     [ 'GET /condition', @close, 'If-None-Match: "tag"' ],
     script => [ send => "HTTP/1.1 304 Not Modified\r\n"
                         . "ETag: \"tag\"\r\n\r\n" ]);

same('the token passed on', 'passed', [ 'GET /passed', @close, 'X-A: b' ],
     passes => 1, script => [ send => $answer ]);

same('HTTP/1.0', 'http10', [ 'POST /http10', @close, 'Content-Length: 4' ],
     body => 'body', script => [ read => 'body', send =>
     "HTTP/1.0 200 OK\r\n\r\nuntil the end" ]);

# refusals that the app itself sends

same("the app's $_", 'refusal', [ 'GET /refusal', @close ],
     script => [ send => "HTTP/1.1 $_ No\r\n"
                         . "WWW-Authenticate: Basic realm=\"app\"\r\n"
                         . "Content-Length: 2\r\n\r\nno" ])
    for 400, 401, 403, 503;

# bodies in chunks, with trailers

my $chunks = "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-Sum: 11\r\n\r\n";

for my $name (qw(chunks buffered_chunks)) {
    same($name, $name,
         [ "POST /$name", @close, 'Transfer-Encoding: chunked',
           'Trailer: X-Sum' ],
         body => $chunks,
         script => [ read => 'world(\r\n0\r\n\r\n)?\z',
                     send => "${ok}Transfer-Encoding: chunked\r\n"
                             . "Trailer: X-Sum\r\n\r\n$chunks" ]);
}

same('one chunk after the other', 'turns',
     [ 'POST /turns', @close, 'Transfer-Encoding: chunked' ],
     body => "5\r\nfirst\r\n",
     script => [ read => 'first', raise => 'begun',
                 read => 'second\r\n0\r\n\r\n\z', send => $answer ],
     talk => sub {
         ok($app->wait_for_flag('begun'), 'the app has the first');
         $_[0]->send("6\r\nsecond\r\n0\r\n\r\n");
     });

# answers that arrive piece by piece

same('early hints', 'hints', [ 'GET /hints', @close ],
     script => [ send => "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
                 send => $answer ]);

for my $name (qw(events buffered_events)) {
    my $early = $name eq 'events';

    $got = same($name, $name,
                [ "GET /$name", @close, 'Accept: text/event-stream',
                  'Last-Event-ID: 7' ],
                script => [ send => "HTTP/1.1 200 OK\r\n"
                                    . "Content-Type: text/event-stream\r\n"
                                    . "\r\ndata: first\n\n",
                            ($early ? (flag => 'next') : ()),
                            send => "data: second\n\n" ],
                talk => sub {
                    my ($client) = @_;

                    return unless $early;
                    ok($client->read_until(qr/data: first\n\n/),
                       'the first event');
                    unlike($client->buffer, qr/second/, 'alone');
                    $app->raise_flag('next');
                });
    like($got, qr/data: second\n\n/, "$name: all of it");
}

# an upgrade

my @upgrade = ('Connection: Upgrade', 'Upgrade: websocket',
               'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
               'Sec-WebSocket-Version: 13');
my $switch = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
             . "Connection: Upgrade\r\n"
             . "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
my $masked = "\x81\x85\x01\x02\x03\x04" . ('hello' ^ "\1\2\3\4\1");

$got = same('WebSocket', 'socket', [ 'GET /socket', @upgrade ],
    script => [ send => "$switch\x81\x05hello", read => "\Q$masked\E",
                send => "\x82\x7e\x01\x00" . "\0" x 256, read => "\x88",
                send => "\x88\x00" ],
    talk => sub {
        my ($client) = @_;

        ok($client->read_until(qr/\r\n\r\n\x81\x05hello/), 'the first frame');
        $client->send($masked);
        ok($client->read_until(qr/\x82\x7e\x01\x00/), 'and another one');
        $client->send("\x88\x80\0\0\0\0");
    });
like($got, qr/\AHTTP\/1\.1 101 /, 'WebSocket: granted');

same('an upgrade that the app refuses', 'none', [ 'GET /none', @upgrade ],
     script => [ send => "HTTP/1.1 426 Upgrade Required\r\n"
                         . "Content-Length: 0\r\n\r\n" ],
     talk => sub {
         ok($_[0]->read_until(qr/\r\n\r\n/), 'an answer');
         $_[0]->close;
     });

# clients that close their connection

same('leaving a stream', 'leave_stream', [ 'GET /leave_stream', @close ],
     script => [ send => "$ok\r\nfirst", end => 1 ],
     talk => sub {
         ok($_[0]->read_until(qr/first/), 'the stream has begun');
         $_[0]->close;
     });

same('leaving an upload', 'leave_upload',
     [ 'POST /leave_upload', @close, 'Content-Length: 1000' ],
     body => 'first', script => [ read => 'first', raise => 'begun', end => 1 ],
     talk => sub {
         ok($app->wait_for_flag('begun'), 'it has begun');
         $_[0]->close;
     });

same('leaving a socket', 'leave_socket', [ 'GET /leave_socket', @upgrade ],
     script => [ send => $switch, read => 'bytes', end => 1 ],
     talk => sub {
         ok($_[0]->read_until(qr/\r\n\r\n/), 'the socket is open');
         $_[0]->send('bytes');
         $_[0]->close;
     });

# requests that the client sends without waiting for answers

$app->script($_, send => $answer) for qw(one two);

my @both = map {
    my $nginx = $_;
    my $line = $nginx == $protected ? "Authorization: Bearer $token\r\n" : '';
    my $client = $nginx->http->connect->send(
        "GET /one HTTP/1.1\r\nHost: app.test\r\n$line\r\n"
        . "GET /two HTTP/1.1\r\nHost: app.test\r\n${line}Connection: close"
        . "\r\n\r\n");

    $client->is_closed(10);
    $client->buffer =~ s/^Date: [^\r]*\r\n//mgr;
} $protected, $plain;

is($both[0], $both[1], 'pipelined: to the client');
is(() = $both[0] =~ /ok/g, 2, 'both are answered');

finish();

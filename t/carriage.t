#!/usr/bin/perl
#
# However a client writes a request (odd header fields, paths, methods and
# connections), nothing reaches the app without a good token.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $issuer = issuer();
my $upstream = upstream();

my $nginx = nginx(<<'EOT', AS => $issuer->url, UP => $upstream->port,
    oauth_issuer corp { issuer %%AS%%; }
    underscores_in_headers on;

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth_resource https://app.test;

        location / {
            oauth corp;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /open/ {
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location ~ \.php$ {
            oauth corp;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location = /limited {
            oauth corp;
            limit_except GET { deny all; }
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /buffers {
            oauth corp;
            client_max_body_size 10;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_paged%%;
        server_name app.test;

        oauth corp;
        oauth_resource https://app.test;
        oauth_pass_token on;
        error_page 400 = /page;

        location / {
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }
EOT
    nginx_logs_tokens => 1);

our $http = $nginx->http(undef, timeout => 5);
my $good = $issuer->token;
my $line = "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n";


sub delivered { return scalar $upstream->count }


# The module or nginx itself refuses the request, and the app does not get it.

sub refused {
    my ($bytes, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $before = delivered();
    my $response = $http->raw($bytes);
    my $status = $response->status =~ /\A(?:400|401|405|414|431|494)\z/
        ? 'refused' : $response->status . $response->error;

    return is("$status, " . (delivered() - $before), 'refused, 0', $name);
}


sub accepted {
    my ($bytes, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $before = delivered();
    my $status = $http->raw($bytes)->status;

    return is("$status, " . (delivered() - $before), '200, 1', $name);
}


# the field Authorization

accepted("${line}Authorization: Bearer $good\r\n\r\n", 'a good token');
accepted("${line}AUTHORIZATION:Bearer $good\r\n\r\n", 'in upper case');
accepted("${line}Authorization: bEARER $good\r\n\r\n", 'the scheme, too');

for my $field (
    'X-Authorization: Bearer', 'Authorization_: Bearer',
    'Author_ization: Bearer', 'Proxy-Authorization: Bearer',
    'HTTP_AUTHORIZATION: Bearer', 'Token:', 'Cookie: Authorization=Bearer',
    'X-Access-Token:', 'Authorization : Bearer', 'Authorization: Token',
    'Authorization: Bearer:', 'Authorization: "Bearer"',
    'Authorization: Basic', "Authorization: Bearer\t",
    'Authorization: Bearer access_token=', 'Authorization: Bearer%20',
    'Authorization:', 'Authorization: Basic YTpi, Bearer',
    'Authorization: DPoP')
{
    refused("$line$field $good\r\n\r\n", "field: $field" =~ s/\t/\\t/r);
}

for my $value ('', ' ', 'Bearer', 'Bearer ', "Bearer \0", "Bearer\0 $good",
               "Bearer $good\0", "Bearer $good x", "Bearer $good,",
               "Bearer \"$good\"", "Bearer <$good>", "Bearer $good;a=b",
               "Bearer " . substr($good, 0, -1), "Bearer x$good")
{
    my $name = $value =~ s/\Q$good\E/TOKEN/r =~ s/\0/\\0/r =~ s/eyJ.*/CUT/r;
    refused("${line}Authorization: $value\r\n\r\n", "value: \"$name\"");
}

refused("${line}Authorization: $good\r\n\r\n", 'no scheme');
refused("${line}Authorization: Bearer $good, Bearer $good\r\n\r\n",
        'twice in one field');
refused("${line}Authorization: Basic YTpi, Bearer $good\r\n\r\n",
        'two schemes in one field');
refused("${line}Authorization: Bearer $good\r\n"
        . "Authorization: Bearer $good\r\n\r\n", 'two good fields');
refused("POST /?x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
        . "Content-Type: application/x-www-form-urlencoded\r\n"
        . 'Content-Length: ' . (13 + length $good) . "\r\n\r\n"
        . "access_token=$good", 'a form');
refused("${line}Authorization: Bearer x\r\nAuthorization: Bearer y\r\n\r\n",
        'two fields, both bad');
refused("${line}Authorization: Basic YTpi\r\nauthorization: Bearer x\r\n\r\n",
        'two fields of two schemes');

{
    # nginx refuses two fields; the page of this error is in a protected
    # location

    local $http = $nginx->http('paged', timeout => 5);

    accepted("GET / HTTP/1.1\r\nConnection: close\r\n"
             . "Authorization: Bearer $good\r\n\r\n", 'paged: one field');

    for my $second ("Bearer $good", 'Bearer x', 'Basic YTpi', '') {
        refused("${line}Authorization: Bearer $good\r\n"
                . "authorization: $second\r\n\r\n",
                'paged: a second field: '
                . ($second =~ s/eyJ.*/TOKEN/r || 'empty'));
    }
}

refused("${line}Authorization: Bearer\r\n $good\r\n\r\n", 'folded');
refused("${line}X: y\r\n Authorization: Bearer $good\r\n\r\n",
        'folded into another field');

# the request line

for my $path ('/?access_token=', '/?token=', '/?Authorization=Bearer%20',
              '/#access_token=', '/;access_token=', '/')
{
    refused("GET $path$good HTTP/1.1\r\nHost: app.test\r\n"
            . "Connection: close\r\n\r\n", "path: $path");
}

for my $path ('//', '/./', '/%2e/', '/open/..', '/open/../', '/open/../x',
              '/open/%2e%2e/x', '/open/..%2fx', '/open/.%2e/x', '/Open/',
              '/open%2fx/../../y', '/open/x.php', '/open/x.PhP/../../z',
              '/x.php', '/x%2ephp', '/x.php/', '/x.php?a', '/open;/',
              '/open\\', '/open%00/../x.php', '//open//..//x', '/limited',
              '/%6cimited', '/.well-known/',
              '/.well-known/oauth-protected-resourcex', '/favicon.ico',
              '/robots.txt')
{
    my $before = delivered();
    my $response = $http->get($path);

    like($response->status, qr/\A40[01]\z/, "path $path");
    is(delivered() - $before, 0, 'is not delivered');
}

for my $request ("GET / HTTP/1.0\r\n\r\n", "GET /\r\n", 
                 "GET / HTTP/0.9\r\n\r\n",
                 "GET http://app.test/ HTTP/1.1\r\nHost: app.test\r\n"
                 . "Connection: close\r\n\r\n",
                 "GET http://app.test/open/../ HTTP/1.1\r\nHost: a\r\n"
                 . "Connection: close\r\n\r\n",
                 "GET  / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                 "get / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
{
    my $before = delivered();
    my $response = $http->raw($request);

    unlike($response->status, qr/\A[23]/,
           'request line: ' . $request =~ s/\r\n.*//sr);
    is(delivered() - $before, 0, 'is not delivered');
}

# HTTP/1.0

my $old = "GET / HTTP/1.0\r\nAuthorization: Bearer $good\r\n";

accepted("$old\r\n", 'HTTP/1.0 with a token, without Host');
accepted("${old}Host: app.test\r\n\r\n", 'HTTP/1.0 with Host');

my $kept = $http->connect;
my $sent = delivered();

$kept->send("${old}Connection: keep-alive\r\n\r\n");
is($kept->finish->status, 200, 'HTTP/1.0, kept alive');
$kept->send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
is($kept->finish->status, 401, 'the next one has no token');
is(delivered() - $sent, 1, 'and is not delivered');
$kept->close;

# fields that ask nginx to treat the request in another way

for my $field ('Range: bytes=0-0', 'Upgrade: websocket',
               'Upgrade: h2c', 'Expect: 100-continue', 'TE: trailers',
               'X-HTTP-Method-Override: OPTIONS', 'X-Original-URL: /open/',
               'X-Rewrite-URL: /open/', 'X-Accel-Redirect: /open/',
               'X-Forwarded-For: 127.0.0.1', 'Content-Length: 0',
               'If-None-Match: *', 'Origin: null', 'Accept: text/html',
               'User-Agent: Mozilla/5.0', 'Sec-Fetch-Mode: no-cors')
{
    refused("$line$field\r\n\r\n", "with $field");
}

# many requests on one connection: none may use the token of another

my $connection = $http->connect;
my $before = delivered();

$connection->send(
    "GET /1 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer $good\r\n\r\n"
    . "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
    . "POST /3 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
    . "GET /4 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer $good\r\n\r\n");
is_deeply([ map { $connection->finish->status } 1 .. 4 ],
          [ 200, 401, 401, 200 ], 'pipelined');
is(delivered() - $before, 2, 'two of the four are delivered');
$connection->close;

# what looks like a request inside a body is part of the body

$before = delivered();
my $inner = "GET /inner HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer $good"
    . "\r\n\r\n";
$http->request('POST', '/', body => $inner);
is(delivered() - $before, 0, 'a request in a body that is refused');

# other refusals of nginx stay as they are

is($http->request('POST', '/limited', token => $good)->status, 403,
   'limit_except, with a token');
is($http->request('POST', '/buffers', token => $good, body => 'x' x 100)
   ->status, 413, 'client_max_body_size, with a token');

# clients that close the connection at once

for (1 .. 50) {
    my $leaving = $http->start('GET', '/', token => $good);
    $leaving->close;
    $leaving = $http->start('GET', '/');
    $leaving->close;
}

is($http->get('/', token => $good)->status, 200, 'a good token, still');
is($http->get('/open/x')->status, 200, 'the open location');

finish();

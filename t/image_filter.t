#!/usr/bin/perl
#
# image_filter takes every answer of its location for an image, even a refusal,
# and gives up on it.  The client must get the refusal nevertheless.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $name = 'ngx_http_image_filter_module.so';
my ($path) = grep { -e } map { "$_/$name" }
    grep { defined } $ENV{OAUTH_NGINX_MODULES}, '/usr/lib/nginx/modules';

plan(skip_all => "$name is not installed") unless $path;

my $issuer = issuer();
my $upstream = upstream();

my $conf = <<'EOT';
    oauth_issuer corp { issuer %%AS%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp;
        oauth_resource https://app.test;

        location /resize {
            image_filter resize 10 10;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /small {
            image_filter resize 10 10;
            image_filter_buffer 16;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /test {
            image_filter test;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /size {
            image_filter size;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }
EOT

my %values = (AS => $issuer->url, UP => $upstream->port,
              main => "load_module $path;");
my ($loads, $said) = OAuth::Test::Nginx->new(%values)->test_conf($conf);

plan(skip_all => "$path is for another nginx")
    if !$loads && $said =~ /is not binary compatible|version \d+ instead/;

my $nginx = nginx($conf, %values);
my $http = $nginx->http;

# the connection stays usable: the filter has not ended the request

my $connection = $http->connect;

for my $path (qw(/resize /small /test /size)) {
    $connection->send($http->bytes('POST', $path, body => 'x' x 5000), 'POST');
    is_refused($connection->finish, 401, '', "$path: one after the other");
}

$connection->close;

for my $path (qw(/resize /small /test)) {
    for my $window (undef, 'navigate') {
        my $response = $http->get($path, $window
                                  ? ('Sec-Fetch-Mode' => $window) : ());

        is_refused($response, 401, '', $path);
        is(length $response->body, $response->header('Content-Length'),
           'all of its body');
        is($response->header('Content-Type') =~ s/;.*//r,
           $window ? 'text/html' : 'application/problem+json', 'which is ours');
    }

    is_refused($http->request('HEAD', $path), 401, '', "HEAD $path");
    is($http->request('OPTIONS', $path, Origin => 'https://agent.test',
                      'Access-Control-Request-Method' => 'GET')->status, 204,
       'a preflight');
    is($http->get($path, token => $issuer->token)->status, 415,
       'no image of the app\'s is for image_filter to refuse');
}

# a location that itself answers, with status 200, what is not an image

my $response = $http->get('/size');
is_refused($response, 401, '', '/size');
is($response->json->{status}, 401, 'not the size of no image');
$response = $http->get('/size', token => $issuer->token);
is_deeply([ $response->status, $response->body ], [ 200, "{}\r\n" ],
          'which who is let in gets');

finish();

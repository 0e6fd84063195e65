#!/usr/bin/perl
#
# A worker whose connections are all in use cannot fetch.  It says so in the
# log, keeps the keys that it has, and fetches as soon as a connection is free.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $issuer = issuer();

my $nginx = nginx(<<'EOT', connections => 12, AS => $issuer->url,
    oauth_issuer corp { issuer %%AS%%; key_refresh 1s; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp;
        oauth_resource https://app.test;
        location / { empty_gif; }

        location /upload {
            oauth off;
            proxy_pass http://127.0.0.1:1;
        }
    }
EOT
    allow => qr/worker_connections are not enough/);

my $http = $nginx->http;
my $token = $issuer->token;

is($http->get('/', token => $token)->status, 200, 'before');

# bodies that never end hold connections that nginx cannot reuse

my (@uploads, $line);

wait_until(sub {
    push @uploads, $http->connect->send(
        $http->bytes('POST', '/upload', 'Content-Length', 10));

    ($line) = $nginx->log_lines(qr/\[(?:error|info)\].*cannot fetch keys/);
});

like($line // '',
     qr{the\ last\ good\ ones\ stay,\ .*:\ http://.*:
        \ no\ free\ connection,\ see\ worker_connections}x, 'a warning');

$_->close for @uploads;

ok($nginx->wait_for_log(qr/keys fetched again, unchanged/),
   'then the keys are fetched again');
is($http->get('/', token => $token)->status, 200, 'after');

finish();

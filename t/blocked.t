#!/usr/bin/perl
#
# An issuer accepts connections and never answers.  The only worker goes on
# serving all other requests without delay.  A request that waits for this
# issuer's keys gets 503, and its token is accepted once the issuer answers
# again.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use List::Util qw(max);

use OAuth::Test;
use OAuth::Test::Mode qw(seconds);

my $issuer = issuer()->silent;
my $patient = issuer()->silent;
my $good = issuer();

my $nginx = nginx(<<'EOT', AS => $issuer->url, GOOD => $good->url,
    oauth_issuer silent { issuer %%AS%%; timeout 2s; }
    oauth_issuer patient { issuer %%PATIENT%%; }
    oauth_issuer good { issuer %%GOOD%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth_resource https://app.test;

        location / {
            oauth silent patient good;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /open {
            oauth off;
            return 200 "open\n";
        }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\n";
    }
EOT
    PATIENT => $patient->url);

my $http = $nginx->http;
my $token = $issuer->token;

ok(wait_until(sub { $issuer->count('(silent)') >= 1 }),
   'the issuer has been connected to');
is($http->get('/', token => $good->token)->status, 200,
   'another issuer\'s token');

# while some wait, others are served

my $longer = $http->start('GET', '/', token => $patient->token);
my @waiting = map { $http->start('GET', '/', token => $token) } 1 .. 5;
my @others;

for (1 .. 200) {
    push @others, $http->get('/open'), $http->get('/', token => $good->token);
}

is_deeply([ grep { $_->status != 200 } @others ], [],
          '400 other requests are answered');

my $longest = max(map { $_->elapsed } @others);
cmp_ok($longest, '<', seconds(0.25), 'none of them late');

my @refused = finish_all(@waiting);

for my $response (@refused) {
    is_refused($response, 503, undef, 'who waited is told to come again');
    like($response->header('Retry-After') // '', qr/\A[1-9]\d*\z/,
         'with Retry-After');
    cmp_ok($response->elapsed, '<', seconds(6.5), 'within the time');
}

# a fetch may take longer than a request waits for it

my $response = $longer->finish;
$longer->close;
is_refused($response, 503, undef, 'five seconds are the limit');
cmp_ok($response->elapsed, '>', 4, 'not less');
cmp_ok($response->elapsed, '<', seconds(6.5), 'not more');

# when the issuer is back, its tokens are accepted

$issuer->normal;

ok(wait_until(sub { $http->get('/', token => $token)->status == 200 }, 20),
   'the same token, once the issuer is back');
ok($nginx->log_lines(qr/\[(?:error|info)\].*oauth: issuer "silent": cannot fetch/),
   'the failure is in the log');

finish();

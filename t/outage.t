#!/usr/bin/perl
#
# The authorization server is down.  The last good keys are used for key_stale;
# after that the answer is 503 without a challenge.  When the server is back,
# tokens are accepted again without a reload.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $issuer = issuer();
my $stale = issuer();
my $healthy = issuer();

my $nginx = nginx(<<'EOT', AS => $issuer->url, STALE => $stale->url,
    oauth_issuer corp { issuer %%AS%%; key_refresh 1s; }
    oauth_issuer stale { issuer %%STALE%%; key_refresh 1s; key_stale 3s; }
    oauth_issuer healthy { issuer %%HEALTHY%%; key_refresh 1s; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp stale healthy;
        oauth_resource https://app.test;
        location / { proxy_pass http://127.0.0.1:%%PORT_app%%; }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\n";
    }
EOT
    HEALTHY => $healthy->url, workers => 2);

my $http = $nginx->http;


sub status_of {
    my ($as) = @_;

    return $http->get('/', token => $as->token)->status;
}


is(status_of($_), 200, 'all is well') for $issuer, $stale, $healthy;

# every way to be down, one after the other: the last good keys are used

my @faults = ([ status => 500 ], [ status => 404 ],
              [ body => '<html>maintenance</html>', type => 'text/html' ],
              [ body => '{"keys":[]}' ], [ mode => 'reset' ],
              [ mode => 'short' ]);

for my $fault (@faults) {
    my $before = $issuer->count('jwks');

    $issuer->answer(jwks => @$fault);
    ok(wait_until(sub { $issuer->count('jwks') > $before }, 10),
       "asked during: @$fault");
    is(status_of($issuer), 200, 'the last good keys serve');

    # one success in between, so that the pauses between fetches stay short

    $before = $issuer->count('jwks');
    $issuer->normal;
    ok(wait_until(sub { $issuer->count('jwks') > $before }, 10), 'and after');
}

# the server stays down

$issuer->down;
$stale->down;
$nginx->mark;

ok(wait_until(sub { status_of($stale) == 503 }, 15),
   'key_stale is over: 503');
is_refused($http->get('/', token => $stale->token), 503, undef,
           'without a challenge');
is(status_of($issuer), 200, 'the other one still has its keys');
is(status_of($healthy), 200, 'and the third is not concerned');

my @warnings = $nginx->log_lines(qr/\[(?:error|info)\].*oauth: issuer "corp": cannot fetch/);
ok(scalar @warnings, 'a warning names the issuer');
cmp_ok(scalar @warnings, '<=', 5, 'not one for every second');
like($warnings[0], qr/last good ones stay/, 'and what it means');

# a reload in the meantime changes nothing

ok($nginx->reload, 'reload');
is(status_of($issuer), 200, 'the keys survive a reload');

# the server is back

$stale->up;
ok(wait_until(sub { status_of($stale) == 200 }, 20), 'back again');
is(status_of($healthy), 200, 'the third was never concerned');

finish();

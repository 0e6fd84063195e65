#!/usr/bin/perl
#
# What the error log says about a server whose keys cannot be fetched.  The
# first failure of each server is at the level "error", which is nginx's
# default, and then one a minute, counted over all workers.  The others are at
# the level "info".  Refusals, which strangers can cause, take none of their
# turns.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Clock;

my $issuer = issuer();
my $broken = issuer();
my $other = issuer();

$broken->answer($_ => status => 500) for qw(discovery openid);
$other->answer($_ => status => 503) for qw(discovery openid);

# so many resources that their refusals fill any table of lines

my $many = join '', map { <<"LOCATION" } 1 .. 80;
        location /r$_ {
            oauth_resource https://app.test/r$_;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }
LOCATION

my $conf = <<"EOT";
    oauth_issuer corp { issuer %%AS%%; key_refresh 1s; key_refetch 1s; }
    %%MORE%%

    server {
        listen 127.0.0.1:%%PORT_main%% reuseport;
        server_name app.test;
        oauth corp;
        oauth_resource https://app.test;
        location / { proxy_pass http://127.0.0.1:%%PORT_app%%; }
$many
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\n";
    }
EOT

my $both = 'oauth_issuer broken { issuer %%BROKEN%%; }'
           . ' oauth_issuer other { issuer %%OTHER%%; }';
my @urls = (AS => $issuer->url, BROKEN => $broken->url, OTHER => $other->url);


sub start {
    my ($more, @options) = @_;

    return nginx($conf =~ s/%%MORE%%/$more/r, @urls, @options);
}


sub failures {
    my ($nginx, $name) = @_;

    return $nginx->log_lines(qr/oauth: issuer "$name": cannot fetch keys/);
}


# at the level "info": every failure, the first one at "error"

my $nginx = start($both, workers => 2);

ok($nginx->wait_for_log(qr/\[info\].*"$_": cannot fetch keys/, 2, 20),
   "$_: three failures") for qw(broken other);

for my $name (qw(broken other)) {
    my ($first, @more) = failures($nginx, $name);

    like($first, qr/\[error\].*, next attempt in \d+ ms: .*answered with status 50[03]; at most one such line a minute appears at this level, all of them at level info$/,
         "$name: the first one is an error, with a hint");
    is_deeply([ grep { !/\[info\]/ || /at most one such line/ } @more ], [],
              "$name: the others are not");
}

is(scalar(failures($nginx, 'corp')), 0, 'nothing about the good one');

# at the level "error", which is nginx's default: one for each server

$nginx = start($both, workers => 2, log => 'error');

my $asked = $broken->count;

ok(wait_until(sub { failures($nginx, 'broken') && failures($nginx, 'other') },
              20), 'at "error": each server');
ok(wait_until(sub { $broken->count >= $asked + 6 }, 20), 'further attempts');
is(scalar(failures($nginx, $_)), 1, "$_: one line") for qw(broken other);

ok($nginx->reload, 'a reload');
$asked = $broken->count;
ok(wait_until(sub { $broken->count >= $asked + 2 }, 40), 'another attempt');
is(scalar(failures($nginx, $_)), 1, "$_: still one line")
    for qw(broken other);

# at a higher level: nothing

$nginx = start($both, log => 'crit');
$asked = $broken->count;
ok(wait_until(sub { $broken->count >= $asked + 4 }, 20), 'at "crit": attempts');
is($nginx->log, '', 'no line');

# a server that fails later, also for an unknown key, after many refusals

$nginx = start('', log => 'error', workers => 2);

my $http = $nginx->http;

is($http->get('/', token => $issuer->token)->status, 200, 'a good server');
finish_all(map { $http->start('GET', "/r$_", token => $issuer->token(
    aud => 'https://wiki.test')) } 1 .. 80);
cmp_ok(scalar($nginx->log_lines(qr/oauth: refused/)), '>=', 56,
       'refusals take all turns that they have');

$issuer->answer(jwks => status => 500);
$http->get('/', token => $issuer->mint(header => { kid => 'nobody' }));
ok(wait_until(sub { failures($nginx, 'corp') }, 20),
   'the failure of the server is told nevertheless');
like((failures($nginx, 'corp'))[0], qr/\[error\].*the last good ones stay.*status 500/,
     'with its cause');
is(scalar(failures($nginx, 'corp')), 1, 'once');
$issuer->normal;

# Once a minute.

SKIP: {
    my $missing = OAuth::Test::Clock->is_missing;
    skip($missing, 1) if $missing;

    my $clock = OAuth::Test::Clock->new(monotonic => 1);

    $nginx = start($both, log => 'error', workers => 2, $clock->options);

    ok(wait_until(sub { failures($nginx, 'broken') }, 20), 'a failure');
    $asked = $broken->count;
    $clock->set(50);
    ok(wait_until(sub { $broken->count >= $asked + 2 }, 20),
       'others, 50 s later');
    is(scalar(failures($nginx, 'broken')), 1, 'are not told');

    $clock->set(130);
    ok(wait_until(sub { failures($nginx, 'broken') == 2 }, 20),
       'one is, after a minute');
}

finish();

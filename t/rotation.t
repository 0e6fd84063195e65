#!/usr/bin/perl
#
# Rotation.  A token with an unknown key id causes a fetch, at most one in
# key_refetch over all workers.  The next refresh brings new keys and removes
# old ones.  Tokens of unknown issuers cause no fetch.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Time::HiRes qw(time);

use OAuth::Test;

my ($old, $new, $third) = map { key('ES256') } 1 .. 3;
my $issuer = issuer(keys => [ $old ]);
my $periodic = issuer(keys => [ $old ]);

my $nginx = nginx(<<'EOT', AS => $issuer->url, OTHER => $periodic->url,
    oauth_issuer corp { issuer %%AS%%; key_refetch 3s; }

    oauth_issuer periodic {
        issuer %%OTHER%%;
        key_refresh 1s;
        key_refetch 1h;
    }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp periodic;
        oauth_resource https://app.test;
        location / { proxy_pass http://127.0.0.1:%%PORT_app%%; }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\n";
    }
EOT
    workers => 4);

my $http = $nginx->http;


sub storm {
    my ($count, $mint) = @_;

    my %statuses;
    my $number = 0;

    while ($number < $count) {
        my @batch = map {
            $http->start('GET', '/', token => $mint->($number++))
        } 1 .. 50;

        $statuses{ $_->status }++ for finish_all(@batch);
    }

    return \%statuses;
}


is($http->get('/', token => $issuer->token)->status, 200, 'the first key');
is($issuer->count('jwks'), 1, 'was fetched once');

# the issuer rotates its key: the new key is found at once

$issuer->keys($new, $old);
is_deeply(storm(50, sub { $issuer->token }), { 200 => 50 },
          'a new key: requests wait for the refetch');
is($issuer->count('jwks'), 2, 'one refetch for 50 requests');
is($issuer->count('discovery'), 1, 'of the key set alone');
is($http->get('/', token => $issuer->mint(key => $old))->status, 200,
   'the old key is still in the set');

# many requests with unknown key ids at once

my $began = time;
my $before = $issuer->count('jwks');

is_deeply(storm(300, sub { $issuer->mint(header => { kid => "no-$_[0]" }) }),
          { 401 => 300 }, '300 unknown key ids');

my $intervals = int((time - $began) / 3) + 1;
cmp_ok($issuer->count('jwks') - $before, '<=', $intervals,
       'at most one fetch in key_refetch');

is_deeply(storm(200, sub { $issuer->token(iss => "https://no-$_[0].test") }),
          { 401 => 200 }, '200 unknown issuers');
is($issuer->count('discovery'), 1, 'cause no discovery');

# a key is withdrawn and another one added, after key_refetch

$issuer->keys($third);
my $token = $issuer->token;

ok(wait_until(sub { $http->get('/', token => $token)->status == 200 }, 8),
   'the next key, once key_refetch is over');
is_refused($http->get('/', token => $issuer->mint(key => $old)), 401,
           'invalid_token', 'a key that left the set');
is_refused($http->get('/', token => $issuer->mint(key => $new)), 401,
           'invalid_token', 'another one');

# Another key under an old key id, and one without a key id.  Many bad
# signatures at once cause no more fetches than many unknown key ids.

my $renamed = $old->copy('ES256', kid => $third->kid);
$issuer->keys($renamed);
ok(wait_until(sub { $http->get('/', token => $issuer->token)->status == 200 },
              8),
   'another key under the same name, once key_refetch is over');
is_refused($http->get('/', token => $token), 401, 'invalid_token',
           'the key that had this name');

my $other = key('RS256')->copy('RS256', kid => $third->kid);
$issuer->keys($other);
ok(wait_until(sub { $http->get('/', token => $issuer->token)->status == 200 },
              8),
   'a key for another algorithm under the same name');

my $nameless = key('ES256')->copy('ES256', kid => undef);
$issuer->keys($nameless);
ok(wait_until(sub { $http->get('/', token => $issuer->token)->status == 200 },
              8),
   'a key without a name');

$issuer->keys($third);
ok(wait_until(sub { $http->get('/', token => $token)->status == 200 }, 8),
   'the third key is back');

$before = $issuer->count('jwks');
$began = time;
is_deeply(storm(300, sub { $issuer->mint(key => $renamed) }), { 401 => 300 },
          '300 bad signatures');
cmp_ok($issuer->count('jwks') - $before, '<=', int((time - $began) / 3) + 1,
       'at most one fetch in key_refetch');

# many bad requests for an issuer that fails do not affect its good tokens

$issuer->answer(jwks => status => 500);
$before = $issuer->count('jwks');
$began = time;

my $statuses = storm(100, sub {
    $_[0] % 2 ? $issuer->token
              : $issuer->mint(header => { kid => "gone-$_[0]" })
});

is($statuses->{200}, 50, 'good tokens during a storm on a failing issuer');
is($statuses->{401}, 50, 'unknown key ids');
cmp_ok($issuer->count('jwks') - $before, '<=', int((time - $began) / 3) + 1,
       'at most one fetch in key_refetch');

# without any unknown key id: the refresh adds and removes keys

is($http->get('/', token => $periodic->token)->status, 200, 'periodic: a key');
$periodic->keys($new);
ok(wait_until(sub { $http->get('/', token => $periodic->mint(key => $old))
                    ->status == 401 }, 8), 'periodic: it is withdrawn');
is_deeply(storm(50, sub { $periodic->token }), { 200 => 50 },
          'periodic: every worker has the new one');

finish();

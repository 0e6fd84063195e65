#!/usr/bin/perl
#
# A worker parses a key set once, as callgrind counts: the worker that fetched
# the key set does not parse again what it has stored.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Callgrind;
use OAuth::Test::Mode qw(mode);
use OAuth::Test::Valgrind qw(has_valgrind);

plan(skip_all => 'valgrind is not installed') unless has_valgrind();
plan(skip_all => 'valgrind cannot run what was built with ASan')
    if mode() eq 'asan';

my @keys = map { key('ES256') } 1 .. 5;
my $issuer = issuer(keys => \@keys);

my $nginx = OAuth::Test::Nginx->new(
    conf => <<'EOT', AS => $issuer->url, JWKS => $issuer->jwks_url,
    oauth_issuer corp { issuer %%AS%%; jwks_uri %%JWKS%%; key_refetch 1s; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        location / {
            oauth corp;
            oauth_resource https://app.test;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\n";
    }
EOT
    main => 'user root;',           # may write logs and profiles
    valgrind => [ qw(--tool=callgrind --dump-before=ngx_reopen_files),
                  '--callgrind-out-file=%%DIR%%/profile.%p',
                  '--log-file=%%DIR%%/valgrind.%p' ])->start;

my $http = $nginx->http('main', timeout => 30);
my $profiles = 0;

is($http->get('/', token => $issuer->token)->status, 200, 'the first set');
is(keys_made(), 5, 'each of its 5 keys is made once');

# the issuer publishes the same keys and three others, and signs with the first

unshift @keys, map { key('ES256') } 1 .. 3;
$issuer->keys(@keys);

ok(wait_until(sub {
    return $http->get('/', token => $issuer->token)->status == 200;
}, 30), 'the next set');
is(keys_made(), 8, 'each of its 8 keys is made once');
is($issuer->count('jwks'), 2, 'in two fetches');


# How many keys the module had libcrypto make since the last call.

sub keys_made {
    my ($worker) = $nginx->workers;
    my $name = "profile.$worker." . ++$profiles;
    my $made = 0;

    kill USR1 => $worker;

    wait_until(sub {
        $http->connect->close;
        return OAuth::Test::Callgrind->is_complete($nginx->read_file($name));
    }, 20) or die "no $name\n";

    for my $call (OAuth::Test::Callgrind->calls($nginx->read_file($name))) {
        $made += $call->{count}
            if $call->{from} eq 'ngx_oauth_module.so'
               && $call->{callee} =~ /\AEVP_PKEY_fromdata\z/;
    }

    return $made;
}

finish();

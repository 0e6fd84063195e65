#!/usr/bin/perl
#
# At the level "debug" the module says what it does: each state of a fetch, of
# the lease and of the keys, and which requests wait for them.  No line of it
# has a piece of a token; "finish" looks for that in all of them.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Build qw(nginx_path);
use OAuth::Test::Mode qw(seconds);

my $version = qx{'@{[nginx_path()]}' -V 2>&1};

plan(skip_all => 'nginx is built without --with-debug')
    unless $version =~ /--with-debug/;

my ($key, $new, $stranger)
    = map { key('ES256', jwk => { kid => $_ }) } qw(first second stranger);
my $issuer = issuer(keys => [ $key ]);

$issuer->answer(discovery => status => 404);
$issuer->answer(jwks => hold => 'go');

my $nginx = nginx(<<'EOT', AS => $issuer->url, log => 'debug');
    oauth_issuer corp { issuer %%AS%%; key_refetch 1s; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp;
        oauth_resource https://app.test;
        location / { proxy_pass http://127.0.0.1:%%PORT_app%%; }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\n";
    }
EOT

my $http = $nginx->http;
my $url = quotemeta $issuer->url;
my $keys = quotemeta $issuer->jwks_url;


# Since the mark the log has these lines of the module, in this order.

sub said {
    my ($name, @patterns) = @_;

    my $all = join '.*?', map { "oauth: $_\n" } @patterns;

    my $found = wait_until(sub {
        return join("\n", $nginx->log_lines(qr/oauth: /), '') =~ /$all/s;
    }, seconds(10));

    ok($found, $name)
        or diag join "\n", @patterns, '---', $nginx->log_lines(qr/oauth: /);

    return;
}


sub corp { return "issuer \"corp\": $_[0]" }


# the first fetch, and a request that waits for it

my $request = $http->start('GET', '/', token => $issuer->token);

said('a round of fetching begins',
     corp('lease taken for a fetch that is due'),
     corp("lease prolonged by 12000 ms, fetches $url/\\S+-server"),
     "fetch of $url/\\S+-server started: GET, 0 bytes of body, 10000 ms at most",
     "fetch of $url/\\S+-server waits for socket \\d+: read",
     "fetch of $url/\\S+-server ended: status 404, \\d+ bytes, "
         . 'answered with status 404',
     corp("no discovery document so far: $url/\\S+: answered with .*"),
     corp("lease prolonged by \\d+ ms, fetches $url/\\S+-configuration"),
     "fetch of $url/\\S+-configuration ended: status 200, \\d+ bytes, usable",
     corp("discovery document parsed, jwks_uri is \"$keys\""),
     "fetch of $keys started: .*");

said('a request waits',
     corp('the request waits for the end of a fetch, \d+ ms at most'));

$issuer->raise_flag('go');

is(($request->finish)->status, 200, 'until the keys are there');

said('they are parsed, stored and used',
     "fetch of $keys ended: status 200, \\d+ bytes, usable",
     corp('key set of \d+ bytes parsed: 1 keys usable, 0 not'),
     corp('keys stored and lease given back: \d+ bytes, generation 1, '
          . 'max-age -1'),
     corp('keys parsed: 1 usable, generation 1'),
     corp('key 0 is usable, kid "first"'),
     corp('keys are usable'),
     corp('record has changed: version \d+, generation 1, failures 0, the next '
          . 'is due in \d+ ms'),
     'the request goes on, issuer "corp"');

# an unknown key

$nginx->mark;
$issuer->keys($new, $key);

is($http->get('/', token => $issuer->token)->status, 200, 'another key');

said('one more fetch, of the key set alone',
     corp('lease taken for an unknown key'),
     corp("lease prolonged by \\d+ ms, fetches $keys"),
     corp('the request waits for the end of a fetch, \d+ ms at most'),
     corp('keys stored and lease given back: .*, generation 2, .*'),
     corp('key 0 is usable, kid "second"'),
     corp('key 1 is usable, kid "first"'),
     'the request goes on, issuer "corp"');

is($http->get('/', token => $issuer->mint(key => $stranger))->status, 401,
   'a key that nobody knows');

said('no fetch for that yet',
     corp('the request does not wait, no fetch for an unknown key may start '
          . 'yet'));

# a failure

$nginx->mark;
$issuer->answer(jwks => status => 500);

ok(wait_until(sub {
    $http->get('/', token => $issuer->mint(key => $stranger));
    return $nginx->log_lines(qr/cannot fetch keys for an unknown key id/);
}, seconds(10)), 'a fetch that fails');

said('what it was and that it is over',
     "fetch of $keys ended: status 500, \\d+ bytes, answered with status 500",
     corp('lease given back without keys'));

# a worker that exits

$nginx->mark;
$issuer->answer(jwks => mode => 'hang');

ok(wait_until(sub {
    $http->start('GET', '/', token => $issuer->mint(key => $stranger))->close;
    return $nginx->log_lines(qr/fetch of $keys waits for socket \d+: read/);
}, seconds(10)), 'a fetch that takes long');

ok($nginx->stop, 'the worker exits');

said('the fetch is cancelled', "fetch of $keys cancelled",
     corp('the worker ends, lease given back'));

unlike($nginx->own_log, qr/Bearer|Authorization:/i,
       'no line of the module quotes the header field');

finish();

#!/usr/bin/perl
#
# Tokens that a worker has verified before.  A verdict from the cache holds for
# exactly the bytes of its token, only as long as the token and its key are
# good, and each location still decides by its own rules.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Compress::Zlib qw(crc32);

use OAuth::Test;
use OAuth::Test::Token qw(remember_token);

my ($old, $new) = map { key('ES256') } 1 .. 2;
my $issuer = issuer(keys => [ $old, $new ]);
my $rotating = issuer(keys => [ $old, $new ]);
my $failing = issuer();

my $conf = <<'EOT';
    oauth_cache %%ENTRIES%%;

    oauth_issuer corp { issuer %%AS%%; leeway 0; }
    oauth_issuer strict { issuer %%AS%%; leeway 0; token_type at+jwt; }
    oauth_issuer rotating { issuer %%ROTATING%%; key_refresh 1s; }
    oauth_issuer failing {
        issuer %%FAILING%%;
        key_refresh 1s;
        key_stale 3s;
    }

    keepalive_requests 100000;

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp rotating failing;
        oauth_resource https://app.test;
        oauth_header X-User sub;

        location / {
            oauth_scope read;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /write {
            oauth_scope write;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /admin {
            oauth_require role admin;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /strict {
            oauth strict;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /twice {
            try_files /none @strict;
        }

        location @strict {
            oauth strict;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "$http_x_user";
    }
EOT

my %servers = (AS => $issuer->url, ROTATING => $rotating->url,
               FAILING => $failing->url);


# The same rules hold if the cache is large enough, too small, or off.

for my $entries (4096, 2, 0) {
    my $nginx = nginx($conf, %servers, ENTRIES => $entries);
    my $http = $nginx->http;
    my $token = $issuer->token(role => [ 'user', 'admin' ]);
    my $reader = $issuer->token(sub => 'bob');
    my @known = ($token, $reader);

    # one request after the other

    for (1 .. 3) {
        is($http->get('/', token => $token)->body, 'alice',
           "$entries: good for the first location");
        is($http->get('/', token => $reader)->body, 'bob',
           "$entries: so is another one");
        is_refused($http->get('/write', token => $token), 403,
                   'insufficient_scope', "$entries: not for the second");
        is($http->get('/admin', token => $token)->body, 'alice',
           "$entries: for the third");
        is_refused($http->get('/admin', token => $reader), 403, undef,
                   "$entries: which the other one is not");
    }

    # two sets of rules for one issuer

    my $plain = $issuer->mint(header => { typ => 'JWT' });

    for (1 .. 3) {
        is($http->get('/', token => $plain)->status, 200,
           "$entries: any type of token");
        is_refused($http->get($_, token => $plain), 401, 'invalid_token',
                   "$entries: no other than at+jwt at $_")
            for '/strict', '/twice';
        is($http->get($_, token => $token)->body, 'alice',
           "$entries: which this one is, at $_") for '/strict', '/twice';
    }

    # tokens that differ little from one another

    my ($head, $payload, $signature) = split /\./, $token;
    my (undef, $other, $theirs) = split /\./, $reader;

    my %twins = (
        'no signature' => "$head.$payload.",
        'the first character of the signature' =>
            "$head.$payload." . flip($signature, 0),
        'one in its middle' => "$head.$payload." . flip($signature, 40),
        'the payload of another' => "$head.$other.$signature",
        'the signature of another' => "$head.$payload.$theirs",
        'the first character' => flip($token, 0),
        'a byte less' => substr($token, 0, -1),
        'a byte more' => "${token}A",
        'padding' => "$token=",
        'upper case' => uc $token,
        'the same CRC32' => crc_twin($token),
    );

    for my $name (sort keys %twins) {
        is_refused($http->get('/', token => remember_token($twins{$name})),
                   401, 'invalid_token', "$entries: $name");
        is($http->get('/', token => $token)->body, 'alice',
           "$entries: the good one still is");
    }

    # expiry

    my $short = $issuer->token(exp => time + 2);

    is($http->get('/', token => $short)->status, 200,
       "$entries: a short life");
    ok(wait_until(sub {
        $http->get('/', token => $short)->status == 401
    }, 10), "$entries: ends");
    is_refused($http->get('/', token => $short), 401, 'invalid_token',
               "$entries: for good");

    # many tokens: none replaces the verdict of another

    my @wrong;

    for my $number (1 .. 300) {
        my $good = $issuer->token(sub => "user-$number");
        my $bad = $issuer->mint(key => $old, claims => { sub => 'mallory' },
                                header => { kid => $new->kid });

        push @wrong, $number
            if $http->get('/', token => $good)->body ne "user-$number"
               || $http->get('/', token => $bad)->status != 401
               || $http->get('/', token => $token)->body ne 'alice';
    }

    is_deeply(\@wrong, [], "$entries: 300 good tokens and 300 bad ones");
}

# a key that the issuer withdraws, and keys that become too old

my $nginx = nginx($conf, %servers, ENTRIES => 100);
my $http = $nginx->http;
my $withdrawn = $rotating->mint(key => $old);
my $stays = $rotating->mint(key => $new);
my $stale = $failing->token;

is($http->get('/', token => $_)->status, 200, 'good') for $withdrawn, $stays;

$rotating->keys($new);
ok(wait_until(sub { $http->get('/', token => $withdrawn)->status == 401 }, 20),
   'a key is withdrawn while its token is known');
is($http->get('/', token => $stays)->status, 200, 'the other key stays');

is($http->get('/', token => $stale)->status, 200, 'good');
$failing->answer(jwks => status => 500);
ok(wait_until(sub { $http->get('/', token => $stale)->status == 503 }, 20),
   'keys too old, while a token of theirs is known');
$failing->normal;
ok(wait_until(sub { $http->get('/', token => $stale)->status == 200 }, 70),
   'and it is good again with them');

# after a reload the cache is empty

$issuer->keys($new);
ok($nginx->reload, 'a reload');
is($http->get('/', token => $rotating->mint(key => $new))->status, 200,
   'tokens are good after it');

finish();


# Replaces the character at this place by another one of base64url.

sub flip {
    my ($text, $at) = @_;

    substr $text, $at, 1, substr($text, $at, 1) eq 'A' ? 'B' : 'A';

    return $text;
}


# Returns another text with the same length and the same CRC32.  CRC32 is
# linear, so among more than 32 changes of one character each there are always
# some that together leave the sum as it is.

sub crc_twin {
    my ($text) = @_;

    my %basis;

    for my $at (index($text, '.') + 1 .. length($text) - 1) {
        next if substr($text, $at, 1) eq '.';

        my %changes = ($at => 1);
        my $sum = crc32($text) ^ crc32(flip($text, $at));

        for my $bit (reverse 0 .. 31) {
            next unless $sum >> $bit & 1;

            if (!$basis{$bit}) {
                $basis{$bit} = [ $sum, \%changes ];
                last;
            }

            $sum ^= $basis{$bit}[0];
            $changes{$_} += $basis{$bit}[1]{$_} for keys %{ $basis{$bit}[1] };
        }

        next if $sum;

        my $twin = $text;
        $twin = flip($twin, $_) for grep { $changes{$_} % 2 } keys %changes;
        die "no twin\n" if crc32($twin) != crc32($text) || $twin eq $text;

        return $twin;
    }

    die "no twin\n";
}

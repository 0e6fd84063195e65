#!/usr/bin/perl
#
# Nonces of DPoP proofs (RFC 9449 section 8): when they are demanded, how long
# they are good, and when the client gets another one.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Clock;
use OAuth::Test::Proof qw(proof_fields thumbprint);

my $missing = OAuth::Test::Clock->is_missing;
plan(skip_all => $missing) if $missing;

my $clock = OAuth::Test::Clock->new;
my $key = key('ES256');
my $issuer = issuer();

my $nginx = nginx(<<'EOT', AS => $issuer->url, $clock->options);
    oauth_issuer corp { issuer %%AS%%; leeway 5s; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp;
        oauth_resource https://app.test;
        oauth_dpop required nonce;

        location / {
            oauth_scope read;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /without {
            oauth_dpop optional;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /other {
            oauth_scope admin;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location = /clock {
            oauth off;
            oauth_dpop off;
            return 200 $msec;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        add_header DPoP-Nonce app;
        return 200 "app\n";
    }
EOT

my $http = $nginx->http;
my $start = time;
my $now = $start;
my $token = $issuer->mint(claims => { cnf => { jkt => thumbprint($key) },
                                      exp => $now + 3600 });


# Sets the clock of nginx to this time.

sub set_clock {
    my ($to) = @_;

    $clock->set($to - time);
    $now = $to;

    return wait_until(sub { abs($http->get('/clock')->body - $to) < 2 });
}


sub get {
    my ($path, $nonce, %claims) = @_;

    return $http->get($path, proof_fields(
        key => $key, token => $token, url => "https://app.test$path",
        claims => { iat => $now, nonce => $nonce, %claims }));
}


# Status, error and whether there is a nonce, which is then kept.

my $nonce;

sub told {
    my ($response) = @_;

    my @nonces = $response->headers('DPoP-Nonce');
    my ($error) = $response->challenge->{text} =~ /\berror="(\w+)"/;

    $nonce = $nonces[0] if @nonces == 1 && length $nonces[0] == 32;

    return join ' ', $response->status, $error // '-',
        map { length $_ == 32 ? 'nonce' : "foreign:$_" } @nonces;
}


# the beginning of a slot

ok set_clock(int($start / 60) * 60 + 120), 'a new minute begins';

is told($http->get('/')), '401 - nonce', 'no token: a nonce comes with it';
is told(get('/')), '401 use_dpop_nonce nonce', 'no nonce';
is told(get('/', 'foreign')), '401 use_dpop_nonce nonce', 'a foreign nonce';
is told(get('/', '')), '401 use_dpop_nonce nonce', 'an empty nonce';

my $first = $nonce;

is told(get('/', $first)), '200 -', 'the nonce is good';
is told(get('/', $first)), '200 -', '... again, in another proof';
is told(get('/', ($first =~ s/.\z//r) . ($first =~ /A\z/ ? 'B' : 'A'))),
    '401 use_dpop_nonce nonce', 'one that differs in its last character';
is told(get('/other', $first)), '403 insufficient_scope',
    'another refusal with a current nonce';
is told(get('/', undef, iat => $now - 1000)), '401 invalid_dpop_proof nonce',
    'another refusal without a nonce brings one';

# where no nonce is demanded

is told(get('/without')), '200 - foreign:app', 'no nonce is needed';
is told(get('/without', 'foreign')), '200 - foreign:app',
    '... a foreign one does no harm';
is told(get('/without', $first)), '200 - foreign:app', '... nor does ours';

# the next slot: it is good, and a new one comes with the answer

ok set_clock($now + 60), 'a minute later';

my @fields = proof_fields(key => $key, token => $token,
                          url => 'https://app.test/',
                          claims => { iat => $now, nonce => $first });

is told($http->get('/', @fields)), '200 - nonce', 'the nonce is still good';
isnt $nonce, $first, '... a newer one comes with it';
is told(get('/', $nonce)), '200 -', '... and is good';
is told(get('/other', $first)), '403 insufficient_scope nonce',
    'a refusal brings a newer one, too';

# the one after that: the old one is refused, also where none is demanded,
# since its proofs are not remembered any more

ok set_clock($now + 66), 'more than a minute later';

my $second = $nonce;

is told(get('/', $first)), '401 use_dpop_nonce nonce', 'too old';
is told(get('/without', $first)), '401 use_dpop_nonce nonce',
    '... also where no nonce is demanded';
is told($http->get('/', @fields)), '401 use_dpop_nonce nonce',
    'the old proof cannot be used again';
is told(get('/', $second)), '200 - nonce', 'the one after it is still good';

# a reload keeps the secret

my $kept = $nonce;
$nginx->reload;
is told(get('/', $kept)), '200 -', 'after a reload the nonce is good';

finish();

#!/usr/bin/perl
#
# A DPoP proof is good once (RFC 9449 section 11.1): in all workers, after a
# reload, and whatever nginx does with the request.  What happens when the set
# of used proofs fills up.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Proof qw(proof proof_fields thumbprint);

my $key = key('ES256');
my $other = key('ES256');
my $issuer = issuer();

my $conf = <<'EOT';
    oauth_issuer corp { issuer %%AS%%; leeway 5s; }
    oauth_dpop_replay %%SIZE%%;

    server {
        listen 127.0.0.1:%%PORT_main%% reuseport;
        server_name app.test;

        oauth corp;
        oauth_resource https://app.test;
        oauth_dpop required;
        add_header X-Worker $pid;

        location / {
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /brief {
            oauth_dpop required max_age=60s;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location = /status {
            oauth off;
            oauth_status;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\n";
    }
EOT

my $token = bound($key);
my $nginx = nginx($conf, AS => $issuer->url, SIZE => '1m', workers => 2);
my $http = $nginx->http;
my %fresh;


sub bound {
    my ($to) = @_;

    return $issuer->mint(claims => { cnf => { jkt => thumbprint($to) } });
}


sub fields {
    my ($path, %options) = @_;

    return proof_fields(key => $key, token => $token,
                        url => "https://app.test$path", %options);
}


# in all workers: the first answer is from one worker, and both refuse it then

for my $round (1 .. 4) {
    my @fields = fields('/a');
    my %workers;

    is $http->get('/a', @fields)->status, 200, "$round: a proof is good";

    for (1 .. 200) {
        my $response = $http->get('/a', @fields);
        $workers{ $response->header('X-Worker') // 'error' }{
            $response->status . ($response->head =~ /used before/ ? ' used'
                                                                : '') }++;
        last if $response->status == 200;
        last if keys(%{ fresh_workers() }) == 2 && $_ > 20;
    }

    is join(' ', map { keys %$_ } values %workers), '401 used',
        '... once';
}


# Counts the workers that have answered a good request.

sub fresh_workers {
    my $response = $http->get('/a', fields('/a'));
    $fresh{ $response->header('X-Worker') }++ if $response->status == 200;

    return \%fresh;
}


is scalar(keys %fresh), 2, 'both workers have answered';

# what makes a proof another one

my @same = (claims => { jti => 'the-same' });

is $http->get('/b', fields('/b', @same))->status, 200, 'a jti';
is $http->get('/b', fields('/b', @same))->status, 401,
    'the same jti in another proof of that key';
is $http->get('/c', fields('/c', @same))->status, 401, '... for another path';
is $http->get('/c', fields('/c', claims => { jti => 'the-samf' }))->status,
    200, 'another jti';
is $http->get('/b', proof_fields(key => $other, token => bound($other),
              url => 'https://app.test/b', @same))->status, 200,
    'the same jti of another key';
is $http->get('/b', fields('/b', token => bound($key), @same))->status, 401,
    'the same jti of that key for another token';

# a proof that was refused is not used up

my $mixed = proof(key => $key, token => $token, url => 'https://app.test/d');

is $http->get('/e', Authorization => "DPoP $token", DPoP => $mixed)->status,
    401, 'a proof for another path';
is $http->get('/d', Authorization => "DPoP $token", DPoP => $mixed)->status,
    200, '... is not used up by that';

# it is remembered for as long as the location that allows most accepts it

my @old = fields('/brief', claims => { iat => time - 50 });

is $http->get('/brief', @old)->status, 200, 'an old proof that is still good';
is $http->get('/brief', @old)->status, 401, '... once';

# after a reload

my @kept = fields('/f');

is $http->get('/f', @kept)->status, 200, 'a proof';
$nginx->reload;
is $http->get('/f', @kept)->status, 401, '... is used up after a reload';
is $http->get('/f', fields('/f'))->status, 200, '... and another one is good';

# another size begins with an empty set, and the log says so

$nginx->mark;
$nginx->{SIZE} = '2m';
$nginx->write_conf($conf);
$nginx->reload;

my ($line) = $nginx->wait_for_log(qr/the size of zone/, 1, 5);
like $line, qr/size of zone "oauth_dpop_replay" changed from 1024k to 2048k, it starts empty/,
    'another size: a notice';
is $http->get('/f', @kept)->status, 200, '... the proof is good again';
is $http->get('/f', @kept)->status, 401, '... once';

# the set fills up: first a nonce is demanded, then proofs are refused

my $small = nginx($conf, AS => $issuer->url, SIZE => '32k');
my $client = $small->http;
my ($n, $response) = (0);
my $room = $client->get('/status')->json->{dpop_replay}{room};

is $client->get('/status')->json->{dpop_replay}{entries}, 0,
    'the status: the set is empty';
cmp_ok $room, '>', 32 * 1024 / 20 * 0.75, '... and has room';
cmp_ok $room, '<=', 32 * 1024 / 20, '... for what 32k can hold';

while ($n < 3000) {
    $response = $client->get('/g', fields('/g'));
    last if $response->status != 200;
    $n++;
}

cmp_ok $n, '>', 600, "$n proofs of 32k without a nonce";
cmp_ok $n, '<', 32 * 1024 / 20, '... and not more than have room';

is $response->status, 401, 'then a nonce is demanded';
is $client->get('/status')->json->{dpop_replay}{entries}, $n,
    '... the status has all proofs';
cmp_ok $n, '>=', 0.75 * $room, '... which fill three quarters';
like $response->challenge->{text}, qr/\ADPoP error="use_dpop_nonce"/,
    '... by the error for that';

my $nonce = $response->header('DPoP-Nonce') // '';
like $nonce, qr/\A[\w-]{32}\z/, '... with one';

my @good = fields('/g', claims => { nonce => $nonce });

is $client->get('/g', @good)->status, 200, 'with the nonce';
is $client->get('/g', @good)->status, 401, '... once';

$small->mark;

for (1 .. 3000) {
    $response = $client->get('/g', fields('/g', claims =>
                                          { nonce => $nonce }));
    if ($response->status == 401) {
        $nonce = $response->header('DPoP-Nonce') // $nonce;
        next;
    }
    last if $response->status != 200;
}

is $response->status, 503, 'full: 503';
is $response->challenge->{lines}, 0, '... without a challenge';
like $response->header('Retry-After') // '', qr/\A[1-9]\d*\z/,
    '... with Retry-After';
like $response->json->{detail} // '', qr/proof/i, '... and in words';

my $metrics = $client->get('/status?format=prometheus')->body;
my ($entries) = $metrics =~ /^nginx_oauth_dpop_replay_entries (\d+)$/m;

cmp_ok $entries, '>', 0.85 * $room, '... the metrics say so';
cmp_ok $entries, '<=', $room, '... within the room';
like $metrics, qr/^nginx_oauth_dpop_replay_room $room$/m, '... that there is';
like $client->get('/status?format=html')->body,
    qr/DPoP proofs has $entries, and room for $room\./, '... and the page';

is $client->get('/g', @good)->status, 401, 'what was used stays used';

$client->get('/g', fields('/g', claims => { nonce => $nonce })) for 1 .. 20;

my @lines = $small->log_lines(qr/\[error\].*set of used DPoP proofs is full/);
is scalar(@lines), 1, 'one line of the log at level error';
like $lines[0], qr/write "oauth_dpop_replay \d+m" in the http block/,
    '... names a size';

finish();

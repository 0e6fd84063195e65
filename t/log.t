#!/usr/bin/perl
#
# The error log.  Every refusal leaves one line, with its reason code, the
# issuer and the key id; a good request leaves none.  Of a token the line may
# show iss, aud, the scopes, the type, the times and the key id, quoted and cut,
# and nothing else. t/explain.t tests what the line says.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $issuer = issuer();
my $broken = issuer();
my $kid = $issuer->{keys}[0]->kid;

$broken->answer(discovery => status => 500);
$broken->answer(openid => status => 500);

my $nginx = nginx(<<'EOT', AS => $issuer->url, BROKEN => $broken->url);
    oauth_issuer corp { issuer %%AS%%; key_refetch 1h; }
    oauth_issuer broken { issuer %%BROKEN%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp broken;
        oauth_resource https://app.test;
        large_client_header_buffers 4 32k;

        location / { proxy_pass http://127.0.0.1:%%PORT_app%%; }

        location /scope {
            oauth_scope special;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /require {
            oauth_require role admin;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\n";
    }
EOT

my $http = $nginx->http;
my $secret = 'a-very-private-claim';
my $person = "$secret-person";
my @private = (sub => $person, name => $person, email => "$person\@corp.test",
               preferred_username => $person, private => $person);


# Returns the lines that one request leaves, without those that a fetch leaves.

sub lines_of {
    my (@request) = @_;

    $nginx->mark;
    my $response = $http->get(@request);

    return $nginx->log_lines(qr/oauth: (?!issuer )/);
}


is($http->get('/', token => $issuer->token)->status, 200, 'the keys are there');
is_deeply([ lines_of('/', token => $issuer->token) ], [],
          'a good request leaves no line');

# The last member of each row is what the line may show of the claims.

my @refusals = (
    [ 'no_token', '', '', '/' ],
    [ 'no_token', '', '', '/', Authorization => 'Basic YTpi' ],
    [ 'malformed_request', '', '', '/', Authorization => 'Bearer a b' ],
    [ 'malformed_token', '', '', '/', token => 'abc' ],
    [ 'expired', 'corp', $kid, '/', token => $issuer->token(
        @private, exp => time - 999) ],
    [ 'not_yet_valid', 'corp', $kid, '/', token => $issuer->token(
        @private, nbf => time + 999) ],
    [ 'wrong_audience', 'corp', $kid, '/', token => $issuer->token(
        @private, aud => "https://$secret.test"), "https://$secret.test" ],
    [ 'insufficient_scope', 'corp', $kid, '/scope', token => $issuer->token(
        @private, scope => $secret), $secret ],
    [ 'requirement_not_met', 'corp', $kid, '/require', token =>
        $issuer->token(@private, role => $secret) ],
    [ 'bad_signature', 'corp', $kid, '/', token => $issuer->mint(
        key => key('ES256'), header => { kid => $kid },
        claims => { @private }) ],
    [ 'unknown_key', 'corp', 'nobody', '/', token => $issuer->mint(
        header => { kid => 'nobody' }, claims => { @private }) ],
    [ 'unknown_issuer', '', $kid, '/', token => $issuer->token(
        @private, iss => "https://$secret.test"), "https://$secret.test" ],
    [ 'keys_unavailable', 'broken', $broken->{keys}[0]->kid, '/', token =>
        $broken->token(@private) ],
);

for (@refusals) {
    my ($code, $name, $key, $path, $field, $value, $shown) = @$_;
    my @lines = lines_of($path, $field ? ($field, $value) : ());

    is(scalar @lines, 1, "$code: one line") or diag(@lines);

    my $line = $lines[0] // '';

    my $level = $code =~ /^(?:malformed_token|wrong_audience|unknown_issuer)$/
                ? 'error' : 'info';

    like($line, qr/\[$level\]/, "$code: at $level");
    like($line, qr/oauth: .*\b$code\b/, "$code: the code");
    like($line, qr/issuer "$name"/, "$code: the issuer");
    like($line, qr/kid "\Q$key\E"/, "$code: the key id");

    if (defined $shown) {
        ok($line =~ s/"\Q$shown\E"/""/, "$code: what came");
    }

    unlike($line, qr/\Q$secret\E/, "$code: no other claim");
    like($line, qr{client: 127\.0\.0\.1.*request: "GET }, "$code: nginx's own");
}

# the key id is text that the client chose

for (
    [ "a\r\nb", 'a\x0D\x0Ab' ], [ 'a"b', 'a\x22b' ], [ 'a\\b', 'a\x5Cb' ],
    [ 'a b', 'a\x20b' ], [ "a\x7fb", 'a\x7Fb' ],
    [ "\xe9", '\xC3\xA9' ], [ "\x1b[31m", '\x1B[31m' ],
) {
    my ($given, $logged) = @$_;
    my @lines = lines_of('/', token => $issuer->mint(
        header => { kid => $given }));

    is(scalar @lines, 1, "one line for the kid $logged");
    like($lines[0] // '', qr/kid "\Q$logged\E"/, 'which is escaped');
}

my ($line) = lines_of('/', token => $issuer->mint(
    header => { kid => 'k' x 900 }));

like($line // '', qr/kid "k{128}\.\.\."/, 'a long kid is cut');

# the failure of an issuer: one warning, not one for each request

my @tries = finish_all(map { $http->start('GET', '/', token =>
                                          $broken->token) } 1 .. 30);
is_deeply([ grep { $_->status != 503 } @tries ], [], 'thirty refusals');

delete $nginx->{mark};

my @failures = $nginx->log_lines(qr/oauth: issuer "\w+": cannot fetch keys/);

ok(scalar @failures, 'the failure is logged');
like($failures[0], qr/\[error\].*issuer "broken".*500/, 'with issuer and cause');
cmp_ok(scalar @failures, '<', 8, 'and not thirty times');

finish();

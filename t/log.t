#!/usr/bin/perl
#
# The error log at info: one line a refusal with reason code, issuer and key
# id; nothing of a token, of a proof or of a claim.  That the whole log is free
# of token text every test file asserts; here every kind of token is sent.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $key = key('ES256');
my $stranger = key('ES256');
my $issuer = issuer(keys => [ $key ]);
my $kid = $key->kid;
my $upstream = upstream();

my $nginx = nginx(<<'EOT', AS => $issuer->url, UP => $upstream->port);
    oauth_issuer corp { issuer %%AS%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp;
        oauth_resource https://app.test;
        oauth_header X-User sub;

        location / { proxy_pass http://127.0.0.1:%%UP%%; }
        location /admin {
            oauth_scope admin;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
        location /staff {
            oauth_require kind staff;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }
EOT

my $http = $nginx->http;
my $secret = 'claim-that-nobody-may-read';
my @claims = (note => $secret);


sub refusal {
    my ($name, $code, $issuer, $kid, $path, @fields) = @_;

    $nginx->mark;
    my $response = $http->get($path, @fields);
    isnt($response->status, 200, "$name: refused");

    my @lines = $nginx->wait_for_log(qr/oauth: refused: /);

    is(scalar @lines, 1, "$name: one line");
    like($lines[0] // '', qr/\[info\].* oauth:\ refused:\ \Q$code\E:\ [^"]+,
                       \ issuer\ "\Q$issuer\E",\ kid\ "\Q$kid\E",\ client:/x,
         "$name: reason, issuer, key id");

    return;
}


refusal('no token', 'no_token', '', '', '/');
refusal('malformed', 'malformed_token', '', '', '/', token => 'a.b');
refusal('doubled', 'malformed_request', '', '', '/',
        Authorization => 'Bearer one two');
refusal('expired', 'expired', 'corp', $kid, '/',
        token => $issuer->token(@claims, exp => time - 100,
                                iat => time - 200));
refusal('another audience', 'wrong_audience', 'corp', $kid, '/',
        token => $issuer->token(@claims, aud => $secret));
refusal('an unknown issuer', 'unknown_issuer', '', $kid, '/',
        token => $issuer->token(@claims, iss => "https://$secret.test"));
refusal('a scope is missing', 'insufficient_scope', 'corp', $kid, '/admin',
        token => $issuer->token(@claims, scope => $secret));
refusal('a requirement is not met', 'requirement_not_met', 'corp', $kid,
        '/staff', token => $issuer->token(@claims, kind => $secret));
refusal('no subject', 'no_subject', 'corp', $kid, '/',
        token => $issuer->token(@claims, sub => undef));
refusal('a bad signature', 'bad_signature', 'corp', $kid, '/',
        token => $issuer->mint(key => $stranger, header => { kid => $kid },
                               claims => { @claims }));
refusal('an unknown key', 'unknown_key', 'corp', $stranger->kid, '/',
        token => $issuer->mint(key => $stranger, claims => { @claims }));

# a key id is bytes that somebody else chose

for (
    [ 'a line end', "a\r\nb", 'a\x0D\x0Ab' ],
    [ 'a quote', 'a"b', 'a\x22b' ],
    [ 'a backslash', 'a\\b', 'a\x5Cb' ],
    [ 'an escape sequence', "\e[31m", '\x1B[31m' ],
    [ 'UTF-8', "\x{e9}", '\xC3\xA9' ],
) {
    my ($name, $kid, $logged) = @$_;

    refusal($name, 'unknown_key', 'corp', $logged, '/',
            token => $issuer->mint(header => { kid => $kid }));
}

$nginx->mark;
$http->get('/', token => $issuer->mint(header => { kid => 'k' x 1000 }));
my ($line) = $nginx->wait_for_log(qr/oauth: refused: /);
like($line, qr/kid "k{200,256}\.\.\."/, 'a long key id is cut');

# a good request says nothing

$nginx->mark;
is($http->get('/', token => $issuer->token(@claims))->status, 200, 'a good one');
is_deeply([ $nginx->log_lines(qr/oauth: refused/) ], [], 'without a line');
unlike($nginx->log, qr/\Q$secret\E/, 'no claim in the log');

finish();

#!/usr/bin/perl
#
# oauth_header with encoding=: the app decodes exactly the text of the claim, also
# one that no header field could carry as it is.  And $oauth_claims, which is all
# claims as JSON in base64url.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP ();
use MIME::Base64 qw(decode_base64url encode_base64url);

use OAuth::Test;

my $issuer = issuer();
my $upstream = upstream();
my $number = 0;

$issuer->metadata(introspection_endpoint => $issuer->url . '/introspect');

my $conf = <<'EOT';
    oauth_issuer corp {
        issuer %%AS%%;
        introspect opaque;
        client_auth none;
    }

    large_client_header_buffers 8 64k;

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp;
        oauth_resource https://app.test;
        oauth_header X-Plain name;
        oauth_header X-Utf8 name encoding=utf-8;
        oauth_header X-Percent name encoding=percent;
        oauth_header X-Base64 name encoding=base64url;

        location / { proxy_pass http://127.0.0.1:%%UP%%; }

        location /value {
            oauth_header X-Value " $oauth_claim_name/$arg_x" encoding=percent;
            oauth_header X-Empty "$oauth_claim_absent" encoding=base64url;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /plain {
            oauth_header X-User sub;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /encoded {
            oauth_header X-User sub encoding=percent;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /variable {
            oauth_header X-User $oauth_sub encoding=base64url;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /both {
            oauth_header X-User sub encoding=percent;
            oauth_header X-Sub $oauth_claim_sub;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /claims {
            oauth_header X-Claims $oauth_claims;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /override {
            oauth_header X-Percent name;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }
EOT

my $nginx = OAuth::Test::Nginx->new(conf => $conf, AS => $issuer->url,
                                    UP => $upstream->port);

$nginx->start;

my $http = $nginx->http;


sub get {
    my ($path, @claims) = @_;

    return $http->get($path, 'X-Percent' => 'mallory', 'x_base64' => 'mallory',
                      token => $issuer->token(jti => 'j' . ++$number, @claims))
                ->status;
}


# The values of a header field of the last request that the app got.

sub sent {
    my ($name) = @_;

    return join '|', map { $_->[1] } grep { lc $_->[0] =~ tr/_/-/r eq lc $name }
                     @{ ($upstream->requests)[-1]{headers} };
}


sub unescape {
    my ($text) = @_;

    return $text =~ s/%([0-9A-F]{2})/chr hex $1/ger;
}


# a claim; the bytes that the app decodes; how it is sent as it is

for (
    [ 'ASCII', 'alice', 'alice', 'alice' ],
    [ 'unreserved', 'A-z.0_9~', 'A-z.0_9~', 'A-z.0_9~' ],
    [ 'UTF-8', "M\x{fc}ller \x{20ac}", "M\xc3\xbcller \xe2\x82\xac",
      "M\xc3\xbcller \xe2\x82\xac" ],
    [ 'a percent sign', '100%25', '100%25', '100%25' ],
    [ 'quotes', 'a"b\\c', 'a"b\\c', 'a"b\\c' ],
    [ 'an array', [ 'a,b', 'c' ], 'a%2Cb,c', 'a%2Cb,c' ],
    [ 'an object', { a => 1 }, '{"a":1}', '{"a":1}' ],
    [ 'a number', 7, '7', '7' ],
    [ 'a space before', ' alice', ' alice', '' ],
    [ 'a space after', 'alice ', 'alice ', '' ],
    [ 'CR LF', "a\r\nX-Evil: 1", "a\r\nX-Evil: 1", '' ],
    [ 'a tab', "a\tb", "a\tb", '' ],
    [ 'U+0085', "a\x{85}", "a\xc2\x85", '' ],
) {
    my ($name, $claim, $bytes, $plain) = @$_;

    is(get('/', name => $claim), 200, "$name: accepted");
    is(sent('X-Plain'), $plain, "$name: as it is");
    is(sent('X-Utf8'), $plain, "$name: encoding=utf-8 is the default");
    is(unescape(sent('X-Percent')), $bytes, "$name: percent, decoded");
    like(sent('X-Percent'), qr/\A(?:[\w.~-]|%[0-9A-F]{2})+\z/a,
         "$name: percent leaves the unreserved characters alone");
    is(decode_base64url(sent('X-Base64')), $bytes, "$name: base64url, decoded");
    like(sent('X-Base64'), qr/\A[\w-]+\z/a, "$name: base64url, no padding");
    is(sent('X-Evil'), '', "$name: nothing else");
}

for ([ 'absent' ], [ 'empty', name => '' ], [ 'null', name => JSON::PP::null ],
     [ 'an empty array', name => [] ])
{
    my ($name, @claims) = @$_;

    is(get('/', @claims), 200, "$name: accepted");
    is(sent($_), '', "$name: no $_") for qw(X-Plain X-Percent X-Base64);
}

# the limit: a text of 32 KB is encoded, a longer one is not sent

is(get('/', name => 'a' x 32768), 200, '32 KB: accepted');
is(length sent('X-Percent'), 32768, '32 KB: percent');
is(length sent('X-Base64'), 43691, '32 KB: base64url');
is(get('/', name => 'a' x 32769), 200, 'one byte more: accepted');
is(sent('X-Percent') . sent('X-Base64'), '', 'one byte more: not encoded');
is(length sent('X-Plain'), 32769, 'one byte more: as it is');

# a value with variables

is(get('/value?x=%0a%c3', name => 'a b'), 200, 'a value');
is(sent('X-Value'), '%20a%20b%2F%250a%25c3', 'is encoded as a whole');
is(sent('X-Empty'), '', 'unless it is empty');
is(get('/value', name => "a\nb"), 200, 'a claim with LF in a value');
is(sent('X-Value'), '%20%2F', 'is empty there, as in every variable');

is(get('/override', name => "\x{fc}"), 200, 'the header again, without encoding');
is(sent('X-Percent'), "\xc3\xbc", 'the inner one wins');

# a location that forwards the subject refuses one that the header cannot carry

for (
    [ 'a subject', 'alice', 200, 200, 200, 200 ],
    [ 'in UTF-8', "M\x{fc}ller", 200, 200, 200, 200 ],
    [ 'with a space before', ' alice', 401, 200, 200, 401 ],
    [ 'with CR LF', "a\r\nb", 401, 200, 401, 401 ],
    [ 'none', undef, 401, 401, 401, 401 ],
    [ 'an empty one', '', 401, 401, 401, 401 ],
    [ 'a long one', 'a' x 32769, 200, 401, 401, 401 ],
) {
    my ($name, $sub, @expected) = @$_;

    for my $path (qw(/plain /encoded /variable /both)) {
        my $before = $upstream->count;
        my $status = shift @expected;

        $nginx->mark;
        is(get($path, sub => $sub), $status, "subject, $name: $path");

        if ($status == 401) {
            is($upstream->count, $before, 'and the app gets nothing');
            ok(scalar($nginx->wait_for_log(qr/refused: no_subject: /)),
               'and the log says why');
        }
    }
}

is(get('/encoded', sub => "M\x{fc} "), 200, 'a subject, encoded');
is(sent('X-User'), 'M%C3%BC%20', 'what the app gets');

# all claims: of a JWT its payload, byte for byte; a header for every app

my $token = $issuer->token(name => "M\x{fc}ller\n", jti => 'all',
                           act => { sub => 'agent-7' });

for (1 .. 2) {
    is($http->get('/claims', token => $token)->status, 200, 'a JWT');
    is(sent('X-Claims'), (split /\./, $token)[1], 'its payload');
}

is(JSON::PP->new->utf8->decode(decode_base64url(sent('X-Claims')))->{act}{sub},
   'agent-7', 'which is JSON');

is(get('/claims', sub => undef), 200, 'a JWT without sub');
is(decode_base64url(sent('X-Claims')) =~ /"sub"/, '', 'has all others');

# of an opaque token the answer about it

sub opaque {
    my (%answer) = @_;

    return $issuer->opaque('o' . ++$number, {
        sub => 'alice', aud => 'https://app.test', %answer
    });
}

is($http->get('/claims', token => opaque(name => "M\x{fc}ller\n"))->status,
   200, 'an opaque token');

my $claims = JSON::PP->new->utf8->decode(decode_base64url(sent('X-Claims')));

like(sent('X-Claims'), qr/\A[\w-]+\z/a, 'opaque: base64url without padding');
is($claims->{sub}, 'alice', 'opaque: a claim');
is($claims->{name}, "M\x{fc}ller\n", 'opaque: every character');
is(sent('X-Percent'), 'M%C3%BCller%0A', 'opaque: a claim that is encoded');
ok($claims->{active}, 'opaque: the whole answer');

is($http->get('/claims', token => opaque(name => 'a' x 32000))->status, 200,
   'an answer of almost 32 KB');
like(sent('X-Claims'), qr/\A[\w-]{42000}/a, 'is sent');
is($http->get('/claims', token => opaque(name => 'a' x 33000))->status, 200,
   'a longer one');
is(sent('X-Claims'), '', 'is not');

# nothing of the client's gets through under these names

is($http->get('/claims', 'X-Claims' => 'mallory', 'x_claims' => 'mallory',
              token => $token)->status, 200, "the client's own field");
is(sent('X-Claims'), (split /\./, $token)[1], 'is replaced');

# nginx -t

my $other = OAuth::Test::Nginx->new(conf => '', AS => $issuer->url,
                                    UP => $upstream->port);

for my $bad ('encoding=utf8', 'encoding=UTF-8', 'encoding=', 'encoding=base64',
             'percent', 'Encoding=percent', 'encoding=$arg_x')
{
    my ($ok, $said) = $other->test_conf($conf =~ s/encoding=utf-8/$bad/r);
    my ($line) = map { $_ + 0 } $other->line_of($bad);

    ok(!$ok, "$bad is refused");
    like($said, qr/\[emerg\] .*"\Q$bad\E".*encoding=percent.*:$line$/m,
         'and what is possible');
}

ok(!($other->test_conf($conf =~ s/name encoding=utf-8/first name x/r))[0],
   'two values are refused');
ok(($other->test_conf($conf =~ s/encoding=utf-8/encoding=percent/r))[0],
   'encoding=percent is accepted');

finish();

#!/usr/bin/perl
#
# What the error log says about a refusal, for every reason: what came and what
# was wanted.  Where nothing was verified the line says "claims to be".  Text
# that strangers sent is quoted and cut.  Three of the reasons are also logged
# at the level "error": once a minute for each resource, counted over all
# workers, however often they occur.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP ();
use MIME::Base64 qw(encode_base64url);

use OAuth::Test;
use OAuth::Test::Clock;
use OAuth::Test::Token qw(assemble);

my $rsa = key('RS256');
my $ec = key('ES256');
my $stranger = key('ES256');
my $issuer = issuer(keys => [ $ec, $rsa ]);
my $strict = issuer();
my $broken = issuer();
my $url = $issuer->url;

$broken->answer($_ => status => 500) for qw(discovery openid);

my $conf = <<'EOT';
    oauth_issuer corp {
        issuer %%AS%%;
        key_refetch 1h;
        leeway 7s;
        max_token_lifetime 2h;
        algorithms ES256 RS256;
    }

    oauth_issuer strict { issuer %%STRICT%%; token_type at+jwt; }
    oauth_issuer broken { issuer %%BROKEN%%; }

    map $oauth_claim_team $team_scope {
        blue    "paint:blue paint:all";
        default "";
    }

    server {
        listen 127.0.0.1:%%PORT_main%% reuseport;
        server_name app.test;
        large_client_header_buffers 4 128k;

        oauth corp strict broken;
        oauth_resource https://app.test;

        location / { proxy_pass http://127.0.0.1:%%PORT_app%%; }

        location /listed {
            oauth_audience api://app "with space";
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /scope {
            oauth_scope read write|admin special;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /get {
            oauth_scope method=POST write;
            oauth_scope method=GET see;
            oauth_scope_advertise offline_access;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /map {
            oauth_scope $team_scope;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /own {
            oauth_scope user:$oauth_sub a|user:${oauth_sub};
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /owner {
            oauth_require owner root $oauth_sub x-$oauth_sub;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /require {
            oauth_require email_verified true;
            oauth_require role admin root;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /subject {
            oauth_header X-User $oauth_sub;
            oauth_header X-Sub sub;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /other {
            oauth corp;
            oauth_resource https://app.test/other;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /inner/ {
            oauth off;
            rewrite ^ /docs last;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\n";
    }
EOT

my @urls = (AS => $url, STRICT => $strict->url, BROKEN => $broken->url);
my $nginx = nginx($conf, @urls);
my $http = $nginx->http;


# Returns the one line that a request leaves in the log, beginning with the
# reason code.

sub line_of {
    my (@request) = @_;

    $nginx->mark;
    $http->get(@request);

    my @lines = $nginx->log_lines(qr/oauth: refused/);

    is(scalar @lines, 1, 'one line') or diag(@lines);

    my ($line) = ($lines[0] // '') =~ /oauth: refused: (.*), client: /;

    return $line // '';
}


sub token { return $issuer->token(@_) }

sub header { return $issuer->mint(header => { @_ }) }

sub bearer { return (Authorization => "Bearer $_[0]") }


is($http->get('/', token => token())->status, 200, 'the keys are there');
is($http->get('/', token => $strict->token)->status, 200, 'those, too');

my $jwt = join '.', map { encode_base64url($_) } '{"alg":"ES256"}', '[]', 'sig';
my $opaque = qr/: it is not a JWT and looks like an opaque token; configure the authorization server to issue JWT/;
my $corp = ', issuer "corp", kid "' . $ec->kid . '"';
my $nothing = ', issuer "", kid ""';
my $thumb = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I';

my @cases = (

    # the header

    [ 'no token', qr/^no_token: request has no access token$nothing$/, '/' ],
    [ 'Basic', qr/^no_token: .*: the scheme .* is Basic, Bearer is wanted/, '/',
      Authorization => 'Basic YTpi' ],
    [ 'DPoP', qr/^sender_constrained: .* is DPoP, Bearer is wanted/, '/',
      Authorization => 'dpop ' . token() ],
    [ 'no scheme', qr/^no_token: .* does not begin with Bearer and a space/,
      '/', Authorization => token() ],
    [ 'a password for a scheme', qr/^no_token: .* does not begin with Bearer/,
      '/', Authorization => 'open-sesame please' ],
    [ 'empty', qr/^malformed_request: .*: Bearer is not followed by a space/,
      '/', Authorization => 'Bearer' ],
    [ 'a tab', qr/^malformed_request: .*: Bearer is not followed by a space/,
      '/', Authorization => "Bearer\tabc" ],
    [ 'two words', qr/^malformed_request: .*: more than one word/, '/',
      bearer('a b') ],
    [ 'quotes', qr/^malformed_request: .*: the token has a character that no token may have, for example a quote/,
      '/', bearer('"' . token() . '"') ],
    [ 'opaque with colons', qr/^malformed_request: [^,]*$opaque/, '/',
      bearer('alice:cN5zKhrm_iM6ybcL:fc6gga1JnOCcpT1x') ],

    # the form

    [ 'opaque', qr/^malformed_token: [^,]*$opaque/, '/',
      bearer('GmSfFBaqOycDprYFMEFrIXLZjqOZpXcr') ],
    [ 'undefined', qr/^malformed_token: .*: it is a word that programs write/,
      '/', bearer('undefined') ],
    [ 'cut', qr/^malformed_token: .*: it does not have the three parts/, '/',
      bearer(token() =~ s/\.[^.]*\z//r) ],
    [ 'an array', qr/^malformed_token: .*: its payload is not a JSON object/,
      '/', bearer($jwt) ],
    [ 'typ', qr/^malformed_token: .*: its typ is not a string/, '/',
      token => header(typ => 7) ],
    [ 'kid', qr/^malformed_token: .*: its kid is not a string of 1 to 1024/,
      '/', token => header(kid => 'k' x 6000) ],
    [ 'encrypted', qr/^unsupported_token: .*: token claims to be encrypted/,
      '/', bearer('eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0.a.b.c.d') ],
    [ 'crit', qr/^unsupported_token: .*: token claims to have "crit" in its header, which is not accepted/,
      '/', token => header(crit => [ 'x' ]) ],

    # type, algorithm, issuer

    [ 'type', qr/^wrong_type: .*: token claims to be of type "dpop\+jwt", expected "at\+jwt", "JWT" or none$corp$/,
      '/', token => header(typ => 'dpop+jwt') ],
    [ 'type, one allowed', qr/^wrong_type: .*: token claims to be of type "JWT", expected "at\+jwt", issuer "strict"/,
      '/', token => $strict->mint(header => { typ => 'JWT' }) ],
    [ 'an empty type, one allowed', qr/^wrong_type: .*: token claims to be of type "", expected "at\+jwt",/,
      '/', token => $strict->mint(header => { typ => '' }) ],
    [ 'no type, one allowed', qr/^wrong_type: .*: token claims to be of no type, expected "at\+jwt",/,
      '/', token => $strict->mint(header => { typ => undef }) ],
    [ 'an ID token', qr/^wrong_type: .*: its claims are those of an ID token/,
      '/', token => $issuer->mint(header => { typ => 'JWT' },
                                  claims => { at_hash => 'x' }) ],
    [ 'an ID token with escapes', qr/^wrong_type: .*: token claims to be of type "a\\x22b", expected/,
      '/', token => $issuer->mint(header => { typ => 'a"b' },
                        claims => { at_hash => '"', sub => "\n" }) ],
    [ 'a logout token', qr/^wrong_type: .*: it has "events"/,
      '/', token => token(events => {}) ],
    [ 'an unknown algorithm', qr/^wrong_algorithm: .*: token claims to be signed with "HS256", allowed algorithms are RS256.*, ES256/,
      '/', token => header(alg => 'HS256') ],
    [ 'none', qr/^wrong_algorithm: .*: token claims to be signed with "none", allowed algorithms are/,
      '/', token => header(alg => 'none') ],
    [ 'an algorithm that is not allowed', qr/^wrong_algorithm: .*: token claims to be signed with "PS256", allowed algorithms are RS256, ES256$corp$/,
      '/', token => header(alg => 'PS256') ],
    [ 'no algorithm', qr/^wrong_algorithm: .*: token names no algorithm, allowed algorithms are/,
      '/', token => header(alg => undef) ],
    [ 'issuer', qr/^unknown_issuer: .*: token claims to be from "https:\/\/evil\.test", trusted issuers are "\Q$url\E", "[^"]+", "[^"]+", issuer ""/,
      '/', token => token(iss => 'https://evil.test') ],
    [ 'a slash more', qr/^unknown_issuer: .*: token claims to be from "\Q$url\E\/", trusted issuers are .*; only a slash at the end is different/,
      '/', token => token(iss => "$url/") ],
    [ 'no issuer', qr/^unknown_issuer: .*: token has no iss, trusted issuers are "/,
      '/', token => token(iss => undef) ],
    [ 'no keys', qr/^keys_unavailable: .*: token claims to be from "\Q@{[ $broken->url ]}\E", issuer "broken"/,
      '/', token => $broken->token ],

    # keys

    [ 'key', qr/^unknown_key: .*: token claims to be from "\Q$url\E" and signed with ES256, the issuer's key ids are "\Q@{[ $ec->kid ]}\E", "\Q@{[ $rsa->kid ]}\E", issuer "corp", kid "nobody"$/,
      '/', token => header(kid => 'nobody') ],
    [ 'no kid, no key', qr/^unknown_key: .*: token claims to be from "[^"]+" and signed with RS256, it has no kid, and no key of the issuer is for that algorithm, issuer "strict", kid ""$/,
      '/', token => $strict->mint(key => $rsa, header => { kid => undef }) ],
    [ 'mismatch', qr/^key_mismatch: .*: token claims to be from "\Q$url\E" and signed with ES256, the key is for RS256, issuer/,
      '/', token => header(kid => $rsa->kid) ],
    [ 'signature', qr/^bad_signature: .*: token claims to be from "\Q$url\E" and signed with ES256$corp$/,
      '/', token => $issuer->mint(key => $stranger,
                                  header => { kid => $ec->kid }) ],

    # claims

    [ 'exp', qr/^malformed_claims: .*: exp is not a time in seconds, as a number$corp$/,
      '/', token => token(exp => 'tomorrow') ],
    [ 'aud', qr/^malformed_claims: .*: aud is neither a string nor an array/,
      '/', token => token(aud => { a => 1 }) ],
    [ 'iss', qr/^malformed_claims: .*: iss is not a string/,
      '/', token => token(iss => [ 7 ]) ],
    [ 'sub', qr/^malformed_claims: .*: sub is not a string/,
      '/', token => token(sub => 4711) ],
    [ 'no exp', qr/^no_expiry: access token has no exp$corp$/,
      '/', token => token(exp => undef) ],
    [ 'expired', qr/^expired: .*: exp was (?:99[89]|100\d) s ago, leeway is 7 s$corp$/,
      '/', token => token(exp => time - 999) ],
    [ 'nbf', qr/^not_yet_valid: .*: nbf is in 9\d\d s, leeway is 7 s$corp$/,
      '/', token => token(nbf => time + 999) ],
    [ 'iat', qr/^not_yet_valid: .*: iat is in 9\d\d s, leeway is 7 s$corp$/,
      '/', token => token(iat => time + 999, exp => time + 2000) ],
    [ 'lifetime', qr/^lifetime_too_long: .*: exp is 9000 s after iat, max_token_lifetime is 7200 s$corp$/,
      '/', token => token(iat => time - 10, exp => time + 8990) ],
    [ 'lifetime without iat', qr/^lifetime_too_long: .*: exp is in (?:899\d|9000) s and there is no iat, max_token_lifetime is 7200 s/,
      '/', token => token(iat => undef, exp => time + 9000) ],
    [ 'the end of time', qr/^lifetime_too_long: .*: exp is \d+ s after iat/,
      '/', token => token(exp => 1e300) ],
    [ 'DPoP', qr/^sender_constrained: .*: its cnf names a key of DPoP \(jkt\)$corp$/,
      '/', token => token(cnf => { jkt => $thumb }) ],
    [ 'a certificate', qr/^sender_constrained: .*: its cnf names a client's TLS/,
      '/', token => token(cnf => { 'x5t#S256' => $thumb }) ],
    [ 'another key', qr/^sender_constrained: .*: its cnf names neither a key of DPoP \(jkt\) nor a client's TLS certificate \(x5t#S256\)$corp$/,
      '/', token => token(cnf => { jwk => { kty => 'plumber' } }) ],

    # what the location demands

    [ 'no audience', qr/^no_audience: .*: expected "https:\/\/app\.test" or a URL below it$corp$/,
      '/', token => token(aud => undef) ],
    [ 'audience', qr/^wrong_audience: .*: token is for "https:\/\/wiki\.test", expected "https:\/\/app\.test" or a URL below it$corp/,
      '/', token => token(aud => 'https://wiki.test') ],
    [ 'audiences', qr/^wrong_audience: .*: token is for "a", "b", expected "https:\/\/app\.test" or a URL below it, or "api:\/\/app", "with\\x20space"$corp/,
      '/listed', token => token(aud => [ 'a', 'b' ]) ],
    [ 'scopes', qr/^insufficient_scope: .*: missing scopes are "write\|admin", "special", granted scopes are "read", "see"$corp$/,
      '/scope', token => token(scope => 'read see') ],
    [ 'one of them', qr/^insufficient_scope: .*: missing scopes are "special", granted scopes are "admin", "read"$corp$/,
      '/scope', token => token(scope => 'admin read') ],
    [ 'no scope', qr/^insufficient_scope: .*: missing scopes are "see", granted scopes are none$corp$/,
      '/get', token => token(scope => undef) ],
    [ 'scopes by a map', qr/^insufficient_scope: .*: missing scopes are "\$team_scope", granted scopes are "paint:all"$corp$/,
      '/map', token => token(team => 'blue', scope => 'paint:all') ],
    [ 'a map without any', qr/^insufficient_scope: .*: missing scopes are "\$team_scope", whose value is empty or too long, granted scopes are/,
      '/map', token => token(team => 'red') ],
    [ 'scopes with the subject', qr/^insufficient_scope: .*: missing scopes are "user:\$oauth_sub", "a\|user:\$\{oauth_sub\}", granted scopes are "read"$corp$/,
      '/own', token => token(scope => 'read') ],
    [ 'another subject', qr/^insufficient_scope: .*: missing scopes are "user:\$oauth_sub", granted scopes are "a"$corp$/,
      '/own', token => token(sub => 'joe-the-plumber', scope => 'a') ],
    [ 'requirement', qr/^requirement_not_met: .*: the claim "role" must be one of "admin", "root", the token has another value$corp$/,
      '/require', token => token(email_verified => JSON::PP::true,
                                 role => 'joe-the-plumber') ],
    [ 'a requirement by variable', qr/^requirement_not_met: .*: the claim "owner" must be one of "root", "\$oauth_sub", "x-\$oauth_sub", the token has another value$corp$/,
      '/owner', token => token(owner => 'joe-the-plumber') ],
    [ 'the first of them', qr/^requirement_not_met: .*: the claim "email_verified" must be one of "true", the token does not have it$corp$/,
      '/require', token => token() ],
    [ 'no subject', qr/^no_subject: .*: an oauth_header forwards its sub$corp$/,
      '/subject', token => token(sub => undef) ],
    [ 'an odd subject', qr/^no_subject: .*: an oauth_header forwards its sub, which is not a valid header value$corp$/,
      '/subject', token => token(sub => "joe\nthe-plumber") ],
);

for (@cases) {
    my ($name, $pattern, @request) = @$_;
    my $line = line_of(@request);

    like($line, $pattern, $name);
    unlike($line, qr/alice|open-sesame|plumber|YTpi/, "$name: nobody's data");
}


# Text that strangers sent.

for (
    [ "a\r\nb", 'a\x0D\x0Ab' ], [ 'a"b', 'a\x22b' ], [ 'a\\b', 'a\x5Cb' ],
    [ "\x1b[31m", '\x1B[31m' ], [ "\xe9", '\xC3\xA9' ], [ '%s%n', '%s%n' ],
    [ 'joe@corp.test', '...@corp.test' ],
    [ 'k' x 128, 'k' x 128 ], [ 'k' x 129, ('k' x 128) . '...' ],
    [ 'k' x 6000, ('k' x 128) . '...' ], [ "\n" x 6000, ('\x0A' x 32) . '...' ],
) {
    my ($given, $logged) = @$_;
    my $short = length $given > 40 ? length($given) . ' bytes' : $logged;
    my $quoted = qr/"\Q$logged\E"/;

    like(line_of('/', token => token(iss => $given)),
         qr/^unknown_issuer: .*from $quoted, trusted issuers/, "iss: $short");
    like(line_of('/', token => token(aud => [ $given ])),
         qr/^wrong_audience: .*for $quoted, expected/, "aud: $short");
    like(line_of('/', token => header(typ => $given)),
         qr/^wrong_type: .*of type $quoted, expected/, "typ: $short");
    like(line_of('/', token => header(alg => $given)),
         qr/^wrong_algorithm: .*signed with $quoted, allowed/, "alg: $short");
    like(line_of('/scope', token => token(scope => [ $given, 'read' ])),
         qr/^insufficient_scope: .*missing scopes are .*, granted scopes are /,
         "scope: $short");
}

# bytes that are not UTF-8 are not JSON

like(line_of('/', token => assemble(qq({"alg":"ES256"}),
                                    qq({"iss":"\xff\xfe"}),
                                    sub { encode_base64url('sig') })),
     qr/^malformed_token: .*its payload is not a JSON object/,
     'iss: no UTF-8');

# the limit for all values of a token together

my $line = line_of('/', token => $issuer->mint(
    header => { kid => $ec->kid },
    claims => { aud => [ map { $_ x 900 } 'a' .. 'z' ] }));
my ($came) = $line =~ /: token is for(.*), expected/;

$came //= '';
cmp_ok(length $came, '<', 400, 'many long audiences are cut');
like($came, qr/^ "a+\.\.\.", "b+\.\.\.", "c+\.\.\.", \.\.\.\z/,
     'the first of them are there');
like($line, qr/expected "https:\/\/app\.test"/, 'and what was wanted');

$line = line_of('/scope', token => token(scope => join ' ', map { "s$_" }
                                         1 .. 4000));

cmp_ok(length $line, '<', 700, 'many scopes are cut');
like($line, qr/missing scopes are "read", "write\|admin", "special", granted scopes are "s1", /,
     'the first of them are there');


# A token from the cache gets the same line.

my $known = token(scope => 'see');

is($http->get('/get', token => $known)->status, 200, 'a token for one place');
like(line_of('/scope', token => $known),
     qr/missing scopes are "read", "write\|admin", "special", granted scopes are "see"$corp$/,
     'at another');


# The level "error": the first line of each reason and resource, counted over
# all workers.

sub flood {
    my ($times, @kinds) = @_;

    my @requests = map { my @kind = @$_; (\@kind) x $times } @kinds;

    while (my @some = splice @requests, 0, 40) {
        finish_all(map { $http->start('GET', @$_) } @some);
    }

    return;
}


sub told {
    my ($pattern) = @_;

    return scalar(my @lines = $nginx->log_lines(qr/oauth: refused: $pattern/));
}


# This many lines, and as many again for each minute that a slow machine took.

sub is_told {
    my ($pattern, $count, $since, $name) = @_;

    my $told = told($pattern);
    my $most = $count * (1 + int((time - $since) / 60));

    ok($told >= $count && $told <= $most, $name)
        or diag("$told lines, between $count and $most are right");

    return;
}


my @kinds = map { my $path = $_; (
    [ $path, token => token(aud => 'https://wiki.test') ],
    [ $path, token => token(iss => 'https://evil.test') ],
    [ $path, bearer('GmSfFBaqOycDprYFMEFrIXLZjqOZpXcr') ],
) } '/', '/other';

$nginx = nginx($conf, @urls, log => 'error', workers => 4);
$http = $nginx->http;

is($http->get('/', token => token())->status, 200, 'keys, at another nginx');

my $since = time;

flood(30, @kinds, [ '/', token => token(exp => 1) ], [ '/' ]);

for my $code (qw(wrong_audience unknown_issuer malformed_token)) {
    is_told($code, 2, $since, "$code: one line for each resource");
}

is_told('.*', 6, $since, 'no other line at the default level');
is(told('.*, all of them at level info, client: '), told('.*'),
   'each says where the others are');

# other text in the token does not make another kind of refusal

flood(1, map { [ '/', token => token(aud => "https://a$_.test") ],
               [ '/', token => token(iss => "https://a$_.test") ],
               [ '/', bearer("opaque-$_") ] } 1 .. 50);
is_told('.*', 6, $since, 'however the tokens differ');

ok($nginx->reload, 'a reload');
flood(5, @kinds);
is_told('.*', 6, $since, 'does not start it anew');

# many resources: the number of lines in a minute is bounded

my $many = join '', map { <<"LOCATION" } 1 .. 80;
        location /r$_ {
            oauth_resource https://app.test/r$_;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }
LOCATION

$nginx = nginx($conf =~ s/(?=        location \/inner)/$many/r, @urls,
               log => 'error', workers => 2);
$http = $nginx->http;
$http->get('/', token => token());
$since = time;
flood(2, map { [ "/r$_", token => token(aud => 'https://wiki.test') ] }
      1 .. 80);
is_told('wrong_audience', 56, $since, 'a bound for all of them together');

# at a higher log level: nothing is logged, not even these lines

$nginx = nginx($conf, @urls, log => 'crit');
$http = $nginx->http;
flood(2, @kinds);
is($nginx->log_lines(qr/refused/), 0, 'nothing at crit');


# Once a minute.

SKIP: {
    my $missing = OAuth::Test::Clock->is_missing;
    skip($missing, 1) if $missing;

    my $clock = OAuth::Test::Clock->new(monotonic => 1);

    $nginx = nginx($conf, @urls, log => 'error', workers => 2, $clock->options);
    $http = $nginx->http;

    my @kind = [ '/', bearer('opaque') ];

    flood(20, @kind);
    is(told('malformed_token'), 1, 'one');

    $clock->set(50);
    flood(20, @kind);
    is(told('malformed_token'), 1, 'still one after 50 s');

    $clock->set(70);
    flood(20, @kind);
    is(told('malformed_token'), 2, 'another after a minute');
}

finish();

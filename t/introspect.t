#!/usr/bin/perl
#
# Introspection (RFC 7662): who is asked about an opaque token, how often, with
# which credentials; what a good answer gives the request; which answers refuse
# it; what happens when no answer comes.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP ();
use MIME::Base64 qw(encode_base64);

use OAuth::Test;

my $json = JSON::PP->new->canonical;
my ($true, $false) = (JSON::PP::true, JSON::PP::false);

my $as = issuer();
my $second = issuer();
my $bare = issuer();
my $always = issuer();
my $fresh = issuer();
my $nowhere = issuer();

$_->metadata(introspection_endpoint => $_->url . '/introspect')
    for $as, $second, $always, $fresh;
$bare->metadata(introspection_endpoint => $bare->url . '/introspect',
                jwks_uri => undef);

my $conf = <<'EOT';
    oauth_issuer as {
        issuer %%AS%%; introspect opaque;
        client_id mcp; client_secret_file %%DIR%%/secret;
        introspection_cache 2s;
    }
    oauth_issuer second {
        issuer %%SECOND%%; introspect opaque;
        client_id mcp; client_secret_file %%DIR%%/secret; client_auth post;
    }
    oauth_issuer bare { issuer %%BARE%%; introspect opaque; client_auth none; }
    oauth_issuer always { issuer %%ALWAYS%%; introspect always; client_auth none; introspection_cache 1s; }
    oauth_issuer fresh { issuer %%FRESH%%; introspect opaque; client_auth none; introspection_cache 0; }
    oauth_issuer nowhere { issuer %%NOWHERE%%; introspect opaque; client_auth none; }
    oauth_issuer jwt { issuer %%SECOND%%; }

    log_format oauth '$oauth_result $oauth_token_kind $oauth_sub';
    limit_req_zone $oauth_sub zone=agents:1m rate=1000r/s;

    map $oauth_claim_team $who { default "none"; "red" "the red team"; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        access_log %%DIR%%/access.log oauth;

        oauth as;
        oauth_resource https://app.test;
        oauth_audience off;
        oauth_header X-User $oauth_sub;
        oauth_header X-Scope $oauth_scope;
        oauth_header X-Kind $oauth_token_kind;
        oauth_header X-Team $oauth_claim_team;
        oauth_header X-Client $oauth_client_id;

        location / { proxy_pass http://127.0.0.1:%%UP%%; }
        location /audience { oauth_audience https://app.test; proxy_pass http://127.0.0.1:%%UP%%; }
        location /scope { oauth_scope write; proxy_pass http://127.0.0.1:%%UP%%; }
        location /team { oauth_require team red; proxy_pass http://127.0.0.1:%%UP%%; }
        location /two { oauth second as; proxy_pass http://127.0.0.1:%%UP%%; }
        location /with_dead { oauth nowhere as; proxy_pass http://127.0.0.1:%%UP%%; }
        location /bare { oauth bare; proxy_pass http://127.0.0.1:%%UP%%; }
        location /always { oauth always; proxy_pass http://127.0.0.1:%%UP%%; }
        location /fresh { oauth fresh; proxy_pass http://127.0.0.1:%%UP%%; }
        location /nowhere { oauth nowhere; proxy_pass http://127.0.0.1:%%UP%%; }
        location /jwt { oauth jwt; proxy_pass http://127.0.0.1:%%UP%%; }
        location /held { post_action /after; proxy_pass http://127.0.0.1:%%UP%%; }
        location /after { oauth second; proxy_pass http://127.0.0.1:%%UP%%/after; }
        location /limited { limit_req zone=agents burst=100 nodelay; proxy_pass http://127.0.0.1:%%UP%%; }
        location /ruled { if ($oauth_claim_team = red) { return 204; } proxy_pass http://127.0.0.1:%%UP%%; }
        location /redirected { rewrite ^ /scope last; }
        location /sub { oauth off; auth_request /inner; proxy_pass http://127.0.0.1:%%UP%%; }
        location = /inner { internal; proxy_pass http://127.0.0.1:%%UP%%; }
    }
EOT

my $upstream = upstream();
my $nginx = OAuth::Test::Nginx->new(conf => $conf, AS => $as->url,
    SECOND => $second->url, BARE => $bare->url, ALWAYS => $always->url,
    FRESH => $fresh->url, NOWHERE => $nowhere->url, UP => $upstream->port,
    workers => 4);

$nginx->write_file('secret', "s:e+c r%t/=\n");
chmod 0600, $nginx->dir . '/secret';
$nginx->start;

my $http = $nginx->http;


sub get {
    my ($path, $token) = @_;

    return $http->get($path, token => $token);
}


# The values of a header field of the last request that the app got.

sub sent {
    my ($name) = @_;

    return join '|', map { $_->[1] } grep { lc $_->[0] eq lc $name }
                     @{ ($upstream->requests)[-1]{headers} };
}


sub refused {
    my ($path, $token, $status, $reason, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $before = $upstream->count;

    $nginx->mark;

    my $response = get($path, $token);

    is($response->status, $status, "$name: status");
    is($upstream->count, $before, "$name: the app gets nothing");
    ok(scalar($nginx->wait_for_log(qr/refused: \Q$reason\E: /)),
       "$name: $reason");

    return $response;
}


# a good token: asked once, with the client's credentials

$as->opaque('good-1', { sub => 'alice', scope => 'read write', team => 'red',
                        client_id => 'agent', aud => 'https://app.test' });

my $response = get('/', 'good-1');

is($response->status, 200, 'an active token is accepted');

is(sent('X-User'), 'alice', 'with its subject');
is(sent('X-Scope'), 'read write', 'its scopes');
is(sent('X-Kind'), 'opaque', 'its kind');
is(sent('X-Team'), 'red', 'a claim that was selected');
is(sent('X-Client'), 'agent', 'its client');
is(sent('Authorization'), '', 'and without the token');

my ($question) = $as->questions;

is($question->{token}, 'good-1', 'the server was asked about the token');
is($question->{token_type_hint}, 'access_token', 'as an access token');
is($question->{authorization}, 'Basic ' . encode_base64('mcp:s%3Ae%2Bc%20r%25t%2F%3D', ''),
   'with id and secret, form-encoded');

get($_, 'good-1') for ('/') x 12;
cmp_ok(scalar($as->questions), '<=', 4, 'and not again for other requests');

is(get('/audience', 'good-1')->status, 200, 'its audience counts');
is(get('/scope', 'good-1')->status, 200, 'and its scopes');
is(get('/team', 'good-1')->status, 200, 'and its claims');
is(get('/limited', 'good-1')->status, 200, 'limit_req knows its subject');
is(get('/redirected', 'good-1')->status, 200, 'after an internal redirect');
is(get('/ruled', 'good-1')->status, 204, 'a rewrite rule reads its claim');
is(get('/sub', 'good-1')->status, 200, 'a subrequest has it');

$as->opaque('plain', { sub => 'bob', scope => 'read', team => 'blue' });

is(get('/', 'plain')->status, 200, 'another token');
is(sent('X-User'), 'bob', 'is another user');
refused('/scope', 'plain', 403, 'insufficient_scope', 'a missing scope');
refused('/team', 'plain', 403, 'requirement_not_met', 'another team');
refused('/audience', 'plain', 401, 'no_audience', 'no audience');
is(get('/ruled', 'plain')->status, 200, 'the rule finds another claim');
is(get('/ruled', $as->opaque('new-1', { team => 'red', sub => 'x' }))->status,
   204, 'a rule waits for the answer');

# refused by what the answer says

my @refusals = (
    [ 'inactive', 'inactive', undef ],
    [ 'active, as a string', 'introspection_unavailable',
      { active => 'true' } ],
    [ 'active, as a number', 'introspection_unavailable', { active => 1 } ],
    [ 'no active', 'introspection_unavailable', { active => undef } ],
    [ 'another issuer', 'unknown_issuer', { iss => $second->url },
      'its iss is another issuer' ],
    [ 'a refresh token', 'wrong_type', { token_type => 'refresh_token' },
      'it says that this is a refresh token or an ID token' ],
    [ 'a refresh token by use', 'wrong_type', { token_use => 'refresh_token' } ],
    [ 'expired', 'expired', { exp => time - 100 } ],
    [ 'not valid yet', 'not_yet_valid', { nbf => time + 1000 } ],
    [ 'bound to a key', 'sender_constrained', { cnf => { jkt => 'x' } } ],
    [ 'a subject that is a number', 'malformed_claims', { sub => 7 },
      'sub is not a string' ],
);

for (@refusals) {
    my ($name, $reason, $members, $why) = @$_;
    my $token = $name =~ s/[^a-z]/-/gr;

    $as->opaque($token, $members && { sub => 'eve', %$members });

    my $status = $reason eq 'introspection_unavailable' ? 503 : 401;
    my $refusal = refused('/', $token, $status, $reason, $name);

    if ($why) {
        ok(scalar($nginx->wait_for_log(
               qr/oauth: issuer "as" calls a token active, but its answer is not accepted \($reason\): \Q$why\E/)),
           "$name: the log says what it was in the answer");
    }

    if ($status == 503) {
        is($refusal->header('WWW-Authenticate'), undef, "$name: no challenge");
        like($refusal->header('Retry-After'), qr/\A\d+\z/, "$name: retry");
    }
}

is(get('/', $as->opaque('early', { sub => 'ann', exp => undef }))->status,
   200, 'a token without exp');

# every good answer differs from these in one thing

is(get('/', $as->opaque('same', { sub => 'eve', token_type => 'Bearer' }))
       ->status, 200, 'a token of the type Bearer');

# a revoked token is refused when the answer is older than introspection_cache

$as->opaque('revoked', { sub => 'mallory' });
is(get('/', 'revoked')->status, 200, 'a token before its revocation');
$as->opaque('revoked', undef);
wait_until(sub { get('/', 'revoked')->status == 401 }, 10)
    or diag 'still accepted';
is(get('/', 'revoked')->status, 401, 'and after it');

# several issuers

$second->opaque('theirs', { sub => 'carol' });
is(get('/two', 'theirs')->status, 200, 'the first issuer knows the token');
($question) = grep { $_->{token} eq 'theirs' } $second->questions;
is($question->{client_secret}, 's:e+c r%t/=', 'its secret is in the form');
is($question->{authorization}, '', 'and not in a header');
is((grep { $_->{token} eq 'theirs' } $as->questions), 0,
   'the second issuer is not asked');
is(get('/two', $as->opaque('ours', { sub => 'dan' }))->status, 200,
   'the second issuer knows the token');
refused('/two', 'nobodys', 401, 'inactive', 'nobody knows the token');
is(get('/with_dead', $as->opaque('alive', { sub => 'dan' }))->status, 200,
   'an issuer that cannot be asked does not matter if another says active');
refused('/with_dead', 'nobodys', 503, 'introspection_unavailable',
        'and it does if none says so');
refused('/', 'theirs', 401, 'inactive', 'where that issuer is not trusted');
refused('/nowhere', 'any', 503, 'introspection_unavailable',
        'an issuer without an endpoint');

my @lines = map { s/.*?(?=\[(?:error|warn)\])//r }
    grep { /no answer from issuer "nowhere"/ } split /\n/, $nginx->log;
my $no_answer = qr/\d+#\d+: oauth: nginx has no answer from issuer "nowhere" about a token: its metadata has no introspection_endpoint: set the directive of that name; a request with this token gets 503 unless another issuer accepts it/;

like($lines[0], qr/\A\[error\] $no_answer; at most one such line a minute appears at this level, all others at level warn\z/,
     'the log says who lacks the answer, why, and what follows');
cmp_ok(scalar @lines, '>', 1, 'each time');
like($_, qr/\A\[warn\] $no_answer\z/, 'later at a lower level')
    for @lines[1 .. $#lines];

# without keys

is(get('/bare', $bare->opaque('keyless', { sub => 'gus' }))->status, 200,
   'an issuer without a key set');
refused('/bare', $bare->mint(claims => { sub => 'gus' }), 401, 'unknown_key',
        'whose JWT no key verifies');

# JWTs are not asked about, unless the issuer says always

my $jwt = $as->token(sub => 'jim', aud => 'https://app.test');
my $asked = () = $as->questions;
is(get('/', $jwt)->status, 200, 'a JWT of the same issuer');
is(sent('X-Kind'), 'jwt', 'is a JWT');
is(scalar(() = $as->questions), $asked, 'about which nobody is asked');
refused('/jwt', 'opaque-1', 401, 'malformed_token', 'where nothing introspects');

$jwt = $always->token(sub => 'kim', exp => time + 200);
refused('/always', $jwt, 401, 'inactive', 'a JWT that its issuer has ended');

$jwt = $always->token(sub => 'lee', jti => 1);
$always->opaque($jwt, { sub => 'lee' });
is(get('/always', $jwt)->status, 200, 'a JWT that is active');
is(sent('X-Kind'), 'jwt', 'and stays a JWT');
$always->opaque($jwt, undef);
wait_until(sub { get('/always', $jwt)->status == 401 }, 10);
is(get('/always', $jwt)->status, 401, 'and is refused once it is not');

$jwt = $always->token(sub => 'lee', jti => 2);
$always->opaque($jwt, { sub => 'another' });
refused('/always', $jwt, 401, 'introspection_mismatch', 'another subject');
$asked = () = $always->questions;

my $forged = $jwt;
substr($forged, -20, 1) = substr($forged, -20, 1) eq 'A' ? 'B' : 'A';
refused('/always', $forged, 401, 'bad_signature', 'a forged JWT');
is(scalar(() = $always->questions), $asked, 'about which nobody is asked');

# The client leaves while its request waits, and nginx sends the request to
# another location.  The answer of the first issuer does not count there.

for ([ 'held-1', undef, 'inactive', 0 ], [ 'held-2', { sub => 'x' }, undef, 1 ])
{
    my ($token, $there, $reason, $count) = @$_;

    $as->opaque($token, { sub => 'mia' });
    $second->opaque($token, $there);
    $as->answer('/introspect' => hold => $token);

    my $before = $upstream->count;

    $nginx->mark;

    my $request = $nginx->http->start('GET', '/held', token => $token);

    wait_until(sub { grep { $_->{token} eq $token } $as->questions }, 10);
    $request->close;

    if ($reason) {
        ok(scalar($nginx->wait_for_log(qr/refused: $reason: .*, request/)),
           'the other location asks its own issuer');
    } else {
        wait_until(sub { $upstream->count == $before + $count }, 10);
    }

    $as->raise_flag($token);
    wait_until(sub { $as->normal; 1 }, 1);
    $as->metadata(introspection_endpoint => $as->url . '/introspect');
    get('/', 'good-1');
    is(scalar(grep { $_->{line} =~ m{ /after} } $upstream->requests), $count,
       'and obeys its answer');
}

# every request asks

$fresh->opaque('often', { sub => 'flo' });
get('/fresh', 'often') for 1 .. 5;
is(scalar(() = $fresh->questions), 5, 'introspection_cache 0 asks each time');

# what is in no log

my $log = $nginx->log;
unlike($log, qr/good-1|s:e\+c|s%3A|bWNwOnM/, 'neither tokens nor secrets in the log');

finish();

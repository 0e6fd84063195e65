#!/usr/bin/perl
#
# Revocation by the inputs "admin" and "token": what each kind of entry ends,
# and what it does not; who may revoke, and what a refusal says; that every
# worker obeys at once, and that nothing is lost by a restart.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/style";

use JSON::PP ();

use OAuth::Test;
use Source qw(slurp top);

my $json = JSON::PP->new->canonical;

my $as = issuer();
my $other = issuer();
my $opaque = issuer();
my $double = issuer();
my $upstream = upstream();

$_->metadata(introspection_endpoint => $_->url . '/introspect')
    for $opaque, $double;

my $conf = <<'EOT';
    oauth_revocation_store %%STORE%% size=32m;

    oauth_issuer as { issuer %%AS%%; }
    oauth_issuer other { issuer %%OTHER%%; session_claim ext.session; }
    oauth_issuer opaque { issuer %%OPAQUE%%; introspect opaque; client_auth none; }
    oauth_issuer double { issuer %%DOUBLE%%; introspect opaque; client_auth none; }
    oauth_issuer patient { issuer %%AS%%; leeway 10m; }

    log_format oauth '$uri $oauth_result';

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        access_log %%DIR%%/access.log oauth;

        oauth as other opaque;
        oauth_resource https://app.test;
        oauth_audience https://also.test;

        location / { proxy_pass http://127.0.0.1:%%UP%%; }

        location /double { oauth double; proxy_pass http://127.0.0.1:%%UP%%; }
        location /patient { oauth patient; proxy_pass http://127.0.0.1:%%UP%%; }

        location = /revoke { oauth off; oauth_revoke token; }

        location = /if {
            oauth off;
            oauth_revoke token;
            if ($arg_on) { set $nothing 1; }
        }

        location = /admin {
            oauth as;
            oauth_scope revoke;
            oauth_revoke admin;
        }

        location = /plain {
            oauth as;
            oauth_scope revoke;
            oauth_revoke admin token audit=plain;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_local%%;
        server_name local.test;

        location = /admin { oauth_revoke admin; }
        location = /status { oauth_status; }

        location = /any {
            oauth as;
            oauth_resource https://app.test;
            satisfy any;
            allow 127.0.0.1;
            deny all;
            oauth_revoke admin;
        }
    }
EOT

my $nginx = OAuth::Test::Nginx->new(conf => $conf, AS => $as->url,
    OTHER => $other->url, OPAQUE => $opaque->url, DOUBLE => $double->url,
    UP => $upstream->port,
    workers => 4);

$nginx->{STORE} = $nginx->make_folder('store');
$nginx->start;

my $local = $nginx->http('local');
my $http = $nginx->http;


sub status {
    my ($token) = @_;

    return $http->get('/', token => $token)->status;
}


# The statuses of several requests with a token, which reach several workers.

sub statuses {
    my ($token) = @_;

    my %statuses = map { (status($token) => 1) } 1 .. 8;

    return join ' ', sort keys %statuses;
}


sub post {
    my ($path, $content, %options) = @_;

    my $client = delete $options{http} // $local;
    my $type = delete $options{type} // 'application/json';

    return $client->request('POST', $path, 'Content-Type' => $type, %options,
                            body => ref $content ? $json->encode($content)
                                                 : $content);
}


sub revoke {
    my (%members) = @_;

    return post('/admin', { issuer => $as->url, %members })->status;
}


sub form {
    my ($token, $path) = @_;

    return post($path // '/revoke', "token=$token&token_type_hint=access_token",
                http => $http, type => 'application/x-www-form-urlencoded');
}


# In the past, so that the tokens of the next test are not cut off, too.

my $second = time - 1000;

sub old { return (iat => $second, exp => time + 600) }


# each kind of entry: what it ends, next to what differs in one thing

for my $case (
    [ 'subject', { subject => 'bob' }, { sub => 'bob' }, { sub => 'bobby' } ],
    [ 'client', { client_id => 'bot' }, { client_id => 'bot' },
      { client_id => 'Bot' } ],
    [ 'client by azp', { client_id => 'agent-azp' },
      { client_id => undef, azp => 'agent-azp', cid => 'other' },
      { client_id => 'first', azp => 'agent-azp' } ],
    [ 'client by cid', { client_id => 'agent-cid' },
      { client_id => undef, cid => 'agent-cid' },
      { client_id => undef, azp => 'first', cid => 'agent-cid' } ],
    [ 'a client that is a number', { client_id => '77' },
      { client_id => 77 }, { client_id => 78 } ],
    [ 'subject and client by azp', { subject => 'eva', client_id => 'cli' },
      { sub => 'eva', client_id => undef, azp => 'cli' },
      { sub => 'eva', client_id => undef, azp => 'web' } ],
    [ 'subject and client', { subject => 'eve', client_id => 'cli' },
      { sub => 'eve', client_id => 'cli' },
      { sub => 'eve', client_id => 'web' } ],
    [ 'session', { session => 's1' }, { sid => 's1' }, { sid => 's2' } ],
    [ 'resource', { resource => 'https://also.test' },
      { aud => [ 'https://app.test', 'https://also.test' ] },
      { aud => [ 'https://app.test' ] } ],
    [ 'token id', { token_id => 'id-1' }, { jti => 'id-1' },
      { jti => 'id-2' } ],
    [ 'a token id that is a number', { token_id => '12345' },
      { jti => 12345 }, { jti => 12346 } ],
    [ 'a session that is a number', { session => '4711' }, { sid => 4711 },
      { sid => 4712 } ],
) {
    my ($name, $members, $claims, $others) = @$case;

    my $token = $as->token(old(), %$claims);
    my $twin = $as->token(old(), %$others);
    my $foreign = $other->token(old(), %$claims);

    is(statuses($_), '200', "$name: good before") for $token, $twin, $foreign;
    is(revoke(%$members), 204, "$name: accepted");
    is(statuses($token), '401', "$name: no worker accepts the token");
    is(statuses($twin), '200', "$name: another one stays good");
    is(statuses($foreign), '200', "$name: another issuer's stays good");
}

{
    my $key = $as->{keys}[0];
    my $kept = key('ES256');

    $as->keys($key, $kept);
    $nginx->reload;

    my $token = $as->token(old());
    my $nameless = $as->mint(header => { kid => undef },
                             claims => { old() });
    my $twin = $as->mint(key => $kept, claims => { old() });

    is(statuses($_), '200', 'key: good before') for $token, $nameless, $twin;
    is(revoke(key_id => $key->kid), 204, 'key: accepted');
    is(statuses($token), '401', 'key: no worker accepts its tokens');
    is(statuses($nameless), '401', 'key: nor one that does not name the key');
    is(statuses($twin), '200', "key: another key's token stays good");

    $as->keys($kept);
}


# the cut: inclusive, and 5 seconds from now, unless "before" says otherwise

{
    my $now = time;
    my ($at, $after) = map { $as->token(sub => 'cut', iat => $_,
                                        exp => $now + 600) }
                       $now - 100, $now - 99;
    my $without = $as->token(sub => 'cut', iat => undef);

    is(revoke(subject => 'cut', before => $now - 100), 204, 'before: accepted');
    is(status($at), 401, 'before: a token that was issued then is revoked');
    is(status($after), 200, 'before: one of a second later is good');
    is(status($without), 401, 'before: one without iat is revoked');

    is(revoke(subject => 'cut', before => $now - 500), 204, 'an earlier cut');
    is(status($at), 401, 'an earlier cut takes nothing back');

    is(revoke(subject => 'cut'), 204, 'the default cut');
    is(status($as->token(sub => 'cut')), 401,
       'a token that is issued right after the revocation is revoked');
    is(status($as->token(sub => 'cut', iat => time + 10, exp => time + 600)),
       200, 'one that is issued 10 seconds later is good');
}


# the holder of a token

{
    my $token = $as->token;
    my $twin = $as->token;

    is(status($token), 200, 'holder: good before');
    is(form($token)->status, 200, 'holder: accepted');
    is(statuses($token), '401', 'holder: no worker accepts it');
    is(status($twin), 200, 'holder: another token of the same subject is good');
    like($nginx->log, qr/client: .* "GET \/ /, 'the log has the refusals');

    my $nameless = $as->token(jti => undef);
    my ($input, $signature) = $nameless =~ /(.*)\.(.*)/;

    is(status($nameless), 200, 'without jti: good before');
    is(form($nameless)->status, 200, 'without jti: accepted');
    is(statuses($nameless), '401', 'without jti: no worker accepts it');
    is(status($as->token(jti => undef, sub => 'x')), 200,
       'without jti: another one is good');

    my ($number, $same) = map { $as->token(jti => $_) } 4242, '4242';

    is(status($_), 200, 'a number: good before') for $number, $same;
    is(form($number)->status, 200, 'a number: accepted');
    is(statuses($number), '401', 'a number: no worker accepts it');
    is(statuses($same), '401', 'a number: its text is the same jti');

    my $long = $as->token(text => 'x' x 2000);

    is(status($long), 200, 'a long token: good before');
    is(form($long)->status, 200, 'a long token: accepted');
    is(statuses($long), '401', 'a long token: no worker accepts it');

    my $good = $as->token;
    my $forged = $good =~ s/\.[^.]*\z/.AAAA/r;

    is(form($forged)->status, 200, 'a forged token: the same answer');
    is(form('nonsense')->status, 200, 'nonsense: the same answer');
    is(status($good), 200, 'a forged token revokes nothing');

    is(post('/revoke', 'other=x', http => $http,
            type => 'application/x-www-form-urlencoded')->status, 400,
       'a form without a token');
    is(post('/revoke', "token=$good&token=$good", http => $http,
            type => 'application/x-www-form-urlencoded')->status, 400,
       'a form with two tokens');
    is(post('/revoke', 'token=', http => $http,
            type => 'application/x-www-form-urlencoded')->status, 400,
       'a form with an empty token');
    is(status($good), 200, 'what a form is refused for revokes nothing');

    my $encoded = join '', map { sprintf '%%%02x', ord } split //, $good;

    is(post('/revoke', "a&t%6fken=$encoded", http => $http,
            type => 'application/x-www-form-urlencoded')->status, 200,
       'escapes: accepted');
    is(statuses($good), '401', 'escapes: no worker accepts the token');
    is(post('/revoke', '{}', http => $http)->status, 415,
       'another type of body');
    is($http->get('/revoke')->status, 405, 'another method');
}


# opaque tokens: an entry ends an answer that nginx has kept

{
    my $token = $opaque->opaque('opaque-token-number-one-of-the-test',
        { sub => 'oscar', aud => 'https://app.test', client_id => 'o' });
    my $twin = $opaque->opaque('opaque-token-number-two-of-the-test',
        { sub => 'olga', aud => 'https://app.test', client_id => 'o' });

    is(statuses($token), '200', 'opaque: good before');
    is(form($token)->status, 200, 'opaque: accepted');
    is(statuses($token), '401', 'opaque: no worker accepts it');

    is(statuses($twin), '200', 'opaque: another one is good');
    is(revoke(issuer => $opaque->url, subject => 'olga'), 204,
       'opaque: by subject');
    is(statuses($twin), '401', 'opaque: no worker accepts it');

    my @agents = map { $opaque->opaque("opaque-token-of-agent-$_",
        { sub => "o-$_", aud => 'https://app.test', azp => "opaque-$_",
          jti => $_ }) } 801 .. 803;

    is(statuses($_), '200', 'opaque: azp: good before') for @agents;
    is(revoke(issuer => $opaque->url, client_id => 'opaque-801'), 204,
       'opaque: by azp');
    is(revoke(issuer => $opaque->url, token_id => '802'), 204,
       'opaque: by a jti that is a number');
    is(join(' ', map { statuses($_) } @agents), '401 401 200',
       'opaque: no worker accepts them');

    is(form('a-random-string-that-is-no-token')->status, 200,
       'opaque: one that the issuer does not know');
}


# an opaque token that two issuers know

{
    my ($token) = map { $_->opaque('opaque-token-that-two-issuers-know',
        { sub => 'odo', aud => 'https://app.test' }) } $opaque, $double;

    is(status($token), 200, 'two issuers: good at one of them');
    is($http->get('/double', token => $token)->status, 200,
       'two issuers: good at the other one');
    is(form($token)->status, 200, 'two issuers: accepted');
    is(status($token), 401, 'two issuers: revoked at one of them');
    is($http->get('/double', token => $token)->status, 401,
       'two issuers: revoked at the other one');
}


# a token that is good only later, or elsewhere, or after a reload

{
    my $early = $as->token(nbf => time + 33);
    my $long = $as->token(iat => undef, exp => time + 24 * 3600 + 3);
    my $twin = $as->token(iat => undef, exp => time + 24 * 3600 + 3);

    is(status($_), 401, 'early: not good yet') for $early, $long, $twin;
    is(form($_)->status, 200, 'early: accepted') for $early, $long;

    ok(wait_until(sub { status($twin) == 200 }, 15),
       'early: another one is good, later');
    is(status($long), 401, 'early: the one that was revoked is not');
    ok(wait_until(sub {
           $nginx->mark;
           status($early) == 401 && $nginx->log_lines(qr/refused: revoked/)
       }, 15), 'early: nor the other one');

    my $over = $as->token(iat => time - 700, exp => time - 60);

    is($http->get('/patient', token => $over)->status, 200,
       'another leeway: good before');
    is(form($over)->status, 200, 'another leeway: accepted');
    is($http->get('/patient', token => $over)->status, 401,
       'another leeway: revoked');
}


# bodies in pieces

{
    my $send = sub {
        my ($token, @pieces) = @_;

        my $connection = $http->connect->send(join("\r\n",
            'POST /revoke HTTP/1.1', 'Host: app.test', 'Connection: close',
            'Content-Type: application/x-www-form-urlencoded',
            'Transfer-Encoding: chunked', '', ''), 'POST');

        for my $piece (@pieces) {
            $connection->send(sprintf "%x\r\n%s\r\n", length $piece, $piece);
        }

        $connection->send("0\r\n\r\n");

        my $status = $connection->finish->status;

        $connection->close;

        return $status;
    };

    my @tokens = map { $as->token } 1 .. 3;

    is($send->($tokens[0], "token=$tokens[0]"), 200, 'chunked: one chunk');
    is($send->($tokens[1], 'token=', split /(?<=\.)/, $tokens[1]), 200,
       'chunked: several');
    is($send->($tokens[2]), 400, 'chunked: none');
    is(join(' ', map { status($_) } @tokens), '401 401 200',
       'chunked: what was sent is revoked');

    my ($on, $off) = map { $as->token } 1, 2;

    is(form($on, '/if?on=1')->status, 200, 'an "if" that is true');
    is(form($off, '/if')->status, 200, 'an "if" that is not');
    is(status($_), 401, 'an "if": revoked') for $on, $off;
}


# the session of an issuer whose tokens have it in another claim

{
    my $token = $other->token(old(), ext => { session => 'here' });
    my $twin = $other->token(old(), sid => 'here');

    is(revoke(issuer => $other->url, session => 'here'), 204,
       'session_claim: accepted');
    is(status($token), 401, 'session_claim: the claim counts');
    is(status($twin), 200, 'session_claim: sid does not');
}


# a batch is all or nothing

{
    my @tokens = map { $as->token(old(), sub => "batch-$_") } 1 .. 3;
    my @records = map { { issuer => $as->url, subject => "batch-$_" } } 1 .. 3;

    my $response = post('/admin', [ @records, { issuer => 'https://no.test' } ]);

    is($response->status, 400, 'a batch with a bad record');
    is($response->header('Content-Type'), 'application/problem+json',
       'a batch with a bad record: a problem document');
    is($response->json->{record}, 3, 'which names the record');
    is($response->json->{member}, 'issuer', 'and the member');
    is(join(' ', map { status($_) } @tokens), '200 200 200',
       'and nothing is stored');

    is(post('/admin', \@records)->status, 204, 'a good batch');
    is(join(' ', map { status($_) } @tokens), '401 401 401',
       'all of it is stored');

    is(post('/admin', [ map { { issuer => $as->url, subject => "many-$_" } }
                            1 .. 1000 ])->status, 204, '1,000 records');
    is(post('/admin', [ map { { issuer => $as->url, subject => "more-$_" } }
                            1 .. 1001 ])->status, 400, '1,001 records');
    is(status($as->token(old(), sub => 'many-1000')), 401, 'the last counts');

    # The beginning of such a body comes with the header, and the rest later.

    is(post('/admin', [ map { { issuer => $as->url, subject => "some-$_" } }
                            1 .. 30 ])->status, 204, '30 records');
    is(status($as->token(old(), sub => 'some-30')), 401, 'the last counts');
    is(status($as->token(old(), sub => 'more-1')), 200, 'nothing of the other');
}


# what is refused

for my $case (
    [ 'no JSON', 'nonsense' ],
    [ 'an unknown member', { issuer => $as->url, user => 'x' }, 'user' ],
    [ 'a member twice', qq({"issuer":"@{[ $as->url ]}","subject":"a",)
                        . '"subject":"b"}', 'subject' ],
    [ 'no issuer', { subject => 'x' }, 'issuer' ],
    [ 'a number', { issuer => $as->url, subject => 7 }, 'subject' ],
    [ 'an empty string', { issuer => $as->url, subject => '' }, 'subject' ],
    [ 'before in the future', { issuer => $as->url, subject => 'x',
                                before => time + 1000 }, 'before' ],
    [ 'before as text', { issuer => $as->url, subject => 'x',
                          before => '1' }, 'before' ],
) {
    my ($name, $content, $member) = @$case;

    my $response = post('/admin', $content);

    is($response->status, 400, $name);
    is($response->json->{member}, $member, "$name: the member");
    like($response->json->{detail}, qr/\w/, "$name: a sentence");
}

is(post('/admin', { issuer => $as->url, subject => 'x' },
        type => 'text/plain')->status, 415, 'not a JSON type');
is($local->request('PUT', '/admin', body => '{}')->status, 405, 'PUT');


# who may

{
    my $member = { issuer => $as->url, subject => 'victim' };
    my $victim = $as->token(old(), sub => 'victim');

    is(post('/admin', $member, http => $http)->status, 401, 'without a token');
    is(post('/admin', $member, http => $http,
            token => $as->token)->status, 403, 'without the scope');
    is($http->get('/admin?issuer=x')->status, 401, 'asking without a token');
    is(status($victim), 200, 'nobody was revoked');

    is(post('/admin', $member, http => $http,
            token => $as->token(scope => 'revoke'))->status, 204,
       'with the scope');
    is(status($victim), 401, 'the victim is revoked');
}


# a browser, which a website could have led to this machine

{
    my $member = { issuer => $as->url, subject => 'lured' };
    my $lured = $as->token(old(), sub => 'lured');

    is(post('/admin', $member, Origin => 'http://evil.test')->status, 403,
       'a browser: a page');
    is(post('/admin', $member, 'Sec-Fetch-Site' => 'same-origin')->status, 403,
       'a browser: a page of the same origin');
    is($local->get('/admin?issuer=x', 'Sec-Fetch-Site' => 'none')->status, 403,
       'a browser: asking');
    is(status($lured), 200, 'a browser: nothing was revoked');

    is(post('/admin', $member, http => $http, Origin => 'https://app.test',
            token => $as->token(scope => 'revoke'))->status, 204,
       'a browser with a token is welcome');
    is(status($lured), 401, 'a browser with a token revokes');
}


# the same where "oauth" stands, but the address alone lets a request in

{
    my $member = { issuer => $as->url, subject => 'tricked' };
    my $tricked = $as->token(old(), sub => 'tricked');
    my @page = (Origin => 'http://evil.test');

    is(post('/any', $member, @page)->status, 403, 'satisfy any: a page');
    is(post('/any', $member, @page, token => $as->token(exp => 1))->status, 403,
       'satisfy any: a page with a token that is not good');
    is(post('/any', $member, 'Sec-Fetch-Site' => 'same-origin')->status, 403,
       'satisfy any: a page of the same origin');
    is($local->get('/any?issuer=x', 'Sec-Fetch-Site' => 'none')->status, 403,
       'satisfy any: asking');
    is(status($tricked), 200, 'satisfy any: nothing was revoked');

    is(post('/any', $member, @page, token => $as->token)->status, 204,
       'satisfy any: a page with a good token');
    is(status($tricked), 401, 'satisfy any: it revokes');
    is(post('/any', $member)->status, 204, 'satisfy any: no browser, no token');
}


# asking who is revoked

{
    my $url = $as->url =~ s/:/%3A/gr;

    my $there = $local->get("/admin?issuer=$url&subject=bob");

    is($there->status, 200, 'asked: there is an entry');
    cmp_ok($there->json->{before}, '>', time - 60, 'asked: with its cut');
    is($local->get("/admin?issuer=$url&subject=nobody")->status, 404,
       'asked: there is none');
    is($local->get("/admin?issuer=$url&subject=eve")->status, 404,
       'asked: another kind is another entry');
    is($local->get("/admin?issuer=$url&subject=eve&client_id=cli")->status,
       200, 'asked: both members');
    is($local->get("/admin?issuer=$url&user=bob")->status, 400,
       'asked: an unknown member');
}


# Global Token Revocation

{
    my $token = $as->token(old(), sub => 'gtr');

    is(post('/admin', { sub_id => { format => 'iss_sub', iss => $as->url,
                                    sub => 'gtr' } })->status, 204,
       'sub_id: iss_sub');
    is(status($token), 401, 'sub_id: the token is revoked');

    my $member = { sub_id => { format => 'email', email => 'a@b.test' } };
    my $mailed = $as->token(old(), email => 'a@b.test');
    my $twin = $as->token(old(), email => 'c@b.test');

    is(post('/admin', $member)->status, 400,
       'sub_id: an e-mail address without one issuer');
    is(post('/admin', $member, http => $http,
            token => $as->token(scope => 'revoke'))->status, 204,
       'sub_id: an e-mail address, with the issuer of the location');
    is(status($mailed), 401, 'sub_id: the claim email is compared');
    is(status($twin), 200, 'sub_id: another address is good');
}


# the log and the status

{
    $nginx->mark;
    revoke(subject => 'secret-name', reason => 'left the company');

    my ($line) = $nginx->wait_for_log(qr/a revocation was accepted/);

    like($line, qr/\[notice\].*input "admin" from address="127.0.0.1"/,
         'the revocation line: from whom');
    like($line, qr/reason="left\\x20the\\x20company"/,
         'the revocation line: why');
    unlike($line, qr/secret-name/, 'the revocation line: no name');
    like($line, qr/subject=sha256:[\w-]{16}/, 'the revocation line: a hash');

    $nginx->mark;
    post('/plain', { issuer => $as->url, subject => 'plain-name' },
         http => $http, token => $as->token(scope => 'revoke'));
    ($line) = $nginx->wait_for_log(qr/a revocation was accepted/);

    like($line, qr/from client="agent" subject="alice" address="127.0.0.1"; /,
         'audit=plain: the sender');
    like($line, qr/of issuer="[^"]*" subject="plain-name"/,
         'audit=plain: the names');

    $nginx->mark;
    post('/plain', { issuer => $as->url, subject => 'plain-name' },
         http => $http, token => $as->token(scope => 'revoke',
             client_id => undef, azp => 'by-azp',
             act => { sub => "a\n\"b", act => { sub => 'before' } }));
    ($line) = $nginx->wait_for_log(qr/a revocation was accepted/);

    like($line, qr/ client="by-azp" subject="alice" actor="a\\x0[Aa]\\x22b" add/,
         'audit=plain: the outermost actor, escaped, and the client of azp');

    $nginx->mark;
    status($as->token(old(), sub => 'bob'));
    ok(scalar($nginx->wait_for_log(qr/\[info\].*refused: revoked: /)),
       'the line of a refusal');
    like($nginx->read_file('access.log'), qr{^/ revoked$}m, 'the variable');

    my $status = $local->get('/status')->json->{revocation};

    ok($status->{usable}, 'status: usable');
    is($status->{entries}{'subject+client_id'}, 2, 'status: entries by kind');
    cmp_ok($status->{commits}, '>=', 20, 'status: commits');
    like($local->get('/status?format=prometheus')->body,
         qr/^nginx_oauth_revocations\{kind="subject\+client_id"\} 2$/m,
         'metrics');
    like($local->get('/status?format=html')->body,
         qr{<td>subject\+client_id</td><td>2</td>}, 'page');
}


# the revocation lines that the documentation shows

{
    my %examples = map { ($_ => 1) }
                   map { slurp("docs/$_") =~ /(oauth: a revocation was acc.*)/g }
                   map { s{.*/docs/}{}r } glob("'@{[ top() ]}/docs/'*.md");

    for my $case (
        [ { act => { sub => 'oncall-agent', act => { sub => 'other' } } },
          { client_id => 'coding-agent', reason => 'it deletes files' } ],
        [ {}, { reason => 'laptop stolen' } ],
    ) {
        my ($claims, $members) = @$case;

        $nginx->mark;
        is(post('/admin', { issuer => $as->url, subject => 'alice',
                            before => time - 2000, %$members },
                http => $http, token => $as->token(scope => 'revoke',
                    sub => 'security-bot', client_id => 'security-bot',
                    %$claims))->status, 204, 'documentation: accepted');

        my ($line) = $nginx->wait_for_log(qr/a revocation was accepted/);
        my $url = $as->url;

        $line =~ s/.*(?=oauth: )|, client: .*//gs;
        $line =~ s{issuer="\Q$url\E"}{issuer="https://login.example.com"};
        $line =~ s/address="127.0.0.1"/address="192.0.2.7"/;
        $line =~ s/ issued until \d+ / issued until 1795787045 /;

        ok(delete $examples{$line}, 'documentation: it has this line')
            or diag($line);
    }

    is(join("\n", keys %examples), '', 'documentation: it has no other line');
}


# nothing is lost

{
    my $token = $as->token(old(), sub => 'bob');

    $nginx->reload;
    is(statuses($token), '401', 'after a reload');

    $nginx->stop;
    $nginx->start;
    $http = $nginx->http;

    is(statuses($token), '401', 'after a restart');
    is(statuses($as->token(old(), sub => 'bobby')), '200',
       'after a restart: the others are good');
}

finish();

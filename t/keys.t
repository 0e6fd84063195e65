#!/usr/bin/perl
#
# Where keys come from, and what is not a key set.  If an issuer fails, the log
# names the issuer and the cause, requests with its tokens get 503, and no other
# issuer is affected.  RFC 8414, OpenID Connect Discovery, RFC 7517.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP ();

use OAuth::Test;
use OAuth::Test::Mode qw(seconds);

my $json = JSON::PP->new->canonical;
my $as = issuer();
my $tenant = issuer(path => '/tenant/a');
my $openid = issuer(path => '/realm');
my $liar = issuer();
my $key = $as->{keys}[0];
my $document = $json->encode({ keys => [ $key->jwk ] });
my $small = key('RS256', bits => 1024, jwk => { kid => 'small' });

$openid->answer(discovery => status => 404);
$liar->metadata(issuer => 'https://other.test');

# What is not a key set; each has an issuer of its own.

my %bad = (
    status_404 => { status => 404 },
    status_500 => { status => 500 },
    status_204 => { status => 204, body => '' },
    html => { type => 'text/html', body => '<html>sign in</html>' },
    html_as_json => { body => '<html>sign in</html>' },
    empty => { body => '' },
    array => { body => '[]' },
    object => { body => '{}' },
    no_keys => { body => '{"keys":[]}' },
    keys_object => { body => '{"keys":{}}' },
    truncated => { body => substr $document, 0, -10 },
    trailing => { body => "${document}x" },
    deep => { body => '{"keys":[],"x":' . '[' x 5000 . ']' x 5000 . '}' },
    bad_utf8 => { body => "{\"keys\":[],\"x\":\"\xff\"}" },
    redirect => { status => 302, body => '',
                  headers => [ [ 'Location', $as->jwks_url ] ] },
    reset => { mode => 'reset' },
    closed => { mode => 'close' },
    short => { mode => 'short' },
    bad_chunk => { mode => 'bad_chunk' },
    huge => { mode => 'huge' },
    slow => { mode => 'drip' },
    silent => { mode => 'hang' },
    small_key => { body => $json->encode({ keys => [ $small->jwk ] }) },
);

my %good = (
    chunked => { mode => 'chunked' },
    odd => { body => $json->encode({ keys => [
        { kty => 'oct', k => 'c2VjcmV0', kid => 'a' }, $small->jwk,
        { %{ $key->jwk }, use => 'enc' }, { kty => 'EC' }, 7, {},
        { %{ $key->jwk }, y => 'AAAA', kid => 'bad-point' },
        { %{ $key->jwk }, key_ops => [ 'sign' ], kid => 'ops' },
        { %{ $key->jwk }, alg => 'ES384', kid => 'other-alg' },
        $key->jwk ] }) },
    plain_type => { type => 'text/plain' },
    jwks_type => { type => 'application/jwk-set+json; charset=utf-8' },
);

my $blocks = '';
my @names = (sort keys %bad, sort keys %good);

for my $name (@names) {
    my %answer = %{ $bad{$name} || $good{$name} };

    $as->answer("/jwks-$name", status => 200, type => 'application/json',
                body => $document, %answer);

    $blocks .= sprintf "    oauth_issuer %s { issuer %s/%s; jwks_uri %s-%s;"
        . " timeout %ds; }\n", $name, $as->url, $name, $as->jwks_url, $name,
        seconds(2);
}

my $nginx = OAuth::Test::Nginx->new(conf => <<"CONF", workers => 2);
    oauth_issuer discovered { issuer ${\$as->url}; }
    oauth_issuer tenant { issuer ${\$tenant->url}; }
    oauth_issuer openid { issuer ${\$openid->url}; }
    oauth_issuer liar { issuer ${\$liar->url}; }

    oauth_issuer at_place {
        issuer https://place.test;
        config_url ${\$as->url}/elsewhere;
    }

    oauth_issuer from_file {
        issuer https://file.test;
        jwks_file %%DIR%%/file.jwks;
    }

    oauth_issuer by_uri {
        issuer https://uri.test;
        jwks_uri ${\$as->jwks_url};
    }

$blocks

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth discovered tenant openid liar at_place from_file by_uri @names;
        oauth_resource https://app.test;
        location / { proxy_pass http://127.0.0.1:%%PORT_app%%; }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\\n";
    }
CONF

$as->answer('/elsewhere', status => 200, body => $json->encode({
    issuer => 'https://place.test', jwks_uri => $as->jwks_url }));
$nginx->write_file('file.jwks', $document);
$nginx->start;

my $http = $nginx->http;


# good sources of keys

is($http->get('/', token => $as->token)->status, 200,
   'discovery, RFC 8414');
is($http->get('/', token => $tenant->token)->status, 200,
   'discovery with the path inserted');
is($http->get('/', token => $openid->token)->status, 200,
   'discovery by OpenID, with the path appended');
is($http->get('/', token => $as->token(iss => 'https://place.test'))->status,
   200, 'config_url');
is($http->get('/', token => $as->token(iss => 'https://file.test'))->status,
   200, 'jwks_file');
is($http->get('/', token => $as->token(iss => 'https://uri.test'))->status,
   200, 'jwks_uri');

is($tenant->count('discovery'), 1, 'the first place is asked once');
is($tenant->count('openid'), 0, 'and no other');
is($openid->count('discovery'), 1, 'the first place');
is($openid->count('openid'), 1, 'then the second');
is($openid->count('jwks'), 1, 'then the keys');

for my $name (sort keys %good) {
    is($http->get('/', token => $as->token(iss => $as->url . "/$name"))
       ->status, 200, "a key set: $name");
}

# unusual keys are skipped, with a notice that names the issuer

my @skipped = $nginx->wait_for_log(qr/\[notice\].*oauth: issuer "odd": key/, 8);
cmp_ok(scalar @skipped, '>=', 8, 'odd keys are named in the log');

is_refused($http->get('/', token => $as->mint(claims =>
    { iss => $as->url . '/odd' }, key => $small, header =>
    { kid => 'small' })), 401, 'invalid_token', 'a key that is too short');

# bad sources of keys, all at once

my %answers;
my @bad = sort keys %bad;

@answers{@bad, 'liar'} = finish_all(map {
    my $iss = $_ eq 'liar' ? $liar->url : $as->url . "/$_";
    $http->start('GET', '/', token => $as->token(iss => $iss));
} @bad, 'liar');

for my $name (@bad, 'liar') {
    my $answer = $answers{$name};

    is_refused($answer, 503, undef, "no key set: $name");
    like($answer->header('Retry-After') // '', qr/\A[1-9]\d*\z/,
         "$name: Retry-After");
    ok($nginx->wait_for_log(
        qr/\[(?:error|info)\].*oauth: issuer "$name": cannot fetch keys.*: \S+/),
       "$name: the cause is logged");
}

my ($line) = $nginx->log_lines(qr/issuer "liar"/);
like($line, qr{\Qhttps://other.test\E}, 'a foreign issuer member is named');
like($line, qr{\Q${\$liar->url}\E}, 'beside the configured one');
is($liar->count('jwks'), 0, 'its keys are not fetched');

($line) = $nginx->log_lines(qr/issuer "status_500"/);
like($line // '', qr/500/, 'the status is named');

my $problem = $answers{status_500}->json;
is($problem->{status}, 503, 'problem document');
is($answers{status_500}->header('Cache-Control'), 'no-store', 'not cached');

# nginx reads a changed key file when it reloads

my $new = key('ES256');
my @file = (iss => 'https://file.test');

$nginx->write_file('file.jwks', $json->encode({ keys => [ $new->jwk ] }));
is($http->get('/', token => $as->token(@file))->status, 200,
   'a new file: not before the reload');
ok($nginx->reload, 'reload');
is($http->get('/', token => $as->mint(claims => { @file }, key => $new))
   ->status, 200, 'the new key');
is_refused($http->get('/', token => $as->token(@file)), 401, 'invalid_token',
           'and no longer the old one');

# none of this affected the good issuers

is($http->get('/', token => $as->token)->status, 200,
   'one issuer\'s failure is not another\'s');

finish();

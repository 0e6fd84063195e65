#!/usr/bin/perl
#
# Bad documents arrive while nginx has good keys.  The last good keys stay, and
# tokens that they signed are accepted.  One warning names the issuer and the
# cause, and quotes nothing of the document.  Redirects are not followed.  RFC
# 7517, RFC 8414.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use File::Temp ();
use JSON::PP ();
use Time::HiRes qw(time);

use OAuth::Test;
use OAuth::Test::File qw(write_file);
use OAuth::Test::Mode qw(seconds);

use constant MARK => 'quoted-from-the-document';

my $json = JSON::PP->new->canonical;
my ($key, $new) = map { key('ES256') } 1, 2;
my $as = issuer(keys => [ $key ]);
my $attacker = issuer(keys => [ $new ]);
my $folder = File::Temp->newdir('oauth-documents-XXXXXX', TMPDIR => 1);


sub file {
    my ($name, $text) = @_;

    return write_file("$folder/$name", $text);
}


sub key_set {
    my (@jwks) = @_;

    return $json->encode({ note => MARK, keys => \@jwks });
}


my $good = key_set($key->jwk);

# Each of them contains the new key, or tries to.  The module must not trust it.

my $next = key_set($new->jwk);
my $deep = 100_000;

my %redirects = map {
    ("redirect_$_" => { status => $_, body => $next, headers =>
                        [ [ 'Location', $attacker->jwks_url ] ],
                        says => qr/status $_\b/ })
} 301, 302, 303, 307, 308;

my %bad = (
    %redirects,

    not_json => { body => MARK, says => qr/not a JSON object/ },
    html => { body => "<html>${\MARK}</html>", type => 'text/html',
              says => qr{not a JSON object, Content-Type is "text/html"} },
    html_around => { body => "<html>$next</html>", says => qr/not a JSON/ },
    empty => { body => '', says => qr/not a JSON object/ },
    null => { body => 'null', says => qr/not a JSON object/ },
    array => { body => '[]', says => qr/not a JSON object|no array/ },
    bare_array => { body => "[${\$json->encode($new->jwk)}]",
                    says => qr/not a JSON object|no array/ },
    object => { body => '{}', says => qr/no array "keys"/ },
    keys_null => { body => '{"keys":null}', says => qr/no array "keys"/ },
    keys_object => { body => '{"keys":{}}', says => qr/no array "keys"/ },
    no_keys => { body => '{"keys":[]}', says => qr/no usable key/ },
    truncated => { body => substr($next, 0, -2), says => qr/not a JSON/ },
    trailing => { body => "$next$next", says => qr/not a JSON/ },
    twice => { body => $next =~ s/\{/{"keys":[],/r, says => qr/not a JSON/ },
    comment => { body => "/* */$next", says => qr/not a JSON/ },
    bom => { body => "\xef\xbb\xbf$next", says => qr/not a JSON/ },
    utf16 => { body => join('', map { "\0$_" } split //, $next),
               says => qr/not a JSON/ },
    bad_utf8 => { body => $next =~ s/${\MARK}/\xff\xfe/r,
                  says => qr/not a JSON/ },
    deep => { file => file('deep', $next =~ s/"${\MARK}"/'[' x $deep
                                              . ']' x $deep/er),
              says => qr/not a JSON/ },
    deep_open => { file => file('open', '[' x 1_000_000),
                   says => qr/not a JSON/ },
    only_odd => { body => key_set(7, {}, { kty => 'oct', k => 'c2VjcmV0' }),
                  says => qr/no usable key/ },
    many_keys => { file => file('many', key_set($new->jwk,
                       map { { kty => 'oct', kid => "k$_" } } 1 .. 10_000)),
                   says => qr/not a JSON|more than \d+ keys/ },
    many_good => { file => file('good', key_set(
                       map { { %{ $new->jwk }, kid => "k$_" } } 1 .. 10_000)),
                   says => qr/larger than 1m/ },

    status_204 => { status => 204, body => '', says => qr/status 204/ },
    status_206 => { status => 206, body => $next, says => qr/status 206/ },
    status_404 => { status => 404, body => $next, says => qr/status 404/ },
    status_500 => { status => 500, body => $next, says => qr/status 500/ },
    gzip => { mode => 'gzip', body => $next, says => qr/content encoding/ },
    gzip_named => { headers => [ [ 'Content-Encoding', 'gzip' ] ],
                    body => $next, says => qr/content encoding/ },
    reset => { mode => 'reset', says => qr/reset/i },
    closed => { mode => 'close', says => qr/empty reply/i },
    short => { mode => 'short', body => $next,
               says => qr/bytes (?:remaining|missing)/ },
    bad_chunk => { mode => 'bad_chunk', body => $next, says => qr/chunk/i },
    huge_head => { mode => 'huge_head', body => $next, says => qr/header/i },
    huge => { mode => 'huge', says => qr/larger than 1m/ },
    huge_blank => { file => file('blank', $next . ' ' x (1 << 20)),
                    says => qr/larger than 1m/ },
    endless => { mode => 'endless', says => qr/larger than 1m/ },
    drip => { mode => 'drip', says => qr/timed out/i },
    drip_head => { mode => 'drip_head', says => qr/timed out/i },
    silent => { mode => 'hang', says => qr/timed out/i },
);

# key sets with keys that are skipped, each with the key id of the other key:
# the good keys work

my ($rsa, $small) = map { key('RS256', bits => $_) } 2048, 1024;
my $d = 'A' x 43;

my %odd = (
    enc => { %{ $new->jwk }, use => 'enc' },
    sign_only => { %{ $new->jwk }, key_ops => [ 'sign' ] },
    other_alg => { %{ $new->jwk }, alg => 'ES384' },
    none => { %{ $new->jwk }, alg => 'none' },
    off_curve => { %{ $new->jwk }, y => $key->jwk->{y} },
    short_point => { %{ $new->jwk }, x => substr $new->jwk->{x}, 0, 40 },
    private => { %{ $new->jwk }, d => $d },
    unknown_curve => { %{ $new->jwk }, crv => 'P-999' },
    unknown_type => { %{ $new->jwk }, kty => 'AKP' },
    no_type => do { my %jwk = %{ $new->jwk }; delete $jwk{kty}; \%jwk },
    oct => { kty => 'oct', k => 'c2VjcmV0', kid => $new->kid, alg => 'HS256' },
    nul_kid => { %{ $new->jwk }, kid => $new->kid . "\0" },
    long_kid => { %{ $new->jwk }, kid => 'k' x 3000 },
    x25519 => { kty => 'OKP', crv => 'X25519', x => $d, kid => $new->kid },
    identity => { kty => 'OKP', crv => 'Ed25519', kid => $new->kid,
                  x => 'AQ' . 'A' x 41 },
    small_rsa => { %{ $small->jwk }, kid => $new->kid },
    e_is_1 => { %{ $rsa->jwk }, kid => $new->kid, e => 'AQ' },
    huge_rsa => { %{ $rsa->jwk }, kid => $new->kid, n => 'z' x 2731 },
    number => 7,
    nested => [ $new->jwk ],
);

my @names = (sort(keys %bad), map { "odd_$_" } sort keys %odd);


sub answer {
    my ($name, %answer) = @_;

    delete $answer{says};
    $as->{state}{answers}{"/jwks-$name"} =
        { status => 200, type => 'application/json', %answer };

    return;
}


answer($_, body => $good) for @names;
$as->save;

# All issuers fetch at once.  Only those that are to time out have a short
# timeout.

my $blocks = join '', map {
    my $time = /\A(?:drip|drip_head|silent)\z/ ? seconds(4) : 30;

    "    oauth_issuer $_ { issuer ${\$as->url}/$_;"
    . " jwks_uri ${\$as->jwks_url}-$_; timeout ${time}s;"
    . " key_refetch 1s; }\n"
} @names;

my $nginx = nginx(<<"CONF", workers => 2);
$blocks
    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        oauth @names;
        oauth_resource https://app.test;
        location / { proxy_pass http://127.0.0.1:%%PORT_app%%; }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\\n";
    }
CONF

my $http = $nginx->http;


sub token {
    my ($name, $with, %header) = @_;

    return $as->mint(key => $with, header => \%header,
                     claims => { iss => $as->url . "/$name" });
}


sub ask {
    my ($with, @issuers) = @_;

    return finish_all(map {
        $http->start('GET', '/', token => token($_, $with))
    } @issuers);
}


sub all_are {
    my ($expected, $name, $with, @issuers) = @_;

    my @answers = ask($with, @issuers);
    my @other = map { "$issuers[$_]: " . $answers[$_]->status }
        grep { $answers[$_]->status != $expected } 0 .. $#issuers;

    return is_deeply(\@other, [], $name);
}


ok(wait_until(sub { $nginx->log_lines(qr/: keys fetched: /) >= @names }),
   'keys come');
all_are(200, 'good keys are there', $key, @names);
is(scalar($nginx->log_lines(qr/cannot fetch keys/)), 0, 'and nothing fails');

# a token with an unknown key id now starts a fetch, which gets the bad document

answer($_, %{ $bad{$_} }) for keys %bad;
answer("odd_$_", body => key_set($odd{$_}, $key->jwk)) for keys %odd;
$as->save;

my $began = time;
my @unknown = map { $http->start('GET', '/', token => token($_, $new)) }
    @names;

all_are(200, 'known tokens meanwhile', $key, @names);

my @answers = finish_all(@unknown);

for my $i (0 .. $#names) {
    is_refused($answers[$i], 401, 'invalid_token',
               "$names[$i]: brings no key");
}

cmp_ok(time - $began, '<', seconds(10), 'none of them for long');
all_are(200, 'known tokens afterwards', $key, @names);

for my $name (sort keys %bad) {
    my @lines = $nginx->wait_for_log(qr/issuer "$name": cannot fetch keys/);

    is(scalar @lines, 1, "$name: one line");
    like($lines[0] // '', qr/the last good ones stay: \S*\Q-$name\E: /,
         "$name: names issuer and address");
    like($lines[0] // '', $bad{$name}{says}, "$name: and the cause");
}

for my $name (map { "odd_$_" } sort keys %odd) {
    my @lines = $nginx->wait_for_log(qr/issuer "$name": key 0 of the set/);

    is(scalar @lines, 1, "$name: one notice");
}

is(scalar($nginx->log_lines(qr/issuer "odd_\w+": cannot/)), 0,
   'odd keys are no failure');
is(scalar(grep { index($_, MARK) >= 0 } split /\n/, $nginx->log), 0,
   'nothing of a document is logged');
is($attacker->count, 0, 'no redirect is followed');

my ($endless) = grep { $_->{path} eq '(endless)' } $as->seen;
cmp_ok($endless->{sent} // 1 << 30, '<', 16 << 20,
       'an endless document is not read for long');

# all documents are good again, and have the other key next to the first

answer($_, body => key_set($key->jwk, $new->jwk)) for @names;
$as->save;

ok(wait_until(sub { !grep { $_->status != 200 } ask($new, @names) }),
   'the new key, once the documents are good');
all_are(200, 'the first one is good still', $key, @names);


# the same for discovery documents, which are fetched on schedule

my $elsewhere = 'http://192.0.2.1/jwks';
my $url = $as->url;

my %broken = (
    not_json => { body => MARK, says => qr/not a JSON object/ },
    html => { body => "<html>${\MARK}</html>", says => qr/not a JSON object/ },
    empty => { body => '', says => qr/not a JSON object/ },
    array => { body => '[]', says => qr/not a JSON object/ },
    truncated => { change => sub { $_[0] =~ s/.\z//r },
                   says => qr/not a JSON object/ },
    deep => { file => file('deep-discovery', '{"x":' . '[' x $deep),
              says => qr/not a JSON object/ },
    bad_utf8 => { change => sub { $_[0] =~ s/${\MARK}/\xff/r },
                  says => qr/not a JSON object/ },
    no_issuer => { change => sub { $_[0] =~ s/"issuer"/"issue"/r },
                   says => qr/no issuer/ },
    issuer_array => {
        change => sub { $_[0] =~ s/("issuer":)("[^"]*")/$1\[$2]/r },
        says => qr/no issuer/ },
    wrong_issuer => {
        change => sub { $_[0] =~ s{("issuer":)"[^"]*}{$1"https://x.test}r },
        says => qr{"https://x\.test", configured is "\Q$url/wrong_issuer"} },
    slash => {
        change => sub { $_[0] =~ s{"issuer":"[^"]*}{$&/}r },
        says => qr{"\Q$url/slash/", configured is "$url/slash", only the slash at the end differs: write "issuer" as the server does\E} },
    long_issuer => {
        change => sub { $_[0] =~ s/"issuer":"/$&@{[ 'x' x 9000 ]}/r },
        says => qr{"x{256}", configured is "\Q$url/long_issuer"} },
    two_lines => {
        change => sub { $_[0] =~ s/"issuer":"/$&a\\n[forged] alert\\n/r },
        says => qr{"a\.\[forged\] alert\.} },
    no_uri => { change => sub { $_[0] =~ s/"jwks_uri"/"jwks_url"/r },
                says => qr/no jwks_uri/ },
    uri_null => { change => sub { $_[0] =~ s/("jwks_uri":)"[^"]*"/$1null/r },
                  says => qr/no jwks_uri/ },
    uri_empty => { change => sub { $_[0] =~ s/("jwks_uri":)"[^"]*"/$1""/r },
                   says => qr/jwks_uri is not a URL/ },
    uri_file => {
        change => sub { $_[0] =~ s{"jwks_uri":"[^"]*}{"jwks_uri":"file:///x}r },
        says => qr/jwks_uri is not a URL/ },
    uri_plain => {
        change => sub { $_[0] =~ s{("jwks_uri":)"[^"]*}{$1"$elsewhere}r },
        says => qr/jwks_uri is plain http/ },
    status_500 => { status => 500, body => MARK, says => qr/status 500/ },
    redirect => { status => 302, body => '', says => qr/status 302/, headers =>
                  [ [ 'Location', $attacker->url
                      . '/.well-known/oauth-authorization-server' ] ] },
    reset => { mode => 'reset', says => qr/reset/i },
    huge => { mode => 'huge', says => qr/larger than 1m/ },
    silent => { mode => 'hang', says => qr/timed out/i },
);

my @broken = (sort(keys %broken), 'second_place');
my @places = ('/.well-known/oauth-authorization-server/%s',
              '/%s/.well-known/openid-configuration');


sub document {
    my ($name) = @_;

    return $json->encode({ issuer => "$url/$name", note => MARK,
                           jwks_uri => $as->jwks_url });
}


sub publish {
    my ($name, %answer) = @_;

    my $change = delete $answer{change} || sub { $_[0] };
    delete $answer{says};

    $as->{state}{answers}{ sprintf $_, $name } = {
        status => 200, type => 'application/json',
        defined $answer{file} ? () : (body => $change->(document($name))),
        %answer,
    } for @places;

    return;
}


publish($_) for @broken;
$as->save;

$nginx->write_conf($nginx->{conf} =~ s/^ +oauth_issuer.*\n//gmr
                   =~ s/^( +oauth) .*;$/$1 @broken;/mr
                   =~ s/\A/join '', map { <<"CONF" } @broken/er);
    oauth_issuer $_ { issuer $url/$_; key_refresh 1s; timeout ${\seconds(2)}s; }
CONF

$nginx->mark;
ok($nginx->reload, 'reload with issuers that are discovered');
all_are(200, 'good keys are there', $key, @broken);
is(scalar($nginx->log_lines(qr/cannot fetch keys/)), 0, 'and nothing fails');

$as->keys($key, $new);
publish($_, %{ $broken{$_} }) for keys %broken;
$as->{state}{answers}{ sprintf $places[0], 'second_place' }{body} = MARK;
$as->save;

for my $name (sort keys %broken) {
    my ($line) = $nginx->wait_for_log(qr/issuer "$name": cannot fetch keys/);

    like($line // '', qr{the\ last\ good\ ones\ stay,\ next\ attempt\ in\ \d+
                         \ ms:\ \Q$url\E/}x, "$name: a warning");
    like($line // '', $broken{$name}{says}, "$name: names the cause");
}

all_are(200, 'known tokens', $key, @broken);
all_are(200, 'the second place is as good as the first', $new, 'second_place');

is(scalar($nginx->log_lines(qr/issuer "second_place": cannot/)), 0,
   'without a warning');
is(scalar(grep { index($_, MARK) >= 0 } split /\n/, $nginx->log), 0,
   'nothing of a document is logged');
is($attacker->count, 0, 'no redirect is followed');

publish($_) for @broken;
$as->save;

ok(wait_until(sub { !grep { $_->status != 200 } ask($new, @broken) }, 15),
   'all is well once the documents are');

finish();

#!/usr/bin/perl
#
# What nginx -t says about oauth_assertion_key and oauth_assertion: bad key
# files, a server without a key, names that are taken, and parameters.  Next to
# each message is the same configuration without the mistake.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Assertion qw(make_key);

my $tested = OAuth::Test::Nginx->new(conf => '');
my $dir = $tested->dir;


# options: http, server, location: lines on these levels; other, a whole server.

sub checked {
    my (%lines) = @_;

    $lines{$_} //= '' for qw(http server location other);

    my ($ok, $said) = $tested->test_conf(<<"CONF");
    oauth_issuer corp { issuer https://as.test; }
    $lines{http}

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        oauth corp;
        oauth_resource https://app.test;
        $lines{server}
        location / { empty_gif; $lines{location} }
    }
    $lines{other}
CONF

    return { ok => $ok, said => $said,
             warn => join "\n", grep { /\[warn\]/ } split /\n/, $said };
}


sub accepted {
    my ($name, %lines) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $said = checked(%lines);
    ok($said->{ok}, "accepted: $name") || diag($said->{said});

    return is($said->{warn}, '', 'without a warning');
}


sub refused {
    my ($name, $pattern, %lines) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $said = checked(%lines);

    ok(!$said->{ok}, "refused: $name");
    like($said->{said}, qr/\[emerg\] .*$pattern.* in \Q$dir\E\/nginx\.conf:\d+$/m,
         'with file, line and remedy');

    return;
}


my $ec = make_key("$dir/ec.pem");
my $second = make_key("$dir/second.pem");
my $rsa = make_key("$dir/rsa.pem", 0600,
                   qw(-algorithm RSA -pkeyopt rsa_keygen_bits:2048));

my $use = 'oauth_assertion X-Assertion;';
my $key = "oauth_assertion_key $ec;";

# the keys

accepted('a key on P-256', server => "$key $use");
accepted('an RSA key', server => "oauth_assertion_key $rsa; $use");
accepted('several, one relative to the prefix',
         server => "$key oauth_assertion_key second.pem; $use");
accepted('a key that nobody uses', server => $key);

for my $case (
    [ 'a small RSA key', [ qw(-algorithm RSA -pkeyopt rsa_keygen_bits:1024) ],
      qr/it is an RSA key that has not 2048 to 8192 bits: put a private key there as PEM/ ],
    [ 'another curve', [ qw(-algorithm EC -pkeyopt ec_paramgen_curve:P-384) ],
      qr/it is neither an RSA key nor an EC key on the curve P-256: put/ ],
    [ 'Ed25519', [ qw(-algorithm ED25519) ],
      qr/it is neither an RSA key nor an EC key on the curve P-256: put/ ],
    [ 'a passphrase', [ qw(-algorithm EC -pkeyopt ec_paramgen_curve:P-256
                           -aes-128-cbc -pass pass:x) ],
      qr/it has a passphrase.*without a passphrase, as "openssl pkey -in OLD -out NEW" writes it/ ])
{
    my ($name, $options, $pattern) = @$case;
    my $file = make_key("$dir/bad.pem", 0600, @$options);

    refused($name, qr/oauth_assertion_key "\Q$file\E": $pattern/,
            server => "oauth_assertion_key $file; $use");
}

$tested->write_file('text.pem', "no key\n");
refused('a text that is no key',
        qr/oauth_assertion_key "\Q$dir\E\/text\.pem": there is no private key in PEM in it: put/,
        server => 'oauth_assertion_key text.pem;');
refused('no such file',
        qr/cannot open "\Q$dir\E\/none\.pem": check the path and the rights/,
        server => 'oauth_assertion_key none.pem;');
refused('a folder', qr/is not a regular file of at most 1 MiB: name such/,
        server => "oauth_assertion_key $dir;");
refused('the same key twice',
        qr/oauth_assertion_key "\Q$ec\E" has the same key as a line before it: remove one/,
        server => "$key $key");
refused('a variable', qr/"\$host" has a variable.*write the value itself/,
        server => 'oauth_assertion_key $host;');
refused('in a location', qr/"oauth_assertion_key" directive is not allowed here/,
        location => $key);

my @nine = map { 'oauth_assertion_key ' . make_key("$dir/many$_.pem") . ';' }
    1 .. 9;

accepted('eight keys', server => "@nine[0 .. 7]");
refused('nine keys', qr/"oauth_assertion_key" directive is there more than 8 times: a rotation needs two keys/,
        server => "@nine");

# rights

for my $mode (0604, 0620, 0640) {
    my $file = make_key("$dir/open.pem", $mode);
    my $said = checked(server => "oauth_assertion_key $file;");

    ok($said->{ok}, sprintf 'mode %o is accepted', $mode);

    if ($mode == 0640) {
        is($said->{warn}, '', 'a group may read it');
    } else {
        like($said->{warn}, qr/"\Q$file\E" holds a secret, and .*chmod 600/,
             'with a warning');
    }
}

# a server without a key

my $missing = qr/"oauth_assertion" is in force in "[^"]*" of server "app\.test", which has no key to sign with: add "oauth_assertion_key" with a file to the server, or "oauth_assertion off"/;

refused('no key', $missing, server => $use);
refused('no key, from http', $missing, http => $use);
accepted('but off', http => $use, server => 'oauth_assertion off;');
accepted('another server that is open', http => $use, server => $key,
         other => 'server { listen 127.0.0.1:%%PORT_b%%; server_name b.test; }');
like(checked(other => "server { listen 127.0.0.1:%%PORT_b%%; $use }")->{said},
     qr/\[warn\] "oauth_assertion" is in "" of server "", which no "oauth" protects/,
     'an open server that has it by itself');

# names

refused('as oauth_header', qr/"oauth_assertion" directive names a header that another line of this block sets already: choose another name/,
        server => "$key oauth_header X_Assertion sub; $use");
refused('as oauth_header, the other way round', qr/"oauth_header" directive names a header that another line of this block sets already/,
        server => "$key $use oauth_header x-assertion sub;");
refused('as oauth_header of a level inside', qr/"oauth_assertion" and "oauth_header" set the same header "X-Assertion" in one location: choose another name/,
        server => "$key $use", location => 'oauth_header X-Assertion sub;');
refused('as oauth_header of the level around', qr/set the same header/,
        server => "$key oauth_header X-Assertion sub;", location => $use);
accepted('as oauth_header where it is off', server => "$key $use",
         location => 'oauth_assertion off; oauth_header X-Assertion sub;');
accepted('another name', server => "$key $use oauth_header X-User sub;",
         location => 'oauth_assertion X-Other; oauth_header X-Third sub;');
refused('Authorization', qr/header "Authorization" cannot be set/,
        server => "$key oauth_assertion Authorization;");
refused('no name', qr/header name "" is not valid/,
        server => "$key oauth_assertion '';");
refused('twice', qr/"oauth_assertion" directive is duplicate/,
        server => "$key $use oauth_assertion X-Other;");
refused('off twice', qr/"oauth_assertion" directive is duplicate/,
        server => "$key oauth_assertion off; oauth_assertion off;");
refused('more after off', qr/has parameters after "off": remove them/,
        server => "$key oauth_assertion off ttl=60s;");

# parameters

accepted($_, server => "$key oauth_assertion X-Assertion $_;")
    for 'audience=https://app.test/x', 'audience=urn:x', 'audience=app',
        'ttl=2s', 'ttl=1h', 'claims=groups', 'claims=a,b,https://x.test/c',
        'ttl=5m claims=a audience=x';

for my $case (
    [ 'x=1', qr/invalid parameter "x=1" of "oauth_assertion": write "audience=URL", "ttl=TIME" or "claims=NAMES"/ ],
    [ 'audience=', qr/invalid audience "" in "oauth_assertion": write the URL of the app/ ],
    [ "'audience=a b'", qr/invalid audience "a b"/ ],
    [ "audience=\xc3\xb6", qr/invalid audience/ ],
    [ 'audience=$host', qr/"\$host" has a variable/ ],
    [ 'audience=a audience=b', qr/has the parameter "audience" twice/ ],
    [ 'ttl=1s', qr/invalid time "1s" in "oauth_assertion": write a time from 2s to 1h, as in ttl=60s/ ],
    [ 'ttl=0', qr/invalid time "0"/ ],
    [ 'ttl=61m', qr/invalid time "61m"/ ],
    [ 'ttl=soon', qr/invalid time "soon"/ ],
    [ 'ttl=60s ttl=60s', qr/has the parameter "ttl" twice/ ],
    [ 'claims=', qr/claim "" in "oauth_assertion" is empty: remove it from "claims="/ ],
    [ 'claims=a,', qr/claim "" in "oauth_assertion" is empty/ ],
    [ 'claims=a,b,a', qr/claim "a" in "oauth_assertion" is named twice: remove/ ],
    [ 'claims=a claims=b', qr/has the parameter "claims" twice/ ],
    [ 'claims=$host', qr/"\$host" has a variable/ ],
    map { [ "claims=a,$_", qr/claim "$_" in "oauth_assertion" is one that nginx itself writes: remove/ ] }
        qw(iss aud sub client_id scope act token_iss txn iat exp jti))
{
    my ($parameters, $pattern) = @$case;

    refused($parameters, $pattern,
            server => "$key oauth_assertion X-Assertion $parameters;");
}

finish();

#!/usr/bin/perl
#
# What nginx -t says about the directives of the fleet: what a bus needs, and
# which values are accepted.  Next to each message is the same configuration
# without the mistake.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use MIME::Base64 qw(encode_base64);

use OAuth::Test;

my $tested = OAuth::Test::Nginx->new(conf => '');
my $dir = $tested->dir;
my $store = $tested->make_folder('store');

$tested->write_file('fleet.key', encode_base64('k' x 32));
$tested->write_file('password', "a password\n");
chmod 0600, "$dir/fleet.key", "$dir/password";

my $url = 'redis://127.0.0.1:6379';
my $bus = "oauth_revocation_bus $url key_file=fleet.key;";


# $main is a line of the http block, $inner one of a location.

sub checked {
    my ($main, %options) = @_;

    my $first = $options{store} // "oauth_revocation_store $store;";
    my $inner = $options{inner} // '';

    my ($ok, $said) = $tested->test_conf(<<"CONF");
    $first
    $main # main
    oauth_issuer as { issuer https://as.test; jwks_uri https://as.test/jwks; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        oauth as;
        oauth_resource https://app.test;

        location / {
            $inner # inner
            empty_gif;
        }
    }
CONF

    return { ok => $ok, said => $said,
             main => "$dir/nginx.conf:" . $tested->line_of('# main'),
             inner => "$dir/nginx.conf:" . $tested->line_of('# inner') };
}


sub accepted {
    my ($name, @checked) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $result = checked(@checked);

    ok($result->{ok}, $name) or diag($result->{said});
    unlike($result->{said}, qr/\[(?:emerg|warn)\]/, "$name: nothing to say");

    return;
}


sub refused {
    my ($name, $pattern, $place, @checked) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $result = checked(@checked);

    ok(!$result->{ok}, "$name: refused");
    like($result->{said}, qr/\[emerg\].*$pattern.*\Q$result->{$place}\E/s,
         "$name: the message and its place");

    return;
}


# what a bus needs

accepted('no bus', '');
accepted('a bus', $bus);
accepted('a bus with all parameters',
         "oauth_revocation_bus redis://nginx\@127.0.0.1 stream=bus:a "
         . 'password_file=password key_file=fleet.key;');
accepted('names of files with their folder',
         "oauth_revocation_bus redis://nginx\@127.0.0.1 "
         . "password_file=$dir/password key_file=$dir/fleet.key;");
refused('no store', '"oauth_revocation_bus" has no store', 'main', $bus,
        store => '');
refused('two buses', 'is duplicate', 'main', "$bus $bus");
refused('no key', 'add "key_file=FILE"', 'main', "oauth_revocation_bus $url;");
refused('an empty URL', 'has an empty URL', 'main',
        'oauth_revocation_bus "" key_file=fleet.key;');
refused('a URL with a variable', 'variable', 'main',
        'oauth_revocation_bus redis://$host key_file=fleet.key;');

# its parameters

for my $value ('stream=a', 'key_file=fleet.key', 'password_file=password') {
    my ($name) = $value =~ /^(\w+=)/;
    my $rest = $name eq 'key_file=' ? '' : 'key_file=fleet.key';

    accepted("$name once", "oauth_revocation_bus $url $value $rest;");
    refused("$name twice", "has the parameter \"$name\" twice", 'main',
            "oauth_revocation_bus $url $value $value $rest;");
    refused("$name without a value", "parameter \"$name\" .* has no value",
            'main', "oauth_revocation_bus $url $name $rest;");
}

refused('"ca=" without a value', 'parameter "ca=" .* has no value', 'main',
        "oauth_revocation_bus $url key_file=fleet.key ca=;");
refused('another parameter', 'invalid parameter "keyfile="', 'main',
        "oauth_revocation_bus $url keyfile=fleet.key;");
refused('a parameter without a value', 'invalid parameter "tls"', 'main',
        "oauth_revocation_bus $url tls key_file=fleet.key;");
refused('a parameter with a variable', 'variable', 'main',
        "oauth_revocation_bus $url key_file=\$host.key;");

# what may be a secret is not shown

for my $line ('redis://u:s3cret$x@127.0.0.1 key_file=fleet.key',
              'redis://u:s3cret@127.0.0.1 key_file=fleet.key',
              "$url password=s3cret key_file=fleet.key",
              "$url key=s3cret",
              "key_file=fleet.key redis://u:s3cret\@127.0.0.1",
              "$url redis://u:s3cret\@127.0.0.1 key_file=fleet.key")
{
    my $result = checked("oauth_revocation_bus $line;");

    ok(!$result->{ok}, "$line: refused");
    unlike($result->{said}, qr/s3cret/, '... and not shown');
}

my $long = 'a' x 200;

accepted('a long name of a stream',
         "oauth_revocation_bus $url stream=$long key_file=fleet.key;");
refused('one that is longer', 'invalid name "a+" of a stream', 'main',
        "oauth_revocation_bus $url stream=a$long key_file=fleet.key;");
accepted('a name with all kinds of characters',
         "oauth_revocation_bus $url stream=~x:! key_file=fleet.key;");
refused('a space in a name', 'invalid name "a b" of a stream', 'main',
        "oauth_revocation_bus $url \"stream=a b\" key_file=fleet.key;");

# what happens while it is silent

for my $value ('30s fresh=300s', '2s deny', '24h serve', '2s fresh=1s',
               '1m fresh=24h')
{
    accepted("\"$value\" in http", "$bus oauth_revocation_stale $value;");
    accepted("\"$value\" in a location", $bus,
             inner => "oauth_revocation_stale $value;");
}

accepted('another value inside', "$bus oauth_revocation_stale 30s deny;",
         inner => 'oauth_revocation_stale 1m serve;');
accepted('another value in limit_except', $bus,
         inner => 'limit_except GET { oauth_revocation_stale 1m deny; }');
refused('two on one level', 'is duplicate', 'inner', $bus,
        inner => 'oauth_revocation_stale 1m deny; '
                 . 'oauth_revocation_stale 1m deny;');

for my $value (qw(soon 1s 1999ms 25h -1s 0)) {
    refused("the time $value", "invalid time \"$value\"", 'inner', $bus,
            inner => "oauth_revocation_stale $value deny;");
}

for my $value (qw(refuse fresh fresh= fresh=0s fresh=25h fresh=soon deny=5s)) {
    refused("the mode $value", "invalid parameter \"$value\" of "
            . '"oauth_revocation_stale"', 'inner', $bus,
            inner => "oauth_revocation_stale 30s $value;");
}

# without a bus

my $warning = qr/\[warn\] "oauth_revocation_stale" has no effect/;

for my $options ([''], ['', store => '']) {

    my $quiet = checked(@{$options});
    my $result = checked(@{$options},
                         inner => 'oauth_revocation_stale 30s deny;');

    unlike($quiet->{said}, qr/oauth_revocation_stale/,
           'no bus: nothing is said about the default');
    ok($result->{ok}, 'no bus: a value is accepted');
    like($result->{said}, qr/$warning.* in \Q$result->{inner}\E/,
         'no bus: a warning with its place');
}

is_deeply([ glob "$store/*" ], [], 'nginx -t leaves the folder as it is');

finish();

#!/usr/bin/perl
#
# What nginx -t says about introspection: which directives go together, and what
# is wrong with a client's id, secret or key.  Next to each message is the same
# configuration without the mistake.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $tested = OAuth::Test::Nginx->new(conf => '');
my $dir = $tested->dir;


# A file with a secret; returns its name.

sub secret {
    my ($name, $text, $mode) = @_;

    $tested->write_file($name, $text);
    chmod $mode // 0600, "$dir/$name";

    return "$dir/$name";
}


sub private_key {
    my ($name, @options) = @_;

    secret($name, '');
    system('openssl', 'genpkey', '-quiet', '-out', "$dir/$name", @options) == 0
        or die "cannot make a key\n";

    return "$dir/$name";
}


# options: issuers, more blocks; oauth, what the location names.

sub checked {
    my ($lines, %options) = @_;

    my ($ok, $said) = $tested->test_conf(<<"CONF");
    @{[ $options{issuers} // '' ]}
    oauth_issuer corp {
        issuer https://as.test;
        $lines
    } # here

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        location / {
            oauth @{[ $options{oauth} // 'corp' ]}; # there
            oauth_resource https://app.test;
            empty_gif;
        }
    }
CONF

    my ($here, $there) = map { "$dir/nginx.conf:" . $tested->line_of($_) }
        '# here', '# there';

    return { ok => $ok, said => $said,
             map { my $level = $_;
                   $level => join "\n",
                       grep { /\[$level\].*(?:\Q$here\E|\Q$there\E)/ }
                       split /\n/, $said }
             qw(emerg warn) };
}


my $secret = secret('secret', "s3cret\n");
my $key = private_key('key', qw(-algorithm EC -pkeyopt ec_paramgen_curve:P-256));
my $basic = "introspect opaque; client_id mcp; client_secret_file $secret;";
my $signed = "introspect always; client_id mcp; client_key_file $key;";
my $endpoint = 'introspection_endpoint https://as.test/ask;';

for my $lines ($basic, $signed,
               'introspect opaque; client_auth none;',
               "$basic jwks_uri https://as.test/keys; $endpoint",
               $signed =~ s/mcp/\xc3\xb6/r,
               $basic =~ s/mcp/\xf6/r)
{
    my $said = checked($lines);

    ok($said->{ok}, "accepted: $lines") || diag($said->{said});
    is($said->{warn}, '', 'without a warning');
}

my $rsa = private_key('small', qw(-algorithm RSA -pkeyopt rsa_keygen_bits:1024));
my $p384 = private_key('p384', qw(-algorithm EC -pkeyopt ec_paramgen_curve:P-384));
my $locked = private_key('locked', qw(-algorithm EC -pkeyopt ec_paramgen_curve:P-256
                                      -aes-128-cbc -pass pass:x));
my $empty = secret('empty', "\r\n");

for my $case (
    [ 'another mode', 'introspect on;', qr/invalid value "on"/ ],
    [ 'no endpoint and jwks_uri', "$basic jwks_uri https://as.test/keys;",
      qr/no introspection_endpoint, and because of jwks_uri nothing is discovered: add introspection_endpoint/ ],
    [ 'no client_id', "introspect opaque; client_secret_file $secret;",
      qr/introspect and no client_id: add it, or "client_auth none"/ ],
    [ 'no secret', 'introspect opaque; client_id mcp;',
      qr/introspect and no client_secret_file: add it/ ],
    [ 'no key', 'introspect opaque; client_id mcp; client_auth private_key_jwt;',
      qr/introspect and no client_key_file: add it/ ],
    [ 'both files', "$basic client_key_file $key;",
      qr/client_secret_file and client_key_file: keep one of them/ ],
    [ 'a file for another way', "$basic client_auth private_key_jwt;",
      qr/a client_secret_file that client_auth private_key_jwt does not use/ ],
    [ 'a file that nobody uses', "$basic client_auth none;",
      qr/a client_secret_file that client_auth none does not use/ ],
    [ 'an empty secret', $basic =~ s/\Q$secret/$empty/r,
      qr/client_secret_file "\Q$empty\E" is empty: put the client's secret there/ ],
    [ 'no such file', $basic =~ s/\Q$secret/$dir\/none/r,
      qr/cannot open "\Q$dir\/none\E": check the path and the rights/ ],
    [ 'a text that is no key', $signed =~ s/\Q$key/$secret/r,
      qr/client_key_file "\Q$secret\E": there is no private key in PEM in it: put/ ],
    [ 'a small key', $signed =~ s/\Q$key/$rsa/r,
      qr/client_key_file "\Q$rsa\E": it is an RSA key that has not 2048 to 8192 bits: put/ ],
    [ 'another curve', $signed =~ s/\Q$key/$p384/r,
      qr/client_key_file "\Q$p384\E": it is neither an RSA key nor an EC key on the curve P-256: put/ ],
    [ 'a key with a passphrase', $signed =~ s/\Q$key/$locked/r,
      qr/client_key_file "\Q$locked\E": it has a passphrase.*: put the client's private key there as PEM, without a passphrase, as "openssl pkey -in OLD -out NEW" writes it/ ],
    [ 'an id that is not UTF-8', $signed =~ s/mcp/m\xf6p/r,
      qr/client_id "m\xf6p" is not UTF-8, which client_auth private_key_jwt needs: write it in UTF-8/ ],
    [ 'one half of a surrogate pair', $signed =~ s/mcp/m\xed\xa0\x80p/r,
      qr/client_id "m\xed\xa0\x80p" is not UTF-8/ ],
    [ 'plain http', "$basic introspection_endpoint http://as.test/ask;",
      qr/introspection_endpoint "http:\/\/as\.test\/ask" is plain http: use https/ ])
{
    my ($name, $lines, $pattern) = @$case;
    my $said = checked($lines);

    ok(!$said->{ok}, "refused: $name");
    like($said->{said}, qr/\[emerg\] .*$pattern.* in \Q$dir\E\/nginx\.conf:\d+$/m,
         'with file, line and remedy');
}

# how many issuers may be asked for one request

for my $n (4, 5) {
    my $issuers = join '', map {
        "oauth_issuer i$_ { issuer https://i$_.test; $basic }\n"
    } 2 .. $n;
    my $said = checked($basic, issuers => $issuers,
                       oauth => join ' ', 'corp', map { "i$_" } 2 .. $n);

    is($said->{ok} ? 1 : 0, $n == 4 ? 1 : 0, "$n issuers that introspect");

    like($said->{emerg}, qr/5 issuers in one "oauth" have introspect.*name at most 4 of these/,
         'with place and remedy') if $n == 5;
}

# warnings

my $warned = checked($endpoint);

ok($warned->{ok}, 'an endpoint without introspect');
like($warned->{warn}, qr/says how to introspect tokens, but "introspect" is off: add "introspect opaque"/,
     'with a warning');

my $others = 'users outside its group have rights to it';
my $group = 'its group may change it';

for my $case ([ 0400, '' ], [ 0640, '' ], [ 0644, $others ], [ 0601, $others ],
              [ 0660, $group ])
{
    my ($mode, $why) = @$case;

    secret('secret', "s3cret\n", $mode);

    my ($found) = checked($basic)->{said} =~
        /\[warn\] "\Q$secret\E" holds a secret, and (.*): make it readable for its owner only, as by "chmod 600" in /;

    is($found // '', $why, sprintf 'a secret with the mode %04o', $mode);
}

finish();

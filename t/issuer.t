#!/usr/bin/perl
#
# How nginx reads the block oauth_issuer: included files, plain http, and "$" in
# places where variables are not evaluated.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP ();

use OAuth::Test;

my $key = key('ES256');
my $nginx = OAuth::Test::Nginx->new(conf => '');
my $dir = $nginx->dir;


sub block {
    my ($lines) = @_;

    return <<"CONF";
    oauth_issuer corp {
        $lines
    }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        oauth_resource https://app.test;
        location / { oauth corp; }
    }
CONF
}


sub good {
    my ($name, $lines, @patterns) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my ($ok, $said) = $nginx->test_conf(block($lines));
    my @missing = grep { $said !~ $_ } @patterns;

    return is_deeply([ $ok ? 'accepted' : 'refused', @missing ],
                     [ 'accepted' ], "good: $name") || diag($said);
}


# There is exactly one message and it matches; it names the line with the mark,
# if there is a mark.

sub bad {
    my ($name, $lines, @patterns) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my ($ok, $said) = $nginx->test_conf(block($lines));
    my ($message) = grep { /\[emerg\]/ } split /\n/, $said;

    push @patterns, qr{nginx\.conf:@{[ $nginx->line_of('# here') ]}$}
        if $lines =~ /# here/;

    my @missing = grep { ($message // '') !~ $_ } @patterns;

    return is_deeply([ $ok ? 'accepted' : 'refused', @missing ],
                     [ 'refused' ], "bad: $name") || diag($said);
}


my $warns = qr/\[warn\]/;


sub silent {
    my ($name, $lines) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my ($ok, $said) = $nginx->test_conf(block($lines));

    return is_deeply([ $ok ? 'accepted' : 'refused', $said =~ /$warns.*/g ],
                     [ 'accepted' ], "without a warning: $name");
}


# include: one file, patterns, a file inside a file; errors name the right place

$nginx->write_file('jwks', JSON::PP->new->encode({ keys => [ $key->jwk ] }));
$nginx->write_file('name.inc', "issuer https://as.test;\n");
$nginx->write_file('keys.inc', "jwks_file jwks;\n");
$nginx->write_file('nested.inc', "include name.inc;\ninclude keys.inc;\n");
$nginx->write_file('part-1.inc', "issuer https://as.test;\n");
$nginx->write_file('part-2.inc', "leeway 5s;\njwks_file jwks;\n");
$nginx->write_file('odd.inc', "leeway 5s;\nalgorithms none;\n");
$nginx->write_file('foreign.inc', "leeway 5s;\nroot /;\n");
$nginx->write_file('location.inc', "oauth corp;\n");
$nginx->write_file('variable.inc', "\n\nproxy http://\$proxy:3128;\n");
$nginx->write_file('brace.inc', "leeway 5s; }\n");
$nginx->write_file('self.inc', "issuer https://as.test;\nleeway 5s;\n");

good('include', 'issuer https://as.test; include keys.inc;');
good('include with a full path', "include $dir/name.inc;");
good('include of a file that includes', 'include nested.inc;');
good('include of a pattern', 'include part-*.inc;');
good('include of a pattern without files',
     'issuer https://as.test; include absent-*.inc;');

bad('a file twice', 'include self.inc; include self.inc;',
    qr/"issuer" directive is duplicate/, qr{self\.inc:1$});
bad('no such file', 'include absent.inc; # here', qr/absent\.inc"/);
bad('an error in an included file', 'issuer https://as.test; include odd.inc;',
    qr/"none"/, qr{odd\.inc:2$});
bad('a directive of another block',
    'issuer https://as.test; include foreign.inc;',
    qr/"root" directive is not allowed here/, qr{foreign\.inc:2$});
bad('a directive of a location',
    'issuer https://as.test; include location.inc;',
    qr/"oauth" directive is not allowed here/, qr{location\.inc:1$});
bad('a variable in an included file',
    'issuer https://as.test; include variable.inc;',
    qr/"http:\/\/\$proxy:3128"/, qr{variable\.inc:3$});
bad('a brace too many', 'issuer https://as.test; include brace.inc;',
    qr/unexpected "\}"/, qr{brace\.inc:1$});
bad('include without a file', 'include; # here', qr/arguments in "include"/);

for my $foreign (qw(root user daemon worker_processes events http server
                    load_module)) {
    bad("$foreign is no directive of the block",
        "issuer https://as.test; $foreign x; # here",
        qr/"$foreign" directive is not allowed here/);
}

# variables are not evaluated

my %plain = (
    issuer => 'https://as.test',
    authorization_server => 'https://as.test/x',
    config_url => 'https://as.test/x',
    jwks_uri => 'https://as.test/x',
    jwks_file => 'jwks',
    ssl_trusted_certificate => 'ca.pem',
    proxy => 'http://proxy.test:3128',
    scope_claim => 'scope',
);

for my $name (sort keys %plain) {
    for my $variable ('$host', '${host}', '$1', '$_a') {
        bad("$name $plain{$name}$variable",
            ($name eq 'issuer' ? '' : 'issuer https://as.test; ')
            . "$name $plain{$name}$variable; # here",
            qr/"\Q$plain{$name}$variable\E"/,
            qr/variables are not evaluated in "\w+"/);
    }
}

bad('a variable in the last of several values', 'issuer https://as.test;'
    . ' scope_claim scope $claim; # here', qr/"\$claim"/, qr/not evaluated/);

{
    my ($ok, $said) = $nginx->test_conf(block('issuer https://as.test;')
                                        =~ s/oauth_issuer \K/\$/r);

    ok(!$ok, 'bad: a variable for a name');
    like($said, qr/"\$corp".*not evaluated/, 'is named');
}

# a "$" that would not begin a variable is an ordinary character

$nginx->write_file('keys$.jwks', JSON::PP->new->encode(
    { keys => [ $key->jwk ] }));

good('a dollar sign at the end', 'issuer https://as.test/a$;');
good('a dollar sign before a slash', 'issuer https://as.test/a$/b;');
good('a dollar sign that is escaped', 'issuer https://as.test/%24host;');
good('two of them', 'issuer https://as.test/$$;');
good('in the name of a file', 'issuer https://as.test; jwks_file keys$.jwks;');

# plain http: on loopback, or if allow_http permits it

my $http = 'issuer http://keycloak:8080/realms/corp;';
my $warning = qr/$warns.*allow_http.*nginx\.conf:\d+$/m;

silent('http on loopback', 'issuer http://127.0.0.1:8080;');
silent('https', 'issuer https://as.test;');
silent('allow_http off', 'issuer https://as.test; allow_http off;');

bad('http elsewhere', $http, qr{"http://keycloak:8080/realms/corp"},
    qr/allow_http/);
bad('allow_http off', "$http allow_http off;", qr/allow_http/);
good('allow_http on', "$http allow_http on;", $warning);
good('before the issuer', "allow_http on; $http", $warning);
good('for keys', 'issuer https://as.test; allow_http on;'
     . ' jwks_uri http://keycloak:8080/certs;', $warning);
good('for the document', 'issuer https://as.test; allow_http on;'
     . ' config_url http://keycloak:8080/x;', $warning);
good('it is warned of in any case', 'issuer https://as.test; allow_http on;',
     $warning);
good('with keys of a file', "$http allow_http on; jwks_file jwks;", $warning);
bad('neither on nor off', 'issuer https://as.test; allow_http yes; # here',
    qr/allow_http/);
bad('twice', 'issuer https://as.test; allow_http on; allow_http on; # here',
    qr/allow_http/, qr/duplicate/);
bad('it does not make other URLs good', 'allow_http on; issuer ftp://as.test;',
    qr{"ftp://as\.test"});

{
    $nginx->test_conf(block("$http\nallow_http on; # here"));

    my $line = $nginx->line_of('# here');
    my ($ok, $said) = $nginx->test_conf(block("$http\nallow_http on; # here"));

    like($said, qr/$warns.*allow_http.*nginx\.conf:$line$/m,
         'the warning names file and line');
}

{
    my ($ok, $said) = $nginx->test_conf(block("$http allow_http on;")
        . 'oauth_issuer other { issuer http://other:8080; }');

    ok(!$ok, 'bad: it is allowed for one issuer only');
    like($said, qr{"http://other:8080"}, 'the other is named');
}

# the server that clients are sent to

silent('a server in front', 'issuer https://as.test;'
       . ' authorization_server https://app.test/idp;');
silent('one on loopback', 'issuer https://as.test;'
       . ' authorization_server http://127.0.0.1:8080;');
bad('it is plain http', 'issuer https://as.test;'
    . ' authorization_server http://app.test/idp;',
    qr{authorization_server "http://app\.test/idp" is plain http: use https});
good('that is allowed', 'issuer https://as.test; allow_http on;'
     . ' authorization_server http://app.test/idp;', $warning);
bad('it is no URL', 'issuer https://as.test; authorization_server idp;',
    qr/authorization_server "idp" .*: write it as in/);
bad('it has a query', 'issuer https://as.test;'
    . ' authorization_server https://app.test?idp;',
    qr{authorization_server "https://app\.test\?idp" has a query: RFC 8414});
bad('the issuer has a query', 'issuer https://as.test?a;',
    qr{issuer "https://as\.test\?a" has a query: RFC 8414});
bad('a server in front twice', 'issuer https://as.test;'
    . ' authorization_server https://a.test; authorization_server'
    . ' https://a.test; # here', qr/"authorization_server" directive is dup/);

# a proxy that is not used

my $proxy = 'proxy http://proxy.test:3128;';
my $aside = qr/$warns.*proxy "http:\/\/proxy\.test:3128" is not used for/;

silent('a proxy for https', "issuer https://as.test; $proxy");
good('a proxy beside http', "issuer http://127.0.0.1:8080; $proxy", $aside);
good('a proxy beside http that is allowed', "$http allow_http on; $proxy",
     $aside, qr/"http:\/\/keycloak:8080\/realms\/corp"/);
good('beside keys', 'issuer https://as.test; jwks_uri http://127.0.0.1/k;'
     . " $proxy", $aside, qr/"http:\/\/127\.0\.0\.1\/k"/);
good('beside a document', 'issuer https://as.test; '
     . "config_url http://127.0.0.1/c; $proxy", $aside);
silent('keys by https, whatever the identifier', 'issuer http://127.0.0.1;'
       . " jwks_uri https://as.test/k; $proxy");
silent('nothing is fetched', "issuer http://127.0.0.1; jwks_file jwks; $proxy");

finish();

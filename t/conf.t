#!/usr/bin/perl
#
# The configuration: what nginx -t refuses, naming file, line, value and remedy;
# and that nginx -t accepts good configurations and never uses the network.  What
# it warns about is in traps.t.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP ();
use POSIX qw(mkfifo);

use OAuth::Test;

my $issuer = issuer();
my $key = key('ES256');
my $small = key('RS256', bits => 1024);

my $nginx = OAuth::Test::Nginx->new(conf => '', AS => $issuer->url);


# A server with these lines; most of the tests below use it.

sub in_server {
    my ($lines, $name) = @_;

    $name //= 'app.test';

    return <<"CONF";
    oauth_issuer corp { issuer %%AS%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name $name;
        $lines
    }
CONF
}


sub in_issuer {
    my ($lines, $url) = @_;

    $url //= 'https://as.test';

    return <<"CONF";
    oauth_issuer corp {
        issuer $url;
        $lines
    }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        location / { oauth corp; }
    }
CONF
}


sub good {
    my ($name, $conf) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my ($ok, $said) = $nginx->test_conf($conf);

    return ok($ok, "good: $name") || diag($said);
}


# The message must name the file, the line with the mark, and all the other
# things.  The mark is the comment "# here", or a text that the caller gives.

sub bad {
    my ($name, $conf, @patterns) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my ($ok, $said) = $nginx->test_conf($conf);
    my $line = $nginx->line_of('# here');
    my ($message) = grep { /\[emerg\]/ } split /\n/, $said;

    $message //= 'no message';

    my @missing = grep { $message !~ $_ }
        qr{\Q${\$nginx->dir}\E/nginx\.conf:$line$}, @patterns;

    return is_deeply([ $ok ? 'accepted' : 'refused', @missing ],
                     [ 'refused' ], "bad: $name")
           || diag("line $line: $said");
}


# issuers

good('the smallest configuration', in_server('location / { oauth corp; }'));

bad('unknown issuer', in_server("location / {\n oauth other; # here\n }"),
    qr/"other"/, qr/oauth_issuer/);
bad('unknown issuer beside a known one', in_server(
        "location / {\n oauth corp other; # here\n }"), qr/"other"/);
bad('an issuer named twice', in_server(
        "location / {\n oauth corp corp; # here\n }"), qr/"corp"/, qr/twice/);
bad('an issuer declared twice', "oauth_issuer a { issuer https://a.test; }\n"
    . "oauth_issuer a { # here\n issuer https://b.test; }", qr/"a"/,
    qr/duplicate/);
bad('an issuer without a URL', "oauth_issuer a {\n} # here",
    qr/"a"/, qr/issuer https:/);

good('https', in_issuer(''));
good("http on $_", in_issuer('', "http://$_:9999"))
    for qw(127.0.0.1 127.1.2.3 localhost [::1]);

bad("plain http: $_", in_issuer('', $_) =~ s/\n    \}\n/\n    } # here\n/r,
    qr/"\Q$_\E"/, qr/https/)
    for qw(http://as.test http://10.0.0.1 http://127.0.0.1.evil.test
           http://localhost.evil.test http://[::2]);

bad("issuer: $_", in_issuer('', $_) =~ s/\n    \}\n/\n    } # here\n/r,
    qr/"\Q$_\E"/)
    for 'as.test', 'ftp://as.test', 'https://', 'https://a@as.test',
        'https://as.test/#x', 'https://as.test?x=1', 'https://as.test:99999';

for my $name (qw(config_url jwks_uri)) {
    good("$name over https", in_issuer("$name https://as.test/x;"));
    bad("plain http in $name", in_issuer("$name http://as.test/x;")
        =~ s/\n    \}\n/\n    } # here\n/r, qr{"http://as\.test/x"},
        qr/$name/, qr/https/);
}

# key files

my $encode = sub { JSON::PP->new->canonical->encode($_[0]) };
my $dir = $nginx->dir;

$nginx->write_file('good.jwks', $encode->({ keys => [ $key->jwk ] }));
$nginx->write_file('mixed.jwks', $encode->({ keys => [ $small->jwk,
                                                       $key->jwk ] }));
$nginx->write_file('small.jwks', $encode->({ keys => [ $small->jwk ] }));
$nginx->write_file('none.jwks', '{"keys":[]}');
$nginx->write_file('text.jwks', 'no JSON');
$nginx->write_file('array.jwks', '[]');
$nginx->write_file('cut.jwks', substr $encode->({ keys => [ $key->jwk ] }), 0,
                   50);
$nginx->write_file('enc.jwks', $encode->({ keys => [
    { %{ $key->jwk }, use => 'enc' } ] }));
$nginx->write_file('empty.jwks', '');
$nginx->write_file('secret.jwks', $encode->({ keys => [
    { kty => 'oct', k => 'c2VjcmV0', kid => 's' } ] }));
$nginx->write_file('none.pem', "nothing\n");

good('a key file', in_issuer("jwks_file $dir/good.jwks;"));
good('a key file with an odd key', in_issuer("jwks_file $dir/mixed.jwks;"));
good('a path below the prefix', in_issuer('jwks_file good.jwks;'));

bad("key file: $_", in_issuer("jwks_file $dir/$_;")
    =~ s/\n    \}\n/\n    } # here\n/r, qr{"$dir/\Q$_\E"})
    for qw(absent.jwks none.jwks text.jwks array.jwks cut.jwks small.jwks
           enc.jwks empty.jwks secret.jwks html);

bad("key file without a usable key says so: $_",
    in_issuer("jwks_file $dir/$_;") =~ s/\n    \}\n/\n    } # here\n/r,
    qr/JWK/) for qw(none.jwks small.jwks);

bad('a key that the algorithms exclude', in_issuer(
        "algorithms RS256; jwks_file $dir/good.jwks;")
    =~ s/\n    \}\n/\n    } # here\n/r, qr{good\.jwks});

bad('two sources of keys', in_issuer("jwks_file $dir/good.jwks;\n"
        . 'jwks_uri https://as.test/k;') =~ s/\n    \}\n/\n    } # here\n/r,
    qr/jwks_file/, qr/jwks_uri/);

bad("certificates: $_", in_issuer("ssl_trusted_certificate $dir/$_;")
    =~ s/\n    \}\n/\n    } # here\n/r, qr{"$dir/\Q$_\E"})
    for qw(absent.pem none.pem);

# other directives of an issuer

good('every one of them', in_issuer(<<'CONF'));
        algorithms RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA
                   Ed25519 Ed448;
        token_type at+jwt;
        leeway 10s;
        max_token_lifetime 2h;
        scope_claim scope realm.roles;
        key_refresh 5m;
        key_stale 2d;
        key_refetch 30s;
        proxy http://proxy.test:3128;
        timeout 5s;
        config_url https://as.test/config;
CONF

bad("algorithm $_", in_issuer("algorithms ES256 $_; # here"), qr/"\Q$_\E"/,
    qr/ES256/) for qw(none HS256 HS512 RS1 es256 foo ES256K);

bad("token_type $_", in_issuer("token_type $_; # here"), qr/"\Q$_\E"/,
    qr/at\+jwt/) for qw(jwt AT+JWT);

bad("duplicate: $_", in_issuer("$_;\n$_; # here"), qr/duplicate/)
    for 'algorithms ES256', 'token_type any', 'leeway 5s', 'timeout 5s',
        'key_refresh 5m', 'key_stale 1d', 'key_refetch 5s',
        'max_token_lifetime 1h', 'scope_claim scope', 'proxy http://p.test',
        'config_url https://as.test/x', 'jwks_uri https://as.test/x',
        'jwks_file good.jwks',
        'ssl_trusted_certificate a.pem';

bad('duplicate: issuer', in_issuer('', 'https://a.test; issuer '
        . 'https://b.test; # here'), qr/"issuer"/, qr/duplicate/);

bad("value: $_", in_issuer("$_; # here"), qr/invalid|value/)
    for 'leeway soon', 'timeout x', 'key_refresh -1', 'key_stale 1y2';

bad("without end: $_", in_issuer("$_; # here"), qr/1s/)
    for 'key_refresh 0', 'key_stale 999ms', 'key_refetch 0s';
bad("no such time: $_", in_issuer("$_; # here"), qr/directive is/)
    for 'timeout 0', 'leeway 2h';

bad('one issuer under two names', <<'CONF',
    oauth_issuer one { issuer https://as.test; }
    oauth_issuer two { issuer https://as.test; leeway 5s; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        location / {
            oauth one two; # here
        }
    }
CONF
    qr{"https://as\.test"}, qr/"one" and "two"/);

# resources

my %resources = (
    'https://app.test' => 1, 'https://app.test/' => 1,
    'https://app.test/a/b' => 1, 'https://app.test/a?x=1' => 1,
    'https://app.test:8443/a' => 1, 'http://app.test' => 1,
    'https://app.test/#x' => 0, 'https://app.test#' => 0,
    'https://me@app.test/' => 0, 'https://me:x@app.test' => 0,
    'https://' => 0, 'https:///path' => 0, '/path' => 0, 'app.test' => 0,
    'urn:x:y' => 0, 'ftp://app.test' => 0, 'https://app.test:x' => 0,
);

for my $url (sort keys %resources) {
    my $conf = in_server("location / {\n oauth corp;\n"
                         . " oauth_resource $url; # here\n }");

    if ($resources{$url}) {
        good("resource $url", $conf);

    } else {
        bad("resource $url", $conf, qr/"\Q$url\E"/, qr/https:/);
    }
}

# resources whose metadata document no request would reach

for my $path ('//docs', '/a//b', '/a//', '/./a', '/a/./b', '/a/.', '/../a',
              '/a/../b', '/a/..', '/%2e%2e/a', '/a/%2E/b', '/a%2F/b',
              '/%2fa', '/a%00', '/%00', '/..', '/a/%2e%2E')
{
    bad("a document that cannot be found: $path", in_server(
            "location / {\n oauth corp;\n"
            . " oauth_resource https://app.test$path; # here\n }"),
        qr{"https://app\.test\Q$path\E"}, qr/write the URL/);
}

good("a document that can be found: $_", in_server(
        "location / { oauth corp; oauth_resource https://app.test$_; }"))
    for '/a%2Fb', '/a/...', '/.a/b', '/a%20b', '/a/', '/a%3Fb', '/a%2523',
        '/%23', '/a+b', '/%41', '/a?b=//x/../', '/a:b@c';

good('slashes that are not merged', in_server('merge_slashes off;'
    . 'location / { oauth corp; oauth_resource https://app.test//docs; }'));

bad('two resources, one metadata URL', in_server(<<'CONF'),
        location /a {
            oauth corp;
            oauth_resource https://app.test/docs;
        }

        location /b {
            oauth corp;
            oauth_resource http://app.test/docs; # here
        }
CONF
    qr{"http://app\.test/docs"}, qr{"https://app\.test/docs"});

bad('with and without the slash of a pathless URL', in_server(<<'CONF'),
        location /a {
            oauth corp;
            oauth_resource https://app.test;
        }

        location /b {
            oauth corp;
            oauth_resource https://app.test/; # here
        }
CONF
    qr{"https://app\.test/"}, qr{"https://app\.test"});

good('reflect', in_server('location / { oauth corp;'
                           . ' oauth_resource https://app.test/x reflect; }'));
bad('another word behind the URL', in_server("location / {\n oauth corp;\n"
    . " oauth_resource https://app.test mirror; # here\n }"), qr/"mirror"/,
    qr/"reflect"/);
bad('reflect without a URL', in_server("location / {\n oauth corp;\n"
    . " oauth_resource reflect; # here\n }"), qr/"reflect"/, qr/https:/);
bad('reflect below a query', in_server("location / {\n oauth corp;\n"
    . " oauth_resource https://app.test/x?y reflect; # here\n }"),
    qr{"https://app\.test/x\?y"}, qr/remove/);
bad('reflect in one of two locations', in_server(<<'CONF'), qr/reflect/,
        location /a { oauth corp; oauth_resource https://app.test reflect; }
        location /b {
            oauth corp;
            oauth_resource https://app.test; # here
        }
CONF
    qr{"https://app\.test"});

good('one resource in two locations', in_server(<<'CONF'));
        location /a { oauth corp; oauth_resource https://app.test/x; }
        location /b { oauth corp; oauth_resource https://app.test/x; }
CONF

for my $name ('_', '""', '*.app.test', '.app.test', '~^app', 'app.*') {
    bad("no resource can be known: server_name $name", in_server(
            "location / {\n oauth corp; # here\n }", $name),
        qr/oauth_resource/);
    good("server_name $name with a resource", in_server(
            "location / { oauth corp; oauth_resource https://a.test; }",
            $name));
}

bad('no resource can be known: two ports', in_server(
        "listen 127.0.0.1:%%PORT_two%%;\n"
        . "location / {\n oauth corp; # here\n }"),
    qr/oauth_resource/);
bad('no resource can be known: a socket file', in_server(
        "listen unix:%%DIR%%/socket;\nlocation / {\n oauth corp; # here\n }"),
    qr/oauth_resource/);
good('no resource is needed where nothing is protected', in_server(
        "location / { oauth off; }", '_'));

# scopes

good('scopes', in_server(<<'CONF'));
        oauth_scope_implies admin write read;

        location / {
            oauth corp;
            oauth_scope read a|b $arg_scope x:$arg_y;
            oauth_scope write method=POST,PUT,M-SEARCH;
            oauth_scope !#[]~;
            oauth_scope_advertise read write;
        }

        location /none {
            oauth corp;
            oauth_scope none;
        }
CONF

for my $scope ('""', q{'a"b'}, q{'a\b'}, q{'a b'}, "a\xc3\xa9", 'a|', '|a',
               'a||b', "\"a\tb\"", "a\x7f")
{
    my $shown = $scope =~ tr/"'//dr =~ s/[^\x20-\x7e]/./gr;

    bad("oauth_scope $shown", in_server(
            "location / {\n oauth corp;\n oauth_scope $scope; # here\n }"),
        qr/scope/);
    bad("oauth_scope_advertise $shown", in_server(
            "location / {\n oauth corp;\n oauth_scope_advertise $scope; # here"
            . "\n }"), qr/scope/) unless $scope =~ /\|/;
    bad("oauth_scope_implies $shown", in_server(
            "location / {\n oauth corp;\n oauth_scope_implies a $scope; # here"
            . "\n }"), qr/scope/) unless $scope =~ /\|/;
}

# What means something to oauth_scope, but is not a single scope, is refused
# where single scopes are listed.

for my $directive ('oauth_scope_advertise', 'oauth_scope_implies a') {
    bad("$directive $_", in_server(
            "location / {\n oauth corp;\n $directive $_; # here\n }"),
        qr/\Q$_\E.*variable/) for '$tool_scope', 'x:$oauth_sub', 'a|b', '|';
}

for my $lines ("off;\n oauth_scope_advertise a; # here",
               "a;\n oauth_scope_advertise off; # here", 'off a; # here',
               'a off; # here', "off;\n oauth_scope_advertise off; # here")
{
    bad("oauth_scope_advertise off, and more: $lines" =~ s/\n.*//sr, in_server(
            "location / {\n oauth corp;\n oauth_scope_advertise $lines\n }"),
        qr/oauth_scope_advertise.*(?:off|duplicate)/);
}

bad("methods: $_", in_server(
        "location / {\n oauth corp;\n oauth_scope a method=$_; # here\n }"),
    qr/method/) for '', 'get', 'GET,', ',GET', 'G=T', '"GET POST"';

bad("like a method list: $_", in_server(
        "location / {\n oauth corp;\n oauth_scope a $_; # here\n }"),
    qr/method=/) for 'methods=POST', 'Method=POST', 'METHOD=GET,PUT';

bad('methods without a scope', in_server(
        "location / {\n oauth corp;\n oauth_scope method=GET; # here\n }"),
    qr/scope/);

# headers

for my $header (qw(Authorization authorization AUTHORIZATION DPoP Host
                   Connection Transfer-Encoding Content-Length
                   Transfer_Encoding Content_Length Upgrade))
{
    bad("oauth_header $header", in_server(
            "location / {\n oauth corp;\n"
            . " oauth_header $header sub; # here\n }"),
        qr/"$header"/);
}

bad("oauth_header $_", in_server(
        "location / {\n oauth corp;\n oauth_header $_ sub; # here\n }"),
    qr/header/) for '""', '"X User"', 'X:User', "X\xc3\xa9";

bad('oauth_header Authorization in http', "oauth_header Authorization sub; "
    . "# here\n" . in_server(''), qr/oauth_pass_token/);

bad('a header twice', in_server("location / {\n oauth corp;\n"
        . "oauth_header X-User sub;\noauth_header x_user email; # here\n }"),
    qr/duplicate/);
good('a header again on another level', in_server("oauth_header X-User sub;\n"
        . 'location / { oauth corp; oauth_header X-User email; }'));

# further metadata

good('metadata members', in_server(<<'CONF'));
        location / {
            oauth corp;
            oauth_metadata resource_name "Wiki";
            oauth_metadata resource_name#de "Das Wiki";
            oauth_metadata resource_documentation https://app.test/help;
            oauth_metadata resource_policy_uri https://app.test/policy;
            oauth_metadata resource_tos_uri https://app.test/terms;
        }
CONF

for my $member ('resource x', 'authorization_servers https://x.test',
                'scopes_supported a', 'bearer_methods_supported query',
                'unknown x', 'resource_name', 'resource_name ""',
                'resource_name a b', 'resource_documentation nowhere',
                'jwks_uri#de https://app.test/k', 'resource_name# x',
                'resource_name#d_e x', 'signed_metadata abc')
{
    bad("oauth_metadata $member", in_server(
            "location / {\n oauth corp;\n oauth_metadata $member; # here\n }"),
        qr/metadata/);
}

bad('a metadata member twice', in_server("location / {\n oauth corp;\n"
        . " oauth_metadata resource_name a;\n"
        . " oauth_metadata resource_name b; # here\n }"), qr/duplicate/);

# one resource in two locations

good('the same metadata twice, in any order', in_server(<<'CONF'));
        location /a {
            oauth corp;
            oauth_resource https://app.test;
            oauth_metadata resource_name Wiki;
            oauth_metadata resource_name#de "Das Wiki";
            oauth_metadata authorization_details_types_supported a b;
        }

        location /b {
            oauth corp;
            oauth_resource https://app.test;
            oauth_metadata authorization_details_types_supported a b;
            oauth_metadata resource_name#de "Das Wiki";
            oauth_metadata resource_name Wiki;
        }

        location /c { oauth corp; oauth_resource https://app.test; }
CONF

bad("other metadata for one resource: $_", in_server(<<"CONF"),
        location /a {
            oauth corp;
            oauth_resource https://app.test;
            oauth_metadata resource_name Wiki;
            oauth_metadata authorization_details_types_supported a b;
        }

        location /b {
            oauth corp;
            oauth_resource https://app.test; # here
            $_
        }
CONF
    qr/different "oauth_metadata"/)
    for 'oauth_metadata resource_name Wiki;',
        'oauth_metadata resource_name wiki;'
        . ' oauth_metadata authorization_details_types_supported a b;',
        'oauth_metadata resource_name Wiki;'
        . ' oauth_metadata authorization_details_types_supported a;',
        'oauth_metadata resource_name#de Wiki;'
        . ' oauth_metadata authorization_details_types_supported a b;',
        'oauth_metadata resource_name Wiki; oauth_metadata resource_name#de x;'
        . ' oauth_metadata authorization_details_types_supported a b;';

# duplicates and contradictions

for my $directive ('oauth corp', 'oauth off', 'oauth_pass_token on',
                   'oauth_cors off', 'oauth_strict_uri on',
                   'oauth_resource https://app.test',
                   'oauth_audience off', 'oauth_metadata off')
{
    bad("duplicate: $directive", in_server(
            "location / {\n $directive;\n $directive; # here\n }"),
        qr/duplicate/);
}

bad("off and more: $_->[1]", in_server(
        "location / {\n $_->[0];\n $_->[1]; # here\n }"), qr/"\w+"/)
    for [ 'oauth corp', 'oauth off' ], [ 'oauth off', 'oauth corp' ],
        [ 'oauth_audience a', 'oauth_audience off' ],
        [ 'oauth_audience off', 'oauth_audience a' ],
        [ 'oauth_acr a', 'oauth_acr off' ],
        [ 'oauth_acr off', 'oauth_acr a' ],
        [ 'oauth_revocation_audience a', 'oauth_revocation_audience off' ],
        [ 'oauth_revocation_audience off', 'oauth_revocation_audience a' ],
        [ 'oauth_metadata resource_name a', 'oauth_metadata off' ],
        [ 'oauth_metadata off', 'oauth_metadata resource_name a' ];

for my $directive ('oauth', 'oauth_audience', 'oauth_acr',
                   'oauth_scope_advertise', 'oauth_revocation_audience')
{
    my @with = map { "location / {\n $directive $_; # here\n }" }
                   'off', 'off corp', 'corp off';

    good("$directive off", in_server($with[0]));
    bad("$directive off, and more", in_server($with[$_]),
        qr/"$directive" directive has "off" together with other values/)
        for 1, 2;
}

good('oauth_metadata off', in_server("location / { oauth_metadata off; }"));
bad('oauth_metadata off, and more', in_server(
        "location / {\n oauth_metadata off corp; # here\n }"),
    qr/"oauth_metadata" directive has "off" together with other values/);

for my $term ('off', 'read off', 'off method=GET') {
    bad("oauth_scope $term", in_server(
            "location / {\n oauth corp;\n oauth_scope $term; # here\n }"),
        qr/"oauth_scope" directive has "off", .*: write "none"/);
}

good('oauth_scope none', in_server(
         'location / { oauth corp; oauth_scope none; }'));

bad('oauth_zone twice', "oauth_zone 4m;\noauth_zone 4m; # here\n",
    qr/duplicate/);
bad("oauth_zone $_", "oauth_zone $_; # here\n", qr/oauth_zone|invalid|zone/)
    for 'x', '-1';

good('oauth_claim_set', "oauth_claim_set \$team realm team;\n"
     . in_server('location / { oauth corp; oauth_header X-Team $team; }'));
bad('oauth_claim_set without $', "oauth_claim_set team realm; # here\n",
    qr/"team"/);
bad('oauth_claim_set of a known variable',
    "oauth_claim_set \$request_uri realm; # here\n", qr/request_uri/);
bad("oauth_claim_set: $_", "oauth_claim_set \$team $_; # here\n",
    qr/claim path/) for '""', '.', 'a.', '.a', 'a..b', 'realm .', 'realm ""';

# a FIFO that nobody writes to

mkfifo("$dir/fifo", 0600) or die "mkfifo: $!\n";
bad("a FIFO: $_", in_issuer("$_ $dir/fifo;")
    =~ s/\n    \}\n/\n    } # here\n/r, qr{"$dir/fifo" is not a regular file})
    for 'jwks_file', 'ssl_trusted_certificate';

# paths of claims

for my $path ('', '.', '..', '.a', 'a.', 'a..b', 'a.b.') {
    bad("oauth_header X-A \"$path\"", in_server(
            "location / {\n oauth corp;\n oauth_header X-A \"$path\"; # here"
            . "\n }"), qr/claim path "\Q$path\E"/, qr/realm_access\.roles/);
    bad("oauth_require \"$path\"", in_server(
            "location / {\n oauth corp;\n oauth_require \"$path\" a; # here"
            . "\n }"), qr/claim path "\Q$path\E"/);
}

bad("oauth_require: $_", in_server(
        "location / {\n oauth corp;\n oauth_require team $_; # here\n }"),
    qr/"oauth_require" directive has an empty value/)
    for '""', "''", '"" a', 'a ""', '$host ""';
good('oauth_require: variables that may be empty', in_server(
    "location / {\n oauth corp;\n oauth_require team \$arg_a\$arg_b;\n }"));

good("path of a claim: $_", in_server("location / {\n oauth corp;\n"
    . " oauth_header X-A $_;\n oauth_require $_ a;\n }"))
    for qw(a a.b a.b.c https://example.com/a.b/c urn:a:b a-b_c/d);

# variables where none is evaluated

for my $lines ('oauth $issuer', 'oauth corp ${other}', 'oauth_audience $host',
               'oauth_audience a api://$1', 'oauth_resource https://$host',
               'oauth_resource https://app.test/$tenant',
               'oauth_metadata resource_name $host',
               'oauth_metadata resource_documentation https://$host/x',
               'oauth_metadata resource_name#$lang x',
               'oauth_scope_implies a $scope', 'oauth_scope_implies $_ a',
               'oauth_scope_advertise x:$y', 'oauth_require $claim a',
               'oauth_require a.${b} a')
{
    my $here = $lines =~ /^oauth / ? "$lines; # here"
                                   : "oauth corp;\n $lines; # here";

    bad("a variable: $lines", in_server("location / {\n $here\n }"),
        qr/"[^"]*\$[^"]*"/, qr/variables are/);
}

bad('a variable: oauth_claim_set', "oauth_claim_set \$team realm \$x; # here\n",
    qr/"\$x"/, qr/variables are not evaluated/);

good('a "$" that names none', in_server(<<'CONF'));
        location / {
            oauth corp;
            oauth_audience a$ $ $-b;
            oauth_metadata resource_name "Cash $, $.";
            oauth_require price 5$;
        }
CONF

bad('oauth_claim_set twice', "oauth_claim_set \$team a;\n"
    . "oauth_claim_set \$team b; # here\n", qr/team/);

# contexts

bad("$_ in http", "$_; # here\n", qr/not allowed here/)
    for 'oauth corp', 'oauth_scope a', 'oauth_resource https://app.test',
        'oauth_require a b', 'oauth_audience a', 'issuer https://as.test';
bad('oauth_issuer in a server', in_server(
        "oauth_issuer x { # here\n issuer https://x.test; }"),
    qr/not allowed here/);
bad('a directive of nginx in oauth_issuer', in_issuer('root /; # here'),
    qr/not allowed here/);

# an included file: the message names it

$nginx->write_file('included.conf', "\n\noauth_scope \"\";\n");
my ($ok, $said) = $nginx->test_conf(in_server(
    'location / { oauth corp; include included.conf; }'));
ok(!$ok, 'bad: in an included file');
like($said, qr{included\.conf:3$}m, 'which is named, with its line');

$nginx->write_file('included.conf', "\n\noauth unknown;\n");
($ok, $said) = $nginx->test_conf(in_server(
    'location / { include included.conf; }'));
ok(!$ok, 'bad: an unknown issuer in an included file');
like($said, qr{included\.conf:3$}m, 'which is named, with its line');

# nginx -t does not use the network

is($issuer->count, 0, 'nothing of this asked the issuer');

finish();

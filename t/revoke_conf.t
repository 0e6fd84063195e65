#!/usr/bin/perl
#
# What nginx -t says about revocation: which directives go together, who could
# revoke, and whether the workers can use the folder of the store.  Next to each
# message is the same configuration without the mistake.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $tested = OAuth::Test::Nginx->new(conf => '');
my $dir = $tested->dir;
my $store = $tested->make_folder('store');


sub checked {
    my ($location, %options) = @_;

    my $main = $options{main} // "oauth_revocation_store $store;";
    my $listen = $options{listen} // '0.0.0.0:%%PORT_main%%';
    my $name = $options{name} // 'app.test';
    my $path = $options{path} // '/revoke';

    my ($ok, $said) = $tested->test_conf(<<"CONF");
    $main # main
    oauth_issuer as { issuer https://as.test; jwks_uri https://as.test/jwks; }

    server {
        listen $listen;
        server_name $name;
        location $path {
            @{[ $options{before} // '' ]}
            $location # here
        }
    }
CONF

    return { ok => $ok, said => $said,
             here => "$dir/nginx.conf:" . $tested->line_of('# here'),
             main => "$dir/nginx.conf:" . $tested->line_of('# main') };
}


sub accepted {
    my ($name, @checked) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $result = checked(@checked);

    ok($result->{ok}, $name) or diag($result->{said});
    unlike($result->{said}, qr/\[emerg\]/, "$name: no error");

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


my $guarded = 'oauth as; oauth_resource https://app.test; oauth_scope revoke;';

# the store

accepted('a store', 'oauth_revoke token;');
accepted('a store with a size', 'oauth_revoke token;',
         main => "oauth_revocation_store $store size=2m;");
refused('no store', 'has no store to write to', 'here', 'oauth_revoke token;',
        main => '');
refused('two stores', 'is duplicate', 'main', '',
        main => "oauth_revocation_store $store;\n"
                . "oauth_revocation_store $store;");
refused('a size that is too small', 'invalid parameter "size=1k"', 'main', '',
        main => "oauth_revocation_store $store size=1k;");
refused('another parameter', 'invalid parameter "sice=1m"', 'main', '',
        main => "oauth_revocation_store $store sice=1m;");
refused('a folder that is missing', "$store-no", 'main', '',
        main => "oauth_revocation_store $store-no;");

$tested->write_file('file', '');
refused('a file', "$dir/file", 'main', '',
        main => "oauth_revocation_store $dir/file;");

# others can undo revocations if they can write

my $warning = qr/\[warn\] "oauth_revocation_store": every user of this machine may/;

unlike(checked('oauth_revoke token;')->{said}, $warning,
       'a folder of the workers: no warning');

chmod 0777, $store or die "chmod: $!\n";

my $open = checked('oauth_revoke token;');

ok($open->{ok}, 'a folder for everybody: accepted');
like($open->{said}, qr/$warning.*"chmod 700" in \Q$open->{main}\E/,
     'a folder for everybody: a warning with its place');
chmod 0700, $store or die "chmod: $!\n";

# the inputs

refused('an unknown input', 'invalid value "tokens"', 'here',
        'oauth_revoke tokens;');
refused('no input', 'names no input', 'here', 'oauth_revoke audit=plain;');
refused('two of them', 'is duplicate', 'here',
        "oauth_revoke token;\noauth_revoke token;");

# who can revoke

refused('admin for everybody', 'is open to everybody', 'here',
        'oauth_revoke admin;');
refused('admin with a token and without a scope', 'is open to everybody',
        'here', 'oauth_revoke admin;',
        before => 'oauth as; oauth_resource https://app.test;');
accepted('admin with a scope', 'oauth_revoke admin;', before => $guarded);
refused('admin with a scope for POST only', 'is open to everybody', 'here',
        'oauth_revoke admin;',
        before => 'oauth as; oauth_resource https://app.test; '
                  . 'oauth_scope revoke method=POST;');
accepted('admin with scopes for GET and POST', 'oauth_revoke admin;',
         before => 'oauth as; oauth_resource https://app.test; '
                   . 'oauth_scope revoke method=POST; '
                   . 'oauth_scope ask method=GET;');
refused('admin with the scope "none"', 'is open to everybody', 'here',
        'oauth_revoke admin;',
        before => 'oauth as; oauth_resource https://app.test; '
                  . 'oauth_scope none;');
refused('admin with a scope that is a variable', 'is open to everybody',
        'here', 'oauth_revoke admin;',
        before => 'oauth as; oauth_resource https://app.test; '
                  . 'oauth_scope $arg_scope;');

refused('admin with a scope or a variable', 'is open to everybody', 'here',
        'oauth_revoke admin;',
        before => 'oauth as; oauth_resource https://app.test; '
                  . 'oauth_scope $arg_scope|revoke;');
accepted('admin with one scope or another', 'oauth_revoke admin;',
         before => 'oauth as; oauth_resource https://app.test; '
                   . 'oauth_scope cut|revoke;');
refused('admin with "satisfy any"', 'is open to everybody', 'here',
        'oauth_revoke admin;', before => "$guarded satisfy any; allow all;");
accepted('admin with "satisfy all"', 'oauth_revoke admin;',
         before => "$guarded satisfy all; allow all;");
refused('admin on loopback for a proxy', 'is open to everybody', 'here',
        'oauth_revoke admin;',
        listen => '127.0.0.1:%%PORT_main%% proxy_protocol');

for my $listen ('127.0.0.1:%%PORT_main%%', '127.9.9.9:%%PORT_main%%',
                "unix:$dir/socket")
{
    accepted("admin on $listen", 'oauth_revoke admin;', listen => $listen);
}

refused('admin on loopback and elsewhere', 'is open to everybody', 'here',
        'oauth_revoke admin;',
        listen => "127.0.0.1:%%PORT_main%%;\nlisten 0.0.0.0:%%PORT_two%%");

# the audience of signals and logout tokens

accepted('the URL of the location', 'oauth_revoke signals logout;');
refused('a regex location', 'cannot tell the one URL', 'here',
        'oauth_revoke signals;', path => '~ ^/revoke');
refused('a server without a name', 'cannot tell the one URL', 'here',
        'oauth_revoke logout;', name => '_');
accepted('a server without a name, with an audience',
         'oauth_revoke logout; oauth_revocation_audience app;', name => '_');

# issuers that are asked about opaque tokens

for my $n (4, 5) {
    my $issuers = join '', map { "oauth_issuer o$_ { issuer https://o$_.test; "
        . 'introspect opaque; client_auth none; } ' } 1 .. $n;
    my @more = (main => "oauth_revocation_store $store; $issuers");

    if ($n == 4) {
        accepted('four issuers', 'oauth_revoke token;', @more);

    } else {
        refused('five issuers', 'to more than four issuers', 'here',
                'oauth_revoke token;', @more);
        accepted('five issuers, one of them named', 'oauth_revoke token;',
                 @more, before => 'oauth o1; '
                                  . 'oauth_resource https://app.test;');
    }
}

# running responses

accepted('a time', 'oauth_session_recheck 5s; empty_gif;');
accepted('a time and expiry', 'oauth_session_recheck 5s expiry; empty_gif;');
accepted('off', 'oauth_session_recheck off; empty_gif;');
refused('no time', 'invalid time "soon"', 'here',
        'oauth_session_recheck soon; empty_gif;');
refused('a time that is too short', 'invalid time "1ms"', 'here',
        'oauth_session_recheck 1ms; empty_gif;');
refused('another word', 'invalid parameter "expire"', 'here',
        'oauth_session_recheck 5s expire; empty_gif;');

is_deeply([ glob "$store/*" ], [], 'nginx -t leaves the folder as it is');

finish();

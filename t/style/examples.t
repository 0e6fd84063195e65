#!/usr/bin/perl
#
# nginx -t accepts every nginx example of the documents, and warns about one
# only if its first line ends with "warns".  The words after the language say
# where the block belongs:
#
#   ```nginx            a whole file, with its load_module line
#   ```nginx http       inside http { }
#   ```nginx server     inside a server
#   ```nginx location   inside a location of a server
#   ```nginx issuer     inside oauth_issuer { }
#
# The test adds what a reader would have there anyway: the issuers corp and
# partner, a TLS server with a name, and a store for "oauth_revoke".  It
# replaces ports, files and folders by its own.

use strict;
use warnings;

use File::Temp qw(tempdir);
use FindBin;
use lib $FindBin::Bin;
use Source;
use Test::More;

my @documents = (qw(README.md docs/directives.md docs/quickstart.md
                    docs/login.md docs/identity.md docs/audit.md
                    docs/troubleshooting.md docs/status.md docs/tokens.md
                    docs/revocation.md docs/fleet.md),
                 map { s{^\Q@{[top()]}\E/}{}r }
                     glob("'@{[top()]}'/docs/agents/*.md"));

my $nginx = $ENV{OAUTH_NGINX} || 'nginx';
my $module = ($ENV{BUILD} || top() . '/build') . '/ngx_oauth_module.so';
my $dir = tempdir('oauth-examples-XXXXXX', TMPDIR => 1, CLEANUP => 1);

$ENV{PATH} .= ':/usr/sbin';

ok -f $module, "$module is built" or BAIL_OUT('./build.sh build first');

prepare();

my %wrap = (
    ''       => sub { $_[0] },
    http     => \&in_http,
    server   => sub { in_http(in_server($_[0])) },
    location => sub { in_http(in_server("location / {\n$_[0]}\n")) },
    issuer   => sub {
        my $url = $_[0] =~ /^\s*issuer\s/m
            ? '' : "issuer https://login.example.com;\n";
        in_http("oauth_issuer example {\n$url$_[0]}\n");
    },
);

# The wrapping itself: what must be accepted, and what must be refused.

accepted('location', "oauth corp;\n", 'control: a known issuer');
like check('location', "oauth nobody;\n"), qr/unknown issuer "nobody"/,
    'control: an unknown issuer is refused';
like check('location', "oauth corp;\nreturn 204;\n"), qr/before nginx checks a token/,
    'control: a warning is seen';

for my $document (@documents) {
    my @blocks = doc_blocks($document, 'nginx');

    cmp_ok scalar @blocks, '>', 0, "$document has examples"
        unless $document =~ m{^docs/agents/};

    for my $block (@blocks) {
        my $name = "$document:$block->{line}";

        my $context = $block->{info} =~ s/ warns\z//r;

        if (!$wrap{$context}) {
            fail "$name: no context \"$context\"";

        } elsif ($context eq $block->{info}) {
            accepted($context, $block->{body}, $name);

        } else {
            like check($context, $block->{body}), qr/\A(?!.*\[emerg\]).*\[warn\]/s,
                "$name: with a warning";
        }
    }
}

done_testing;


sub accepted {
    my ($context, $text, $name) = @_;

    is check($context, $text), '', $name;
}


# Returns '' if nginx -t accepts the configuration without a warning, and
# otherwise what nginx -t says.

sub check {
    my ($context, $text) = @_;

    my $conf = "$dir/nginx.conf";

    open my $out, '>', $conf or die "cannot write $conf: $!\n";
    print $out adapt($wrap{$context}->($text));
    close $out or die "cannot write $conf: $!\n";

    my $said = qx{'$nginx' -t -q -e stderr -p '$dir' -c '$conf' 2>&1};

    return $? || $said =~ /\[warn\]/ ? "$said\n$text" : '';
}


sub in_http {
    my ($text) = @_;

    my $issuers = join '', map {
        $text =~ /^\s*oauth_issuer\s+$_\s/m
            ? '' : "oauth_issuer $_ { issuer https://$_.example.com; }\n"
    } qw(corp partner);

    my $store = $text =~ /\boauth_revoke\s/
                && $text !~ /\boauth_revocation_store\s/
        ? "oauth_revocation_store $dir/store;\n" : '';

    return "load_module modules/ngx_oauth_module.so;\n"
           . "http {\n$issuers$store$text}\n";
}


sub in_server {
    my ($text) = @_;

    my $name = $text =~ /^server_name\s/m ? '' : "server_name app.example.com;\n";

    return "server {\nlisten 443 ssl;\n$name$text}\n";
}


# Replaces module, files and ports by those of this test.  If root runs it, nobody
# else can use its folder, so the workers would have to be root's, too.

sub adapt {
    my ($text) = @_;

    my $keys = 0;               # no server has the same key twice

    my $common = join '', map { "$_;\n" }
        "ssl_certificate $dir/cert.pem", "ssl_certificate_key $dir/key.pem",
        "access_log off",
        map { "${_}_temp_path $dir/$_" }
            qw(client_body proxy fastcgi uwsgi scgi);

    $text =~ s{^load_module [^;]+;}{load_module $module;\npid $dir/pid;}m;
    $text .= "events {}\n" unless $text =~ /^events\s/m;
    $text = "user root;\n$text" if $> == 0 && $text !~ /^user\s/m;
    $text =~ s{^http\s*\{}{http \{\n$common}m;

    $text =~ s{/var/log/nginx/}{$dir/}g;
    $text =~ s{\bjwks_file\s+\K[^;]+}{$dir/jwks.json}g;
    $text =~ s{\bproxy_cache_path\s+\K\S+}{$dir/cache}g;
    $text =~ s{\boauth_revocation_store\s+\K[^\s;]+}{$dir/store}g;
    $text =~ s{\blisten\s+unix:\K[^\s;]+}{$dir/socket}g;
    $text =~ s{\bclient_(?:secret|key)_file\s+\K[^;]+}{$dir/key.pem}g;
    $text =~ s{\boauth_assertion_key\s+\K[^;]+}{"$dir/key" . ++$keys . '.pem'}ge;
    $text =~ s{\b(?:key|password)_file=\K[^\s;]+}{$dir/fleet.key}g;
    $text =~ s{\bca=\K[^\s;]+}{$dir/cert.pem}g;
    $text =~ s{\bssl_trusted_certificate\s+\K[^;]+}{$dir/cert.pem}g;
    $text =~ s{^\s*ssl_certificate(?:_key)?\s+/etc[^;]*;}{}mg;
    $text =~ s{\blisten\s+(?:\[::\]:|127\.0\.0\.1:)?(\d+)}{'listen 127.0.0.1:' . port($1)}ge;

    return $text;
}


# Ports above those that need root.  nginx -t does not mind a port that is in
# use.

sub port {
    return 20000 + $_[0] % 10000;
}


sub prepare {
    mkdir "$dir/store" or BAIL_OUT("cannot make $dir/store: $!");

    system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 "
           . "-nodes -days 2 -subj /CN=app.example.com -batch "
           . "-out '$dir/cert.pem' -keyout '$dir/key.pem' 2>/dev/null") == 0
        or BAIL_OUT('openssl cannot make a certificate');

    for my $n (1, 2) {
        system("openssl genpkey -quiet -algorithm EC -out '$dir/key$n.pem' "
               . '-pkeyopt ec_paramgen_curve:P-256') == 0
            or BAIL_OUT('openssl cannot make a key');
        chmod 0600, "$dir/key$n.pem";
    }

    system("umask 077 && openssl rand -base64 32 > '$dir/fleet.key'") == 0
        or BAIL_OUT('openssl cannot make a key of a fleet');

    # A public key that everybody knows: the generator of P-256.

    open my $out, '>', "$dir/jwks.json" or die "cannot write jwks.json: $!\n";
    print $out <<'EOF';
{ "keys": [ { "kty": "EC", "crv": "P-256", "kid": "example",
  "x": "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY",
  "y": "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU" } ] }
EOF
    close $out or die "cannot write jwks.json: $!\n";
}

#!/usr/bin/perl
#
# oauth_mtls with a certificate from a header, in the forms that programs write
# which end TLS in front of nginx, and next to each form what differs from it in
# one thing and is refused; and what nginx -t says about the directive.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use MIME::Base64 qw(decode_base64 encode_base64);

use OAuth::Test;
use OAuth::Test::Certificate qw(certificate);

my $issuer = issuer();
my $upstream = upstream();

my $nginx = nginx(<<'EOT', AS => $issuer->url, UP => $upstream->port,
    oauth_issuer corp { issuer %%AS%%; }

    add_header X-Result $oauth_result always;

    map $oauth_claim_from $chosen {
        second   $http_x_second;
        default  $http_x_first;
    }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        underscores_in_headers on;
        large_client_header_buffers 4 128k;

        oauth corp;
        oauth_resource https://app.test;
        oauth_mtls on certificate=$http_x_client_cert;

        location / { proxy_pass http://127.0.0.1:%%UP%%; }

        location /braces {
            oauth_mtls on certificate=${http_x_client_cert};
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /chosen {
            oauth_mtls on certificate=$chosen;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /own {
            oauth_mtls on;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /set {
            set $late $http_x_client_cert;
            oauth_mtls required certificate=$late;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }
EOT
);

my $http = $nginx->http;
my $client = certificate();
my $other = certificate();
my $expired = certificate(expired => 1);


sub slurp {
    my ($path) = @_;

    open my $in, '<', $path or die "cannot read $path: $!\n";
    local $/;

    return scalar <$in>;
}


sub base64 {
    my ($certificate) = @_;

    my ($body) = slurp($certificate->{certificate})
                 =~ /-----BEGIN CERTIFICATE-----(.*?)-----END/s;

    return $body =~ s/\s//gr;
}


sub escaped {
    my ($text) = @_;

    return $text =~ s{([^A-Za-z0-9._~-])}{sprintf '%%%02X', ord $1}ger;
}


sub is_result {
    my ($response, $result, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $status = { ok => 200, server_error => 503 }->{$result} // 401;

    return is($response->status . ' ' . ($response->header('X-Result') // ''),
              "$status $result", $name);
}


sub bound {
    my ($to, %claims) = @_;

    return $issuer->token(cnf => { 'x5t#S256' => $to->{thumbprint} }, %claims);
}


my $token = bound($client);
my $pem = slurp($client->{certificate});
my $base64 = base64($client);
my $element = 'By=spiffe://a/b;Hash=00;Cert="' . escaped($pem)
              . '";Subject="CN=a,O=\\"b\\"";URI=spiffe://c';
my $foreign = 'Cert="' . escaped(slurp($other->{certificate})) . '"';

# Each form, and beside it the same with one thing changed.

my @forms = (
    [ 'nginx, escaped', escaped($pem), {
        'cut' => [ substr(escaped($pem), 0, -5), 'certificate_malformed' ],
        'twice' => [ escaped($pem) x 2, 'certificate_malformed' ],
        'a bad escape' => [ escaped($pem) . '%zz', 'certificate_malformed' ],
        'of another client' => [ escaped(slurp($other->{certificate})),
                                 'wrong_certificate' ],
    } ],
    [ 'nginx, with tabs', $pem =~ s/\n(?=.)/\t/gr =~ s/\n//r, {
        'without its end' => [ $pem =~ s/\n/\t/gr =~ s/-----END.*//r,
                               'certificate_malformed' ],
    } ],
    [ 'PEM with spaces', $pem =~ s/\n(?=.)/ /gr =~ s/\n//r, {
        'and a letter' => [ $pem =~ s/\n/ /gr . 'x', 'certificate_malformed' ],
    } ],
    [ 'HAProxy', $base64, {
        'another digit' => [ $base64 =~ s/\AM/N/r, 'certificate_malformed' ],
        'a byte behind' => [ encode_base64(decode_base64($base64) . "\0", ''),
                             'certificate_malformed' ],
    } ],
    [ 'RFC 9440', ":$base64:", {
        'without the last colon' => [ ":$base64", 'certificate_malformed' ],
        'two' => [ ":$base64:, :$base64:", 'certificate_malformed' ],
        'none' => [ '::', 'no_certificate' ],
    } ],
    [ 'Envoy', $element, {
        'without Cert' => [ 'By=a;Hash=00', 'no_certificate' ],
        'an earlier proxy had it' => [ "$element,By=a;Hash=00",
                                       'no_certificate' ],
        'the last proxy had another' => [ "$element,$foreign",
                                          'wrong_certificate' ],
        'an element that is open' => [ "$element;DNS=\",$foreign",
                                       'certificate_malformed' ],
    } ],
    [ 'Envoy, two proxies', "$foreign,$element", {
        'in the other order' => [ "$element,$foreign", 'wrong_certificate' ],
    } ],
    [ 'AWS', $pem =~ s/ /%20/gr =~ s/\n/%0A/gr, {} ],
);

for my $form (@forms) {
    my ($name, $value, $bad) = @$form;

    is_result($http->get('/', token => $token, 'X-Client-Cert' => $value),
              'ok', $name);

    for my $why (sort keys %$bad) {
        my ($text, $result) = @{ $bad->{$why} };

        is_result($http->get('/', token => $token, 'X-Client-Cert' => $text),
                  $result, "$name: $why");
    }
}

# The binding decides, not the certificate's dates.

is_result($http->get('/', token => bound($expired), 'X-Client-Cert' =>
                     escaped(slurp($expired->{certificate}))),
          'ok', 'a certificate that has expired');

# No certificate, and no such header where it is not configured.

my @good = ('X-Client-Cert' => ":$base64:");

is_result($http->get('/', token => $token), 'no_certificate', 'no header');
is_result($http->get('/', token => $token, 'X-Client-Cert' => ''),
          'no_certificate', 'an empty header');
is_result($http->get('/', token => $token, 'X-Client-Cert' => 'x' x 66000),
          'certificate_malformed', 'a long header');
is_result($http->get('/own', token => $token, @good), 'no_certificate',
          'the header means nothing where it is not configured');
is_result($http->get('/', token => $issuer->token), 'ok',
          'a token that is not bound needs no certificate');
is_result($http->get('/set', token => $issuer->token, @good), 'not_bound',
          'unless that is required');

# The terminator has added a field, and has not removed that of the client.

for my $name ('X-Client-Cert', 'X_Client_Cert', 'x-client-CERT') {
    for my $path ('/', '/braces') {
        is_result($http->get($path, token => $token, @good, $name =>
                             ':' . base64($other) . ':'),
                  'certificate_malformed', "$path: $name, too");
    }
}

is_result($http->get('/braces', token => $token, @good), 'ok', 'braces');

# Other variables

my @second = ('X-Second' => $good[1], 'X-First' => base64($other));

is_result($http->get('/set', token => $token, @good), 'ok', 'set');
is_result($http->get('/set', token => bound($other), @good),
          'wrong_certificate', 'set, of another client');
is_result($http->get('/chosen', token => bound($client, from => 'second'),
                     @second), 'ok', 'a map of a claim');
is_result($http->get('/chosen', token => bound($client, from => 'first'),
                     @second), 'wrong_certificate', 'with another value');

# The app gets the header as any other.

is_deeply([ $http->get('/', token => $token, @good)->echoed('X-Client-Cert') ],
          [ $good[1] ], 'the app sees the header');

unlike($nginx->log, qr/\Q${\substr $base64, 20, 40}\E/,
       'the log has no certificate');

# What nginx -t says

my $checked = OAuth::Test::Nginx->new(conf => '', AS => $issuer->url);
my $server = certificate();
my $tls = "ssl_certificate $server->{certificate};"
          . " ssl_certificate_key $server->{key};";


sub checked {
    my ($lines, $tls, $oauth) = @_;

    $oauth //= 'oauth corp;';

    my ($ok, $said) = $checked->test_conf(<<"CONF");
    oauth_issuer corp { issuer %%AS%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%@{[ $tls ? ' ssl' : '' ]};
        server_name app.test;
        oauth_resource https://app.test;
        @{[ $tls // '' ]}
        location / {
            $oauth
            $lines # here
        }
    }
CONF

    my $place = $checked->dir . '/nginx.conf:' . $checked->line_of('# here');

    return { ok => $ok, said => $said,
             map { my $level = $_;
                   $level => join "\n", grep { /\[$level\].*\Q$place\E/ }
                                        split /\n/, $said }
             qw(emerg warn) };
}


for my $case (
    [ 'oauth_mtls;', qr/invalid number of arguments/ ],
    [ 'oauth_mtls maybe;', qr/invalid value "maybe".*"required"/ ],
    [ 'oauth_mtls optional;', qr/invalid value "optional"/ ],
    [ 'oauth_mtls On;', qr/invalid value "On"/ ],
    [ 'oauth_mtls on header=$http_x;', qr/"header=.*"certificate="/ ],
    [ 'oauth_mtls on certificate;', qr/"certificate".*"certificate="/ ],
    [ 'oauth_mtls on certificate=;', qr/"certificate=" has no variable/ ],
    [ 'oauth_mtls on certificate=x;', qr/"certificate=x" has no variable/ ],
    [ 'oauth_mtls off certificate=$http_x;', qr/"off" together/ ],
    [ 'oauth_mtls on; oauth_mtls off;', qr/duplicate/ ],
    [ 'oauth_metadata tls_client_certificate_bound_access_tokens true;',
      qr/writes this member itself/ ])
{
    my ($lines, $pattern) = @$case;
    my $said = checked($lines);

    ok(!$said->{ok}, "refused: $lines");
    like($said->{emerg}, $pattern, 'with file, line and remedy');
}

# It protects nothing by itself, and nginx -t says so

my $alone = checked('oauth_mtls required;', undef, '');

ok(!$alone->{ok}, 'refused: no oauth');
like($alone->{warn}, qr/"oauth_mtls" is in "\/" of server "app\.test", which no "oauth" protects: add "oauth"/,
     'with file, line and remedy');
like($alone->{said}, qr/\[emerg\] "oauth_scope", .*, "oauth_header", "oauth_assertion", "oauth_dpop" or "oauth_mtls" protects nothing at 1 place, see/,
     'and the sum');

ok(checked('oauth_mtls off;', undef, '')->{ok}, 'accepted: off');
ok(checked('oauth_mtls required;', undef, 'oauth off;')->{ok},
   'accepted: oauth off');

for my $case (
    [ 'oauth_mtls off;', undef, undef ],
    [ 'oauth_mtls on certificate=$ssl_client_escaped_cert;', undef, undef ],
    [ 'oauth_mtls on certificate=$http_x_cert;', undef,
      qr/"\$http_x_cert".*must replace/ ],
    [ 'oauth_mtls required certificate=${HTTP_X_CERT};', undef,
      qr/"\$\{HTTP_X_CERT\}".*must replace/ ],
    [ 'oauth_mtls on;', undef, qr/"ssl_verify_client optional_no_ca"/ ],
    [ 'oauth_mtls on;', $tls, qr/"ssl_verify_client optional_no_ca"/ ],
    [ 'oauth_mtls off;', $tls, undef ],
    [ 'oauth_mtls on;', "$tls ssl_verify_client optional_no_ca;", undef ])
{
    my ($lines, $with, $pattern) = @$case;
    my $said = checked($lines, $with);

    ok($said->{ok}, "accepted: $lines") || diag($said->{said});

    $pattern ? like($said->{warn}, $pattern, 'with a warning')
        : is($said->{warn}, '', 'without a warning');
}

finish();

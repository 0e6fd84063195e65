package OAuth::Bench::Peers;

# Other programs that verify JWTs in front of an app, from Debian's packages.
# Each one is configured to do the same: it checks the signature with the one
# key that has the key id, the issuer, the audience, the expiry and a scope; it
# sends the subject to the app in X-User, and it does not send the token.

use strict;
use warnings;

use Exporter qw(import);
use JSON::PP ();

use OAuth::Bench::Gateways qw(nginx_conf);
use OAuth::Bench::Nginx;
use OAuth::Bench::Peer;
use OAuth::Bench::Tokens qw(ISSUER RESOURCE);
use OAuth::Test::Build qw(nginx_path);

our @EXPORT_OK = qw(mod_oauth2 peers versions);

use constant {
    HAPROXY => '/usr/sbin/haproxy',
    APACHE  => '/usr/sbin/apache2',
    APACHE_MODULES => '/usr/lib/apache2/modules',
    NJS     => '/usr/lib/nginx/modules/ngx_http_js_module.so',
};

my @packages = qw(nginx libssl3 haproxy libnginx-mod-http-js apache2
                  libapache2-mod-auth-openidc libapache2-mod-oauth2 wrk);

# The programs that each one needs, and the algorithms that it verifies; for
# mod_auth_openidc these are the algorithms of keys that it reads from a file.

my @peers = (
    [ 'HAProxy jwt_verify', \&haproxy, [ HAPROXY ], qw(RS256 ES256) ],
    [ 'njs', \&njs, [ NJS ], qw(RS256 ES256) ],
    [ 'mod_auth_openidc', \&apache,
      [ APACHE, APACHE_MODULES . '/mod_auth_openidc.so' ], qw(RS256) ],
);


# Starts those that are installed and know the algorithm of the key.

sub peers {
    my ($app, $key) = @_;

    my @running;

    for (@peers) {
        my ($name, $start, $files, @algorithms) = @$_;
        my @missing = grep { !-e } @$files;

        if (@missing) {
            print "$name is left out: there is no $missing[0]\n";

        } elsif ($name eq 'njs' && nginx_path() !~ m{\A/usr/sbin/}) {
            print "$name is left out: this nginx is not Debian's\n";

        } elsif (!grep { $_ eq $key->alg } @algorithms) {
            print "$name is left out: not with ${\$key->alg}\n";

        } else {
            push @running, $start->($name, $app, $key)->start;
        }
    }

    return @running;
}


# The versions of Debian's packages.

sub versions {
    my $said = qx{dpkg-query -W -f '\${Package} \${Version}, ' @packages 2>&1};

    return $said =~ s/, \z//r;
}


sub common {
    my ($name, $app, $key) = @_;

    return (name => $name, APP => $app->port, ALG => $key->alg,
            KID => $key->kid, ISSUER => ISSUER, RESOURCE => RESOURCE, PEM => $key->pem);
}


sub haproxy {
    my ($name, $app, $key) = @_;

    return OAuth::Bench::Peer->new(
        common($name, $app, $key),
        command => [ HAPROXY, '-db', '-f', '%%DIR%%/haproxy.cfg' ],
        files => { 'key.pem' => '%%PEM%%', 'haproxy.cfg' => <<'EOT' });
global
    nbthread 1
    maxconn 1000

defaults
    mode http
    timeout connect 10s
    timeout client 1h
    timeout server 1h
    timeout http-keep-alive 1h

frontend gateway
    bind 127.0.0.1:%%PORT%%

    http-request set-var(txn.bearer) http_auth_bearer
    http-request set-var(txn.alg) var(txn.bearer),jwt_header_query('$.alg')
    http-request set-var(txn.kid) var(txn.bearer),jwt_header_query('$.kid')
    http-request set-var(txn.iss) var(txn.bearer),jwt_payload_query('$.iss')
    http-request set-var(txn.aud) var(txn.bearer),jwt_payload_query('$.aud')
    http-request set-var(txn.scope) var(txn.bearer),jwt_payload_query('$.scope')
    http-request set-var(txn.sub) var(txn.bearer),jwt_payload_query('$.sub')
    http-request set-var(txn.exp) var(txn.bearer),jwt_payload_query('$.exp','int')
    http-request set-var(txn.now) date()

    acl good_alg var(txn.alg) -m str %%ALG%%
    acl good_kid var(txn.kid) -m str %%KID%%
    acl good_signature var(txn.bearer),jwt_verify(txn.alg,"%%DIR%%/key.pem") 1
    acl good_iss var(txn.iss) -m str %%ISSUER%%
    acl good_aud var(txn.aud) -m str %%RESOURCE%%
    acl good_exp var(txn.exp),sub(txn.now) -m int gt 0
    acl good_scope var(txn.scope) -m reg (^|\ )read(\ |$)

    http-request return status 401 unless good_alg good_kid good_signature
    http-request return status 401 unless good_iss good_aud good_exp
    http-request return status 403 unless good_scope

    http-request set-header X-User %[var(txn.sub)]
    http-request del-header Authorization
    default_backend app

backend app
    http-reuse always
    server app 127.0.0.1:%%APP%%
EOT
}


sub apache {
    my ($name, $app, $key) = @_;

    return httpd(common($name, $app, $key), auth_openidc => <<'EOT', <<'EOT');
OIDCOAuthVerifyCertFiles %%KID%%#%%DIR%%/key.pem
OIDCOAuthRemoteUserClaim sub
EOT
    AuthType oauth20
    OIDCPassClaimsAs none
    <RequireAll>
        Require claim iss:%%ISSUER%%
        Require claim aud:%%RESOURCE%%
        Require claim "scope~(^| )read( |$)"
    </RequireAll>
EOT
}


# What JWTs with DPoP proofs and opaque tokens are compared with: the kind is
# proofs or opaque.  Nothing is returned if it is not installed.  Debian's build
# compares a claim only as a whole.

sub mod_oauth2 {
    my ($app, $key, $kind) = @_;

    my $module = APACHE_MODULES . '/mod_oauth2.so';

    if (!-e $module) {
        print "mod_oauth2 is left out: there is no $module\n";
        return;
    }

    my $jwk = JSON::PP->new->canonical->encode($key->jwk);

    return httpd(
        common('mod_oauth2', $app, $key), JWK => $jwk,
        oauth2 => $kind eq 'proofs' ? <<'EOT' : <<'EOT', <<'EOT')->start;
OAuth2TokenVerify jwk '%%JWK%%' type=dpop&verify.iss=skip&verify.iat=skip&dpop.iat.slack.before=3600
OAuth2AcceptTokenIn header name=Authorization&type=dpop
RequestHeader set X-Forwarded-Proto https early
EOT
OAuth2TokenVerify introspect http://127.0.0.1:%%APP%%/introspect introspect.auth=none&expiry=3600
EOT
    AuthType oauth2
    OAuth2TargetPass headers=Off&envvars=Off&remote_user_claim=sub
    <RequireAll>
        Require oauth2_claim iss:%%ISSUER%%
        Require oauth2_claim aud:%%RESOURCE%%
        Require oauth2_claim "scope:read write profile email"
    </RequireAll>
EOT
}


# Debian's MPM with one process, which loads the module of this name.  The
# settings are for the server and for the location.

sub httpd {
    my $location = pop;
    my $server = pop;
    my $module = pop;

    return OAuth::Bench::Peer->new(
        @_, MODULES => APACHE_MODULES,
        command => [ APACHE, '-DFOREGROUND', '-f', '%%DIR%%/apache2.conf' ],
        files => { 'key.pem' => '%%PEM%%', 'apache2.conf' => <<"EOT" });
LoadModule mpm_event_module %%MODULES%%/mod_mpm_event.so
LoadModule authn_core_module %%MODULES%%/mod_authn_core.so
LoadModule authz_core_module %%MODULES%%/mod_authz_core.so
LoadModule headers_module %%MODULES%%/mod_headers.so
LoadModule proxy_module %%MODULES%%/mod_proxy.so
LoadModule proxy_http_module %%MODULES%%/mod_proxy_http.so
LoadModule ${module}_module %%MODULES%%/mod_$module.so

ServerRoot %%DIR%%
ServerName app.test
DefaultRuntimeDir %%DIR%%
PidFile %%DIR%%/pid
ErrorLog %%DIR%%/error.log
LogLevel error
User www-data
Group www-data
Listen 127.0.0.1:%%PORT%%

StartServers 1
ServerLimit 1
ThreadLimit 128
ThreadsPerChild 128
MaxRequestWorkers 128
MinSpareThreads 1
MaxSpareThreads 128
MaxConnectionsPerChild 0

KeepAlive On
KeepAliveTimeout 3600
MaxKeepAliveRequests 0

$server

<Location />
$location
    RequestHeader unset Authorization
    RequestHeader unset DPoP
    RequestHeader unset X-Forwarded-Proto
    RequestHeader set X-User "expr=%{REMOTE_USER}"
    ProxyPass http://127.0.0.1:%%APP%%/ keepalive=On
</Location>
EOT
}


# WebCrypto in the subrequest of auth_request.  njs keeps nothing from one
# request to the next, so the key is imported for each.

sub njs {
    my ($name, $app, $key) = @_;

    my $params = $key->alg eq 'RS256'
        ? "{name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256'}"
        : "{name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256'}";

    my $self = OAuth::Bench::Nginx->new(
        common($name, $app, $key), module => 0, PARAMS => $params,
        SPKI => $key->pem =~ s/-----.*//gr =~ s/\s//gr,
        main => 'load_module ' . NJS . ';',
        conf => nginx_conf(
            http => "js_path %%DIR%%;\njs_import verify.js;\n",
            server => <<'EOT',
        location = /verify {
            internal;
            js_content verify.verify;
        }
EOT
            location => <<'EOT'));
            auth_request /verify;
            auth_request_set $user $sent_http_x_user;
            proxy_set_header X-User $user;
            proxy_set_header Authorization "";
            proxy_set_header Connection "";
EOT

    $self->write_file('verify.js', OAuth::Bench::Peer::render($self, <<'EOT'));
async function verify(r) {
    let user = null;

    try {
        user = await subject(r.headersIn.Authorization || '');
    } catch (e) {
        r.error(e.message);
    }

    if (user) {
        r.headersOut['X-User'] = user;
    }

    r.return(user ? 204 : 401);
}


async function subject(value) {
    const parts = value.replace(/^Bearer /, '').split('.');

    if (parts.length != 3) {
        return null;
    }

    const header = parse(parts[0]);

    if (header.alg != '%%ALG%%' || header.kid != '%%KID%%') {
        return null;
    }

    const params = %%PARAMS%%;
    const key = await crypto.subtle.importKey('spki',
        Buffer.from('%%SPKI%%', 'base64'), params, false, ['verify']);
    const good = await crypto.subtle.verify(params, key,
        Buffer.from(parts[2], 'base64url'), parts[0] + '.' + parts[1]);

    if (!good) {
        return null;
    }

    const claims = parse(parts[1]);

    if (claims.iss != '%%ISSUER%%' || claims.aud != '%%RESOURCE%%'
        || !(claims.exp > Date.now() / 1000)
        || !claims.scope.split(' ').includes('read'))
    {
        return null;
    }

    return claims.sub;
}


function parse(part) {
    return JSON.parse(Buffer.from(part, 'base64url').toString());
}


export default {verify};
EOT

    return $self;
}

1;

#!/usr/bin/perl
#
# Tokens as well-known authorization servers issue them.  For each server: what
# happens to its access token without further settings; a configuration that
# accepts the token, and the identity that the app is then told; and what
# happens to its ID tokens.  The configuration is the one in
# docs/agents/authorization-servers.md.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP ();
use MIME::Base64 qw(encode_base64url);

use OAuth::Test;
use OAuth::Test::Document qw(conf);
use OAuth::Test::Key;
use OAuth::Test::Shape qw(shape shapes);
use OAuth::Test::Token qw(mint remember_token);

use constant {
    API    => '11112222-bbbb-3333-cccc-4444dddd5555',
    CLIENT => '00001111-aaaa-2222-bbbb-3333cccc4444',
};

my $json = JSON::PP->new->canonical;
my $as = issuer();
my $upstream = upstream();
my %shapes = map { $_ => shape($_) } shapes();
my $conf = '';

# The sections of the document, and the shape of the tokens of their issuers.

my $document = 'docs/agents/authorization-servers.md';

my %sections = (
    'Keycloak' => { corp => 'keycloak' },
    'Entra ID' => { corp => 'entra_v2', corp_v1 => 'entra_v1' },
    'Auth0' => { corp => 'auth0' },
    'Okta' => { corp => 'okta' },
    'Amazon Cognito' => { corp => 'cognito' },
    'Ory Hydra' => { corp => 'hydra' },
    'Google' => { corp => 'google' },
    'oidc-provider' => { corp => 'oidc_provider' },
    'authentik' => { corp => 'authentik' },
    'GitLab CI' => { corp => 'gitlab' },
);

# The location /NAME has the configuration of the document, and /bare/NAME has
# only a scope.  Each issuer is named after its shape and finds its keys here.

my %settings = map { ("bare/$_" => "oauth $_; oauth_scope notes:read;") }
    shapes();

for my $section (sort keys %sections) {
    my $name = $sections{$section};
    my $issuers = conf($document, section => $section);
    my $location = conf($document, section => $section,
        info => $section eq 'Amazon Cognito' ? 'location warns' : 'location');

    $issuers =~ s/^ *config_url .*\n//mg;
    $issuers =~ s{oauth_issuer (\w+) \{\K}{
        "\n    config_url @{[ $as->url ]}/$name->{$1};" }ge;
    $issuers =~ s/oauth_issuer \K(\w+)/$name->{$1}/g;

    $conf .= $issuers;
    $settings{ $name->{corp} } = $location =~ s/\boauth +corp;/
                                               oauth $name->{corp};/r;
}

# Settings that the document mentions in its text.

for (
    [ keycloak_roles => keycloak => 'scope_claim realm_access.roles;' ],
    [ entra_app => entra_v2 => 'scope_claim scp roles;' ],
    [ entra_cae => entra_v2 => 'max_token_lifetime 30h;' ],
    [ auth0_rbac => auth0 => 'scope_claim permissions;' ],
    [ lax => oidc_provider => '' ],
) {
    my ($block, $name, $more) = @$_;

    $conf .= sprintf "oauth_issuer %s { issuer %s; config_url %s/%s; %s }\n",
        $block, $shapes{$name}->issuer, $as->url, $name, $more;
}

my $api = 'oauth_audience ' . API . ';';

my %more = (
    keycloak_roles => 'oauth keycloak_roles; oauth_scope staff;',
    entra_open => "oauth entra_v2; $api",
    entra_app => "oauth entra_app; $api oauth_scope Notes.Read.All;",
    entra_cae => "oauth entra_cae; $api oauth_scope Notes.Read;",
    entra_both => $settings{entra_v2} =~ s/oauth \w+;/
        oauth entra_v2 entra_v1; oauth_header X-Client appid;/r,
    auth0_rbac => 'oauth auth0_rbac; oauth_scope notes:write;',
    authentik_open => $settings{authentik} =~ s/oauth_require.*\n//r,
    lax => 'oauth lax; oauth_scope notes:read;',
);

%settings = (%settings, map {
    ($_ => $more{$_} =~ s{\n *proxy_pass.*}{}r
           . "\nproxy_pass http://127.0.0.1:%%UP%%;")
} keys %more);

$settings{$_} .= "\nproxy_pass http://127.0.0.1:%%UP%%;"
    for grep { /^bare/ } keys %settings;

for my $name (shapes()) {
    $as->answer("/$name", status => 200, type => 'application/json',
                body => $json->encode($shapes{$name}->document($as->url)));
    $as->answer("/$name/keys", status => 200, type => 'application/json',
                body => $json->encode($shapes{$name}->jwks));
}

my $locations = join '', map {
    "location = /$_ {\n$settings{$_}}\n\n"
} sort keys %settings;

my $nginx = nginx(<<"EOT", UP => $upstream->port);
$conf
    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth_resource https://app.test;
        oauth_header X-User sub;
        oauth_header X-Client \$oauth_client_id;
        oauth_header X-Scope \$oauth_scope;
        oauth_header X-Groups \$cognito_groups;

$locations
    }
EOT

my $http = $nginx->http;


# Returns "ok" and what the app was told, or the status and reason of the
# refusal.

sub verdict {
    my ($path, $token) = @_;

    $nginx->mark;

    my $response = $http->get("/$path", token => $token);

    if ($response->status == 200) {
        my $told = $response->json->{headers};

        return { map { $_->[0] => $_->[1] } grep { $_->[0] =~ /^X-/ } @$told };
    }

    my ($line) = $nginx->wait_for_log(qr/oauth: refused/, 1, 5);
    my ($code) = ($line // '') =~ /oauth: refused: (\w+)/;

    return join ' ', $response->status, $code // 'no reason';
}


sub let_in {
    my ($path, $token, $told, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is_deeply(verdict($path, $token), $told, $name);
}


sub refused {
    my ($path, $token, $verdict, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is(verdict($path, $token), $verdict, $name);
}


my $subject = OAuth::Test::Shape::SUBJECT;

# Keycloak: aud is "account" until a mapper adds the resource to it

my $keycloak = $shapes{keycloak};
my @mapped = (aud => [ 'https://app.test', 'account' ]);
my %told = ('X-User' => $subject, 'X-Client' => 'agent',
            'X-Scope' => 'openid notes:read email profile',
            'X-Roles' => 'offline_access,staff');

refused('bare/keycloak', $keycloak->access, '401 wrong_audience',
        'Keycloak as it comes');
refused('bare/keycloak', $keycloak->access(aud => undef), '401 no_audience',
        'Keycloak without account roles');
let_in('keycloak', $keycloak->access(@mapped), \%told,
       'Keycloak with an audience mapper');
let_in('keycloak', $keycloak->access(@mapped, nonce => 'n-0S6'), \%told,
       'Keycloak of before 25: nonce in an access token');
refused('keycloak', $keycloak->access(@mapped, scope => 'openid email'),
        '403 insufficient_scope', 'Keycloak without the client scope');
delete $told{'X-Roles'};
let_in('keycloak_roles', $keycloak->access(@mapped),
       { %told, 'X-Scope' => 'offline_access staff' },
       'Keycloak with realm roles for scopes');

refused('keycloak', $keycloak->id, '401 wrong_type', 'Keycloak: ID token');
refused('keycloak', $keycloak->id(@mapped, at_hash => undef,
                                  scope => 'notes:read'),
        '401 wrong_type', 'Keycloak: ID token, by its typ alone');
refused('keycloak', $keycloak->access(@mapped, typ => $_), '401 wrong_type',
        "Keycloak: $_ token") for qw(Refresh Offline Logout);

# Entra ID: aud is the application, scopes are in scp

my $entra = $shapes{entra_v2};

%told = ('X-User' => '690222be-ff1a-4d56-abd1-7e4f7d38e474',
         'X-Client' => CLIENT, 'X-Scope' => 'Notes.Read');

refused('bare/entra_v2', $entra->access, '401 wrong_audience',
        'Entra v2 as it comes');
let_in('entra_v2', $entra->access, \%told, 'Entra v2');
refused('entra_v2', $entra->access(scp => 'Notes.Write'),
        '403 insufficient_scope', 'Entra v2 without the scope');
is($http->get('/entra_v2')->challenge->{fields}{scope},
   'api://' . API . '/Notes.Read', 'Entra: what clients are to ask for');

my @app = (scp => undef, roles => [ 'Notes.Read.All' ], idtyp => 'app',
           sub => CLIENT);

refused('entra_v2', $entra->access(@app), '403 insufficient_scope',
        'Entra: an application has roles, no scp');
let_in('entra_app', $entra->access(@app),
       { 'X-User' => CLIENT, 'X-Client' => CLIENT,
         'X-Scope' => 'Notes.Read.All' }, 'Entra: roles for scopes');

my @long = (exp => time + 28 * 3600, xms_cc => [ 'cp1' ]);

refused('entra_v2', $entra->access(@long), '401 lifetime_too_long',
        'Entra: a token for continuous access evaluation');
let_in('entra_cae', $entra->access(@long),
       { %told, 'X-User' => $subject },
       'Entra: max_token_lifetime 30h');

# The signature of a token for Microsoft Graph covers another header than it
# has.

my $graph = mint(key => $entra->{key}, header => { typ => 'JWT',
    nonce => 'as signed' }, claims => { iss => $entra->issuer });
my $sent = encode_base64url($json->encode({ typ => 'JWT', alg => 'RS256',
    kid => $entra->{kid}, nonce => 'as sent' }));

refused('entra_v2', remember_token($graph =~ s/^[^.]*/$sent/r),
        '401 bad_signature', 'Entra: a token for Graph');

refused('entra_v2', $entra->id, '401 wrong_type', 'Entra v2: ID token');

# Its aud may be the ID of the application, too, and its nonce is optional.

refused('entra_open', $entra->id(nonce => undef), '401 wrong_type',
        'Entra v2: ID token without nonce, where nothing is required');
refused('entra_app', $entra->id(nonce => undef,
        roles => [ 'Notes.Read.All' ]), '401 wrong_type',
        'Entra v2: ID token with roles, where roles are scopes');
let_in('entra_open', $entra->access, { 'X-User' => $subject,
       'X-Client' => CLIENT, 'X-Scope' => 'Notes.Read' },
       'Entra v2: the access token, where nothing is required');

my $v1 = $shapes{entra_v1};

refused('entra_v2', $v1->access, '401 unknown_issuer',
        'Entra v1 where v2 is expected');
refused('bare/entra_v1', $v1->access, '401 wrong_audience',
        'Entra v1 as it comes');
let_in('entra_both', $v1->access, \%told, 'Entra v1');
delete $told{'X-Client'};
let_in('entra_both', $entra->access, \%told,
       'Entra v2 beside v1, where the client is named otherwise');
refused('entra_both', $v1->id, '401 wrong_type', 'Entra v1: ID token');
refused('entra_both', $v1->id(nonce => undef), '401 wrong_type',
        'Entra v1: ID token without nonce');

# Auth0: aud is the identifier of the API, which must be the resource

my $auth0 = $shapes{auth0};

%told = ('X-User' => 'auth0|5f7c8ec7', 'X-Client' => 'my_client_id',
         'X-Scope' => 'openid profile notes:read');

let_in('bare/auth0', $auth0->access, \%told, 'Auth0 as it comes');
let_in('auth0', $auth0->access(aud => 'https://app.test'), \%told,
       'Auth0, aud alone');
refused('auth0', $auth0->access(aud => [ 'https://other.example.com',
        'https://corp.eu.auth0.com/userinfo' ]), '401 wrong_audience',
        'Auth0, another API');
let_in('auth0_rbac', $auth0->access,
       { %told, 'X-Scope' => 'notes:read notes:write' },
       'Auth0, permissions for scopes');
let_in('auth0', $auth0->access(azp => undef, gty => 'client-credentials',
           sub => 'my_client_id@clients', scope => 'notes:read'),
       { 'X-User' => 'my_client_id@clients', 'X-Scope' => 'notes:read' },
       'Auth0, a machine');

my $rfc9068 = mint(key => $auth0->{key}, claims => {
    iss => $auth0->issuer, client_id => 'my_client_id', sub => 'auth0|1',
    scope => 'notes:read' });

let_in('auth0', $rfc9068, { 'X-User' => 'auth0|1',
       'X-Client' => 'my_client_id', 'X-Scope' => 'notes:read' },
       'Auth0, RFC 9068 profile');

my $jwe = join '.', encode_base64url($json->encode({ alg => 'dir',
    enc => 'A256GCM', iss => $auth0->issuer })), '',
    map { encode_base64url($_) } 'i' x 12, 'c' x 40, 't' x 16;

refused('auth0', $jwe, '401 unsupported_token',
        'Auth0: no audience was asked for, the token is opaque');
refused('auth0', $auth0->id, '401 wrong_audience', 'Auth0: ID token');
refused('auth0', $auth0->id(nonce => 'n-0S6'), '401 wrong_type',
        'Auth0: ID token with nonce');

# Okta: aud is a setting of its authorization server

my $okta = $shapes{okta};

refused('bare/okta', $okta->access, '401 wrong_audience',
        'Okta as it comes');
let_in('okta', $okta->access, { 'X-User' => '00uid4BxXw6I6TV4m0g3',
       'X-Client' => '0oabucvyc38HLL1ef0h7',
       'X-Scope' => 'openid notes:read' }, 'Okta');
refused('okta', mint(key => OAuth::Test::Key->new('RS256'),
        header => { typ => undef, kid => 'not-published' },
        claims => { iss => $okta->issuer }), '401 unknown_key',
        'Okta, a key that it does not publish');
refused('okta', $okta->id, '401 wrong_type', 'Okta: ID token');
refused('okta', $okta->id(aud => 'api://default', scp => [ 'notes:read' ]),
        '401 wrong_type', 'Okta: ID token, by at_hash alone');

# Cognito: no aud at all, unless the client asked for a resource

my $cognito = $shapes{cognito};

%told = ('X-User' => $subject, 'X-Client' => '1example23456789',
         'X-Scope' => 'openid notes/read');

refused('bare/cognito', $cognito->access, '401 no_audience',
        'Cognito as it comes');
let_in('cognito', $cognito->access, { %told, 'X-Groups' => 'staff' },
       'Cognito, oauth_audience off and the client named');
refused('cognito', $cognito->access(client_id => '2example'),
        '403 requirement_not_met', 'Cognito, another client');
refused('bare/cognito', $cognito->access(aud => 'https://app.test'),
        '403 insufficient_scope', 'Cognito, bound to the resource');
refused('cognito', $cognito->id, '401 wrong_type', 'Cognito: ID token');
refused('cognito', $cognito->id(at_hash => undef,
        client_id => '1example23456789', scope => 'notes/read'),
        '401 wrong_type', 'Cognito: ID token, by token_use alone');

# Hydra: aud is empty, unless the client sent audience=

my $hydra = $shapes{hydra};

refused('bare/hydra', $hydra->access, '401 no_audience',
        'Hydra as it comes');
let_in('hydra', $hydra->access(aud => [ 'https://app.test' ]),
       { 'X-User' => $subject, 'X-Client' => 'agent', 'X-Tenant' => 'corp',
         'X-Scope' => 'offline openid notes:read' }, 'Hydra with audience');
refused('bare/hydra', 'ory_at_' . 'q' x 43 . '.' . 'r' x 43,
        '401 malformed_token', 'Hydra: an opaque token');
refused('hydra', $hydra->id, '401 wrong_type',
        'Hydra: ID token, by the other key');
refused('hydra', $hydra->id(aud => [ 'https://app.test' ]), '401 wrong_type',
        'Hydra: ID token for our audience');

# Google: access tokens are opaque; service accounts have ID tokens

my $google = $shapes{google};

refused('bare/google', 'ya29.a0AfH6SMB' . 'x' x 80, '401 malformed_token',
        'Google: an access token');
refused('bare/google', $google->access, '403 insufficient_scope',
        'Google: it knows no scopes of ours');
let_in('google', $google->access,
       { 'X-User' => 'agent@corp.iam.gserviceaccount.com',
         'X-Client' => '113774264463038321964' },
       'Google: ID token of a service account');
refused('google', $google->access(email => 'other@evil.example.com'),
        '403 requirement_not_met', 'Google: another service account');
refused('google', $google->id, '401 wrong_type', 'Google: a person');
refused('google', $google->id(at_hash => undef), '401 wrong_audience',
        'Google: a person, without at_hash');

# oidc-provider: RFC 9068 and RFC 8707

my $provider = $shapes{oidc_provider};

%told = ('X-User' => $subject, 'X-Client' => 'agent',
         'X-Scope' => 'notes:read');

let_in($_, $provider->access, \%told, "oidc-provider at /$_")
    for qw(lax bare/oidc_provider oidc_provider);
refused('lax', $provider->id, '401 wrong_audience',
        'oidc-provider: ID token');
refused('oidc_provider', $provider->id(aud => 'https://app.test',
        scope => 'notes:read'), '401 wrong_type',
        'oidc-provider: ID token, token_type at+jwt');

# authentik: an access token differs little from the ID token

my $authentik = $shapes{authentik};
my @scope = (scope => 'openid notes:read');

%told = ('X-User' => $subject, 'X-Client' => 'notes-client',
         'X-Scope' => 'openid notes:read');

refused('bare/authentik', $authentik->access, '401 wrong_audience',
        'authentik as it comes');
refused('authentik', $authentik->access, '403 insufficient_scope',
        'authentik without a mapping for scope');
refused('authentik', $authentik->access(nonce => 'n-0S6'), '401 wrong_type',
        'authentik without a mapping, and the client sent a nonce');
let_in('authentik', $authentik->access(@scope), \%told,
       'authentik with a mapping');
let_in('authentik', $authentik->access(@scope, nonce => 'n-0S6'), \%told,
       'authentik with a mapping, and the client sent a nonce');
refused('authentik', $authentik->id(nonce => 'n-0S6'), '401 wrong_type',
        'authentik: ID token');
refused('authentik', $authentik->id(@scope, nonce => 'n-0S6'),
        '403 requirement_not_met',
        'authentik: ID token with the mapping has no azp');
let_in('authentik_open', $authentik->id(@scope, nonce => 'n-0S6'),
       { 'X-User' => $subject, 'X-Scope' => 'openid notes:read' },
       'authentik: ID token with the mapping, where azp is not required');

# GitLab: the token of a CI job has an audience and no scopes

my $gitlab = $shapes{gitlab};

refused('bare/gitlab', $gitlab->access, '403 insufficient_scope',
        'GitLab CI: no scopes');
let_in('gitlab', $gitlab->access,
       { 'X-User' => 'project_path:corp/bot:ref_type:branch:ref:main',
         'X-Project' => 'corp/bot' }, 'GitLab CI');
refused('gitlab', $gitlab->access(project_path => 'corp/else'),
        '403 requirement_not_met', 'GitLab CI: another project');
refused('gitlab', $gitlab->access(ref_protected => 'false'),
        '403 requirement_not_met', 'GitLab CI: a branch of anybody');
refused('gitlab', $gitlab->access(aud => 'https://vault.example.com'),
        '401 wrong_audience', 'GitLab CI: for another service');

# key sets: with certificates, without alg, with further members of the server

my $names = join '|', shapes();
my %fetched = map { /issuer "($names)": keys fetched: (.*)/ ? ($1 => $2) : () }
    split /\n/, $nginx->log;

is($fetched{keycloak}, '1 usable, 1 not used', 'Keycloak: one key encrypts');
is($fetched{$_}, '2 usable, 0 not used', "$_: two keys")
    for qw(entra_v1 entra_v2 cognito hydra google);
is($fetched{$_}, '1 usable, 0 not used', "$_: one key")
    for qw(auth0 okta oidc_provider authentik gitlab);

finish();

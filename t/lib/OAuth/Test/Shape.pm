package OAuth::Test::Shape;

# Tokens and key sets as well-known authorization servers make them.  Members
# and types are those of the servers, values are invented, and the keys are made
# by the test.  The facts come from the vendors' documentation and source.
#
#   my $shape = shape('keycloak');
#   $shape->document                 its discovery document
#   $shape->jwks                     its key set
#   $shape->access(aud => '...')     an access token, but for these claims
#   $shape->id                       an ID token

use strict;
use warnings;

use Exporter qw(import);

use OAuth::Test::Key;
use OAuth::Test::Token qw(mint);

our @EXPORT_OK = qw(shape shapes);

use constant {
    TENANT   => 'aaaabbbb-0000-cccc-1111-dddd2222eeee',
    API      => '11112222-bbbb-3333-cccc-4444dddd5555',
    CLIENT   => '00001111-aaaa-2222-bbbb-3333cccc4444',
    SUBJECT  => 'f1c4f64e-2c0c-4cda-8c9f-9f3f8f3a2b0e',
    RESOURCE => 'https://app.test',
};

my ($rsa, $second, $ec);


# The differences between the servers: the issuer, the path of its keys, the
# other members of each key, further keys in the set, the header and the claims.

my %shapes = (
    keycloak => {
        issuer => 'https://sso.example.com/realms/corp',
        kid => 'nnniBrxL0qhG79pkF3ccQj_l0jDmxKrYYy2YLlEe1s',
        jwk => { alg => 'RS256', use => 'sig', certificate() },
        keys => [ { alg => 'RSA-OAEP', use => 'enc', kid => 'encrypts',
                    certificate() } ],
        header => { typ => 'JWT' },
        access => {
            aud => 'account', typ => 'Bearer', azp => 'agent', acr => '1',
            jti => 'onrtac:d58f5dc8-fd8f-462b-8a19-716f8f83985b',
            sid => '2a88c258-f73a-4103-b862-e1fbd8f4e04e',
            scope => 'openid notes:read email profile',
            'allowed-origins' => [ '/*' ],
            realm_access => { roles => [ 'offline_access', 'staff' ] },
            resource_access => { account => { roles => [ 'view-profile' ] } },
            email_verified => \1, preferred_username => 'alice',
        },
        id => {
            aud => 'agent', typ => 'ID', azp => 'agent', acr => '1',
            auth_time => 0, at_hash => 'fPlsvVszI29LU2UhDyJ9vg',
            sid => '2a88c258-f73a-4103-b862-e1fbd8f4e04e',
            email_verified => \1, preferred_username => 'alice',
        },
    },

    entra_v2 => {
        issuer => 'https://login.microsoftonline.com/' . TENANT . '/v2.0',
        kid => '1LTMzakihiRla_8z2BEJVXeWMqo',
        entra_jwk(),
        header => { typ => 'JWT' },
        access => {
            aud => API, azp => CLIENT, azpacr => '0', name => 'Alice',
            oid => '690222be-ff1a-4d56-abd1-7e4f7d38e474', tid => TENANT,
            preferred_username => 'alice@example.com', rh => '0.AAA.',
            scp => 'Notes.Read', uti => 'aVrV41BZqEWmY6mNVQ8pAA', ver => '2.0',
        },
        id => {
            aud => API, name => 'Alice', nonce => '678910', rh => '0.AAA.',
            oid => '690222be-ff1a-4d56-abd1-7e4f7d38e474', tid => TENANT,
            preferred_username => 'alice@example.com',
            uti => 'fqiBqXLPj0eQa82S-IYFAA', ver => '2.0',
        },
    },

    entra_v1 => {
        issuer => 'https://sts.windows.net/' . TENANT . '/',
        kid => 'i6lGk3FZzxRcUb2C3nEQ7syHJlY',
        entra_jwk(),
        header => { typ => 'JWT', x5t => 'i6lGk3FZzxRcUb2C3nEQ7syHJlY' },
        access => {
            aud => 'api://' . API, appid => CLIENT, appidacr => '0',
            acr => '1', aio => 'AXQAi/8IAAAA', amr => [ 'pwd' ],
            ipaddr => '192.0.2.7', name => 'Alice', rh => 'I', tid => TENANT,
            oid => '690222be-ff1a-4d56-abd1-7e4f7d38e474',
            scp => 'Notes.Read', unique_name => 'alice@example.com',
            upn => 'alice@example.com', uti => 'FVsGxYXI30-TuikuuUoFAA',
            ver => '1.0',
        },
        id => {
            aud => API, amr => [ 'pwd' ], ipaddr => '192.0.2.7',
            name => 'Alice', nonce => '7a27f7', tid => TENANT,
            oid => '690222be-ff1a-4d56-abd1-7e4f7d38e474',
            unique_name => 'alice@example.com', ver => '1.0',
        },
    },

    auth0 => {
        issuer => 'https://corp.eu.auth0.com/',
        kid => 'NjVBRjY5MDlCMUIwNzU4RTA2QzZFMDQ4',
        jwk => { alg => 'RS256', use => 'sig', certificate() },
        header => { typ => 'JWT' },
        access => {
            sub => 'auth0|5f7c8ec7', azp => 'my_client_id',
            aud => [ RESOURCE, 'https://corp.eu.auth0.com/userinfo' ],
            scope => 'openid profile notes:read',
            permissions => [ 'notes:read', 'notes:write' ],
        },
        lifetime => 86_400,
        id => {
            sub => 'auth0|5f7c8ec7', aud => 'my_client_id', name => 'Alice',
            nickname => 'alice', email => 'alice@example.com',
            email_verified => \1, updated_at => '2026-01-01T00:00:00.000Z',
            sid => 'wLYkYdTLM9dXXrFS',
        },
    },

    okta => {
        issuer => 'https://corp.okta.com/oauth2/default',
        kid => 'ZkvelLN_seik7w4pc_prCcfUf-h2hFfiwkDeCrs0iUc',
        jwk => { alg => 'RS256', use => 'sig' },
        access => {
            ver => 1, jti => 'AT.MNAoEQ_jbKqoinrQo1D0XKjMX28U5d7ZszBceot7',
            aud => 'api://default', sub => 'alice@example.com',
            cid => '0oabucvyc38HLL1ef0h7', uid => '00uid4BxXw6I6TV4m0g3',
            scp => [ 'openid', 'notes:read' ], auth_time => 0,
        },
        id => {
            ver => 1, jti => 'ID.radCQMOQUmyvcTBmmIL0J6BaS60apUEiC7',
            aud => '0oabucvyc38HLL1ef0h7', sub => '00uid4BxXw6I6TV4m0g3',
            name => 'Alice', amr => [ 'pwd' ], idp => '00o1cbasz5Sm4Cm5a0h7',
            preferred_username => 'alice@example.com', auth_time => 0,
            at_hash => 'fPlsvVszI29LU2UhDyJ9vg',
        },
    },

    cognito => {
        issuer => 'https://cognito-idp.eu-west-1.amazonaws.com/'
            . 'eu-west-1_EXAMPLE',
        kid => 'k1Q9aTestKeyForAccessTokensOnlyAAAAAAAAAAA=',
        jwk => { alg => 'RS256', use => 'sig' },
        keys => [ { alg => 'RS256', use => 'sig', kid => 'signs-id-tokens' } ],
        access => {
            'cognito:groups' => [ 'staff' ], version => 2,
            client_id => '1example23456789', token_use => 'access',
            origin_jti => 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
            event_id => '64f513be-32db-42b0-b78e-b02127b4f463',
            scope => 'openid notes/read', auth_time => 0,
            jti => 'bbbbbbbb-cccc-dddd-eeee-ffffffffffff', username => 'alice',
        },
        id => {
            aud => '1example23456789', token_use => 'id', auth_time => 0,
            at_hash => 'BVfJ5AJ1lHzGvqKDkWX5Ug', email_verified => \1,
            'cognito:username' => 'alice', 'cognito:groups' => [ 'staff' ],
            origin_jti => 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
            event_id => '64f513be-32db-42b0-b78e-b02127b4f463',
        },
        id_kid => 'signs-id-tokens',
    },

    hydra => {
        issuer => 'https://hydra.example.com',
        kid => 'a2aa9739-d753-4a0d-87ee-61f101050277',
        jwk => { alg => 'RS256', use => 'sig' },
        keys => [ { alg => 'RS256', use => 'sig',
                    kid => '5b3d9b0e-32f2-4c58-a0d6-a7ed0c1d8ee1' } ],
        header => { typ => 'JWT' },
        access => {
            aud => [], client_id => 'agent', ext => { tenant => 'corp' },
            jti => '3cb0e4a8-5f17-4ab0-9a12-8c5f9a9d2ad6', nbf => 0,
            scp => [ 'offline', 'openid', 'notes:read' ],
        },
        id => {
            aud => [ 'agent' ], acr => '', amr => [], auth_time => 0,
            at_hash => 'NwN0gLf7yXJSo9lGqAeQkA', rat => 0,
            jti => 'f6d6a9b8-3b5e-4b6c-9b56-2d2a7c2e6f2d',
            sid => '0e3a8bd8-79c5-4e0c-8b8b-e1d4a1c4e1c3',
        },
        id_kid => '5b3d9b0e-32f2-4c58-a0d6-a7ed0c1d8ee1',
    },

    # It has no access tokens that are JWTs.  "access" is an ID token of a
    # service account, which takes their place.

    google => {
        issuer => 'https://accounts.google.com',
        kid => 'e8731c7a8d2a5c1b9f0c2e6d4b8a7f9e1d3c5b7a',
        jwk => { alg => 'RS256', use => 'sig' },
        keys => [ { alg => 'RS256', use => 'sig', kid => 'next' } ],
        header => { typ => 'JWT' },
        access => {
            aud => RESOURCE, azp => '113774264463038321964',
            sub => '113774264463038321964', email_verified => \1,
            email => 'agent@corp.iam.gserviceaccount.com',
        },
        id => {
            aud => '1234987819200.apps.googleusercontent.com',
            azp => '1234987819200.apps.googleusercontent.com',
            sub => '10769150350006150715113082367', hd => 'example.com',
            email => 'alice@example.com', email_verified => \1,
            at_hash => 'HK6E_P6Dh8Y93mRNtsDB1Q', name => 'Alice',
        },
    },

    oidc_provider => {
        issuer => 'https://op.example.com',
        alg => 'ES256',
        kid => '9f3c0d5b7a21',
        jwk => { alg => 'ES256', use => 'sig' },
        header => { typ => 'at+jwt' },
        access => { aud => RESOURCE, client_id => 'agent',
                    scope => 'notes:read', jti => 'PpKe8xYJ2Mmqg1wQvb7Jd' },
        id => { aud => 'agent', auth_time => 0 },
        id_header => { typ => 'JWT' },
    },

    # An access token is the ID token with three more members.

    authentik => {
        issuer => 'https://auth.example.com/application/o/notes/',
        kid => 'f7e7a6d2c4b04fbb0b0a9c7d5e3f1a29',
        jwk => { alg => 'RS256', use => 'sig', certificate() },
        header => { typ => 'JWT' },
        access => {
            aud => 'notes-client', azp => 'notes-client', uid => 'Zq3kP0aB',
            acr => 'goauthentik.io/providers/oauth2/default', auth_time => 0,
            amr => [ 'pwd' ], sid => 'b7c9f9a0',
        },
        id => {
            aud => 'notes-client', auth_time => 0, amr => [ 'pwd' ],
            acr => 'goauthentik.io/providers/oauth2/default',
            sid => 'b7c9f9a0',
        },
    },

    gitlab => {
        issuer => 'https://gitlab.example.com',
        kid => '4i3sFE7sxqNPOT7FdvcGA1ZVGGI_r-tsDXnEuYT4ZqE',
        jwk => { alg => 'RS256', use => 'sig' },
        header => { typ => 'JWT' },
        access => {
            aud => RESOURCE, sub => 'project_path:corp/bot:ref_type:branch:'
                . 'ref:main', nbf => 0, project_path => 'corp/bot',
            jti => '235b3a54-b797-45c7-ae9a-f72d7bc6ef5b', job_id => '1212',
            namespace_path => 'corp', ref => 'main', ref_type => 'branch',
            ref_protected => 'true', pipeline_source => 'push',
            user_login => 'alice', runner_id => 1,
        },
    },
);


sub certificate {
    return (x5c => [ 'MIIC' . 'A' x 60 ], x5t => 'B' x 27,
            'x5t#S256' => 'C' x 43);
}


# Its keys do not name an algorithm; each says by a template which issuer it is
# of.

sub entra_jwk {
    my %jwk = (alg => undef, use => 'sig', x5c => [ 'MIID' . 'A' x 60 ],
               issuer => 'https://login.microsoftonline.com/{tenantid}/v2.0',
               cloud_instance_name => 'microsoftonline.com');

    return (jwk => { %jwk, x5t => 'D' x 27 },
            keys => [ { %jwk, kid => 'next', x5t => 'E' x 27 } ]);
}


sub shapes { return sort keys %shapes }


sub shape {
    my ($name) = @_;

    $rsa ||= OAuth::Test::Key->new('RS256');
    $second ||= OAuth::Test::Key->new('RS256');
    $ec ||= OAuth::Test::Key->new('ES256');

    my $self = bless { name => $name, alg => 'RS256', header => {},
                       lifetime => 3600, %{ $shapes{$name} } }, __PACKAGE__;
    my $pair = $self->{alg} eq 'ES256' ? $ec : $rsa;

    $self->{key} = $pair->copy($self->{alg}, %{ $self->{jwk} },
                               kid => $self->{kid});
    $self->{others} = [ map { $second->copy('RS256', %$_) }
                        @{ $self->{keys} || [] } ];

    return $self;
}


sub issuer { return $_[0]{issuer} }


sub document {
    my ($self, $base) = @_;

    return {
        issuer => $self->{issuer},
        jwks_uri => "$base/$self->{name}/keys",
        authorization_endpoint => "$base/authorize",
        token_endpoint => "$base/token",
    };
}


sub jwks {
    my ($self) = @_;

    return { keys => [ map { $_->jwk } @{ $self->{others} },
                                       $self->{key} ] };
}


sub access {
    my ($self, %claims) = @_;

    return $self->token($self->{key}, $self->{header},
                        { %{ $self->{access} }, %claims });
}


sub id {
    my ($self, %claims) = @_;

    my ($key) = grep { $_->kid eq ($self->{id_kid} // $self->{kid}) }
        $self->{key}, @{ $self->{others} };

    return $self->token($key, $self->{id_header} // $self->{header},
                        { %{ $self->{id} }, %claims });
}


# Puts times relative to now in the place of the 0 in a shape.

sub token {
    my ($self, $key, $header, $claims) = @_;

    my $now = time;
    my %claims = (
        sub => SUBJECT, aud => undef, client_id => undef, scope => undef,
        jti => undef, iss => $self->{issuer}, iat => $now,
        exp => $now + $self->{lifetime}, %$claims,
    );

    for (grep { exists $claims{$_} } qw(nbf auth_time rat)) {
        $claims{$_} ||= $now;
    }

    return mint(key => $key, claims => \%claims,
                header => { typ => undef, %$header });
}

1;

package OAuthCheck::Report;

# The findings: their names, how bad each is, and what to do about it.  Text of
# servers is printed as ASCII without control characters, cut off, and without
# any piece of the token.

use strict;
use warnings;

use Exporter qw(import);
use JSON::PP ();

our @EXPORT_OK = qw(
    accept_finding is_finding hide plain cut report gather passed note faults
    show
);

use constant { TEXT_MOST => 1200, PIECE_LEAST => 16 };

# name => [ level, remedy ].  After a problem most agents give up; a warning is
# about some of them.  Where a finding is "name/case", only the name is printed:
# its cases differ in their levels or remedies.  What nginx itself finds at an
# authorization server (docs/status.md) has the same name there.

our %FINDINGS = (
    # the answer to a request without a token

    resource_http => [ problem =>
        'let nginx "listen 443 ssl", and give agents the https URL' ],
    let_in => [ problem =>
        'write "oauth ISSUER;" in the location, and look for a "return", a'
        . ' "rewrite" or a login page that answers before it, and for a regex'
        . ' location, which nginx prefers, that takes the path' ],
    redirected => [ problem =>
        'give agents the new URL if the page has moved; a login page is for'
        . ' "Sec-Fetch-Mode: navigate" only (docs/login.md)' ],
    forbidden => [ problem =>
        'look for a "deny", an "auth_request", a firewall or a check of Origin'
        . ' that answers before "oauth" does' ],
    method_refused => [ problem =>
        'look for a "return", a "limit_except" or a proxy in front that refuses'
        . ' the method before "oauth" asks for a token' ],
    not_found => [ problem =>
        'check the URL, and with "nginx -T" which server and location it'
        . ' reaches' ],
    server_failed => [ problem =>
        'read the error log of nginx; after a 503 it says why there are no'
        . ' keys of the issuer' ],
    odd_status => [ problem =>
        'look for what answers before "oauth" does: a rate limit, a firewall, a'
        . ' "return"' ],
    client_blocked => [ warning =>
        'let every User-Agent through to nginx, and recognise browsers by'
        . ' "Sec-Fetch-Mode: navigate" (docs/login.md)' ],
    no_challenge => [ problem =>
        'protect the location with "oauth"; if it is, look for an "error_page"'
        . ' or a proxy in front that removes WWW-Authenticate' ],
    malformed_challenge => [ problem =>
        'let only the module write WWW-Authenticate: look for "add_header" and'
        . ' for a proxy in front' ],
    several_challenges => [ warning =>
        'remove "auth_basic" from this location, or let it have a URL of its'
        . ' own' ],
    no_bearer => [ problem =>
        'protect the location with "oauth" instead of another login, such as'
        . ' "auth_basic"' ],
    other_scheme_first => [ problem =>
        'remove "auth_basic" from this location, or let it have a URL of its'
        . ' own' ],
    dpop_first => [ warning =>
        'offer Bearer first, unless every client has to use DPoP' ],
    no_resource_metadata => [ problem =>
        'protect the location with "oauth", whose challenge has this'
        . ' parameter' ],
    parameter_case => [ problem =>
        'write the names of the parameters in lower case' ],
    unquoted_parameter => [ problem =>
        'put the value in double quotes' ],
    empty_parameter => [ problem =>
        'leave the parameter out instead' ],
    misread_parameter => [ problem =>
        'remove the text "scope=" or "resource_metadata=" from the values'
        . ' before it, such as "realm"' ],
    foreign_metadata => [ problem =>
        'set "oauth_resource" to the URL that agents use' ],
    error_without_token => [ warning =>
        'send no "error" as long as there is no token (RFC 6750 section 3.1)' ],
    cacheable => [ warning =>
        'send "Cache-Control: no-store" with the 401' ],
    offline_access => [ warning =>
        'take it out of "oauth_scope" and "oauth_scope_advertise"; agents ask'
        . ' for it by themselves' ],
    no_scope => [ warning =>
        'name the scopes with "oauth_scope" or "oauth_scope_advertise"' ],

    # the metadata of the resource

    metadata_unreadable => [ problem =>
        'the module serves it to everybody: look for another server, a "return"'
        . ' of the server, a login or a proxy that answers first' ],
    document_type => [ warning =>
        'send the document as application/json' ],
    resource_differs => [ problem =>
        'set "oauth_resource" to the URL that agents use, or give agents the'
        . ' URL that "resource" names' ],
    resource_prefix => [ warning =>
        'if this is the URL that people give to agents, write "oauth_resource"'
        . ' with it in the location' ],
    resource_without_path => [ warning =>
        'let the authorization server accept both forms, or give the resource a'
        . ' path with "oauth_resource"' ],
    no_authorization_server => [ problem =>
        'name the issuer with "oauth"' ],
    several_servers => [ warning =>
        'put the one that agents are to use first in "oauth"' ],
    scope_not_listed => [ warning =>
        'list it in "oauth_scope_advertise"' ],
    empty_member => [ warning =>
        'leave the member out (RFC 9728 section 3.2)' ],
    no_fallback => [ warning =>
        'serve the metadata at the path of RFC 9728, as the module does for the'
        . ' resource in "oauth_resource"' ],
    fallback_status => [ warning =>
        'answer 404 where there is no document' ],

    # the authorization server

    issuer_url => [ problem =>
        'write the issuer as an http or https URL without query or fragment' ],
    plain_http => [ problem =>
        'let the authorization server publish only https URLs' ],
    'private_address/loopback' => [ problem =>
        'give the authorization server a name that agents can reach, as its'
        . ' "issuer", too' ],
    private_address => [ warning =>
        'give the authorization server a DNS name, and use it in "issuer"' ],
    no_discovery => [ problem =>
        'publish the metadata of RFC 8414 or OpenID Connect discovery, and let'
        . ' "issuer" in nginx be the server\'s own issuer' ],
    'no_discovery/unreachable' => [ problem =>
        'start the authorization server, or look at its DNS name, its'
        . ' certificate and the firewalls on the way' ],
    discovery_status => [ warning =>
        'answer 404 where there is no document' ],
    issuer_differs => [ problem =>
        'let "issuer" in nginx and in the document of the authorization server'
        . ' be the same, byte for byte' ],
    no_sign_in => [ problem =>
        'switch on the authorization code flow or the device flow at the'
        . ' authorization server' ],
    no_jwks_uri => [ warning =>
        'publish "jwks_uri", unless nginx has "jwks_file" or "jwks_uri"' ],
    keys_unreadable => [ problem =>
        'publish the key set at "jwks_uri"; nginx needs it to verify tokens' ],
    no_usable_key => [ problem =>
        'publish a public key for signatures: RSA of 2048 bits, P-256, P-384,'
        . ' P-521, Ed25519 or Ed448' ],
    no_registration => [ problem =>
        'let agents register, or give people a client ID'
        . ' (docs/agents/authorization-servers.md); then use'
        . ' "--accept no_registration"' ],
    no_public_clients => [ warning =>
        'permit the client authentication "none" at the token endpoint' ],
    'no_pkce/unstated' => [ warning =>
        'publish "code_challenge_methods_supported" with S256' ],
    no_pkce => [ problem =>
        'switch on PKCE with S256 at the authorization server' ],
    no_device_flow => [ warning =>
        'switch on the device flow if agents in a shell are to sign in' ],
    unknown_scopes => [ warning =>
        'create them at the authorization server, or take them out of'
        . ' "oauth_scope" and "oauth_scope_advertise"' ],

    # agents in a browser

    preflight_refused => [ warning =>
        'leave "oauth_cors" on, and answer OPTIONS nowhere else' ],
    refusal_hidden => [ warning =>
        'leave "oauth_cors" on, and remove "add_header Access-Control-..." from'
        . ' refusals' ],
    metadata_hidden => [ warning =>
        'send "Access-Control-Allow-Origin: *" with the metadata' ],
    server_hidden => [ warning =>
        'allow the origins of these agents at the authorization server' ],

    # a request with a token

    token_not_sent => [ problem =>
        'use the https URL of a location that has "oauth"' ],
    token_refused => [ problem =>
        'read the reason in the error log of nginx at level "info"' ],
    'token_refused/opaque' => [ problem =>
        'let the authorization server issue JWTs as access tokens, because'
        . ' nginx cannot verify others' ],
    token_ignored => [ problem =>
        'look for a proxy in front that removes Authorization' ],
    token_sign_in => [ problem =>
        'sign in again, with these values as "acr_values" and "max_age" of the'
        . ' authorization request' ],
    token_scope => [ problem =>
        'ask the authorization server for these scopes, or let it grant them' ],
    token_forbidden => [ problem =>
        'look at "oauth_require" and at the rules of the app; another scope'
        . ' does not help' ],
    token_malformed => [ problem =>
        'if the token is long, write "large_client_header_buffers 4 32k" in'
        . ' nginx' ],
    token_undecided => [ problem =>
        'read the error log of nginx; it says why there are no keys of the'
        . ' issuer' ],
    'token_claims/expired' => [ warning =>
        'get a new token' ],
    'token_claims/slash' => [ warning =>
        'write "issuer" in nginx as the authorization server writes it' ],
    'token_claims/issuer' => [ warning =>
        'get a token from one of these servers, or list the issuer in'
        . ' "oauth"' ],
    'token_claims/audience' => [ warning =>
        'get a token for this resource, or list the audience in'
        . ' "oauth_audience"' ],
    token_bound => [ warning =>
        'test it with a client that has the key' ],
);

my @findings;
my %accepted;
my $token;


sub is_finding {
    my ($name) = @_;

    return scalar grep { m{\A\Q$name\E(?:/|\z)} } keys %FINDINGS;
}


# From now on this problem is a warning.

sub accept_finding {
    my ($name) = @_;

    $accepted{$name} = 1;

    return;
}


# From now on nothing that is printed has a piece of this token.

sub hide {
    ($token) = @_;

    return;
}


# The name may have a case.

sub report {
    my ($case, $text) = @_;

    my ($level, $remedy) = @{ $FINDINGS{$case} };
    my ($name) = split m{/}, $case;

    push @findings, { level => $accepted{$name} ? 'warning' : $level,
                      name => $name, text => plain($text), remedy => $remedy };

    return;
}


# Judges each answer; what is wrong with several of them is reported once, with
# their labels.  Returns how many things are wrong.  A judge returns a list of
# [ name, text ].

sub gather {
    my ($judge, $suffix, @answers) = @_;

    my (@order, %labels);

    for my $answer (@answers) {
        for my $found ($judge->($answer)) {
            my $key = join "\0", @$found;

            push @order, $found if !$labels{$key};
            push @{ $labels{$key} }, $answer->{label};
        }
    }

    for my $found (@order) {
        my $who = join ', ', @{ $labels{ join "\0", @$found } };

        report($found->[0], "$who$suffix: $found->[1]");
    }

    return scalar @order;
}


# What is as it should be, and what is neither good nor bad.

sub passed { return add('ok', @_) }

sub note { return add('note', @_) }


sub add {
    my ($level, $name, $text) = @_;

    push @findings, { level => $level, name => $name, text => plain($text) };

    return;
}


sub faults { return count('warning') + count('problem') }


sub count {
    my ($level) = @_;

    return scalar grep { $_->{level} eq $level } @findings;
}


sub plain {
    my $text = join '', @_;

    for my $piece (defined $token ? ($token, split /\./, $token) : ()) {
        $text =~ s/\Q$piece\E/[token]/g
            if $piece eq $token || length $piece >= PIECE_LEAST;
    }

    $text =~ s/\s+\z//;
    $text =~ s/([^ -~])/sprintf '\\x{%x}', ord $1/ge;

    return cut($text, TEXT_MOST);
}


sub cut {
    my ($text, $most) = @_;

    return length $text > $most ? substr($text, 0, $most) . '...' : $text;
}


# Prints the findings and the summary; returns the exit status.

sub show {
    my ($url, $as_json) = @_;

    my %count = map { $_ => count($_) } qw(ok note warning problem);
    my $status = $count{problem} ? 1 : 0;

    if ($as_json) {
        print JSON::PP->new->ascii->canonical->pretty->encode({
            url => $url, findings => \@findings, count => \%count,
            status => $status });
        return $status;
    }

    for (@findings) {
        printf "%-8s%s: %s%s\n", @$_{qw(level name text)},
            defined $_->{remedy} ? ". Remedy: $_->{remedy}" : '';
    }

    printf "summary %s, %s, %d ok: %s\n",
        map({ "$count{$_} $_" . ($count{$_} == 1 ? '' : 's') }
            qw(problem warning)), $count{ok},
        $count{problem} ? 'agents trip over this'
            : $count{warning} ? 'some agents may trip over this'
            : 'agents trip over nothing';

    return $status;
}

1;

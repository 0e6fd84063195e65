package OAuthCheck::Server;

# An authorization server, as agents find it: its metadata (RFC 8414, OpenID
# Connect Discovery), its keys, and whether agents can register and sign in.

use strict;
use warnings;

use Exporter qw(import);

use OAuthCheck::Http qw(
    fault fault_for_404 fetch_document is_missing judge_type
);
use OAuthCheck::Cors qw(check_server_cors);
use OAuthCheck::Report qw(faults gather passed report);
use OAuthCheck::Url qw(difference is_exposed place url_fault url_parts);
use OAuthCheck::Value qw(is_true string strings);

our @EXPORT_OK = qw(check_server);

my @endpoints = qw(authorization_endpoint token_endpoint registration_endpoint
                   device_authorization_endpoint);

my $algorithm = qr/\A(?:[RPE]S(?:256|384|512)|EdDSA|Ed25519|Ed448)\z/;


# Checks the server that issues tokens for the URL, and has to know these
# scopes.

sub check_server {
    my ($url, $issuer, @scopes) = @_;

    my $before = faults();
    my $fault = url_fault($issuer) || ($issuer =~ /\?/ ? 'it has a query' : '');

    return report('issuer_url', "authorization server \"$issuer\": $fault")
        if $fault;

    check_place($url, $issuer);

    my @answers = map { fetch_document(@$_) } discovery_urls($issuer);
    my @read = grep { $_->{document} } @answers;

    return report_missing(@answers) if !@read;

    gather(sub { judge_discovery($issuer, \@scopes, @_) }, " of $issuer",
           @read);
    gather(sub { [ discovery_status => fault_for_404(@_) ] },
           " of $issuer",
           grep { !$_->{document} && !is_missing($_) } @answers);

    passed('server', "$issuer has "
           . join(' and ', map { $_->{label} } @read) . ', and agents can'
           . ' register and sign in') if faults() == $before;

    my %seen;

    check_keys($_) for grep { !$seen{$_}++ }
        map { string($_->{document}, 'jwks_uri') // () } @read;
    check_server_cors($issuer, @read);

    return;
}


# Whether agents can reach the server, and whether they want to.

sub check_place {
    my ($url, $issuer) = @_;

    my $place = place($issuer);

    report('plain_http', "$issuer: clients refuse plain http")
        if is_exposed($issuer);
    report('private_address/loopback', "$issuer is each machine itself, so only"
           . ' agents on the machine of the authorization server can use it')
        if $place eq 'loopback' && place($url) ne 'loopback';
    report('private_address', "$issuer is a private address, which Codex and"
           . ' goose refuse, and a hosted agent cannot reach')
        if $place eq 'private';

    return;
}


# Without an answer the server is not there, whatever it publishes.

sub report_missing {
    my (@answers) = @_;

    my $there = grep { $_->{status} } @answers;

    return report($there ? 'no_discovery' : 'no_discovery/unreachable',
                  join '; ', map { "$_->{url}: " . fault($_) } @answers);
}


# RFC 8414 section 3.1 inserts into the path; OpenID Connect appends to it.

sub discovery_urls {
    my ($issuer) = @_;

    my $part = url_parts($issuer);
    my $path = $part->{path} =~ s{/\z}{}r;
    my ($oauth, $openid) = qw(oauth-authorization-server openid-configuration);

    return [ "$part->{origin}/.well-known/$oauth$path", $oauth ],
           [ "$part->{origin}$path/.well-known/$openid", $openid ];
}


sub judge_discovery {
    my ($issuer, $scopes, $answer) = @_;

    my $document = $answer->{document};
    my $said = string($document, 'issuer') // '';
    my %known = map { $_ => 1 } strings($document, 'scopes_supported');
    my @unknown = %known ? grep { !$known{$_} } @$scopes : ();
    my @found = judge_type($answer);

    push @found, [ issuer_differs => "\"issuer\" is \"$said\": "
                   . difference($said, $issuer) ] if $said ne $issuer;
    push @found, judge_sign_in($document);
    push @found, map { [ plain_http => "\"$_\" is plain http, or no URL" ] }
        grep { my $value = string($document, $_);
               defined $value && (url_fault($value) || is_exposed($value)) }
             @endpoints;
    push @found, [ no_jwks_uri => 'there is no "jwks_uri", so nginx finds no'
                   . ' keys' ] if !defined string($document, 'jwks_uri');
    push @found, [ unknown_scopes => 'scopes_supported does not have '
                   . join(', ', @unknown) . '; an agent that asks for it may be'
                   . ' refused' ] if @unknown;

    return @found, judge_abilities($document);
}


# The code flow or the device flow has to be there.

sub judge_sign_in {
    my ($document) = @_;

    my @flows = qw(authorization_endpoint device_authorization_endpoint);
    my @found;

    push @found, [ no_sign_in => 'there is no "token_endpoint"' ]
        if !defined string($document, 'token_endpoint');
    push @found, [ no_sign_in => "there is neither \"$flows[0]\" nor"
                   . " \"$flows[1]\"" ]
        if !grep { defined string($document, $_) } @flows;

    return @found;
}


# What the server can do for agents: registration, PKCE, device flow.

sub judge_abilities {
    my ($document) = @_;

    my @pkce = strings($document, 'code_challenge_methods_supported');
    my @client = strings($document, 'token_endpoint_auth_methods_supported');
    my @found;

    push @found, [ no_registration => 'agents can neither register nor use the'
                   . ' URL of their own metadata as their client ID' ]
        if !defined string($document, 'registration_endpoint')
           && !is_true($document->{client_id_metadata_document_supported});
    push @found, [ no_public_clients => 'clients without a secret get no'
                   . ' token' ]
        if @client && !grep { $_ eq 'none' } @client;
    push @found, [ 'no_pkce/unstated' => 'newer clients refuse a server that'
                   . ' does not say that it supports PKCE' ] if !@pkce;
    push @found, [ no_pkce => 'clients refuse a server without S256' ]
        if @pkce && !grep { $_ eq 'S256' } @pkce;
    push @found, [ no_device_flow => 'an agent that has only a shell cannot'
                   . ' sign in' ]
        if !defined string($document, 'device_authorization_endpoint');

    return @found;
}


# The key set must have a key that the module can use.

sub check_keys {
    my ($uri) = @_;

    my $answer = fetch_document($uri);
    my $document = $answer->{document}
        or return report('keys_unreadable', "$uri: " . fault($answer));

    my @keys = ref $document->{keys} eq 'ARRAY' ? @{ $document->{keys} } : ();
    my @faults = map { key_fault($_) } @keys;
    my $usable = grep { $_ eq '' } @faults;

    return passed('keys', "$uri has a key that nginx can use") if $usable;

    splice @faults, 5 if @faults > 5;

    return report('no_usable_key', "$uri: "
                  . (join('; ', @faults) || 'it has no keys'));
}


# Why a key cannot verify signatures, or "".

sub key_fault {
    my ($key) = @_;

    return 'a key is no object' if ref $key ne 'HASH';

    my ($kty, $crv, $n) = map { string($key, $_) // '' } qw(kty crv n);
    my $use = string($key, 'use') // 'sig';
    my $alg = string($key, 'alg');

    return "a key has \"use\": \"$use\"" if $use ne 'sig';
    return "a key is for $alg" if defined $alg && $alg !~ $algorithm;

    # 2048 bits are 342 characters of base64url.

    return $kty eq 'RSA'
            ? length $n >= 342 ? '' : 'an RSA key has less than 2048 bits'
        : $kty eq 'EC' && $crv =~ /\AP-(?:256|384|521)\z/ ? ''
        : $kty eq 'OKP' && $crv =~ /\AEd(?:25519|448)\z/ ? ''
        : "a key has \"kty\": \"$kty\"" . ($crv && " and \"crv\": \"$crv\"");
}

1;

package OAuthCheck::Metadata;

# The metadata of the resource (RFC 9728 section 3): where the challenge says,
# and where clients look that do not read the challenge.

use strict;
use warnings;

use Exporter qw(import);

use OAuthCheck::Challenge qw(challenged scopes);
use OAuthCheck::Http qw(
    fault fetch_document is_allowed is_missing judge_type
);
use OAuthCheck::Report qw(gather passed report);
use OAuthCheck::Url qw(covers difference url_parts);
use OAuthCheck::Value qw(string strings);

our @EXPORT_OK = qw(check_metadata);


# Reads the document, with the answers to requests without a token.  Returns it,
# or an empty one.

sub check_metadata {
    my ($url, @refusals) = @_;

    my %named = map { $_ => 1 } grep { ($_ // '') ne '' }
        map { challenged($_, 'resource_metadata') } @refusals;
    my @guessed = map { fetch_document($_) } guesses($url);
    my ($fallback) = grep { $_->{document} } @guessed;

    # The first guess, if there is a document, is about this very URL.

    my @about = map { fetch_document($_) } sort keys %named;
    push @about, grep { !$named{ $_->{url} } }
        grep { $_ == $guessed[0] || !@about } $fallback || ();

    my $bad = gather(sub { judge_metadata($url, @_) }, '', @about);
    $bad += gather(\&judge_guess, '', grep { !$named{ $_->{url} } } @guessed);

    # The root may be about another resource of the same origin.

    if (!$fallback || $fallback != $guessed[0]
        && !covers(string($fallback->{document}, 'resource'), $url))
    {
        $bad++;
        report(@about ? 'no_fallback' : 'metadata_unreadable',
               'there is no metadata of this URL at '
               . join ' or ', map { $_->{url} } @guessed);
    }

    my ($read) = map { $_->{document} || () } @about;
    $bad += compare_scopes($read, @refusals) if $read;

    passed('metadata', "the metadata can be read, and its resource is the URL")
        if !$bad;

    return $read || {};
}


# Where clients look without a challenge: RFC 9728 section 3.1, then the root.

sub guesses {
    my ($url) = @_;

    my $part = url_parts($url);
    my $root = "$part->{origin}/.well-known/oauth-protected-resource";
    my $path = ($part->{path} eq '/' ? '' : $part->{path}) . $part->{query};

    return $path eq '' ? $root : ($root . $path, $root);
}


sub judge_metadata {
    my ($url, $answer) = @_;

    my $document = $answer->{document}
        or return [ metadata_unreadable => fault($answer) ];
    my @servers = strings($document, 'authorization_servers');
    my @found = (judge_type($answer), judge_resource($url, $document));

    push @found, [ no_authorization_server => 'agents do not know where to get'
                   . ' a token' ] if !@servers;
    push @found, [ several_servers => 'most clients use only the first server,'
                   . " $servers[0]" ] if @servers > 1;
    push @found, [ offline_access => 'scopes_supported has offline_access' ]
        if grep { $_ eq 'offline_access' }
                strings($document, 'scopes_supported');
    push @found, [ metadata_hidden => 'agents in a browser cannot read it' ]
        if !is_allowed($answer);

    my @empty = grep { is_empty($document->{$_}) } sort keys %$document;

    push @found, [ empty_member => 'these members are empty: '
                   . join ', ', @empty ] if @empty;

    return @found;
}


sub is_empty {
    my ($value) = @_;

    return !defined $value || ref $value eq 'ARRAY' && !@$value
           || !ref $value && $value eq '';
}


# Section 3.3 wants "resource" to be the URL.  A query counts only if "resource"
# has one, too.

sub judge_resource {
    my ($url, $document) = @_;

    my $resource = string($document, 'resource')
        // return [ resource_differs => 'there is no "resource"' ];
    my $plain = $resource =~ /\?/ ? $url : $url =~ s/\?.*//sr;
    my $part = url_parts($url);

    return [ resource_without_path => 'opencode, mcp-remote and Claude Code ask'
             . " the authorization server for $part->{origin}/ with a slash at"
             . ' the end, which a strict one refuses' ]
        if $part->{path} eq '/' && covers($resource, $url);

    return if $resource eq $plain;

    return [ resource_prefix => "\"resource\" is $resource: the MCP SDKs accept"
             . ' that; VS Code, Gemini CLI, Go clients and oauth4webapi want'
             . " $plain" ]
        if covers($resource, $url)
           && url_parts($resource)->{path} ne $part->{path};

    return [ resource_differs => "\"resource\" is $resource, but the URL is"
             . " $plain: " . difference($resource, $plain) ];
}


sub judge_guess {
    my ($answer) = @_;

    return if $answer->{document} || is_missing($answer);
    return [ fallback_status => fault($answer) . ' instead of 404' ];
}


# Compares challenges and document; returns how many things are wrong.

sub compare_scopes {
    my ($document, @refusals) = @_;

    my %listed = map { $_ => 1 } strings($document, 'scopes_supported');
    my (%asked, %methods);

    for my $refusal (@refusals) {
        my @scopes = scopes($refusal) or next;

        $asked{$_} = 1 for @scopes;
        push @{ $methods{"@scopes"} }, $refusal->{label};
    }

    passed('scope', join(', ', @{ $methods{$_} }) . ": agents ask for $_")
        for sort keys %methods;

    return 0 if !%listed;

    my @missing = grep { !$listed{$_} } sort keys %asked;
    my $readable = grep { defined challenged($_, 'resource_metadata') }
        @refusals;

    report('scope_not_listed', 'the challenge asks for ' . join(', ', @missing)
           . ', which scopes_supported does not have') if @missing;
    report('no_scope', 'the challenge names no scope, so some agents ask for'
           . ' none') if !%asked && $readable;

    return @missing || !%asked && $readable ? 1 : 0;
}

1;

package OAuthCheck::Cors;

# Agents in a browser: what the browser lets them send and read (CORS, in the
# Fetch standard).

use strict;
use warnings;

use Exporter qw(import);

use OAuthCheck::Http qw(BROWSER fault fetch fields is_allowed preflight);
use OAuthCheck::Report qw(passed report);
use OAuthCheck::Url qw(url_fault);
use OAuthCheck::Value qw(string);

our @EXPORT_OK = qw(check_cors check_server_cors);

# What MCP clients send.

my @names = qw(authorization content-type mcp-protocol-version mcp-session-id
               last-event-id mcp-method mcp-name);


# The refusals are the answers to requests without a token that are 401.

sub check_cors {
    my ($url, @refusals) = @_;

    my $fault = preflight_fault($url, @names);
    my $hidden = @refusals ? refusal_fault($url) : '';

    report('preflight_refused', "OPTIONS $url: $fault") if $fault;
    report('refusal_hidden', "agents in a browser cannot read the challenge:"
           . " $hidden") if $hidden;
    passed('cors', 'agents in a browser may ask, and can read the challenge')
        if @refusals && !$fault && !$hidden;

    return;
}


# Why a page cannot read a 401 and its challenge, or "".

sub refusal_fault {
    my ($url) = @_;

    my $answer = fetch('GET', $url, headers => [ 'Origin: ' . BROWSER ]);
    my %exposed = words($answer, 'access-control-expose-headers');

    return $answer->{status} != 401 ? fault($answer)
        : !is_allowed($answer) ? 'no valid Access-Control-Allow-Origin'
        : !$exposed{'*'} && !$exposed{'www-authenticate'}
            ? 'Access-Control-Expose-Headers does not name WWW-Authenticate'
        : '';
}


# Why a browser does not let a page send a POST with these headers, or "".  A
# "*" in the answer does not stand for "authorization".

sub preflight_fault {
    my ($url, @wanted) = @_;

    my $answer = preflight($url, @wanted);
    my %allowed = words($answer, 'access-control-allow-headers');
    my @missing = grep { !$allowed{$_}
                         && ($_ eq 'authorization' || !$allowed{'*'}) } @wanted;

    return $answer->{status} !~ /\A2/ ? fault($answer)
        : !is_allowed($answer) ? 'no valid Access-Control-Allow-Origin'
        : @missing ? 'these headers are not allowed: ' . join ', ', @missing
        : '';
}


sub words {
    my ($answer, $name) = @_;

    return map { lc $_ => 1 } map { split /[\s,]+/ } fields($answer, $name);
}


# The documents and the two endpoints that an agent needs to get a token.

sub check_server_cors {
    my ($issuer, @read) = @_;

    my @hidden = map { $_->{label} } grep { !is_allowed($_) } @read;

    for my $name (qw(token_endpoint registration_endpoint)) {
        my ($endpoint) = grep { !url_fault($_) }
            map { string($_->{document}, $name) // () } @read;

        push @hidden, $name if defined $endpoint
            && preflight_fault($endpoint, 'content-type');
    }

    return report('server_hidden', 'agents in a browser cannot use '
                  . join(', ', @hidden) . " of $issuer") if @hidden;
    return passed('server_cors', "agents in a browser can use $issuer");
}

1;

package OAuthCheck::Token;

# A request with a token.  The server decides about it; its claims, which nobody
# verifies here, only help to explain what the server says.

use strict;
use warnings;

use Exporter qw(import);
use MIME::Base64 qw(decode_base64url);
use POSIX qw(strftime);

use OAuthCheck::Challenge qw(ask_page challenged scopes);
use OAuthCheck::Http qw(fault);
use OAuthCheck::Report qw(cut note passed report);
use OAuthCheck::Url qw(covers is_exposed);
use OAuthCheck::Value qw(object string strings);

our @EXPORT_OK = qw(check_token);

use constant CLAIM_MOST => 128;


# Asks with the token.  The refusals are answers to requests without it: a
# server that does not ask for a token does not get one.

sub check_token {
    my ($url, $token, $method, $metadata, @refusals) = @_;

    my $claims = claims($token);

    note('claims', $claims ? 'the token claims to be: ' . describe($claims)
         : 'the token is opaque, not a signed JWT: only its issuer knows what'
           . ' it is for');
    report('token_bound', 'the token is bound to a key of its client ("cnf"),'
           . ' so a server may refuse it without a proof')
        if $claims && ref $claims->{cnf};

    my $refused = is_exposed($url) ? 'the URL is plain http'
        : !@refusals ? 'the URL does not answer 401 without a token' : '';

    return report('token_not_sent', "the token was not sent, because $refused")
        if $refused;

    my $answer = ask_page($url, $method,
                          headers => [ "Authorization: Bearer $token" ]);
    my ($name, $text) = judge_token($answer, $claims);

    return welcome($answer, $claims, @refusals) if !defined $name;

    my $refusal = $name eq 'token_refused';

    report($refusal && !$claims ? 'token_refused/opaque' : $name,
           "$method with the token: $text");

    return if !$refusal || !$claims;

    report(@$_) for doubts($claims, $metadata);

    return;
}


# The name of the problem and its text, or nothing.

sub judge_token {
    my ($answer, $claims) = @_;

    my $status = $answer->{status};
    my $error = challenged($answer, 'error') // '';
    my $why = challenged($answer, 'error_description') // '';
    my $said = join ' ', $status, grep { $_ ne '' } $error, $why && "($why)";

    return (token_undecided => fault($answer))
        if $status == 503 || $status == 0;
    return (token_malformed => $said) if $status == 400;
    return (token_ignored => '401 as if there were no token')
        if $status == 401 && $error eq '';
    return (token_sign_in => join '; ', $said, wanted_sign_in($answer))
        if $status == 401 && $error eq 'insufficient_user_authentication';
    return (token_refused => $said) if $status == 401;
    return if $status != 403;
    return (token_forbidden => $said) if $error ne 'insufficient_scope';

    my %has = map { $_ => 1 } granted($claims);
    my @missing = grep { !$has{$_} } scopes($answer);

    return (token_scope => "$said; " . (@missing
        ? 'the token lacks ' . join ', ', @missing
        : 'the server wants more than ' . join ', ', scopes($answer)));
}


# How the user has to sign in (RFC 9470), as the challenge says it.

sub wanted_sign_in {
    my ($answer) = @_;

    my ($acr, $age) = map { challenged($answer, $_) } qw(acr_values max_age);

    return ($acr ? "the sign-in has to be of the kind $acr" : (),
            $age ? "it may be at most $age seconds ago" : ());
}


# Says that the token is good, and for which methods its scopes may not suffice.

sub welcome {
    my ($answer, $claims, @refusals) = @_;

    passed('token', "$answer->{label} with the token is let in; the app answers"
           . " $answer->{status}");

    return if !$claims;

    my %has = map { $_ => 1 } granted($claims);

    for my $refusal (@refusals) {
        my @more = grep { !$has{$_} } scopes($refusal) or next;

        note('more_scope', "$refusal->{label} asks for "
             . join(', ', @more) . ', which the token does not claim');
    }

    return;
}


# The claims of a JWT, or nothing.

sub claims {
    my ($token) = @_;

    my @parts = split /\./, $token, -1;

    return if @parts != 3;

    my ($header, $claims) = map { object(decode_base64url($_)) } @parts[0, 1];

    return $header && $claims;
}


sub granted {
    my ($claims) = @_;

    return map { split ' ' } map { listed($claims, $_) } qw(scope scp);
}


# A claim that is a string or a list of strings, as a list.

sub listed {
    my ($claims, $name) = @_;

    return (string($claims, $name) // (), strings($claims, $name));
}


sub describe {
    my ($claims) = @_;

    my $exp = seconds($claims);
    my @words = map {
        my @values = listed($claims, $_);

        @values ? "$_ \"" . cut("@values", CLAIM_MOST) . '"'
            : $_ eq 'scp' ? () : "no $_";
    } qw(iss aud scope scp);

    return join ', ', @words, defined $exp
        ? strftime('exp %Y-%m-%dT%H:%M:%SZ', gmtime $exp)
          . sprintf ' (%+d s from now)', $exp - time
        : 'no exp';
}


# "exp", if it is a number of a size that gmtime can show.

sub seconds {
    my ($claims) = @_;

    my $exp = string($claims, 'exp') // '';

    return $exp =~ /\A\d{1,11}(?:\.\d+)?\z/ ? int $exp : undef;
}


# Why a server may refuse the token, by its claims: [ name, text ] for each.

sub doubts {
    my ($claims, $metadata) = @_;

    my $exp = seconds($claims);
    my $iss = string($claims, 'iss') // '';
    my $resource = string($metadata, 'resource') // '';
    my @servers = strings($metadata, 'authorization_servers');
    my @found;

    push @found, [ 'token_claims/expired' => 'the token has expired' ]
        if defined $exp && $exp < time;
    push @found, doubt_issuer($iss, @servers)
        if !grep { $_ eq $iss } @servers;
    push @found, [ 'token_claims/audience' =>
                   "\"aud\" does not name the resource $resource" ]
        if !grep { covers($resource, $_) } listed($claims, 'aud');

    return @found;
}


sub doubt_issuer {
    my ($iss, @servers) = @_;

    my $text = "\"iss\" is \"$iss\", and authorization_servers has "
               . join ', ', @servers;

    return [ 'token_claims/slash' =>
             "$text: only the slash at the end differs" ]
        if grep { "$_/" eq $iss || $_ eq "$iss/" } @servers;
    return [ 'token_claims/issuer' => $text ];
}

1;

package OAuthCheck::Challenge;

# The answer to a request without a token: a 401 with one challenge (RFC 6750
# section 3, RFC 9728 section 5.1), in the form that the parsers of all known
# agents can read.

use strict;
use warnings;

use Exporter qw(import);

use OAuthCheck::Http qw(fetch fields fault);
use OAuthCheck::Report qw(gather passed report);
use OAuthCheck::Url qw(difference is_exposed origin);

our @EXPORT_OK = qw(check_challenge ask_page challenged scopes);

use constant TEXT_MOST => 8192;

use constant CHROME => 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36'
    . ' (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

# A ping of MCP changes nothing, should the location be open.

my @requests = (
    [ 'GET' ], [ 'HEAD' ],
    [ 'POST', headers => [ 'Content-Type: application/json' ],
              body => '{"jsonrpc":"2.0","id":1,"method":"ping"}' ],
);

my @disguises = (
    [ label => 'a client that calls itself Claude-User',
      agent => 'Claude-User/1.0' ],
    [ label => 'a fetch tool that calls itself Chrome', agent => CHROME,
      headers => [ 'Accept: text/html,*/*;q=0.8' ] ],
);


# Asks without a token.  Returns why the URL cannot be reached, or "" and the
# answers that are 401.

sub check_challenge {
    my ($url) = @_;

    my @answers = map { ask_page($url, @$_) } @requests;

    return $answers[0]{error} if !$answers[0]{status};

    report('plain_http', 'the URL is plain http, so others can read the token'
           . ' on its way') if is_exposed($url);

    my $bad = gather(sub { judge_answer($url, @_) }, '', @answers);

    passed('challenge', 'GET, HEAD and POST without a token get 401, with a'
           . ' challenge that all known agents can read') if !$bad;

    check_disguises($url) if $answers[0]{status} == 401;

    return ('', grep { $_->{status} == 401 } @answers);
}


sub ask_page {
    my ($url, $method, %with) = @_;

    return fetch($method, $url, %with, label => $method, headers => [
        'Accept: application/json, text/event-stream',
        @{ $with{headers} || [] } ]);
}


# Some servers decide by the User-Agent who gets a login page or a 403.

sub check_disguises {
    my ($url) = @_;

    my $bad = gather(sub {
        my ($answer) = @_;

        return if $answer->{status} == 401;
        return [ client_blocked => fault($answer) . ' instead of 401' ];
    }, '', map { fetch('GET', $url, @$_) } @disguises);

    passed('clients', 'clients that call themselves Claude-User or Chrome get'
           . ' the same 401') if !$bad;

    return;
}


# What is wrong with an answer that should be a 401 with a challenge.

sub judge_answer {
    my ($url, $answer) = @_;

    my $status = $answer->{status};

    return judge_challenge($url, $answer) if $status == 401;

    my $name = $status == 403 ? 'forbidden'
        : $status == 404 ? 'not_found'
        : $status == 405 ? 'method_refused'
        : $status =~ /\A2/ ? 'let_in'
        : $status =~ /\A3/ ? 'redirected'
        : $status =~ /\A5/ ? 'server_failed'
        : 'odd_status';

    return [ $name, fault($answer) . '; agents sign in only after a 401' ];
}


sub judge_challenge {
    my ($url, $answer) = @_;

    my @lines = fields($answer, 'www-authenticate');
    my $text = challenge_text($answer);

    return [ no_challenge => '401 without WWW-Authenticate' ] if !@lines;

    my $challenges = challenges($text)
        or return [ malformed_challenge => "strict clients drop $text" ];
    my $ours = our_challenge($challenges)
        or return [ no_bearer => "agents cannot use $text" ];

    my $scheme = $challenges->[0]{scheme};
    my @names = map { $_->{name} } map { @{ $_->{params} } } @$challenges;
    my @found;

    push @found, [ other_scheme_first => "most clients look at the first scheme"
                   . " only, which is $scheme" ]
        if $scheme !~ /\A(?:bearer|dpop)\z/i;
    push @found, [ dpop_first => 'version 1 of the MCP SDK, the MCP inspector'
                   . ' and VS Code look for Bearer at the beginning' ]
        if lc $scheme eq 'dpop';
    push @found, [ several_challenges => 'many clients read only one of the '
                   . @lines . ' WWW-Authenticate lines' ] if @lines > 1;
    push @found, [ error_without_token => 'there is an "error" although nothing'
                   . ' was wrong yet; some clients do not sign in then' ]
        if grep { $_ eq 'error' } @names;
    push @found, [ cacheable => 'a cache may keep the 401' ]
        if !grep { /\bno-store\b/i } fields($answer, 'cache-control');

    return @found, judge_parameters($url, $text, $ours);
}


sub judge_parameters {
    my ($url, $text, $challenge) = @_;

    my @found = judge_forms(@{ $challenge->{params} });
    my $metadata = parameter($challenge, 'resource_metadata');
    my @scopes = split ' ', parameter($challenge, 'scope') // '';

    push @found, map { judge_reading($text, $challenge, $_) }
        qw(resource_metadata scope);

    push @found, [ no_resource_metadata => 'agents are not told where the'
                   . ' metadata is' ] if !defined $metadata;
    push @found, [ foreign_metadata => "resource_metadata is $metadata: "
                   . difference($metadata, $url) ]
        if ($metadata // '') ne '' && origin($metadata) ne origin($url);
    push @found, [ offline_access => 'the challenge has the scope'
                   . ' offline_access' ]
        if grep { $_ eq 'offline_access' } @scopes;

    return @found;
}


# How parameters are written: in lower case, with quotes and a value.

sub judge_forms {
    my (@params) = @_;

    my @upper = grep { $_->{written} ne $_->{name} } @params;
    my @bare = grep { !$_->{quoted} } @params;
    my @empty = grep { $_->{value} eq '' } @params;
    my @found;

    push @found, [ parameter_case => 'most clients do not recognise '
                   . join ', ', map { $_->{written} } @upper ] if @upper;
    push @found, [ unquoted_parameter => 'some clients drop or cut off '
                   . join ', ', map { "$_->{name}=$_->{value}" } @bare ]
        if @bare;
    push @found, [ empty_parameter => 'some clients use the empty '
                   . join(', ', map { $_->{name} } @empty)
                   . ', others drop the challenge' ] if @empty;

    return @found;
}


# The MCP SDKs do not parse: they take what follows the first "scope=".

sub judge_reading {
    my ($text, $challenge, $name) = @_;

    my ($quoted, $bare) = $text =~ /$name=(?:"([^"]*)"|([^\s,]+))/;
    my $read = $quoted // $bare // '';
    my ($param) = grep { $_->{name} eq $name } @{ $challenge->{params} };

    return if $param && $param->{written} ne $name;
    return if $read eq ($param ? $param->{value} : '');
    return [ misread_parameter => "the MCP SDKs read \"$read\" as $name" ];
}


# Parses challenges (RFC 9110 section 11.6.1).  Values without quotes may have
# any character but a comma.  Returns a list of { scheme, params }, or nothing.

sub challenges {
    my ($text) = @_;

    return if length $text > TEXT_MOST;

    my $word = qr/[!#\$%&'*+.^_`|~0-9A-Za-z-]+/;
    my @list;

    until ($text =~ /\G[\s,]*\z/gc) {
        $text =~ /\G[\s,]+/gc;

        if (@list && $text =~ /\G ($word) \s* = \s*
                               (?: "((?:[^"\\]++|\\.)*+)" | ([^\s",]*) )
                               (?= [\s,] | \z )/gcx)
        {
            my ($name, $quoted, $bare) = ($1, $2, $3);

            push @{ $list[-1]{params} }, {
                written => $name, name => lc $name, quoted => defined $quoted,
                value => defined $quoted ? $quoted =~ s/\\(.)/$1/gr : $bare,
            };

        } elsif ($text =~ /\G($word)(?=[\s,]|\z)/gc) {
            push @list, { scheme => $1, params => [] };

        } else {
            return;
        }
    }

    return @list ? \@list : undef;
}


# The challenge that agents use: Bearer, or else DPoP.

sub our_challenge {
    my ($challenges) = @_;

    for my $scheme (qw(bearer dpop)) {
        my ($found) = grep { lc $_->{scheme} eq $scheme } @$challenges;
        return $found if $found;
    }

    return;
}


sub parameter {
    my ($challenge, $name) = @_;

    my ($param) = grep { $_->{name} eq $name } @{ $challenge->{params} };

    return $param ? $param->{value} : undef;
}


# The lines of an answer, as clients join them.

sub challenge_text {
    my ($answer) = @_;

    return join ', ', fields($answer, 'www-authenticate');
}


# A parameter of the challenge in an answer, or undef.

sub challenged {
    my ($answer, $name) = @_;

    my $challenge = our_challenge(challenges(challenge_text($answer)) || []);

    return $challenge ? parameter($challenge, $name) : undef;
}


# The scopes that an answer asks for.

sub scopes {
    my ($answer) = @_;

    return split ' ', challenged($answer, 'scope') // '';
}

1;

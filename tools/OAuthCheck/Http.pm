package OAuthCheck::Http;

# Requests by curl.  It gets everything on its standard input, because other
# users of the machine can see the arguments of a command.  It follows no
# redirect, and reads no configuration of its own.

use strict;
use warnings;

use Exporter qw(import);
use IPC::Open3 qw(open3);

use OAuthCheck::Url qw(origin url_fault);
use OAuthCheck::Value qw(object);

our @EXPORT_OK = qw(
    BROWSER fetch_with fetch fetch_document fields fault is_allowed preflight
    is_missing judge_type
);

use constant { BODY_MOST => 262_144, BROWSER => 'https://agent.example' };

my %option = (timeout => 10);
my %dead;               # origin => why it gave no answer
my %late;               # origin => how often it gave none in time
my %documents;          # URL => answer


# options: timeout (seconds), cacert (file), insecure

sub fetch_with {
    %option = @_;

    return;
}


# Asks once.  Returns { url, label, status, headers, body, error }; the status
# is 0 if there was no answer.  The label is how a finding names the answer.
#
# with: headers (lines), body, agent (the User-Agent), label

sub fetch {
    my ($method, $url, %with) = @_;

    my $origin = origin($url);
    my %answer = (url => $url, label => $with{label} // $url, status => 0,
                  headers => [], body => '',
                  error => url_fault($url) || $dead{$origin});

    return \%answer if $answer{error};

    my @lines = (
        [ url => $url ], [ proto => '=http,https' ], [ 'http1.1' ],
        [ 'silent' ], [ 'include' ], [ 'globoff' ], [ 'path-as-is' ],
        [ 'suppress-connect-headers' ], [ 'write-out' => "\n%{errormsg}" ],
        [ 'user-agent' => $with{agent} // 'oauth-check' ],
        [ 'max-time' => $option{timeout} ],
        $method eq 'HEAD' ? [ 'head' ] : [ request => $method ],
        defined $with{body} ? [ 'data-raw' => $with{body} ] : (),
        defined $option{cacert} ? [ cacert => $option{cacert} ] : (),
        $option{insecure} ? [ 'insecure' ] : (),
        map { [ header => $_ ] } @{ $with{headers} || [] });

    my ($output, $status) = curl(join '', map { config_line(@$_) } @lines);

    read_answer(\%answer, $output, $status);

    # A host that cannot be reached is not asked again (no name, no connection,
    # no TLS), nor is one that was too late twice.

    $dead{$origin} = $answer{error} if $status =~ /\A(?:6|7|35|60)\z/
        || $status eq '28' && $late{$origin}++;

    return \%answer;
}


sub config_line {
    my ($name, $value) = @_;

    return "$name\n" if !defined $value;

    $value =~ s/(["\\])/\\$1/g;
    $value =~ s/\n/\\n/g;

    return "$name = \"$value\"\n";
}


# Runs curl.  Returns its output, cut off behind BODY_MOST, and its exit status,
# which is "large" in that case.

sub curl {
    my ($config) = @_;

    open my $null, '>', '/dev/null' or die "/dev/null: $!\n";

    my ($in, $out);
    my $pid = eval {
        open3($in, $out, '>&' . fileno $null, 'curl', '--disable', '--config',
              '-');
    };

    return ("\ncurl cannot be run; is it installed?", 2) if !$pid;

    local $SIG{PIPE} = 'IGNORE';
    print $in $config;
    close $in;

    my $output = '';

    while (length $output <= BODY_MOST
           && sysread $out, $output, 65_536, length $output) { }

    my $large = length $output > BODY_MOST;

    kill TERM => $pid if $large;
    close $out;
    waitpid $pid, 0;

    return ($output, $large ? 'large' : $? >> 8);
}


# Takes apart what curl printed: headers, body, and a last line that says what
# went wrong.  Headers of interim answers (1xx) come first.

sub read_answer {
    my ($answer, $output, $status) = @_;

    if ($status eq 'large') {
        $answer->{error} = 'the answer has more than ' . BODY_MOST . ' bytes';

    } else {
        $output =~ s/\n([^\n]*)\z//;
        $answer->{error} = $1 || "curl ended with status $status"
            if $status != 0;
    }

    my $head = '100';

    while ($head =~ /\A1/) {
        $output =~ s{\AHTTP/\S+ (\d{3}.*?\n)\r?\n}{}s or return;
        $head = $1;
    }

    ($answer->{status}, my @lines) = split /\r?\n/, $head;
    $answer->{status} = substr $answer->{status}, 0, 3;
    $answer->{headers} = [ map { /\A([^:\s]+):[ \t]*(.*?)\s*\z/
                                 ? [ lc $1, $2 ] : () } @lines ];
    $answer->{body} = $output;

    return;
}


# The values of a header field, whose name is in lower case.

sub fields {
    my ($answer, $name) = @_;

    return map { $_->[1] } grep { $_->[0] eq $name } @{ $answer->{headers} };
}


# In words, what came instead of what was wanted.

sub fault {
    my ($answer) = @_;

    return $answer->{error} if $answer->{error};

    my ($target) = fields($answer, 'location');

    return "the answer is $answer->{status}"
        . ($answer->{status} =~ /\A3/ && defined $target
           ? ", a redirect to $target" : '');
}


# Fetches a JSON document, as an agent in a browser does.  The member "document"
# of the answer is its object, if it is one.

sub fetch_document {
    my ($url, $label) = @_;

    return $documents{$url} if $documents{$url};

    my $answer = fetch('GET', $url, label => $label, headers => [
        'Accept: application/json', 'Origin: ' . BROWSER,
        'MCP-Protocol-Version: 2025-11-25' ]);

    if ($answer->{status} == 200 && !$answer->{error}) {
        $answer->{document} = object($answer->{body});
        $answer->{error} = 'the answer is no JSON object'
            if !$answer->{document};
    }

    return $documents{$url} = $answer;
}


# Whether clients go on and look elsewhere: after other answers some give up.

sub is_missing {
    my ($answer) = @_;

    return $answer->{status} =~ /\A4(?!01|08|25|29)/;
}


# A finding, if the answer does not say that it is JSON.

sub judge_type {
    my ($answer) = @_;

    my $type = join ', ', fields($answer, 'content-type');

    return if $type =~ m{\Aapplication/json\s*(?:;|\z)}i;
    return [ document_type => 'some clients refuse this Content-Type: '
             . ($type eq '' ? 'none' : $type) ];
}


# Asks as a browser does before it lets a page send a POST with these headers.

sub preflight {
    my ($url, @names) = @_;

    return fetch('OPTIONS', $url, headers => [
        'Origin: ' . BROWSER, 'Access-Control-Request-Method: POST',
        'Access-Control-Request-Headers: ' . join ',', @names ]);
}


# Whether a page of any origin may read the answer.

sub is_allowed {
    my ($answer) = @_;

    my @origins = fields($answer, 'access-control-allow-origin');

    return @origins == 1 && ($origins[0] eq '*' || $origins[0] eq BROWSER);
}

1;

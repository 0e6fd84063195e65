package OAuth::Test::Check;

# Runs tools/oauth-check against an app and an authorization server that are as
# they should be, except for what a test changes.  The app's URL has a path.
#
# A run takes about 20 requests, and each starts curl.  So "finds" normally runs
# the script in a copy of this process in which a function plays curl and the
# servers; with "real" it uses curl and servers on sockets.

use strict;
use warnings;

use Cwd qw(abs_path);
use Exporter qw(import);
use File::Basename qw(dirname);
use File::Temp ();
use JSON::PP ();
use Test::More;

use OAuth::Test::Process qw(how_ended reap spawn wait_until);
use OAuth::Test::Scripted;

use lib abs_path(dirname(__FILE__) . '/../../../../tools');
use OAuthCheck::Challenge ();
use OAuthCheck::Cors ();
use OAuthCheck::Metadata ();
use OAuthCheck::Server ();
use OAuthCheck::Token ();

our @EXPORT_OK = qw(app server url set_world finds run_check read_all);

my $script = abs_path(dirname(__FILE__) . '/../../../../tools/oauth-check');
my $json = JSON::PP->new->canonical->utf8;

my $well_known = '/.well-known/oauth-protected-resource';
my @cors = ('Access-Control-Allow-Origin' => '*');

# The generator of P-256, which is a public key that everybody knows.

my $key = { kty => 'EC', crv => 'P-256', kid => 'one',
            x => 'axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY',
            y => 'T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU' };

my $app = OAuth::Test::Scripted->new;
my $server = OAuth::Test::Scripted->new;


sub app { return $app }

sub server { return $server }

sub url { return $app->url . '/mcp' }


# Sets what the two answer.
#
# change: challenge (the header line; its %s is the URL of the metadata),
# refusal (members of the 401), metadata, discovery, jwks (functions that change
# the document in $_), app, server (further answers), issuer

sub set_world {
    my (%change) = @_;

    my $issuer = $change{issuer} // $server->url;
    my $path = $issuer =~ m{\Ahttp://[^/]+(/.*?)/?\z} ? $1 : '';

    my $metadata = document({
        resource => url(), authorization_servers => [ $issuer ],
        scopes_supported => [ 'read', 'write' ],
    }, $change{metadata});

    my $discovery = document({
        issuer => $issuer, jwks_uri => $server->url . '/jwks',
        authorization_endpoint => $server->url . '/authorize',
        token_endpoint => $server->url . '/token',
        registration_endpoint => $server->url . '/register',
        device_authorization_endpoint => $server->url . '/device',
        code_challenge_methods_supported => [ 'S256' ],
        scopes_supported => [ 'openid', 'read', 'write' ],
    }, $change{discovery});

    my $preflight = { status => 204, headers => [ @cors,
        'Access-Control-Allow-Methods' => 'GET, POST',
        'Access-Control-Allow-Headers' => 'authorization, content-type,'
            . 'mcp-protocol-version, mcp-session-id, last-event-id, mcp-method,'
            . ' mcp-name' ] };

    $app->answers(
        '/mcp' => refusal($change{challenge}, $change{refusal}),
        'OPTIONS /mcp' => $preflight, "$well_known/mcp" => $metadata,
        %{ $change{app} || {} });

    $server->answers(
        "/.well-known/oauth-authorization-server$path" => $discovery,
        "$path/.well-known/openid-configuration" => $discovery,
        '/jwks' => document({ keys => [ { %$key } ] }, $change{jwks}),
        '/token' => $preflight, '/register' => $preflight,
        %{ $change{server} || {} });

    return;
}


sub refusal {
    my ($challenge, $change) = @_;

    $challenge //= 'Bearer resource_metadata="%s", scope="read"';

    my $metadata = $app->url . "$well_known/mcp";

    return { status => 401, headers => [ @cors,
        map({ ('WWW-Authenticate' => s/%s/$metadata/gr) }
            split /\n/, $challenge),
        'Access-Control-Expose-Headers' => 'WWW-Authenticate',
        'Cache-Control' => 'no-store' ], %{ $change || {} } };
}


sub document {
    my ($document, $change) = @_;

    if ($change) {
        $change->() for $document;
    }

    return { headers => [ @cors, 'Content-Type' => 'application/json' ],
             body => $json->encode($document) };
}


# Asserts that the check finds exactly these things ("problem let_in"), with
# these words in one of them.  Returns what the check has printed.
#
# change: as for set_world; arguments, url, token, real, remedy (what the list of
# remedies matches)

sub finds {
    my ($name, $expected, $words, %change) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    set_world(%change);

    my @arguments = (@{ $change{arguments} || [] }, '--json',
                     $change{url} // url(), $change{token} // ());
    my $run = $change{real} ? run_check(@arguments) : run_here(@arguments);
    my $found = eval { $json->decode($run->{out}) } || { findings => [] };
    my @bad = grep { defined $_->{remedy} } @{ $found->{findings} };
    my %seen;

    is(join(', ', grep { !$seen{$_}++ } map { "$_->{level} $_->{name}" } @bad),
       $expected, $name) or diag($run->{err});
    is($run->{status}, $expected =~ /\bproblem\b/ ? 1 : 0, "$name: status");
    like(join("\n", map { $_->{text} } @bad), $words, "$name: words")
        if $words;
    like(join("\n", map { $_->{remedy} } @bad), $change{remedy},
         "$name: remedy") if $change{remedy};

    return $found;
}


# Returns { status, out, err }.  If the first argument is { input }, this is the
# text on its standard input.

sub run_check {
    my @arguments = @_;

    return run(sub { exec $^X, $script, @arguments or die "exec: $!\n" },
               ref $arguments[0] ? shift(@arguments)->{input} : '');
}


# The same, without a process of curl.

sub run_here {
    my (@arguments) = @_;

    return run(sub {
        no warnings 'redefine';
        local *OAuthCheck::Http::curl = \&play_curl;
        local @ARGV = @arguments;
        do $script;
        die $@;
    }, '');
}


sub run {
    my ($code, $input) = @_;

    my $dir = File::Temp->newdir('oauth-check-XXXXXX', TMPDIR => 1);

    open my $in, '>', "$dir/in" or die "$dir/in: $!\n";
    print $in $input;
    close $in;

    my $pid = spawn(sub {
        open STDIN, '<', "$dir/in";
        open STDOUT, '>', "$dir/out";
        open STDERR, '>', "$dir/err";
        $code->();
    });

    my $ended = wait_until(sub { reap($pid) }, 120);

    return { status => !$ended ? 'hangs' : $? & 127 ? how_ended($?) : $? >> 8,
             map { $_ => read_all("$dir/$_") } qw(out err) };
}


# What curl prints and how it ends, if these are its options.

sub play_curl {
    my ($config) = @_;

    my %option = $config =~ /^(url|request|user-agent) = "(.*)"$/mg;
    my %field = map { lc } $config =~ /^header = "(.*?): (.*)"$/mg;
    my $method = $option{request} // 'HEAD';
    my $side = index($option{url}, $server->url) == 0 ? $server : $app;
    my $answer = OAuth::Test::Scripted::answer_to($side->{state}, $method,
        OAuth::Test::Scripted::path_of($option{url}),
        %field, 'user-agent' => $option{'user-agent'});

    return ("\nOperation timed out", 28) if $answer->{hang};

    my $bytes = OAuth::Test::Scripted::bytes_of($method, $answer) . "\n";
    my $most = OAuthCheck::Http::BODY_MOST() + 1;

    return length $bytes > $most ? (substr($bytes, 0, $most), 'large')
                                 : ($bytes, 0);
}


sub read_all {
    my ($path) = @_;

    open my $in, '<', $path or die "$path: $!\n";
    local $/;

    return scalar(<$in>) // '';
}

1;

#!/usr/bin/perl
#
# tools/oauth-check: arguments, and what it says about a resource.  Each finding
# has a server that causes it and nothing else; the same server without the
# fault causes none.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::More;

use OAuth::Test::Check qw(app finds run_check server set_world url);
use OAuth::Test::Mode qw(mode);

plan skip_all => 'does not depend on how nginx was built' if mode();

delete @ENV{qw(http_proxy HTTP_PROXY all_proxy ALL_PROXY OAUTH_TOKEN)};

my $root = '/.well-known/oauth-protected-resource';

# the control: everything is as it should be

my $found = finds('a good world', '', undef, real => 1);

is_deeply([ sort map { $_->{name} } @{ $found->{findings} } ],
          [ qw(challenge clients cors keys metadata scope server
               server_cors) ], 'says what is good');
is($found->{url}, url(), 'says for which URL');
is_deeply(finds('the same without curl', '', undef), $found,
          'the stand-in for curl makes no difference');

my $run = run_check(url());

like($run->{out}, qr/^ok {6}challenge: GET, HEAD and POST /m, 'for people');
like($run->{out}, qr/^summary 0 problems, 0 warnings, 8 ok: [ -~]+\n\z/m,
     'the last line');
is(() = $run->{out} =~ /\n/g, 9, 'one line per finding');
is($run->{err}, '', 'no errors');

is_deeply([ grep { my $seen = $_; grep { lc $_->[0] eq 'authorization' }
                   @{ $seen->{headers} } } app->seen, server->seen ], [],
          'nobody is sent a token that there is not');

# arguments

for ([ 'no URL' => qr/URL is missing/ ],
     [ 'a word', 'wiki.example.com' => qr/does not begin with https/ ],
     [ 'another scheme', 'ftp://h/' => qr/does not begin with https/ ],
     [ 'a file', 'file:///etc/passwd' => qr/does not begin with https/ ],
     [ 'a space', 'http://h/a b' => qr/character that no URL has/ ],
     [ 'a control character', "http://h/\e[31m" => qr/character that no URL/ ],
     [ 'a fragment', 'http://h/#x' => qr/fragment/ ],
     [ 'a password', 'http://a:b@h/' => qr/password/ ],
     [ 'no host', 'http:///x' => qr/host or its port/ ],
     [ 'a port', 'http://h:99999/' => qr/host or its port/ ],
     [ 'an empty URL', '' => qr/empty/ ],
     [ 'three arguments', 'http://h/', 'a', 'b' => qr/after the token/ ],
     [ 'a token with its scheme', 'http://h/', 'Bearer x' => qr/"Bearer"/ ],
     [ 'an empty token', 'http://h/', '' => qr/empty/ ],
     [ 'a line break', 'http://h/', "a\nurl = x" => qr/characters/ ],
     [ 'an option', '--follow', 'http://h/' => qr/[Uu]nknown option: follow/ ],
     [ 'a long time', '--timeout', '61', 'http://h/' => qr/1 to 60/ ],
     [ 'a finding', '--accept', 'all', 'http://h/' => qr/no finding "all"/ ],
     [ 'a file', '--cacert', '/none', 'http://h/' => qr{no file /none} ],
     [ 'a method', '--method', 'GET /', 'http://h/' => qr/a method of HTTP/ ])
{
    my ($name, @arguments) = @$_;
    my $words = pop @arguments;

    $run = run_check(@arguments);
    is($run->{status}, 2, "arguments: $name");
    like($run->{err}, qr/\Aoauth-check: [ -~\n]*$words/, "says so: $name");
    is($run->{out}, '', "and nothing else: $name");
}

$run = run_check('--help');
is($run->{status}, 0, '--help');
like($run->{out}, qr/\Ausage: oauth-check .*^Exit status: 0/ms, 'its text');

$run = run_check('http://127.0.0.1:1/mcp');
is($run->{status}, 2, 'nobody listens');
like($run->{err}, qr{\Aoauth-check: http://127.0.0.1:1/mcp cannot be reached: },
     'says so');

app->answers('/mcp' => { hang => 1 });
$run = run_check('--timeout', 1, url());
is($run->{status}, 2, 'nobody answers');
like($run->{err}, qr/cannot be reached: .*timed out/i, 'says so');

# another status than 401

for ([ 'let_in', 200 ], [ 'forbidden', 403 ], [ 'not_found', 404 ],
     [ 'method_refused', 405 ], [ 'server_failed', 502 ], [ 'odd_status', 429 ])
{
    my ($name, $status) = @$_;

    finds("all methods: $status", "problem $name",
          qr/\AGET, HEAD, POST: the answer is $status;/,
          refusal => { status => $status });
}

finds('a redirect', 'problem redirected',
      qr{\AGET, HEAD, POST: the answer is 302, a redirect to http:\S+/login;},
      real => 1, refusal => { status => 302, headers => [
          Location => app->url . '/login' ] });
ok(!grep({ $_->{path} eq '/login' } app->seen), 'is not followed');

finds('one method', 'problem method_refused', qr/\APOST: the answer is 405;/,
      app => { 'POST /mcp' => { status => 405 } });

finds('no answer to one method', 'problem odd_status', qr/\AHEAD: .*timed out/i,
      real => 1,
      arguments => [ '--timeout', 1 ], app => { 'HEAD /mcp' => { hang => 1 } });

# the form of the challenge

my $good = 'Bearer resource_metadata="%s", scope="read"';
my $metadata = 'resource_metadata="%s"';

for ([ 'without a scheme', 'malformed_challenge', '"x"' ],
     [ 'without end', 'malformed_challenge', 'Bearer scope="read' ],
     [ 'other schemes', 'no_bearer', 'Basic realm="x", Negotiate abc==' ],
     [ 'bare', 'no_resource_metadata', 'Bearer scope="read"' ],
     [ 'a name', 'parameter_case',
       'Bearer Resource_Metadata="%s", scope="read"' ],
     [ 'an unquoted scope', 'unquoted_parameter',
       "Bearer $metadata, scope=read" ],
     [ 'an unquoted URL', 'unquoted_parameter',
       'Bearer resource_metadata=%s, scope="read"' ],
     [ 'an empty parameter', 'empty_parameter', "$good, realm=\"\"" ],
     [ 'spaces around "="', 'misread_parameter',
       "Bearer $metadata, scope = \"read\"" ],
     [ 'an escape', 'misread_parameter',
       "Bearer $metadata, scope=\"r\\ead\"" ],
     [ 'too long', 'malformed_challenge', 'Bearer realm="' . 'x' x 9000 . '"' ],
     [ 'a scope in the realm', 'misread_parameter',
       "Bearer realm=\"no scope=x\", $metadata, scope=\"read\"" ],
     [ 'another scheme in front', 'other_scheme_first',
       "Basic realm=\"x\", $good" ])
{
    my ($name, $finding, $challenge) = @$_;

    finds("challenge: $name", "problem $finding", qr/\AGET, HEAD, POST: /,
          challenge => $challenge);
}

finds('no challenge', 'problem no_challenge', undef,
      challenge => '');

finds('two lines', 'warning several_challenges', qr/one of the 2 /,
      challenge => "$good\nBasic realm=\"x\"");
finds('two lines, ours is the second',
      'problem other_scheme_first, warning several_challenges', undef,
      challenge => "Basic realm=\"x\"\n$good");
finds('DPoP alone', 'warning dpop_first', undef,
      challenge => $good =~ s/Bearer/DPoP/r);
finds('DPoP first', 'warning dpop_first', undef,
      challenge => "DPoP algs=\"ES256\", $good");
finds('DPoP second', '', undef, challenge => "$good, DPoP algs=\"ES256\"");
finds('no scheme in capitals', '', undef,
      challenge => $good =~ s/Bearer/bearer/r);
finds('spaces', '', undef,
      challenge => 'Bearer  resource_metadata="%s" ,scope="read"');
finds('an error', 'warning error_without_token', undef,
      challenge => "$good, error=\"invalid_token\"");
finds('an error of the second scheme', 'warning error_without_token', undef,
      challenge => "$good, DPoP error=\"use_dpop_nonce\"");

finds('metadata of another origin', 'problem foreign_metadata',
      qr/is http:\S+: its port is \d+ and not \d+/,
      challenge => 'Bearer resource_metadata="' . server->url . "$root/mcp\","
                   . ' scope="read"',
      server => { "$root/mcp" => { body => JSON::PP::encode_json({
          resource => url(), authorization_servers => [ server->url ],
      }), headers => [ 'Content-Type' => 'application/json',
                       'Access-Control-Allow-Origin' => '*' ] } });

my @cors = ('Access-Control-Allow-Origin' => '*',
            'Access-Control-Expose-Headers' => 'WWW-Authenticate');
my $line = $good =~ s{%s}{app->url . "$root/mcp"}er;

finds('a 401 that may be cached', 'warning cacheable', undef,
      refusal => { headers => [ @cors, 'WWW-Authenticate' => $line ] });
finds('an interim answer', '', undef, real => 1, app => { '/mcp' => {
    status => "103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 401",
    headers => [ @cors, 'WWW-Authenticate' => $line,
                 'Cache-Control' => 'no-store' ] } });

finds('offline_access', 'warning offline_access, warning scope_not_listed,'
      . ' warning unknown_scope', undef,
      challenge => "Bearer $metadata, scope=\"read offline_access\"");
finds('offline_access in the document', 'warning offline_access,'
      . ' warning unknown_scope', qr/scopes_supported has offline_access/,
      metadata => sub { push @{ $_->{scopes_supported} }, 'offline_access' });
finds('no scope', 'warning no_scope', undef, challenge => "Bearer $metadata");
finds('no scope anywhere', '', undef, challenge => "Bearer $metadata",
      metadata => sub { delete $_->{scopes_supported} });
finds('a scope that is not listed', 'warning scope_not_listed',
      qr/asks for read,/,
      metadata => sub { $_->{scopes_supported} = ['write'] });

# clients that are taken for others: a server that looks at the User-Agent

app->blocks('Chrome');
finds('Chrome is refused', 'warning client_blocked',
      qr/calls itself Chrome: the answer is 403 instead of 401/);
app->blocks('Claude');
finds('Claude is refused', 'warning client_blocked', qr/calls itself Claude/);
app->blocks(undef);

# where the metadata is

my $no = { status => 404 };

for ([ 'missing', $no, qr/the answer is 404/ ],
     [ 'moved', { status => 307, headers => [ Location => '/x' ] },
       qr{a redirect to /x} ],
     [ 'a login', { status => 401 }, qr/the answer is 401/ ],
     [ 'broken', { status => 500 }, qr/the answer is 500/ ],
     [ 'a page', { body => '<html>' }, qr/no JSON object/ ],
     [ 'a list', { body => '[]' }, qr/no JSON object/ ],
     [ 'deep', { body => '{"a":' x 100 }, qr/no JSON object/ ],
     [ 'long', { body => '{' . ' ' x 300_000 . '}' }, qr/more than 262144/ ],
     [ 'silent', { hang => 1 }, qr/timed out/i ])
{
    my ($name, $answer, $words) = @$_;
    my %more = $answer->{hang} ? (arguments => [ '--timeout', 1 ]) : ();

    finds("metadata: $name", 'problem metadata_unreadable', $words,
          app => { "$root/own" => $answer }, %more,
          challenge => 'Bearer resource_metadata="' . app->url . "$root/own\","
                       . ' scope="read"');
    finds("metadata where clients guess: $name",
          "problem metadata_unreadable, warning no_fallback", $words,
          challenge => $good, app => { "$root/mcp" => $answer }, %more)
        if !$answer->{hang};
}

finds('metadata at the root alone', 'problem metadata_unreadable', undef,
      app => { "$root/mcp" => $no, $root => good_document(url()) });
finds('metadata where the challenge says, and nowhere else',
      'warning no_fallback', qr{no metadata of this URL at \S+/mcp or \S+},
      challenge => 'Bearer resource_metadata="' . app->url . '/own",'
                   . ' scope="read"',
      app => { "$root/mcp" => $no, '/own' => good_document(url()) });
finds('no challenge and no metadata',
      'problem no_challenge, problem metadata_unreadable', undef,
      challenge => '', app => { "$root/mcp" => $no });
finds('another 4xx where clients guess', '', undef,
      app => { $root => { status => 403 } });
finds('a rate limit where clients guess', 'warning fallback_status',
      qr/the answer is 429/, app => { $root => { status => 429 } });
finds('an odd answer where clients guess', 'warning fallback_status',
      qr{oauth-protected-resource: the answer is 302, .* instead of 404},
      app => { $root => { status => 302, headers => [ Location => '/x' ] } });

# what it says

finds('another type', 'warning document_type', qr{Content-Type: text/plain},
      app => { "$root/mcp" => good_document(url(), 'text/plain') });
finds('no CORS', 'warning metadata_hidden', undef, app => { "$root/mcp" =>
      { %{ good_document(url()) },
        headers => [ 'Content-Type' => 'application/json' ] } });
finds('no server', 'problem no_authorization_server', undef,
      metadata => sub { delete $_->{authorization_servers} });
finds('two servers', 'warning several_servers', qr/only the first/,
      metadata => sub { push @{ $_->{authorization_servers} }, server->url });
finds('empty members', 'warning empty_member', qr/are empty: jwks, name, x\z/,
      metadata => sub { @$_{qw(name jwks x)} = ('', [], undef) });

my $port = app->port;

for ([ 'the scheme', "https://127.0.0.1:$port/mcp", qr/scheme is https and/ ],
     [ 'the host', "http://localhost:$port/mcp", qr/host is localhost and/ ],
     [ 'the port', 'http://127.0.0.1/mcp', qr/port is 80 and not $port/ ],
     [ 'a slash', "http://127.0.0.1:$port/mcp/", qr/it has a slash too many/ ],
     [ 'a path', "http://127.0.0.1:$port/api", qr{path is /api and not /mcp} ],
     [ 'a path below', "http://127.0.0.1:$port/mcp/x", qr{path is /mcp/x and} ],
     [ 'a prefix of it', "http://127.0.0.1:$port/mc", qr{path is /mc and not} ],
     [ 'upper case', "http://127.0.0.1:$port/MCP", qr/upper and lower case/ ],
     [ 'upper case at the front', "HTTP://127.0.0.1:$port/mcp",
       qr/written in another way/ ],
     [ 'no URL', 'wiki', qr/no http or https URL/ ])
{
    my ($name, $resource, $words) = @$_;

    finds("resource: $name", 'problem resource_differs', $words,
          metadata => sub { $_->{resource} = $resource });
}

finds('no resource', 'problem resource_differs', qr/there is no "resource"/,
      metadata => sub { delete $_->{resource} });
finds('a resource that is a list', 'problem resource_differs', undef,
      metadata => sub { $_->{resource} = [ url() ] });
finds('the resource is above the URL', 'warning resource_prefix',
      qr/VS Code, Gemini CLI/, metadata => sub { $_->{resource} = app->url });

my $query = url() . '?x=1';

finds('a URL with a query', '', undef, url => $query);
finds('a resource without a path', 'warning resource_without_path',
      qr{http://127.0.0.1:$port/ with a slash}, url => app->url,
      challenge => 'Bearer resource_metadata="' . app->url . "$root\","
                   . ' scope="read"',
      app => at_root(app->url));
finds('the same with its slash', 'warning resource_without_path', undef,
      url => app->url . '/',
      challenge => 'Bearer resource_metadata="' . app->url . "$root\","
                   . ' scope="read"',
      app => at_root(app->url));

# a problem that is accepted

finds('accepted', 'warning no_bearer', undef, challenge => 'Basic realm="x"',
      arguments => [ '--accept', 'no_bearer' ]);

# terminals

set_world(challenge => "Bearer \e]0;x\a\x9b31m, realm=\xc3\xa9");
$run = run_check(url());
is($run->{status}, 1, 'a challenge with control characters');
like($run->{out}, qr/Bearer \\x\{1b\}\]0;x\\x\{7\}\\x\{9b\}31m/, 'is escaped');
unlike($run->{out}, qr/[^ -~\n]/, 'and has none left');

set_world(metadata => sub { $_->{resource} = "http://\x{1b}[2J\x{202e}/"
                                . 'x' x 5000; });
$run = run_check(url());
like($run->{out}, qr/is http:\/\/\\x\{1b\}\[2J\\x\{202e\}/, 'a resource');
unlike($run->{out}, qr/[^ -~\n]/, 'and has none left');
cmp_ok(length $run->{out}, '<', 8_000, 'it is cut off');

done_testing;


sub good_document {
    my ($resource, $type) = @_;

    return { body => JSON::PP::encode_json({
        resource => $resource, authorization_servers => [ server->url ],
        scopes_supported => [ 'read', 'write' ] }),
        headers => [ 'Content-Type' => $type // 'application/json',
                     'Access-Control-Allow-Origin' => '*' ] };
}


# Answers for the root instead of for /mcp.

sub at_root {
    my ($resource) = @_;

    set_world(challenge => 'Bearer resource_metadata="' . app->url . "$root\","
                           . ' scope="read"');

    my $answers = app->{state}{answers};

    return { '/' => $answers->{'/mcp'},
             'OPTIONS /' => $answers->{'OPTIONS /mcp'},
             $root => good_document($resource) };
}

#!/usr/bin/perl
#
# tools/oauth-check with a token: nginx with the module decides about it.  And
# whoever else could see the token: other users, other servers, a terminal.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP ();

use OAuth::Test;
use OAuth::Test::Certificate qw(certificate);
use OAuth::Test::Check qw(app finds read_all run_check server set_world url);
use OAuth::Test::File qw(write_file);
use OAuth::Test::Mode qw(mode);
use OAuth::Test::Process qw(spawn);
use OAuth::Test::Token qw(remember_token tokens_in);

plan(skip_all => 'does not depend on how nginx was built') if mode();

delete @ENV{qw(http_proxy HTTP_PROXY all_proxy ALL_PROXY OAUTH_TOKEN)};

my $issuer = issuer();
my @cors = ([ 'Access-Control-Allow-Origin', '*' ]);
my $preflight = { status => 204, headers => [ @cors,
    [ 'Access-Control-Allow-Headers', 'content-type' ] ] };

$issuer->metadata(registration_endpoint => $issuer->url . '/register',
                  device_authorization_endpoint => $issuer->url . '/device');
$issuer->answer($_ => headers => \@cors) for qw(discovery openid);
$issuer->answer($_ => %$preflight) for qw(/token /register);

my $upstream = upstream();
my $certificate = certificate();

my $nginx = nginx(<<'EOT', AS => $issuer->url, UP => $upstream->port,
    oauth_issuer corp { issuer %%AS%%; }
    large_client_header_buffers 4 2k;

    server {
        listen              127.0.0.1:%%PORT_tls%% ssl;
        server_name         localhost;
        ssl_certificate     %%CERT%%;
        ssl_certificate_key %%KEY%%;

        location /mcp {
            oauth          corp;
            oauth_resource https://localhost:%%PORT_tls%%/mcp;
            oauth_scope    read;
            proxy_pass     http://127.0.0.1:%%UP%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_main%%;

        location /mcp {
            oauth          corp;
            oauth_resource http://127.0.0.1:%%PORT_main%%/mcp;
            oauth_scope    read;
            oauth_scope    write  method=POST;
            proxy_pass     http://127.0.0.1:%%UP%%;
        }

        location /staff {
            oauth          corp;
            oauth_resource http://127.0.0.1:%%PORT_main%%/staff;
            oauth_scope    read;
            oauth_require  team staff;
            proxy_pass     http://127.0.0.1:%%UP%%;
        }
    }
EOT
    CERT => $certificate->{certificate}, KEY => $certificate->{key},
    nginx_logs_tokens => 1);

my $origin = 'http://127.0.0.1:' . $nginx->port('main');
my $url = "$origin/mcp";


sub token { return $issuer->token(aud => $url, @_) }


# What it says about a URL and a token: lines, by their name.

sub said {
    my ($where, $token, @options) = @_;

    local $ENV{OAUTH_TOKEN} = $token;
    my $run = run_check(@options, $where);

    is_deeply([ tokens_in($run->{out} . $run->{err}) ], [], 'no token text');

    return { status => $run->{status},
             map { /\A(\S+) +(\S+): (.*)/ ? ($2 => "$1 $3") : () }
                 split /\n/, $run->{out} };
}


# the module is as agents want it

my $run = run_check($url);

is($run->{status}, 0, 'the module with a good server') or diag($run->{out});
like($run->{out}, qr/^summary 0 problems, 0 warnings, /m, 'has no findings');
like($run->{out}, qr/^ok +scope: GET, HEAD: agents ask for read\.?$/m,
     'the scopes to read');
like($run->{out}, qr/^ok +scope: POST: agents ask for read write\.?$/m,
     'and to write');

# the three ways to give it a token

my $good = token();

for ([ 'the environment', $good, $url ], [ 'an argument', undef, $url, $good ],
     [ 'the input', undef, { input => "$good\n" }, $url, '-' ])
{
    my ($name, $variable, @arguments) = @$_;

    local $ENV{OAUTH_TOKEN};
    $ENV{OAUTH_TOKEN} = $variable // '';
    delete $ENV{OAUTH_TOKEN} if !defined $variable;

    $run = run_check(@arguments);
    is($run->{status}, 0, "a good token from $name");
    like($run->{out}, qr/^ok +token: GET with the token is let in; the app /m,
         'is let in');
    is_deeply([ tokens_in($run->{out} . $run->{err}) ], [], 'no token text');
}

unlike(run_check($url)->{out}, qr/\btoken:/, 'no word of a token that is none');

$run = run_check({ input => 'x' x 70_000 }, $url, '-');
is($run->{status}, 2, 'an endless token');

{
    local $ENV{OAUTH_TOKEN} = '';
    is(run_check($url)->{status}, 0, 'an empty variable is none');
}

# certificates

my $secure = 'https://localhost:' . $nginx->port('tls') . '/mcp';

$run = run_check($secure);
is($run->{status}, 2, 'an unknown CA');
like($run->{err}, qr/cannot be reached: .*certificate.*; --cacert names the CA/,
     'says so');

for ([ '--insecure' ], [ '--cacert', $certificate->{certificate} ]) {
    $run = run_check(@$_, $secure);
    is($run->{status}, 0, "$_->[0]: it is reached");
    like($run->{out}, qr/^summary 0 problems, 0 warnings, /m, 'and is good');
}

# what the claims say

my $said = said($url, $good);

my $claims = 'note the token claims to be: iss "' . $issuer->url
             . "\", aud \"$url\", scope \"read\"";

like($said->{claims}, qr/\A\Q$claims\E, exp 20[\d-]+T[\d:]+Z /, 'claims');
like($said->{claims}, qr/ \(\+\d+ s from now\)\z/, 'how long it is good');
is($said->{more_scope}, 'note POST asks for write, which the token does not'
   . ' claim', 'and what they do not suffice for');
is(said($url, token(scope => 'read write'))->{more_scope}, undef,
   'or nothing');
is(said($url, token(scope => undef, scp => [ 'read', 'write' ]))->{more_scope},
   undef, 'scp');
unlike(said($url, token(sub => 'mallory'))->{claims}, qr/mallory/,
       'nobody is named');

like(said($url, token(aud => [ $url, "\e[31mx" ], scope => undef))->{claims},
     qr/aud "\Q$url\E \\x\{1b\}\[31mx", no scope,/, 'control characters');
like(said($url, token(aud => [ $url, 'x' x 999 ]))->{claims},
     qr/ x{20,}\.\.\.",/, 'a long one is cut off');
like(said($url, 'opaque-token-of-some-length')->{claims},
     qr/\Anote the token is opaque, not a signed JWT/, 'an opaque token');

# what the server says

my $other = key('ES256');

for ([ 'has expired', token(iat => time - 900, exp => time - 600),
       qr/401 invalid_token \(.*expired/i,
       qr/the token has expired\. Remedy: get a new token\z/ ],
     [ 'is for another resource', token(aud => "$origin/else"),
       qr/401 invalid_token \(/,
       qr/"aud" does not name the resource \Q$url\E\. Remedy: .*"oauth_audience"/
     ],
     [ 'is of another issuer', token(iss => 'https://as.test'),
       qr/401 invalid_token \(/,
       qr/"iss" is "https:\/\/as.test", and auth.* Remedy: .*list the issuer in "oauth"/
     ],
     [ 'is of an issuer with a slash', token(iss => $issuer->url . '/'),
       qr/401 invalid_token \(/,
       qr/.* and authorization_servers has \S+: only the slash at the end differs\. Remedy: write "issuer" in nginx as the authorization server writes it/
     ],
     [ 'is forged', OAuth::Test::Token::mint(key => $other, header => {
           kid => $issuer->{keys}[0]->kid }, claims => {
           iss => $issuer->url, aud => $url }),
       qr/401 invalid_token \(/, undef ],
     [ 'is opaque', remember_token('some-opaque-token-of-another-kind'),
       qr/401 invalid_token \(/, undef ])
{
    my ($name, $token, $words, $doubt) = @$_;

    $said = said($url, $token);
    is($said->{status}, 1, "a token that $name");
    like($said->{token_refused}, qr/\Aproblem GET with the token: $words/,
         'is refused');
    $doubt ? like($said->{token_claims}, qr/\Awarning $doubt/, 'may say why')
           : is($said->{token_claims}, undef, 'does not say why');
    like($said->{token_refused}, $name eq 'is opaque'
         ? qr/Remedy: let the authorization server issue JWTs/
         : qr/Remedy: read the reason in the error log/, 'and what to do');
    is($said->{token}, undef, 'is not called good');
}

$said = said($url, token(), '--method', 'POST');
is($said->{status}, 1, 'another method');
like($said->{token_scope}, qr/\Aproblem POST with the token: 403 insuff/,
     'needs a scope');
like($said->{token_scope}, qr/; the token lacks write\. Remedy/, 'says which');
like(said($url, token(scope => 'read write'), '--method', 'POST')->{token},
     qr/\Aok POST with the token is let in/, 'which may be there');

my $staff = "$origin/staff";

like(said($staff, token(aud => $staff))->{token_forbidden},
     qr/\Aproblem GET with the token: 403\. /, 'a claim is missing');
like(said($staff, token(aud => $staff, team => 'staff'))->{token},
     qr/\Aok GET with the token is let in/, 'or not');
like(said($url, token(x => 'x' x 3000))->{token_malformed},
     qr/\Aproblem GET with the token: 400\. .*large_client_header_buffers/,
     'a long token');

$said = said($url, token(cnf => { jkt => 'x' x 43 }));
like($said->{token_bound}, qr/\Awarning .*bound to a key/, 'a bound token');

# servers that are not nginx with the module

my $scripted = $issuer->token(aud => url(), iss => server->url);

finds('a proxy in front removes it', 'problem token_ignored', undef,
      token => $scripted);
finds('no keys', 'problem token_undecided', qr/the answer is 503/,
      token => $scripted, app => { 'token /mcp' => { status => 503 } });
finds('another sign-in', 'problem token_sign_in',
      qr/of\ the\ kind\ gold\ phr;\ it\ may\ be\ at\ most\ 300\ seconds\ ago/x,
      token => $scripted,
      app => { 'token /mcp' => { status => 401, headers => [
          'WWW-Authenticate' =>
              'Bearer error="insufficient_user_authentication",'
              . ' acr_values="gold phr", max_age="300"' ] } });
finds('more than the scopes', 'problem token_scope',
      qr/the server wants more than read/, token => $scripted,
      app => { 'token /mcp' => { status => 403, headers => [
          'WWW-Authenticate' => 'Bearer error="insufficient_scope",'
                                . ' scope="read"' ] } });
finds('the token comes back', 'problem token_refused', qr/no \[token\] here/,
      real => 1, token => $scripted,
      app => { 'token /mcp' => { status => 401, headers => [
          'WWW-Authenticate' => 'Bearer error="invalid_token",'
              . " error_description=\"no $scripted here\"" ] } });

my $sent = () = grep { $_->{path} eq '/else' } app->seen;

finds('a redirect', '', undef, real => 1, token => $scripted,
      app => { 'token /mcp' => { status => 302, headers => [
          Location => '/else' ] } });
is(scalar(grep { $_->{path} eq '/else' } app->seen), $sent, 'is not followed');


# who gets the token: the URL, and only if it asks for one

sub sent_to {
    my ($which) = @_;

    return grep { grep { lc $_->[0] eq 'authorization' } @{ $_->{headers} } }
        $which->seen;
}


is_deeply([ sort { $a cmp $b } do { my %seen; grep { !$seen{$_}++ }
                                    map { $_->{path} } sent_to(app) } ],
          [ '/mcp' ], 'only the URL gets the token');
is_deeply([ map { $_->{path} } sent_to(server) ], [],
          'the authorization server does not');

my $before = () = sent_to(app);

finds('an open location', 'problem let_in, problem token_not_sent',
      qr/does not answer 401 without a token/,
      real => 1, token => $scripted, refusal => { status => 200 });

{
    local @ENV{qw(http_proxy no_proxy)} = (app->url, '127.0.0.1');

    my $plain = 'http://app.test/mcp';

    finds('plain http', 'problem resource_http, problem private_address,'
          . ' problem token_not_sent', qr/because the URL is plain http/,
          real => 1, token => $scripted, url => $plain,
          challenge => 'Bearer resource_metadata="http://app.test'
              . '/.well-known/oauth-protected-resource/mcp", scope="read"',
          metadata => sub { $_->{resource} = $plain });
}

is(scalar(sent_to(app)), $before, 'neither gets the token');

# Other users see arguments and environment of processes.

set_world(app => { 'token /mcp' => { hang => 1 } });

my $pid = do {
    local $ENV{OAUTH_TOKEN} = $scripted;
    spawn(sub {
        open STDOUT, '>', '/dev/null';
        open STDERR, '>&', \*STDOUT;
        exec $^X, "$FindBin::Bin/../tools/oauth-check", '--timeout', 30, url(),
            $scripted;
    });
};

wait_until(sub { sent_to(app) > $before }, 60);

my ($curl) = split ' ', read_all("/proc/$pid/task/$pid/children");

like(read_all("/proc/$curl/cmdline"), qr/\Acurl\0/, 'curl runs');

for my $which ($pid, $curl) {
    is_deeply([ tokens_in(read_all("/proc/$which/cmdline")) ], [],
              'its arguments have no token');
}

unlike(read_all("/proc/$curl/environ"), qr/OAUTH_TOKEN/,
       'nor has its environment');

kill TERM => $pid;

finish();

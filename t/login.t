#!/usr/bin/perl
#
# Runs the configuration of docs/login.md exactly as it stands there.  Windows
# of a browser go to the login, all other requests are refused, and there is no
# endless redirect.  A server in the same nginx answers as oauth2-proxy would.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

use constant HOPS => 6;

my $issuer = issuer();
my $upstream = upstream();

my $nginx = nginx('    oauth_issuer corp { issuer %%AS%%; }' . "\n"
                  . recipe() . <<'EOT', AS => $issuer->url,
    server {
        listen 127.0.0.1:%%PORT_login%%;
        access_log %%DIR%%/login.log;

        location = /oauth2/auth {
            if ($cookie__oauth2_proxy != good) { return 401; }
            add_header X-Auth-Request-User bob always;
            return 202;
        }

        location = /oauth2/start {
            if ($cookie_broken) { return 401 "login: no\n"; }
            return 302 /oauth2/callback?rd=$http_x_auth_request_redirect;
        }

        location = /oauth2/callback {
            add_header Set-Cookie "_oauth2_proxy=good; Path=/; HttpOnly";
            return 302 $arg_rd;
        }

        location /oauth2/ { return 200 "login: page\n"; }
    }
EOT
    UP => $upstream->port);

my $http = $nginx->http;
my $asked = 0;
my @window = ('Sec-Fetch-Mode' => 'navigate');
my @session = (Cookie => '_oauth2_proxy=good');
my $good = $issuer->token(aud => 'https://wiki.example.com',
                          scope => 'wiki:read');


# Returns the block of the document, with the ports of this test.

sub recipe {
    open my $in, '<', "$FindBin::Bin/../docs/login.md" or die "no recipe: $!\n";
    local $/;
    my ($block) = <$in> =~ /^```nginx http\n(.*?)^```/ms;

    my $changes = 0;

    $changes += $block =~ s/listen\s+443 ssl;/listen 127.0.0.1:%%PORT_main%%;/;
    $changes += $block =~ s/127\.0\.0\.1:4180/127.0.0.1:%%PORT_login%%/g;
    $changes += $block =~ s/127\.0\.0\.1:8080/127.0.0.1:%%UP%%/g;
    $changes += $block =~ s{(oauth_scope\s)}
                           {oauth_resource https://wiki.example.com;\n $1};
    $changes += $block =~ s{(oauth_scope .*\n)}
                           {$1 oauth_scope write method=POST;\n};

    die "docs/login.md has changed\n" unless $changes == 7;

    return $block;
}


# Returns what the login was asked since the last call.

sub asked {
    my @lines = split /\n/, $nginx->read_file('login.log');
    my @new = splice @lines, $asked;

    $asked += @new;

    return join ' ', map { m{"\S+ (/oauth2/\w+)} } @new;
}


sub is_agents {
    my ($response, $error, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    is_refused($response, 401, $error, $name);
    is($response->header('Content-Type'), 'application/problem+json',
       "$name: the problem document");
    is($response->header('Location'), undef, "$name: no redirect");

    return is(asked(), '', "$name: the login was not asked");
}


# A browser that follows redirects and keeps the cookie.  Returns all answers.

sub browse {
    my ($path, @fields) = @_;

    my ($cookie, @seen) = '';

    for (1 .. HOPS) {
        my $response = $http->get($path, @window, @fields,
                                  $cookie ? (Cookie => $cookie) : ());
        push @seen, $response;

        my $location = $response->header('Location') or last;

        ($cookie) = ($response->header('Set-Cookie') // $cookie) =~ /^([^;]*)/;
        ($path) = $location =~ m{^(?:http://[^/]*)?(/.*)} or last;
    }

    return @seen;
}


# agents

is_agents($http->get('/page'), '', 'an agent');
is_agents($http->get('/page', Accept => 'text/html',
                     'User-Agent' => 'Mozilla/5.0 Chrome/130'), '',
          'an agent that calls itself a browser');
is_agents($http->get('/page', 'Sec-Fetch-Mode' => 'cors'), '',
          'a script in a page');
is_agents($http->get('/page', token => $issuer->token(exp => time - 999)),
          'invalid_token', 'a bad token');

my $post = $http->request('POST', '/page', body => 'x');

is_agents($post, '', 'POST');
is($post->challenge->{fields}{scope}, 'wiki:read write', 'scopes of a POST');
is($post->challenge->{fields}{resource_metadata},
   'https://wiki.example.com/.well-known/oauth-protected-resource',
   'the metadata');
is($http->get('/.well-known/oauth-protected-resource')->status, 200,
   'which are there');

my $response = $http->get('/page', token => $good, 'X-User' => 'mallory');

is($response->status, 200, 'a good token');
is_deeply([ $response->echoed('X-User') ], [ 'alice' ], 'with the identity');
is(asked(), '', 'the login was not asked');

is_refused($http->get('/page', token => $issuer->token(
               aud => 'https://wiki.example.com', scope => 'x')), 403,
           'insufficient_scope', 'a scope is missing: no login helps');
is($http->get('/page', token => $good, @window)->status, 200,
   'a token in a window');

# people

my @hops = browse('/page?a=1&b=2');

is(join(' ', map { $_->status } @hops), '302 302 200', 'a window: to the login '
   . 'and back');
is($hops[0]->header('Location') =~ s{^http://[^/]*}{}r,
   '/oauth2/callback?rd=/page?a=1&b=2', 'which knows the way back');
is_refused($hops[0], 302, undef, 'without a challenge');
like($hops[-1]->json->{line}, qr{^GET /page\?a=1}, 'the page');
is_deeply([ $hops[-1]->echoed('X-User') ], [ 'bob' ], 'with the identity');
is_deeply([ $hops[-1]->echoed('Authorization') ], [], 'and no token');

asked();
$response = $http->get('/page', @window, @session, 'X-User' => 'mallory',
                       'X_User' => 'mallory');
is($response->status, 200, 'a session');
is_deeply([ $response->echoed('X-User') ], [ 'bob' ], 'nobody else');
is(asked(), '/oauth2/auth', 'the login was asked once');

is($http->get('/page', 'Sec-Fetch-Mode' => 'cors', @session)->status, 200,
   'a script in a page, with a session');
is($http->get('/page', @session, token => $issuer->token(
              exp => time - 999))->status, 200, 'a session and a bad token');
asked();

$response = $http->get('/page', @window, Cookie => '_oauth2_proxy=old');
is($response->status, 302, 'an old session: to the login');
is(asked(), '/oauth2/auth /oauth2/start', 'after it was asked');

$response = $http->get('/page', Cookie => '_oauth2_proxy=old');
is_refused($response, 401, '', 'an old session, no window: refused');

is($http->request('POST', '/page', @window, body => 'x' x 100)->status, 302,
   'a form is sent to the login, too');
is($http->request('HEAD', '/page', @window)->status, 302, 'HEAD');

# a login that refuses: no endless redirect, and the login's own page

asked();
@hops = browse('/page', Cookie => 'broken=1');
is(join(' ', map { $_->status } @hops), '401', 'the login refuses: the end');
is($hops[0]->body, "login: no\n", 'its own page');
is($hops[0]->challenge->{lines}, 0, 'which is no refusal of ours');
is(asked(), '/oauth2/start', 'it was asked once');

is($http->get('/oauth2/sign_in', @window)->body, "login: page\n",
   'the login is open');
is($http->get('/oauth2/auth')->status, 404, 'its question is not');

finish();

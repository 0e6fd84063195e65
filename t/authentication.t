#!/usr/bin/perl
#
# Step-up authentication (RFC 9470): oauth_acr and oauth_max_age demand how and
# when the user has signed in.  The refusal tells an agent which sign-in to ask
# for; a token that comes from that sign-in is let in.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Proof qw(proof_fields thumbprint);

my $key = key('ES256');
my $issuer = issuer();
my $opaque = issuer();

my $template = <<'EOT';
    oauth_issuer corp { issuer %%AS%%; leeway 5s; }
    oauth_issuer asked {
        issuer %%AS2%%; introspect opaque; client_auth none;
        introspection_endpoint %%AS2%%/introspect;
    }

    map $http_x_scope $scope { default none; a a; }

    log_format auth '$status $oauth_result $oauth_sub';

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        access_log %%DIR%%/access.log auth;

        oauth corp;
        oauth_resource https://app.test;
        oauth_acr gold;
        oauth_acr urn:phr:1;
        oauth_max_age 5m;

        location / {
            oauth_scope read;
            oauth_scope_advertise extra;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /kind {
            oauth_max_age off;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /time {
            oauth_acr off;
            oauth_max_age 1d;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /any {
            oauth_acr off;
            oauth_max_age off;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /other {
            oauth_acr silver;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /order {
            oauth_audience api;
            oauth_require role admin;
            oauth_scope write;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /variable {
            oauth_scope $scope;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /dpop {
            oauth_dpop required;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /either {
            oauth_dpop optional;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /opaque {
            oauth asked;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /written {
            oauth_acr off;
            oauth_max_age off;
            proxy_pass http://127.0.0.1:%%PORT_app%%;

            limit_except GET {
                oauth_acr gold;
            }
        }

        location /docs/ {
            oauth_resource https://app.test/docs reflect;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\n";
    }
EOT

my $nginx = nginx($template, AS => $issuer->url, AS2 => $opaque->url,
                  log => 'info');
my $http = $nginx->http;

my $bearer = 'Bearer error="insufficient_user_authentication", '
    . 'error_description="The access token is good, but its user has to sign '
    . 'in again for this resource", resource_metadata="https://app.test'
    . '/.well-known/oauth-protected-resource"';


sub get {
    my ($path, %claims) = @_;

    return $http->get($path, token => $issuer->token(%claims));
}


sub refused {
    my ($name, $path, %claims) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $response = get($path, %claims);

    is_refused($response, 401, 'insufficient_user_authentication', $name);

    return $response;
}


sub good {
    my ($name, $path, %claims) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return is(get($path, %claims)->status, 200, $name);
}


# --- the claims ------------------------------------------------------------

my @recent = (auth_time => time);

good('one of the values, and recent', '/', acr => 'gold', @recent);
good('the other value', '/', acr => 'urn:phr:1', @recent);

refused("acr: $_->[0]", '/', acr => $_->[1], @recent)
    for [ 'none', undef ], [ 'another', 'bronze' ], [ 'case', 'Gold' ],
        [ 'prefix', 'gol' ], [ 'extension', 'gold1' ], [ 'empty', '' ],
        [ 'two in one', 'gold urn:phr:1' ], [ 'array', ['gold'] ],
        [ 'number', 1 ], [ 'object', { gold => 1 } ];

refused("auth_time: $_->[0]", '/', acr => 'gold', auth_time => $_->[1])
    for [ 'none', undef ], [ 'too long ago', time - 400 ], [ 'epoch', 0 ],
        [ 'future', time + 100 ], [ 'string', '' . time ],
        [ 'array', [ time ] ], [ 'negative', -1 ];

good('within max_age', '/', acr => 'gold', auth_time => time - 290);
good('within the leeway', '/', acr => 'gold', auth_time => time + 3);

# each alone, and none

good('acr alone', '/kind', acr => 'gold');
refused('acr alone, and wrong', '/kind', acr => 'x', @recent);
good('max_age alone', '/time', auth_time => time - 80_000);
refused('max_age alone, and over', '/time', auth_time => time - 90_000);
good('both cancelled', '/any');
good('claims of the wrong type, where nobody asks', '/any', acr => 1,
     auth_time => 'x');
good('a list of its own', '/other', acr => 'silver', @recent);
refused('replaces the outer one', '/other', acr => 'gold', @recent);

# a token that is known is looked at again in each location

my $known = $issuer->token(acr => 'gold', auth_time => time - 400);

is(join(' ', map { $http->get($_, token => $known)->status }
        qw(/kind / /any / /time)), '200 401 200 401 200', 'a known token');

# as time passes: a known token becomes too old

my $short = nginx(<<'EOT', AS => $issuer->url);
    oauth_issuer corp { issuer %%AS%%; leeway 0s; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        location / {
            oauth corp;
            oauth_resource https://app.test;
            oauth_max_age 2s;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\n";
    }
EOT

my $ageing = $issuer->token(auth_time => time);

is($short->http->get('/', token => $ageing)->status, 200,
   'just signed in');
ok(wait_until(sub { $short->http->get('/', token => $ageing)->status == 401 },
              10), 'the same token, later');

# --- where it stands in the policy -----------------------------------------

is(get('/order', aud => 'x')->challenge->{fields}{error}, 'invalid_token',
   'the audience comes first');
is(get('/order', aud => 'api')->status, 403, 'a required claim comes first');
refused('scopes come last, and are named', '/order', aud => 'api',
        role => 'admin');
is(get('/order', aud => 'api', role => 'admin', acr => 'gold', @recent)
   ->challenge->{fields}{error}, 'insufficient_scope', 'then the scopes');
good('all of it', '/order', aud => 'api', role => 'admin', acr => 'gold',
     scope => 'write', @recent);

# --- what the agent is told ------------------------------------------------

my $response = refused('the challenge', '/', @recent);

is($response->header('WWW-Authenticate'),
   "$bearer, scope=\"extra read\", acr_values=\"gold urn:phr:1\", "
   . 'max_age="300"', 'all of it');
is($response->header('Content-Type'), 'application/problem+json',
   'a problem document');
is_deeply([ @{ $response->json }{qw(status error scope acr_values max_age)} ],
          [ 401, 'insufficient_user_authentication', 'extra read',
            'gold urn:phr:1', 300 ], 'which says the same');
is(scalar(grep { /acr_values=gold urn:phr:1, max_age=300, scope=extra read/ }
          @{ $response->json->{how_to_authenticate} }), 1,
   'and the step has the form fields');
is($response->header('Cache-Control'), 'no-store', 'not to be kept');

is(refused('acr alone', '/kind')->header('WWW-Authenticate'),
   "$bearer, acr_values=\"gold urn:phr:1\"", 'the challenge for acr');
is(refused('max_age alone', '/time')->header('WWW-Authenticate'),
   "$bearer, max_age=\"86400\"", 'the challenge for max_age');

is(get('/', aud => 'x')->challenge->{fields}{acr_values}, undef,
   'another refusal does not name them');
is($http->get('/')->challenge->{fields}{max_age}, undef,
   'nor does the one without a token');
is(get('/', acr => 'gold', scope => 'x', @recent)->challenge->{fields}{max_age},
   undef, 'nor the one for a scope');

$response = $http->get('/variable', token => $issuer->token,
                       'X-Scope' => 'a');
is($response->header('WWW-Authenticate'),
   "$bearer, scope=\"a\", acr_values=\"gold urn:phr:1\", max_age=\"300\"",
   'scopes with a variable');
is_deeply([ @{ $response->json }{qw(scope acr_values max_age)} ],
          [ 'a', 'gold urn:phr:1', 300 ], 'in the problem document as well');

$response = $http->get('/docs/page', token => $issuer->token(
                           aud => 'https://app.test/docs'));
is_deeply([ @{ $response->challenge->{fields} }
                {qw(error resource_metadata acr_values max_age)} ],
          [ 'insufficient_user_authentication',
            'https://app.test/.well-known/oauth-protected-resource/docs/page',
            'gold urn:phr:1', 300 ], 'a resource that reflects');

$response = $http->get('/', token => $issuer->token,
                       'Sec-Fetch-Mode' => 'navigate');
is($response->status, 401, 'a browser');
like($response->body, qr/You have to sign in again.*gold urn:phr:1.*at most 300 s/s, 'gets a page that says it');

is($http->request('HEAD', '/', token => $issuer->token)
   ->challenge->{fields}{max_age}, 300, 'HEAD');

# metadata: RFC 9470 and RFC 9728 have no member for it

$response = $http->get('/.well-known/oauth-protected-resource');
is($response->status, 200, 'the metadata document');
unlike($response->body, qr/acr|max_age|gold/, 'does not name it');

# --- DPoP ------------------------------------------------------------------

sub proved {
    my ($path, %claims) = @_;

    my $token = $issuer->token(cnf => { jkt => thumbprint($key) }, %claims);

    return $http->get($path, proof_fields(key => $key, token => $token,
                                          url => "https://app.test$path"));
}

my $dpop = 'DPoP ' . substr($bearer, length 'Bearer ')
           . ', acr_values="gold urn:phr:1", max_age="300", algs="';

like(proved('/dpop')->header('WWW-Authenticate'), qr/\A\Q$dpop\E[^"]+"\z/,
     'where DPoP is required: its challenge has it');
like(proved('/either')->header('WWW-Authenticate'),
     qr/\A\Q$bearer\E,\ acr_values="gold\ urn:phr:1",\ max_age="300",
        [ ]DPoP[ ]algs="[^"]+"\z/x, 'where it is optional: the first challenge has it');
is(proved('/dpop', acr => 'gold', @recent)->status, 200, 'and a good one');

# --- opaque tokens (RFC 9470 section 6.2) ----------------------------------

sub introspected {
    my ($token, %members) = @_;

    return $http->get('/opaque', token => $opaque->opaque($token, {
        sub => 'ann', aud => 'https://app.test', %members }));
}

is(introspected('o-good', acr => 'gold', @recent)->status, 200,
   'the answer of the issuer has the claims');
is_refused(introspected('o-none'), 401, 'insufficient_user_authentication',
           'or does not');
is_refused(introspected('o-old', acr => 'gold', auth_time => time - 400), 401,
           'insufficient_user_authentication', 'or they are not sufficient');

# --- limit_except ----------------------------------------------------------

is($http->get('/written', token => $issuer->token)->status, 200,
   'a method that limit_except names');
is_refused($http->request('POST', '/written', token => $issuer->token), 401,
           'insufficient_user_authentication', 'and another one');

# --- the logs --------------------------------------------------------------

sub logged {
    my ($pattern, $name, @request) = @_;

    $nginx->mark;
    get(@request);

    my ($line) = $nginx->wait_for_log(qr/oauth: refused/);

    return like($line, qr/refused:\ insufficient_authentication:\ sign-in\ of
                          \ the\ user\ is\ too\ old,\ of\ another\ kind,
                          \ or\ not\ known:
                          [ ]$pattern,\ issuer\ "corp"/x, $name);
}

logged(qr/acr is "br\\x22onze", expected one of "gold", "urn:phr:1"/,
       'acr', '/', acr => 'br"onze', @recent);
logged(qr/the token has no acr, expected one of "gold", "urn:phr:1"/,
       'no acr', '/');
logged(qr/auth_time is 40[0-5] s ago, and oauth_max_age is 300 s/,
       'auth_time', '/', acr => 'gold', auth_time => time - 400);
logged(qr/auth_time is \d\d s in the future/, 'auth_time in the future', '/',
       acr => 'gold', auth_time => time + 60);
logged(qr/the token has no auth_time/, 'no auth_time', '/', acr => 'gold');

like($nginx->read_file('access.log'), qr/^401 insufficient_authentication alice$/m,
     '$oauth_result, and who it was');

# --- nginx -t --------------------------------------------------------------

my $tested = OAuth::Test::Nginx->new(conf => '', AS => $issuer->url);

sub said {
    my ($lines, $oauth) = @_;

    $oauth //= 'oauth corp;';

    my ($ok, $said) = $tested->test_conf(<<"CONF");
    oauth_issuer corp { issuer %%AS%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        location / {
            $oauth
            oauth_resource https://app.test;
            $lines
        }
    }
CONF

    my $line = $lines =~ /# here/ ? $tested->line_of('# here') : 0;
    my ($message) = grep { /\[(?:emerg|warn)\]/ } split /\n/, $said;

    $message //= '';
    $message =~ s{ in \S+/nginx\.conf:$line\z}{ (here)} if $line;

    return ($ok ? 'accepted ' : 'refused ') . $message;
}

is(said($_), 'accepted ', "accepted: $_")
    for 'oauth_acr gold;', 'oauth_acr a b; oauth_acr c;', 'oauth_acr off;',
        'oauth_max_age 1s;', 'oauth_max_age 90d;', 'oauth_max_age off;',
        q(oauth_acr "urn:example:acr,1?x=y";);

like(said("oauth_acr $_->[0]; # here"),
     qr/\Arefused .*"\Q$_->[1]\E".*"oauth_acr": write each value .* \(here\)\z/,
     "refused: $_->[0]")
    for [ '"a b"', 'a b' ], [ q('a"b'), 'a"b' ], [ q('a\\\\b'), 'a\\b' ],
        [ "\x{c3}\x{a4}", "\x{c3}\x{a4}" ], [ '""', '' ];

like(said("oauth_max_age $_; # here"),
     qr/\Arefused .*"\Q$_\E" in "oauth_max_age": write "off", .* \(here\)\z/,
     "refused: oauth_max_age $_")
    for qw(0 0s never -1 10x 500ms);

like(said('oauth_acr $arg_a; # here'), qr/\Arefused .*"\$arg_a" has a variable/,
     'a variable');
like(said("oauth_max_age 1s;\noauth_max_age 2s; # here"),
     qr/\Arefused .*"oauth_max_age" directive is duplicate.*\(here\)/,
     'duplicate');
like(said("oauth_acr a;\noauth_acr off; # here"),
     qr/\Arefused .*\(here\)/, 'off next to a value');

like(said("$_ # here", ''), qr/\Arefused .*which no "oauth" protects.*\(here\)/,
     "without oauth: $_")
    for 'oauth_acr gold;', 'oauth_max_age 5m;';

finish();

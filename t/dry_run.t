#!/usr/bin/perl
#
# oauth_dry_run: everything is evaluated and nothing is refused.  Where that
# could go wrong: an identity that stays on a request, locations that a request
# comes to or goes on to, subrequests, error pages, rules that read claims,
# issuers that do not answer, running responses, nonces; what is logged and
# counted; what nginx -t says.  dry_run_bytes.t shows that the bytes are those
# of an nginx without the module.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP ();

use OAuth::Test;
use OAuth::Test::Proof qw(proof_fields thumbprint);

my $json = JSON::PP->new->canonical;
my $issuer = issuer();
my $down = issuer();
my $mute = issuer();
my $opaque = issuer();
my $upstream = upstream();
my $key = key('ES256');

$down->answer(jwks => status => 500);
$mute->silent;
$opaque->answer('/introspect' => status => 500);

my $conf = <<'EOT';
    oauth_revocation_store %%STORE%% size=8m;

    oauth_issuer corp { issuer %%AS%%; leeway 0s; }
    oauth_issuer down { issuer %%DOWN%%; }
    oauth_issuer mute { issuer %%MUTE%%; }
    oauth_issuer asked {
        issuer %%OPAQUE%%; introspect opaque; client_auth none;
        introspection_endpoint %%OPAQUE%%/introspect;
    }

    log_format tried '$uri $status $oauth_result $oauth_sub';
    map $oauth_claim_team $team { default none; red red; }

    oauth_header X-User sub;

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        access_log %%DIR%%/access.log tried;

        oauth corp;
        oauth_resource https://app.test;
        oauth_dry_run on;

        proxy_set_header X-Result $oauth_result;
        proxy_set_header X-Sub $oauth_sub;

        location / { oauth_scope read; proxy_pass http://127.0.0.1:%%UP%%; }
        location /admin { oauth_scope admin; proxy_pass http://127.0.0.1:%%UP%%; }
        location /enforced { oauth_dry_run off; proxy_pass http://127.0.0.1:%%UP%%; }
        location /open { oauth off; proxy_pass http://127.0.0.1:%%UP%%; }

        location /written {
            oauth_dry_run off;
            limit_except GET { oauth_dry_run on; proxy_pass http://127.0.0.1:%%UP%%; }
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /any {
            satisfy any; deny all; proxy_pass http://127.0.0.1:%%UP%%;
        }

        # from one location to the next

        location /strict_to_dry {
            oauth_dry_run off; try_files /none @admin;
        }
        location /passed_to_dry {
            oauth_dry_run off; oauth_pass_token on; try_files /none @admin;
        }
        location @admin { oauth_scope admin; proxy_pass http://127.0.0.1:%%UP%%; }
        location /dry_to_dry { try_files /none @admin; }
        location /dry_to_strict { oauth_scope admin; try_files /none @strict; }
        location @strict { oauth_dry_run off; proxy_pass http://127.0.0.1:%%UP%%; }
        location /dry_to_strict_admin { try_files /none @strict_admin; }
        location @strict_admin {
            oauth_dry_run off; oauth_scope admin; proxy_pass http://127.0.0.1:%%UP%%;
        }
        location /strict_to_preflight {
            oauth_dry_run off; oauth_cors off; try_files /none @preflight;
        }
        location @preflight { oauth_scope admin; proxy_pass http://127.0.0.1:%%UP%%; }

        # error pages

        location /paged { oauth_dry_run off; error_page 401 /page; proxy_pass http://127.0.0.1:%%UP%%; }
        location /page { oauth_scope page; proxy_pass http://127.0.0.1:%%UP%%; }

        # subrequests

        location /included { oauth_dry_run off; ssi on; ssi_types *; root %%DIR%%/html; }
        location = /part { oauth_scope admin; proxy_pass http://127.0.0.1:%%UP%%; }
        location = /strict_part { oauth_dry_run off; oauth_scope admin; proxy_pass http://127.0.0.1:%%UP%%; }
        location /guarded { oauth off; auth_request /auth; proxy_pass http://127.0.0.1:%%UP%%; }
        location = /auth { oauth_scope admin; proxy_pass http://127.0.0.1:%%UP%%/auth; }
        location /guarded_strictly { oauth off; auth_request /strict_auth; proxy_pass http://127.0.0.1:%%UP%%; }
        location = /strict_auth { oauth_dry_run off; oauth_scope admin; proxy_pass http://127.0.0.1:%%UP%%/auth; }

        # issuers that do not answer, and rules that read claims

        location /down { oauth down; proxy_pass http://127.0.0.1:%%UP%%; }
        location /mute { oauth mute; proxy_pass http://127.0.0.1:%%UP%%; }
        location /asked { oauth asked; proxy_pass http://127.0.0.1:%%UP%%; }
        location /rule { oauth down; set $seen "[$oauth_sub]"; proxy_set_header X-Seen $seen; proxy_set_header X-Result $oauth_result; proxy_pass http://127.0.0.1:%%UP%%; }
        location /strict_rule { oauth down; oauth_dry_run off; set $seen "[$oauth_sub]"; proxy_pass http://127.0.0.1:%%UP%%; }

        # running responses

        location /stream { oauth_session_recheck 200ms expiry; proxy_buffering off; proxy_pass http://127.0.0.1:%%UP%%; }
        location /strict_stream { oauth_dry_run off; oauth_session_recheck 200ms expiry; proxy_buffering off; proxy_pass http://127.0.0.1:%%UP%%; }

        # nonces: what was not demanded in the first location is in the second

        location /nonce { oauth_dpop required nonce; try_files /none @nonce; }
        location @nonce { oauth_dpop required nonce; oauth_dry_run off; proxy_pass http://127.0.0.1:%%UP%%; }
        location /dry_nonce { oauth_dpop required nonce; proxy_pass http://127.0.0.1:%%UP%%; }

        # metadata of another app

        location /.well-known/oauth-protected-resource/dry { return 302 /login; }
        location /.well-known/oauth-protected-resource/strict { oauth_dry_run off; proxy_pass http://127.0.0.1:%%UP%%; }
        location /.well-known/oauth-protected-resource/app { proxy_pass http://127.0.0.1:%%UP%%; }

        location = /revoke { oauth off; oauth_revoke token; }
        location = /dry_revoke { oauth_revoke token; }
    }

    server {
        listen 127.0.0.1:%%PORT_local%%;
        location = /admin { oauth_revoke admin; }
        location = /status { oauth_status; }
    }
EOT

my $nginx = OAuth::Test::Nginx->new(conf => $conf, AS => $issuer->url,
    DOWN => $down->url, MUTE => $mute->url, OPAQUE => $opaque->url,
    UP => $upstream->port, log => 'info', workers => 1);

$nginx->{STORE} = $nginx->make_folder('store');
$nginx->make_folder('html/included');
$nginx->write_file('html/included/page', join '|',
    map { "<!--#include virtual=\"/$_\" -->" } qw(part strict_part));
$nginx->start;

my $http = $nginx->http;
my $local = $nginx->http('local');
my $token = $issuer->token(scope => 'read');
my $admin = $issuer->token(scope => 'read admin');


# told(response) is what the app was told: user, result, whether it got a token.

sub told {
    my ($response) = @_;

    return 'status ' . $response->status if $response->status != 200;

    my ($user) = $response->echoed('X-User');
    my ($result) = $response->echoed('X-Result');
    my @tokens = $response->echoed('Authorization');

    return join ' ', $user // '-', $result // '-', scalar @tokens;
}


sub get { return $http->get(@_, 'X-User' => 'mallory', x_user => 'm') }


# How often nothing was refused, or something was, since the last mark.

sub lines {
    my ($count) = @_;

    my @lines = $nginx->wait_for_log(qr/oauth: refused/, $count || 1,
                                     $count ? 5 : 0.2);

    return map { /oauth: (refused(?:, dry run)?: \w+)/ } @lines;
}


# --- the simple cases ------------------------------------------------------

is(told(get('/', token => $token)), 'alice ok 1', 'a good token');
is(told(get('/')), '- no_token 0', 'no token');
is(told(get('/', token => 'a.b.c')), '- malformed_token 1', 'a bad token');
is(told(get('/admin', token => $token)), '- insufficient_scope 1',
   'a missing scope');
is(told(get('/admin', token => $admin)), 'alice ok 1', 'or not');
is(told(get('/', Authorization => 'Basic dTpw')), '- no_token 1',
   'a login of the app');
is_deeply([ get('/admin', token => $token)->echoed('X-Sub') ], [],
   'variables show nothing of a token that is not good');

is(get('/enforced')->status, 401, 'dry run off: refused');
is(told(get('/enforced', token => $token)), 'alice ok 0', 'off: the twin');
is(told(get('/open', token => $token)), '- - 1', 'open');
is($http->get('/written')->status, 401, 'a method outside limit_except');
is($http->request('POST', '/written', body => '')->status, 200, 'inside');
is(get('/any', token => $token)->status, 403,
   'satisfy any: a good token opens nothing');

ok(wait_until(sub { $nginx->read_file('access.log')
                    =~ m{^/admin 200 insufficient_scope alice$}m }),
   'the access log says what would have been refused, and whose it was');

# --- from one location to the next -----------------------------------------

$nginx->mark;
is(told(get('/strict_to_dry', token => $token)), '- insufficient_scope 0',
   'admitted, then a dry run that would refuse: no identity, no token');
is_deeply([ lines(1) ], [ 'refused, dry run: insufficient_scope' ], 'one line');
is(told(get('/strict_to_dry', token => $admin)), 'alice ok 0',
   'admitted, then a dry run that admits: the token stays withheld');
is(told(get('/passed_to_dry', token => $token)), '- insufficient_scope 1',
   'the same where the first location passes the token on');
is(get('/strict_to_dry')->status, 401, 'the first location refuses');
is(told(get('/dry_to_dry', token => $token)), '- insufficient_scope 1',
   'two dry runs: the second would refuse');
is(told(get('/dry_to_dry', token => $admin)), 'alice ok 1', 'or admit');
is(told(get('/dry_to_strict', token => $token)), 'alice ok 0',
   'a dry run that would refuse, then admitted');
is(get('/dry_to_strict')->status, 401, 'a dry run, then refused');
is(get('/dry_to_strict_admin', token => $token)->status, 403,
   'a dry run that admits, then refused');
is(told($http->request('OPTIONS', '/strict_to_preflight', token => $token,
                       Origin => 'https://a.test', 'X-User' => 'mallory',
                       'Access-Control-Request-Method' => 'GET'))
       =~ s/ \S+ / /r, '- 0',
   'a preflight with a token: the identity does not go along');

# --- error pages -----------------------------------------------------------

$nginx->mark;

my $response = get('/paged');

is_refused($response, 401, '', 'an error page in a dry run: the challenge');
is_deeply([ $response->echoed('X-User') ], [], 'its app is told nobody');
is_deeply([ lines(1) ], [ 'refused: no_token' ], 'and there is one line');

# --- subrequests -----------------------------------------------------------

$nginx->mark;

my ($part, $strict) = split /\|/, $http->get('/included/page',
                                             token => $token)->body, 2;

like($part, qr/"from":"upstream"/, 'a subrequest to a dry run: included');
unlike($part, qr/X-User/i, 'without the identity of the main request');
like($strict, qr/403 Forbidden/, 'its twin is refused');
is_deeply([ sort(lines(2)) ], [ 'refused, dry run: insufficient_scope',
                                'refused: insufficient_scope' ], 'the log');
($part) = split /\|/, $http->get('/included/page', token => $admin)->body, 2;
like($part, qr/"X-User","alice"/, 'a good token: with its identity');

is(get('/guarded')->status, 200, 'auth_request: a dry run guards nothing');
is(get('/guarded_strictly')->status, 403, 'its twin does');

# --- no keys, no answer, no claims -----------------------------------------

my $start = time;

is(told(get('/down', token => $down->token)), '- keys_unavailable 1',
   'an issuer without keys');
is(told(get('/mute', token => $mute->token)), '- keys_unavailable 1',
   'one that is silent');
cmp_ok(time - $start, '<', 12, 'after a wait of bounded time');
is(told(get('/asked', token => 'opaque-1')), '- introspection_unavailable 1',
   'an issuer that does not say');

$response = get('/rule', token => $down->token);
is(told($response), '- keys_unavailable 1', 'a rule that reads a claim');
is_deeply([ $response->echoed('X-Seen') ], [ '[]' ], 'it reads nothing');
is(get('/strict_rule', token => $down->token)->status, 503, 'its twin');

# --- running responses, and revocations ------------------------------------

my %running;

for my $path (qw(stream strict_stream)) {
    my $one = $issuer->token(sub => 'streamer', exp => time + 600);

    $running{$path} = $http->connect->send(
        $http->bytes('GET', "/$path?events=never", token => $one), 'GET');
    ok($running{$path}->read_until(qr/data: first/), "$path: it has begun");
}

is($local->request('POST', '/admin', 'Content-Type' => 'application/json',
       body => $json->encode({ issuer => $issuer->url,
                               subject => 'streamer' }))->status, 204,
   'both are revoked');
ok($running{strict_stream}->is_closed(5), 'the response ends');
ok(!$running{stream}->is_closed(1), 'in a dry run it goes on');
$_->close for values %running;

is(told(get('/', token => $issuer->token(sub => 'streamer'))), '- revoked 1',
   'a revoked token in a dry run');

my $mine = $issuer->token;

is($http->request('POST', '/dry_revoke', body => "token=$mine",
       'Content-Type' => 'application/x-www-form-urlencoded')->status, 200,
   'oauth_revoke token in a dry run checks what it is sent');
is(told(get('/', token => $mine)), '- revoked 1', 'and revokes that');
is(told(get('/', token => $token)), 'alice ok 1', 'and nothing else');

# --- nonces ----------------------------------------------------------------

sub proved {
    my ($path) = @_;

    my $bound = $issuer->token(cnf => { jkt => thumbprint($key) });

    return $http->get($path, proof_fields(key => $key, token => $bound,
                                          url => "https://app.test$path"));
}

$response = proved('/dry_nonce');
is(told($response), 'alice ok 1', 'a dry run demands no nonce');
is($response->header('DPoP-Nonce'), undef, 'and hands out none');
$response = proved('/nonce');
is_refused($response, 401, 'use_dpop_nonce', 'but the next location does');
like($response->header('DPoP-Nonce'), qr/\A\S{32}\z/, 'and hands one out');

# --- metadata --------------------------------------------------------------

my $well = '/.well-known/oauth-protected-resource';

is($http->get($well)->json->{resource}, 'https://app.test',
   'the metadata document is there');
is($http->get("$well/app")->status, 200, "another app's metadata");
is($http->get("$well/dry")->status, 302, 'and its redirect');
is($http->get("$well/strict")->status, 404, 'not where it is protected');

# --- the status ------------------------------------------------------------

sub status { return $local->get('/status')->json }

my $before = status();

get('/', token => $token);
get('/admin', token => $token);
get('/');
get('/enforced');
$http->request('OPTIONS', '/', Origin => 'https://a.test',
               'Access-Control-Request-Method' => 'GET');

my %counted;

wait_until(sub {
    my $now = status();

    %counted = ((map { $_ => $now->{requests}{$_} - $before->{requests}{$_} }
                     qw(admitted refused overruled dry_run)),
                (map { my $group = $_;
                       map { $now->{$group}{$_} > $before->{$group}{$_}
                             ? ("$group $_" => 1) : () }
                           keys %{ $now->{$group} } }
                     qw(reasons dry_run_reasons)),
                resource => $now->{resources}[0]{requests}{dry_run}
                            - $before->{resources}[0]{requests}{dry_run});
    return $counted{dry_run} == 2 && $counted{refused} == 1;
}, 5);

is_deeply(\%counted, { admitted => 1, refused => 1, overruled => 0,
                       dry_run => 2, resource => 2, 'reasons no_token' => 1,
                       'dry_run_reasons no_token' => 1,
                       'dry_run_reasons insufficient_scope' => 1 },
          'dry runs are counted apart, a preflight is not counted')
    or diag(explain(\%counted));

# What the first location would have refused would not have come to the next.

for (['/dry_to_strict', 'dry_run', 'insufficient_scope'],
     ['/dry_to_strict_admin', 'refused', 'insufficient_scope'])
{
    my ($path, $kind, $reason) = @$_;
    my $group = $kind eq 'refused' ? 'reasons' : 'dry_run_reasons';

    $before = status();
    get($path, token => $token);

    ok(wait_until(sub {
        my $now = status();

        return $now->{requests}{$kind} == $before->{requests}{$kind} + 1
            && $now->{$group}{$reason} == $before->{$group}{$reason} + 1
            && $now->{requests}{admitted} == $before->{requests}{admitted};
    }, 5), "$path is counted as $kind");
    ok(wait_until(sub { $nginx->read_file('access.log')
                        =~ m{^$path \d+ $reason alice\n\z}m }),
       'and the access log has the reason');
}

like($local->get('/status?format=prometheus')->body,
     qr/^nginx_oauth_dry_run_refusals_total\{reason="no_token"\}\ [1-9].*
        ^nginx_oauth_cache/msx, 'in the metrics');
like($local->get('/status?format=html')->body,
     qr{<h2>Dry runs</h2>.*<code>insufficient_scope</code>}s, 'on the page');

# --- nginx -t --------------------------------------------------------------

like($nginx->errors . $nginx->log, qr/\[warn\].*oauth_dry_run\ is\ on:.*
     nginx\.conf:@{[ $nginx->line_of('oauth_dry_run on;') ]}$/mx,
     'a warning at start');

my $tested = OAuth::Test::Nginx->new(conf => '', AS => $issuer->url);
my $store = $tested->make_folder('store');


sub said {
    my ($http, $server, $location, $where) = @_;

    my ($ok, $said) = $tested->test_conf(<<"CONF");
    oauth_issuer corp { issuer %%AS%%; }
    oauth_revocation_store $store size=8m;
    $http

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        oauth corp;
        oauth_resource https://app.test;
        $server

        location / { }

        location = /here {
            $location
        }
    }
CONF

    my $line = $tested->line_of($where);

    return join '; ', $ok ? 'accepted' : 'refused',
        map { s/\Anginx: \[(\w+)\] //; my $level = $1;
              s{ in \S+/nginx\.conf:(\d+)\z}{ $1 == $line ? ' HERE' : '' }er }
        grep { /\[(?:warn|emerg)\]/ } split /\n/, $said;
}

my $warns = 'oauth_dry_run is on: requests without a good token are let in and '
            . 'only logged; remove it to have them refused HERE';

is(said('oauth_dry_run on;', '', '', 'oauth_dry_run'), "accepted; $warns",
   'http');
is(said('', 'oauth_dry_run on;', '', 'oauth_dry_run'), "accepted; $warns",
   'server');
is(said('', '', 'oauth_dry_run on;', 'oauth_dry_run'), "accepted; $warns",
   'location');
is(said('', '', 'limit_except GET { oauth_dry_run on; }', 'oauth_dry_run'),
   "accepted; $warns", 'limit_except');
is(said('oauth_dry_run off;', '', '', 'oauth_dry_run'), 'accepted', 'off');
like(said('', '', 'oauth_dry_run maybe;', 'oauth_dry_run'),
     qr/\Arefused; invalid value "maybe" in "oauth_dry_run"/, 'another value');

for ([ 'oauth_revoke admin; oauth_scope revoke;', 'oauth_revoke admin' ],
     [ 'oauth_status;', 'oauth_status' ])
{
    my ($lines, $name) = @$_;

    is(said('', 'oauth_dry_run on;', $lines, $lines),
       "refused; oauth_dry_run is on: requests without a good token are let in"
       . " and only logged; remove it to have them refused; "
       . "\"oauth_dry_run\" would open \"$name\" to everybody who reaches this"
       . ' location: write "oauth_dry_run off" in it HERE', "$name");
    like(said('', 'oauth_dry_run on;', "$lines oauth_dry_run off;", $lines),
         qr/\Aaccepted/, "$name: with the remedy");
}

like(said('', 'oauth_dry_run on;', 'oauth_revoke admin; oauth_scope revoke; '
          . 'limit_except GET { oauth off; }', 'oauth_revoke'), qr/\Arefused/,
     'limit_except does not change that');
like(said('', 'oauth_dry_run on;', 'oauth off; oauth_status;', 'oauth_status'),
     qr/\Aaccepted/, 'oauth_status with oauth off');
like(said('', 'oauth_dry_run on;', 'oauth_revoke token signals;',
          'oauth_revoke'), qr/\Aaccepted/, 'inputs that check what they get');

finish();

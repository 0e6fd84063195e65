#!/usr/bin/perl
#
# oauth_status: who gets which form; each request is counted once, by verdict,
# reason, issuer and resource, no matter how often it waited or was redirected;
# the states of keys; readiness in the log and in the status; what stays over a
# reload.  Nothing of a token is shown.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP ();

use OAuth::Test;

my $as = issuer();
my $down = issuer();
my $failing = issuer();
my $odd = issuer();
my $key = key('ES256');

$down->answer(jwks => status => 502);
$odd->metadata(code_challenge_methods_supported => ['plain'],
               scopes_supported => [ 'read', 'openid' ],
               token_endpoint => 'http://login.example.com/token');

my $conf = <<'EOT';
    oauth_issuer corp { issuer %%AS%%; }
    oauth_issuer down { issuer %%DOWN%%; }
    oauth_issuer failing { issuer %%FAILING%%; key_refresh 1s; }
    oauth_issuer odd { issuer %%ODD%%; }
    oauth_issuer file { issuer https://file.test; jwks_file %%DIR%%/jwks.json; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        auth_basic_user_file %%DIR%%/users;
        error_page 404 = @found;

        oauth corp down failing odd file;
        oauth_resource https://app.test;

        location / { proxy_pass http://127.0.0.1:%%PORT_app%%; }
        location /scope { oauth_scope write; root /; }
        location /redirected { rewrite ^ /again last; }
        location /again { try_files /nowhere /last; }
        location /last { oauth_resource https://app.test/last; oauth_audience https://app.test; empty_gif; }
        location /gone { root /nowhere; }
        location @found { oauth_resource https://app.test/found; oauth_audience https://app.test; empty_gif; }
        location /posted { post_action /scope; empty_gif; }
        location /paged { error_page 401 403 /page; oauth_scope write; root /; }
        location /page { oauth file; empty_gif; }
        location /any { satisfy any; auth_basic app; empty_gif; }
        location /open { oauth off; empty_gif; }
        location /sub { oauth off; auth_request /inner; empty_gif; }
        location = /inner { internal; proxy_pass http://127.0.0.1:%%PORT_app%%; }

        location = /status { oauth off; oauth_status; }
        location = /protected { oauth_status; oauth_scope admin; }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\n";
    }
EOT

my $nginx = OAuth::Test::Nginx->new(conf => $conf, AS => $as->url,
    DOWN => $down->url, FAILING => $failing->url, ODD => $odd->url,
    workers => 2);

$nginx->write_file('jwks.json',
                   JSON::PP->new->encode({ keys => [ $key->jwk ] }));
$nginx->write_file('users', "joe:{PLAIN}secret\n");
$nginx->start;

my $http = $nginx->http;


sub status { return $http->get('/status')->json }


sub issuer_named {
    my ($status, $name) = @_;

    return (grep { $_->{name} eq $name } @{ $status->{issuers} })[0];
}


sub resource {
    my ($status, $url) = @_;

    return (grep { $_->{resource} eq $url } @{ $status->{resources} })[0];
}


# The difference between two statuses in the numbers of requests, by name.

sub counted {
    my ($before, $after) = @_;

    my %new = numbers($after);
    my %old = numbers($before);

    return { map { my $n = $new{$_} - ($old{$_} // 0); $n ? ($_ => $n) : () }
                 keys %new };
}


sub numbers {
    my ($status) = @_;

    my @groups = ([ all => $status->{requests} ],
                  [ reason => $status->{reasons} ],
                  [ cache => { hits => $status->{cache}{hits},
                               misses => $status->{cache}{misses} } ],
                  (map { [ $_->{name}, $_->{requests} ] }
                       @{ $status->{issuers} }),
                  (map { [ $_->{resource}, $_->{requests} ] }
                       @{ $status->{resources} }));

    return map { my ($name, $group) = @$_;
                 map { ("$name $_" => $group->{$_}) } keys %$group } @groups;
}


# What the request counts; a request counts when nginx has ended it, which may
# be after the client has its response.

sub counts {
    my ($name, $expected, @request) = @_;

    my $before = status();
    my $response = $http->request(@request);
    my $got;

    wait_until(sub {
        $got = counted($before, status());
        return keys %$got >= keys %$expected;
    }, 5);

    is_deeply($got, $expected, "$name (" . $response->status . ')')
        or diag(explain($got));

    return;
}


# the forms

my $response = $http->get('/status');

is($response->status, 200, 'JSON');
is($response->header('content-type'), 'application/json', 'its type');
is($response->header('cache-control'), 'no-store', 'nobody keeps it');

my %forms = (
    'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8'
        => 'text/html; charset=utf-8',
    'application/openmetrics-text;version=1.0.0;q=0.8,'
        . 'text/plain;version=0.0.4;q=0.5,*/*;q=0.1'
        => 'text/plain; version=0.0.4; charset=utf-8',
    '*/*' => 'application/json',
    'application/json, text/plain, */*' => 'application/json',
    'application/json' => 'application/json',
);

for my $accept (sort keys %forms) {
    is($http->get('/status', Accept => $accept)
           ->header('content-type'), $forms{$accept}, "for $accept");
}

my $page = $http->get('/status?format=html');

like($page->body, qr{\A<!DOCTYPE html>.*</html>\n\z}s, 'the page is whole');
like($page->header('content-security-policy'),
     qr/\Adefault-src 'none'; style-src 'sha256-/, 'without scripts');
like($http->get('/status?format=prometheus')->body,
     qr/^nginx_oauth_requests_total\{result="admitted"\} \d+$/m, 'metrics');
is($http->get('/status?format=json')->header('content-type'),
   'application/json', 'JSON by name');
is($http->get('/status?format=xml')->status, 400, 'an unknown form');
is($http->request('POST', '/status')->status, 405, 'POST');
is($http->request('HEAD', '/status')->body, '', 'HEAD has no body');
is_refused($http->get('/protected'), 401, '', 'a status may be protected');

# what is counted

my $token = $as->token(scope => 'read');
my %token = (token => $token);
my %once = ('all admitted' => 1, 'corp admitted' => 1);

$http->get('/', token => $as->token) for 1 .. 2;      # the keys are there

# The numbers of a request may come after its response.

ok(wait_until(sub {
    my $requests = status()->{requests};
    return $requests->{admitted} == 2 && $requests->{refused} == 1;
}, 5), 'the first requests are counted');

counts('a new token', { %once, 'https://app.test admitted' => 1,
                        'cache misses' => 1 }, 'GET', '/', %token);

# The other worker may have to verify it, too.

wait_until(sub {
    my $before = status();
    $http->get('/', %token);
    return wait_until(sub {
        my $got = counted($before, status());
        return $got->{'cache hits'} || $got->{'cache misses'};
    }, 5) && status()->{cache}{hits} > $before->{cache}{hits};
}, 10);

$token{token} = $as->token(scope => 'read', sub => 'nobody-knows-this-name');

counts('no token', { 'all refused' => 1, 'reason no_token' => 1,
                     'https://app.test refused' => 1 }, 'GET', '/');
counts('an expired token', { 'all refused' => 1, 'reason expired' => 1,
                             'corp refused' => 1,
                             'https://app.test refused' => 1 },
       'GET', '/', token => $as->token(exp => time - 600));
counts('a missing scope', { 'all refused' => 1, 'cache misses' => 1,
                            'reason insufficient_scope' => 1,
                            'corp refused' => 1,
                            'https://app.test refused' => 1 },
       'GET', '/scope', token => $as->token(scope => 'read', jti => 'once'));
counts('an internal redirect', { %once, 'cache misses' => 1,
                                 'https://app.test/last admitted' => 1 },
       'GET', '/redirected', token => $as->token(jti => 'twice'));
counts('an error page', { %once, 'cache misses' => 1,
                          'https://app.test/found admitted' => 1 },
       'GET', '/gone', token => $as->token(jti => 'thrice'));
counts('a protected error page', { 'all refused' => 1, 'cache misses' => 1,
                                   'reason insufficient_scope' => 1,
                                   'corp refused' => 1,
                                   'https://app.test refused' => 1 },
       'GET', '/paged', token => $as->token(scope => 'read', jti => 'paged'));
counts('a post_action', { %once, 'cache misses' => 1,
                          'https://app.test admitted' => 1 },
       'GET', '/posted', token => $as->token(scope => 'read', jti => 'posted'));
counts('satisfy any', { 'all overruled' => 1,
                        'https://app.test overruled' => 1 },
       'GET', '/any', Authorization => 'Basic am9lOnNlY3JldA==');
counts('an open location', {}, 'GET', '/open', token => $as->token);
counts('metadata', {}, 'GET', '/.well-known/oauth-protected-resource');
counts('a preflight', {}, 'OPTIONS', '/', Origin => 'https://client.test',
       'Access-Control-Request-Method' => 'GET');
counts('a subrequest', { %once, 'cache misses' => 1,
                         'https://app.test admitted' => 1 },
       'GET', '/sub', token => $as->token(jti => 'inner'));

# This request waits, is woken without keys, and is refused.

counts('no keys', { 'all refused' => 1, 'reason keys_unavailable' => 1,
                    'down refused' => 1, 'https://app.test refused' => 1 },
       'GET', '/', token => $down->token);

# The metadata of an issuer that nobody asks comes at some time.

ok(wait_until(sub {
        @{ issuer_named(status(), 'odd')->{readiness} // [] } == 4
    }), 'all metadata are there');

my $status = status();

is(scalar @{ $status->{refused_per_minute} }, 60, 'an hour');

my $sum = 0;
$sum += $_ for @{ $status->{refused_per_minute} };

is($sum, $status->{requests}{refused}, 'all refusals are of the last hour');

ok(exists $status->{dpop_replay} && !defined $status->{dpop_replay},
   'no location has DPoP');

# the states of keys

is(issuer_named($status, 'corp')->{state}, 'fresh', 'fresh');
is(issuer_named($status, 'corp')->{keys}{usable}, 1, 'one key');
is(issuer_named($status, 'corp')->{fetches}{succeeded}, 1, 'fetched once');
is(issuer_named($status, 'corp')->{last_error}, undef, 'no error');
is(issuer_named($status, 'file')->{state}, 'file', 'a file');
is(issuer_named($status, 'file')->{keys}{age}, undef, 'which has no age');

my $broken = issuer_named($status, 'down');

is($broken->{state}, 'none', 'no keys');
is($broken->{keys}{usable}, 0, 'not one');
cmp_ok($broken->{fetches}{failed}, '>=', 1, 'a fetch has failed');
like($broken->{last_error}{text}, qr/status 502/, 'and why');
cmp_ok($broken->{last_error}{age}, '<', 60, 'not long ago');

$failing->answer(jwks => status => 500);
ok(wait_until(sub { issuer_named(status(), 'failing')->{state} eq 'failing' },
              15), 'failing, with the keys of before')
    or diag(explain(issuer_named(status(), 'failing')));
is(issuer_named(status(), 'failing')->{keys}{usable}, 1, 'which are usable');

# readiness

my @codes = map { $_->{code} } @{ issuer_named($status, 'odd')->{readiness} };

is_deeply([ sort @codes ], [qw(no_pkce plain_http private_address
                               unknown_scopes)], 'findings');
is_deeply(issuer_named($status, 'file')->{readiness}, undef,
          'nothing is known where there is no metadata');
is_deeply([ grep { !/private_address/ } map { $_->{code} }
            @{ issuer_named($status, 'corp')->{readiness} } ], [],
          'a server that is ready');

my ($scopes) = grep { $_->{code} eq 'unknown_scopes' }
    @{ issuer_named($status, 'odd')->{readiness} };

like($scopes->{text}, qr/ \(write admin\)\z|\(admin write\)\z/,
     'the scopes are named');
like($scopes->{remedy}, qr/oauth_scope.*some servers know scopes that they do/,
     'and what to do, if anything');

my @logged = $nginx->log_lines(qr/issuer "odd": agents may fail/);

is(scalar @logged, 4, 'each finding is logged once by all workers');
like($logged[0], qr/\[error\].*remedy: /, 'with its remedy');

# a reload keeps the numbers, and logs what it has changed

my $before = status();

ok($nginx->reload, 'reload');
is(counted($before, status())->{'all admitted'}, undef, 'nothing is lost');
is(status()->{started}, $before->{started}, 'the same beginning');
is(scalar $nginx->log_lines(qr/issuer "odd": agents may fail/), 4,
   'nothing new is logged');

$nginx->write_conf($conf =~ s/oauth_scope write/oauth_scope read/gr);
ok($nginx->reload, 'reload with another scope');
ok(wait_until(sub {
    $nginx->log_lines(qr/issuer "odd": agents may fail/) == 8 }, 10),
    'the findings have changed and are logged again');
($scopes) = grep { $_->{code} eq 'unknown_scopes' }
    @{ issuer_named(status(), 'odd')->{readiness} };
like($scopes->{text}, qr/ \(admin\)\z/, 'the scope is known now');
is(resource(status(), 'https://app.test')->{requests}{admitted},
   resource($before, 'https://app.test')->{requests}{admitted},
   'the resource keeps its numbers');

# nothing of a token

for my $form (qw(json html prometheus)) {
    my $text = $http->get("/status?format=$form")->body;

    unlike($text, qr/nobody-knows-this-name|alice|\bonce\b|secret/,
           "$form: no subject, no token");
}

finish();

#!/usr/bin/perl
#
# What docs/troubleshooting.md says about nginx's own traps is true, and its
# remedies work.  The examples run exactly as they stand there.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Document qw(conf);
use OAuth::Test::Http2Client;

use constant PAGE => 'docs/troubleshooting.md';

my $as = issuer(aud => 'https://app.test');
my $upstream = upstream();
my $login = upstream();
my $good = $as->token;
my $metadata = '/.well-known/oauth-protected-resource';

my $nginx = nginx(<<'EOT', AS => $as->url, UP => $upstream->port);
    oauth_issuer corp { issuer %%AS%%; }

    limit_req_zone $server_name zone=all:1m rate=1r/m;
    proxy_cache_path %%DIR%%/cache keys_zone=pages:1m;
    log_format result '$uri result=$oauth_result';

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        root %%DIR%%/html;
        access_log %%DIR%%/result.log result;
        oauth_resource https://app.test;

        location / {
            oauth corp;
            oauth_scope read;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        # open by mistake

        location ~ \.php$ { proxy_pass http://127.0.0.1:%%UP%%; }

        location /write {
            limit_except GET { oauth corp; }
            proxy_pass http://127.0.0.1:%%UP%%;

            location /write/inner { proxy_pass http://127.0.0.1:%%UP%%; }
        }

        location /returns { oauth corp; return 200 "open\n"; }

        location /any {
            oauth corp;
            oauth_header X-User sub;
            satisfy any;
            allow all;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /replaced {
            oauth corp;
            error_page 401 =200 /page.html;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /login {
            oauth corp;
            error_page 401 = @login;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location @login { return 302 /sign_in; }

        location /explained {
            oauth corp;
            error_page 401 /page.html;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location = /page.html { }

        # other modules

        location /denied {
            oauth corp;
            deny all;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /limited {
            oauth corp;
            limit_req zone=all;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /slash/ {
            oauth corp;
            proxy_pass http://127.0.0.1:%%UP%%/;
        }

        location /cached {
            oauth corp;
            proxy_cache pages;
            proxy_cache_valid 200 1m;
            proxy_cache_key $request_uri;
            oauth_header X-User sub;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        # headers

        location /set {
            oauth corp;
            oauth_header X-User sub;
            proxy_set_header X-User mine;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /none {
            oauth corp;
            oauth_header X-User sub;
            proxy_pass_request_headers off;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /added {
            oauth corp;
            add_header X-Plain 1;
            add_header X-Always 1 always;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        # rules

        location /if {
            oauth corp;
            oauth_scope read;

            if ($arg_a) { set $b 1; }
            if ($arg_c) { proxy_pass http://127.0.0.1:%%UP%%; }

            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_two%% http2;

        location / {
            oauth corp;
            oauth_resource https://app.test;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }

    # slashes that are not merged

    server {
        listen 127.0.0.1:%%PORT_slashes%%;
        server_name app.test;
        merge_slashes off;
        oauth_resource https://app.test;

        location /admin {
            oauth corp;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location / { proxy_pass http://127.0.0.1:%%UP%%; }
    }
EOT

$nginx->write_file('html/page.html', "a page\n");
chmod 0644, $nginx->dir . '/html/page.html';

$nginx->{nginx_logs_tokens} = 1;

my $http = $nginx->http;
my $response;


# long tokens, and two headers

my $long = $as->token(groups => [ map { "group-$_" x 10 } 1 .. 100 ]);

cmp_ok(length $long, '>', 8192, 'a long token');

$response = $http->get('/', token => $long);
is($response->status, 400, 'is refused by nginx');
like($response->body, qr/Request Header Or Cookie Too Large/, 'in these words');
is($response->challenge->{lines}, 0, 'without a challenge');
is(scalar $nginx->wait_for_log(qr/client sent too long header line/), 1,
   'and with this log line');

my @two = map {
    OAuth::Test::Http2Client->new(port => $nginx->port('two'))
} 1, 2;

is($two[0]->get('/', token => $good)->status, 200, 'HTTP/2');
isnt($two[1]->get('/', token => $long)->status, 200, 'HTTP/2: a long token');
is(scalar $nginx->wait_for_log(qr/client sent too large header field/), 1,
   'with this log line');

my $roomy = nginx(conf(PAGE, section => 'Long tokens') . <<'EOT',
    oauth_issuer corp { issuer %%AS%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        location / {
            oauth corp;
            oauth_resource https://app.test;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }
EOT
    AS => $as->url, UP => $upstream->port);

is($roomy->http->get('/', token => $long)->status, 200, 'the remedy');

$response = $http->get('/', token => $good, Authorization => 'Basic eDp5');
is($response->status, 400, 'two Authorization headers');
is($response->challenge->{lines}, 0, 'are refused by nginx');

# open by mistake, next to what is not

is_refused($http->get('/a'), 401, '', 'the prefix is protected');
is($http->get('/a.php')->status, 200, 'a regular expression is not');
is($http->get('/write')->status, 200, 'limit_except: a method that it names');
is_refused($http->request('POST', '/write', body => 'x'), 401, '',
           'and others');
is($http->request('POST', '/write/inner', body => 'x')->status, 200,
   'a nested location does not inherit it');
is($http->get('/returns')->status, 200, 'return');
is($http->get('/any', 'X-User' => 'mallory')->status, 200, 'satisfy any');
is_deeply([ $http->get('/any', 'X-User' => 'mallory')->echoed('X-User') ], [],
          'without an identity');
is($http->get('/replaced')->status, 200, 'error_page 401 =200');

my $slashes = $nginx->http('slashes');

is_refused($http->get('//a'), 401, '', 'slashes are merged');
is_refused($slashes->get('/admin'), 401, '', 'one slash');
is($slashes->get('/else')->status, 200, 'no oauth in a location or around it');
is($slashes->get('//admin')->json->{line} =~ s/ HTTP.*//r, 'GET //admin',
   'merge_slashes off: two slashes are another location');

# what the log says about them

my %result = map { /^(\S+) result=(\S*)/ ? ($1 => $2) : () }
    split /\n/, $nginx->read_file('result.log');

is($result{'/a'}, 'no_token', 'the result of a refusal');
is($result{$_}, '', "no result: $_") for '/a.php', '/write/inner', '/returns';
is($result{'/any'}, 'no_token', 'satisfy any has one');

# error_page

$response = $http->get('/login');
is($response->status, 302, 'error_page 401 = @login');
is($response->challenge->{lines}, 0, 'the challenge is lost');

$response = $http->get('/explained');
is_refused($response, 401, '', 'error_page 401 without =');
is($response->body, "a page\n", 'shows its page');

# other modules

is($http->get('/denied', token => $good)->status, 403, 'deny');
is_refused($http->get('/denied'), 401, '', 'which runs after the module');

is($http->get('/limited', token => $good)->status, 200, 'below a limit');
$response = $http->get('/limited', token => $good);
is($response->status, 503, 'above it');
is($response->header('Retry-After'), undef, 'without Retry-After');

my $results = sub {
    return [ $nginx->read_file('result.log') =~ m{^/(?:denied|limited) result=(\S*)}mg ];
};

wait_until(sub { @{ $results->() } == 4 });
is_deeply($results->(), [ 'ok', 'no_token', 'ok', '' ],
          'the results of deny and of a limit');

is($http->get('/slash', token => $good)->status, 301, 'a missing slash');
is_refused($http->get('/slash'), 401, '', 'not without a token');

$http->get('/cached', token => $good);
is_deeply([ $http->get('/cached', token => $as->token(sub => 'bob'))
            ->echoed('X-User') ], [ 'alice' ], 'a cache mixes people up');
is_refused($http->get('/cached'), 401, '', 'but opens nothing');

# headers

is_deeply([ $http->get('/set', token => $good)->echoed('X-User') ], [ 'mine' ],
          'proxy_set_header wins');
is_deeply([ $http->get('/none', token => $good)->echoed('X-User') ], [],
          'proxy_pass_request_headers off');

$response = $http->get('/added');
is($response->header('X-Plain'), undef, 'add_header does not add to a 401');
is($response->header('X-Always'), 1, 'except with always');

# if

for my $query ('', '?a=1', '?c=1', '?a=1&c=1') {
    is_refused($http->get("/if$query"), 401, '', "if$query: no token");
    is_refused($http->get("/if$query", token => $as->token(scope => 'x')), 403,
               'insufficient_scope', "if$query: a scope is missing");
    is($http->get("/if$query", token => $good)->status, 200, "if$query");
}

# the metadata document, of every host name

is($http->get($metadata)->json->{resource}, 'https://app.test', 'metadata');
is($http->request('POST', $metadata, body => 'x')->status, 405, 'no POST');


# The examples for a server.

sub example {
    my ($section) = @_;

    my $block = conf(PAGE, section => $section, info => 'server')
                =~ s/127\.0\.0\.1:4180/127.0.0.1:%%LOGIN%%/r
                =~ s{/srv/wiki/}{%%DIR%%/html/}r;

    return nginx(<<"EOT", AS => $as->url, UP => $upstream->port,
    oauth_issuer corp { issuer %%AS%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        oauth_resource https://app.test;

        $block
    }
EOT
                 LOGIN => $login->port);
}


my $subrequests = example('Subrequests')->http;

is($subrequests->get('/')->status, 200, 'auth_request: a session');
is($login->count, 1, 'which the login was asked for');
is($subrequests->get('/', token => $good)->status, 200, 'a token');
is($login->count, 1, 'nobody is asked');
is($subrequests->get('/session')->status, 404, 'the question is internal');

my $refusing = nginx(<<'EOT', AS => $as->url, UP => $upstream->port);
    oauth_issuer corp { issuer %%AS%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        oauth corp;
        oauth_resource https://app.test;

        location / {
            satisfy any;
            auth_request /session;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location = /session {
            internal;
            proxy_pass http://127.0.0.1:%%UP%%/session;
        }
    }
EOT

isnt($refusing->http->get('/')->status, 200,
     'without "oauth off" a session is not enough');
is(scalar $refusing->wait_for_log(qr/refused: no_token: .*subrequest: "\/session"/),
   1, 'because the subrequest is refused');

my $accel = example('X-Accel-Redirect and other internal redirects');

$accel->write_file('html/file', "a file\n");
chmod 0644, $accel->dir . '/html/file';

my $path = '/?field=X-Accel-Redirect:/files/file';

is($accel->http->get($path, token => $good)->body, "a file\n",
   'X-Accel-Redirect to an open location');
is_refused($accel->http->get($path), 401, '', 'not without a token');
is($accel->http->get('/files/file', token => $good)->status, 404,
   'nor directly');

finish();

#!/usr/bin/perl
#
# Whenever the module reaches a verdict or sets an identity header, it evaluates
# the variables for that verdict.  Earlier values do not count: neither a map of
# a claim that was read before the token was checked, nor a variable that "set"
# assigned from one, nor what was computed in another location.  The evaluation
# leaves no trace: nginx's variables do not show claims of a token that was
# refused, and $1 is still what the location captured.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $issuer = issuer();
my $upstream = upstream();

my $nginx = nginx(<<'EOT', AS => $issuer->url, UP => $upstream->port);
    oauth_issuer corp { issuer %%AS%%; }

    map $oauth_claim_role $need { "" none; reader read; default admin; }
    map $oauth_claim_dept $dept { "" nobody; default $oauth_claim_dept; }
    map $oauth_claim_role $shout { "~^(\w)(.*)$" read; default read; }
    map $oauth_claim_tenant $tenant { "" none; default $oauth_claim_tenant; }

    map $assigned $of_assigned { default $assigned; }

    log_format tenant '$uri tenant=$tenant';

    oauth_header X-User sub;

    # no variable is read early here; the other servers are compared with this
    # one

    server {
        listen 127.0.0.1:%%PORT_plain%%;

        location / {
            oauth corp;
            oauth_resource https://app.test;
            oauth_scope $need;
            oauth_header X-Dept $dept;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location ~ ^/captured/(\w+)/(\w+)$ {
            oauth corp;
            oauth_resource https://app.test;
            oauth_scope $shout;
            oauth_header X-Second $2;
            proxy_set_header X-First $1;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_set%%;
        set $unused_need $need;
        set $unused_dept $dept;

        location / {
            oauth corp;
            oauth_resource https://app.test;
            oauth_scope $need;
            oauth_header X-Dept $dept;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_if%%;

        if ($need = nonsense) { return 418; }
        if ($dept = nonsense) { return 418; }

        location / {
            oauth corp;
            oauth_resource https://app.test;
            oauth_scope $need;
            oauth_header X-Dept $dept;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }

    # the policy reads a variable that "set" has assigned

    server {
        listen 127.0.0.1:%%PORT_server%%;
        set $assigned $need;
        set $department $dept;

        location / {
            oauth corp;
            oauth_resource https://app.test;
            oauth_scope $assigned;
            oauth_header X-Dept $department;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_location%%;

        location / {
            set $assigned $need;
            set $department "$dept";
            oauth corp;
            oauth_resource https://app.test;
            oauth_scope $assigned;
            oauth_header X-Dept $department;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_indirect%%;
        set $step $need;
        set $assigned "$step";
        set $department $dept;

        location / {
            oauth corp;
            oauth_resource https://app.test;
            oauth_scope $of_assigned;
            oauth_header X-Dept $department;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }

    # values that could not be computed a second time

    server {
        listen 127.0.0.1:%%PORT_odd%%;

        oauth_resource https://app.test;

        location /twice {
            set $twice read;
            set $twice $need;
            oauth corp;
            oauth_scope $twice;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /branch {
            set $branch admin;
            if ($oauth_claim_role = "") { set $branch none; }
            oauth corp;
            oauth_scope $branch;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /constant {
            set $constant read;
            if ($oauth_claim_role = banned) { return 403; }
            oauth corp;
            oauth_scope $constant;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /late {
            if ($oauth_claim_role = banned) { return 403; }
            set $late read;
            oauth corp;
            oauth_scope $late;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /self {
            set $self read;
            set $self "$self$oauth_claim_nothing";
            oauth corp;
            oauth_scope $self;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location ~ ^/from/(\w+)$ {
            set $from $1;
            oauth corp;
            oauth_scope $from;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }

    # a value that the configuration assigns stays, even where a map could
    # compute it

    map $uri $mapped { default read; }

    server {
        listen 127.0.0.1:%%PORT_assigned%%;

        oauth_resource https://app.test;

        location /map {
            set $mapped admin;
            oauth corp;
            oauth_scope $mapped;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /arg {
            set $arg_need admin;
            oauth corp;
            oauth_scope $arg_need;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /field {
            set $http_x_tenant acme;
            oauth corp;
            oauth_header X-Tenant $http_x_tenant;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location ~ ^/named/(?<tenant_name>\w+) {
            oauth corp;
            oauth_require tenant $tenant_name;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        # of several directives, the one that ran counts

        location /first {
            set $several admin;
            rewrite ^ /second last;
        }

        location /tried {
            set $several admin;
            try_files /none @second;
        }

        location /second {
            oauth corp;
            oauth_scope $several;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location @second {
            oauth corp;
            oauth_scope $several;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /broken {
            if ($arg_debug = "") { break; }
            set $skipped $need;
            oauth corp;
            oauth_scope $skipped;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        set $several $need;
    }

    # rules and policies on different levels

    server {
        listen 127.0.0.1:%%PORT_levels%%;
        oauth corp;
        oauth_resource https://app.test;

        if ($oauth_claim_role = banned) { return 403; }

        location / { proxy_pass http://127.0.0.1:%%UP%%; }

        location /own {
            oauth_resource https://other.test/own;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /later {
            if ($oauth_claim_team = banned) { return 403; }
            if ($uri ~ ^/later/(?<later_tenant>\w+)) { set $any 1; }
            oauth_require tenant $later_tenant;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }

    # what was read on the level of the server does not count for rules of a
    # location

    map $oauth_claim_role $banned { default 0; banned 1; }

    server {
        listen 127.0.0.1:%%PORT_stale%%;
        oauth_resource https://app.test;
        root %%DIR%%/html;
        ssi_types *;

        set $stale $oauth_claim_role;
        set $noted $banned;

        location /set {
            oauth corp;
            if ($stale = banned) { return 403; }
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /map {
            oauth corp;
            if ($banned) { return 403; }
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /plain {
            oauth corp;
            if ($request_method = TRACE) { return 405; }
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /page {
            ssi on;
            add_header X-Banned $banned;
        }
    }

    # a level of the server without a resource: its rules see no claims

    map $http_user_agent $robot { default 0; ~robot 1; }

    server {
        listen 127.0.0.1:%%PORT_unnamed%%;
        oauth corp;
        if ($robot) { return 403; }

        location / {
            oauth_resource https://app.test;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }

    # traces of a token that was refused, and of another location

    server {
        listen 127.0.0.1:%%PORT_trace%%;
        access_log %%DIR%%/tenant.log tenant;
        root %%DIR%%/html;
        ssi on;

        oauth_resource https://app.test;

        location /any {
            oauth corp;
            oauth_scope "tenant:$tenant";
            satisfy any;
            allow 127.0.0.1;
            deny all;
            proxy_set_header X-Claim $oauth_claim_tenant;
            proxy_set_header X-Tenant $tenant;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /all {
            oauth corp;
            oauth_scope "tenant:$tenant";
            error_page 403 /page;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /page {
            proxy_set_header X-Tenant $tenant;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /leave {
            oauth corp;
            add_header X-Shown $tenant always;
            proxy_set_header X-Tenant $tenant;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /whole {
            default_type text/html;
            set $before $tenant;
        }

        location /part {
            oauth corp;
            oauth_scope "tenant:$tenant";
            oauth_header X-Tenant $tenant;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }
EOT

my $contractor = $issuer->token(role => 'contractor', dept => 'sales',
                                scope => 'none read');
my $reader = $issuer->token(role => 'reader', dept => 'sales',
                            scope => 'read');
my $nobody = $issuer->token(scope => 'x');


for my $port (qw(plain set if server location indirect)) {
    my $http = $nginx->http($port);

    is_refused($http->get('/', token => $contractor), 403,
               'insufficient_scope', "$port: needs what the map says");
    is_refused($http->get('/'), 401, '', "$port: no token");

    for my $run ('first', 'known') {
        my $response = $http->get('/', token => $reader);

        is($response->status, 200, "$port, $run: a good token");
        is_deeply([ $response->echoed('X-Dept') ], [ 'sales' ],
                  "$port, $run: the header is of its claim");
        is_deeply([ $response->echoed('X-User') ], [ 'alice' ],
                  "$port, $run: as is its identity");
    }

    my $response = $http->get('/', token => $nobody);
    is($response->status, 200, "$port: without the claim nothing is needed");
    is_deeply([ $response->echoed('X-Dept') ], [ 'nobody' ],
              "$port: and the header has the default");
}

my $response = $nginx->http('plain')->get('/captured/one/two',
                                          token => $reader);
is($response->status, 200, 'a map with a regex');
is_deeply([ $response->echoed('X-First') ], [ 'one' ],
          'the captures of the location stay');
is_deeply([ $response->echoed('X-Second') ], [ 'two' ], 'all of them');

# values that cannot be computed a second time

my $http = $nginx->http('odd');

for my $path ('/twice', '/branch') {
    $nginx->mark;
    isnt($http->get($path, token => $contractor)->status, 200,
         "$path: does not open");
}

is($http->get('/constant', token => $reader)->status, 200,
   'a constant before a rule that reads a claim');
is($http->get('/constant', token => $issuer->token(role => 'banned'))->status,
   403, 'whose rule holds');
is($http->get('/late', token => $reader)->status, 200,
   'a constant after a rule that reads a claim');
is($http->get('/late', token => $issuer->token(role => 'banned'))->status,
   403, 'whose rule holds');
is($http->get('/self', token => $reader)->status, 200,
   'a variable that is assigned from itself');
is_refused($http->get('/self', token => $nobody), 403, 'insufficient_scope',
           'asks for what it says');
is($http->get('/from/read', token => $reader)->status, 200,
   'a capture without claims');
is_refused($http->get('/from/write', token => $reader), 403,
           'insufficient_scope', 'another one');

# values that were assigned

$http = $nginx->http('assigned');

for my $path ('/map', '/arg?need=read', '/first', '/tried', '/broken') {
    is_refused($http->get($path, token => $reader), 403, 'insufficient_scope',
               "$path: what the rules have assigned");
}

is_deeply([ $http->get('/field', token => $reader, 'X-Tenant' => 'mallory')
                ->echoed('X-Tenant') ], [ 'acme' ],
          'a header field of a variable that "set" has assigned');
is($http->get('/named/acme', token => $issuer->token(tenant => 'acme'))
   ->status, 200, 'a named capture');
is($http->get('/named/other', token => $issuer->token(tenant => 'acme'))
   ->status, 403, 'another one');

# levels: a rule that saw no claims has decided nothing

$http = $nginx->http('levels');

is($http->get('/', token => $reader)->status, 200, 'the server\'s own rule');
is($http->get('/', token => $issuer->token(role => 'banned'))->status, 403,
   'holds in its "location /"');

my $other = $issuer->token(aud => 'https://other.test/own', role => 'banned');
is($http->get('/own', token => $other)->status, 503,
   'a token that is good for the location alone: nobody knows');
ok($nginx->wait_for_log(qr/oauth: a rewrite rule read a claim/),
   'and the log says so');

is($http->get('/later/acme', token => $issuer->token(tenant => 'acme',
                                                     team => 'banned'))
   ->status, 503, 'a policy that depends on later rules: nobody knows');

# the rules of a location run after those of the server

$http = $nginx->http('stale');

my $banned = $issuer->token(role => 'banned');

mkdir $nginx->dir . '/html';
$nginx->write_file('html/page',
    '<!--# echo var="banned" --><!--# include virtual="/map" -->');

isnt($http->get('/set', token => $banned)->status, 200,
     'a variable that the server has set: nobody knows');
is($http->get('/map', token => $banned)->status, 403,
   'a map that the server has read: computed again');
is($http->get('/map', token => $reader)->status, 200, 'for a good token, too');
is($http->get('/plain', token => $reader)->status, 200,
   'rules that do not ask for claims do not matter');
unlike($http->get('/page', token => $banned)->body, qr/upstream/,
       'a subrequest does not use what its page has read');
like($http->get('/page', token => $reader)->body, qr/upstream/,
     'a good token sees the whole page');

is($nginx->http('unnamed')->get('/', token => $reader)->status, 200,
   'a level without a resource');
is($nginx->http('unnamed')->get('/', token => $reader,
                                'User-Agent' => 'robot')->status, 403,
   'whose rules hold');

# no traces

$http = $nginx->http('trace');
my $acme = $issuer->token(tenant => 'acme', scope => 'other');
my $member = $issuer->token(tenant => 'acme', scope => 'tenant:acme');

$response = $http->get('/any', token => $acme);
is($response->status, 200, 'satisfy any: let in');
is_deeply([ $response->echoed('X-Claim') ], [], 'without the claim');
is_deeply([ $response->echoed('X-Tenant') ], [ 'none' ],
          'without a map of the claim');

$response = $http->get('/any', token => $member);
is_deeply([ $response->echoed('X-Tenant') ], [ 'acme' ],
          'a token that is good shows both');

$response = $http->get('/all', token => $acme);
is($response->status, 403, 'refused');
is_deeply([ $response->echoed('X-Tenant') ], [ 'none' ],
          'the error page has no claim by a map');

$response = $http->get('/leave?field=X-Accel-Redirect:/page',
                       token => $member);
is_deeply([ $response->echoed('X-Tenant') ], [ 'none' ],
          'nor has an open location that it is redirected to');

is(scalar(grep { /tenant=acme/ } split /\n/,
          $nginx->read_file('tenant.log')), 1,
   'one line in the log has it: that of the good token');

# a subrequest

$nginx->write_file('html/whole.html',
                   '<!--# echo var="before" -->|<!--# include virtual="/part" -->');

$response = $http->get('/whole.html', token => $member);
like($response->body, qr/^none\|.*"X-Tenant","acme"/s,
     'a subrequest has its own value');
$response = $http->get('/whole.html', token => $acme);
unlike($response->body, qr/X-Tenant/, 'and is refused by its own value');

finish();

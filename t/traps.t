#!/usr/bin/perl
#
# Traps: what nginx accepts although the administrator has hardly meant it, and
# nginx -t warns about, with file, line and remedy.  For regex locations and
# caches the file also sends requests: nginx -t warns exactly where a client gets
# what it should not get.  Warnings about "return" and "rewrite" are in
# rewrite.t.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $issuer = issuer();
my $upstream = upstream();
my @urls = (AS => $issuer->url, UP => $upstream->port);

my $nginx = OAuth::Test::Nginx->new(conf => '', @urls);
my $url = 'oauth_resource https://app.test;';


# A server with these lines.

sub in_server {
    my ($lines, $name, $port) = @_;

    $name //= 'app.test';
    $port //= 'main';

    return <<"CONF";
    server {
        listen 127.0.0.1:%%PORT_$port%%;
        server_name $name;
        $lines
    }
CONF
}


sub with_issuer {
    my ($lines, @rest) = @_;

    return "oauth_issuer corp { issuer %%AS%%; }\n" . in_server($lines, @rest);
}


# What nginx -t says: whether it accepts the configuration, and the lines of
# these levels.

sub said {
    my ($conf, @options) = @_;

    my ($ok, $said) = $nginx->test_conf($conf, @options);
    my @lines = split /\n/, $said;

    return { ok => $ok ? 1 : 0,
             map { my $level = $_;
                   $level => [ grep { /\[$level\]/ } @lines ] } qw(warn emerg) };
}


sub silent {
    my ($name, $conf) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return is_deeply(said($conf), { ok => 1, warn => [], emerg => [] },
                     "silent: $name");
}


# One warning, which names the line with the mark "# here", and matches.

sub warns {
    my ($name, $conf, @patterns) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return is_deeply(problems(said($conf), 1, @patterns), [],
                     "warns: $name");
}


# The same, and nginx -t refuses the configuration in the end.

sub refuses {
    my ($name, $conf, @patterns) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $said = said($conf);
    my $problems = problems($said, 0, @patterns);

    push @$problems, "not one emerg: @{ $said->{emerg} }"
        if @{ $said->{emerg} } != 1
           || $said->{emerg}[0] !~ /at 1 place,.*add "oauth".*"oauth off"/;

    return is_deeply($problems, [], "refuses: $name");
}


sub problems {
    my ($said, $ok, @patterns) = @_;

    my @problems;
    my @warnings = @{ $said->{warn} };
    my $line = $nginx->line_of('# here');

    push @problems, 'ok is ' . $said->{ok} if $said->{ok} != $ok;
    push @problems, "not one warning: @warnings" if @warnings != 1;
    push @problems, map { "no $_ in: @warnings" }
        grep { ($warnings[0] // '') !~ $_ }
        qr{\Q${\$nginx->dir}\E/nginx\.conf:$line$}, @patterns;

    return \@problems;
}


# directives that demand something of a token, where no token is checked

for my $rule ('oauth_scope a', 'oauth_require a b', 'oauth_header X-A sub') {
    my ($word) = split ' ', $rule;

    refuses("$word in an open location", with_issuer(
                "location /a {\n $rule; # here\n oauth_scope b;\n }"),
            qr/"$word"/, qr{"/a"}, qr/add "oauth"/, qr/"oauth off"/);
    refuses("$word in an open server", with_issuer("$rule; # here\n"
                . 'location / { }'), qr/"$word"/);
    refuses("$word beside a protected location", with_issuer("$url\n"
                . "location /a {\n $rule; # here\n }\n"
                . 'location /b { oauth corp; }'), qr/"$word"/, qr{"/a"});
    refuses("$word around an open location", with_issuer("$url\n"
                . "location /a {\n $rule; # here\n"
                . ' location /a/b { oauth off; } }'), qr/"$word"/, qr{"/a"});
    refuses("$word in limit_except", with_issuer("location /a {\n"
                . "limit_except GET {\n $rule; # here\n } }"), qr/"$word"/);

    silent("$word $_->[0]", with_issuer("$url $_->[1]" =~ s/RULE/$rule;/r))
        for [ 'in a protected location', 'location / { RULE oauth corp; }' ],
            [ 'in a protected server', 'oauth corp; location / { RULE }' ],
            [ 'where oauth is off', 'location / { RULE oauth off; }' ],
            [ 'below an oauth that is off',
              'oauth off; location / { RULE }' ],
            [ 'around a protected location',
              'location / { RULE location /a { oauth corp; } }' ],
            [ 'in a server with one that is protected',
              'RULE location / { } location /a { oauth corp; }' ],
            [ 'in a server, far from it', 'RULE location /a { location /a/b '
              . '{ limit_except GET { oauth corp; } } }' ],
            [ 'around limit_except',
              'location / { RULE limit_except GET { oauth corp; } }' ],
            [ 'in limit_except', 'location / { oauth corp; '
              . 'limit_except GET { RULE } }' ];
}

silent('a header of the http block', 'oauth_header X-A sub;'
       . with_issuer('location / { }'));

# all of them are warned about, the refusal counts them and comes last

my $forgotten = with_issuer(<<'CONF');
        location /a { oauth_scope a; }
        location /b { oauth_require a b; proxy_pass http://127.0.0.1:%%UP%%; }
        location ~ ^/c { oauth_header X-A sub; }
CONF
my ($ok, $said) = $nginx->test_conf($forgotten);
my @levels = $said =~ /\[(warn|emerg)\]/g;

ok(!$ok, 'three places: refused');
is_deeply(\@levels, [ qw(warn warn warn emerg) ], 'each, and then the refusal');
like($said, qr/\[emerg\] .*protects nothing at 3 places, see the warnings above: add "oauth" with the name of an issuer, or "oauth off" if everybody may have access; nginx starts and reloads with this configuration/,
     'which says how many, and what to do');

($ok, $said) = $nginx->test_conf($forgotten, '-q');
ok($ok, 'nginx -t -q, which is a part of a start, accepts them') or diag($said);

# a start and a reload go on, with the warnings in the log

my $running = nginx($forgotten, @urls);

is($running->http->get('/b')->status, 200, 'nginx starts with them');
is(scalar(() = $running->errors =~ /\[warn\] .*"oauth_/g), 3,
   'and warns of each') or diag($running->errors);
unlike($running->errors . $running->log, qr/\[emerg\]/, 'and no more');

$running->write_conf(with_issuer('location / { return 200 good; }'));
ok($running->reload, 'another configuration');
is($running->http->get('/b')->body, 'good', 'is in force');

$running->mark->write_conf($forgotten);
ok($running->reload, 'a reload with these places');
is(scalar($running->log_lines(qr/\[warn\].*"oauth_/)), 3, 'warns of each');
is($running->http->get('/b')->status, 200, 'and is in force');

# a resource whose URL comes from server_name and listen

my $names = 'app.test other.test *.more.test ~x APP.test';

warns('plain http off loopback', with_issuer(
          "location / {\n oauth corp; # here\n }"),
      qr{"http://app\.test:\d+"}, qr/add "oauth_resource"/);
warns('plain http, once for a resource', with_issuer(
          "oauth corp; # here\nlocation / { } location /x { }"),
      qr{"http://app\.test:\d+"});
warns("plain http: $_", with_issuer("location / {\n oauth corp; # here\n }",
                                    $_), qr/add "oauth_resource"/)
    for qw(127.0.0.1.evil.test 10.0.0.1 localhost.test);
silent("plain http: $_", with_issuer('location / { oauth corp; }', $_))
    for qw(127.0.0.1 127.9.9.9 localhost);
silent('plain http that is written', with_issuer('location / { oauth corp;'
    . ' oauth_resource http://app.test; }'));
warns('a second name', with_issuer("location / {\n oauth corp; # here\n }",
          'localhost other.test'), qr/"other\.test"/,
      qr/add "oauth_resource"/);
silent("other names: $_", with_issuer('location / { oauth corp; }', $_))
    for 'localhost *.app.test', 'localhost ~^app', 'localhost LOCALHOST';
silent('other names and a resource', with_issuer(
           "$url location / { oauth corp; }", $names));
silent('other names and nothing protected', with_issuer('location / { }',
                                                        $names));

# methods: IANA's registry, in its order

my @methods = qw(ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT CONNECT COPY DELETE
                 GET HEAD LABEL LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL
                 MKREDIRECTREF MKWORKSPACE MOVE OPTIONS ORDERPATCH PATCH POST
                 PRI PROPFIND PROPPATCH PUT QUERY REBIND REPORT SEARCH TRACE
                 UNBIND UNCHECKOUT UNLINK UNLOCK UPDATE UPDATEREDIRECTREF
                 VERSION-CONTROL);

silent('every registered method', with_issuer(
    "$url location / { oauth corp; oauth_scope a method="
    . join(',', @methods) . '; }'));
warns("method=$_", with_issuer("$url location / {\n oauth corp;\n"
          . " oauth_scope a method=POST,$_; # here\n }"), qr/"$_"/,
      qr/correct it if it is misspelled/)
    for qw(PSOT POSTS GE PURGE M-SEARCH VERSION_CONTROL);

warns("a comma: $_", with_issuer("$url location / {\n oauth corp;\n"
          . " $_; # here\n }"), qr/comma/, qr/write spaces/)
    for 'oauth_scope a,b', 'oauth_scope a:$arg_x,b', 'oauth_scope c|a,b',
        'oauth_scope_advertise a,b', 'oauth_scope_implies a b,c';
silent('spaces', with_issuer("$url location / { oauth corp; oauth_scope a b "
                             . 'method=GET,PUT; }'));


# Regex locations.  Each case: its name; the lines of the server, in which REGEX
# begins the regex location, PASS leads to the app, and AUTH protects; whether
# PUT /mcp/x.php reaches the app without a token; and whether nginx -t warns, if
# that differs.

my @regex = (
    [ 'beside the catch-all', 'location / { AUTH PASS } REGEX }', 1 ],
    [ 'after a prefix', 'location /mcp { AUTH PASS } REGEX }', 1 ],
    [ 'before a prefix', 'REGEX } location /mcp { AUTH PASS }', 1 ],
    [ 'a prefix with ^~', 'location ^~ /mcp { AUTH PASS } REGEX }', 0 ],
    [ 'an exact location', 'location = /mcp/x.php { AUTH PASS } REGEX }', 0 ],
    [ 'after a regex', 'location ~ ^/mcp { AUTH PASS } REGEX }', 0 ],
    [ 'before a regex', 'REGEX } location ~ ^/mcp { AUTH PASS }', 1 ],
    [ 'oauth off', 'location /mcp { AUTH PASS } REGEX oauth off; }', 1, 0 ],
    [ 'oauth off in the server',
      'oauth off; location /mcp { AUTH PASS } REGEX }', 1, 0 ],
    [ 'protected', 'location /mcp { AUTH PASS } REGEX AUTH }', 0 ],
    [ 'in a protected server', 'AUTH location /mcp { PASS } REGEX }', 0 ],
    [ 'inside the protected location', 'location /mcp { AUTH PASS REGEX } }',
      0 ],
    [ 'inside another location',
      'location /mcp { AUTH PASS } location /a { REGEX } }', 0 ],
    [ 'internal', 'location /mcp { AUTH PASS } REGEX internal; }', 0 ],
    [ 'beside a named location', 'location @mcp { AUTH PASS } REGEX }', 1, 0 ],
    [ 'beside an internal location',
      'location /mcp { internal; AUTH PASS } REGEX }', 1, 0 ],
    [ 'nothing is protected', 'location /mcp { PASS } REGEX }', 1, 0 ],
    [ 'beside a nested location',
      'location /mcp { PASS location /mcp/x { AUTH PASS } } REGEX }', 1 ],
    [ 'beside a nested location in one with ^~',
      'location ^~ /mcp { PASS location /mcp/x { AUTH PASS } } REGEX }', 0 ],
    [ 'beside a nested location with ^~',
      'location /mcp { PASS location ^~ /mcp/x { AUTH PASS } } REGEX }', 1 ],
    [ 'beside a nested exact location',
      'location /mcp { PASS location = /mcp/x.php { AUTH PASS } } REGEX }', 0 ],
    [ 'beside a nested regex location',
      'location /mcp { PASS location ~ /x { AUTH PASS } } REGEX }', 0 ],
    [ 'before a regex location around a protected one',
      'REGEX } location ~ ^/mcp { PASS location ~ /x { AUTH PASS } }', 1 ],
    [ 'after a regex location around a protected one',
      'location ~ ^/mcp { PASS location ~ /x { AUTH PASS } } REGEX }', 0 ],
    [ 'both nested',
      'location /mcp { PASS location /mcp/x { AUTH PASS } REGEX } }', 1 ],
    [ 'beside limit_except',
      'location /mcp { PASS limit_except GET { AUTH } } REGEX }', 1 ],
    [ 'inside the location of limit_except',
      'location /mcp { PASS limit_except GET { AUTH } REGEX } }', 1 ],
    [ 'with an "if"', 'location /mcp { AUTH PASS } '
      . 'REGEX if ($arg_x) { return 204; } }', 1 ],
);


sub regex_server {
    my ($lines, $port) = @_;

    my $pass = 'proxy_pass http://127.0.0.1:%%UP%%;';

    $lines =~ s/REGEX/location ~ \\.php\$ { # here\n$pass/g;
    $lines =~ s/AUTH/oauth corp;/g;
    $lines =~ s/PASS/$pass/g;

    return in_server("$url\n$lines", 'app.test', $port);
}


for (@regex) {
    my ($name, $lines, $reached, $warned) = @$_;
    my $conf = "oauth_issuer corp { issuer %%AS%%; }\n"
               . regex_server($lines, 'main');

    if ($warned // $reached) {
        warns("a regex location: $name", $conf, qr/regex location "\\.php\$"/,
              qr{protected location "(?:/|/mcp|/mcp/x|\^/mcp|/x)": add "oauth" },
              qr/"oauth off" if/);

    } else {
        silent("a regex location: $name", $conf);
    }
}

silent('a regex location: another server protects', with_issuer(
    "$url location /mcp { oauth corp; }")
    . regex_server('location /mcp { PASS } REGEX }', 'other'));

my $servers = nginx(join('', "oauth_issuer corp { issuer %%AS%%; }\n",
    map { regex_server($regex[$_][1], "case$_") } 0 .. $#regex), @urls);

for my $i (0 .. $#regex) {
    my ($name, $lines, $reached) = @{ $regex[$i] };
    my $status = $servers->http("case$i")->request('PUT', '/mcp/x.php')->status;

    is($status == 200 ? 1 : 0, $reached, "a regex location: $name: "
       . ($reached ? 'reached' : 'not reached'))
        or diag("status $status");
}


# Caches.  Each case: its name; the lines of the location, in which KEEP is a
# cache, KEY begins its key, and PASS leads to the app; whether Bob gets the
# response to Alice; and whether nginx -t warns, if that differs.

my $pass = 'proxy_pass http://127.0.0.1:%%UP%%;';

my @caches = (
    [ 'no key', 'KEEP PASS', 1 ],
    [ 'a key without the client', 'KEEP PASS KEY$uri$arg_oauth_sub;', 1 ],
    [ 'a key without variables', 'KEEP PASS KEYoauth_sub;', 1 ],
    [ 'the subject', 'KEEP PASS KEY$uri$oauth_issuer$oauth_sub;', 0 ],
    [ 'the subject, in braces', 'KEEP PASS KEY"${uri}-${oauth_sub}";', 0 ],
    [ 'a claim', 'KEEP PASS KEY$uri$oauth_claim_sub;', 0 ],
    [ 'a claim of oauth_claim_set', 'KEEP PASS KEY$uri$who;', 0 ],
    [ 'responses that are shared on purpose',
      'KEEP PASS KEY$uri$oauth_issuer;', 1, 0 ],
    [ 'a token that is removed', 'KEEP PASS KEY$uri$http_authorization;', 1 ],
    [ 'a token that is passed on',
      'KEEP PASS KEY$uri$http_authorization; oauth_pass_token on;', 0 ],
    [ 'off', 'proxy_cache off; PASS', 0 ],
    [ 'a zone by variable', 'proxy_cache $zone; PASS', 1 ],
    [ 'an app by variable',
      'KEEP set $app 127.0.0.1:%%UP%%; proxy_pass http://$app;', 1 ],
    [ 'a proxy in "if"', q(KEEP if ($arg_none = '') { PASS }), 1 ],
    [ 'a proxy in "if" and beside it', 'KEEP PASS if ($arg_none) { PASS }', 1 ],
);


sub cache_location {
    my ($lines, $path) = @_;

    $lines =~ s/KEEP/proxy_cache pages;/;
    $lines =~ s/KEY/proxy_cache_key /;
    $lines =~ s/PASS/$pass/g;

    return "location $path { oauth corp; $lines }";
}


sub cache_conf {
    my (@locations) = @_;

    return 'proxy_cache_path %%DIR%%/cache keys_zone=pages:1m;'
        . 'proxy_cache_valid 200 1h;'
        . 'map $uri $zone { default pages; } oauth_claim_set $who sub;'
        . with_issuer(join "\n", $url, 'oauth_header X-User sub;',
                      'location /protected { oauth corp; }', @locations);
}


for (@caches) {
    my ($name, $lines, $got, $warned) = @$_;
    my $location = cache_location($lines, '/a');

    if ($warned // $got) {
        warns("a cache: $name", cache_conf("$location # here"),
              qr{"proxy_cache" in the protected location "/a" of server "app},
              qr/add "\$oauth_issuer\$oauth_sub" to "proxy_cache_key", or/);

    } else {
        silent("a cache: $name", cache_conf($location));
    }
}

like(said(cache_conf("location / { oauth corp; proxy_cache pages; $pass }"))
     ->{warn}[0], qr/has the key "\$scheme\$proxy_host\$request_uri", which is the same for all clients:/,
     'the message says which key nginx uses');
like(said(cache_conf('location / { oauth corp; proxy_cache pages; '
                     . "proxy_cache_key \$http_authorization; $pass }"))
     ->{warn}[0], qr/has the key "\$http_authorization", which has \$http_authorization, but the module removes that header without "oauth_pass_token on"/,
     'and that a token which is removed does not count');

silent("a cache: $_->[0]", cache_conf($_->[1]))
    for [ 'in an open location', "location / { proxy_cache pages; $pass }" ],
        [ 'where oauth is off',
          "location / { oauth off; proxy_cache pages; $pass }" ],
        [ 'in a server, of which no protected location has a proxy',
          'proxy_cache pages; location / { oauth corp; }' ],
        [ 'of another module', 'proxy_cache pages; location / { oauth corp; '
          . 'fastcgi_pass 127.0.0.1:%%UP%%; }' ],
        [ 'of a module without caches', 'proxy_cache pages; location / { '
          . 'oauth corp; grpc_pass 127.0.0.1:%%UP%%; }' ],
        [ 'where only writing needs a token', 'location / { '
          . "proxy_cache pages; $pass limit_except GET { oauth corp; } }" ],
        [ 'where only reading needs none', 'location / { oauth corp; '
          . "proxy_cache pages; $pass limit_except POST { oauth off; } }" ];

warns("a cache: $_->[0]", cache_conf($_->[1]), qr/"proxy_cache" in/)
    for [ 'of the server', "proxy_cache pages; location / { # here\n"
          . " oauth corp; $pass }" ],
        [ 'where reading needs a token', 'location / { proxy_cache pages; '
          . "$pass limit_except PUT { # here\n oauth corp; } }" ],
        [ 'where writing needs a token and is cached', 'location / { '
          . 'proxy_cache pages; proxy_cache_methods POST; '
          . "$pass limit_except GET { # here\n oauth corp; } }" ],
        [ 'where both need one', 'location / { oauth corp; proxy_cache pages; '
          . "$pass limit_except PUT { # here\n deny all; } }" ];

for my $prefix (qw(fastcgi uwsgi scgi)) {
    my $lines = "location / { # here\n oauth corp; ${prefix}_cache pages; "
                . "${prefix}_cache_key \$uri KEY; "
                . "${prefix}_pass 127.0.0.1:%%UP%%; }";
    my $path = "${prefix}_cache_path %%DIR%%/cache keys_zone=pages:1m;";
    my $conf = $path . with_issuer("$url $lines");

    warns("a cache: ${prefix}_cache", $conf =~ s/ KEY//r,
          qr/"${prefix}_cache" in/, qr/has the key "\$uri"/,
          qr/to "${prefix}_cache_key"/);
    silent("a cache: ${prefix}_cache with a good key",
           $conf =~ s/ KEY/\$oauth_sub/r);
    silent("a cache: ${prefix}_cache off", $conf =~ s/ KEY//r
           =~ s/${prefix}_cache pages/${prefix}_cache off/r);

    # No key: nginx itself warns of it, too, and has no key of its own.

    my @warnings = @{ said($conf =~ s/\Q${prefix}_cache_key\E.*?;//r)->{warn} };
    my @ours = grep { /protected location/ } @warnings;

    is(scalar @ours, 1, "warns: a cache: ${prefix}_cache without a key")
        or diag("@warnings");
    like($ours[0], qr/"${prefix}_cache" in the protected location "\/" of server "app\.test" has no key, so nginx keeps one response for all URLs and all clients: add "${prefix}_cache_key" with "\$scheme\$request_method\$host\$request_uri\$oauth_issuer\$oauth_sub",/,
         'which says so');
    like($ours[0], qr/ in \S+:${\$nginx->line_of('# here')}\z/, 'and where');
}

# what clients get

my $cached = nginx(cache_conf(map { cache_location($caches[$_][1], "/case$_/") }
                                  0 .. $#caches), @urls);
my $http = $cached->http;
my ($alice, $bob) = map { $issuer->token(sub => $_) } qw(alice bob);

for my $i (0 .. $#caches) {
    my ($name, $lines, $got) = @{ $caches[$i] };

    is_deeply([ map { [ $http->get("/case$i/", token => $_)
                        ->echoed('X-User') ] } $alice, $bob ],
              [ [ 'alice' ], [ $got ? 'alice' : 'bob' ] ],
              "a cache: $name: what Alice gets, and then Bob");
}

finish();

#!/usr/bin/perl
#
# Every allocation of every kind of request fails once.  Then a request that had
# to be refused must not be let in, and a request must not be let in without its
# identity or its assertion, or with those of another.  The worker must serve the
# next request and lose no memory.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use OAuth::Test;
use OAuth::Test::Assertion qw(make_key);
use OAuth::Test::Http2Client;
use OAuth::Test::Token qw(mint);
use OAuth::Test::Torture;

# Each request verifies its token anew, unless known.t says otherwise.

our $cache;
$cache //= 0;

my %key = map { $_ => key($_) } qw(RS256 PS256 ES256 EdDSA);
my $stranger = key('ES256');

my %claims = (
    iss => 'https://corp.test', scope => 'read', groups => [ 'x', 'staff' ],
    realm => { roles => [ 'a', 'b,c' ] }, 'realm.access' => { team => 'blue' },
);

my $good = token('ES256');

my $torture = OAuth::Test::Torture->new(keys => [ values %key ],
                                        token => $good,
                                        CACHE => $cache,
                                        conf => <<'EOT');
    oauth_cache %%CACHE%%;
    oauth_issuer corp { issuer https://corp.test; jwks_file %%DIR%%/jwks; }
    oauth_issuer live { issuer %%ISSUER%%; key_refetch 1s; }
    oauth_claim_set $team realm.access team;

    map $oauth_sub $mapped { default ""; alice "u-alice"; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        listen 127.0.0.1:%%PORT_h2%% http2;
        server_name app.test;
        root %%DIR%%/html;
        default_type text/html;

        oauth corp live;
        oauth_resource https://app.test;
        oauth_scope read;
        oauth_header X-User sub;
        oauth_header X-Client $oauth_client_id;
        oauth_header X-Roles realm.roles;
        oauth_header X-Team $team;
        oauth_header X-Mapped $mapped;
        oauth_assertion_key key.pem;

        location / { proxy_pass http://127.0.0.1:%%APP%%; }

        location /write/ {
            oauth_scope write;
            oauth_scope_implies admin write;
            proxy_pass http://127.0.0.1:%%APP%%;
        }

        location /group/ {
            oauth_require groups staff 17;
            proxy_pass http://127.0.0.1:%%APP%%;
        }

        location /page/ {
            error_page 401 403 /refused.html;
            proxy_pass http://127.0.0.1:%%APP%%;
        }

        location = /refused.html { oauth off; }

        location /moved/ {
            error_page 418 = @moved;
            return 418;
        }

        location @moved { proxy_pass http://127.0.0.1:%%APP%%; }
        location /rewritten/ { try_files /none /files/page.html; }
        location /files/ { try_files $uri @moved; }
        location /index/ { index page.html; }
        location = /ssi.html { ssi on; }
        send_timeout 1s;

        location = /open.html {
            oauth off;
            ssi on;
        }

        location = /part.html { }
        location = /status { oauth off; oauth_status; }

        location /any/ {
            satisfy any;
            deny all;
            proxy_pass http://127.0.0.1:%%APP%%;
        }

        location /let/ {
            satisfy any;
            allow all;
            proxy_pass http://127.0.0.1:%%APP%%;
        }

        location /reflect/ {
            oauth_resource https://app.test/reflect/ reflect;
            proxy_pass http://127.0.0.1:%%APP%%;
        }

        location /pass/ {
            oauth_pass_token on;
            proxy_pass http://127.0.0.1:%%APP%%;
        }

        location /signed/ {
            oauth_assertion X-Assertion claims=groups;
            proxy_pass http://127.0.0.1:%%APP%%;
        }

        location /fresh/ {
            oauth_acr gold;
            oauth_max_age 1h;
            proxy_pass http://127.0.0.1:%%APP%%;
        }

        location /dry/ {
            oauth_dry_run on;
            oauth_strict_uri on;
            proxy_pass http://127.0.0.1:%%APP%%;
        }

        location /free/ {
            oauth off;
            proxy_pass http://127.0.0.1:%%APP%%;
        }
    }
EOT

my $nginx = $torture->nginx;

make_key($nginx->dir . '/key.pem');
$torture->start;

mkdir $nginx->dir . "/html/$_" for qw(files index);
$nginx->write_file("html/$_", 'SECRET')
    for qw(files/page.html index/page.html part.html);
$nginx->write_file('html/refused.html', 'refused');
$nginx->write_file("html/$_", '<!--#include virtual="/part.html" -->.')
    for qw(ssi.html open.html);

my $alice = 'alice|agent|a,b%2Cc|blue|u-alice|-';
my $nobody = '-|-|-|-|-';
my $late = token('ES256', exp => time - 600);


sub token {
    my ($alg, %more) = @_;

    return mint(key => $key{$alg}, claims => { %claims, %more });
}


# The first allocations of an HTTP/2 connection, before there is a request

use constant HTTP2_START => 12;

my $long = 'alice-of-the-accounting-department-in-the-north';

my $control = $alice;

# The requests that may be answered with the text SECRET; all others must not be

my %opens = map { $_ => 1 } qw(try_files index SSI);

# name, request, status, what the app sees (nothing, if not given), and what it
# sees instead where the token could not be verified for lack of memory

my @script = (
    [ 'no token', [ GET => '/' ], 401 ],
    [ 'no token, HEAD', [ HEAD => '/' ], 401 ],
    [ 'no token, POST', [ POST => '/', body => 'x' x 20_000 ], 401 ],
    [ 'no token, a window', [ GET => '/', 'Sec-Fetch-Mode' => 'navigate' ],
      401 ],
    [ 'no token, reflected', [ GET => '/reflect/x' ], 401 ],
    [ 'no token, reflected to a window', [
        GET => '/reflect/x', 'Sec-Fetch-Mode' => 'navigate' ], 401 ],
    [ 'no token, a missing slash', [ GET => '/reflect' ], 401 ],
    [ 'a preflight without the slash', [
        OPTIONS => '/reflect', Origin => 'https://page.test',
        'Access-Control-Request-Method' => 'GET' ], 204 ],
    [ 'RS256', [ GET => '/', token => token('RS256') ], 200, $alice ],
    [ 'ES256', [ GET => '/', token => $good ], 200, $alice ],
    [ 'PS256', [ GET => '/', token => token('PS256') ], 200, $alice ],
    [ 'a long name', [ GET => '/', token => token('RS256', sub => $long) ],
      200, $alice =~ s/\Aalice/$long/r =~ s/u-alice/-/r ],
    [ 'EdDSA', [ GET => '/', token => token('EdDSA') ], 200, $alice ],
    [ 'HEAD', [ HEAD => '/', token => $good ], 200, $alice ],
    [ 'POST', [ POST => '/', token => $good, body => 'x' x 20_000 ], 200,
      $alice ],
    [ 'client headers', [ GET => '/', token => $good, 'X-User' => 'root',
                          X_User => 'root', Connection => 'X-User',
                          'X-Team' => 'red' ], 200, $alice ],
    [ 'client headers, open', [ GET => '/free/', 'X-User' => 'root' ], 200,
      '-|-|-|-|-|-' ],
    [ 'bad signature', [ GET => '/', token => mint(
        key => $stranger, claims => \%claims,
        header => { kid => $key{ES256}->kid }) ], 401 ],
    [ 'not a token', [ GET => '/', token => 'a.b.c' ], 401 ],
    [ 'expired', [ GET => '/', token => token('ES256', exp => time - 600) ],
      401 ],
    [ 'wrong audience', [ GET => '/', token => token('ES256',
                                                     aud => 'https://b') ],
      401 ],
    [ 'unknown issuer', [ GET => '/', token => token('ES256',
                                                     iss => 'https://b') ],
      401 ],
    [ 'insufficient scope', [ GET => '/write/', token => $good ], 403 ],
    [ 'implied scope', [ GET => '/write/', token => token(
        'ES256', scope => 'admin') ], 200, $alice ],
    [ 'required claim', [ GET => '/group/', token => $good ], 200, $alice ],
    [ 'required number', [ GET => '/group/', token => token(
        'ES256', groups => 17) ], 200, $alice ],
    [ 'requirement not met', [ GET => '/group/', token => token(
        'ES256', groups => [ 'guest' ]) ], 403 ],
    [ 'preflight', [ OPTIONS => '/', Origin => 'https://a',
                     'Access-Control-Request-Method' => 'GET',
                     'Access-Control-Request-Headers' => 'authorization' ],
      204 ],
    [ 'error page', [ GET => '/page/' ], 401 ],
    [ 'named location', [ GET => '/moved/', token => $good ], 200, $alice ],
    [ 'named location, refused', [ GET => '/moved/', token => 'x' ], 401 ],
    [ 'try_files', [ GET => '/rewritten/', token => $good ], 200 ],
    [ 'try_files, refused', [ GET => '/rewritten/' ], 401 ],
    [ 'index', [ GET => '/index/', token => $good ], 200 ],
    [ 'SSI', [ GET => '/ssi.html', token => $good ], 200 ],
    [ 'SSI, refused', [ GET => '/open.html' ], 200 ],
    [ 'satisfy any', [ GET => '/any/', token => $good ], 200, $alice ],
    [ 'satisfy any, refused', [ GET => '/any/', token => 'x' ], 401 ],
    [ 'satisfy any, let in', [ GET => '/let/' ], 200, '-|-|-|-|-|-' ],
    [ 'assertion', [ GET => '/signed/', token => token('EdDSA'),
                     'X-Assertion' => 'a.b.c' ], 200, "$alice|signed" ],
    [ 'assertion, refused', [ GET => '/signed/', token => 'x',
                              'X-Assertion' => 'a.b.c' ], 401 ],
    [ 'assertion keys', [ GET => '/.well-known/oauth-assertion-keys' ], 200 ],
    [ 'token passed', [ GET => '/pass/', token => $good ], 200,
      $alice =~ s/-\z/Bearer $good/r ],
    [ 'sign in again', [ GET => '/fresh/', token => $good ], 401 ],
    [ 'signed in', [ GET => '/fresh/', token => token(
        'ES256', acr => 'gold', auth_time => time) ], 200, $alice ],
    [ 'dry run', [ GET => '/dry/', token => $good, 'X-User' => 'root' ], 200,
      $alice =~ s/-\z/Bearer $good/r,
      $cache ? () : "$nobody|Bearer $good" ],
    [ 'dry run, no token', [ GET => '/dry/', 'X-User' => 'root' ], 200,
      "$nobody|-" ],
    [ 'dry run, expired', [ GET => '/dry/', token => $late ], 200,
      "$nobody|Bearer $late" ],
    [ 'dry run, preflight', [ OPTIONS => '/dry/', Origin => 'https://a',
                              'Access-Control-Request-Method' => 'GET' ],
      200, "$nobody|-" ],
    [ 'metadata', [ GET => '/.well-known/oauth-protected-resource' ], 200 ],
    [ 'metadata, HEAD', [ HEAD => '/.well-known/oauth-protected-resource' ],
      200 ],
    [ 'metadata, reflected', [
        GET => '/.well-known/oauth-protected-resource/reflect/x%20y' ], 200 ],
    [ 'metadata, 404', [ GET => '/.well-known/oauth-protected-resource/x' ],
      404 ],
    [ 'metadata, 405', [ POST => '/.well-known/oauth-protected-resource' ],
      405 ],
    (map { [ "status, $_", [ GET => "/status?format=$_" ], 200 ] }
         $cache ? () : qw(json html prometheus)),
);

# nginx 1.22 crashes when it logs the request line of an HTTP/2 request for
# which there was no memory.  The test knows this allocation by its size and
# spares it.

# If the start of an HTTP/2 connection lacks memory for the cleanup of its pool,
# nginx does not free the pool.  This is one of the first allocations, when no
# request is there yet.  It would be visible among the few of a known token.

for my $name ($cache ? () : ('no token', 'ES256', 'POST', 'bad signature',
                             'metadata'))
{
    my ($case) = grep { $_->[0] eq $name } @script;
    my (undef, $request, @rest) = @$case;
    my ($method, $path, @fields) = @$request;

    push @script, [ "HTTP/2, $name",
                    [ $method, "$path?" . 'x' x 1000, @fields ], @rest ];
}


sub send_request {
    my ($id, $request, $http2) = @_;

    my ($method, $path, @fields) = (@$request, 'X-Case', $id);

    $torture->spare($http2 ? length("$method $path HTTP/2.0") + 1 : 0);

    if (!$http2) {
        return $torture->finish($nginx->http->start($method, $path, @fields));
    }

    my $client = OAuth::Test::Http2Client->new(port => $nginx->port('h2'),
                                               timeout => 0.2);

    for my $i (grep { $_ % 2 == 0 } 0 .. $#fields) {
        $fields[$i] = lc $fields[$i] =~ tr/A-Z_/a-z-/r;
    }

    my $response = $client->request($method, $path, @fields);
    $client->close;

    return $response;
}


# Accepts the right answer, an answer of nginx about its own trouble, or none.

sub judge {
    my ($response, $status, $open) = @_;

    my $got = $response->status;

    return "$got, " . $response->error
        if $got != $status && $got != 500 && $got != 502 && $got != 503
           && ($got || $response->error eq 'timed out');

    return 'SECRET is out' if !$open && $response->body =~ /SECRET/;

    return;
}


# What nginx loses by itself, see above

sub is_nginx_leak {
    my ($wrong) = @_;

    return $wrong =~ /^(\d+)(?: and on)?: 1 blocks are lost each time$/
           && $1 <= HTTP2_START;
}


for my $case (@script) {
    my ($name, $request, $status, @apps) = @$case;
    my $id = $name =~ s/\W+/-/gr;
    my $attempt = sub { send_request($id, $request, $name =~ /^HTTP\/2/) };

    is($attempt->()->status, $status, "$name: $status");

    my ($count, @wrong) = $torture->each_allocation(
        attempt => $attempt,
        judge => sub { judge($_[0], $status, $opens{$name}) });

    @wrong = grep { !is_nginx_leak($_) } @wrong if $name =~ /^HTTP\/2/;

    my %seen = map { ("@$_" => 1) } $torture->seen;
    my %expected = map { ($_ => 1) } "control $control",
        map { "$id $_" } @apps;

    is_deeply(\@wrong, [], "$name: each of $count allocations");
    is_deeply(\%seen, \%expected, "$name: what the app sees");
}

is($nginx->log_lines(qr/worker process \d+ exited/), 0, 'one worker');
note($torture->summary);

finish();

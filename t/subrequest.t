#!/usr/bin/perl
#
# nginx skips the access phase for subrequests.  If a subrequest reaches a
# protected location, the module decides nevertheless, by the rules of that
# location and with the token of the main request.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $issuer = issuer();
my $cold = issuer();
my $rotating = issuer();
my $upstream = upstream();

$cold->answer(jwks => mode => 'hang');

my $nginx = nginx(<<'EOT', AS => $issuer->url, UP => $upstream->port,
    oauth_issuer corp { issuer %%AS%%; }
    oauth_issuer cold { issuer %%COLD%%; timeout 2s; }
    oauth_issuer rotating { issuer %%ROTATING%%; key_refetch 1s; }

    map $oauth_claim_team $team { default none; red red; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        root %%DIR%%/html;
        default_type text/html;

        oauth_resource https://app.test;

        # the locations that the subrequests reach

        location = /part.html {
            oauth corp cold;
            oauth_scope write;
        }

        location = /check {
            oauth corp cold;
            oauth_scope write;
            oauth_header X-User sub;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location = /mirrored {
            internal;
            oauth corp cold;
            oauth_scope write;
            oauth_header X-User sub;
            proxy_pass http://127.0.0.1:%%UP%%/mirrored;
        }

        # the locations that make subrequests, protected and open

        location /ssi/ {
            oauth corp cold;
            oauth_scope read;
            ssi on;
        }

        location /open_ssi/ {
            ssi on;
        }

        location /addition/ {
            oauth corp cold;
            oauth_scope read;
            add_after_body /part.html;
        }

        location /open_addition/ {
            add_after_body /part.html;
        }

        location /auth/ {
            auth_request /check;
        }

        location /both/ {
            oauth corp cold;
            oauth_scope read;
            oauth_header X-Main sub;
            auth_request /check;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        # a map of a claim that the subrequest reads first

        location = /team {
            oauth corp;
            proxy_set_header X-Team $team;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location = /open_team {
            proxy_set_header X-Team $team;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /team_there {
            auth_request /team;
            proxy_set_header X-Team $team;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /team_here {
            oauth corp;
            auth_request /open_team;
            proxy_set_header X-Team $team;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /team_tried {
            oauth corp;
            oauth_scope write;
            oauth_dry_run on;
            auth_request /team;
            proxy_set_header X-Team $team;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        # keys that change, and rules that read a claim

        location /auth_rotating/ {
            auth_request /check_rotating;
            alias %%DIR%%/html/auth/;
        }

        location = /check_rotating {
            internal;
            oauth rotating;
            if ($oauth_claim_role = banned) { return 403; }
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /mirror/ {
            mirror /mirrored;
        }

        location /both_mirror/ {
            oauth corp cold;
            oauth_scope read;
            mirror /mirrored;
            mirror_request_body on;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }
EOT
    COLD => $cold->url, ROTATING => $rotating->url);

for my $name (qw(ssi open_ssi addition open_addition auth mirror)) {
    mkdir $nginx->dir . "/html/$name";
    $nginx->write_file("html/$name/page.html", "begin\n"
        . ($name =~ /ssi/ ? "<!--# include virtual=\"/part.html\" -->\n" : '')
        . "end\n");
}

$nginx->write_file('html/part.html', "SECRET\n");

my $http = $nginx->http;
my $reader = $issuer->token(scope => 'read', sub => 'reader');
my $writer = $issuer->token(scope => 'read write', sub => 'writer');
my $forged = $issuer->mint(key => key('ES256'), claims =>
    { scope => 'read write' }, header => { kid => $issuer->{keys}[0]->kid });

is($http->get('/part.html', token => $writer)->body, "SECRET\n",
   'the part, asked for directly');
is_refused($http->get('/part.html'), 401, '', 'and without a token');

# pages that include the protected location

for my $name (qw(ssi addition open_ssi open_addition)) {
    my $response = $http->get("/$name/page.html", token => $writer);

    is($response->status, 200, "$name: the page");
    like($response->body, qr/begin.*end/s, 'is whole');
    like($response->body, qr/SECRET/,
         'with the part, the token is good for it');

    for ([ 'too little scope', token => $reader ],
         [ 'expired', token => $issuer->token(scope => 'read write',
                                              exp => time - 999) ],
         [ 'forged', token => $forged ], [ 'no token' ],
         [ 'malformed', Authorization => 'Bearer a b' ],
         [ 'no keys', token => $cold->token(scope => 'read write') ])
    {
        my ($why, @fields) = @$_;
        my $got = $http->get("/$name/page.html", @fields);

        unlike($got->body, qr/SECRET/, "$name: no part, $why");

        if ($name =~ /open/) {
            is($got->status, 200, 'the page is open');
            is($got->challenge->{lines}, 0, 'it has no challenge');
        }
    }
}

# auth_request

my $before = $upstream->count;

is($http->get('/auth/page.html', token => $writer)->status, 200,
   'auth_request to a protected location');
my ($check) = grep { $_->{line} =~ m{/check} } $upstream->requests;
is_deeply([ map { $_->[1] } grep { $_->[0] =~ /^x-user$/i }
            @{ $check->{headers} } ], [ 'writer' ],
          'which sees the identity');

$before = $upstream->count;

for ([ 'too little scope', token => $reader ], [ 'forged', token => $forged ],
     [ 'no token' ], [ 'the client\'s own identity', 'X-User' => 'writer' ])
{
    my ($why, @fields) = @$_;
    my $got = $http->get('/auth/page.html', @fields);

    like($got->status, qr/\A(?:401|403)\z/, "auth_request: $why");
    unlike($got->body, qr/begin/, 'no page');
}

is($upstream->count, $before, 'and the checker was not asked');

# A map that a subrequest has read: each location has a value of its own.

my $red = $issuer->token(scope => 'read', team => 'red');


sub team { return join ' ', $_[0]->echoed('X-Team') }


is(team($http->get('/team', token => $red)), 'red', 'a map of a claim');
is(team($http->get('/team_there', token => $red)), 'none',
   'the identity of a subrequest is not that of an open location');
is(team($http->get('/team_here', token => $red)), 'red',
   'a subrequest to an open location does not hide the identity');
is(team($http->get('/team_tried', token => $red)), 'none',
   'nor does one lend an identity to a dry run');

# auth_request with a new key: refused, and fetched for the next request

my $path = '/auth_rotating/page.html';

ok(wait_until(sub { $http->get($path, token => $rotating->token)->status
                    == 200 }, 5), 'auth_request: a good token');
is($http->get($path, token => $rotating->token(role => 'banned'))->status, 403,
   'its own rules hold');

$rotating->keys(key('ES256'));
is($http->get($path, token => $rotating->token)->status, 403,
   'a new key: refused like any unknown one');
ok(wait_until(sub { $http->get($path, token => $rotating->token)->status
                    == 200 }, 5), 'and good when it has been fetched');
is($http->get($path, token => $rotating->token(role => 'banned'))->status, 403,
   'rules hold for the new key');

my $fetched = $rotating->count('jwks');
is_deeply([ map { $http->get($path, token => $rotating->mint(header =>
                                    { kid => 'none' }))->status } 1 .. 20 ],
          [ (403) x 20 ], 'a kid that nobody has is never an error of ours');
cmp_ok($rotating->count('jwks'), '<=', $fetched + 5, 'and no storm');

# auth_request where both locations are protected

$before = $upstream->count;

is_refused($http->get('/both/x'), 401, '', 'both: no token');
is_refused($http->get('/both/x', token => $issuer->token(scope => 'write')),
           403, 'insufficient_scope', 'both: the first refuses');
is($upstream->count, $before, 'nobody was asked');

is_refused($http->get('/both/x', token => $reader), 403, undef,
           'both: the second refuses');
is($upstream->count, $before, 'nobody was asked');

my $both = $http->get('/both/x', token => $writer, 'X-User' => 'mallory');

is($both->status, 200, 'both: a token that is good for both');
is_deeply([ $both->echoed('X-Main') ], [ 'writer' ], 'the identity');
is_deeply([ $both->echoed('X-User') ], [], 'and no header of the checker');
is($upstream->count, $before + 2, 'both were asked');

# mirror

my $mirrored = sub {
    return grep { $_->{line} =~ m{/mirrored} } $upstream->requests;
};

is($http->get('/mirror/page.html', token => $writer)->status, 200, 'mirror');
ok(wait_until(sub { $mirrored->() == 1 }), 'a good token: it is delivered');

for ([ 'too little scope', token => $reader ], [ 'forged', token => $forged ],
     [ 'no token' ], [ 'the client\'s own identity', 'X-User' => 'writer' ])
{
    my ($why, @fields) = @$_;

    $nginx->mark;
    is($http->get('/mirror/page.html', @fields)->status, 200,
       "mirror, $why: the main request is open");
    ok($nginx->wait_for_log(qr/oauth: refused/), 'the copy is refused');
}

is(scalar(my @copies = $mirrored->()), 1, 'and not delivered');

is_refused($http->request('POST', '/both_mirror/', body => 'x'), 401, '',
           'mirror from a protected location: no token');
is($http->request('POST', '/both_mirror/', body => 'x', token => $reader)
   ->status, 200, 'mirror from there: good for the first one only');
is($http->request('POST', '/both_mirror/', body => 'x', token => $writer)
   ->status, 200, 'mirror from there: good for both');
ok(wait_until(sub { $mirrored->() == 2 }), 'one more copy');

finish();

#!/usr/bin/perl
#
# post_action is a request that nginx makes after an answer.  The rules of the
# location that it leads to decide it.  If a client closes its connection while
# its request waits for keys, nginx starts the post_action, too.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $issuer = issuer();
my $cold = issuer();
my $upstream = upstream();

$cold->answer(jwks => hold => 'go');

my $nginx = nginx(<<'EOT', AS => $issuer->url, COLD => $cold->url,
    oauth_issuer corp { issuer %%AS%%; }
    oauth_issuer cold { issuer %%COLD%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth_resource https://app.test;
        oauth_header X-User sub;

        location /open {
            post_action /done/open;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /protected {
            oauth corp;
            oauth_scope read;
            post_action /done/protected;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /named {
            oauth corp;
            post_action @done;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /done/ {
            internal;
            oauth corp;
            oauth_scope write;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location @done {
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        # locations whose requests wait

        location /cold/ {
            oauth cold;
            proxy_pass http://127.0.0.1:%%UP%%;

            location /cold/protected {
                post_action /left/protected;
                proxy_pass http://127.0.0.1:%%UP%%;
            }
            location /cold/open {
                post_action /left/open;
                proxy_pass http://127.0.0.1:%%UP%%;
            }
            location /cold/named {
                post_action @left;
                proxy_pass http://127.0.0.1:%%UP%%;
            }
            location /cold/refused {
                post_action /left/refused;
                proxy_pass http://127.0.0.1:%%UP%%;
            }
        }

        location /answered {
            post_action /left/answered;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /left/ {
            oauth cold;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /left/refused {
            oauth corp;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /left/open {
            oauth off;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location @left {
            oauth cold;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location = /status { stub_status; }
    }
EOT
    UP => $upstream->port);

my $http = $nginx->http;
my $reader = $issuer->token(scope => 'read', sub => 'reader');
my $writer = $issuer->token(scope => 'read write', sub => 'writer');


sub delivered {
    my ($path) = @_;

    return grep { $_->{line} =~ m{\A\S+ \Q$path\E } } $upstream->requests;
}


sub users {
    my ($request) = @_;

    return [ map { $_->[1] } grep { lc $_->[0] eq 'x-user' }
             @{ $request->{headers} } ];
}


# after an answer

for my $way (qw(open protected)) {
    is($http->get("/$way", token => $writer)->status, 200, "$way: the answer");
    ok(wait_until(sub { delivered("/done/$way") == 1 }), 'then the action');
    is_deeply(users(delivered("/done/$way")), [ 'writer' ],
              'with the identity');

    for ([ 'too little scope', token => $reader ], [ 'no token' ],
         [ 'a bad token', token => 'a.b.c' ],
         [ 'the client\'s own identity', 'X-User' => 'writer' ])
    {
        my ($why, @fields) = @$_;

        $nginx->mark;
        $http->get("/$way", @fields);
        ok($nginx->wait_for_log(qr/oauth: refused/), "$way, $why: refused");
    }

    is($http->get("/$way", token => $writer)->status, 200, "$way: again");
    ok(wait_until(sub { delivered("/done/$way") == 2 }),
       'the refused ones were not delivered');
}

is($http->get('/named', token => $reader)->status, 200, 'to an open one');
ok(wait_until(sub { delivered('/named') == 2 }), 'is delivered');
is_deeply([ map { users($_) } delivered('/named') ], [ [ 'reader' ], [] ],
          'the identity stays behind');

is($http->get('/done/open', token => $writer)->status, 404,
   'from outside there is no way');

# clients close their connection while their requests wait for keys

my $token = $cold->token(sub => 'cold');
my $waiting = $http->start('GET', '/cold/waits', token => $token);

ok(wait_until(sub { $nginx->pending == 1 }), 'a request waits');

for my $way (qw(protected open named refused)) {
    for (1 .. 3) {
        my $leaving = $http->start('GET', "/cold/$way", token => $token);

        $nginx->mark;
        ok(wait_until(sub { $nginx->pending >= 2 }), "$way: another one waits");
        $leaving->close;
        ok($nginx->wait_for_log(qr/prematurely closed/), 'and leaves');
    }
}

# clients leave with their answer while the post_action waits

for (1 .. 3) {
    my $answered = $http->start('GET', '/answered', token => $token);

    is($answered->finish->status, 200, 'an answer whose action has to wait');
    $answered->close;
}

ok(wait_until(sub { delivered('/left/open') == 3 }),
   'an open action needs no keys');
is_deeply([ map { @{ users($_) } } delivered('/left/open') ], [],
          'and has no identity');

for my $path (qw(/left/protected /left/answered /cold/named)) {
    is(scalar(my @early = delivered($path)), 0, "$path: none without keys");
}

$cold->raise_flag('go');

is($waiting->finish->status, 200, 'the keys come: the waiting one is served');
$waiting->close;

for my $path (qw(/left/protected /left/answered /cold/named)) {
    ok(wait_until(sub { delivered($path) == 3 }), "$path: so are the actions");
    is_deeply([ map { @{ users($_) } } delivered($path) ], [ ('cold') x 3 ],
              'with the identity');
}

is($http->get('/cold/waits', token => $token)->status, 200, 'and others');
is(scalar(my @refused = delivered('/left/refused')), 0,
   'another issuer\'s action is refused');
is(scalar(my @open = delivered('/left/open')), 3,
   'an open action is done once');
is(scalar(my @lines = $nginx->log_lines(qr/exited on signal/)), 0,
   'the worker is well');

finish();

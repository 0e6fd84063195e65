#!/usr/bin/perl
#
# A store that is new: all workers create it together, and none of them refuses
# anybody meanwhile; and if another process has locked its folder, the workers
# go on answering, and use the store as soon as they can.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Fcntl qw(:flock);
use Time::HiRes ();

use OAuth::Test;

use constant {
    STARTS  => 4,
    WORKERS => 8,
};

my $as = issuer();
my $upstream = upstream();

my $conf = <<'EOT';
    oauth_revocation_store %%STORE%% size=8m;

    oauth_issuer as { issuer %%AS%%; }

    server {
        listen 127.0.0.1:%%PORT_main%% reuseport;
        server_name app.test;

        location / {
            oauth as;
            oauth_resource https://app.test;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location = /admin { oauth_revoke admin; }
        location = /open { proxy_pass http://127.0.0.1:%%UP%%; }
    }
EOT

my $http;


sub revoke {
    my ($subject) = @_;

    return $http->request('POST', '/admin',
                          'Content-Type' => 'application/json',
                          body => '{"issuer":"' . $as->url
                                  . "\",\"subject\":\"$subject\"}")->status;
}


sub statuses {
    my ($request) = @_;

    my %statuses = map { ($request->() => 1) } 1 .. 3 * WORKERS;

    return join ' ', sort keys %statuses;
}


# many workers and a new store

my @options = (conf => $conf, AS => $as->url, UP => $upstream->port,
               workers => WORKERS);
my $nginx = OAuth::Test::Nginx->new(@options);

for my $start (1 .. STARTS) {
    my $token = $as->token;

    $nginx->{STORE} = $nginx->make_folder("store$start");
    $nginx->start;
    $http = $nginx->http;

    is(statuses(sub { revoke("bob$start") }), 204,
       "start $start: each worker takes revocations at once");
    is($http->get('/', token => $token)->status, 200,
       "start $start: a token is accepted");

    $nginx->stop;
}

is_deeply([ $nginx->log_lines(qr/cannot be used/) ], [],
          'no worker has failed to open it');


# a process was killed while it wrote the first two pages

$nginx->{STORE} = $nginx->make_folder('begun');
$nginx->write_file('begun/data.mdb', "\0" x 4096);
chmod 0666, "$nginx->{STORE}/data.mdb" or die "chmod: $!\n";
$nginx->start;
$http = $nginx->http;

is(statuses(sub { revoke('bob') }), 204, 'begun: each worker uses it');
$nginx->stop;


# there is a store, so the lock of another process does not matter

{
    open my $folder, '<', $nginx->{STORE} or die "open: $!\n";
    flock $folder, LOCK_EX or die "flock: $!\n";

    unlink "$nginx->{STORE}/identity" or die "unlink: $!\n";

    my $nginx = OAuth::Test::Nginx->new(@options, STORE => $nginx->{STORE},
        allow => qr/had no file "identity"/);

    $nginx->start;
    $http = $nginx->http;

    is(statuses(sub { revoke('bob') }), 204, 'locked, with a store: used');
    $nginx->stop;
}


# another process has locked the folder, and there is no store

{
    my $token = $as->token;
    my $nginx = OAuth::Test::Nginx->new(@options,
        allow => qr/another process has locked the folder/);

    $nginx->{STORE} = $nginx->make_folder('store');

    open my $folder, '<', $nginx->{STORE} or die "open: $!\n";
    flock $folder, LOCK_EX or die "flock: $!\n";

    my $begin = Time::HiRes::time();

    $nginx->start;
    $http = $nginx->http;

    is(statuses(sub { $http->get('/open')->status }), 200,
       'locked: an open location works');
    is(statuses(sub { $http->get('/', token => $token)->status }), 503,
       'locked: whether a token is revoked cannot be decided');
    is(statuses(sub { revoke('carl') }), 503, 'locked: nothing is revoked');

    cmp_ok(Time::HiRes::time() - $begin, '<', 10,
           'locked: nobody waits for the lock');

    like($nginx->log, qr/cannot be used: another process has locked/,
         'locked: the log says so');

    flock $folder, LOCK_UN or die "flock: $!\n";

    ok(wait_until(sub { statuses(sub { revoke('carl') }) eq '204' }, 5),
       'unlocked: every worker takes revocations soon');
    is($http->get('/', token => $token)->status, 200,
       'unlocked: a token is accepted');
    is($http->get('/', token => $as->token(sub => 'carl', iat => time - 100))
            ->status, 401, 'unlocked: what was revoked is refused');
}

finish();

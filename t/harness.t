#!/usr/bin/perl
#
# Tests of the test library, on which the other files rely.  Among other things,
# the library must notice a bad log.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use MIME::Base64 qw(decode_base64url);
use JSON::PP ();

use OAuth::Test;
use OAuth::Test::Check ();
use OAuth::Test::Process qw(as_in_terminal ending reap spawn
                            stop_process);

my $upstream = upstream();
my $issuer = issuer();

my $nginx = nginx(<<'EOT', module => 0, workers => 2, UP => $upstream->port);
    server {
        listen 127.0.0.1:%%PORT_main%%;

        location / {
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /text {
            return 200 "$request_method $http_x_one\n";
        }
    }
EOT

my $http = $nginx->http;
my $response;

# client and upstream

$response = $http->get('/text', 'X-One' => 'a  b');
is($response->status, 200, 'status');
is($response->body, "GET a  b\n", 'body');
is($response->header('content-type'), 'text/plain', 'field, in any case');

$response = $http->request('POST', '/x?field=X-A:1&field=X-A:2', 'X-B' => 'c',
                           body => 'hello');
like($response->json->{line},
     qr{\APOST /x\?field=X-A:1&field=X-A:2 HTTP/1\.[01]\z},
     'request line as the upstream got it');
is_deeply([ $response->headers('X-A') ], [ 1, 2 ], 'repeated field');
is_deeply([ $response->echoed('x-b') ], [ 'c' ], 'field at the upstream');
is($response->json->{body}, 'hello', 'body at the upstream');
is($upstream->count, 1, 'upstream counts');

is($http->get('/y?status=403')->status, 403, 'status of the upstream');
is($http->request('HEAD', '/y')->body, '', 'HEAD has no body');

my $connection = $http->connect;
$connection->send($http->bytes('GET', '/text'));
is($connection->finish->status, 200, 'kept alive: first');
$connection->send($http->bytes('GET', '/text', 'X-One' => 2));
is($connection->finish->body, "GET 2\n", 'kept alive: second');
$connection->close;

is_deeply([ map { $_->status }
            finish_all(map { $http->start('GET', "/$_") } 1 .. 20) ],
          [ (200) x 20 ], 'twenty requests at once');

is($http->raw("nonsense\r\n\r\n")->status, 400, 'any bytes');

# workers and reload

my @old = $nginx->workers;
is(scalar @old, 2, 'two workers');
ok($nginx->reload, 'reload');
my %new = map { $_ => 1 } $nginx->workers;
ok(!(grep { $new{$_} } @old), 'new workers');

# issuer

my $as = OAuth::Test::Http->new(port => $issuer->port, timeout => 3);
$response = $as->get('/.well-known/oauth-authorization-server');
is($response->json->{issuer}, $issuer->url, 'discovery document');
is($response->json->{jwks_uri}, $issuer->jwks_url, 'with the address of keys');
is(scalar @{ $as->get('/jwks')->json->{keys} }, 1, 'key set');
is($issuer->count('jwks'), 1, 'requests are counted by path');
is($issuer->count, 2, 'and in all');
is($as->get('/other')->status, 404, 'nothing elsewhere');

for my $mode (qw(reset close short bad_chunk)) {
    $issuer->answer(jwks => mode => $mode);
    my $answer = $as->get('/jwks');
    is_deeply($answer->json, {}, "$mode is no document");
}

$issuer->answer(jwks => mode => 'chunked');
ok($as->get('/jwks')->json->{keys}, 'chunked is one');

$issuer->answer(jwks => mode => 'hang');
my $hanging = $as->start('GET', '/jwks');
is($as->get('/.well-known/openid-configuration')->status, 200,
   'a hanging connection stops no other');
is($hanging->finish->error, 'timed out', 'which goes on hanging');
$hanging->close;

$issuer->down;
is($as->get('/jwks')->status, 0, 'down');
$issuer->up;
$issuer->normal;
is($as->get('/jwks')->status, 200, 'up');

# tokens

my $token = $issuer->token(sub => 'bob', jti => undef);
my ($header, $claims) = map { JSON::PP::decode_json(decode_base64url($_)) }
    (split /\./, $token)[0, 1];
is($header->{kid}, $issuer->{keys}[0]->kid, 'header of a token');
is($claims->{iss}, $issuer->url, 'claims of a token');
is($claims->{sub}, 'bob', 'a claim that is asked for');
ok(!exists $claims->{jti}, 'a claim that is left out');

# what the end of every test file checks

is_deeply([ $nginx->complaints ], [], 'a clean log');

my $bad = OAuth::Test::Nginx->new(conf => '');

$bad->write_file('error.log', "1 [alert] something\n2 [error] nothing\n");
is(scalar(my @alerts = $bad->complaints), 1, 'an alert is found');
$bad->write_file('error.log', 'x ' . substr $token, 80, 60);
ok(scalar(my @pieces = $bad->complaints), 'a piece of a token is found');
$bad->write_file('error.log', 'kid "' . $header->{kid} . '"');
is_deeply([ $bad->complaints ], [], 'a key id is none');
$bad->write_file('stderr', "==1== ERROR: AddressSanitizer: heap\n");
is(scalar(my @reports = $bad->complaints), 1,
   'a report of the sanitizer is found');
unlink $bad->dir . '/stderr';

for my $line ('==1==ERROR: AddressSanitizer: heap-buffer-overflow on',
              '/x/ngx_oauth_str.h:9:5: runtime error: null pointer')
{
    $bad->write_file('error.log', "2 [info] one\n$line\n2 [info] two\n");
    is(scalar(@reports = $bad->complaints), 1, "in the log, too: $line");
}

$bad->write_file('error.log', "src/core/a.c:1:2: runtime error: shift\n");
is_deeply([ $bad->complaints ], [], 'but none about nginx itself');

$bad->write_file('valgrind.1', <<'EOT');
==1== Memcheck, a memory error detector
==1==
==1== Invalid read of size 1
==1==    at 0x1234: ngx_oauth_read (ngx_oauth.c:1)
==1==
==1== ERROR SUMMARY: 1 errors from 1 contexts (suppressed: 0 from 0)
EOT
is(scalar(@reports = $bad->complaints), 1, 'a report of valgrind is found');
unlink $bad->dir . '/valgrind.1';

# how processes end

sub ends {
    my ($code, $signal) = @_;

    my $pid = spawn($code);

    $signal ? stop_process($pid, $signal) : wait_until(sub { reap($pid) });

    return ending($pid);
}

is(ends(sub { return }), '', 'a child that returns ends well');
is(ends(sub { exit 3 }), 'status 3', 'one with a status does not');
is(ends(sub { open STDERR, '>', '/dev/null'; die "so\n" }), 'status 1',
   'nor one that dies');
is(ends(sub { sleep 60 }, 'KILL'), 'signal 9', 'nor one that is killed');
is(OAuth::Test::Check::run(sub { kill KILL => $$ }, '')->{status}, 'signal 9',
   'a check that is killed has not found nothing');

$bad->write_file('error.log', '');
is_deeply([ $bad->complaints ], [], 'the log is clean again');
is(($bad->test_conf(''))[0], 1, 'nginx -t');
{
    local $ENV{OAUTH_NGINX} = '/nonexistent/nginx';
    ok(!($bad->test_conf(''))[0],
       'an nginx that does not start accepts nothing');
}

# A master that crashes before it is asked to end, or because it is asked: it
# is stopped until QUIT waits for it.

sub is_asked {
    my ($pid) = @_;

    open my $in, '<', "/proc/$pid/status" or return;

    return join('', <$in>) =~ /^ShdPnd:\t[0-9a-f]+[4-7c-f]$/m;
}

for my $when (qw(before after)) {
    $bad->write_conf('');
    $bad->launch;
    ok($bad->is_up, "a master that will crash $when it is asked to end");

    my @workers = $bad->workers;
    my $pid = $bad->pid;

    kill +($when eq 'before' ? 'KILL' : 'STOP') => $pid;

    my $killer = spawn(sub {
        wait_until(sub { is_asked($pid) });
        kill KILL => $pid;
    });

    ok(!$bad->stop, 'has not ended as asked');
    kill KILL => @workers;
    stop_process($killer, 'KILL');
}

is_deeply([ $bad->complaints ], [ ('nginx ended with signal 9') x 2 ],
          'and both are complained about');

# A test that is told to end: its nginx and its Redis end, too.

sub survivors {
    my ($signal) = @_;

    my $file = $bad->dir . "/$signal";
    my $pid = spawn(sub {
        as_in_terminal();
        open STDOUT, '>', '/dev/null';
        exec $^X, "-I$FindBin::Bin/lib", '-MOAuth::Test',
            '-MOAuth::Test::Redis', '-MOAuth::Test::File=write_file', '-e',
            'my $n = nginx("", module => 0);'
            . ' my $r = OAuth::Test::Redis->new;'
            . ' write_file(shift, join " ", $n->pid, $n->workers, $r->pid);'
            . ' sleep 1 while 1', $file or die "exec: $!\n";
    });

    wait_until(sub { -s $file });

    my @pids = split ' ', $bad->read_file($signal);

    is(scalar(@pids), 3, "$signal: a test with a master, a worker and Redis");
    stop_process($pid, $signal);

    return grep { kill 0, $_ } @pids;
}

for my $signal (qw(HUP INT TERM)) {
    is(join(' ', survivors($signal)), '', "$signal: none of them survives");
}

finish();

#!/usr/bin/perl
#
# The connection to the server of the bus by itself, in a small module of nginx,
# with a real Redis server: user and password, database, TCP, unix socket and
# TLS; a record that is written and read; the time for a reply; connections that
# their own handlers end and open again.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Build qw(build_path);
use OAuth::Test::Certificate qw(certificate);
use OAuth::Test::Redis;

my $probe = build_path('redis_probe.so');

plan(skip_all => "no $probe") unless -e $probe;
plan(skip_all => 'no redis-server') unless OAuth::Test::Redis->available;

my $password = 'pass-word-of-the-bus';
my $authority = certificate(authority => 1);
my $redis = OAuth::Test::Redis->new(
    users => [ "bus on >$password ~* +\@all" ],
    certificate => certificate(name => 'IP:127.0.0.1', ca => $authority));

my $nginx = OAuth::Test::Nginx->new(module => 0, log => 'debug',
    allow => qr/nobody failed/,        # only at this level
    main => "load_module $probe;", PORT => $redis->port,
    TLS => $redis->tls_port, SOCKET => $redis->socket,
    CA => $authority->{certificate}, conf => <<'CONF');
    server {
        listen 127.0.0.1:%%PORT_main%%;

        location /plain { redis_probe redis://127.0.0.1:%%PORT%%; }
        location /db { redis_probe redis://127.0.0.1:%%PORT%%/3; }
        location /no_db { redis_probe redis://127.0.0.1:%%PORT%%/99; }

        location /user {
            redis_probe redis://bus@127.0.0.1:%%PORT%%/2
                password_file=%%DIR%%/good;
        }

        location /wrong {
            redis_probe redis://bus@127.0.0.1:%%PORT%%/2
                password_file=%%DIR%%/bad;
        }

        location /surplus {
            redis_probe redis://127.0.0.1:%%PORT%% password_file=%%DIR%%/good;
        }

        location /unix { redis_probe unix:%%SOCKET%%; }
        location /unix_db { redis_probe unix:%%SOCKET%%:3; }
        location /no_unix { redis_probe unix:%%DIR%%/nobody; }

        location /tls {
            redis_probe rediss://bus@127.0.0.1:%%TLS%%
                password_file=%%DIR%%/good ca=%%CA%%;
        }

        location /nobody { redis_probe redis://127.0.0.1:%%PORT_nobody%%; }
        location /status { stub_status; }
    }
CONF

for (['good', "$password\n"], ['bad', "wrong-$password\n"]) {
    $nginx->write_file(@$_);
    chmod 0600, $nginx->dir . "/$_->[0]";
}

$nginx->start;

my $http = $nginx->http;


sub asked { return $http->get("/$_[0]")->body }


# Commands and replies.

is(asked('plain?PING'), "ready\n+PONG\n", 'TCP');
is(asked('plain?'), "ready\n", 'no command at all');
is(asked('plain?SET,a,1;GET,a;GET,no;INCR,a;LRANGE,no,0,1'),
   "ready\n+OK\n\$1\nnil\n:2\n*0\n", 'the kinds of replies, in order');
like(asked('plain?NIX;PING'), qr/\Aready\n-ERR unknown command .*\n\+PONG\n\z/,
     'the error of a command is a reply');
like(asked('plain?XADD,s,1-1,r,text;XREAD,STREAMS,s,0'),
     qr/\Aready\n\$1-1\n\*1\n\*2\n\$s\n\*1\n\*2\n\$1-1\n\*2\n\$r\n\$text\n\z/,
     'a record is written and read');
is(asked('plain?SET,a;!times=3;PING') =~ s/-.*\n//r,
   "ready\n+PONG\n+PONG\n+PONG\n", 'several commands at once');
is(asked('plain?!times=4096;PING'), "ready\n" . "+PONG\n" x 4096,
   'as many as may be unanswered');
is(asked('plain?!times=4097;PING'), "ready\nbusy 4096\n" . "+PONG\n" x 4096,
   'and one more is not sent');


# Who may, and which database.

is(asked('unix?SET,where,zero'), "ready\n+OK\n", 'a unix socket');
is(asked('unix_db?SET,where,three'), "ready\n+OK\n", 'and its database');
is(asked('db?GET,where'), "ready\n\$three\n", 'the database of a URL');
is(asked('plain?GET,where'), "ready\n\$zero\n", 'no database');
is(asked('no_db?GET,where'), 'closed: the server does not select the database:'
   . " \"ERR DB index is out of range\"\n", 'a database that is not there');

is(asked('user?PING;ACL,WHOAMI'), "ready\n+PONG\n\$bus\n",
   'a user with a password');
is(asked('user?SET,where,two;GET,where'), "ready\n+OK\n\$two\n",
   'and a database');
is(asked('wrong?PING'), 'closed: the server does not accept the user or the '
   . 'password: "WRONGPASS invalid username-password pair or user is '
   . "disabled.\"\n", 'the wrong password');
like(asked('surplus?PING'), qr/\Aclosed: .* password: "ERR AUTH <password> /,
     'a password that the server does not want');
asked('tls?');                          # the first handshake is slow in valgrind
is(asked('tls?PING;ACL,WHOAMI'), "ready\n+PONG\n\$bus\n", 'TLS');
is(asked('tls?!times=3000;ECHO,' . 'x' x 900),
   "ready\n" . substr("\$" . 'x' x 900 . "\n", 0) x 72 . "\$"
   . 'x' x (65_536 - 6 - 72 * 902 - 1), 'megabytes over TLS');


# Nobody is there.

like(asked('nobody?PING'),
     qr/\Aclosed: 127\.0\.0\.1:\d+ cannot be connected to: Connection refused\n\z/,
     'nobody listens');
like(asked('no_unix?PING'), qr/\Aclosed: unix:\S+ cannot be connected to: No such/,
     'no unix socket');


# Deadlines.

my $block = 'XREAD,BLOCK,%d,STREAMS,none,0';

is(asked('plain?!time=1500;' . sprintf $block, 50), "ready\nnil\n",
   'a command that waits on the server');
is(asked('plain?!time=300;' . sprintf $block, 60_000),
   "ready\nclosed: the server has not answered for 300 ms\n",
   'for too long');
is(asked('plain?!time=1500;' . sprintf($block, 400) . ';!time=300;PING'),
   "ready\nnil\n+PONG\n", 'the time of a command begins when it is the oldest');
is(asked('plain?!time=300;PING;' . sprintf($block, 60_000)),
   "ready\n+PONG\nclosed: the server has not answered for 300 ms\n",
   'and is not that of the connection');

$redis->kill('STOP');
like(asked('plain?PING'),
     qr/\Aready\nclosed: the server has not answered for 2000 ms\n\z/,
     'a frozen server, which still takes connections');
is(asked('db?PING'), "closed: 2000 ms were not enough to log in\n",
   'and a login there');
$redis->kill('CONT');
is(asked('plain?PING'), "ready\n+PONG\n", 'it goes on');


# Handlers that end the connection.

is(asked('plain?!done;!times=50;PING'), "ready\n+PONG\n",
   'a reply ends the connection');
is(asked('plain?!again;!times=3;PING'),
   "ready\n+PONG\nready\n+PONG\n+PONG\n+PONG\n", 'and opens it again');
is(asked('plain?!reopen;!time=200;' . sprintf $block, 60_000),
   "ready\nclosed: the server has not answered for 200 ms\n" x 2,
   '"closed" opens it again');
is(asked('plain?!early;PING'), "error 0\nready\n+PONG\n",
   'nothing can be sent before it is ready');

my $leaver = $http->start('GET', '/plain?!hold;PING');
ok(wait_until(sub { clients() > 1 }), 'a request with a connection');
$leaver->close;
ok(wait_until(sub { clients() == 1 }), 'whose client leaves');

$leaver = $http->start('GET', '/plain?!hold;PING');
wait_until(sub { clients() > 1 });
$redis->stop;
like($leaver->finish->body,
     qr/\Aready\n\+PONG\nclosed: the server closed the connection\n\z/,
     'the server ends');
$redis->start;
is(asked('plain?PING'), "ready\n+PONG\n", 'and is there again');

my @lines = grep { /\Q$password\E/ } split /\n/, $nginx->log;

is_deeply(\@lines, [], 'the log never shows the password');

$redis->stop;
finish();


sub clients {
    return scalar grep { /\baddr=/ }
        split /\n/, $redis->command(qw(CLIENT LIST));
}

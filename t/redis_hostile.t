#!/usr/bin/perl
#
# Whoever is in the place of the server of the bus may send anything.  Whatever
# it is, the connection is closed with a sentence, the worker goes on, its memory
# stays small, and other requests are answered meanwhile.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::BadRedis;
use OAuth::Test::Build qw(build_path);
use OAuth::Test::Mode qw(mode seconds);
use OAuth::Test::Process qw(memory);

use constant { GROWTH => 24 * 1024,     # kB of a worker
               GAP => 0.5 };            # seconds

my $probe = build_path('redis_probe.so');

plan(skip_all => "no $probe") unless -e $probe;

my $password = 'pass-word-of-the-bus';
my $bad = OAuth::Test::BadRedis->new;
my $nginx = OAuth::Test::Nginx->new(module => 0, PORT => $bad->port,
    main => "load_module $probe;", conf => <<'CONF');
    server {
        listen 127.0.0.1:%%PORT_main%%;
        location /bad { redis_probe redis://127.0.0.1:%%PORT%%; }
        location /db { redis_probe redis://127.0.0.1:%%PORT%%/1; }

        location /auth {
            redis_probe redis://bus@127.0.0.1:%%PORT%%/1
                password_file=%%DIR%%/password;
        }

        location /ping { return 204; }
    }
CONF

$nginx->write_file('password', $password);
chmod 0600, $nginx->dir . '/password';
$nginx->start;

my $http = $nginx->http;
my $late = 'closed: 2000 ms were not enough to log in';
my $surplus = 'closed: the server sent a reply that nobody has asked for';
my $gone = 'closed: the server closed the connection';
my $lost = 'closed: the connection was lost';
my $refused = 'closed: the server does not accept the user or the password: ';
my $garbage = 'closed: what the server sends cannot be read: ';


# What the module says while the server does the steps, without the last line
# feed.  Meanwhile the worker answers others.

sub said {
    my ($steps, $query) = @_;

    $bad->steps(@$steps);

    my $connection = $http->start('GET', $query // '/bad?PING');
    my ($gap, $response) = (0);

    until ($response || $connection->closed) {
        my $ping = $http->get('/ping');

        $gap = $ping->elapsed if $ping->elapsed > $gap;
        $connection->pump(0.02);
        $response = $connection->take;
    }

    $connection->close;

    cmp_ok($gap, '<', seconds(GAP), 'others are answered meanwhile')
        or diag(map { "$_->[0] " } @$steps);

    return $response ? $response->body =~ s/\n\z//r : 'no answer';
}


sub says { return is(said($_[0], $_[3]), $_[1], $_[2]) }


sub says_like { return like(said($_[0], $_[3]), $_[1], $_[2]) }


# The twin of all the others.

says([['read'], [write => "+PONG\r\n"]], "ready\n+PONG", 'a good server');
is_deeply([$bad->commands], [['PING']], 'and what it was sent');
says([['read'], [drip => "*2\r\n\$3\r\nabc\r\n:17\r\n"]],
     "ready\n*2\n\$abc\n:17", 'one byte after the other');
says([['read'], [write => "+PO"], ['read'], [write => "NG\r\n"]],
     "ready\nclosed: the server has not answered for 300 ms",
     'half a reply, then silence', '/bad?!time=300;PING');
says([['hang']], "ready\nclosed: the server has not answered for 300 ms",
     'silence', '/bad?!time=300;PING');
says([['hang']], $late, 'silence at the login', '/db?PING');


# It sends what nobody has asked for.

says_like([[write => "+OK\r\n"]], qr/\A(?:ready\n)?$surplus\z/, 'a greeting',
          '/bad?!hold');
says([['read'], [write => "+PONG\r\n+PONG\r\n"]], "ready\n+PONG\n$surplus",
     'two replies', '/bad?!hold;PING');
says([['read'], [write => "+PONG\r\n" x 5000]], "ready\n+PONG\n$surplus",
     'thousands', '/bad?!hold;PING');
says_like([[write => "-ERR max number of clients reached\r\n"], ['close']],
          qr/\A(?:ready\n)?closed:\ the\ server\ says:
             \ "ERR\ max\ number\ of\ clients\ reached"\z/x,
          'an error that nobody has asked for', '/bad?!hold');


# It sends what is not a reply.

says_like([['read'], [write => "HTTP/1.1 400 Bad Request\r\n\r\n"]],
          qr/\Aready\n${garbage}Protocol error, got "H" as reply type byte\z/,
          'another protocol');
says_like([['read'], [write => join '', map { chr } 0 .. 255]],
          qr/\Aready\n$garbage.*\z/, 'garbage');
says_like([['read'], [write => "\$abc\r\n"]], qr/\Aready\n$garbage/,
          'a length that is not a number');
says_like([['read'], [write => "\$-5\r\n"]], qr/\Aready\n$garbage/,
          'a negative length');
says_like([['read'], [write => "*-2\r\n"]], qr/\Aready\n$garbage/,
          'a negative number of members');
says_like([['read'], [write => "*99999999999999999999\r\n"]],
          qr/\Aready\n$garbage/, 'a number that has no end');


# It claims a lot.

my $many = "ready\n${garbage}the reply has more than 16384 members";
my $deep = qr/\Aready\n$garbage.*(?:too deep|depth)/;

says([['read'], [write => "*2147483647\r\n"]], $many, 'a huge array');
says([['read'], [write => "*16385\r\n"]], $many, 'one member too many');
says([['read'], [write => "*16384\r\n" . ":1\r\n" x 16_384]],
     "ready\n*16384" . "\n:1" x 16_384, 'all that it may have');
says([['read'], [write => "*3\r\n" . "*8192\r\n" . ":1\r\n" x 8192 . '*8192']
      , [write => "\r\n"]], $many, 'too many in two arrays');
says_like([['read'], [write => "*1\r\n" x 7 . ":1\r\n"]],
          qr/\Aready\n(?:\*1\n){7}:1\z/, 'arrays in arrays');
says_like([['read'], [write => "*1\r\n" x 8 . ":1\r\n"]], $deep, 'one too deep');
says_like([['read'], [write => "*1\r\n" x 100_000]], $deep, 'very deep');

my $string = "ready\n${garbage}a string in the reply is larger than 4 MiB";
my $reply = "ready\n${garbage}the reply is larger than 4 MiB";
my $line = "ready\n${garbage}a line in the reply is longer than 4 KiB";

says([['read'], [write => "\$2147483647\r\n"]], $string, 'a huge string');
says([['read'], [write => "*2\r\n:1\r\n\$4194305\r\n"]], $string,
     'a string that is too large by one byte');
says_like([['read'], [write => "\$4194200\r\n" . 'x' x 4_194_200 . "\r\n"]],
          qr/\Aready\n\$x+\z/, 'a large one');
says([['read'], [write => "*9000\r\n"],
      [flood => "\$1000\r\n" . 'x' x 1000 . "\r\n", 9000]], $reply,
     'many strings, too large together');
says([['read'], [flood => '+' . 'x' x 10_000, 1000]], $line,
     'a line without an end');
says_like([['read'], [drip => '*1' . '0' x 60], [write => "\r\n"]],
          qr/\Aready\n$garbage/, 'and a number');
says([['read'], [write => ":5000000\r"], [drip => "\n"]], "ready\n:5000000",
     'a number that is no length');


# It ends the connection.

says([['read'], ['close']], "ready\n$gone", 'FIN instead of a reply');
says([['read'], ['reset']], "ready\n$lost", 'RST');
says([['read'], [write => "*2\r\n:1\r\n"], ['close']], "ready\n$gone",
     'FIN in a reply');
says([['read'], [write => "*2\r\n:1\r\n"], ['reset']], "ready\n$lost",
     'RST in a reply');
says_like([['close']], qr/\A(?:ready\n)?$gone\z/, 'FIN at once', '/bad?!hold');
says_like([['reset']], qr/\A(?:ready\n$lost|closed: .* Connection reset)/,
          'RST at once', '/bad?!hold');
says([['read'], [write => "+PONG\r\n"], ['close']], "ready\n+PONG\n$gone",
     'FIN after the reply', '/bad?!hold;PING');
says([['read'], [write => "+PONG\r\n" x 3], ['close']],
     "ready\n+PONG\n+PONG\n+PONG", 'FIN after all replies',
     '/bad?!times=3;PING');


# It does not take what is sent.

says([['wait']], "ready\nclosed: the server has not answered for 400 ms",
     'a thousand commands', '/bad?!times=1000;!time=400;SET,a,' . 'x' x 500);
says_like([['wait']], qr/\Aready\nbusy 27\d\d\nclosed: .* for 300 ms\z/,
          'more than may be unsent',
          '/bad?!time=300;!times=4096;ECHO,' . 'x' x 3000);


# The login.

says([['read'], [write => "+OK\r\n"], ['read'], [write => "+OK\r\n"], ['read'],
      [write => "+PONG\r\n"]], "ready\n+PONG", 'a login', '/auth?PING');
is_deeply([$bad->commands], [['AUTH', 'bus', $password], ['SELECT', 1],
                             ['PING']], 'and its commands, one by one');

for my $answer (
    ["-WRONGPASS no\r\n", qr/WRONGPASS no/],
    ["-ERR unknown command `AUTH`, with args beginning with: `$password`\r\n",
     qr/ERR unknown command /],
    ["-what do you want with $password\r\n", qr/what do you want with /],
    ["-\x1b[31m\xff\r\n", qr/\\x1B\[31m\\xFF/],
    ['-' . 'x' x 4000 . "\r\n", qr/x{190,}/],
    [":1\r\n", qr//], ["\$-1\r\n", qr//], ["*1\r\n+OK\r\n", qr//],
)
{
    my ($bytes, $text) = @$answer;

    like(said([['read'], [write => $bytes], ['hang']], '/auth?FLUSHALL'),
         qr/\A$refused"$text"\z/,
         'AUTH is answered with ' . substr $bytes =~ s/\W+/ /gr, 0, 40);
    ok(!grep({ $_->[0] eq 'FLUSHALL' } $bad->commands)
       && $bad->rest !~ /FLUSHALL/, 'and no command was sent')
        or diag(substr $bad->rest, 0, 200);
}

says([['read'], [write => "+OK\r\n"], ['read'],
      [write => "-NOPERM this user\r\n"]],
     'closed: the server does not select the database: "NOPERM this user"',
     'no right to select', '/auth?PING');
says([['read'], [drip => '+OK'], ['hang']], $late, 'half an answer to AUTH',
     '/auth?PING');


# Memory

for my $bytes ("\$4194000\r\n" . 'x' x 4_194_000,
               "*16384\r\n" . "*0\r\n" x 16_383)
{
    my $before = resident();

    says([['read'], [write => $bytes], ['hang']],
         "ready\nclosed: the server has not answered for 500 ms",
         'almost a whole reply', '/bad?!time=500;PING') for 1 .. 5;

    SKIP: {
        skip 'memory under ' . mode(), 1 if mode();
        cmp_ok(resident() - $before, '<', GROWTH, 'the worker does not grow');
    }
}

says([['read'], [write => "+PONG\r\n"]], "ready\n+PONG", 'a good server again');

my @lines = grep { /\Q$password\E/ } split /\n/, $nginx->log;

is_deeply(\@lines, [], 'the log never shows the password');
is_deeply([$nginx->log_lines(qr/\[(?:error|warn)\]/)], [],
          'nginx itself says nothing about the server');

$bad->stop;
finish();


sub resident { return memory(($nginx->workers)[0], 'VmRSS') // 0 }

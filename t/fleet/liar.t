#!/usr/bin/perl
#
# A server that speaks the protocol, and lies: numbers, ids, lists and records
# that no real server would send, in the answer to each command that the module
# uses.  No worker ends or is busy with it for long, memory does not grow, nothing
# is revoked that no node has revoked, and what was revoked here stays.
#
#   OAUTH_LIAR   seconds for each lie, 2
#   OAUTH_LIES   a pattern for their names; all

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use Time::HiRes qw(sleep time);

use OAuth::Test;
use OAuth::Test::Fleet;
use OAuth::Test::HostileRedis;
use OAuth::Test::Process qw(grown);
use OAuth::Test::Record qw(new_key);

use constant {
    SECONDS => $ENV{OAUTH_LIAR} // 2,
    STREAM  => OAuth::Test::Fleet::STREAM,
    WORST   => 1,                       # second, for a page, on a busy machine
    GROWTH  => 12 * 1024,               # kB, of a worker, in all
    LINES   => 100,                     # of the log, for each lie
    MOST    => '18446744073709551615-18446744073709551615',
};

*text = \&OAuth::Test::HostileRedis::text;
*array = \&OAuth::Test::HostileRedis::array;
*stream = \&OAuth::Test::HostileRedis::stream;

my $key = new_key();
my $friend = OAuth::Test::Record->new($key);
my @records = $friend->revocations(issuer => OAuth::Test::Fleet::AS,
                                   prefix => 'sent', count => 3);
my $stranger = OAuth::Test::Record->new(new_key());
my $forged = $stranger->revocations(issuer => OAuth::Test::Fleet::AS,
                                    prefix => 'forged');

my %info = (length => ":0\r\n", 'last-generated-id' => text('0-0'),
            'entries-added' => ":0\r\n");

my @lies = (
    [ 'the truth', {} ],

    (map { [ "INFO: $_->[0]", { INFO => $_->[1] } ] }
     [ 'empty', text('') ], [ 'a short run id', text("run_id:abc\r\n") ],
     [ 'a long run id', text('run_id:' . 'b' x 4000 . "\r\n") ],
     [ 'no line end', text('run_id:' . 'b' x 40) ],
     [ 'a number', ":5\r\n" ], [ 'null', "\$-1\r\n" ], [ 'a list', "*0\r\n" ],
     [ 'an error', "-NOPERM no\r\n" ]),

    (map { [ "XINFO: $_->[0]", { XINFO => $_->[1] } ] }
     [ 'an empty list', "*0\r\n" ], [ 'an odd list', array(text('length')) ],
     [ 'a string', text('x') ], [ 'null', "*-1\r\n" ],
     [ 'an error', "-WRONGTYPE no\r\n" ], [ 'no stream', "-ERR no such key\r\n" ],
     [ 'lists in it', array(array(), array(text('a'), text('b'))) ],
     [ 'no added', info('entries-added' => undef) ],
     [ 'no last id', info('last-generated-id' => undef) ],
     [ 'a negative number', info('entries-added' => ":-5\r\n") ],
     [ 'a huge number', info('entries-added' => ':' . '9' x 18 . "\r\n") ],
     [ 'text as a number', info('entries-added' => text('many')) ],
     [ 'text as an id', info('last-generated-id' => text('last')) ],
     [ 'half an id', info('last-generated-id' => text('5-')) ],
     [ 'the largest id', info('last-generated-id' => text(MOST)) ],
     [ 'an id that never comes', info('last-generated-id' => text('99999-0'),
                                      'entries-added' => ":7\r\n") ]),

    (map { [ "XREAD: $_->[0]", { XREAD => $_->[1] } ] }
     [ 'an empty list', "*0\r\n" ], [ 'a string', text('x') ],
     [ 'a number', ":1\r\n" ], [ 'an error', "-ERR no\r\n" ],
     [ 'a list of null', "*1\r\n*-1\r\n" ],
     [ 'a stream without entries', array(stream(STREAM)) ],
     [ 'a stream without a list', array(array(text(STREAM))) ],
     [ 'another stream', array(stream('other', [ '1-1', 'r', $records[0] ])) ],
     [ 'many streams', array((stream('other')) x 2000) ],
     [ 'an entry without fields', array(stream(STREAM, [ '1-1' ])) ],
     [ 'a null entry', array(array(text(STREAM), "*1\r\n*-1\r\n")) ],
     [ 'half an entry', array(array(text(STREAM),
                                    array(array(text('1-1'))))) ],
     [ 'a field without a value', array(stream(STREAM, [ '1-1', 'r' ])) ],
     [ 'many fields', array(stream(STREAM, [ '1-1', ('r', 'x') x 5000 ])) ],
     [ 'a number as a value', array(array(text(STREAM),
         array(array(text('1-1'), array(text('r'), ":5\r\n"))))) ],
     [ 'text as an id', array(stream(STREAM, [ 'first', 'r', 'x' ])) ],
     [ 'id 0', array(stream(STREAM, [ '0-0', 'r', 'x' ])) ],
     [ 'the largest id', array(stream(STREAM, [ MOST, 'r', 'x' ])) ],
     [ 'a larger id', array(stream(STREAM, [ '9' x 30 . '-1', 'r', 'x' ])) ],
     [ 'ids that fall', array(stream(STREAM, map { [ "$_-0", 'r', $forged ] }
                                             reverse 1 .. 50)) ],
     [ 'the same again and again', array(stream(STREAM, ([ '7-7', 'r', $forged ])
                                                        x 200)) ],
     [ 'forged records', array(stream(STREAM, map { [ "$_-0", 'r', $forged ] }
                                              1 .. 2000)) ],
     [ 'heartbeats that are none', array(stream(STREAM . ':heartbeats',
         map { [ "$_-0", 'r', $records[0] ] } 1 .. 100)) ],
     [ 'a record that is long', array(stream(STREAM, [ '8-0', 'r',
                                                       'x' x 1_000_000 ])) ]),

    (map { [ "XADD: $_->[0]", { XADD => $_->[1] } ] }
     [ 'null', "\$-1\r\n" ], [ 'a number', ":1\r\n" ], [ 'text', text('x') ],
     [ 'a list', "*0\r\n" ], [ 'full', "-OOM command not allowed\r\n" ],
     [ 'a long error', '-ERR ' . "\x1b[31m" . 'x' x 3000 . "\r\n" ]),
    [ 'XTRIM: an error', { XTRIM => "-ERR no\r\n" } ],
);

my $liar = OAuth::Test::HostileRedis->new;
my $fleet = OAuth::Test::Fleet->new(port => $liar->port, nodes => 1,
                                    keys => $key)->launch;
my $nginx = $fleet->node(0);
my $http = $nginx->http;
my %before = map { $_ => 0 } $nginx->workers;
my @own;

my @chosen = grep { !$ENV{OAUTH_LIES} || $_->[0] =~ $ENV{OAUTH_LIES} } @lies;

run(@$_) for @chosen;

is(join(' ', sort $nginx->workers), join(' ', sort keys %before),
   'the workers are those of the beginning');
is(scalar $fleet->revoker(0)->missing(@own), 0,
   'everything that was revoked here is revoked');
is(scalar $fleet->revoker(0)->missing('forged1', 'sent2'), 2,
   'and nothing else');
unlike($nginx->log, qr/\x1b/, 'the log has no control characters of the server');
finish();


sub info {
    my (%changes) = @_;

    my %all = (%info, %changes);

    return array(map { (text($_), $all{$_}) }
                 grep { defined $all{$_} } sort keys %all);
}


sub run {
    my ($name, $lies) = @_;

    $liar->act(lie => lies => $lies);
    $liar->stop;                        # ends the connections, too
    $nginx->mark;
    $liar->run;

    my ($worst, $end) = (0, time + SECONDS);
    my $seen = () = $liar->seen;

    while (time < $end) {
        my $began = time;

        is($http->get('/page', token => $fleet->token('bob'))->status, 200,
           "$name: a page");
        $worst = time - $began if time - $began > $worst;
        sleep 0.2;
    }

    ok(wait_until(sub { (() = $liar->seen) > $seen }, 40), "$name: was met");

    ok(wait_until(sub { $fleet->status(0)->{state} eq 'online' }, 20),
       "$name: the bus is in use") if !%$lies;

    push @own, "own-" . @own;
    like($fleet->revoker(0)->revoke({ subject => $own[-1] }), qr/\A20[24]\z/,
         "$name: a revocation");
    cmp_ok($worst, '<', WORST, "$name: no page was late");
    cmp_ok(scalar(my @lines = $nginx->log_lines(qr/./)), '<', LINES,
           "$name: the log is not flooded");

    my $growth = grown(\%before);

    cmp_ok($growth, '<', GROWTH, "$name: memory");

    my $status = $fleet->status(0);

    note(sprintf '%s: %s, worst page %.0f ms, memory +%d kB, bad %d, "%s"', $name,
         $status->{state} // 'no status', 1000 * $worst, $growth,
         $status->{bad} // 0, $status->{last_error}
         ? substr $status->{last_error}{text}, 0, 90 : 'no error');

    return;
}

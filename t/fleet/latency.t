#!/usr/bin/perl
#
# How long it takes from the response to a revocation on one node until all other
# nodes refuse the token; and, next to it, how long a bare XADD takes to a blocked
# XREAD on the same server.  The times are notes: a machine that is busy makes
# them longer, and only what no machine explains is a failure.
#
#   OAUTH_LATENCY   revocations, 1000

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use IO::Socket::INET;
use Socket qw(IPPROTO_TCP TCP_NODELAY);
use Time::HiRes qw(sleep time);

use OAuth::Test;
use OAuth::Test::Fleet;
use OAuth::Test::RedisData;

use constant {
    COUNT => $ENV{OAUTH_LATENCY} // 1000,
    BARE  => 2000,
    POLL  => 0.0003,                    # seconds between two questions
    LIMIT => 10,                        # seconds, for one revocation
    MOST  => 1000,                      # ms: p50 on any machine
};

plan(skip_all => 'there is no redis-server')
    unless OAuth::Test::Redis::available();

my $server = OAuth::Test::RedisData->new;
my $fleet = OAuth::Test::Fleet->new(port => $server->port)->start;

note($server->version, ', three nodes with two workers each');

my (@taken, @answered, %statuses);
my @revokers = map { $fleet->revoker($_) } 0 .. 2;
my @pages = map { page_client($fleet->node($_)->port('main')) } 0 .. 2;
my @bare = bare('before');

revoke_one($_) for 1 .. COUNT;
push @bare, bare('after');

is(scalar @taken, 2 * COUNT, 'every token was refused on both other nodes');
is($statuses{204}, COUNT, 'every response says that the record is on the bus')
    or note(join ', ', map { "$_: $statuses{$_}" } sort keys %statuses);

report('from the response to the refusal on one other node', @taken);
report('the slower one of two nodes',
       map { $taken[2 * $_] > $taken[2 * $_ + 1]
             ? $taken[2 * $_] : $taken[2 * $_ + 1] } 0 .. COUNT - 1);
report('from the request to its response', @answered);
report('bare, from the reply to XADD to that to XREAD', map { $_->[0] } @bare);
report('bare, from sending XADD to the reply to XREAD', map { $_->[1] } @bare);

cmp_ok(percentile(0.5, @taken), '<', MOST, 'half of them are fast');
is_deeply([ map { scalar @$_ } $fleet->missing(map { "user-$_" } 1 .. COUNT) ],
          [ 0, 0, 0 ], 'all nodes know all entries');

finish();


sub revoke_one {
    my ($n) = @_;

    my $at = int rand 3;
    my @others = grep { $_ != $at } 0 .. 2;
    my $bytes = $fleet->node(0)->http('main')->bytes(
        'GET', '/page', token => $fleet->token("user-$n"));

    for my $other (@others) {
        my $status = status_of($pages[$other], $bytes);
        die "user-$n: $status before the revocation\n" if $status != 200;
    }

    my $began = time;
    my $status = $revokers[$at]->revoke({ subject => "user-$n" });
    my $answered = time;

    $statuses{$status}++;
    push @answered, $answered - $began;

    my %open = map { $_ => 1 } @others;

    while (%open) {
        for my $other (sort keys %open) {
            next if status_of($pages[$other], $bytes) != 401;

            push @taken, time - $answered;
            delete $open{$other};
        }

        die "user-$n is accepted after ${\LIMIT} seconds\n", $fleet->describe
            if time > $answered + LIMIT;
        sleep POLL if %open;
    }

    return;
}


# --- a client that costs little: one connection, small responses ------------

sub page_client {
    my ($port) = @_;

    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $port, Proto => 'tcp') or die "cannot connect: $!\n";

    setsockopt $socket, IPPROTO_TCP, TCP_NODELAY, 1;

    return $socket;
}


sub status_of {
    my ($socket, $bytes) = @_;

    syswrite $socket, $bytes or die "cannot write: $!\n";

    my $buffer = '';

    until ($buffer =~ /\r\n\r\n/ && length $buffer >= $+[0] + size($buffer)) {
        sysread $socket, $buffer, 65_536, length $buffer
            or die "the connection was closed\n";
    }

    return $buffer =~ /\AHTTP\/1\.1 (\d+)/ ? $1 : 0;
}


sub size {
    return $_[0] =~ /\r\nContent-Length: (\d+)/i ? $1
        : die "no length: $_[0]\n";
}


# --- the same without nginx -------------------------------------------------

sub bare {
    my ($when) = @_;

    my ($reader, $writer) = ($server->client, $server->client);
    my ($last, @pairs) = ('0-0');

    for my $n (1 .. BARE / 2) {
        $reader->send('XREAD', 'BLOCK', 5000, 'STREAMS', "bare-$when", $last);
        sleep 0.0005;

        my $began = time;
        $last = $writer->command('XADD', "bare-$when", '*', 'r', 'x' x 90);
        my $added = time;
        my $reply = $reader->reply;

        push @pairs, [ time - $added, time - $began ];
        die "another id\n" if $reply->[0][1][0][0] ne $last;
    }

    $_->close for $reader, $writer;

    return @pairs;
}


sub report {
    my ($what, @times) = @_;

    note(sprintf '%-55s p50 %6.2f  p99 %6.2f  p99.9 %6.2f  max %6.2f ms', $what,
         (map { percentile($_, @times) } 0.5, 0.99, 0.999),
         percentile(1, @times));

    return;
}


# In ms.

sub percentile {
    my ($part, @times) = @_;

    my @sorted = sort { $a <=> $b } @times;
    my $i = int($part * @sorted);

    return 1000 * ($sorted[$i] // $sorted[-1]);
}

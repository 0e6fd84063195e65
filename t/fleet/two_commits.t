#!/usr/bin/perl
#
# A worker that leads again while a commit of the time when it led before still
# runs: the disk is slow, and two workers are stopped in turn, so that each loses
# the lease.  What is read from the bus then must get to the disk.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use OAuth::Test;
use OAuth::Test::Build qw(build_path);
use OAuth::Test::Disk;
use OAuth::Test::Fleet;
use OAuth::Test::Redis;

plan(skip_all => 'there is no redis-server')
    unless OAuth::Test::Redis::available();
plan(skip_all => 'there is no slow disk') unless -e build_path('disk.so');

my $server = OAuth::Test::Redis->new;
my $fleet = OAuth::Test::Fleet->new(port => $server->port, nodes => 2);
my $slow = $fleet->node(1);

# A commit syncs twice.

$slow->{env} = OAuth::Test::Disk->new(folder => $slow->{STORE},
                                      delay => 4000)->env;
$fleet->launch;

ok($fleet->wait_for_sync(90), 'in sync');
is($fleet->revoker(0)->revoke({ subject => 'before' }), 204, 'revoked');
ok(has('before'), 'the other node has it, and a position');

my $one = $fleet->leader(1);
my ($two) = grep { $_ != $one } $slow->workers;
my $cursor = $fleet->status(1)->{cursor};

is($fleet->revoker(0)->revoke({ subject => 'first' }), 204,
   'a record that a leader writes');
ok(wait_until(sub { $fleet->status(1)->{cursor} ne $cursor }),
   'it has begun to');
kill 'STOP', $one;
ok(wait_until(sub { ($fleet->leader(1) // 0) == $two }),
   'it is stopped: another worker leads');
kill 'CONT', $one;
is($fleet->revoker(0)->revoke({ subject => 'second' }), 204,
   'a second record');
kill 'STOP', $two;
ok(has('first'), 'that one is stopped, too: the first record is written');
kill 'CONT', $two;
is($fleet->revoker(0)->revoke({ subject => 'third' }), 204, 'a third record');
ok(has('third'), 'it arrives');
ok($fleet->wait_for_sync(60), 'in sync again');
is(join(' ', $fleet->revoker(1)->missing(qw(before first second third))), '',
   'no record is missing');

finish();


sub has {
    my ($subject) = @_;

    return wait_until(sub { !$fleet->revoker(1)->missing($subject) }, 60);
}

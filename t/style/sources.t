#!/usr/bin/perl
#
# Every file has the prefix of its room, every file of the core its unit test,
# and every parser its fuzz target with good and bad seeds.

use strict;
use warnings;

use File::Basename qw(basename);
use FindBin;
use lib $FindBin::Bin;
use Source;
use Test::More;

# What has no behaviour of its own, or is tested under another noun.

my %untested = map { $_ => 1 } qw();

# What reads bytes that come from outside, and what decides about them; "event"
# is oauth_order_event.c with what follows from it.

my @parsers = qw(actor base64url certificate claims credentials demand
                 discovery event form introspection json jwk jwks jws nonce
                 order proof record record_keys scope target token url);

my @c = map { noun($_) } sources('c');

for my $file (sources()) {
    my $prefix = room($file) eq 'core' ? 'oauth' : 'ngx_oauth';

    like $file, qr/^${prefix}[_.]/, "$file has the prefix of its room";
}

for my $noun (grep { /^oauth/ } @c) {
    my $test = 't/unit/' . ($noun =~ s/^oauth_//r) . '_test.c';
    my $long = "t/unit/${noun}_test.c";

    ok $untested{$noun} || -e top() . "/$test" || -e top() . "/$long",
        "$noun.c has $long";
}

is_deeply [sort map { /fuzz_(\w+)\.c\z/ } glob(top() . '/t/fuzz/fuzz_*.c')],
    [@parsers], 'every parser has its fuzz target';

for my $noun (@parsers) {
    my @seeds = map { basename($_) } glob(top() . "/t/fuzz/corpus/$noun/*");

    is join(' ', grep { !/^(?:good|bad)_[a-z0-9_]+\z/ } @seeds), '',
        "seeds of $noun: names";
    ok +(grep { /^good_/ } @seeds) >= 10 && (grep { /^bad_/ } @seeds) >= 10,
        "seeds of $noun: ten good and ten bad ones";
}

done_testing;

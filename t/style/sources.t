#!/usr/bin/perl
#
# The lists in config are the files on disk, in order, and every file of the
# core has its unit test.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use Source;
use Test::More;

# What has no behaviour of its own, or is tested under another noun.

my %untested = map { $_ => 1 } qw();

my @c = map { noun($_) } sources('c');
my @h = map { noun($_) } sources('h');

is_deeply [config_list('ngx_oauth_core')], [grep { /^oauth/ } @c],
    'ngx_oauth_core is oauth_*.c';
is_deeply [config_list('ngx_oauth_glue')], [grep { /^ngx_oauth/ } @c],
    'ngx_oauth_glue is ngx_oauth_*.c';
is_deeply [config_list('ngx_oauth_headers')], [@h],
    'ngx_oauth_headers is *.h';

is_deeply [grep { !/^(?:ngx_)?oauth(?:_|\z)/ } @c, @h], [],
    'every file has one of the two prefixes';

for my $noun (grep { /^oauth/ } @c) {
    my $test = 't/unit/' . ($noun =~ s/^oauth_//r) . '_test.c';
    my $long = "t/unit/${noun}_test.c";

    ok $untested{$noun} || -e top() . "/$test" || -e top() . "/$long",
        "$noun.c has $long";
}

done_testing;

#!/usr/bin/perl
#
# What a store of revocations does for the bus of a fleet, without nginx: see
# t/lib/store_bus.c.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test::Build qw(build_path);
use Test::More;

my $program = build_path('store_bus');

plan(skip_all => 'the module was not built here') unless -x $program;

exec $program or die "cannot run $program: $!\n";

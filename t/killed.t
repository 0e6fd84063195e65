#!/usr/bin/perl
#
# A worker is killed at some instruction while it stores keys.  The documents in
# the zone are then complete, and no memory of the zone is lost: see
# t/lib/killed.c.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test::Build qw(build_path);
use Test::More;

my $program = build_path('killed');

plan(skip_all => 'the module was not built here') unless -x $program;

exec $program or die "cannot run $program: $!\n";

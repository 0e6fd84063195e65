#!/usr/bin/perl
#
# The set of used DPoP proofs on its own, with 100,000 proofs in it: see
# t/lib/replay.c.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test::Build qw(build_path);
use Test::More;

my $program = build_path('replay');

plan(skip_all => 'the module was not built here') unless -x $program;

exec $program or die "cannot run $program: $!\n";

#!/usr/bin/perl
#
# The requests of requests.t, with tokens that the worker has verified before:
# what the cache holds is whole, whatever allocation failed on the way.

use strict;
use warnings;

use FindBin;

our $cache = 100;

do "$FindBin::Bin/requests.t";
die $@ if $@;

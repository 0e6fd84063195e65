#!/usr/bin/perl
#
# The requests of requests.t with tokens that the worker has verified before.
# Whatever allocation fails, the entry in the cache stays complete.

use strict;
use warnings;

use FindBin;

our $cache = 100;

do "$FindBin::Bin/requests.t";
die $@ if $@;

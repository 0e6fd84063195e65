#!/usr/bin/perl
#
# Lengths: a file has at most 700 lines and a function at most 60.  The median
# of all functions is at most 20 lines, so small functions are the rule.  A
# function is counted from the line with its name to its closing brace.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use Source;
use Test::More;

use constant { FILE_MOST => 700, FUNCTION_MOST => 60, MEDIAN_MOST => 20 };

my @functions;

for my $file (sources()) {
    my $lines = text($file) =~ tr/\n//;

    cmp_ok $lines, '<=', FILE_MOST, "$file: lines";
    push @functions, functions($file);
}

my @long = grep { $_->{length} > FUNCTION_MOST } @functions;

is join("\n", map { describe($_) } @long), '',
   'no function has more than ' . FUNCTION_MOST . ' lines';

my @lengths = sort { $a <=> $b } map { $_->{length} } @functions;

cmp_ok scalar @lengths, '>', 0, 'functions found';

my $median = $lengths[$#lengths / 2];

cmp_ok $median, '<=', MEDIAN_MOST, "median of functions: $median lines";

note @functions . " functions, median $median lines, longest $lengths[-1]";

done_testing;


sub describe {
    my ($function) = @_;

    return sprintf '%s:%d: %s has %d lines',
                   @$function{qw(file line name length)};
}

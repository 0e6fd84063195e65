#!/usr/bin/perl
#
# Length: a file has at most 700 lines, a function at most 99; the median says
# whether functions are small as a habit.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use Source;
use Test::More;

use constant { FILE_MOST => 700, FUNCTION_MOST => 99, SMELL => 60,
               MEDIAN_MOST => 25 };

my @functions;

for my $file (sources()) {
    my $lines = text($file) =~ tr/\n//;

    cmp_ok $lines, '<=', FILE_MOST, "$file: lines";
    push @functions, functions($file);
}

my @long = grep { $_->{length} > FUNCTION_MOST } @functions;

is join("\n", map { describe($_) } @long), '',
   'no function of ' . (FUNCTION_MOST + 1) . ' lines or more';

my @lengths = sort { $a <=> $b } map { $_->{length} } @functions;

cmp_ok scalar @lengths, '>', 0, 'functions found';

my $median = $lengths[$#lengths / 2];

cmp_ok $median, '<=', MEDIAN_MOST, "median of functions: $median lines";

note @functions . " functions, median $median lines, longest $lengths[-1]";
note 'long: ', describe($_)
    for sort { $b->{length} <=> $a->{length} }
        grep { $_->{length} > SMELL } @functions;

done_testing;


sub describe {
    my ($function) = @_;

    return sprintf '%s:%d: %s has %d lines',
                   @$function{qw(file line name length)};
}

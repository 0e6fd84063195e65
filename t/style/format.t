#!/usr/bin/perl
#
# The form of every C file: no tabs, no space at the end of a line, at most 80
# columns, an opening comment that says what the file is for, and exactly one
# newline at the end.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use Source;
use Test::More;

use constant { COLUMNS => 80, COMMENT_LEAST => 4, COMMENT_MOST => 16 };

my @files = ((map { path($_) } sources()),
             map { s{^\Q@{[top()]}\E/}{}r } glob("'@{[top()]}'/t/unit/*.[ch]"),
             map { glob("'@{[top()]}'/t/$_/*.[ch]") }
                 qw(fuzz lib bench torture revocation));

for my $file (@files) {
    my $text = slurp($file);
    my @lines = split /\n/, $text, -1;
    my $number = 0;
    my @bad;

    push @bad, 'no newline at the end' if pop @lines ne '';
    push @bad, 'empty lines at the end' if @lines && $lines[-1] eq '';

    for (@lines) {
        $number++;
        push @bad, "line $number: tab" if /\t/;
        push @bad, "line $number: space at the end" if /\s\z/;
        push @bad, "line $number: " . length() . ' columns'
            if length() > COLUMNS;
        push @bad, "line $number: // comment" if m{^\s*//};
    }

    my ($comment) = $text =~ m{\A\s*/\*(.*?)\*/}s;
    my $length = defined $comment ? 1 + $comment =~ tr/\n// : 0;

    push @bad, "opening comment has $length lines"
        if $file =~ /^ngx_oauth_module/
           && ($length < COMMENT_LEAST || $length > COMMENT_MOST);

    is join("\n", @bad), '', $file;
}

done_testing;

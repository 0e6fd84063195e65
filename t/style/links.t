#!/usr/bin/perl
#
# A link between documents leads to a file that exists, and to a heading that
# this file has.

use strict;
use warnings;

use File::Basename qw(dirname);
use File::Spec;
use FindBin;
use lib $FindBin::Bin;
use Source;
use Test::More;

my @documents = map { s{^\Q@{[top()]}\E/}{}r }
    map { glob("'@{[top()]}'/$_") } qw(README.md docs/*.md docs/*/*.md);

for my $document (@documents) {
    my $text = slurp($document) =~ s/^\s*```.*?^\s*```$//gmsr;
    my @bad;

    while ($text =~ /\]\(([^)\s]+)\)/g) {
        my ($path, $heading) = split /#/, $1, 2;

        next if $path =~ /^https?:/;

        my $target = $path eq '' ? $document
            : normal(File::Spec->catfile(dirname($document), $path));

        push @bad, "$target is not there" if !-e top() . "/$target";
        push @bad, "$target has no #$heading"
            if defined $heading && -f top() . "/$target"
               && !grep { $_ eq $heading } headings($target);
    }

    is join("\n", @bad), '', $document;
}

done_testing;


sub normal {
    my ($path) = @_;

    $path =~ s{(?:^|/)\K\./}{}g;
    1 while $path =~ s{[^/]+/\.\./}{};

    return $path;
}


# GitHub's names of the headings.

sub headings {
    my ($document) = @_;

    return map { lc =~ s/[^\w\s-]//gr =~ s/\s/-/gr }
        slurp($document) =~ /^#+ (.*)$/mg;
}

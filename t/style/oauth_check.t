#!/usr/bin/perl
#
# The findings of tools/oauth-check: docs/oauth-check.md describes each of them,
# with its level and its remedy, and a test causes it.  And the lengths of its
# files and functions, which are those of the module.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin, "$FindBin::Bin/../../tools";
use OAuthCheck::Report;
use Source;
use Test::More;

my %findings = %OAuthCheck::Report::FINDINGS;
my %described;

for (split /\n/, slurp('docs/oauth-check.md')) {
    my ($name, $level, $meaning, $remedy) =
        /^\| `(\w+)` \| (\w+) \| (.+) \| (.+) \|\z/ or next;

    ok !$described{$name}, "$name is described once";
    $described{$name} = [ $level, $remedy ];
}

is_deeply \%described, \%findings, 'the document says what the script says';

my @files = map { s{^\Q@{[top()]}\E/}{}r }
    glob("'@{[top()]}'/tools/OAuthCheck/*.pm"), top() . '/tools/oauth-check';
my $code = join '', map { slurp($_) } @files;
my $tests = join '', map { slurp("t/$_.t") }
    qw(oauth_check oauth_check_server oauth_check_token);

for my $name (sort keys %findings) {
    cmp_ok scalar(() = $code =~ /\b$name\b/g), '>', 1, "$name is reported";
    like $tests, qr/\b$name\b/, "$name is tested";
}

for my $file (@files) {
    my $text = slurp($file);
    my @long = grep { tr/\n// > 60 }
        $text =~ /^(sub \w+ \{\n.*?^\}\n)/gms;

    cmp_ok $text =~ tr/\n//, '<', 400, "$file: lines";
    is_deeply [map { /sub (\w+)/ } @long], [], "$file: functions";
    is_deeply [grep { length > 80 } split /\n/, $text], [], "$file: columns";
    ok -x top() . "/$file", "$file can be run" if $file !~ /\.pm\z/;
}

done_testing;

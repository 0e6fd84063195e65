#!/usr/bin/perl
#
# The findings of tools/oauth-check: docs/oauth-check.md describes each case of
# each of them, with its level and its remedy, and a test causes it.  What nginx
# also finds has the name that it has in docs/status.md.  And the lengths of the
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

    push @{ $described{$name} }, "$level: $remedy";
}

my %cases;

for my $case (sort keys %findings) {
    my ($name) = split m{/}, $case;

    push @{ $cases{$name} }, join ': ', @{ $findings{$case} };
}

@$_ = sort @$_ for values %described, values %cases;
is_deeply \%described, \%cases, 'the document says what the script says';

my ($readiness) = slurp('docs/status.md') =~ /^## Readiness\n(.*?)^## /ms;
my @shared = $readiness =~ /^\| `(\w+)` \|/mg;

cmp_ok scalar @shared, '>', 5, 'docs/status.md has findings, too';
# What nginx itself asks of a server, a script from outside cannot see.

is_deeply [grep { !$cases{$_} && $_ ne 'no_introspection' } @shared], [],
    'of the same names';

my @files = map { s{^\Q@{[top()]}\E/}{}r }
    glob("'@{[top()]}'/tools/OAuthCheck/*.pm"), top() . '/tools/oauth-check';
my $code = join '', map { slurp($_) } @files;
my $tests = join '', map { slurp("t/$_.t") }
    qw(oauth_check oauth_check_server oauth_check_token);

for my $case (sort keys %findings) {
    my ($name) = split m{/}, $case;

    cmp_ok scalar(() = $code =~ m{(?<!\w)$case(?![\w/])}g), '>', 1,
        "$case is reported";
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

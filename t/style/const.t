#!/usr/bin/perl
#
# Handlers see the configuration const, so that no request can change it.  In
# the rooms whose code runs for a request, a function declares pointers to the
# structures of the configuration as const: its parameters, its variables and
# what it returns.  A function with an ngx_conf_t runs while nginx reads the
# configuration, and may write.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use Source;
use Test::More;

my %rooms = map { $_ => 1 } qw(request answer upstream handler);

# Files whose functions run only while nginx reads the configuration, or when it
# starts and ends a process.

my %exempt = (
    'ngx_oauth_rules.c'  => 'reads the rewrite rules of a configuration',
    'ngx_oauth_wrap.c'   => 'wraps the getters of a configuration',
    'ngx_oauth_module.c' => 'creates what a configuration and a worker have',
);

my $type = qr/\bngx_oauth_(?:(?:main|srv|loc)_conf|resource)_t\b/;

for my $file (sort keys %exempt) {
    ok $rooms{room($file) // ''}, "$file, which is exempt, is in such a room";
}

for my $file (grep { $rooms{room($_)} && !$exempt{$_} } sources()) {
    my @lines = split /\n/, code($file);
    my @bad;

    for my $function (functions($file)) {

        # From the line with the returned type to the closing brace.

        my $first = $function->{line} - 2;
        my $last = $first + $function->{length};
        my $code = join "\n", @lines[$first .. $last];
        my ($head) = $code =~ /\A(.*?)^\{/ms;

        next if $head =~ /\bngx_conf_t\b/;

        while ($code =~ /$type\s*\*/g) {
            my $before = substr $code, 0, $-[0];
            my $number = $first + 1 + ($before =~ tr/\n//);

            push @bad, "$file:$number: $function->{name}: $&"
                unless $before =~ /\bconst\s+\z/;
        }
    }

    is join("\n", @bad), '', room($file) . "/$file sees it const";
}

done_testing;

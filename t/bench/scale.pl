#!/usr/bin/perl
#
# What a request with a known token costs if there are many tokens, many
# locations with rules of their own, or many issuers.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/../lib";

use File::Temp ();

use OAuth::Bench::Cpu qw(median);
use OAuth::Bench::Gateways qw(app bare module);
use OAuth::Bench::Load qw(load);
use OAuth::Bench::Probe qw(ask);
use OAuth::Bench::Tokens qw(CLIENT bearer mint write_tokens);
use OAuth::Test::Key;

use constant ROUNDS => 5;

my $seconds = shift // 2;

$SIG{INT} = $SIG{TERM} = sub { exit 1 };
STDOUT->autoflush;

my $dir = File::Temp->newdir('oauth-bench-XXXXXX', TMPDIR => 1);
my $app = app();
my $key = OAuth::Test::Key->new('RS256');
my @tokens = map { mint($key, $_) } 1 .. 4096;

measure("$_ live tokens", tokens => $_) for 1, 100, 4096;
measure("$_ locations", locations => $_) for 1, 1000;
measure("$_ issuers", issuers => $_) for 1, 50;


# A number that is not given is 1.  nginx without the module has as many
# locations.

sub measure {
    my ($name, %number) = @_;

    my $n = $number{locations} // 1;
    my $path = sprintf '/%d', $n / 2;
    my $file = write_tokens("$dir/tokens",
                            @tokens[0 .. ($number{tokens} // 1) - 1]);
    my @gateways = (
        bare($app, server => locations($n, '')),
        module($app, $key, location => '', http => issuers($number{issuers}),
               server => locations($n, trusted($number{issuers}))));

    my @size = map { ask($_, $path, bearer($tokens[0])) } @gateways;
    my (@cost, @ratio);

    for my $round (0 .. ROUNDS) {
        my @round = map {
            scalar load($gateways[$_], path => $path, tokens => $file,
                        seconds => $round ? $seconds : 1, status => 200,
                        size => $size[$_]{size})
        } 0, 1;

        # In round 0 the worker gets to know the tokens.

        if ($round) {
            push @cost, $round[1];
            push @ratio, $round[0] / $round[1];
        }
    }

    printf "%-20s %7.1f us  %.3f  (%.3f to %.3f)\n", $name, median(@cost),
        median(@ratio), (sort { $a <=> $b } @ratio)[0, -1];

    $_->stop for @gateways;

    return;
}


# Each location has rules of its own if the module is there.

sub locations {
    my ($n, $oauth) = @_;

    return join '', map {
        my $rules = $oauth && $oauth . sprintf <<'EOT', $_, CLIENT, $_;
            oauth_scope "read|read:%d";
            oauth_require client_id %s agent-%d;
            oauth_header X-User sub;
EOT

        "location /$_ {\n$rules proxy_pass http://app;\n}\n";
    } 0 .. $n;
}


# More issuers, and a list of them in which the issuer of the token is the last.

sub issuers {
    my ($n) = @_;

    return join '', map {
        "oauth_issuer i$_ { issuer https://i$_.example.com;"
        . " jwks_file %%DIR%%/jwks.json; }\n"
    } 2 .. $n // 1;
}


sub trusted {
    my ($n) = @_;

    return join ' ', 'oauth', (map { "i$_" } 2 .. $n // 1), "corp;\n";
}

#!/usr/bin/perl
#
# The memory of a worker: the bytes that one kept token takes, and whether the
# worker grows under millions of requests with more tokens than it keeps.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/../lib";

use File::Temp ();

use OAuth::Bench::Gateways qw(app module);
use OAuth::Bench::Load qw(load);
use OAuth::Bench::Probe qw(ask);
use OAuth::Bench::Tokens qw(mint write_tokens);
use OAuth::Test::Key;

use constant { KEPT => 20_000, DIFFERENT => 100_000, MOST => 60 };

my $millions = shift // 5;

$SIG{INT} = $SIG{TERM} = sub { exit 1 };
STDOUT->autoflush;

my $dir = File::Temp->newdir('oauth-bench-XXXXXX', TMPDIR => 1);
my $app = app();

kept();
flat() if $millions > 0;


sub kept {
    my $key = OAuth::Test::Key->new('RS256');
    my @tokens = map { mint($key, $_) } 1 .. KEPT;
    my $file = write_tokens("$dir/kept", @tokens);
    my %memory = map { $_ => filled($key, $_, $file) } 0, 32_768;

    printf "a token of %d bytes that is kept: %d bytes (%d tokens, %.1f MB"
        . " against %.1f MB without a cache)\n", length $tokens[0],
        ($memory{32_768} - $memory{0}) / KEPT, KEPT,
        map { $memory{$_} / 1e6 } 32_768, 0;

    return;
}


# The memory of the worker after each of the tokens was sent.

sub filled {
    my ($key, $entries, $file) = @_;

    my $module = module($app, $key, cache => $entries);

    send_at_least($module, KEPT, $file);

    my $memory = $module->memory;
    $module->stop;

    return $memory;
}


sub flat {
    my $key = OAuth::Test::Key->new('ES256');
    my $file = write_tokens("$dir/flat",
                            map { mint($key, $_) } 1 .. DIFFERENT);
    my $module = module($app, $key);

    printf "%d tokens in turn, 4,096 kept: %.2f MB at first\n", DIFFERENT,
        $module->memory / 1e6;

    for my $million (1 .. $millions) {
        send_at_least($module, 1e6, $file);
        printf "%d million requests: %.2f MB\n", $million,
            $module->memory / 1e6;
    }

    return;
}


# Sends at least this many requests; a load sends the tokens in order, beginning
# with the first.

sub send_at_least {
    my ($module, $wanted, $file) = @_;

    open my $in, '<', $file or die "cannot read $file: $!\n";
    chomp(my $line = <$in>);

    my $response = ask($module, '/', $line);
    my %options = (tokens => $file, status => 200, size => $response->{size});
    my (undef, $rate) = load($module, seconds => 1, %options);
    my $seconds = 1 + int 1.5 * $wanted / $rate;

    $seconds = MOST if $seconds > MOST;

    for (my $sent = 0; $sent < $wanted;) {
        my (undef, $count) = load($module, seconds => $seconds, %options);

        die "only $count requests in $seconds s\n"
            if $count < ($wanted < DIFFERENT ? $wanted : DIFFERENT);
        $sent += $count;
    }

    return;
}

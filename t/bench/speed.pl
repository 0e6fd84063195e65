#!/usr/bin/perl
#
# What a request costs in each gateway: the CPU time of its processes, compared
# with an nginx that only proxies, in rounds in which the gateways take turns.
# A complete run writes its table into docs/performance.md and draws
# docs/performance.svg.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/../lib";

use File::Temp ();
use Getopt::Long qw(GetOptions);

use OAuth::Bench::Cpu qw(load_cpu median);
use OAuth::Bench::Gateways qw(app bare module refusal);
use OAuth::Bench::Load qw(load);
use OAuth::Bench::Peers qw(peers versions);
use OAuth::Bench::Probe qw(ask check_identity);
use OAuth::Bench::Report qw(write_plot write_table);
use OAuth::Bench::Tokens qw(mint spoil subject write_tokens);
use OAuth::Test::Key;

use constant { KNOWN => 1000, NEW => 50_000, MISSES => 'unknown-key' };

my %option = (rounds => 5, only => '.');

GetOptions(\%option, 'rounds=i', 'only=s', 'load-cpu=i') && @ARGV <= 1
    or die 'usage: speed.pl [--rounds n] [--only pattern] [--load-cpu n]',
           " [seconds]\n";

my $seconds = shift // 2;

load_cpu($option{'load-cpu'});

$SIG{INT} = $SIG{TERM} = sub { exit 1 };
STDOUT->autoflush;

my $dir = File::Temp->newdir('oauth-bench-XXXXXX', TMPDIR => 1);
my $app = app();
my @results;

measure_algorithm($_) for grep { wanted($_) } qw(RS256 ES256 EdDSA);

if ($option{only} eq '.') {
    write_table(\@results, versions(),
        "medians of $option{rounds} rounds of $seconds s for each gateway");
    write_plot(\@results);
}


# Whether one of the algorithm's scenarios was asked for.

sub wanted {
    my ($alg) = @_;

    return grep { "$alg $_->{name}" =~ /$option{only}/ } scenarios($alg);
}


# For each scenario: a file of tokens, or none; the status; the gateway that is
# 1.

sub scenarios {
    my ($alg) = @_;

    my @known = map { { name => $_->[0], tokens => $_->[1], status => 200,
                        base => 'nginx' } }
        [ 'same token', 'one' ], [ '1,000 tokens', 'known' ],
        [ '50,000 new tokens', 'new' ];

    return @known if $alg ne 'RS256';

    return @known,
        { name => 'same token, passed on', tokens => 'one', status => 200,
          base => 'nginx', passes => 1 },
        { name => 'same token, counted', tokens => 'one', status => 200,
          base => 'nginx', counts => 1 },
        { name => 'no token', status => 401, base => 'return 401' },
        { name => 'bad signature', tokens => 'spoilt', status => 401,
          base => 'nginx' },
        { name => 'unknown key', tokens => 'foreign', status => 401,
          base => 'nginx' };
}


sub measure_algorithm {
    my ($alg) = @_;

    my $key = OAuth::Test::Key->new($alg);
    my %files = write_files($key, wanted($alg));
    my $module = module($app, $key);
    my $refusal = refusal($app, ask($module, '/'));
    my $passing = module($app, $key, location => <<'EOT');
            oauth corp;
            oauth_scope read;
            oauth_header X-User sub;
            oauth_pass_token on;
EOT
    my $counting = module($app, $key,
        server => 'location = /status { oauth off; oauth_status; }');
    my @gateways = (bare($app), $module, peers($app, $key));

    check_identity($_, mint($key, 7), subject(7)) for @gateways[1 .. $#gateways];

    for my $scenario (wanted($alg)) {
        my @all = @gateways;

        $all[0] = $refusal if $scenario->{base} ne 'nginx';
        @all = ($all[0], $passing) if $scenario->{passes};
        @all = ($all[0], $counting) if $scenario->{counts};
        measure($alg, $scenario, $files{ $scenario->{tokens} // '' }, @all);
    }

    $_->stop for @gateways, $refusal, $passing, $counting;

    return;
}


# Writes each file once, in the order of the scenarios that use them.

sub write_files {
    my ($key, @scenarios) = @_;

    my %make = (
        one => sub { mint($key, 1) },
        known => sub { map { mint($key, $_) } 1 .. KNOWN },
        new => sub { map { mint($key, $_) } KNOWN + 1 .. KNOWN + NEW },
        spoilt => sub { map { spoil(mint($key, $_)) } 1 .. KNOWN },
        foreign => sub { map { mint($key, $_, MISSES) } 1 .. KNOWN },
    );

    print "minting with ${\$key->alg}\n";

    return map {
        ($_ => write_tokens("$dir/$_-${\$key->alg}", $make{$_}->()))
    } grep { defined } map { $_->{tokens} } @scenarios;
}


sub measure {
    my ($alg, $scenario, $file, @gateways) = @_;

    my %expected = map {
        $_->name => expected($_, $scenario, $file, $_ == $gateways[0])
    } @gateways;
    my (%cost, %ratio);

    load($_, tokens => $file, seconds => 1, %{ $expected{ $_->name } })
        for @gateways;

    for (1 .. $option{rounds}) {
        my %round = map {
            $_->name => scalar load($_, tokens => $file, seconds => $seconds,
                                    %{ $expected{ $_->name } })
        } @gateways;

        my $base = $round{ $gateways[0]->name };

        push @{ $cost{$_} }, $round{$_} for keys %round;
        push @{ $ratio{$_} }, $base / $round{$_} for keys %round;
    }

    for my $name (map { $_->name } @gateways) {
        my %result = (alg => $alg, scenario => $scenario->{name},
                      gateway => $name, base => $name eq $gateways[0]->name,
                      cost => median(@{ $cost{$name} }),
                      ratio => median(@{ $ratio{$name} }));

        push @results, \%result;
        printf "%-5s  %-18s %-18s %7.1f us  %.3f  (%.3f to %.3f)\n",
            @result{qw(alg scenario gateway cost ratio)},
            (sort { $a <=> $b } @{ $ratio{$name} })[0, -1];
    }

    return;
}


# Sends one request; its status and size are what every answer must have.

sub expected {
    my ($gateway, $scenario, $file, $is_base) = @_;

    my $status = $is_base && $scenario->{base} eq 'nginx'
        ? 200 : $scenario->{status};
    my $response = ask($gateway, '/', first_line($file));

    die $gateway->name, ', ', $scenario->{name}, ': ', $response->line, "\n"
        if $response->status != $status;

    return { status => $status, size => $response->{size} };
}


sub first_line {
    my ($file) = @_;

    return unless defined $file;

    open my $in, '<', $file or die "cannot read $file: $!\n";
    chomp(my $line = <$in>);

    return $line;
}

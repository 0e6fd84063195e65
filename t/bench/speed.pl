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
use List::Util qw(max min);
use Time::HiRes qw(sleep time);

use OAuth::Bench::Cpu qw(load_cpu);
use OAuth::Bench::Gateways qw(app asserting bare introspecting module proving
                            refusal storing);
use OAuth::Bench::Load qw(load);
use OAuth::Bench::Peers qw(mod_oauth2 peers versions);
use OAuth::Bench::Probe qw(ask check_identity);
use OAuth::Bench::Report qw(write_plot write_table);
use OAuth::Bench::Tokens qw(ISSUER RESOURCE bearer mint proofs spoil subject
                            write_lines write_tokens);
use OAuth::Test::Key;
use OAuth::Test::Proof qw(thumbprint);
use OAuth::Test::Revoker;

# A load with proofs ends before it has sent so many in a second.

use constant { KNOWN => 1000, NEW => 50_000, MISSES => 'unknown-key',
               OPAQUE => 'ory_at_' . '8f3kQz' x 8, PROOFS => 16_000 };

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
        "the lowest cost of $option{rounds} rounds of $seconds s for each gateway",
        verification());
    write_plot(\@results);
}


# Whether one of the algorithm's scenarios was asked for.

sub wanted {
    my ($alg) = @_;

    return grep { "$alg $_->{name}" =~ /$option{only}/ } scenarios($alg);
}


# For each scenario: a file of tokens, or none; the status; the gateway that is
# 1; and the gateways that it needs, if those for JWTs do not do.

sub scenarios {
    my ($alg) = @_;

    my @known = map { { name => $_->[0], tokens => $_->[1], status => 200,
                        base => 'nginx' } }
        [ 'same token', 'one' ], [ '1,000 tokens', 'known' ],
        [ '50,000 new tokens', 'new' ];

    return @known, { name => 'same token, a DPoP proof each',
                     tokens => 'proofs', status => 200, base => 'nginx',
                     gateways => 'proofs' } if $alg eq 'ES256';

    return @known if $alg ne 'RS256';

    return @known,
        { name => 'same token, passed on', tokens => 'one', status => 200,
          base => 'nginx', gateways => 'passing' },
        { name => 'same token, counted', tokens => 'one', status => 200,
          base => 'not counted', gateways => 'counting' },
        { name => 'same token, an assertion', tokens => 'one', status => 200,
          base => 'no assertion', gateways => 'asserting' },
        { name => 'same token, a store', tokens => 'one', status => 200,
          base => 'no store', gateways => 'storing' },
        { name => 'same token, 100 revocations a second', tokens => 'one',
          status => 200, base => 'no store', gateways => 'revoking' },
        { name => 'same opaque token', tokens => 'opaque', status => 200,
          base => 'nginx', gateways => 'opaque' },
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
    my $bare = bare($app);
    my %running;

    for my $scenario (wanted($alg)) {
        my $kind = $scenario->{gateways} // 'all';
        my @gateways = @{ $running{$kind} //= [ gateways($kind, $key) ] };
        my $base = $scenario->{base} eq 'nginx' ? $bare
            : $scenario->{base} eq 'return 401'
                ? refusal($app, ask($gateways[0], '/'))
            : module($app, $key, name => $scenario->{base});

        measure($alg, $scenario, $files{ $scenario->{tokens} // 'none' },
                $base, @gateways);
        $base->stop if $base != $bare;
    }

    $_->stop for $bare, map { @$_ } values %running;

    return;
}


# Starts the gateways of this kind, of which the module is the first, and checks
# what the app gets from each.

sub gateways {
    my ($kind, $key) = @_;

    my $token = mint($key, 7, cnf => { jkt => thumbprint($key) });
    my ($line) = $kind eq 'proofs' ? proofs($key, $token, RESOURCE . '/seen', 1)
        : bearer($kind eq 'opaque' ? OPAQUE : mint($key, 7));

    my @gateways = $kind eq 'proofs' ? (proving($app, $key),
                                        mod_oauth2($app, $key, $kind))
        : $kind eq 'opaque' ? (introspecting($app, $key),
                               mod_oauth2($app, $key, $kind))
        : $kind eq 'passing' ? module($app, $key, location => <<'EOT')
            oauth corp;
            oauth_scope read;
            oauth_header X-User sub;
            oauth_pass_token on;
EOT
        : $kind eq 'counting' ? module($app, $key,
            server => 'location = /status { oauth off; oauth_status; }')
        : $kind eq 'asserting' ? asserting($app, $key)
        : $kind eq 'storing' ? storing($app, $key)
        : $kind eq 'revoking' ? storing($app, $key, beside => \&revoke)
        : (module($app, $key), peers($app, $key));

    check_identity($_, $line, subject(7), $kind eq 'passing') for @gateways;

    return @gateways;
}


# Revokes 100 others a second, in a commit each, until it is ended.

sub revoke {
    my ($gateway) = @_;

    my $revoker = OAuth::Test::Revoker->new(port => $gateway->port,
                                            issuer => ISSUER);
    my $began = time;

    for my $n (1 .. 100 * ($seconds + 60)) {
        my $status = $revoker->revoke({ subject => "other-$$-$n" });
        die "a revocation was answered with $status\n" if $status != 204;

        my $early = $began + $n / 100 - time;
        sleep $early if $early > 0;
    }

    return;
}


# Writes each file once, in the order of the scenarios that use them.  Returns
# for each name a function that gives the file for the next load; only proofs
# need a new one each time.

sub write_files {
    my ($key, @scenarios) = @_;

    my %make = (
        one => sub { mint($key, 1) },
        known => sub { map { mint($key, $_) } 1 .. KNOWN },
        new => sub { map { mint($key, $_) } KNOWN + 1 .. KNOWN + NEW },
        spoilt => sub { map { spoil(mint($key, $_)) } 1 .. KNOWN },
        opaque => sub { OPAQUE },
        foreign => sub { map { mint($key, $_, kid => MISSES) } 1 .. KNOWN },
    );

    print "minting with ${\$key->alg}\n";

    my %files = map {
        my $file = write_tokens("$dir/$_-${\$key->alg}", $make{$_}->());
        ($_ => sub { return $file })
    } grep { defined && $make{$_} } map { $_->{tokens} } @scenarios;

    my $bound = mint($key, 1, cnf => { jkt => thumbprint($key) });

    return (%files, none => sub { return }, proofs => sub {
        return write_lines("$dir/proofs", proofs($key, $bound, RESOURCE . '/',
                                                 PROOFS * $seconds));
    });
}


# Round 0 is not counted: in it the workers get to know the tokens.  The lowest
# cost counts, because what else runs on the machine can only add to it.

sub measure {
    my ($alg, $scenario, $file, @gateways) = @_;

    my %expected = map {
        $_->name => expected($_, $scenario, $file, $_ == $gateways[0])
    } @gateways;
    my %costs;

    for my $round (0 .. $option{rounds}) {
        my $tokens = $file->();
        my %round = map {
            $_->name => scalar load($_, tokens => $tokens,
                                    seconds => $round ? $seconds : 1,
                                    %{ $expected{ $_->name } })
        } @gateways;

        next if $round == 0;

        push @{ $costs{$_} }, $round{$_} for keys %round;
    }

    my $base = min(@{ $costs{ $gateways[0]->name } });

    for my $name (map { $_->name } @gateways) {
        my $cost = min(@{ $costs{$name} });
        my %result = (alg => $alg, scenario => $scenario->{name},
                      gateway => $name, base => $name eq $gateways[0]->name,
                      cost => $cost, ratio => $base / $cost);

        push @results, \%result;
        printf "%-5s  %-30s %-18s %7.1f us  %.3f  (up to %.1f us)\n",
            @result{qw(alg scenario gateway cost ratio)},
            max(@{ $costs{$name} });
    }

    return;
}


# Sends one request; its status and size are what every answer must have.

sub expected {
    my ($gateway, $scenario, $file, $is_base) = @_;

    my $status = $is_base && $scenario->{base} eq 'nginx'
        ? 200 : $scenario->{status};
    my $response = ask($gateway, '/', first_line($file->()));

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


# What one verification costs that each proof needs.

sub verification {
    my ($rate) = qx{openssl speed -seconds 3 ecdsap256 2>&1}
        =~ /nistp256.*?([0-9.]+)\s*\z/
        or return 'openssl speed did not run';

    return sprintf '%.1f us for an ES256 verification by `openssl speed`',
        1e6 / $rate;
}

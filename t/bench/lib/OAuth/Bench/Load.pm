package OAuth::Bench::Load;

# One load on one gateway: wrk with one thread, and the CPU time that the
# processes of the gateway used in the meantime, for each answered request.

use strict;
use warnings;

use Cwd qw(abs_path);
use Exporter qw(import);
use File::Basename qw(dirname);

use OAuth::Bench::Cpu qw(load_cpu);
use OAuth::Test::Process qw(reap stop_process);

our @EXPORT_OK = qw(load);

use constant CONNECTIONS => 32;

my $script = abs_path(dirname(__FILE__) . '/../../../load.lua');


# Options: tokens (a file for load.lua; without it no token is sent), seconds,
# path, status (that every answer must have), size (bytes of each answer).
# Returns the microseconds of CPU time for a request, and the number of requests.

sub load {
    my ($gateway, %options) = @_;

    my $beside = $gateway->start_beside;
    my $before = $gateway->cpu;
    my $run = wrk($gateway->port . ($options{path} // '/'), $options{seconds},
                  $options{tokens});
    my $cpu = $gateway->cpu - $before;
    die "what ran beside the load has ended\n" if $beside && reap($beside);
    stop_process($beside, 'TERM') if $beside;

    my $name = $gateway->name;

    my @errors = map { $run->{$_} ? "$run->{$_} $_ errors" : () }
        qw(connect read write timeout);
    my $refused = $options{status} < 400 ? 0 : $run->{requests};

    push @errors, "$run->{refused} of $run->{requests} refused, not $refused"
        if $run->{refused} != $refused;
    push @errors, 'answers of another size: '
                  . $run->{bytes} / $run->{requests} . ", not $options{size}"
        if !$run->{requests}
           || abs($run->{bytes} / $run->{requests} / $options{size} - 1) > 0.01;

    die "$name: ", join('; ', @errors), "\n" if @errors;

    my $cost = 1e6 * $cpu / $run->{requests};

    return wantarray ? ($cost, $run->{requests}) : $cost;
}


# What load.lua counted.

sub wrk {
    my ($to, $seconds, $tokens) = @_;

    my @command = ('taskset', '-c', load_cpu(), 'wrk', '-t', 1,
                   '-c', CONNECTIONS, '-d', "${seconds}s", '-s', $script,
                   "http://127.0.0.1:$to", '--', $tokens // ());

    open my $in, '-|', @command or die "cannot run wrk: $!\n";
    my $said = do { local $/; <$in> };
    close $in or die "wrk failed: $said\n";

    my ($counts) = $said =~ /^counted (.*)/m or die "wrk said: $said\n";

    return { $counts =~ /(\w+)=(\d+)/g };
}

1;

package OAuth::Bench::Cpu;

# The CPUs of a measurement, and the CPU time that processes have used.
#
# Gateway, load and app share one CPU, unless the load and the app are given
# another one.  In that case the gateway is charged for waking that CPU each
# time, which costs most while that CPU sleeps, and so depends on how fast the
# gateway is.

use strict;
use warnings;

use Exporter qw(import);
use Time::HiRes qw(clock_gettime);

our @EXPORT_OK = qw(GATEWAY_CPU children cpu_time load_cpu median memory);

use constant GATEWAY_CPU => 0;

my $load_cpu = GATEWAY_CPU;


# The CPU of load and app.  A number changes it for all that is started later.

sub load_cpu {
    my ($cpu) = @_;

    $load_cpu = $cpu if defined $cpu;

    return $load_cpu;
}


# Seconds of CPU time of these processes, by the kernel's clock for each of them
# (clock_getcpuclockid(3)): all threads, including those that have ended.

sub cpu_time {
    my $sum = 0;

    $sum += clock_gettime(~(0 + $_) << 3 | 2) for @_;

    return $sum;
}


sub children {
    my ($pid) = @_;

    open my $in, '<', "/proc/$pid/task/$pid/children" or return;

    return split ' ', <$in> // '';
}


# Bytes of memory that are resident and not shared with other processes.

sub memory {
    my ($pid) = @_;

    open my $in, '<', "/proc/$pid/status" or die "process $pid is gone\n";
    my %kilobytes = map { /^(Rss\w+):\s+(\d+) kB/ ? ($1 => $2) : () } <$in>;

    return 1024 * $kilobytes{RssAnon};
}


sub median {
    my @sorted = sort { $a <=> $b } @_;

    return ($sorted[$#sorted / 2] + $sorted[@sorted / 2]) / 2;
}

1;

package OAuth::Bench::Cpu;

# The two CPUs of a measurement, one for what is measured, one for the load and
# the app, and the CPU time that processes have had.

use strict;
use warnings;

use Exporter qw(import);
use Time::HiRes qw(clock_gettime);

our @EXPORT_OK = qw(GATEWAY_CPU LOAD_CPU children cpu_time median memory);

use constant { GATEWAY_CPU => 0, LOAD_CPU => 1 };


# Seconds of CPU of these processes, by the kernel's own clock of each
# (clock_getcpuclockid(3)): all threads, the ended ones too.

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


# Bytes of memory that are resident and the process's own.

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

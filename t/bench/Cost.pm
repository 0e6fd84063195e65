package Cost;

# What a request costs a worker: the CPU time of its process, by the kernel's
# clock for that process, from before the request until the worker sleeps again.

use strict;
use warnings;

use Exporter qw(import);
use Time::HiRes qw(clock_gettime sleep time);

use OAuth::Test::Connection;

our @EXPORT_OK = qw(cost median settled);

use constant { PAUSE => 0.0003, SECONDS => 20 };


# CPU seconds of the process, all of its threads (clock_getcpuclockid(3)).

sub cpu {
    my ($pid) = @_;

    return clock_gettime(~(0 + $pid) << 3 | 2);
}


sub sleeps {
    my ($pid) = @_;

    open my $in, '<', "/proc/$pid/stat" or die "worker $pid is gone\n";

    return <$in> =~ /\A\d+ \(.*\) S /s;
}


# The same, after the process has finished its work.

sub settled {
    my ($pid) = @_;

    my $end = time + SECONDS;
    my $before = -1;

    while (time < $end) {
        my $now = cpu($pid);
        return $now if $now == $before && sleeps($pid);

        $before = $now;
        sleep PAUSE;
    }

    die "worker $pid is busy for ${\SECONDS} s\n";
}


# Sends the bytes on a new connection and returns milliseconds of CPU and the
# status.  In place of the bytes there may be code, which returns the response.

sub cost {
    my ($pid, $port, $bytes) = @_;

    my $before = settled($pid);
    my $response;

    if (ref $bytes) {
        $response = $bytes->();

    } else {
        my $connection = OAuth::Test::Connection->new(port => $port);
        $response = $connection->send($bytes)->finish;
        $connection->close;
    }

    return (1000 * (settled($pid) - $before), $response->status);
}


sub median {
    my @sorted = sort { $a <=> $b } @_;

    return $sorted[$#sorted / 2];
}

1;

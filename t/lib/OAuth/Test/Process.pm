package OAuth::Test::Process;

# Processes that a test starts.  Each is ended by its own process id.  A test
# waits for a condition instead of sleeping.

use strict;
use warnings;

use Exporter qw(import);
use POSIX qw(WNOHANG _exit);
use Time::HiRes qw(sleep time);

use OAuth::Test::Mode qw(seconds);

our @EXPORT_OK = qw(spawn reap stop_process wait_until
                    memory grown);

my %running;        # pid => 1: started here, not yet reaped
my $owner = $$;


# Runs code in a child process, which never returns into the code of the test.

sub spawn {
    my ($code) = @_;

    my $pid = fork;
    die "cannot fork: $!\n" unless defined $pid;

    if ($pid == 0) {
        %running = ();
        local $@;
        eval { $code->(); 1 } or print STDERR $@;
        _exit(0);
    }

    $running{$pid} = 1;

    return $pid;
}


# True once the child has ended; its status is in $?.

sub reap {
    my ($pid) = @_;

    return 1 unless $running{$pid};
    return 0 if waitpid($pid, WNOHANG) == 0;

    delete $running{$pid};

    return 1;
}


# Sends a signal and waits; returns true if the child ended within the time.

sub stop_process {
    my ($pid, $signal, $seconds) = @_;

    return 1 unless $running{$pid};

    kill $signal, $pid;

    return wait_until(sub { reap($pid) }, $seconds // 10);
}


# Returns what the condition returns once it is true, or false after the time.

sub wait_until {
    my ($condition, $seconds) = @_;

    my $end = time + seconds($seconds // 10);
    my $pause = 0.002;

    for (;;) {
        my $value = $condition->();
        return $value if $value;
        return $value if time > $end;

        sleep $pause;
        $pause *= 1.5 if $pause < 0.05;
    }
}


END {
    if ($$ == $owner) {
        my $status = $?;

        for my $pid (keys %running) {
            stop_process($pid, 'TERM', 3) or stop_process($pid, 'KILL', 3);
        }

        $? = $status;
    }
}


# The memory of a process in kB, as /proc names it: VmRSS, or RssAnon, which is
# without mapped files.  undef: the process is gone.

sub memory {
    my ($pid, $name) = @_;

    open my $in, '<', "/proc/$pid/status" or return;

    return join('', <$in>) =~ /^$name:\s+(\d+) kB/m ? $1 : undef;
}


# By how many kB the process has grown that has grown most, since the first call
# with this hash, whose keys are the ids of processes.

sub grown {
    my ($before) = @_;

    my $most = 0;

    for my $pid (keys %$before) {
        my $now = memory($pid, 'RssAnon') // next;

        $before->{$pid} ||= $now;
        $most = $now - $before->{$pid} if $now - $before->{$pid} > $most;
    }

    return $most;
}

1;

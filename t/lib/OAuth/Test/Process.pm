package OAuth::Test::Process;

# Processes that a test starts.  Each is ended by its own process id.  A test
# waits for a condition instead of sleeping.

use strict;
use warnings;

use Exporter qw(import);
use POSIX qw(WNOHANG _exit setpgid);
use Time::HiRes qw(sleep time);

use OAuth::Test::Mode qw(seconds);

our @EXPORT_OK = qw(spawn reap ending how_ended stop_process wait_until
                    as_in_terminal memory grown);

my %running;        # pid => 1: started here, not yet reaped
my %status;         # pid => $?: started here and reaped
my $owner = $$;


# Runs code in a child process, which never returns into the code of the test:
# its status is 0, or 1 if the code has died.

sub spawn {
    my ($code) = @_;

    my $pid = fork;
    die "cannot fork: $!\n" unless defined $pid;

    if ($pid == 0) {
        %running = ();
        local $@;
        _exit(0) if eval { $code->(); 1 };
        print STDERR $@;
        _exit(1);
    }

    delete $status{$pid};
    $running{$pid} = 1;

    return $pid;
}


# Makes this child what a terminal would have started: with a process group of
# its own, and ended by signals, also where the tests run in the background, with
# signals ignored.

sub as_in_terminal {
    setpgid(0, 0);
    $SIG{$_} = 'DEFAULT' for qw(HUP INT QUIT TERM);

    return;
}


# True once the child has ended; its status is in $?.

sub reap {
    my ($pid) = @_;

    return 1 unless $running{$pid};
    return 0 if waitpid($pid, WNOHANG) == 0;

    delete $running{$pid};
    $status{$pid} = $?;

    return 1;
}


# How a child that was reaped has ended: "" if well, else "status 1" or
# "signal 11".  Of a process that is no child of the test this is not known, and
# also "".

sub ending { return how_ended($status{$_[0]} // 0) }


# The same of a value of $?.

sub how_ended {
    my ($status) = @_;

    return $status & 127 ? 'signal ' . ($status & 127)
         : $status       ? 'status ' . ($status >> 8) : '';
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

package OAuth::Bench::Nginx;

# An nginx for a measurement: one worker on one CPU, which logs only errors.

use strict;
use warnings;

use parent 'OAuth::Test::Nginx';

use OAuth::Bench::Cpu qw(GATEWAY_CPU cpu_time);
use OAuth::Test::Process qw(spawn);


# Further options: name, cpu, beside (a function that gets this object, and runs
# in a process of its own during each load).

sub new {
    my ($class, %options) = @_;

    return $class->SUPER::new(log => 'error', cpu => GATEWAY_CPU, %options);
}


sub command {
    my ($self, @more) = @_;

    return ('taskset', '-c', $self->{cpu}, $self->SUPER::command(@more));
}


# Returns the process, or undef if there is nothing to run.

sub start_beside {
    my ($self) = @_;

    return $self->{beside} && spawn(sub { $self->{beside}->($self) });
}


sub name { return $_[0]{name} }

sub port { return $_[0]->SUPER::port($_[1] // 'main') }

sub cpu { return cpu_time($_[0]->workers) }

sub memory { return OAuth::Bench::Cpu::memory($_[0]->workers) }

1;

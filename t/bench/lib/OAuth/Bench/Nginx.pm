package OAuth::Bench::Nginx;

# An nginx for a measurement: one worker on one CPU, which logs only errors.

use strict;
use warnings;

use parent 'OAuth::Test::Nginx';

use OAuth::Bench::Cpu qw(GATEWAY_CPU cpu_time);


# Further options: name, cpu.

sub new {
    my ($class, %options) = @_;

    return $class->SUPER::new(log => 'error', cpu => GATEWAY_CPU, %options);
}


sub command {
    my ($self, @more) = @_;

    return ('taskset', '-c', $self->{cpu}, $self->SUPER::command(@more));
}


sub name { return $_[0]{name} }

sub port { return $_[0]->SUPER::port($_[1] // 'main') }

sub cpu { return cpu_time($_[0]->workers) }

sub memory { return OAuth::Bench::Cpu::memory($_[0]->workers) }

1;

package OAuth::Test::Clock;

# The clock that nginx sees, by libfaketime.  A test sets it forward and back
# while nginx runs: the wall clock alone, or with "monotonic" both clocks.

use strict;
use warnings;

use File::Temp ();

use OAuth::Test::Mode qw(mode);

my ($library) = glob '/usr/lib/*/faketime/libfaketime.so.1';


# Returns why there is no libfaketime, or nothing if there is one.

sub is_missing {
    return 'libfaketime is not installed' unless $library;
    return 'libfaketime cannot be loaded before ' . mode()
        if mode() =~ /asan|valgrind/;
    return;
}


# The environment of a program whose clock is this many seconds fast.

sub shifted {
    my ($seconds) = @_;

    die "libfaketime is not installed\n" unless $library;

    return (LD_PRELOAD => $library, FAKETIME => sprintf '%+d', $seconds);
}


sub new {
    my ($class, %options) = @_;

    my $self = bless { %options, offset => 0 }, $class;

    $self->{folder} = File::Temp->newdir('oauth-clock-XXXXXX', TMPDIR => 1);
    chmod 0755, "$self->{folder}";      # workers read it, as another user

    return $self->set(0);
}


sub set {
    my ($self, $seconds) = @_;

    my $file = "$self->{folder}/clock";

    open my $out, '>', "$file.new" or die "no clock: $!\n";
    printf $out "%+d\n", $seconds;
    close $out or die "no clock: $!\n";
    rename "$file.new", $file or die "no clock: $!\n";

    $self->{offset} = $seconds;

    return $self;
}


sub offset { return $_[0]{offset} }


# What a test gives to nginx, which keeps of the environment what it is told to

sub options {
    my ($self) = @_;

    my %env = (LD_PRELOAD => $library, FAKETIME_NO_CACHE => 1,
               FAKETIME_TIMESTAMP_FILE => "$self->{folder}/clock");

    @env{qw(DONT_FAKE_MONOTONIC FAKETIME_DONT_FAKE_MONOTONIC)} = (1, 1)
        unless $self->{monotonic};

    return (env => \%env, main => join "\n", map { "env $_;" } sort keys %env);
}

1;

package OAuth::Bench::Peer;

# Another server as a gateway: its files are in a temporary folder, it has a
# free port, and its processes run on the CPU of gateways.  In its files,
# %%NAME%% becomes the value that was given as NAME; PORT and DIR are always
# there.

use strict;
use warnings;

use File::Temp ();

use OAuth::Bench::Cpu qw(GATEWAY_CPU children cpu_time);
use OAuth::Test::Connection;
use OAuth::Test::Port qw(free_port);
use OAuth::Test::Process qw(spawn reap stop_process wait_until);


# options: name, files (name => text), command (a list), values in capitals.

sub new {
    my ($class, %options) = @_;

    my $self = bless { %options, PORT => free_port() }, $class;

    $self->{dir} = File::Temp->newdir('oauth-peer-XXXXXX', TMPDIR => 1);
    $self->{DIR} = "$self->{dir}";
    chmod 0755, $self->{DIR};

    return $self;
}


sub start {
    my ($self) = @_;

    my @command = map { $self->render($_) } @{ $self->{command} };

    $self->write_file($_, $self->{files}{$_}) for keys %{ $self->{files} };

    $self->{pid} = spawn(sub {
        open STDOUT, '>>', "$self->{DIR}/stderr";
        open STDERR, '>&', \*STDOUT;
        exec 'taskset', '-c', GATEWAY_CPU, @command
            or die "cannot run $command[0]: $!\n";
    });

    my $up = wait_until(sub {
        reap($self->{pid}) || OAuth::Test::Connection->new(
            port => $self->{PORT})->socket
    }, 15);

    die "$self->{name} does not start:\n", $self->said if !ref $up;

    return $self;
}


sub write_file {
    my ($self, $name, $text) = @_;

    open my $out, '>', "$self->{DIR}/$name" or die "cannot write $name: $!\n";
    print $out $self->render($text);
    close $out or die "cannot write $name: $!\n";

    return;
}


sub render {
    my ($self, $text) = @_;

    return $text =~ s/%%([A-Z]+)%%/$self->{$1} \/\/ die "no value for $1\n"/ger;
}


sub said {
    my ($self) = @_;

    my $text = '';

    for my $file (glob "$self->{DIR}/stderr $self->{DIR}/*.log") {
        open my $in, '<', $file or next;
        $text .= join '', <$in>;
    }

    return $text;
}


# Nothing runs beside it.

sub start_beside { return }


sub name { return $_[0]{name} }

sub port { return $_[0]{PORT} }


# The process that was started either has children or does the work itself.

sub cpu {
    my ($self) = @_;

    return cpu_time($self->{pid}, children($self->{pid}));
}


sub stop { return stop_process($_[0]{pid}, 'TERM', 20) }

1;

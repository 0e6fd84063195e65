package OAuth::Test::Redis;

# A real Redis (or Valkey) server on free ports of 127.0.0.1, in a temporary
# folder.  The variable OAUTH_REDIS names another program than redis-server, which
# may have arguments.
#
#   my $redis = OAuth::Test::Redis->new(password => 'x');
#   $redis->command(qw(XADD s * r x));
#   $redis->kill('STOP');                   $redis->stop; $redis->start;

use strict;
use warnings;

use File::Temp ();

use OAuth::Test::File qw(write_file);
use OAuth::Test::Port qw(free_port);
use OAuth::Test::Process qw(spawn reap stop_process wait_until);
use OAuth::Test::RedisCaller;


# Whether there is such a server on this machine.

sub available {
    my ($program) = program();

    return grep { -x "$_/$program" } split(/:/, $ENV{PATH} // ''),
        '/usr/bin', '/usr/sbin', '/usr/local/bin'
        if $program !~ m{/};

    return -x $program;
}


sub program { return split ' ', $ENV{OAUTH_REDIS} // 'redis-server' }


# options: password, of the default user; users, lines of an ACL as "bus on
# >secret ~bus:* -@all +xadd"; certificate, as of OAuth::Test::Certificate, for
# the port of TLS; conf, more lines of the configuration.  Nothing is written to
# the disk unless a line of conf says so.

sub new {
    my ($class, %options) = @_;

    my $self = bless { conf => [], users => [], owner => $$, %options }, $class;

    $self->{folder} = File::Temp->newdir('oauth-redis-XXXXXX', TMPDIR => 1);
    chmod 0755, "$self->{folder}";

    return $self->start;
}


sub port { return $_[0]{port} }

sub tls_port { return $_[0]{tls_port} }

sub socket { return "$_[0]{folder}/socket" }

sub pid { return $_[0]{pid} }

sub folder { return "$_[0]{folder}" }

sub log { return read_file("$_[0]{folder}/log") }


# Starts again on the same ports, after stop or a signal that ended the server.

sub start {
    my ($self) = @_;

    for (1 .. 5) {
        my $known = $self->{port};

        $self->{port} ||= free_port();
        $self->{tls_port} ||= free_port() if $self->{certificate};
        $self->launch;

        return $self if $self->is_up;

        $self->stop;
        delete @$self{qw(port tls_port)} unless $known;
    }

    die join(' ', program()), " does not start:\n", $self->log,
        read_file("$self->{folder}/output");
}


sub launch {
    my ($self) = @_;

    my $folder = "$self->{folder}";
    my $file = write_file("$folder/conf", join "\n", $self->lines, '');

    unlink "$folder/log", "$folder/socket";

    $self->{pid} = spawn(sub {
        open STDOUT, '>', "$folder/output";
        open STDERR, '>&', \*STDOUT;
        my @command = program();

        exec @command, $file or die "cannot run redis: $!\n";
    });

    return;
}


sub lines {
    my ($self) = @_;

    my $folder = "$self->{folder}";
    my @lines = ("port $self->{port}", 'bind 127.0.0.1', "dir $folder",
        "logfile $folder/log", "unixsocket $folder/socket",
        'unixsocketperm 777', 'daemonize no', 'save ""', 'appendonly no',
        'enable-debug-command local');

    push @lines, "requirepass $self->{password}" if defined $self->{password};
    push @lines, map { "user $_" } @{ $self->{users} };

    if (my $certificate = $self->{certificate}) {
        push @lines, "tls-port $self->{tls_port}", 'tls-auth-clients no',
            "tls-cert-file $certificate->{certificate}",
            "tls-key-file $certificate->{key}",
            "tls-ca-cert-file $certificate->{certificate}";
    }

    return @lines, @{ $self->{conf} };
}


sub is_up {
    my ($self) = @_;

    my $state = wait_until(sub {
        return 'gone' if reap($self->{pid});
        return $self->log =~ /ready to accept connections/i ? 'up' : '';
    }, 20);

    return $state eq 'up';
}


# A signal: STOP and CONT make a server that does not answer, KILL one that
# loses what is not on its disk.

sub kill {
    my ($self, $signal) = @_;

    CORE::kill $signal => $self->{pid};

    return wait_until(sub { reap($self->{pid}) }) if $signal eq 'KILL';

    return 1;
}


sub stop {
    my ($self) = @_;

    my $pid = delete $self->{pid} or return;

    CORE::kill CONT => $pid;
    stop_process($pid, 'TERM', 5) or stop_process($pid, 'KILL', 5);

    return;
}


# A connection for commands, as the default user.

sub client {
    my ($self) = @_;

    my $client = OAuth::Test::RedisCaller->new(port => $self->{port});

    $client->command('AUTH', $self->{password}) if defined $self->{password};

    return $client;
}


# One command on a connection of its own: see OAuth::Test::RedisCaller.

sub command {
    my ($self, @words) = @_;

    return $self->client->command(@words);
}


sub read_file {
    my ($path) = @_;

    open my $in, '<', $path or return '';
    local $/;

    return scalar(<$in>) // '';
}


sub DESTROY {
    my ($self) = @_;

    local ($@, $!, $?);

    # A child of the test has a copy of the object.

    $self->stop if $self->{pid} && $self->{owner} && $self->{owner} == $$;
}

1;

package OAuth::Test::RedisServer;

# A Redis or Valkey server on a free port, with its data in a temporary folder.
# The variable OAUTH_REDIS_SERVER names another program than redis-server; it may
# have arguments.

use strict;
use warnings;

use File::Temp ();

use OAuth::Test::File;
use OAuth::Test::Port qw(free_port);
use OAuth::Test::Process qw(reap spawn stop_process wait_until);
use OAuth::Test::RedisClient;


# The words of the command, or nothing if there is no server.

sub program {
    return split ' ', $ENV{OAUTH_REDIS_SERVER} if $ENV{OAUTH_REDIS_SERVER};

    return (grep { -x } map { "$_/redis-server" } split /:/, $ENV{PATH})[0];
}


# options: lines, of the configuration; aof, whether every command is kept on
# disk (1)

sub new {
    my ($class, %options) = @_;

    my $self = bless { aof => 1, lines => '', owner => $$, %options },
        $class;

    $self->{dir} = File::Temp->newdir('oauth-redis-XXXXXX', TMPDIR => 1);

    return $self->start;
}


sub dir { return "$_[0]{dir}" }
sub port { return $_[0]{port} }
sub pid { return $_[0]{pid} }


sub start {
    my ($self) = @_;

    for (1 .. 5) {
        $self->{port} = $self->{fixed} || free_port();
        $self->launch;
        return $self if $self->is_up;
    }

    die "the server does not start:\n", $self->log;
}


# The port stays the same from the first start on.

sub launch {
    my ($self) = @_;

    my ($port, $dir, $aof) = ($self->{port}, $self->dir,
                              $self->{aof} ? 'yes' : 'no');

    OAuth::Test::File::write_file("$dir/conf", <<"EOC");
bind 127.0.0.1
port $port
dir $dir
daemonize no
logfile $dir/log
save ""
appendonly $aof
enable-debug-command yes
repl-diskless-sync-delay 0
$self->{lines}
EOC

    my @command = program() or die "there is no redis-server\n";

    $self->{pid} = spawn(sub {
        open STDOUT, '>>', "$dir/out";
        open STDERR, '>&', \*STDOUT;
        exec @command, "$dir/conf" or die "cannot run $command[0]: $!\n";
    });

    return;
}


sub is_up {
    my ($self) = @_;

    my $state = wait_until(sub {
        return 'gone' if reap($self->{pid});

        my $client = eval { $self->client } or return 0;
        my $reply = eval { $client->command('PING') };

        $client->close;

        return defined $reply && !OAuth::Test::RedisClient::is_error($reply)
               ? 'up' : 0;
    }, 20);

    return 0 unless $state && $state eq 'up';

    $self->{fixed} = $self->{port};

    return 1;
}


sub client {
    my ($self) = @_;

    return OAuth::Test::RedisClient->new(port => $self->{port})
        || die "cannot connect: $!\n";
}


# One command on a connection of its own.

sub command {
    my ($self, @words) = @_;

    my $client = $self->client;
    my $reply = $client->ok(@words);

    $client->close;

    return $reply;
}


# Takes all time from the server, or gives it back.

sub freeze { return CORE::kill(STOP => $_[0]{pid}) }
sub thaw { return CORE::kill(CONT => $_[0]{pid}) }


sub kill {
    my ($self) = @_;

    my $pid = delete $self->{pid} or return;

    CORE::kill(CONT => $pid);

    return stop_process($pid, 'KILL');
}


# Forgets all data; the server must not run.

sub wipe {
    my ($self) = @_;

    $self->run('rm', '-rf', $self->data, $self->dir . '/dump.rdb');

    return;
}


# Keeps a copy of the data as they are now, and puts it back later; then the
# server must not run.

sub keep {
    my ($self) = @_;

    $self->run('rm', '-rf', $self->dir . '/kept');
    $self->run('cp', '-r', $self->data, $self->dir . '/kept');

    return;
}


sub put_back {
    my ($self) = @_;

    $self->wipe;
    $self->run('cp', '-r', $self->dir . '/kept', $self->data);

    return;
}


sub data { return $_[0]->dir . '/appendonlydir' }


sub run {
    my ($self, @command) = @_;

    system(@command) == 0 or die "@command: failed\n";

    return;
}


sub version {
    my ($self) = @_;

    my $info = $self->command('INFO', 'server');

    return $info =~ /^(valkey)_version:(\S+)/m ? "$1 $2"
         : $info =~ /^(redis)_version:(\S+)/m ? "$1 $2" : 'unknown';
}


# A server that runs would write into a folder that is about to go.

sub DESTROY {
    my ($self) = @_;

    local ($?, $!, $@);
    $self->kill if $self->{owner} == $$;

    return;
}


sub log {
    my ($self) = @_;

    open my $in, '<', $self->dir . '/log' or return '';
    local $/;

    return scalar(<$in>) // '';
}

1;

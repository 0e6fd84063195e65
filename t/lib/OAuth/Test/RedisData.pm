package OAuth::Test::RedisData;

# A Redis or Valkey server that writes every command to its disk.  A test can
# take its data away, and give it those of an earlier time.

use strict;
use warnings;

use parent 'OAuth::Test::Redis';


sub lines {
    my ($self) = @_;

    return $self->SUPER::lines, 'appendonly yes', 'repl-diskless-sync-delay 0';
}


# Forgets all data.  The server must not run, here and in put_back.

sub wipe {
    my ($self) = @_;

    run('rm', '-rf', map { $self->folder . "/$_" } qw(appendonlydir dump.rdb));

    return;
}


# Keeps a copy of the data as they are now.

sub keep {
    my ($self) = @_;

    my $folder = $self->folder;

    run('rm', '-rf', "$folder/kept");
    run('cp', '-r', "$folder/appendonlydir", "$folder/kept");

    return;
}


sub put_back {
    my ($self) = @_;

    my $folder = $self->folder;

    $self->wipe;
    run('cp', '-r', "$folder/kept", "$folder/appendonlydir");

    return;
}


sub run {
    my (@command) = @_;

    system(@command) == 0 or die "@command: failed\n";

    return;
}


# "redis 7.0.15"

sub version {
    my ($self) = @_;

    my $info = $self->command('INFO', 'server');

    return join ' ', $info =~ /^(valkey)_version:(\S+)/m
                     ? ($1, $2) : $info =~ /^(redis)_version:(\S+)/m;
}

1;

package OAuth::Test::Faults;

# What can happen to the bus of a fleet.  Each fault has a name, and begins and
# ends; between the two the caller lets time pass, and nodes revoke.  The fleet
# has a relay for each node.  There is a replica of the server, behind a relay of
# its own, to which the nodes can be moved.

use strict;
use warnings;

use OAuth::Test::Fleet;
use OAuth::Test::Process qw(wait_until);
use OAuth::Test::RedisData;
use OAuth::Test::Relay;

use constant STREAM => OAuth::Test::Fleet::STREAM;

# A copy of the data is kept, before the fault begins, for those that have
# "keep"; those with "lag" begin when node 0 is cut off from the bus.  "long":
# too long for a soak.

my %faults = (
    frozen   => { begin => sub { $_[0]{server}->kill('STOP') },
                  end => sub { $_[0]{server}->kill('CONT') } },
    paused   => { begin => sub { $_[0]->ask(qw(CLIENT PAUSE 1000 ALL)) } },
    silent   => { begin => sub { $_->hold for $_[0]->relays },
                  end => \&normal },
    dropped  => { begin => sub { $_->drop for $_[0]->relays } },
    refused  => { begin => sub { $_->target(0) for $_[0]->relays },
                  end => \&move },
    slow     => { begin => sub { $_->delay(0.2) for $_[0]->relays },
                  end => \&normal },
    cut      => { begin => sub { $_->cut(1) for $_[0]->relays },
                  again => 0.2, end => \&normal },
    garbage  => { begin => \&garbage, again => 0.2, end => \&normal },
    full     => { begin => sub { $_[0]->set(maxmemory => 1) },
                  end => sub { $_[0]->set(maxmemory => 0) } },
    readonly => { begin => sub { $_[0]->ask(qw(REPLICAOF 127.0.0.1 1)) },
                  end => sub { $_[0]->ask(qw(REPLICAOF NO ONE)) } },
    noperm   => { begin => sub { $_[0]->ask(qw(ACL SETUSER default -xadd)) },
                  end => sub { $_[0]->ask(qw(ACL SETUSER default +xadd)) } },
    type     => { begin => sub { $_[0]->ask('SET', STREAM, 'text') },
                  end => sub { $_[0]->ask('DEL', STREAM) } },

    restart  => { begin => sub { $_[0]{server}->kill('KILL') },
                  end => sub { $_[0]{server}->start } },
    empty    => { begin => sub { $_[0]{server}->kill('KILL'); $_[0]{server}->wipe },
                  end => sub { $_[0]{server}->start } },
    old      => { keep => 1,
                  begin => sub {
                      $_[0]{server}->kill('KILL');
                      $_[0]{server}->put_back;
                  },
                  end => sub { $_[0]{server}->start } },
    failover => { lag_replica => 1, begin => \&promote, end => \&replicate },
    split    => { lag_replica => 1, begin => \&split_brain,
                  end => \&end_split },
    flushall => { begin => sub { $_[0]->ask('FLUSHALL') } },
    del      => { begin => sub { $_[0]->ask('DEL', STREAM) } },
    del_all  => { begin => sub {
                      $_[0]->ask('DEL', STREAM, STREAM . ':heartbeats') } },
    evicted  => { begin => sub {
                      $_[0]->set('maxmemory-policy' => 'allkeys-lru',
                                 maxmemory => 1) },
                  end => sub {
                      $_[0]->set(maxmemory => 0,
                                 'maxmemory-policy' => 'noeviction') } },
    reload   => { save => 1,
                  begin => sub { $_[0]->ask(qw(DEBUG RELOAD NOSAVE)) } },
    trimmed  => { lag => 1, begin => sub {
                      $_[0]->ask('XTRIM', STREAM, 'MAXLEN', 0) },
                  end => \&normal },
    deleted  => { lag => 1, begin => \&delete_last, end => \&normal },
);


# options: fleet, server

sub new {
    my ($class, %options) = @_;

    my $self = bless { %options }, $class;

    $self->{link} = OAuth::Test::Relay->new(target => $self->{server}->port);
    $self->{replica} = OAuth::Test::RedisData->new(
        conf => [ 'replicaof 127.0.0.1 ' . $self->{link}->port ]);
    $self->wait_for_replica;

    return $self;
}


sub names { return sort keys %faults }


# What comes some time before the fault.

sub prepare {
    my ($self, $name) = @_;

    my $fault = $faults{$name} or die "there is no fault $name\n";

    $self->{server}->keep if $fault->{keep};
    $self->save if $fault->{save};
    $self->{link}->hold if $fault->{lag_replica};
    ($self->relays)[0]->hold if $fault->{lag};

    return;
}


sub begin {
    my ($self, $name) = @_;

    $faults{$name}{begin}->($self);

    return;
}


# Some last for only as long as they begin again and again: the seconds between.

sub again { return $faults{ $_[1] }{again} }


sub end {
    my ($self, $name) = @_;

    my $end = $faults{$name}{end};

    $end->($self) if $end;

    return;
}


sub relays { return $_[0]{fleet}->relays }


sub normal {
    my ($self) = @_;

    $_->normal for $self->relays;

    return;
}


# The nodes use the server from now on.

sub move {
    my ($self) = @_;

    $_->target($self->{server}->port) for $self->relays;

    return;
}


sub ask {
    my ($self, @words) = @_;

    return $self->{server}->command(@words);
}


# The server refuses to save while it saves for a replica.

sub save {
    my ($self) = @_;

    return wait_until(sub { eval { $self->ask('SAVE'); 1 } });
}


sub set {
    my ($self, @pairs) = @_;

    while (my ($name, $value) = splice @pairs, 0, 2) {
        $self->ask('CONFIG', 'SET', $name, $value);
    }

    return;
}


my @garbage = (
    "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
    "\0\0\0\0" x 100, "+OK\r\n" x 50, "*2147483647\r\n", "\$2147483647\r\n",
    "\$-2\r\n", "*1\r\n" x 1000, ":5\r\n", "-ERR what\r\n", "*-1\r\n",
    "+" . 'x' x 60_000, "*3\r\n:1\r\n:2\r\n", "\$5\r\nhello", "\r\n\r\n",
);

sub garbage {
    my ($self) = @_;

    $_->garbage($garbage[ rand @garbage ]) for $self->relays;

    return;
}


sub delete_last {
    my ($self) = @_;

    my $client = $self->{server}->client;
    my $last = $client->command('XREVRANGE', STREAM, '+', '-', 'COUNT', 100);

    $client->command('XDEL', STREAM, map { $_->[0] } @$last) if @$last;
    $client->close;

    return;
}


# --- the replica ------------------------------------------------------------

sub wait_for_replica {
    my ($self) = @_;

    return wait_until(sub {
        return $self->{replica}->command('INFO', 'replication')
            =~ /master_link_status:up/;
    }, 20);
}


# The replica, which lacks what came lately, takes over; what was the server is
# gone.

sub promote {
    my ($self) = @_;

    $self->{link}->target(0);
    $self->{server}->kill('KILL');
    $self->{replica}->command(qw(REPLICAOF NO ONE));
    @$self{qw(server replica)} = @$self{qw(replica server)};
    $self->{server}{conf} = [];
    $self->move;

    return;
}


# What was the server becomes a replica of the other one.

sub replicate {
    my ($self) = @_;

    my $replica = $self->{replica};

    $self->{link}->normal;
    $self->{link}->target($self->{server}->port);
    $replica->{conf} = [ 'replicaof 127.0.0.1 ' . $self->{link}->port ];
    $replica->wipe;
    $replica->start;
    $self->wait_for_replica;

    return;
}


# The replica takes over, and only node 0 moves there: the others write to a
# server whose data are lost when it becomes a replica.

sub split_brain {
    my ($self) = @_;

    $self->{link}->target(0);
    $self->{replica}->command(qw(REPLICAOF NO ONE));
    ($self->relays)[0]->target($self->{replica}->port);

    return;
}


sub end_split {
    my ($self) = @_;

    @$self{qw(server replica)} = @$self{qw(replica server)};
    $self->{server}{conf} = [];
    $self->{replica}->kill('KILL');
    $self->move;
    $self->replicate;

    return;
}

1;

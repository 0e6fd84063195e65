package OAuth::Test::Fleet;

# Several nginx with a store each, which are the nodes of a fleet, on one bus.
# Every node has the servers "main", whose pages are protected, and "local", with
# the input "admin" and the status.

use strict;
use warnings;

use JSON::PP qw(encode_json);

use OAuth::Test::Key;
use OAuth::Test::Nginx;
use OAuth::Test::Process qw(reap wait_until);
use OAuth::Test::Record qw(new_key);
use OAuth::Test::Relay;
use OAuth::Test::Revoker;
use OAuth::Test::Token qw(mint);

use constant {
    AS     => 'https://as.test',
    STREAM => 'bus:test',
};

use constant CONF => <<'EOC';
    oauth_revocation_store %%STORE%% size=%%SIZE%%;
    oauth_revocation_bus %%URL%% key_file=%%DIR%%/fleet.key stream=%%STREAM%%
                         %%BUS%%;
    oauth_revocation_stale %%STALE%%;
    oauth_issuer as { issuer https://as.test; jwks_file %%DIR%%/keys; }

    keepalive_requests 1000000;
    %%MORE%%

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        add_header X-Worker $pid always;
        oauth as;
        oauth_resource https://app.test;
        location / { root %%DIR%%/html; }
        location = /give { oauth off; oauth_revoke token; }
        %%LOCATIONS%%
    }

    server {
        listen 127.0.0.1:%%PORT_local%%;
        location = /admin { oauth_revoke admin; }
        location = /json { oauth_status; }
        location = /empty { return 204; }
    }
EOC


# options: port, of the server; and with defaults: nodes (3), workers (2), relay
# (0: the nodes speak to the server; 1: each node has a relay of its own), url
# (without the port: "redis://127.0.0.1"), bus (further parameters), stale ("30s
# serve"), keys (the text of a key file), more (lines of http { }), locations (of
# the server "main"), files (name => text, in the folder of a node), log, size

sub new {
    my ($class, %options) = @_;

    my $self = bless {
        nodes => 3, workers => 2, relay => 0, url => 'redis://127.0.0.1',
        bus => '', stale => '30s serve', more => '', locations => '',
        log => 'notice', size => '256m', files => {}, keys => new_key(),
        key => OAuth::Test::Key->new('ES256'), %options
    }, $class;

    $self->{node} = [ map { $self->new_node } 1 .. $self->{nodes} ];

    return $self;
}


sub new_node {
    my ($self) = @_;

    my $relay = $self->{relay}
        && OAuth::Test::Relay->new(target => $self->{port});
    my %lines = (BUS => $self->{bus}, MORE => $self->{more},
                 LOCATIONS => $self->{locations});
    my $nginx = OAuth::Test::Nginx->new(
        conf => CONF =~ s/%%(BUS|MORE|LOCATIONS)%%/$lines{$1}/gr,
        workers => $self->{workers}, log => $self->{log},
        allow => qr/exited on signal 9/, relay => $relay,
        URL => $self->{url} . ':' . ($relay ? $relay->port : $self->{port}),
        STREAM => STREAM, STALE => $self->{stale}, SIZE => $self->{size});

    $nginx->{STORE} = $nginx->make_folder('store');
    $nginx->write_file('html/page', 'page');
    $nginx->write_file('keys', encode_json({ keys => [ $self->{key}->jwk ] }));
    $nginx->write_file($_, $self->{files}{$_}) for keys %{ $self->{files} };
    $self->write_keys($nginx, $self->{keys});

    return $nginx;
}


sub write_keys {
    my ($self, $nginx, $keys) = @_;

    $nginx->write_file('fleet.key', $keys);
    chmod 0600, $nginx->dir . '/fleet.key';

    return;
}


# Starts all nodes, and waits until each has read all of the bus.

sub start {
    my ($self) = @_;

    $self->launch->wait_for_sync(60)
        or die "the nodes do not get in sync:\n", $self->describe;

    return $self;
}


sub launch {
    my ($self) = @_;

    $_->start for $self->nodes;

    return $self;
}


sub nodes { return @{ $_[0]{node} } }
sub node { return $_[0]{node}[ $_[1] ] }
sub relay { return $_[0]{node}[ $_[1] ]{relay} }
sub relays { return map { $_->{relay} } $_[0]->nodes }


# What the status says of the bus; an empty hash if there is no answer.

sub status {
    my ($self, $i) = @_;

    my $response = $self->node($i)->http('local', timeout => 5)->get('/json');

    return {} unless $response->status == 200;

    return $response->json->{bus} // {};
}


sub leader { return $_[0]->status($_[1])->{leader} }


# True when every node (or each of these) has read all that is on the bus, and
# has nothing unsent.

sub is_in_sync {
    my ($self, @nodes) = @_;

    for my $i (@nodes ? @nodes : 0 .. $self->{nodes} - 1) {
        my $status = $self->status($i);

        return 0 unless ($status->{state} // '') eq 'online'
                        && defined $status->{unsent} && !$status->{unsent};
    }

    return 1;
}


sub wait_for_sync {
    my ($self, $seconds, @nodes) = @_;

    return wait_until(sub { $self->is_in_sync(@nodes) }, $seconds);
}


sub describe {
    my ($self) = @_;

    my $json = JSON::PP->new->canonical;

    return join '', map {
        "node $_: " . $json->encode($self->status($_)) . "\n"
        . join("\n", (split /\n/, $self->node($_)->log)[-8 .. -1]) . "\n"
    } 0 .. $self->{nodes} - 1;
}


sub revoker {
    my ($self, $i, %options) = @_;

    return OAuth::Test::Revoker->new(port => $self->node($i)->port('local'),
                                     issuer => AS, %options);
}


# Returns, for each node, those of the subjects that it does not know.

sub missing {
    my ($self, @subjects) = @_;

    return map { [ $self->revoker($_)->missing(@subjects) ] }
           0 .. $self->{nodes} - 1;
}


# A good token of the subject, issued a while ago

sub token {
    my ($self, $subject, %claims) = @_;

    return mint(key => $self->{key}, claims => {
        iss => AS, sub => $subject, iat => time - 1000, %claims });
}


# The processes of a node whose names say that they are workers are killed,
# stopped and so on by the tests; a node as a whole starts again here.

sub start_again {
    my ($self, $i) = @_;

    my $nginx = $self->node($i);

    $nginx->launch;
    $nginx->is_up or die "nginx does not start:\n", $nginx->log;

    return;
}

1;

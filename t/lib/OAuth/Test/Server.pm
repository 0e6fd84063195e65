package OAuth::Test::Server;

# A server for the tests: a child process that accepts connections, and a child
# of that for each connection, so that one that hangs does not stop the others.
# What the test changes while it runs, and what the server has seen, are in two
# files.

use strict;
use warnings;

use File::Temp ();
use IO::Select;
use JSON::PP ();
use POSIX qw(WNOHANG _exit);
use Storable ();
use Time::HiRes qw(time);

use OAuth::Test::Port qw(listen_socket);
use OAuth::Test::Process qw(spawn stop_process wait_until);

my $json = JSON::PP->new->canonical->latin1;


# A class that is based on this one serves a connection in its method "serve".

sub new {
    my ($class, %options) = @_;

    my $self = bless { %options, state => {} }, $class;

    $self->{folder} = File::Temp->newdir('oauth-server-XXXXXX', TMPDIR => 1);

    my $socket = listen_socket();
    $self->{port} = $socket->sockport;

    $self->init;
    $self->save;
    $self->run($socket);

    return $self;
}


sub init { }

sub port { return $_[0]{port} }


sub run {
    my ($self, $socket) = @_;

    $socket ||= listen_socket($self->{port});

    $self->{pid} = spawn(sub { $self->accept_loop($socket) });
    close $socket;

    return;
}


sub stop {
    my ($self) = @_;

    stop_process(delete $self->{pid}, 'TERM') if $self->{pid};

    return;
}


# Refuses connections from now on, or accepts them again.

sub down { return $_[0]->stop }

sub up { return $_[0]->run }


sub accept_loop {
    my ($self, $socket) = @_;

    my %children;
    my $done = 0;
    my $parent = getppid;

    local $SIG{TERM} = sub { $done = 1 };
    local $SIG{INT} = 'IGNORE';
    local $SIG{PIPE} = 'IGNORE';

    my $select = IO::Select->new($socket);

    while (!$done && getppid == $parent) {

        while ((my $pid = waitpid -1, WNOHANG) > 0) {
            delete $children{$pid};
        }

        my ($ready) = $select->can_read(0.2) or next;
        my $client = $ready->accept or next;
        my $pid = fork;

        if (defined $pid && $pid == 0) {
            $SIG{TERM} = 'DEFAULT';
            close $socket;
            eval { $self->serve($client); 1 } or $self->complain($@);
            close $client;
            _exit(0);
        }

        $children{$pid} = 1 if $pid;
        close $client;
    }

    kill TERM => keys %children if %children;
    waitpid $_, 0 for keys %children;
}


sub complain {
    my ($self, $error) = @_;

    print STDERR ref $self, ": $error" unless $error =~ /^gone\b/;

    return;
}


# The state, as the test last saved it.

sub save {
    my ($self) = @_;

    my $name = "$self->{folder}/state";

    Storable::nstore($self->{state}, "$name.new")
        or die "cannot write $name: $!\n";
    rename "$name.new", $name or die "cannot rename $name: $!\n";

    return $self;
}


sub load {
    my ($self) = @_;

    return eval { Storable::retrieve("$self->{folder}/state") }
        || die "gone: no state\n";
}


# What the server has seen, as a list of records; each write is one line.

sub record {
    my ($self, $record) = @_;

    open my $out, '>>', "$self->{folder}/seen" or die "gone: no record\n";
    syswrite $out, $json->encode($record) . "\n";
    close $out;

    return;
}


sub seen {
    my ($self) = @_;

    open my $in, '<', "$self->{folder}/seen" or return;

    return map { $json->decode($_) } grep { /\n\z/ } <$in>;
}


# Flags: the test raises one and the server waits for it, or the other way
# round.

sub raise_flag {
    my ($self, $name) = @_;

    open my $out, '>', "$self->{folder}/flag-$name" or die "gone: no flag\n";
    close $out;

    return;
}


sub wait_for_flag {
    my ($self, $name, $seconds) = @_;

    return wait_until(sub { -e "$self->{folder}/flag-$name" },
                      $seconds // 10);
}


# Reading and writing for "serve".  If the client leaves, the connection ends.

sub read_some {
    my ($self, $client, $buffer, $seconds) = @_;

    IO::Select->new($client)->can_read($seconds // 60)
        or die "gone: nothing to read\n";

    my $n = sysread $client, $$buffer, 65_536, length $$buffer;

    return $n;
}


sub need {
    my ($self, $client, $buffer, $bytes) = @_;

    while (length $$buffer < $bytes) {
        $self->read_some($client, $buffer) or die "gone: closed early\n";
    }

    return substr $$buffer, 0, $bytes, '';
}


sub write_all {
    my ($self, $client, $data) = @_;

    while (length $data) {
        my $n = syswrite $client, $data or die "gone: cannot write\n";
        substr $data, 0, $n, '';
    }

    return;
}


# Keeps the connection open until the client leaves.

sub hang {
    my ($self, $client, $seconds) = @_;

    my $buffer = '';
    my $end = time + ($seconds // 60);

    while (time < $end) {
        IO::Select->new($client)->can_read(0.2) or next;
        return unless sysread $client, $buffer, 65_536;
    }

    return;
}


# Reads one HTTP/1.1 request: its first line, its fields in order, its body.
# Returns nothing if the client has closed.  $on_data gets the body as it comes.

sub read_request {
    my ($self, $client, $buffer, $on_data) = @_;

    until ($$buffer =~ /\r\n\r\n/) {
        $self->read_some($client, $buffer) or return;
    }

    $$buffer =~ s/\A(.*?)\r\n\r\n//s;

    my ($line, @fields) = split /\r\n/, $1;
    my @headers = map { [ /\A([^:]*):[ \t]*(.*?)[ \t]*\z/s ] } @fields;
    my %last = map { lc $_->[0] => $_->[1] } @headers;

    my $request = { line => $line, headers => \@headers, body => '' };
    my $append = sub {
        $request->{body} .= $_[0];
        $on_data->($request, $_[0]) if $on_data;
    };

    if (lc($last{'transfer-encoding'} // '') eq 'chunked') {
        $self->read_chunks($client, $buffer, $append);

    } elsif ($last{'content-length'}) {
        $append->($self->need($client, $buffer, $last{'content-length'}));
    }

    return $request;
}


sub read_chunks {
    my ($self, $client, $buffer, $append) = @_;

    for (;;) {
        until ($$buffer =~ /\A[0-9a-f]+[^\r\n]*\r\n/i) {
            $self->read_some($client, $buffer) or die "gone: chunk\n";
        }

        $$buffer =~ s/\A([0-9a-f]+)[^\r\n]*\r\n//i;
        my $size = hex $1;

        if ($size == 0) {
            until ($$buffer =~ s/\A(?:[^\r\n]+\r\n)*\r\n//) {
                $self->read_some($client, $buffer) or die "gone: trailer\n";
            }
            return;
        }

        my $data = $self->need($client, $buffer, $size + 2);
        $append->(substr $data, 0, $size);
    }
}

1;

package OAuth::Test::Dns;

# A DNS server (RFC 1035) for nginx's resolver, on a free port of 127.0.0.1.  It
# answers questions for addresses (A), says that other names do not exist, and
# does not answer at all about names without an address.
#
#   OAuth::Test::Dns->new('redis.test' => ['127.0.0.1'], 'silent.test' => [])

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;

use OAuth::Test::Process qw(spawn stop_process);


sub new {
    my ($class, %names) = @_;

    my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0,
                                       Proto => 'udp')
        or die "cannot open a socket: $!\n";

    my $self = bless { names => \%names, port => $socket->sockport }, $class;

    $self->{pid} = spawn(sub { $self->serve($socket) });

    return $self;
}


sub port { return $_[0]{port} }


sub serve {
    my ($self, $socket) = @_;

    my $parent = getppid;

    while (getppid == $parent) {
        IO::Select->new($socket)->can_read(0.2) or next;
        my $from = $socket->recv(my $question, 512) or next;
        my $answer = $self->answer($question);

        $socket->send($answer, 0, $from) if defined $answer;
    }

    return;
}


sub answer {
    my ($self, $question) = @_;

    my ($id) = unpack 'n', $question;
    my ($name, $at) = ('', 12);

    while (my $length = ord substr $question, $at, 1) {
        $name .= '.' if length $name;
        $name .= substr $question, $at + 1, $length;
        $at += 1 + $length;
    }

    my ($type) = unpack 'n', substr $question, $at + 1, 2;
    my $asked = substr $question, 12, $at + 5 - 12;
    my $addresses = $self->{names}{ lc $name };

    return if $addresses && !@$addresses;

    my @found = $addresses && $type == 1 ? @$addresses : ();

    return pack('n6', $id, $addresses ? 0x8180 : 0x8183, 1, scalar @found, 0, 0)
        . $asked
        . join '', map { pack 'nnnNnC4', 0xc00c, 1, 1, 60, 4, split /\./ }
                   @found;
}


sub stop {
    my ($self) = @_;

    stop_process(delete $self->{pid}, 'TERM') if $self->{pid};

    return;
}

1;

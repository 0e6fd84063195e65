package OAuth::Test::Gateway;

# An app behind fastcgi_pass, uwsgi_pass or scgi_pass.  It answers with the
# parameters that it was sent, in order, as the HTTP upstream of the tests does
# with header lines.

use strict;
use warnings;

use parent 'OAuth::Test::Server';

use JSON::PP ();

my $json = JSON::PP->new->canonical->latin1;

my %protocols = (
    fastcgi => \&serve_fastcgi,
    uwsgi   => \&serve_uwsgi,
    scgi    => \&serve_scgi,
);


# option: protocol

sub serve {
    my ($self, $client) = @_;

    my $buffer = '';

    return $protocols{ $self->{protocol} }->($self, $client, \$buffer);
}


sub echo {
    my ($self, $params) = @_;

    my $body = $json->encode({ from => $self->{protocol},
                               headers => $params });

    return join "\r\n", 'Status: 200 OK', 'Content-Type: application/json',
        'Content-Length: ' . length $body, '', $body;
}


# Records of eight bytes and their content: PARAMS (4) until an empty one, then
# STDIN (5) until an empty one.  The answer is STDOUT (6) and END_REQUEST (3).

sub serve_fastcgi {
    my ($self, $client, $buffer) = @_;

    my %streams = (4 => '', 5 => '');
    my ($id, $size) = (0, 1);

    until ($id == 5 && $size == 0) {
        my $head = $self->need($client, $buffer, 8);

        ($id, $size) = (unpack 'C C n n C', $head)[1, 3];
        $streams{$id} .= $self->need($client, $buffer, $size);
        $self->need($client, $buffer, unpack 'x6 C', $head);
    }

    my $answer = $self->echo(fastcgi_params($streams{4}));

    $self->write_all($client, join '',
        (map { pack('C C n n C C', 1, 6, 1, length, 0, 0) . $_ }
            unpack('(a32000)*', $answer), ''),
        pack('C C n n C C N C x3', 1, 3, 1, 8, 0, 0, 0, 0));

    return;
}


# A length is one byte, or four with the highest bit set.

sub fastcgi_params {
    my ($data) = @_;

    my (@params, @length);

    while (length $data) {
        for my $i (0, 1) {
            $length[$i] = unpack 'C', $data;
            $length[$i] = 0x7fffffff & unpack 'N', $data if $length[$i] > 127;
            substr $data, 0, $length[$i] > 127 ? 4 : 1, '';
        }

        push @params, [ map { substr $data, 0, $_, '' } @length ];
    }

    return \@params;
}


# Four bytes that hold the size, then names and values.  Two bytes before each
# name and value hold its length, with the low byte first.

sub serve_uwsgi {
    my ($self, $client, $buffer) = @_;

    my $size = unpack 'x v', $self->need($client, $buffer, 4);
    my @words = unpack '(v/a)*', $self->need($client, $buffer, $size);
    my @params;

    push @params, [ splice @words, 0, 2 ] while @words;

    $self->write_all($client, $self->echo(\@params)
                     =~ s/\AStatus:/HTTP\/1.1/r);

    return;
}


# A netstring of names and values, each with a NUL at its end.

sub serve_scgi {
    my ($self, $client, $buffer) = @_;

    until ($$buffer =~ /:/) {
        $self->read_some($client, $buffer) or return;
    }

    $$buffer =~ s/\A(\d+)://;

    my @words = split /\0/, $self->need($client, $buffer, $1 + 1), -1;
    my @params;

    push @params, [ splice @words, 0, 2 ] while @words > 2;

    $self->write_all($client, $self->echo(\@params));

    return;
}

1;

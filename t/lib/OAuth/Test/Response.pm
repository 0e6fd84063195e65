package OAuth::Test::Response;

# An HTTP response as it came: every header line in order, the body decoded from
# chunks.  Status 0 means that there was no response; "error" says why.

use strict;
use warnings;

use JSON::PP ();

sub new {
    my ($class, %fields) = @_;

    return bless { status => 0, line => '', headers => [], body => '',
                   error => '', elapsed => 0, %fields }, $class;
}


sub status { return $_[0]{status} }
sub line { return $_[0]{line} }
sub body { return $_[0]{body} }
sub error { return $_[0]{error} }
sub elapsed { return $_[0]{elapsed} }


# All values of a field; its only value; how often the name occurs.

sub headers {
    my ($self, $name) = @_;

    return map { $_->[1] } grep { lc $_->[0] eq lc $name }
        @{ $self->{headers} };
}


sub header {
    my ($self, $name) = @_;

    my @values = $self->headers($name);

    return @values ? join ', ', @values : undef;
}


sub head {
    my ($self) = @_;

    return join "\n", $self->{line},
        map { "$_->[0]: $_->[1]" } @{ $self->{headers} };
}


sub json {
    my ($self) = @_;

    my $value = eval { JSON::PP->new->utf8->decode($self->{body}) };

    return $value // {};
}


# What the echoing upstream was sent: the values of a header field or parameter.

sub echoed {
    my ($self, $name) = @_;

    my $fields = $self->json->{headers} || [];

    return map { $_->[1] } grep { lc $_->[0] eq lc $name } @$fields;
}


# The challenge, if there is exactly one line: its scheme, its parameters in
# "fields" and "order", and in "rest" what follows them.

sub challenge {
    my ($self) = @_;

    my @lines = $self->headers('WWW-Authenticate');
    my %found = (lines => scalar @lines, text => join("\n", @lines),
                 scheme => '', fields => {}, order => [], rest => '');

    return \%found unless @lines == 1 && $lines[0] =~ /\A(\S+) ?/gc;

    $found{scheme} = $1;
    pos $lines[0] = $+[0];

    while ($lines[0] =~ /\G([a-z_]+)="([^"\\]*)"(?:, |\z)/gc) {
        $found{fields}{$1} = $2;
        push @{ $found{order} }, $1;
    }

    $found{rest} = substr $lines[0], pos $lines[0] // 0;

    return \%found;
}

1;

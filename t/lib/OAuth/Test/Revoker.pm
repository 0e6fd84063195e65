package OAuth::Test::Revoker;

# A client of the input "admin", on a connection that it keeps open as long as
# nginx does.  It revokes many records, and asks for many.

use strict;
use warnings;

use JSON::PP ();

use OAuth::Test::Http;

use constant TOGETHER => 100;           # questions that are under way

my $json = JSON::PP->new->canonical;


# options: port; issuer, of all records; path ("/admin")

sub new {
    my ($class, %options) = @_;

    my $http = OAuth::Test::Http->new(port => $options{port}, timeout => 60);

    return bless { path => '/admin', http => $http, %options }, $class;
}


# Returns the status, or 0 if there was no answer.

sub revoke {
    my ($self, @records) = @_;

    return $self->send($self->bytes(@records))->status;
}


sub bytes {
    my ($self, @records) = @_;

    my $body = $json->encode([ map { { issuer => $self->{issuer}, %$_ } }
                               @records ]);

    return $self->{http}->bytes('POST', $self->{path},
        'Content-Type' => 'application/json', body => $body);
}


sub send {
    my ($self, $bytes) = @_;

    my $connection = $self->connection->send($bytes, 'POST');
    my $response = $connection->finish;

    $self->close unless $response->status;

    return $response;
}


sub connection {
    my ($self) = @_;

    $self->close if $self->{connection} && $self->{connection}->closed;

    return $self->{connection} //= $self->{http}->connect;
}


sub close {
    my ($self) = @_;

    my $connection = delete $self->{connection};
    $connection->close if $connection;

    return;
}


# Returns those of the subjects of which there is no entry.

sub missing {
    my ($self, @subjects) = @_;

    my $issuer = $self->{issuer} =~ s/([^\w.-])/sprintf '%%%02X', ord $1/ger;
    my @missing;

    while (my @part = splice @subjects, 0, TOGETHER) {
        my $connection = $self->connection;

        $connection->send(join '', map { $self->{http}->bytes('GET',
            "$self->{path}?issuer=$issuer&subject=$_") } @part);

        for my $subject (@part) {
            my $status = $connection->finish->status;

            push @missing, $subject if $status == 404;
            die "asked for $subject: $status\n"
                unless $status =~ /\A(?:200|404)\z/;
        }
    }

    return @missing;
}

1;

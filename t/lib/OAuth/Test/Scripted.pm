package OAuth::Test::Scripted;

# A web server whose answers a test gives: for a path, for a method and a path,
# or for requests with a token ("/mcp", "POST /mcp", "token /mcp").  It is also
# a proxy, which answers for every host.

use strict;
use warnings;

use parent 'OAuth::Test::Server';

use List::Util qw(pairmap);


sub url { return "http://127.0.0.1:$_[0]{port}" }


# answers: name => { status, headers (pairs), body, hang }

sub answers {
    my ($self, %answers) = @_;

    $self->{state}{answers} = \%answers;

    return $self->save;
}


# Refuses clients with such a User-Agent.

sub blocks {
    my ($self, $pattern) = @_;

    $self->{state}{blocks} = $pattern;

    return $self->save;
}


sub serve {
    my ($self, $client) = @_;

    my $buffer = '';

    while (my $request = $self->read_request($client, \$buffer)) {
        my ($method, $url) = split ' ', $request->{line};
        my $path = path_of($url);

        $self->record({ %$request, method => $method, path => $path });

        my $answer = answer_to($self->load, $method, $path,
            map { lc $_->[0] => $_->[1] } @{ $request->{headers} });

        return $self->hang($client) if $answer->{hang};

        $self->write_all($client, bytes_of($method, $answer));
    }

    return;
}


sub path_of {
    my ($url) = @_;

    my ($path) = $url =~ m{\A(?:http://[^/?]*)?(/?[^?]*)};

    return $path || '/';
}


# The answer of a server in this state.

sub answer_to {
    my ($state, $method, $path, %field) = @_;

    return { status => 403 } if defined $state->{blocks}
        && ($field{'user-agent'} // '') =~ /$state->{blocks}/;

    my ($answer) = grep { defined } map { $state->{answers}{$_} }
        $field{authorization} ? "token $path" : (), "$method $path", $path;

    return $answer || { status => 404 };
}


sub bytes_of {
    my ($method, $answer) = @_;

    my $body = $answer->{body} // '';

    return join "\r\n",
        'HTTP/1.1 ' . ($answer->{status} // 200) . ' Status',
        (pairmap { "$a: $b" } @{ $answer->{headers} || [] }),
        'Content-Length: ' . length $body, '',
        $method eq 'HEAD' ? '' : $body;
}

1;

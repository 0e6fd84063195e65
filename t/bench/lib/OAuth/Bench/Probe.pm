package OAuth::Bench::Probe;

# One request to a gateway before it is measured.  It checks that the gateway
# answers as it should and that the app sees the subject and no token, and it
# tells how long the answer is that the load will get.

use strict;
use warnings;

use Exporter qw(import);

use OAuth::Test::Connection;

our @EXPORT_OK = qw(ask check_identity);


# Returns the response on a connection that stays open, and its size.  The line
# is one of those that load.lua reads.

sub ask {
    my ($gateway, $path, $line) = @_;

    my $connection = OAuth::Test::Connection->new(port => $gateway->port);

    $connection->send(join "\r\n", "GET $path HTTP/1.1", 'Host: app.test',
        'User-Agent: wrk', 'Accept: */*',
        defined $line ? split(/\t/, $line) : (), '', '');

    my ($response, $all);

    until ($response) {
        $connection->pump(5) or die $gateway->name, " does not answer\n";
        $all = length $connection->buffer;
        $response = $connection->take;
        last if $connection->closed;
    }

    $response or die $gateway->name, " closes\n";
    $response->{size} = $all - length $connection->buffer;
    $connection->close;

    return $response;
}


# Checks what the app got of the token: only the subject, or also the token.

sub check_identity {
    my ($gateway, $line, $subject, $passes) = @_;

    my $response = ask($gateway, '/seen', $line);
    my $seen = $response->body;
    my ($sent) = $line =~ /\AAuthorization: ([^\t]+)/;

    die $gateway->name, ': ', $response->line, "\n"
        if $response->status != 200;
    die $gateway->name, " let this through: $seen\n"
        if $seen ne "user=$subject token=" . ($passes ? $sent : '');

    return;
}

1;
